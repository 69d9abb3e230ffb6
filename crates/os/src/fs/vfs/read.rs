//! Looking: stat, directories, content, links.

use collections::StableSort;

use super::*;

impl Vfs<'_> {
    /// stat(2), or lstat(2) without `follow`.
    pub fn stat(&self, path: &str, follow: bool) -> SysResult<Stat> {
        let (_, node) = self.lookup(path, follow)?;
        self.stat_node(&node)
    }

    /// stat(2) of an object already found.
    pub fn stat_node(&self, node: &NodeRef) -> SysResult<Stat> {
        match node {
            NodeRef::Proc(path) => {
                let (letter, mode, size) = match self.proc_entry(path).ok_or(Errno::ENOENT)? {
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
            NodeRef::Proc(p) => match self.proc_entry(p).ok_or(Errno::ENOENT)? {
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
        names.stable_sort();
        Ok(names)
    }

    /// The whole content of a file.
    pub fn read(&self, path: &str) -> SysResult<Vec<u8>> {
        let (_, node) = self.lookup(path, true)?;
        match &node {
            NodeRef::Proc(p) => match self.proc_entry(p).ok_or(Errno::ENOENT)? {
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
