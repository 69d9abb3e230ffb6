//! A process: a program and what the kernel knows of it.

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    fs::Cred,
    host::{ExitStatus, TtyId},
    kernel::Rlimits,
    program::{Fd, Pid, Program, Wait},
    signal::SignalSet,
    time::Time,
};

/// A descriptor: which open file, and whether exec closes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Descriptor {
    pub file: u32,
    pub cloexec: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    /// In the run queue.
    Ready,
    Blocked(Wait),
    /// Ended; kept until the parent asks.
    Zombie(ExitStatus),
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub ppid: Pid,
    pub pgid: Pid,
    pub sid: Pid,
    pub tty: Option<TtyId>,
    pub argv: Rc<[String]>,
    /// The short name `ps` shows.
    pub comm: Rc<str>,
    pub env: Rc<Vec<(String, String)>>,
    pub cwd: Rc<str>,
    pub cred: Cred,
    pub fds: OrdMap<Fd, Descriptor>,
    /// Taken out while it is polled.
    pub program: Option<Box<dyn Program>>,
    /// What exec put in place of the running program.
    pub replacement: Option<Box<dyn Program>>,
    pub state: State,
    pub stopped: bool,
    pub pending: SignalSet,
    pub caught: SignalSet,
    pub ignored: SignalSet,
    pub started: Time,
    pub nice: i8,
    /// CPU time used, in µs of one core.
    pub cpu: u64,
    /// Resident memory by the program's own account, in bytes.
    pub memory: u64,
    /// Sum of CPU time of children that were waited for.
    pub child_cpu: u64,
    /// A child changed state since the last wait.
    pub child_event: bool,
    /// A stop or continuation the parent has not seen yet.
    pub report: Option<Report>,
    /// In the run queue.
    pub queued: bool,
    /// The call under which the host runs this program.
    pub external: Option<u32>,
    /// How it ends when the poll it is in is over (it killed itself, or wrote to a broken pipe).
    pub doomed: Option<ExitStatus>,
    pub rlimits: Rc<Rlimits>,
}

/// A state change short of the end, for waitpid(WUNTRACED | WCONTINUED).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Report {
    Stopped,
    Continued,
}

/// What ps and /proc show of a process.
#[derive(Clone, PartialEq, Debug)]
pub struct ProcInfo {
    pub pid: Pid,
    pub ppid: Pid,
    pub pgid: Pid,
    pub sid: Pid,
    pub tty: Option<TtyId>,
    pub uid: u32,
    pub gid: u32,
    pub argv: Rc<[String]>,
    pub comm: Rc<str>,
    pub state: ProcState,
    pub started: Time,
    pub nice: i8,
    /// CPU time in µs.
    pub cpu: u64,
    /// Resident memory in bytes.
    pub memory: u64,
    pub foreground: bool,
}

/// The state letters of ps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcState {
    Running,
    Sleeping,
    Stopped,
    Zombie,
}

impl ProcState {
    /// The letter.
    pub fn letter(self) -> char {
        match self {
            ProcState::Running => 'R',
            ProcState::Sleeping => 'S',
            ProcState::Stopped => 'T',
            ProcState::Zombie => 'Z',
        }
    }
}
