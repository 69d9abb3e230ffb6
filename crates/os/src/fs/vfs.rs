//! The path walk, and every file operation on paths, as one user.
//!
//! Programs come here through [`Sys`](crate::Sys), hosts through [`Machine::fs`](crate::Machine::fs).

mod content;
mod names;
mod read;
mod walk;

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    errno::{Errno, SysResult},
    fs::{
        Content, FileSystem, Inode, Node, Place, Source, Volumes,
        tree::{Ino, ROOT},
    },
    time::Time,
};

/// Who asks: user, groups, and the mask for new files.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cred {
    /// 0 may do everything but write to what is read-only.
    pub uid: u32,
    /// Of new files, and the first group that is tried.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
    /// Permission bits that new files do not get.
    pub umask: u32,
}

/// An object found by a path walk.
#[derive(Clone, PartialEq, Debug)]
pub enum NodeRef {
    /// An inode and the tree it is in.
    Inode(Place, Ino),
    /// A path within a proc mount (absolute, as the machine sees it).
    Proc(String),
}

/// An entry of /proc or /sys, made up when asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum ProcEntry {
    /// Its names, sorted.
    Dir(Vec<String>),
    /// Its text as of now.
    File(Vec<u8>),
    /// Where it leads.
    Link(String),
}

/// Answers for paths in proc mounts.
pub trait ProcSource {
    /// The entry at an absolute path; None when there is none.
    fn entry(&self, path: &str) -> Option<ProcEntry>;
}

/// What stat(2) tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Stat {
    /// The twelve permission bits (07777); the kind is in `letter`.
    pub mode: u32,
    /// The kind as `ls -l` writes it: `-`, `d`, `l`, `c`, `p`, `s`.
    pub letter: char,
    /// The owning user.
    pub uid: u32,
    /// The owning group.
    pub gid: u32,
    /// In bytes; of a link the length of its target.
    pub size: u64,
    /// Names that lead to it.
    pub nlink: u32,
    /// When the content changed last.
    pub mtime: Time,
    /// See [`Inode::atime`](crate::fs::Inode::atime).
    pub atime: Time,
    /// When content, mode, owner or links changed last.
    pub ctime: Time,
    /// A number for the file system, so that `find -xdev`, `df` and `test -ef` work.
    pub dev: u32,
    /// Unique within `dev`.
    pub ino: u32,
    /// Major and minor, for devices.
    pub rdev: Option<(u32, u32)>,
}

impl Stat {
    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.letter == 'd'
    }
    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.letter == '-'
    }
    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.letter == 'l'
    }
}

/// The outcome of a path walk.
#[derive(Clone, Debug)]
pub struct Found {
    /// The canonical absolute path.
    pub path: String,
    /// The object, or None when only the last name is missing.
    pub node: Option<NodeRef>,
    /// The directory that holds (or would hold) the last name. None for `/` and proc entries.
    pub parent: Option<(Place, Ino)>,
    /// The last name.
    pub name: String,
    /// The place cannot be written.
    pub read_only: bool,
}

/// File operations as one user, at one moment.
pub struct Vfs<'a> {
    /// The machine's trees and mounts.
    pub fs: &'a mut FileSystem,
    /// The host's volumes, which mounts refer to.
    pub volumes: &'a mut Volumes,
    /// Who makes up /proc and /sys.
    pub proc: &'a dyn ProcSource,
    /// On whose behalf: each operation is checked against it.
    pub cred: Cred,
    /// Where relative paths begin.
    pub cwd: String,
    /// What changed files get as their times.
    pub now: Time,
}

const MAX_LINKS: u32 = 40;

/// Permission bits asked for.
const READ: u32 = 4;
const WRITE: u32 = 2;
const SEARCH: u32 = 1;

impl Vfs<'_> {
    /// An entry of a proc mount. The mount table is this side's, the rest the kernel's.
    pub fn proc_entry(&self, path: &str) -> Option<ProcEntry> {
        let entry = self.proc.entry(path)?;
        Some(match path.strip_prefix("/proc/").and_then(|p| p.rsplit('/').next()) {
            Some("mounts") if matches!(entry, ProcEntry::File(_)) => {
                ProcEntry::File(self.fs.mount_table().into_bytes())
            }
            Some("mountinfo") if matches!(entry, ProcEntry::File(_)) => {
                ProcEntry::File(self.fs.mount_info().into_bytes())
            }
            _ => entry,
        })
    }

    fn tree(&self, place: Place) -> SysResult<&crate::fs::Tree> {
        self.fs.tree(self.volumes, place).ok_or(Errno::EIO)
    }

    fn tree_mut(&mut self, place: Place) -> SysResult<&mut crate::fs::Tree> {
        self.fs.tree_mut(self.volumes, place).ok_or(Errno::EIO)
    }

    /// The inode behind a reference.
    pub fn inode(&self, node: &NodeRef) -> SysResult<&Inode> {
        match node {
            NodeRef::Inode(place, ino) => self.tree(*place)?.get(*ino).ok_or(Errno::ENOENT),
            NodeRef::Proc(_) => Err(Errno::EACCES),
        }
    }

    fn inode_mut(&mut self, node: &NodeRef) -> SysResult<&mut Inode> {
        match node {
            NodeRef::Inode(place, ino) => self.tree_mut(*place)?.get_mut(*ino).ok_or(Errno::ENOENT),
            NodeRef::Proc(_) => Err(Errno::EACCES),
        }
    }

    /// Whether the user may do `want` (a sum of 4 read, 2 write, 1 execute) to the inode.
    pub fn permits(&self, inode: &Inode, want: u32) -> bool {
        if self.cred.uid == 0 {
            return want & SEARCH == 0 || inode.is_dir() || inode.mode & 0o111 != 0;
        }
        let shift = if inode.uid == self.cred.uid {
            6
        } else if inode.gid == self.cred.gid || self.cred.groups.contains(&inode.gid) {
            3
        } else {
            0
        };
        (inode.mode >> shift) & want == want
    }
}

/// The absolute form of `path` by its text alone: `.`, `..` and double slashes are resolved, links are not.
pub fn normalize(cwd: &str, path: &str) -> String {
    let full = if path.starts_with('/') { path.to_string() } else { format!("{cwd}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}
