//! Resource limits of processes: what `ulimit` and /proc/N/limits show. Children inherit them.
//!
//! Enforced are the number of descriptors and the size of files; the rest is kept and shown.

use crate::errno::{Errno, SysResult};

/// A resource with a limit, in the order of Linux (`RLIMIT_CPU` is 0).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resource {
    /// CPU time in seconds.
    Cpu,
    /// The largest file it writes, in bytes.
    FileSize,
    /// Data segment in bytes.
    Data,
    /// Stack in bytes.
    Stack,
    /// Size of a core file in bytes.
    Core,
    /// Resident memory in bytes.
    Resident,
    /// Processes of its user.
    Processes,
    /// Open descriptors.
    Files,
    /// Locked memory in bytes.
    Locked,
    /// Address space in bytes.
    Memory,
    /// File locks.
    Locks,
    /// Signals that are pending.
    Signals,
    /// POSIX message queues, in bytes.
    Messages,
    /// How far it may raise its niceness: 20 − n.
    Nice,
    /// The highest real-time priority.
    Priority,
    /// Real-time CPU without a blocking call, in µs.
    RealTime,
}

/// A limit in the kernel's unit (bytes, seconds, pieces); None is unlimited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// What holds now.
    pub soft: Option<u64>,
    /// How far the process may raise it.
    pub hard: Option<u64>,
}

const fn both(n: u64) -> Limit {
    Limit { soft: Some(n), hard: Some(n) }
}

const FREE: Limit = Limit { soft: None, hard: None };

/// The limits of one process.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rlimits([Limit; 16]);

impl Default for Rlimits {
    /// What containerd gives a container.
    fn default() -> Rlimits {
        let mut all = [FREE; 16];
        all[Resource::Stack as usize] = Limit { soft: Some(8 << 20), hard: None };
        all[Resource::Files as usize] = both(1 << 20);
        all[Resource::Locked as usize] = both(8 << 20);
        all[Resource::Signals as usize] = both(15_416);
        all[Resource::Messages as usize] = both(819_200);
        all[Resource::Nice as usize] = both(0);
        all[Resource::Priority as usize] = both(0);
        Rlimits(all)
    }
}

/// The rows of /proc/N/limits.
const ROWS: [(&str, Resource, &str); 16] = [
    ("Max cpu time", Resource::Cpu, "seconds"),
    ("Max file size", Resource::FileSize, "bytes"),
    ("Max data size", Resource::Data, "bytes"),
    ("Max stack size", Resource::Stack, "bytes"),
    ("Max core file size", Resource::Core, "bytes"),
    ("Max resident set", Resource::Resident, "bytes"),
    ("Max processes", Resource::Processes, "processes"),
    ("Max open files", Resource::Files, "files"),
    ("Max locked memory", Resource::Locked, "bytes"),
    ("Max address space", Resource::Memory, "bytes"),
    ("Max file locks", Resource::Locks, "locks"),
    ("Max pending signals", Resource::Signals, "signals"),
    ("Max msgqueue size", Resource::Messages, "bytes"),
    ("Max nice priority", Resource::Nice, ""),
    ("Max realtime priority", Resource::Priority, ""),
    ("Max realtime timeout", Resource::RealTime, "us"),
];

impl Rlimits {
    pub fn get(&self, resource: Resource) -> Limit {
        self.0[resource as usize]
    }

    /// Sets the soft or the hard limit or both; only root may raise a hard one.
    pub fn set(
        &mut self,
        resource: Resource,
        value: Option<u64>,
        soft: bool,
        hard: bool,
        root: bool,
    ) -> SysResult<()> {
        let limit = &mut self.0[resource as usize];
        let above = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(a), Some(b)) => a > b,
        };
        let mut new = *limit;
        if hard {
            if above(value, limit.hard) && !root {
                return Err(Errno::EPERM);
            }
            new.hard = value;
        }
        if soft {
            new.soft = value;
        }
        if above(new.soft, new.hard) {
            return Err(Errno::EINVAL);
        }
        *limit = new;
        Ok(())
    }

    /// The text of /proc/N/limits.
    pub fn text(&self) -> String {
        let show = |n: Option<u64>| n.map_or("unlimited".to_string(), |n| n.to_string());
        let mut text = format!("{:<26}{:<21}{:<21}{:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
        for (name, resource, unit) in ROWS {
            let limit = self.get(resource);
            text.push_str(&format!("{name:<26}{:<21}{:<21}{unit:<10}\n", show(limit.soft), show(limit.hard)));
        }
        text
    }
}
