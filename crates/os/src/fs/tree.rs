//! A tree of inodes as a value: a shared frozen image below, own changes above.

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    errno::{Errno, SysResult},
    fs::{Content, Inode, Node},
    time::Time,
};

/// An inode number within one tree.
pub type Ino = u32;

/// The root directory's inode number.
pub const ROOT: Ino = 1;

/// The largest content of one file that is kept in memory, in bytes.
const MAX_STORED: u64 = 64 << 20;

/// A frozen tree, shared by all that build upon it.
#[derive(PartialEq, Debug, Default)]
pub struct Image {
    inodes: OrdMap<Ino, Inode>,
    next: Ino,
}

/// A file system as a value.
#[derive(Clone, PartialEq, Debug)]
pub struct Tree {
    base: Rc<Image>,
    /// Changed and new inodes; None hides one of the image.
    upper: Rc<OrdMap<Ino, Option<Inode>>>,
    next: Ino,
    /// Bytes written to this tree itself (not its image), sparse zeros included.
    used: u64,
    /// The most `used` may be.
    limit: Option<u64>,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// An empty tree: a root directory only.
    pub fn new() -> Tree {
        let root = Inode { nlink: 2, ..Inode::new(Node::Dir(OrdMap::new()), 0o755, Time(0)) };
        let upper = OrdMap::from([(ROOT, Some(root))]);
        Tree { base: Rc::default(), upper: Rc::new(upper), next: ROOT + 1, used: 0, limit: None }
    }

    /// A tree whose lower layer is `image`.
    pub fn on(image: &Rc<Image>) -> Tree {
        Tree { base: image.clone(), upper: Rc::default(), next: image.next, used: 0, limit: None }
    }

    /// Freezes this tree into an image that others can share.
    pub fn freeze(&self) -> Rc<Image> {
        let mut inodes = self.base.inodes.clone();
        for (ino, inode) in self.upper.iter() {
            match inode {
                Some(inode) => inodes.insert(*ino, inode.clone()),
                None => inodes.remove(ino),
            };
        }
        Rc::new(Image { inodes, next: self.next })
    }

    /// Bounds the bytes this tree may hold beyond its image; None is no bound.
    pub fn set_limit(&mut self, limit: Option<u64>) {
        self.limit = limit;
    }

    /// The bound set by [`set_limit`](Tree::set_limit).
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Bytes written to this tree beyond its image.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// The inode, if it exists.
    pub fn get(&self, ino: Ino) -> Option<&Inode> {
        match self.upper.get(&ino) {
            Some(changed) => changed.as_ref(),
            None => self.base.inodes.get(&ino),
        }
    }

    /// The inode for a change: copied into the upper layer first.
    pub fn get_mut(&mut self, ino: Ino) -> Option<&mut Inode> {
        if !self.upper.contains_key(&ino) {
            let copy = self.base.inodes.get(&ino)?.clone();
            self.used += copy_cost(&copy);
            Rc::make_mut(&mut self.upper).insert(ino, Some(copy));
        }
        Rc::make_mut(&mut self.upper).get_mut(&ino)?.as_mut()
    }

    /// The entries of a directory.
    pub fn entries(&self, dir: Ino) -> SysResult<&OrdMap<Rc<str>, Ino>> {
        match self.get(dir).map(|i| &i.node) {
            Some(Node::Dir(entries)) => Ok(entries),
            Some(_) => Err(Errno::ENOTDIR),
            None => Err(Errno::ENOENT),
        }
    }

