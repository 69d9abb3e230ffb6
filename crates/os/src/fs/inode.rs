//! One inode: what a file, directory, link or device is.

use std::rc::Rc;

use collections::OrdMap;

use crate::{fs::Ino, time::Time};

/// A file system object without its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Inode {
    /// What it is, with its content.
    pub node: Node,
    /// The twelve permission bits (07777).
    pub mode: u32,
    /// The owning user.
    pub uid: u32,
    /// The owning group.
    pub gid: u32,
    /// When the content changed last.
    pub mtime: Time,
    /// When it was created, or what `touch -a` said: reading does not move it.
    pub atime: Time,
    /// When content, mode, owner or links changed last.
    pub ctime: Time,
    /// Names that lead here; a directory's own `.` and its children's `..` count.
    pub nlink: u32,
}

/// The kinds of inodes.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// A regular file.
    File(Content),
    /// Names of its entries, without `.` and `..`.
    Dir(OrdMap<Rc<str>, Ino>),
    /// The target, as written: relative to the directory of the link, or absolute.
    Symlink(Rc<str>),
    /// A character device.
    Device(Device),
    /// A named pipe; the kernel keeps what goes through it.
    Fifo,
}

/// Character devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// /dev/null: reads give end of file, writes vanish.
    Null,
    /// /dev/zero: as many zero bytes as asked for.
    Zero,
    /// /dev/full: writes fail with ENOSPC.
    Full,
    /// /dev/random and /dev/urandom, from the machine's seed.
    Random,
    /// The controlling terminal of the process.
    Tty,
    /// The terminal or stream behind this descriptor (/dev/stdin and friends, /dev/fd/N).
    Fd(u32),
    /// /dev/console, /dev/kmsg: writes vanish, reads give end of file.
    Console,
}

impl Device {
    /// Major and minor numbers as `ls -l` shows them.
    pub fn numbers(self) -> (u32, u32) {
        match self {
            Device::Null => (1, 3),
            Device::Zero => (1, 5),
            Device::Full => (1, 7),
            Device::Random => (1, 8),
            Device::Tty => (5, 0),
            Device::Console => (5, 1),
            Device::Fd(n) => (136, n),
        }
    }
}

/// The bytes of a file: shared data, then `zeros` zero bytes that are not stored.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Content {
    data: Rc<Vec<u8>>,
    zeros: u64,
}

/// Runs of zeros shorter than this are stored like any data.
const SPARSE_FROM: usize = 4096;

impl Content {
    /// A file with these bytes. The caller may share one allocation among many files.
    pub fn shared(data: Rc<Vec<u8>>) -> Content {
        Content { data, zeros: 0 }
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.data.len() as u64 + self.zeros
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held in memory (not the sparse tail).
    pub fn stored(&self) -> u64 {
        self.data.len() as u64
    }

    /// The stored bytes; the whole content unless the file ends in a sparse run of zeros.
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Up to `max` bytes from `pos`.
    pub fn read_at(&self, pos: u64, max: usize) -> Vec<u8> {
        let end = self.len().min(pos.saturating_add(max as u64));
        if pos >= end {
            return Vec::new();
        }
        let stored = self.data.len() as u64;
        let mut out = Vec::with_capacity((end - pos) as usize);
        if pos < stored {
            out.extend_from_slice(&self.data[pos as usize..end.min(stored) as usize]);
        }
        out.resize((end - pos) as usize, 0);
        out
    }

    /// Writes at `pos`, filling a gap with zeros.
    pub fn write_at(&mut self, pos: u64, bytes: &[u8]) {
        if pos == self.len() && bytes.len() >= SPARSE_FROM && bytes.iter().all(|&b| b == 0) {
            self.zeros += bytes.len() as u64;
            return;
        }
        let end = pos + bytes.len() as u64;
        let whole = self.len();
        let stored = self.data.len() as u64;
        if pos >= stored && end <= whole && bytes.iter().all(|&b| b == 0) {
            return;
        }
        let data = Rc::make_mut(&mut self.data);
        if end > stored {
            data.resize(end as usize, 0);
        }
        data[pos as usize..end as usize].copy_from_slice(bytes);
        self.zeros = whole.saturating_sub(data.len() as u64);
    }

    /// Sets the length, cutting or filling with zeros.
    pub fn truncate(&mut self, len: u64) {
        let stored = self.data.len() as u64;
        if len <= stored {
            if len < stored {
                Rc::make_mut(&mut self.data).truncate(len as usize);
            }
            self.zeros = 0;
        } else {
            self.zeros = len - stored;
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Content {
        Content { data: Rc::new(bytes), zeros: 0 }
    }
}

impl Inode {
    /// A fresh inode owned by root.
    pub fn new(node: Node, mode: u32, now: Time) -> Inode {
        Inode { node, mode, uid: 0, gid: 0, mtime: now, atime: now, ctime: now, nlink: 1 }
    }

    /// Size as stat(2) reports it.
    pub fn size(&self) -> u64 {
        match &self.node {
            Node::File(c) => c.len(),
            Node::Dir(_) => 4096,
            Node::Symlink(t) => t.len() as u64,
            Node::Device(_) | Node::Fifo => 0,
        }
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        matches!(self.node, Node::Dir(_))
    }

    /// The letter `ls -l` begins with.
    pub fn type_letter(&self) -> char {
        match self.node {
            Node::File(_) => '-',
            Node::Dir(_) => 'd',
            Node::Symlink(_) => 'l',
            Node::Device(_) => 'c',
            Node::Fifo => 'p',
        }
    }
}
