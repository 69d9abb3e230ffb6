//! What a program is: a resumable state machine whose state is plain data.
//!
//! A program never blocks. It does what it can through [`Sys`] and returns what it waits for; the machine polls it
//! again when that may have happened (a wake-up may be early: check, and wait again). So a machine can be cloned
//! between any two polls, and an endless loop yields when its fuel is used up.

use std::fmt::Debug;

use crate::{kernel::Sys, time::Time};

/// A process number.
pub type Pid = u32;
/// A file descriptor number.
pub type Fd = u32;

/// A running program. (Not `Debug`: the code to show every program's state would cost the page a good part of its size.)
pub trait Program {
    /// Goes on until the program ends, must wait, or has used its fuel (see [`Sys::fuel`]).
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll;
    /// A copy in the same state. Implementations are `Box::new(self.clone())`.
    fn clone_box(&self) -> Box<dyn Program>;
}

impl Debug for dyn Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Program")
    }
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// What a program answers when polled.
#[derive(Clone, PartialEq, Debug)]
pub enum Poll {
    /// The process ends with this code.
    Exit(u8),
    /// Poll again when one of these may have happened, or a signal the program catches has come.
    Wait(Wait),
    /// Poll again soon: there is more to do (or the program was replaced by [`Sys::exec`]).
    Yield,
}

/// What a process waits for: any one of these ends the wait.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wait {
    /// This moment.
    pub until: Option<Time>,
    /// Something to read (or end of file, an error, a connection to accept) on these.
    pub read: Vec<Fd>,
    /// Room to write (or an error, an established connection) on these.
    pub write: Vec<Fd>,
    /// A child that ended, stopped or went on.
    pub child: bool,
    /// The answer to a call made through [`Sys`] (resolve, ping, complete).
    pub reply: bool,
}

impl Wait {
    /// Until `time`.
    pub fn until(time: Time) -> Wait {
        Wait { until: Some(time), ..Wait::default() }
    }
    /// Until `fd` can be read.
    pub fn read(fd: Fd) -> Wait {
        Wait { read: vec![fd], ..Wait::default() }
    }
    /// Until `fd` can be written.
    pub fn write(fd: Fd) -> Wait {
        Wait { write: vec![fd], ..Wait::default() }
    }
    /// Until a child changes state.
    pub fn child() -> Wait {
        Wait { child: true, ..Wait::default() }
    }
    /// Until a call is answered.
    pub fn reply() -> Wait {
        Wait { reply: true, ..Wait::default() }
    }
    /// Until a signal that the program catches (or that ends it).
    pub fn signal() -> Wait {
        Wait::default()
    }
    /// The same wait, but no longer than `time`.
    pub fn or_until(mut self, time: Time) -> Wait {
        self.until = Some(self.until.map_or(time, |t| t.min(time)));
        self
    }
}

/// One program that can be run: an entry of a program table.
#[derive(Clone, Copy, Debug)]
pub struct ProgramSpec {
    /// The name that executable files refer to (see [`program_file`]); by custom the base name of its usual path.
    pub name: &'static str,
    /// Usage and options, as `--help` and `man` show them.
    pub help: &'static str,
    /// Inside of the machine, or by its host.
    pub start: Start,
}

impl ProgramSpec {
    /// A program that runs inside the machine.
    pub const fn inside(
        name: &'static str,
        help: &'static str,
        start: fn() -> Box<dyn Program>,
    ) -> ProgramSpec {
        ProgramSpec { name, help, start: Start::Inside(start) }
    }
}

/// How a program of the table is started.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// It runs inside the machine: a fresh state. Arguments and environment are read through [`Sys`].
    Inside(fn() -> Box<dyn Program>),
    /// The host implements it ([`HostCall::External`](crate::HostCall::External)).
    Host {
        /// The host can complete its arguments ([`HostCall::Complete`](crate::HostCall::Complete)).
        completes: bool,
    },
}

/// The programs a machine can run: slices searched in order, the built-in ones last.
pub type ProgramTable = &'static [&'static [ProgramSpec]];

const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0kubarium program ";

/// The content of an executable file that runs the program `name` of the table. As with a real binary, copies of the
/// file run too; the name of the file does not matter (a multi-call program looks at argv[0]).
pub fn program_file(name: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'\n');
    bytes
}

/// The content of /bin/busybox of that version: some applets' ways depend on it.
pub fn busybox_file(version: &str) -> Vec<u8> {
    let mut bytes = program_file("busybox");
    bytes.extend_from_slice(format!("BusyBox version {version}").as_bytes());
    bytes
}

/// The program that an executable file's content refers to.
pub fn program_of(content: &[u8]) -> Option<&str> {
    let rest = content.strip_prefix(MAGIC)?;
    let end = rest.iter().position(|&b| b == b'\n')?;
    std::str::from_utf8(&rest[..end]).ok()
}
