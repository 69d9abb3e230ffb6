//! The kernel of one machine: processes, open files, pipes, terminals, sockets, signals, and who runs next.
//!
//! Everything is a table of plain entries keyed by number. A blocked process holds what it waits for; after each
//! change the few processes of the machine are asked again whether they are ready, which is simple and misses nothing.

mod file;
mod inspect;
mod load;
mod pipe;
mod process;
mod procfs;
mod rlimit;
mod sched;
mod signals;
mod socket;
mod sys;
mod sys_fs;
mod sys_net;
mod sys_proc;
mod tty;

use std::{collections::VecDeque, rc::Rc};

use collections::OrdMap;

pub use file::OpenFlags;
pub use load::MemoryFigures;
pub use process::{ProcInfo, ProcState};
pub use rlimit::{Limit, Resource};
pub(crate) use sched::Birth;
pub use socket::{PeerName, SockState};
pub use sys::Sys;
pub use sys_fs::MountInfo;
pub use sys_net::Reply;
pub use sys_proc::{ChildEvent, WaitFor};
pub use tty::{Mode, Tty};

pub(crate) use file::{Kind, OpenFile};
pub use inspect::{OpenInfo, SockInfo, Traffic};
pub(crate) use load::Load;
pub(crate) use pipe::{HostIn, Pipe};
pub(crate) use process::{Process, State};
pub(crate) use rlimit::Rlimits;
pub(crate) use socket::Sock;

use crate::{
    errno::{Errno, SysResult},
    host::{CallId, HostCall, SockId, StreamId, TtyId},
    program::{Pid, ProgramSpec, ProgramTable},
    time::Time,
};

/// Which family of tools an image carries: it decides wording and options.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flavour {
    /// GNU coreutils and friends (debian, ubuntu, most application images).
    #[default]
    Gnu,
    /// BusyBox (busybox, alpine).
    BusyBox,
}

/// Which shell `sh` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ShellKind {
    /// GNU bash, as on Debian's hosts.
    #[default]
    Bash,
    /// dash, Debian's /bin/sh.
    Dash,
    /// BusyBox's ash, as in Alpine.
    Ash,
}

/// What the host's resource limits are, as programs see them in /proc and /sys/fs/cgroup. Enforcing them is the
/// host's: it gives less fuel, and it kills.
#[derive(Clone, PartialEq, Debug)]
pub struct Limits {
    /// Memory limit of the cgroup in bytes.
    pub memory: Option<u64>,
    /// CPU limit of the cgroup in thousandths of a core.
    pub cpu_milli: Option<u64>,
    /// CPU weight request in thousandths of a core.
    pub cpu_request_milli: u64,
    /// The machine's (node's) memory in bytes.
    pub total_memory: u64,
    /// The machine's (node's) cores.
    pub cores: u32,
    /// Most processes at a time.
    pub processes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: None,
            cpu_milli: None,
            cpu_request_milli: 0,
            total_memory: 4 << 30,
            cores: 2,
            processes: 1024,
        }
    }
}

/// All of a machine but its files.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) hostname: Rc<str>,
    pub(crate) flavour: Flavour,
    pub(crate) shell: ShellKind,
    pub(crate) limits: Rc<Limits>,
    pub(crate) addresses: Vec<std::net::IpAddr>,
    pub(crate) now: Time,
    pub(crate) boot: Time,
    pub(crate) rng: u64,
    pub(crate) programs: ProgramTable,
    pub(crate) unknown_host_hint: &'static str,
    /// Boxed, as sockets are: most machines have one, and a map makes room for four.
    pub(crate) procs: OrdMap<Pid, Box<Process>>,
    pub(crate) files: OrdMap<u32, OpenFile>,
    pub(crate) pipes: OrdMap<u32, Pipe>,
    pub(crate) ttys: OrdMap<TtyId, Tty>,
    pub(crate) socks: OrdMap<SockId, Box<Sock>>,
    pub(crate) streams: OrdMap<StreamId, HostIn>,
    /// Questions under way: who asked, and the answer once it came.
    pub(crate) replies: OrdMap<CallId, (Pid, Option<Reply>)>,
    pub(crate) calls: Vec<HostCall>,
    pub(crate) queue: VecDeque<Pid>,
    /// Something happened that may end a wait.
    pub(crate) dirty: bool,
    /// The process being polled, or polled last.
    pub(crate) current: Pid,
    pub(crate) polling: bool,
    pub(crate) next_pid: Pid,
    pub(crate) next_id: u32,
    /// Fuel used by all processes so far.
    pub(crate) cpu_used: u64,
    pub(crate) load: Load,
    pub(crate) traffic: Traffic,
    /// Bytes of written files, which are kept in memory.
    pub(crate) cached: u64,
}

impl Kernel {
    /// A number never given before: for sockets, streams, pipes, open files, calls.
    pub(crate) fn fresh_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// The next random number (xorshift64*, from the machine's seed).
    pub(crate) fn random(&mut self) -> u64 {
        let mut x = self.rng;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.rng = x;
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Finds a program of the table by its name; the host's own come before the built-in ones.
    pub(crate) fn program(&self, name: &str) -> Option<&'static ProgramSpec> {
        self.programs
            .iter()
            .copied()
            .chain([crate::bin::PROGRAMS])
            .flat_map(|list| list.iter())
            .find(|p| p.name == name)
    }

    pub(crate) fn proc(&self, pid: Pid) -> SysResult<&Process> {
        self.procs.get(&pid).map(|p| &**p).ok_or(Errno::ESRCH)
    }

    pub(crate) fn proc_mut(&mut self, pid: Pid) -> SysResult<&mut Process> {
        self.procs.get_mut(&pid).map(|p| &mut **p).ok_or(Errno::ESRCH)
    }
}
