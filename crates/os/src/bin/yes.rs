//! yes: a line, again and again.

use std::rc::Rc;

use super::process::{arguments, program};
use crate::{
    errno::Errno,
    kernel::Sys,
    program::{Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "yes",
    "Usage: yes [STRING]\n\nRepeatedly print a line with STRING, or 'y'\n",
    || Box::new(Yes::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Yes {
    block: Rc<Vec<u8>>,
    at: usize,
}

impl Program for Yes {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.block.is_empty() {
            let (_, args) = arguments(sys);
            let line = format!("{}\n", if args.is_empty() { "y".to_string() } else { args.join(" ") });
            self.block = Rc::new(line.repeat((8192 / line.len()).max(1)).into_bytes());
        }
        while sys.fuel() > 0 {
            match sys.write(1, &self.block[self.at..]) {
                Ok(n) => self.at = (self.at + n) % self.block.len(),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(1)),
                Err(_) => return Poll::Exit(1),
            }
            sys.spend(4);
        }
        Poll::Yield
    }
    program!(Yes);
}
