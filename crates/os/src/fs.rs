//! Files: trees of inodes, mounts, and the path walk through them.
//!
//! A [`Tree`] is a file system as a value: inodes in a frozen, shared [`Image`] (what a thousand containers have in
//! common) and its own changes on top. Cloning is cheap until something is written. A machine sees one tree as `/`
//! and others at mount points; volumes that several machines share live in a [`Volumes`] table that the host owns
//! and lends to every call, so that there is no hidden sharing in a cloned world.
//!
//! Names are UTF-8; contents are bytes. Memory is bounded by a size limit per tree; a run of zeros at the end of a
//! file (`dd if=/dev/zero`) is counted but not stored.

mod inode;
mod mount;
pub(crate) mod tree;
mod vfs;

pub use inode::{Content, Device, Inode, Node};
pub use mount::{FileSystem, Mount, Place, Source, VolumeId, Volumes};
pub use tree::{Image, Ino, Tree};
pub use vfs::normalize;
pub use vfs::{Cred, Found, NodeRef, ProcEntry, ProcSource, Stat, Vfs};