    fn entries_mut(&mut self, dir: Ino, now: Time) -> SysResult<&mut OrdMap<Rc<str>, Ino>> {
        let inode = self.get_mut(dir).ok_or(Errno::ENOENT)?;
        inode.mtime = now;
        inode.ctime = now;
        match &mut inode.node {
            Node::Dir(entries) => Ok(entries),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Finds `name` in `dir`.
    pub fn lookup(&self, dir: Ino, name: &str) -> SysResult<Ino> {
        self.entries(dir)?.get(name).copied().ok_or(Errno::ENOENT)
    }

    /// Puts a new inode into `dir`.
    pub fn insert(&mut self, dir: Ino, name: &str, inode: Inode, now: Time) -> SysResult<Ino> {
        if name.len() > 255 {
            return Err(Errno::ENAMETOOLONG);
        }
        if self.entries(dir)?.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let size = match &inode.node {
            Node::File(c) => c.len(),
            _ => 0,
        };
        self.charge(size)?;
        let ino = self.next;
        self.next += 1;
        let is_dir = inode.is_dir();
        Rc::make_mut(&mut self.upper).insert(ino, Some(inode));
        self.entries_mut(dir, now)?.insert(name.into(), ino);
        if is_dir {
            self.set_links(ino, 2);
            self.add_link(dir, 1);
        }
        Ok(ino)
    }

    fn set_links(&mut self, ino: Ino, n: u32) {
        if let Some(inode) = self.get_mut(ino) {
            inode.nlink = n;
        }
    }

    fn add_link(&mut self, ino: Ino, by: i32) {
        if let Some(inode) = self.get_mut(ino) {
            inode.nlink = inode.nlink.saturating_add_signed(by);
        }
    }

    /// Gives an existing file a further name.
    pub fn link(&mut self, dir: Ino, name: &str, ino: Ino, now: Time) -> SysResult<()> {
        let entries = self.entries_mut(dir, now)?;
        if entries.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        entries.insert(name.into(), ino);
        self.add_link(ino, 1);
        Ok(())
    }

    /// Removes a name that is no directory. With `keep`, the inode outlives its last name (somebody has it open).
    pub fn unlink(&mut self, dir: Ino, name: &str, keep: bool, now: Time) -> SysResult<()> {
        let ino = self.lookup(dir, name)?;
        if self.get(ino).is_some_and(Inode::is_dir) {
            return Err(Errno::EISDIR);
        }
        self.entries_mut(dir, now)?.remove(name);
        self.add_link(ino, -1);
        if !keep {
            self.release(ino);
        }
        Ok(())
    }

    /// Forgets an inode without names.
    pub fn release(&mut self, ino: Ino) {
        let Some(inode) = self.get(ino) else { return };
        if inode.nlink > 0 {
            return;
        }
        let size = match &inode.node {
            Node::File(c) => c.len(),
            _ => 0,
        };
        self.used = self.used.saturating_sub(size);
        let in_base = self.base.inodes.contains_key(&ino);
        let upper = Rc::make_mut(&mut self.upper);
        if in_base {
            upper.insert(ino, None);
        } else {
            upper.remove(&ino);
        }
    }

    /// Removes an empty directory.
    pub fn rmdir(&mut self, dir: Ino, name: &str, now: Time) -> SysResult<()> {
        let ino = self.lookup(dir, name)?;
        if !self.entries(ino)?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.entries_mut(dir, now)?.remove(name);
        self.set_links(ino, 0);
        self.add_link(dir, -1);
        self.release(ino);
        Ok(())
    }

    /// Moves a name, replacing what is at the target as rename(2) does.
    pub fn rename(&mut self, from: (Ino, &str), to: (Ino, &str), now: Time) -> SysResult<()> {
        let ino = self.lookup(from.0, from.1)?;
        let moving_dir = self.get(ino).is_some_and(Inode::is_dir);
        if moving_dir && self.contains(ino, to.0) {
            return Err(Errno::EINVAL);
        }
        if let Ok(old) = self.lookup(to.0, to.1) {
            if old == ino {
                return Ok(());
            }
            match (moving_dir, self.get(old).is_some_and(Inode::is_dir)) {
                (true, true) => self.rmdir(to.0, to.1, now)?,
                (true, false) => return Err(Errno::ENOTDIR),
                (false, true) => return Err(Errno::EISDIR),
                (false, false) => self.unlink(to.0, to.1, false, now)?,
            }
        }
        self.entries_mut(from.0, now)?.remove(from.1);
        self.entries_mut(to.0, now)?.insert(to.1.into(), ino);
        if moving_dir && from.0 != to.0 {
            self.add_link(from.0, -1);
            self.add_link(to.0, 1);
        }
        Ok(())
    }

    /// Whether directory `inner` is `outer` or below it.
    fn contains(&self, outer: Ino, inner: Ino) -> bool {
        if outer == inner {
            return true;
        }
        let Ok(entries) = self.entries(outer) else { return false };
        entries
            .values()
            .any(|&child| self.get(child).is_some_and(Inode::is_dir) && self.contains(child, inner))
    }

    /// Accounts for `more` bytes, or says there is no room.
    fn charge(&mut self, more: u64) -> SysResult<()> {
        if self.limit.is_some_and(|limit| self.used + more > limit) {
            return Err(Errno::ENOSPC);
        }
        self.used += more;
        Ok(())
    }

    /// Writes into a file at `pos`; returns the bytes written (fewer when the tree is full).
    pub fn write(&mut self, ino: Ino, pos: u64, bytes: &[u8], now: Time) -> SysResult<usize> {
        let (len, stored) = match self.get(ino).map(|i| &i.node) {
            Some(Node::File(c)) => (c.len(), c.stored()),
            Some(Node::Dir(_)) => return Err(Errno::EISDIR),
            Some(_) => return Err(Errno::EINVAL),
            None => return Err(Errno::ENOENT),
        };
        let mut bytes = bytes;
        let grow = (pos + bytes.len() as u64).saturating_sub(len);
        if let Some(limit) = self.limit {
            let room = limit.saturating_sub(self.used);
            if grow > room {
                let keep = (bytes.len() as u64).saturating_sub(grow - room);
                if keep == 0 {
                    return Err(Errno::ENOSPC);
                }
                bytes = &bytes[..keep as usize];
            }
        }
        let sparse = bytes.iter().all(|&b| b == 0);
        if !sparse && stored.max(pos) + bytes.len() as u64 > MAX_STORED {
            return Err(Errno::EFBIG);
        }
        let grow = (pos + bytes.len() as u64).saturating_sub(len);
        let Some(inode) = self.get_mut(ino) else { return Err(Errno::ENOENT) };
        if let Node::File(c) = &mut inode.node {
            c.write_at(pos, bytes);
        }
        inode.mtime = now;
        inode.ctime = now;
        self.used += grow;
        Ok(bytes.len())
    }

    /// Sets a file's length.
    pub fn truncate(&mut self, ino: Ino, len: u64, now: Time) -> SysResult<()> {
        let inode = self.get_mut(ino).ok_or(Errno::ENOENT)?;
        let Node::File(c) = &mut inode.node else { return Err(Errno::EINVAL) };
        let old = c.len();
        c.truncate(len);
        inode.mtime = now;
        inode.ctime = now;
        self.used = (self.used + len).saturating_sub(old);
        Ok(())
    }

    /// Replaces a file's content.
    pub fn set_content(&mut self, ino: Ino, content: Content, now: Time) -> SysResult<()> {
        let new = content.len();
        let old = match self.get(ino).map(|i| &i.node) {
            Some(Node::File(c)) => c.len(),
            Some(Node::Dir(_)) => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        };
        self.charge(new.saturating_sub(old))?;
        if let Some(inode) = self.get_mut(ino) {
            inode.node = Node::File(content);
            inode.mtime = now;
            inode.ctime = now;
        }
        self.used = self.used.saturating_sub(old.saturating_sub(new));
        Ok(())
    }

    // The calls below take absolute paths without following links: they are for building trees.

    /// Makes directories along `path` and returns the last.
    pub fn make_dirs(&mut self, path: &str) -> SysResult<Ino> {
        let mut at = ROOT;
        for name in path.split('/').filter(|n| !n.is_empty()) {
            at = match self.lookup(at, name) {
                Ok(ino) => ino,
                Err(Errno::ENOENT) => {
                    self.insert(at, name, Inode::new(Node::Dir(OrdMap::new()), 0o755, Time(0)), Time(0))?
                }
                Err(e) => return Err(e),
            };
        }
        Ok(at)
    }

    /// Puts an inode at `path`, making its directories and replacing a file that is there.
    pub fn put(&mut self, path: &str, inode: Inode) -> SysResult<Ino> {
        let path = path.trim_end_matches('/');
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let now = inode.mtime;
        let dir = self.make_dirs(dir)?;
        match self.unlink(dir, name, false, now) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(e) => return Err(e),
        }
        self.insert(dir, name, inode, now)
    }

    /// Puts a file at `path`.
    pub fn put_file(&mut self, path: &str, content: impl Into<Content>, mode: u32) -> SysResult<Ino> {
        self.put(path, Inode::new(Node::File(content.into()), mode, Time(0)))
    }

    /// Puts a symbolic link at `path`.
    pub fn put_link(&mut self, path: &str, target: &str) -> SysResult<Ino> {
        self.put(path, Inode::new(Node::Symlink(target.into()), 0o777, Time(0)))
    }
}

fn copy_cost(inode: &Inode) -> u64 {
    match &inode.node {
        Node::File(c) => c.len(),
        _ => 0,
    }
}
