//! `true` and `false`.

use crate::{
    kernel::Sys,
    program::{Poll, Program, ProgramSpec},
};

/// `false`.
pub const FALSE: ProgramSpec =
    ProgramSpec::inside("false", "Usage: false\n\nExit with a status code indicating failure.\n", || {
        Box::new(False)
    });
/// `true`.
pub const TRUE: ProgramSpec =
    ProgramSpec::inside("true", "Usage: true\n\nExit with a status code indicating success.\n", || {
        Box::new(True)
    });

/// `true`, and what a process runs before its program is loaded.
#[derive(Clone, Debug)]
pub struct True;

impl Program for True {
    fn poll(&mut self, _: &mut Sys<'_>) -> Poll {
        Poll::Exit(0)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// `false`
#[derive(Clone, Debug)]
pub struct False;

impl Program for False {
    fn poll(&mut self, _: &mut Sys<'_>) -> Poll {
        Poll::Exit(1)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
