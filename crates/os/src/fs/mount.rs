//! Mounts of one machine, and the volumes that machines share.

use collections::OrdMap;

use crate::fs::{Tree, tree};

/// A volume's number in the host's [`Volumes`] table.
pub type VolumeId = u32;

/// Trees that several machines may mount (an emptyDir between two containers, a directory of a node).
/// The host owns the table, and lends it to every call that may touch files.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Volumes {
    trees: OrdMap<VolumeId, Tree>,
    next: VolumeId,
}

impl Volumes {
    /// An empty table.
    pub fn new() -> Volumes {
        Volumes::default()
    }

    /// Adds a volume.
    pub fn add(&mut self, tree: Tree) -> VolumeId {
        self.next += 1;
        self.trees.insert(self.next, tree);
        self.next
    }

    /// Removes a volume; machines that still mount it see an empty place (EIO on open files).
    pub fn remove(&mut self, id: VolumeId) -> Option<Tree> {
        self.trees.remove(&id)
    }

    /// The tree of a volume.
    pub fn get(&self, id: VolumeId) -> Option<&Tree> {
        self.trees.get(&id)
    }

    /// The tree of a volume, for a change.
    pub fn get_mut(&mut self, id: VolumeId) -> Option<&mut Tree> {
        self.trees.get_mut(&id)
    }
}

/// What is mounted.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// A shared volume, or the directory or file `sub` in it (absolute; empty is the whole).
    #[allow(missing_docs, reason = "said above")]
    Volume { id: VolumeId, sub: String },
    /// A tree of this machine alone (tmpfs, a projected config map).
    Own(Box<Tree>),
    /// The proc file system: views of this machine's processes and limits. Also used for /sys/fs/cgroup.
    Proc,
}

/// A mount point.
#[derive(Clone, PartialEq, Debug)]
pub struct Mount {
    /// Absolute path without trailing slash.
    pub path: String,
    /// What is seen at `path`.
    pub source: Source,
    /// Writes fail with EROFS.
    pub read_only: bool,
    /// File system type as `mount` and `df -T` show it.
    pub kind: &'static str,
}

/// The files of one machine: a root tree and what is mounted over it.
#[derive(Clone, PartialEq, Debug)]
pub struct FileSystem {
    /// What lies at `/`.
    pub root: Tree,
    /// In the order they were mounted; of two at the same path the later is seen.
    pub mounts: Vec<Mount>,
    /// The root cannot be written (readOnlyRootFilesystem).
    pub read_only: bool,
}

/// Where an inode lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the machine's root tree.
    Root,
    /// In a volume that machines share.
    Volume(VolumeId),
    /// Index into the machine's mounts.
    Own(u32),
}

impl FileSystem {
    /// A root tree without mounts.
    pub fn new(root: Tree) -> FileSystem {
        FileSystem { root, mounts: Vec::new(), read_only: false }
    }

    /// The mount whose point is exactly `path`; the latest wins.
    pub(crate) fn mount_at(&self, path: &str) -> Option<usize> {
        self.mounts.iter().rposition(|m| m.path == path)
    }

    /// Whether a mount point lies directly in `dir`, and its name.
    pub(crate) fn mounts_in<'a>(&'a self, dir: &'a str) -> impl Iterator<Item = &'a str> {
        let dir = dir.trim_end_matches('/');
        self.mounts.iter().filter_map(move |m| {
            let name = m.path.strip_prefix(dir)?.strip_prefix('/')?;
            (!name.is_empty() && !name.contains('/')).then_some(name)
        })
    }

    /// Device and options of a mount, as /proc/mounts shows them.
    fn description(kind: &str, read_only: bool) -> (&'static str, String) {
        let (device, options) = match kind {
            "proc" => ("proc", ",nosuid,nodev,noexec,relatime"),
            "cgroup2" => ("cgroup", ",nosuid,nodev,noexec,relatime"),
            "tmpfs" => ("tmpfs", ",relatime"),
            "overlay" => ("overlay", ",relatime"),
            _ => ("/dev/vda1", ",relatime"),
        };
        // /proc itself can be written; what cannot are its files.
        let read_only = read_only && kind != "proc";
        (device, format!("{}{options}", if read_only { "ro" } else { "rw" }))
    }

    fn all_mounts(&self) -> impl Iterator<Item = (&str, &'static str, bool)> {
        let root = std::iter::once(("/", "overlay", self.read_only));
        root.chain(self.mounts.iter().map(|m| (m.path.as_str(), m.kind, m.read_only)))
    }

    /// The text of /proc/mounts.
    pub(crate) fn mount_table(&self) -> String {
        let line = |(path, kind, read_only): (&str, &'static str, bool)| {
            let (device, options) = FileSystem::description(kind, read_only);
            format!("{device} {path} {kind} {options} 0 0\n")
        };
        self.all_mounts().map(line).collect()
    }

    /// The text of /proc/N/mountinfo.
    pub(crate) fn mount_info(&self) -> String {
        let line = |(i, (path, kind, read_only)): (usize, (&str, &'static str, bool))| {
            let (device, options) = FileSystem::description(kind, read_only);
            let parent = if i == 0 { 60 } else { 100 };
            format!("{} {parent} 0:{} / {path} {options} - {kind} {device} {options}\n", 100 + i, 50 + i)
        };
        self.all_mounts().enumerate().map(line).collect()
    }

    /// The tree of a place.
    pub(crate) fn tree<'a>(&'a self, volumes: &'a Volumes, place: Place) -> Option<&'a Tree> {
        match place {
            Place::Root => Some(&self.root),
            Place::Volume(id) => volumes.get(id),
            Place::Own(i) => match &self.mounts.get(i as usize)?.source {
                Source::Own(tree) => Some(tree),
                _ => None,
            },
        }
    }

    /// The tree of a place, for a change.
    pub(crate) fn tree_mut<'a>(&'a mut self, volumes: &'a mut Volumes, place: Place) -> Option<&'a mut Tree> {
        match place {
            Place::Root => Some(&mut self.root),
            Place::Volume(id) => volumes.get_mut(id),
            Place::Own(i) => match &mut self.mounts.get_mut(i as usize)?.source {
                Source::Own(tree) => Some(tree),
                _ => None,
            },
        }
    }

    /// Where a mount begins: its place and inode. None for proc mounts and broken ones.
    pub(crate) fn mount_root(&self, volumes: &Volumes, index: usize) -> Option<(Place, tree::Ino)> {
        match &self.mounts[index].source {
            Source::Own(_) => Some((Place::Own(index as u32), tree::ROOT)),
            Source::Volume { id, sub } => {
                let tree = volumes.get(*id)?;
                let mut at = tree::ROOT;
                for name in sub.split('/').filter(|n| !n.is_empty()) {
                    at = tree.lookup(at, name).ok()?;
                }
                Some((Place::Volume(*id), at))
            }
            Source::Proc => None,
        }
    }
}
