//! Names and attributes: directories, links, removal, renaming, owners, modes and times.

use super::*;

impl Vfs<'_> {
    /// Makes a directory with exactly `mode` less the mask.
    pub fn mkdir(&mut self, path: &str, mode: u32) -> SysResult<()> {
        let found = self.walk(path, true)?;
        if found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        self.create(&found, Node::Dir(OrdMap::new()), mode & !self.cred.umask).map(|_| ())
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

    pub(super) fn owned(&mut self, path: &str, follow: bool) -> SysResult<&mut Inode> {
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
}
