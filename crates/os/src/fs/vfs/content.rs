//! Creating files and changing what is in them.

use super::*;

impl Vfs<'_> {
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

    pub(super) fn create(&mut self, found: &Found, node: Node, mode: u32) -> SysResult<NodeRef> {
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
}
