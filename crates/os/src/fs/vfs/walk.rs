//! The path walk: from text to an object, through mounts and links.

use super::*;

impl Vfs<'_> {
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

    pub(super) fn root(&self) -> Found {
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
    pub(super) fn step(&self, at: &Found, name: &str, last: bool) -> SysResult<Found> {
        let path = if at.path == "/" { format!("/{name}") } else { format!("{}/{name}", at.path) };
        let (parent, mut node) = match &at.node {
            None => return Err(Errno::ENOENT),
            Some(NodeRef::Proc(dir)) => {
                if !matches!(self.proc_entry(dir), Some(ProcEntry::Dir(_))) {
                    return Err(Errno::ENOTDIR);
                }
                let known = self.proc_entry(&path).is_some();
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

    pub(super) fn link_target(&self, found: &Found) -> Option<String> {
        match found.node.as_ref()? {
            NodeRef::Proc(path) => match self.proc_entry(path)? {
                ProcEntry::Link(target) => Some(target),
                _ => None,
            },
            node => match &self.inode(node).ok()?.node {
                Node::Symlink(target) => Some(target.to_string()),
                _ => None,
            },
        }
    }

    pub(super) fn is_dir(&self, found: &Found) -> bool {
        match &found.node {
            Some(NodeRef::Proc(path)) => matches!(self.proc_entry(path), Some(ProcEntry::Dir(_))),
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
    pub(super) fn parent_for_change(&self, found: &Found) -> SysResult<(Place, Ino)> {
        let (place, dir) = found.parent.ok_or(match found.path.split('/').nth(1) {
            Some("") | None => Errno::EBUSY,
            Some("sys") => Errno::EROFS,
            // What is not in /proc cannot be made there.
            _ if found.node.is_none() => Errno::ENOENT,
            _ => Errno::EACCES,
        })?;
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
    pub(super) fn parent_for_removal(&self, found: &Found) -> SysResult<(Place, Ino)> {
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
}

/// Pushes the parts of a path so that the first is on top.
pub(super) fn push_parts(todo: &mut Vec<String>, path: &str) {
    todo.extend(path.split('/').rev().filter(|p| !p.is_empty() && *p != ".").map(str::to_string));
}

pub(super) fn parent_path(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_string(),
        Some((up, _)) => up.to_string(),
    }
}
