//! The programs: one file each, one line each in the list.

pub mod external;
pub mod test;
pub mod tool;
pub mod users;

pub(crate) mod echo;

use crate::{
    kernel::{Flavour, Sys},
    program::{Poll, Program, ProgramSpec, Start},
};
use tool::tool;

/// What `uname -r` says.
pub const RELEASE: &str = "6.1.0-kubarium";

/// The first line of every BusyBox usage text.
pub fn busybox_banner() -> String {
    "BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n".to_string()
}

const fn inside(name: &'static str, help: &'static str, start: fn() -> Box<dyn Program>) -> ProgramSpec {
    ProgramSpec { name, help, start: Start::Inside(start) }
}

const SHELL: &str = "Usage: sh [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]\n\nUnix shell interpreter\n";

/// The built-in programs.
pub const PROGRAMS: &[ProgramSpec] = &[
    inside("echo", "Usage: echo [-neE] [STRING]...\n\nEcho the STRING(s) to standard output.\n", || {
        tool(echo::main)
    }),
    inside("ash", SHELL, crate::shell::start),
    inside("bash", SHELL, crate::shell::start),
    inside("dash", SHELL, crate::shell::start),
    inside("sh", SHELL, crate::shell::start),
    inside("true", "Usage: true\n\nExit with a status code indicating success.\n", || Box::new(True)),
];

/// Whether an image of this flavour carries the program. BusyBox lacks what is no applet; curl, jq and the like are
/// added by the images that have them.
pub fn belongs(name: &str, flavour: Flavour) -> bool {
    match flavour {
        Flavour::Gnu => !matches!(name, "busybox"),
        Flavour::BusyBox => !matches!(name, "curl" | "jq" | "bash"),
    }
}

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
