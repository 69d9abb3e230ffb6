//! The path walk, and every file operation on paths, as one user.
//!
//! Programs come here through [`Sys`](crate::Sys), hosts through [`Machine::fs`](crate::Machine::fs).

use std::{collections::BTreeMap, rc::Rc};

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
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub umask: u32,
}

/// An object found by a path walk.
#[derive(Clone, PartialEq, Debug)]
pub enum NodeRef {
    Inode(Place, Ino),
    /// A path within a proc mount (absolute, as the machine sees it).
    Proc(String),
}

/// An entry of /proc or /sys, made up when asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum ProcEntry {
    Dir(Vec<String>),
    File(Vec<u8>),
    Link(String),
}

/// Answers for paths in proc mounts.
pub trait ProcSource {
    fn entry(&self, path: &str) -> Option<ProcEntry>;
}

/// What stat(2) tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Stat {
    /// The inode without file content or directory entries.
    pub mode: u32,
    pub letter: char,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub nlink: u32,
    pub mtime: Time,
    pub atime: Time,
    pub ctime: Time,
    /// A number for the file system, so that `find -xdev`, `df` and `test -ef` work.
    pub dev: u32,
    pub ino: u32,
    /// Major and minor, for devices.
    pub rdev: Option<(u32, u32)>,
}

impl Stat {
    pub fn is_dir(&self) -> bool {
        self.letter == 'd'
    }
    pub fn is_file(&self) -> bool {
        self.letter == '-'
    }
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
    pub fs: &'a mut FileSystem,
    pub volumes: &'a mut Volumes,
    pub proc: &'a dyn ProcSource,
    pub cred: Cred,
    /// Where relative paths begin.
    pub cwd: String,
    pub now: Time,
}

const MAX_LINKS: u32 = 40;

/// Permission bits asked for.
const READ: u32 = 4;
const WRITE: u32 = 2;
const SEARCH: u32 = 1;

