//! A frame for programs that take their inputs whole: comm, diff, join, tar and the like.
//!
//! Inputs may be files, `-` or pipes (`<(…)`); they are read to their ends, waiting where needed, before the work begins.
//! The work itself is done in one go ([`Job::run`]) or, where it can take long, in steps ([`Job::step`]).

use super::{
    process::with_cx,
    tool::{Cx, HIGH_WATER, Output, help},
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, Wait},
};

/// An input that was read to its end, or why it could not be.
#[derive(Clone, Debug)]
pub struct Input {
    /// As given; `-` is stdin.
    pub name: String,
    /// All of it, or the error of opening or reading.
    pub bytes: Result<Vec<u8>, Errno>,
}

/// Reads inputs one after the other.
#[derive(Clone, Debug, Default)]
pub struct Slurp {
    names: std::collections::VecDeque<String>,
    fd: Option<Fd>,
    buf: Vec<u8>,
    done: Vec<Input>,
    held: u64,
}

impl Slurp {
    /// Reads these; `-` is stdin.
    pub fn new(names: Vec<String>) -> Slurp {
        Slurp { names: names.into(), ..Slurp::default() }
    }

    /// Goes on; what to wait for when there is more to come.
    pub fn poll(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        while let Some(name) = self.names.front().cloned() {
            if sys.fuel() <= 0 {
                return Some(Poll::Yield);
            }
            let fd = match self.fd {
                Some(fd) => fd,
                None if name == "-" => 0,
                None => match sys.open(&name, OpenFlags::READ, 0) {
                    Ok(fd) => fd,
                    Err(e) => {
                        self.finish(sys, Err(e));
                        continue;
                    }
                },
            };
            self.fd = Some(fd);
            match sys.read(fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => self.finish(sys, Ok(())),
                Ok(bytes) => {
                    sys.spend(1 + bytes.len() as u64 / 1024);
                    self.held += bytes.len() as u64;
                    sys.set_memory((1 << 20) + self.held);
                    self.buf.extend(bytes);
                }
                Err(Errno::EAGAIN) => return Some(Poll::Wait(Wait::read(fd))),
                Err(e) => self.finish(sys, Err(e)),
            }
        }
        None
    }

    fn finish(&mut self, sys: &mut Sys<'_>, result: Result<(), Errno>) {
        if let Some(fd) = self.fd.take().filter(|fd| *fd != 0) {
            // It was opened here.
            let _closed = sys.close(fd);
        }
        let bytes = std::mem::take(&mut self.buf);
        let name = self.names.pop_front().unwrap_or_default();
        self.done.push(Input { name, bytes: result.map(|()| bytes) });
    }

    /// What was read.
    pub fn take(&mut self) -> Vec<Input> {
        std::mem::take(&mut self.done)
    }
}

/// A program that works on whole inputs.
pub trait Job: Clone + 'static {
    /// Reads the arguments; gives the inputs to read, or the exit code of a refusal.
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8>;
    /// Does the work in one go; gives the exit code.
    fn run(&mut self, _cx: &mut Cx<'_, '_>, _inputs: Vec<Input>) -> u8 {
        0
    }
    /// Goes on with the work until it [must pause](Cx::must_pause); gives the exit code when all is done. What takes long
    /// has this instead of `run`. The inputs stay where they are from step to step.
    fn step(&mut self, cx: &mut Cx<'_, '_>, inputs: &mut Vec<Input>) -> Option<u8> {
        Some(self.run(cx, std::mem::take(inputs)))
    }
}

/// Runs a job.
pub fn whole<J: Job>(job: J) -> Box<dyn Program> {
    Box::new(Frame { job, slurp: None, inputs: None, output: Output::default(), code: None })
}

#[derive(Clone)]
struct Frame<J> {
    job: J,
    slurp: Option<Slurp>,
    inputs: Option<Vec<Input>>,
    output: Output,
    code: Option<u8>,
}

impl<J: Job> Program for Frame<J> {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.slurp.is_none() && self.code.is_none() {
            if help(sys, &mut self.output) {
                self.code = Some(0);
            } else {
                match with_cx(sys, &mut self.output, |cx| self.job.begin(cx)) {
                    Ok(names) => self.slurp = Some(Slurp::new(names)),
                    Err(code) => self.code = Some(code),
                }
            }
        }
        while self.code.is_none() {
            let inputs = match (&mut self.inputs, &mut self.slurp) {
                (Some(inputs), _) => inputs,
                (none, Some(slurp)) => match slurp.poll(sys) {
                    Some(poll) => return poll,
                    None => none.insert(slurp.take()),
                },
                (None, None) => break,
            };
            if self.output.len() >= HIGH_WATER {
                if let Some(wait) = self.output.drain(sys) {
                    return Poll::Wait(wait);
                }
                if self.output.is_broken() {
                    return Poll::Exit(1);
                }
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            self.code = with_cx(sys, &mut self.output, |cx| self.job.step(cx, inputs));
        }
        match self.output.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Exit(self.output.exit_code(self.code.unwrap_or(0))),
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Input {
    /// The lines, without their ends.
    pub fn lines(bytes: &[u8]) -> Vec<&[u8]> {
        let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
        if lines.last().is_some_and(|l| l.is_empty()) {
            lines.pop();
        }
        lines
    }

    /// The bytes, or the usual complaint and None.
    pub fn open<'a>(&'a self, cx: &mut Cx<'_, '_>) -> Option<&'a [u8]> {
        match &self.bytes {
            Ok(bytes) => Some(bytes),
            Err(e) => {
                let name = &self.name;
                let message = match (cx.busybox(), e) {
                    (true, Errno::EISDIR) => format!("read error: {e}"),
                    (true, e) => format!("can't open '{name}': {e}"),
                    (false, e) => format!("{name}: {e}"),
                };
                cx.complain(message);
                None
            }
        }
    }
}
