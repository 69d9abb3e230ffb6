//! Pipes between processes, and streams that come from the host.

use std::collections::VecDeque;

/// How many bytes a pipe holds before its writer waits.
pub(crate) const PIPE_SIZE: usize = 65_536;

/// A pipe. Its ends are counted so that the reader sees the end and the writer gets SIGPIPE.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Pipe {
    pub buf: VecDeque<u8>,
    pub readers: u32,
    pub writers: u32,
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
