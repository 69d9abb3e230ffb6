//! What the machine is busy with: load averages and memory figures, by model.
//!
//! The load averages are the kernel's own: every five seconds the number of busy processes is folded in with fixed-point
//! arithmetic (kernel/sched/loadavg.c); seconds in which nobody looked are made up for at once.

use crate::{
    errno::{Errno, SysResult},
    kernel::{Kernel, Sys},
    program::Pid,
    time::{SECOND, Time},
};

const BITS: u32 = 11;
const ONE: u64 = 1 << BITS;
/// How much of an average of 1, 5, 15 minutes is left after five seconds.
const KEPT: [u64; 3] = [1884, 2014, 2037];
const TICK: i64 = 5 * SECOND;

/// Load averages over 1, 5 and 15 minutes, in 2048ths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Load {
    averages: [u64; 3],
    at: Time,
    /// CPU time of the machine at that moment.
    used: u64,
    /// Processes that could have gone on when they last ran.
    pub waiting: usize,
}

impl Load {
    /// An idle machine.
    pub fn new(now: Time) -> Load {
        Load { averages: [0; 3], at: now, used: 0, waiting: 0 }
    }
}

/// Memory of a machine in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryFigures {
    /// Of the machine, or of the node it runs on.
    pub total: u64,
    /// Held by processes.
    pub used: u64,
    /// `total` without `used` and `cached`.
    pub free: u64,
    /// Written files, which the kernel keeps in memory.
    pub cached: u64,
    /// What processes can still have: `total` without `used`.
    pub available: u64,
}

fn power(mut base: u64, mut n: u64) -> u64 {
    let mut result = ONE;
    while n > 0 {
        if n & 1 == 1 {
            result = (result * base + ONE / 2) >> BITS;
        }
        base = (base * base + ONE / 2) >> BITS;
        n >>= 1;
    }
    result
}

impl Kernel {
    /// Folds the time since the last time into the averages.
    pub(crate) fn fold_load(&mut self) {
        let waiting = self.load.waiting;
        let spent = self.now.since(self.load.at);
        if spent < TICK {
            return;
        }
        let ticks = spent / TICK;
        let busy = (self.cpu_used - self.load.used).saturating_mul(ONE) / spent as u64;
        // One process may be given the time of several cores here; to the averages it is one that runs.
        let active = if waiting > 0 { waiting as u64 * ONE } else { busy.min(ONE) };
        for (average, kept) in self.load.averages.iter_mut().zip(KEPT) {
            let kept = power(kept, ticks as u64);
            let sum = *average * kept + active * (ONE - kept.min(ONE));
            let up = if active >= *average { ONE - 1 } else { 0 };
            *average = (sum + up) >> BITS;
        }
        self.load.at = self.load.at.plus(ticks * TICK);
        self.load.used = self.cpu_used;
    }

    /// The averages as `uptime` shows them: `0.42`.
    pub(crate) fn load_texts(&self) -> [String; 3] {
        self.load.averages.map(|a| {
            let a = a + ONE / 200;
            format!("{}.{:02}", a >> BITS, ((a & (ONE - 1)) * 100) >> BITS)
        })
    }

    /// Memory as /proc/meminfo, `free` and `top` tell it.
    pub(crate) fn memory_figures(&self) -> MemoryFigures {
        let total = self.limits.total_memory;
        let used = self.memory().min(total);
        let cached = self.cached.min(total - used);
        MemoryFigures { total, used, cached, free: total - used - cached, available: total - used }
    }
}

impl Sys<'_> {
    /// Load averages over 1, 5 and 15 minutes.
    pub fn load_averages(&self) -> [String; 3] {
        self.k.load_texts()
    }

    /// Memory in bytes, as `free` shows it.
    pub fn memory_figures(&self) -> MemoryFigures {
        self.k.memory_figures()
    }

    /// CPU time that all processes of the machine have used, in µs of one core.
    pub fn cpu_used(&self) -> u64 {
        self.k.cpu_used
    }

    /// What sudo and su do, which are root's own programs: the process goes on as somebody else.
    pub(crate) fn become_user(&mut self, uid: u32, gid: u32) {
        let cred = &mut self.me_mut().cred;
        (cred.uid, cred.gid, cred.groups) = (uid, gid, vec![gid]);
    }

    /// A file as root reads it; empty when there is none.
    pub(crate) fn root_text(&mut self, path: &str) -> String {
        let cred = std::mem::take(&mut self.me_mut().cred);
        let text = self.vfs().read_text(path).unwrap_or_default();
        self.me_mut().cred = cred;
        text
    }

    /// The nice value of a process.
    pub fn nice(&self, pid: Pid) -> SysResult<i8> {
        Ok(self.k.proc(pid)?.nice)
    }

    /// setpriority(2): only root may make a process less nice, or touch other users' processes.
    pub fn set_nice(&mut self, pid: Pid, nice: i32) -> SysResult<()> {
        let uid = self.uid();
        let target = self.k.proc_mut(pid)?;
        if uid != 0 && uid != target.cred.uid {
            return Err(Errno::EPERM);
        }
        let nice = nice.clamp(-20, 19) as i8;
        if uid != 0 && nice < target.nice {
            return Err(Errno::EACCES);
        }
        target.nice = nice;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_busy_process_brings_the_minute_average_to_two_thirds_in_a_minute() {
        let mut kept = 0;
        for _ in 0..12 {
            kept = (kept * KEPT[0] + ONE * (ONE - KEPT[0]) + ONE - 1) >> BITS;
        }
        let at_once = (ONE * (ONE - power(KEPT[0], 12)) + ONE - 1) >> BITS;
        assert!((1270..1310).contains(&kept) && kept.abs_diff(at_once) < 12, "{kept} {at_once}");
    }
}
