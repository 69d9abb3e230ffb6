//! Pipes between processes, and streams that come from the host.

use std::collections::VecDeque;

use crate::fs::NodeRef;

/// How many bytes a pipe holds before its writer waits.
pub(crate) const PIPE_SIZE: usize = 65_536;

/// A pipe. Its ends are counted so that the reader sees the end and the writer gets SIGPIPE.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Pipe {
    pub buf: VecDeque<u8>,
    pub readers: u32,
    pub writers: u32,
    /// The named pipe it stands behind, as long as somebody has that open.
    pub fifo: Option<NodeRef>,
    /// There was a reader since the first of the present writers came: without one now, the pipe is broken.
    /// Until then a named pipe makes its writers wait, as open(2) would.
    pub met_reader: bool,
    /// There was a writer since the first of the present readers came: without one now, this is the end.
    pub met_writer: bool,
}

impl Pipe {
    pub fn add_reader(&mut self) {
        if self.readers == 0 {
            self.met_writer = self.writers > 0;
        }
        self.readers += 1;
        self.met_reader = true;
    }

    pub fn add_writer(&mut self) {
        if self.writers == 0 {
            self.met_reader = self.readers > 0;
        }
        self.writers += 1;
        self.met_writer = true;
    }

    /// A read would give bytes or the end.
    pub fn can_read(&self) -> bool {
        !self.buf.is_empty() || (self.writers == 0 && self.met_writer)
    }

    /// A write would take bytes or fail.
    pub fn can_write(&self) -> bool {
        if self.readers == 0 { self.met_reader } else { self.buf.len() < PIPE_SIZE }
    }
}

/// Bytes from the host, waiting to be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct HostIn {
    pub buf: VecDeque<u8>,
    pub closed: bool,
}

/// Takes up to `max` bytes from the front.
pub(crate) fn take(buf: &mut VecDeque<u8>, max: usize) -> Vec<u8> {
    let n = buf.len().min(max);
    buf.drain(..n).collect()
}
