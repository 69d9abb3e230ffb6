//! tee: copies its input to files and to its output.

use super::{
    opts,
    process::{program, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tee",
    "Usage: tee [-ai] [FILE]...\n\nCopy stdin to each FILE, and also to stdout\n",
    || Box::new(Tee::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Tee {
    begun: bool,
    outs: Vec<(Fd, Vec<u8>)>,
    eof: bool,
    code: u8,
    out: Output,
}

impl Program for Tee {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.outs.push((1, Vec::new()));
            let parsed = with_cx(sys, &mut self.out, |cx| {
                opts::parse(cx, "ai", &[("append", 'a'), ("ignore-interrupts", 'i')])
            });
            match parsed {
                Ok(opts) => {
                    let flags = if opts.has('a') { OpenFlags::APPEND } else { OpenFlags::WRITE };
                    for file in &opts.rest {
                        match sys.open(file, flags, 0o666) {
                            Ok(fd) => self.outs.push((fd, Vec::new())),
                            Err(e) => {
                                with_cx(sys, &mut self.out, |cx| cx.complain(format!("{file}: {e}")));
                                self.code = 1;
                            }
                        }
                    }
                }
                Err(code) => {
                    self.code = code;
                    self.eof = true;
                }
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            for (fd, buf) in &mut self.outs {
                while !buf.is_empty() {
                    match sys.write(*fd, buf) {
                        Ok(n) => {
                            buf.drain(..n);
                        }
                        Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(*fd)),
                        Err(_) => buf.clear(),
                    }
                }
            }
            if self.eof {
                return Poll::Exit(self.code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            match sys.read(0, 32_768) {
                Ok(bytes) if bytes.is_empty() => self.eof = true,
                Ok(bytes) => self.outs.iter_mut().for_each(|(_, b)| b.extend_from_slice(&bytes)),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(0)),
                Err(_) => self.eof = true,
            }
        }
    }
    program!(Tee);
}
