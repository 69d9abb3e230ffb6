//! Open file descriptions: what descriptors of processes refer to.

use crate::{
    fs::{Device, FileSystem, Node, NodeRef, Volumes},
    host::{HostCall, SockId, StreamId, TtyId},
    kernel::Kernel,
};

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OpenFlags {
    /// `read` is allowed.
    pub read: bool,
    /// `write` is allowed.
    pub write: bool,
    /// Each write goes to the end, wherever the position is.
    pub append: bool,
    /// Made when it does not exist.
    pub create: bool,
    /// Emptied when it exists.
    pub truncate: bool,
    /// With `create`: fail when it exists.
    pub exclusive: bool,
    /// Only a directory will do.
    pub directory: bool,
}

impl OpenFlags {
    /// `<`
    pub const READ: OpenFlags = OpenFlags {
        read: true,
        write: false,
        append: false,
        create: false,
        truncate: false,
        exclusive: false,
        directory: false,
    };
    /// `>`
    pub const WRITE: OpenFlags =
        OpenFlags { read: false, write: true, create: true, truncate: true, ..OpenFlags::READ };
    /// `>>`
    pub const APPEND: OpenFlags =
        OpenFlags { read: false, write: true, create: true, append: true, ..OpenFlags::READ };
    /// `<>`
    pub const READ_WRITE: OpenFlags = OpenFlags { write: true, create: true, ..OpenFlags::READ };
}

/// An open file description, shared by the descriptors that were duplicated or inherited from one another.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct OpenFile {
    pub kind: Kind,
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub pos: u64,
    /// The canonical path it was opened by, for /proc/N/fd.
    pub path: String,
    pub refs: u32,
}

/// What lies behind an open file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Node(NodeRef),
    /// A view of /proc as it was when opened.
    Text(std::rc::Rc<Vec<u8>>),
    Device(Device),
    PipeRead(u32),
    PipeWrite(u32),
    /// A named pipe opened for both.
    PipeBoth(u32),
    Tty(TtyId),
    Sock(SockId),
    /// From and to the host.
    Stream(StreamId),
}

impl OpenFile {
    pub fn new(kind: Kind, read: bool, write: bool) -> OpenFile {
        OpenFile { kind, read, write, append: false, pos: 0, path: String::new(), refs: 0 }
    }
}

impl Kernel {
    /// Puts an open file into the table (without any descriptor yet).
    pub(crate) fn add_file(&mut self, file: OpenFile) -> u32 {
        match file.kind {
            Kind::PipeRead(id) => self.pipes.entry(id).or_default().add_reader(),
            Kind::PipeWrite(id) => self.pipes.entry(id).or_default().add_writer(),
            Kind::PipeBoth(id) => {
                let pipe = self.pipes.entry(id).or_default();
                pipe.add_reader();
                pipe.add_writer();
            }
            _ => {}
        }
        let id = self.fresh_id();
        self.files.insert(id, file);
        id
    }

    /// One more descriptor refers to the open file.
    pub(crate) fn retain(&mut self, id: u32) {
        if let Some(file) = self.files.get_mut(&id) {
            file.refs += 1;
        }
    }

    /// One descriptor less; the last one closes the file.
    pub(crate) fn release(&mut self, fs: &mut FileSystem, volumes: &mut Volumes, id: u32) {
        let Some(file) = self.files.get_mut(&id) else { return };
        file.refs = file.refs.saturating_sub(1);
        if file.refs > 0 {
            return;
        }
        let Some(file) = self.files.remove(&id) else { return };
        self.dirty = true;
        match file.kind {
            Kind::PipeRead(pipe) => self.drop_pipe_end(pipe, true),
            Kind::PipeWrite(pipe) => self.drop_pipe_end(pipe, false),
            Kind::PipeBoth(pipe) => {
                self.drop_pipe_end(pipe, true);
                self.drop_pipe_end(pipe, false);
            }
            Kind::Sock(sock) => self.close_sock(sock),
            Kind::Node(NodeRef::Inode(place, ino)) => {
                let node = NodeRef::Inode(place, ino);
                if !self.is_open(&node)
                    && let Some(tree) = fs.tree_mut(volumes, place)
                    && tree.get(ino).is_some_and(|i| i.nlink == 0 && !matches!(i.node, Node::Dir(_)))
                {
                    tree.release(ino);
                }
            }
            _ => {}
        }
    }

    /// Whether some process has this inode open.
    pub(crate) fn is_open(&self, node: &NodeRef) -> bool {
        self.files.values().any(|f| matches!(&f.kind, Kind::Node(n) if n == node))
    }

    fn drop_pipe_end(&mut self, id: u32, reader: bool) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if reader {
            pipe.readers = pipe.readers.saturating_sub(1);
        } else {
            pipe.writers = pipe.writers.saturating_sub(1);
        }
        if pipe.readers == 0 && pipe.writers == 0 {
            self.pipes.remove(&id);
        }
    }

    fn close_sock(&mut self, sock: SockId) {
        if self.socks.remove(&sock).is_some() {
            self.calls.push(HostCall::Close { sock });
        }
    }

    /// Whether a read of the open file would give something (bytes, end of file, an error) now.
    pub(crate) fn can_read(&self, id: u32) -> bool {
        let Some(file) = self.files.get(&id) else { return true };
        match &file.kind {
            Kind::PipeRead(p) | Kind::PipeBoth(p) => self.pipes.get(p).is_none_or(|p| p.can_read()),
            Kind::Stream(s) => self.streams.get(s).is_none_or(|s| !s.buf.is_empty() || s.closed),
            Kind::Tty(t) => self.ttys.get(t).is_none_or(|t| t.can_read()),
            Kind::Sock(s) => self.socks.get(s).is_none_or(|s| s.can_read()),
            _ => true,
        }
    }

    /// Whether a write to the open file would do something now.
    pub(crate) fn can_write(&self, id: u32) -> bool {
        let Some(file) = self.files.get(&id) else { return true };
        match &file.kind {
            Kind::PipeWrite(p) | Kind::PipeBoth(p) => self.pipes.get(p).is_none_or(|p| p.can_write()),
            Kind::Sock(s) => self.socks.get(s).is_none_or(|s| s.can_write()),
            Kind::Stream(_) | Kind::Tty(_) => self.queued_output() < MAX_QUEUED,
            _ => true,
        }
    }

    /// Bytes waiting for the host to drain.
    pub(crate) fn queued_output(&self) -> usize {
        self.calls
            .iter()
            .map(|c| match c {
                HostCall::Output { bytes, .. } | HostCall::TtyOutput { bytes, .. } => bytes.len(),
                _ => 0,
            })
            .sum()
    }

    /// Queues output for the host, joined with what was written to the same place just before.
    pub(crate) fn output(&mut self, stream: StreamId, more: &[u8]) {
        if let Some(HostCall::Output { stream: last, bytes }) = self.calls.last_mut()
            && *last == stream
        {
            bytes.extend_from_slice(more);
            return;
        }
        self.calls.push(HostCall::Output { stream, bytes: more.to_vec() });
    }

    /// Queues terminal output for the host.
    pub(crate) fn tty_output(&mut self, tty: TtyId, more: &[u8]) {
        if more.is_empty() {
            return;
        }
        if let Some(HostCall::TtyOutput { tty: last, bytes }) = self.calls.last_mut()
            && *last == tty
        {
            bytes.extend_from_slice(more);
            return;
        }
        self.calls.push(HostCall::TtyOutput { tty, bytes: more.to_vec() });
    }
}

/// Output a host has not drained yet; beyond this, writers wait.
pub(crate) const MAX_QUEUED: usize = 1 << 20;
