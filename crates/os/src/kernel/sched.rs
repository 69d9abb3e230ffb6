//! Starting processes and deciding who runs.

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    errno::{Errno, SysResult},
    fs::{Cred, FileSystem, Volumes},
    host::{ExitStatus, TtyId},
    kernel::{Kernel, OpenFile, Process, State, Sys, process::Descriptor},
    program::{Fd, Pid, Poll, Program, Wait},
    signal::SignalSet,
    time::Time,
};

/// The most fuel one process gets before another one's turn.
const SLICE: u64 = 4_000;

/// What a new process begins with.
pub(crate) struct Birth {
    pub ppid: Pid,
    pub pgid: Option<Pid>,
    pub sid: Option<Pid>,
    pub tty: Option<TtyId>,
    pub argv: Vec<String>,
    pub comm: String,
    pub env: Rc<Vec<(String, String)>>,
    pub cwd: Rc<str>,
    pub cred: Cred,
    pub fds: OrdMap<Fd, Descriptor>,
    pub ignored: SignalSet,
    pub program: Box<dyn Program>,
}

impl Kernel {
    /// Adds a process; its descriptors must name open files (they are counted here).
    pub(crate) fn add_process(&mut self, birth: Birth) -> SysResult<Pid> {
        if self.procs.len() >= self.limits.processes {
            return Err(Errno::EAGAIN);
        }
        let mut pid = self.next_pid;
        while self.procs.contains_key(&pid) {
            pid += 1;
        }
        self.next_pid = if pid >= 4_194_303 { 300 } else { pid + 1 };
        for d in birth.fds.values() {
            self.retain(d.file);
        }
        let rlimits = self.procs.get(&birth.ppid).map(|p| p.rlimits.clone()).unwrap_or_default();
        let proc = Process {
            ppid: birth.ppid,
            pgid: birth.pgid.unwrap_or(pid),
            sid: birth.sid.unwrap_or(pid),
            tty: birth.tty,
            argv: birth.argv.into(),
            comm: birth.comm.into(),
            env: birth.env,
            cwd: birth.cwd,
            cred: birth.cred,
            fds: birth.fds,
            program: Some(birth.program),
            replacement: None,
            state: State::Ready,
            stopped: false,
            pending: SignalSet::default(),
            caught: SignalSet::default(),
            ignored: birth.ignored,
            started: self.now,
            nice: self.procs.get(&birth.ppid).map_or(0, |p| p.nice),
            cpu: 0,
            memory: 1 << 20,
            child_cpu: 0,
            child_event: false,
            report: None,
            queued: true,
            doomed: None,
            rlimits,
            external: None,
        };
        self.procs.insert(pid, Box::new(proc));
        self.queue.push_back(pid);
        Ok(pid)
    }

    /// Gives a process a descriptor.
    pub(crate) fn install(&mut self, fds: &mut OrdMap<Fd, Descriptor>, fd: Fd, file: OpenFile) {
        let id = self.add_file(file);
        fds.insert(fd, Descriptor { file: id, cloexec: false });
    }

    /// Whether a blocked process may go on.
    fn is_ready(&self, pid: Pid, proc: &Process, wait: &Wait) -> bool {
        if !proc.pending.is_empty() {
            return true;
        }
        if wait.until.is_some_and(|t| t <= self.now) || (wait.child && proc.child_event) {
            return true;
        }
        let file = |fd: &Fd| proc.fds.get(fd).map(|d| d.file);
        wait.read.iter().any(|fd| file(fd).is_none_or(|f| self.can_read(f)))
            || wait.write.iter().any(|fd| file(fd).is_none_or(|f| self.can_write(f)))
            || (wait.reply && self.replies.values().any(|(owner, r)| *owner == pid && r.is_some()))
    }

    /// Puts the processes whose wait has ended into the queue.
    pub(crate) fn wake(&mut self) {
        self.dirty = false;
        let mut ready = Vec::new();
        for (pid, proc) in &self.procs {
            if proc.stopped || proc.queued {
                continue;
            }
            match &proc.state {
                State::Blocked(wait) if self.is_ready(*pid, proc, wait) => ready.push(*pid),
                State::Ready => ready.push(*pid),
                _ => {}
            }
        }
        for pid in ready {
            if let Some(proc) = self.procs.get_mut(&pid) {
                proc.state = State::Ready;
                proc.queued = true;
                self.queue.push_back(pid);
            }
        }
    }

    /// The earliest moment a process waits for.
    pub(crate) fn next_wake(&self) -> Option<Time> {
        let waits = self.procs.values().filter(|p| !p.stopped).filter_map(|p| match &p.state {
            State::Blocked(w) => w.until,
            _ => None,
        });
        waits.min()
    }

    /// Lets processes run until all wait or `fuel` is used; returns the fuel used.
    ///
    /// A turn is always a whole [`SLICE`], even where less fuel is left: who runs after whom must not depend on how finely
    /// the host slices. So up to a slice more than `fuel` may be used.
    pub(crate) fn run(&mut self, fs: &mut FileSystem, volumes: &mut Volumes, fuel: u64) -> u64 {
        let mut used = 0;
        self.fold_load();
        self.wake();
        while used < fuel {
            if self.dirty {
                self.wake();
            }
            let Some(pid) = self.queue.pop_front() else { break };
            used += self.turn(fs, volumes, pid, SLICE);
        }
        self.cpu_used += used;
        self.load.waiting = self.queue.len();
        used
    }

    /// Polls one process; returns the fuel it used.
    fn turn(&mut self, fs: &mut FileSystem, volumes: &mut Volumes, pid: Pid, slice: u64) -> u64 {
        let Some(proc) = self.procs.get_mut(&pid) else { return 0 };
        proc.queued = false;
        if proc.stopped || !matches!(proc.state, State::Ready) {
            return 0;
        }
        let Some(mut program) = proc.program.take() else { return 0 };
        self.current = pid;
        self.cached = fs.root.used();
        let mut sys = Sys::new(self, fs, volumes, pid, slice);
        sys.k.polling = true;
        let poll = program.poll(&mut sys);
        let used = (slice as i64 - sys.fuel().max(-(slice as i64))).max(1) as u64;
        self.polling = false;
        let Some(proc) = self.procs.get_mut(&pid) else { return used };
        proc.cpu += used;
        if let Some(status) = proc.doomed {
            proc.program = Some(program);
            self.terminate(fs, volumes, pid, status);
            return used;
        }
        if let Some(next) = proc.replacement.take() {
            proc.program = Some(next);
            self.ready(pid);
            return used;
        }
        match poll {
            Poll::Exit(code) => self.terminate(fs, volumes, pid, ExitStatus::Code(code)),
            Poll::Yield => {
                proc.program = Some(program);
                self.ready(pid);
            }
            Poll::Wait(wait) => {
                proc.program = Some(program);
                proc.state = State::Blocked(wait);
                // What it waits for may have happened while it ran.
                self.dirty = true;
            }
        }
        used
    }

    fn ready(&mut self, pid: Pid) {
        if let Some(proc) = self.procs.get_mut(&pid) {
            proc.state = State::Ready;
            if !proc.queued && !proc.stopped {
                proc.queued = true;
                self.queue.push_back(pid);
            }
        }
    }
}