impl Vfs<'_> {
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

    /// Walks `path`; follows a link at its end when `follow`. Fails when a directory on the way is missing.
    pub fn walk(&self, path: &str, follow: bool) -> SysResult<Found> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let mut links = 0;
        let mut todo: Vec<String> = Vec::new();
        let full = if path.starts_with('/') { path.to_string() } else { format!("{}/{path}", self.cwd) };
        let must_be_dir = path.ends_with('/');
        push_parts(&mut todo, &full);
        let mut at = self.root();
        while let Some(name) = todo.pop() {
            if name == "." {
                continue;
            }
            if name == ".." {
                let up = parent_path(&at.path);
                at = if up == "/" { self.root() } else { self.walk(&up, true)? };
                continue;
            }
            let last = todo.is_empty();
            let next = self.step(&at, &name, last)?;
            if let (Some(target), true) = (self.link_target(&next), follow || !last || must_be_dir) {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::ELOOP);
                }
                push_parts(&mut todo, &target);
                if target.starts_with('/') {
                    at = self.root();
                }
                // A relative target goes on from the directory the link is in.
                if todo.is_empty() {
                    return Ok(at);
                }
                continue;
            }
            at = next;
        }
        if must_be_dir && at.node.is_some() && !self.is_dir(&at) {
            return Err(Errno::ENOTDIR);
        }
        Ok(at)
    }

    fn root(&self) -> Found {
        let node = match self.fs.mount_at("/").and_then(|i| self.fs.mount_root(self.volumes, i)) {
            Some((place, ino)) => NodeRef::Inode(place, ino),
            None => NodeRef::Inode(Place::Root, ROOT),
        };
        Found {
            path: "/".to_string(),
            node: Some(node),
            parent: None,
            name: String::new(),
            read_only: self.fs.read_only,
        }
    }

    /// One step of the walk, from a directory to one of its names.
    fn step(&self, at: &Found, name: &str, last: bool) -> SysResult<Found> {
        let path = if at.path == "/" { format!("/{name}") } else { format!("{}/{name}", at.path) };
        let (parent, mut node) = match &at.node {
            None => return Err(Errno::ENOENT),
            Some(NodeRef::Proc(dir)) => {
                if !matches!(self.proc.entry(dir), Some(ProcEntry::Dir(_))) {
                    return Err(Errno::ENOTDIR);
                }
                let known = self.proc.entry(&path).is_some();
                (None, known.then(|| NodeRef::Proc(path.clone())))
            }
            Some(NodeRef::Inode(place, ino)) => {
                let inode = self.tree(*place)?.get(*ino).ok_or(Errno::ENOENT)?;
                let Node::Dir(entries) = &inode.node else { return Err(Errno::ENOTDIR) };
                if !self.permits(inode, SEARCH) {
                    return Err(Errno::EACCES);
                }
                let child = entries.get(name).map(|child| NodeRef::Inode(*place, *child));
                (Some((*place, *ino)), child)
            }
        };
        let mut read_only = at.read_only;
        if let Some(i) = self.fs.mount_at(&path) {
            read_only = self.fs.mounts[i].read_only;
            node = match &self.fs.mounts[i].source {
                Source::Proc => Some(NodeRef::Proc(path.clone())),
                _ => self.fs.mount_root(self.volumes, i).map(|(place, ino)| NodeRef::Inode(place, ino)),
            };
        }
        if node.is_none() && !last {
            return Err(Errno::ENOENT);
        }
        Ok(Found { path, node, parent, name: name.to_string(), read_only })
    }

    fn link_target(&self, found: &Found) -> Option<String> {
        match found.node.as_ref()? {
            NodeRef::Proc(path) => match self.proc.entry(path)? {
                ProcEntry::Link(target) => Some(target),
                _ => None,
            },
            node => match &self.inode(node).ok()?.node {
                Node::Symlink(target) => Some(target.to_string()),
                _ => None,
            },
        }
    }

    fn is_dir(&self, found: &Found) -> bool {
        match &found.node {
            Some(NodeRef::Proc(path)) => matches!(self.proc.entry(path), Some(ProcEntry::Dir(_))),
            Some(node) => self.inode(node).is_ok_and(Inode::is_dir),
            None => false,
        }
    }

    /// The object at `path`.
    pub fn lookup(&self, path: &str, follow: bool) -> SysResult<(Found, NodeRef)> {
        let found = self.walk(path, follow)?;
        let node = found.node.clone().ok_or(Errno::ENOENT)?;
        Ok((found, node))
    }

    /// The directory a new name would be put into, with the right to do so.
    fn parent_for_change(&self, found: &Found) -> SysResult<(Place, Ino)> {
        let (place, dir) =
            found.parent.ok_or(if found.path == "/" { Errno::EBUSY } else { Errno::EACCES })?;
        // The mount a new name lands on is its directory's, which the walk passed before the name itself.
        if found.read_only {
            return Err(Errno::EROFS);
        }
        let inode = self.tree(place)?.get(dir).ok_or(Errno::ENOENT)?;
        if !self.permits(inode, WRITE | SEARCH) {
            return Err(Errno::EACCES);
        }
        Ok((place, dir))
    }

    /// May this name be removed: the directory is writable, and its sticky bit is respected.
    fn parent_for_removal(&self, found: &Found) -> SysResult<(Place, Ino)> {
        if self.fs.mount_at(&found.path).is_some() {
            return Err(Errno::EBUSY);
        }
        let (place, dir) = self.parent_for_change(found)?;
        let parent = self.tree(place)?.get(dir).ok_or(Errno::ENOENT)?;
        if parent.mode & 0o1000 != 0 && self.cred.uid != 0 && parent.uid != self.cred.uid {
            let node = found.node.as_ref().ok_or(Errno::ENOENT)?;
            if self.inode(node)?.uid != self.cred.uid {
                return Err(Errno::EPERM);
            }
        }
        Ok((place, dir))
    }

    /// stat(2), or lstat(2) without `follow`.
    pub fn stat(&self, path: &str, follow: bool) -> SysResult<Stat> {
        let (_, node) = self.lookup(path, follow)?;
        self.stat_node(&node)
    }

    /// stat(2) of an object already found.
    pub fn stat_node(&self, node: &NodeRef) -> SysResult<Stat> {
        match node {
            NodeRef::Proc(path) => {
                let (letter, mode, size) = match self.proc.entry(path).ok_or(Errno::ENOENT)? {
                    ProcEntry::Dir(_) => ('d', 0o555, 0),
                    ProcEntry::File(_) => ('-', 0o444, 0),
                    ProcEntry::Link(_) => ('l', 0o777, 0),
                };
                let nlink = if letter == 'd' { 2 } else { 1 };
                let (mtime, atime, ctime) = (self.now, self.now, self.now);
                Ok(Stat {
                    mode,
                    letter,
                    uid: 0,
                    gid: 0,
                    size,
                    nlink,
                    mtime,
                    atime,
                    ctime,
                    dev: 5,
                    ino: 1,
                    rdev: None,
                })
            }
            NodeRef::Inode(place, ino) => {
                let i = self.inode(node)?;
                let dev = match place {
                    Place::Root => 1,
                    Place::Volume(id) => 1000 + id,
                    Place::Own(n) => 100 + n,
                };
                let rdev = match i.node {
                    Node::Device(d) => Some(d.numbers()),
                    _ => None,
                };
                Ok(Stat {
                    mode: i.mode,
                    letter: i.type_letter(),
                    uid: i.uid,
                    gid: i.gid,
                    size: i.size(),
                    nlink: i.nlink,
                    mtime: i.mtime,
                    atime: i.atime,
                    ctime: i.ctime,
                    dev,
                    ino: *ino,
                    rdev,
                })
            }
        }
    }

    /// The names in a directory, sorted, without `.` and `..`.
    pub fn read_dir(&self, path: &str) -> SysResult<Vec<String>> {
        let (found, node) = self.lookup(path, true)?;
        let mut names: Vec<String> = match &node {
            NodeRef::Proc(p) => match self.proc.entry(p).ok_or(Errno::ENOENT)? {
                ProcEntry::Dir(names) => return Ok(names),
                _ => return Err(Errno::ENOTDIR),
            },
            node => {
                let inode = self.inode(node)?;
                let Node::Dir(entries) = &inode.node else { return Err(Errno::ENOTDIR) };
                if !self.permits(inode, READ) {
                    return Err(Errno::EACCES);
                }
                entries.keys().map(|k| k.to_string()).collect()
            }
        };
        for mount in self.fs.mounts_in(&found.path) {
            if !names.iter().any(|n| n == mount) {
                names.push(mount.to_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The whole content of a file.
    pub fn read(&self, path: &str) -> SysResult<Vec<u8>> {
        let (_, node) = self.lookup(path, true)?;
        match &node {
            NodeRef::Proc(p) => match self.proc.entry(p).ok_or(Errno::ENOENT)? {
                ProcEntry::File(bytes) => Ok(bytes),
                _ => Err(Errno::EISDIR),
            },
            node => {
                let inode = self.inode(node)?;
                if !self.permits(inode, READ) {
                    return Err(Errno::EACCES);
                }
                match &inode.node {
                    Node::File(c) => Ok(c.read_at(0, usize::try_from(c.len()).unwrap_or(usize::MAX))),
                    Node::Dir(_) => Err(Errno::EISDIR),
                    _ => Ok(Vec::new()),
                }
            }
        }
    }

    /// The content of a file as text; bytes that are not UTF-8 are replaced.
    pub fn read_text(&self, path: &str) -> SysResult<String> {
        Ok(String::from_utf8_lossy(&self.read(path)?).into_owned())
    }

    /// Finds the file to write at `path`, creating an empty one with `mode` (less the mask).
    /// With `fresh`, an existing file is an error.
    pub fn open_for_write(&mut self, path: &str, mode: u32, create: bool, fresh: bool) -> SysResult<NodeRef> {
        let found = self.walk(path, !fresh)?;
        if let Some(node) = &found.node {
            if fresh {
                return Err(Errno::EEXIST);
            }
            if matches!(node, NodeRef::Proc(_)) {
                return Err(Errno::EACCES);
            }
            let inode = self.inode(node)?;
            if inode.is_dir() {
                return Err(Errno::EISDIR);
            }
            if !self.permits(inode, WRITE) {
                return Err(Errno::EACCES);
            }
            if found.read_only && matches!(inode.node, Node::File(_)) {
                return Err(Errno::EROFS);
            }
            return Ok(node.clone());
        }
        if !create {
            return Err(Errno::ENOENT);
        }
        if path.ends_with('/') {
            return Err(Errno::EISDIR);
        }
        self.create(&found, Node::File(Content::default()), mode & !self.cred.umask)
    }

    fn create(&mut self, found: &Found, node: Node, mode: u32) -> SysResult<NodeRef> {
        let (place, dir) = self.parent_for_change(found)?;
        let mut inode = Inode::new(node, mode, self.now);
        inode.uid = self.cred.uid;
        inode.gid = self.cred.gid;
        if let Some(parent) = self.tree(place)?.get(dir)
            && parent.mode & 0o2000 != 0
        {
            inode.gid = parent.gid;
            if inode.is_dir() {
                inode.mode |= 0o2000;
            }
        }
        let now = self.now;
        let ino = self.tree_mut(place)?.insert(dir, &found.name, inode, now)?;
        Ok(NodeRef::Inode(place, ino))
    }

    /// Replaces (or creates) a file.
    pub fn write(&mut self, path: &str, content: impl Into<Content>, mode: u32) -> SysResult<()> {
        let node = self.open_for_write(path, mode, true, false)?;
        if matches!(self.inode(&node)?.node, Node::Device(_)) {
            // Devices swallow what they are given whole.
            return Ok(());
        }
        let now = self.now;
        match node {
            NodeRef::Inode(place, ino) => self.tree_mut(place)?.set_content(ino, content.into(), now),
            NodeRef::Proc(_) => Err(Errno::EACCES),
        }
    }

    /// Adds bytes at the end of a file, creating it.
    pub fn append(&mut self, path: &str, bytes: &[u8]) -> SysResult<()> {
        let node = self.open_for_write(path, 0o666, true, false)?;
        let end = self.inode(&node)?.size();
        self.write_at(&node, end, bytes).map(|_| ())
    }

    /// Writes into an open file; returns the bytes written.
    pub fn write_at(&mut self, node: &NodeRef, pos: u64, bytes: &[u8]) -> SysResult<usize> {
        let now = self.now;
        match node {
            NodeRef::Inode(place, ino) => self.tree_mut(*place)?.write(*ino, pos, bytes, now),
            NodeRef::Proc(_) => Err(Errno::EACCES),
        }
    }

    /// Sets the length of an open file.
    pub fn truncate(&mut self, node: &NodeRef, len: u64) -> SysResult<()> {
        let now = self.now;
        match node {
            NodeRef::Inode(place, ino) => self.tree_mut(*place)?.truncate(*ino, len, now),
            NodeRef::Proc(_) => Err(Errno::EACCES),
        }
    }

    /// Makes a directory with exactly `mode` less the mask.
    pub fn mkdir(&mut self, path: &str, mode: u32) -> SysResult<()> {
        let found = self.walk(path, true)?;
        if found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        self.create(&found, Node::Dir(BTreeMap::new()), mode & !self.cred.umask).map(|_| ())
    }

    /// Makes a directory and those above it.
    pub fn mkdir_all(&mut self, path: &str) -> SysResult<()> {
        let mut at = if path.starts_with('/') { String::new() } else { self.cwd.clone() };
        for name in path.split('/').filter(|n| !n.is_empty()) {
            at = format!("{at}/{name}");
            match self.mkdir(&at, 0o777) {
                Ok(()) => {}
                Err(Errno::EEXIST) if self.stat(&at, true)?.is_dir() => {}
                Err(Errno::EEXIST) => return Err(Errno::ENOTDIR),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Removes a name that is no directory. `open` says whether some process has the inode open.
    pub fn unlink(&mut self, path: &str, open: impl FnOnce(&NodeRef) -> bool) -> SysResult<()> {
        let (found, node) = self.lookup(path, false)?;
        if matches!(node, NodeRef::Proc(_)) {
            return Err(Errno::EPERM);
        }
        let (place, dir) = self.parent_for_removal(&found)?;
        let now = self.now;
        self.tree_mut(place)?.unlink(dir, &found.name, open(&node), now)
    }

    /// Removes an empty directory.
    pub fn rmdir(&mut self, path: &str) -> SysResult<()> {
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        if last == "." {
            return Err(Errno::EINVAL);
        }
        let (found, node) = self.lookup(path, false)?;
        if !self.is_dir(&found) {
            return Err(Errno::ENOTDIR);
        }
        if matches!(node, NodeRef::Proc(_)) {
            return Err(Errno::EPERM);
        }
        let (place, dir) = self.parent_for_removal(&found)?;
        let now = self.now;
        self.tree_mut(place)?.rmdir(dir, &found.name, now)
    }

    /// Removes a file or a directory with all that is in it. What does not exist is no error.
    pub fn remove_all(&mut self, path: &str) -> SysResult<()> {
        let stat = match self.stat(path, false) {
            Ok(stat) => stat,
            Err(Errno::ENOENT) => return Ok(()),
            Err(e) => return Err(e),
        };
        if !stat.is_dir() {
            return self.unlink(path, |_| false);
        }
        for name in self.read_dir(path)? {
            self.remove_all(&format!("{path}/{name}"))?;
        }
        self.rmdir(path)
    }

    /// rename(2).
    pub fn rename(&mut self, from: &str, to: &str) -> SysResult<()> {
        let (source, node) = self.lookup(from.trim_end_matches('/'), false)?;
        if matches!(node, NodeRef::Proc(_)) {
            return Err(Errno::EPERM);
        }
        let target = self.walk(to.trim_end_matches('/'), false)?;
        let (place, dir) = self.parent_for_removal(&source)?;
        let (to_place, to_dir) = self.parent_for_change(&target)?;
        if place != to_place {
            return Err(Errno::EXDEV);
        }
        if self.fs.mount_at(&target.path).is_some() {
            return Err(Errno::EBUSY);
        }
        let now = self.now;
        self.tree_mut(place)?.rename((dir, &source.name), (to_dir, &target.name), now)
    }

    /// Makes a symbolic link at `path`.
    pub fn symlink(&mut self, target: &str, path: &str) -> SysResult<()> {
        let found = self.walk(path, false)?;
        if found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        self.create(&found, Node::Symlink(Rc::from(target)), 0o777).map(|_| ())
    }

    /// Makes a named pipe.
    pub fn mkfifo(&mut self, path: &str, mode: u32) -> SysResult<()> {
        let found = self.walk(path, false)?;
        if found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        let mode = mode & !self.cred.umask;
        self.create(&found, Node::Fifo, mode).map(|_| ())
    }

    /// Makes a hard link.
    pub fn link(&mut self, old: &str, new: &str) -> SysResult<()> {
        let (_, node) = self.lookup(old, false)?;
        let NodeRef::Inode(old_place, ino) = node else { return Err(Errno::EPERM) };
        if self.inode(&node)?.is_dir() {
            return Err(Errno::EPERM);
        }
        let found = self.walk(new, false)?;
        if found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        let (place, dir) = self.parent_for_change(&found)?;
        if place != old_place {
            return Err(Errno::EXDEV);
        }
        let now = self.now;
        self.tree_mut(place)?.link(dir, &found.name, ino, now)
    }

    /// The target of a symbolic link.
    pub fn read_link(&self, path: &str) -> SysResult<String> {
        let found = self.walk(path, false)?;
        if found.node.is_none() {
            return Err(Errno::ENOENT);
        }
        self.link_target(&found).ok_or(Errno::EINVAL)
    }

    /// The canonical path of an existing object.
    pub fn real_path(&self, path: &str) -> SysResult<String> {
        Ok(self.lookup(path, true)?.0.path)
    }

    fn owned(&mut self, path: &str, follow: bool) -> SysResult<&mut Inode> {
        let (found, node) = self.lookup(path, follow)?;
        if found.read_only {
            return Err(Errno::EROFS);
        }
        let owner = self.inode(&node)?.uid;
        if self.cred.uid != 0 && self.cred.uid != owner {
            return Err(Errno::EPERM);
        }
        let now = self.now;
        let inode = self.inode_mut(&node)?;
        inode.ctime = now;
        Ok(inode)
    }

    /// Sets the permission bits.
    pub fn chmod(&mut self, path: &str, mode: u32) -> SysResult<()> {
        self.owned(path, true)?.mode = mode & 0o7777;
        Ok(())
    }

    /// Sets owner and group; only root may give files away.
    pub fn chown(&mut self, path: &str, uid: Option<u32>, gid: Option<u32>, follow: bool) -> SysResult<()> {
        let root = self.cred.uid == 0;
        let own_group = gid.is_none_or(|g| g == self.cred.gid || self.cred.groups.contains(&g));
        let inode = self.owned(path, follow)?;
        if !root && (uid.is_some_and(|u| u != inode.uid) || !own_group) {
            return Err(Errno::EPERM);
        }
        inode.uid = uid.unwrap_or(inode.uid);
        inode.gid = gid.unwrap_or(inode.gid);
        Ok(())
    }

    /// Sets access and modification times.
    pub fn utimes(&mut self, path: &str, atime: Option<Time>, mtime: Option<Time>) -> SysResult<()> {
        let (found, node) = self.lookup(path, true)?;
        if found.read_only {
            return Err(Errno::EROFS);
        }
        let inode = self.inode(&node)?;
        if inode.uid != self.cred.uid && !self.permits(inode, WRITE) {
            return Err(Errno::EACCES);
        }
        let inode = self.inode_mut(&node)?;
        inode.atime = atime.unwrap_or(inode.atime);
        inode.mtime = mtime.unwrap_or(inode.mtime);
        Ok(())
    }

    /// access(2): may the user read (4), write (2), execute (1)?
    pub fn access(&self, path: &str, want: u32) -> SysResult<()> {
        let (found, node) = self.lookup(path, true)?;
        if let NodeRef::Proc(_) = node {
            return if want & WRITE == 0 { Ok(()) } else { Err(Errno::EACCES) };
        }
        let inode = self.inode(&node)?;
        if want & WRITE != 0 && found.read_only && !matches!(inode.node, Node::Device(_)) {
            return Err(Errno::EROFS);
        }
        if self.permits(inode, want) { Ok(()) } else { Err(Errno::EACCES) }
    }
}

/// Pushes the parts of a path so that the first is on top.
fn push_parts(todo: &mut Vec<String>, path: &str) {
    todo.extend(path.split('/').rev().filter(|p| !p.is_empty() && *p != ".").map(str::to_string));
}

fn parent_path(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_string(),
        Some((up, _)) => up.to_string(),
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
