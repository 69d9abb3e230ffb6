//! A small operating system as plain data, for simulated hosts and containers: files, processes, pipes, terminals,
//! a POSIX shell and the usual programs. It knows nothing of Kubernetes, reads no clock and does no I/O.
//!
//! A [`Machine`] is a value: clone it at any moment and both copies go on alike. Whoever hosts it passes time and
//! fuel in ([`Machine::run`]), drains what it asks of the world ([`HostCall`]) and answers ([`HostEvent`]).
//! Programs are resumable state machines ([`Program`]); hosts add their own by a table of [`ProgramSpec`]s.
//!
//! ```
//! use kubarium_os::{Flavour, HostCall, Machine, MachineSpec, SpawnOptions, Stdio, Time, Volumes, image};
//!
//! let mut volumes = Volumes::new();
//! let root = image::base(Flavour::BusyBox);
//! let mut machine = Machine::new(MachineSpec { root, flavour: Flavour::BusyBox, ..Default::default() }, Time(0));
//! let out = machine.new_stream();
//! let argv = ["echo", "hello"].map(String::from).to_vec();
//! let stdio = [Stdio::Null, Stdio::Stream(out), Stdio::Stream(out)];
//! machine.spawn(&mut volumes, SpawnOptions { argv, stdio, ..Default::default() }).unwrap();
//! machine.run(&mut volumes, Time(0), 1_000_000);
//! assert_eq!(machine.take_calls()[0], HostCall::Output { stream: out, bytes: b"hello\n".to_vec() });
//! ```

#![warn(missing_docs)]

mod bin;
mod bytes;
pub mod errno;
pub mod fs;
pub mod harness;
pub mod host;
pub mod image;
mod kernel;
pub mod machine;
pub mod net;
pub mod program;
mod shell;
pub mod signal;
mod text;
pub mod time;

pub use errno::{Errno, SysResult};
pub use fs::{Cred, FileSystem, Image, Mount, Source, Stat, Tree, Vfs, VolumeId, Volumes};
pub use host::{
    CallId, Certificate, ClientTls, DnsAnswer, ExitStatus, ExternalStart, HostCall, HostEvent, Record,
    RecordData, RecordType, SockId, StreamId, TtyId,
};
pub use kernel::{
    ChildEvent, Flavour, Limits, MemoryFigures, MountInfo, OpenFlags, OpenInfo, ProcInfo, ProcState, Reply,
    ShellKind, SockInfo, SockState, Sys, Traffic, WaitFor,
};
pub use machine::{Machine, MachineSpec, Ran, SpawnOptions, Stdio};
pub use program::{
    Fd, Pid, Poll, Program, ProgramSpec, ProgramTable, Start, Wait, busybox_file, program_file,
};
pub use signal::Signal;
pub use time::Time;
