//! What awk reads and writes beside its standard output: files and commands, by the name that the program gives them.

use std::borrow::Cow;

use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, OpenFlags, Sys, WaitFor},
    program::{Fd, Pid, Wait},
    text::regex::Regex,
};

/// What ends a record.
pub enum Separator {
    Char(u8),
    /// Blank lines.
    Paragraph,
    Pattern(Regex),
}

/// What reading a record came to.
pub enum Next {
    Record(String),
    End,
    Wait(Wait),
    Failed(Errno),
}

/// The longest record.
const RECORD_MAX: usize = 16 << 20;

/// Something that records are read from.
#[derive(Clone, Debug)]
pub struct Reader {
    pub fd: Fd,
    buf: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Reader {
    pub fn new(fd: Fd) -> Reader {
        Reader { fd, buf: Vec::new(), at: 0, ended: false }
    }

    /// The next record.
    pub fn next(&mut self, sys: &mut Sys<'_>, separator: &Separator) -> Next {
        loop {
            if let Some((end, after)) = self.cut(separator) {
                let record = String::from_utf8_lossy(&self.buf[self.at..end]).into_owned();
                self.at = after;
                return Next::Record(record);
            }
            if self.ended {
                return Next::End;
            }
            match sys.read(self.fd, 32_768) {
                Ok(bytes) if bytes.is_empty() => self.ended = true,
                Ok(bytes) => {
                    sys.spend(1 + bytes.len() as u64 / 256);
                    self.buf.drain(..self.at);
                    self.at = 0;
                    self.buf.extend(bytes);
                }
                Err(Errno::EAGAIN) => return Next::Wait(Wait::read(self.fd)),
                Err(e) => {
                    self.ended = true;
                    return Next::Failed(e);
                }
            }
        }
    }

    /// Where the record in the buffer ends, and where the next one begins; None when that cannot be told yet.
    fn cut(&mut self, separator: &Separator) -> Option<(usize, usize)> {
        if matches!(separator, Separator::Paragraph) {
            while self.buf.get(self.at) == Some(&b'\n') {
                self.at += 1;
            }
        }
        let rest = &self.buf[self.at..];
        if rest.is_empty() {
            return None;
        }
        let full = self.ended || rest.len() > RECORD_MAX;
        let found = match separator {
            Separator::Char(c) => rest.iter().position(|it| it == c).map(|at| (at, at + 1)),
            Separator::Paragraph => rest.windows(2).position(|it| it == b"\n\n").map(|at| (at, at + 2)),
            Separator::Pattern(regex) => {
                let text = text_of(rest);
                // A match at the end of the buffer may grow.
                regex.find_at(&text, 0).filter(|(a, b)| b > a && (full || *b < text.len()))
            }
        };
        match found {
            Some((end, after)) => Some((self.at + end, self.at + after)),
            None if full => {
                let newline = usize::from(!matches!(separator, Separator::Char(_)) && rest.ends_with(b"\n"));
                Some((self.buf.len() - newline, self.buf.len()))
            }
            None => None,
        }
    }
}

/// Bytes as text of the same length: what is no UTF-8 becomes question marks, so that places in one are places in the
/// other.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// What a stream is at its other end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    File,
    Command(Pid),
}

/// An open stream.
#[derive(Clone, Debug)]
pub struct Stream {
    pub name: String,
    pub kind: Kind,
    /// Set for one that is read.
    pub reader: Option<Reader>,
    fd: Option<Fd>,
    /// Written by the program, not yet by the system.
    pending: Vec<u8>,
}

/// Beyond this, the program waits until the stream has taken what was written.
const PENDING_MAX: usize = 64 << 10;

impl Stream {
    /// Opens a file to read.
    pub fn input(sys: &mut Sys<'_>, name: &str) -> Result<Stream, Errno> {
        let fd = if name == "-" || name == "/dev/stdin" { 0 } else { sys.open(name, OpenFlags::READ, 0)? };
        Ok(Stream::new(name, Kind::File, fd, Some(Reader::new(fd))))
    }

    /// Opens a file to write.
    pub fn output(sys: &mut Sys<'_>, name: &str, append: bool) -> Result<Stream, Errno> {
        let flags = if append { OpenFlags::APPEND } else { OpenFlags::WRITE };
        let fd = sys.open(name, flags, 0o666)?;
        sys.set_cloexec(fd, true)?;
        Ok(Stream::new(name, Kind::File, fd, None))
    }

    /// Starts a command whose output is read, or whose input is written.
    pub fn command(sys: &mut Sys<'_>, command: &str, read: bool) -> Result<Stream, Errno> {
        let (out, into) = sys.pipe()?;
        let (ours, theirs, place) = if read { (out, into, 1) } else { (into, out, 0) };
        sys.set_cloexec(ours, true)?;
        // The child gets its end in place of ours.
        let saved = sys.dup(place, 10)?;
        sys.set_cloexec(saved, true)?;
        sys.dup2(theirs, place)?;
        let _closed = sys.close(theirs);
        let child = shell(sys, command);
        let _back = sys.dup2(saved, place);
        let _closed = sys.close(saved);
        match child {
            Ok(pid) => Ok(Stream::new(command, Kind::Command(pid), ours, read.then(|| Reader::new(ours)))),
            Err(e) => {
                let _closed = sys.close(ours);
                Err(e)
            }
        }
    }

    fn new(name: &str, kind: Kind, fd: Fd, reader: Option<Reader>) -> Stream {
        Stream { name: name.to_string(), kind, reader, fd: Some(fd), pending: Vec::new() }
    }

    /// Takes bytes; they are written by [`Stream::flush`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Whether so much waits to be written that the program must wait too.
    pub fn is_full(&self) -> bool {
        self.pending.len() > PENDING_MAX
    }

    /// Writes what is pending; what to wait for if not all could be.
    pub fn flush(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        while let (Some(fd), false) = (self.fd, self.pending.is_empty()) {
            match sys.write(fd, &self.pending) {
                Ok(n) => {
                    self.pending.drain(..n);
                }
                Err(Errno::EAGAIN) => return Some(Wait::write(fd)),
                Err(_) => self.pending.clear(),
            }
        }
        None
    }

    /// Closes the stream: Ok is its status (a command's exit code), Err what to wait for.
    pub fn close(&mut self, sys: &mut Sys<'_>) -> Result<f64, Wait> {
        if let Some(wait) = self.flush(sys) {
            return Err(wait);
        }
        if let Some(fd) = self.fd.take().filter(|it| *it != 0) {
            let _closed = sys.close(fd);
        }
        match self.kind {
            Kind::File => Ok(0.0),
            Kind::Command(pid) => ended(sys, pid).ok_or_else(Wait::child),
        }
    }
}

/// Starts a command line in the shell.
pub fn shell(sys: &mut Sys<'_>, command: &str) -> Result<Pid, Errno> {
    let env = sys.env();
    sys.spawn("/bin/sh", vec!["sh".to_string(), "-c".to_string(), command.to_string()], env)
}

/// The exit code of a child, if it has ended; a signal counts 256 and its number, as in mawk.
pub fn ended(sys: &mut Sys<'_>, pid: Pid) -> Option<f64> {
    match sys.wait(WaitFor::Pid(pid), false) {
        Ok((_, ChildEvent::Exited(ExitStatus::Code(code)))) => Some(f64::from(code)),
        Ok((_, ChildEvent::Exited(ExitStatus::Signal(signal)))) => {
            Some(256.0 + f64::from(ExitStatus::Signal(signal).code() - 128))
        }
        Ok(_) | Err(Errno::EAGAIN) => None,
        Err(_) => Some(-1.0),
    }
}
