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
    /// The process's own number.
    pub pid: Pid,
    /// The parent's number; 0 for those that the host started.
    pub ppid: Pid,
    /// Process group: what the keys of a terminal and `kill -N` reach.
    pub pgid: Pid,
    /// Session.
    pub sid: Pid,
    /// The controlling terminal.
    pub tty: Option<TtyId>,
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
    /// As given at the start; a program may not change it.
    pub argv: Rc<[String]>,
    /// The program's base name, cut to 15 characters as in /proc/N/comm.
    pub comm: Rc<str>,
    /// What it is doing.
    pub state: ProcState,
    /// When it was forked or spawned; exec does not change it.
    pub started: Time,
    /// −20 (greedy) to 19; shown, and without effect.
    pub nice: i8,
    /// CPU time in µs.
    pub cpu: u64,
    /// Resident memory in bytes.
    pub memory: u64,
    /// Its group is the one that its terminal's keys go to.
    pub foreground: bool,
}

/// The state letters of ps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcState {
    /// Wants the CPU.
    Running,
    /// Waits for something.
    Sleeping,
    /// Stopped by a signal.
    Stopped,
    /// Ended, and its parent has not asked yet.
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
