//! Sending signals, and what they do.

use crate::{
    errno::{Errno, SysResult},
    fs::{FileSystem, Volumes},
    host::{ExitStatus, HostCall},
    kernel::{Kernel, State, process::Report},
    program::Pid,
    signal::{Action, Signal},
};

impl Kernel {
    /// Sends a signal to one process.
    pub(crate) fn send(
        &mut self,
        fs: &mut FileSystem,
        volumes: &mut Volumes,
        pid: Pid,
        signal: Signal,
    ) -> SysResult<()> {
        let Some(proc) = self.procs.get_mut(&pid) else { return Err(Errno::ESRCH) };
        if matches!(proc.state, State::Zombie(_)) || signal.0 == 0 {
            return Ok(());
        }
        // Namespace rule: process 1 gets only signals it asked for; the host ends it with `kill_all`.
        let protected = pid == 1 && !proc.caught.contains(signal);
        if signal == Signal::KILL {
            if !protected {
                self.terminate(fs, volumes, pid, ExitStatus::Signal(signal));
            }
            return Ok(());
        }
        if signal == Signal::CONT && proc.stopped {
            proc.stopped = false;
            proc.report = Some(Report::Continued);
            let parent = proc.ppid;
            self.tell_parent(parent);
        }
        let proc = self.proc_mut(pid)?;
        if proc.ignored.contains(signal) || protected {
            return Ok(());
        }
        if proc.caught.contains(signal) && signal != Signal::STOP {
            proc.pending.insert(signal);
            self.dirty = true;
            return Ok(());
        }
        match signal.default_action() {
            Action::Ignore | Action::Continue => {}
            Action::Kill => self.terminate(fs, volumes, pid, ExitStatus::Signal(signal)),
            Action::Stop => {
                if !proc.stopped {
                    proc.stopped = true;
                    proc.report = Some(Report::Stopped);
                    let parent = proc.ppid;
                    self.tell_parent(parent);
                }
            }
        }
        self.dirty = true;
        Ok(())
    }

    /// Sends a signal to every process of a group.
    pub(crate) fn send_group(
        &mut self,
        fs: &mut FileSystem,
        volumes: &mut Volumes,
        pgid: Pid,
        signal: Signal,
    ) -> SysResult<()> {
        let members: Vec<Pid> =
            self.procs.iter().filter(|(_, p)| p.pgid == pgid).map(|(pid, _)| *pid).collect();
        if members.is_empty() {
            return Err(Errno::ESRCH);
        }
        for pid in members {
            // A member may have ended through an earlier one (process 1 takes all with it).
            let _gone = self.send(fs, volumes, pid, signal);
        }
        Ok(())
    }

    fn tell_parent(&mut self, parent: Pid) {
        if let Some(p) = self.procs.get_mut(&parent) {
            p.child_event = true;
            if p.caught.contains(Signal::CHLD) {
                p.pending.insert(Signal::CHLD);
            }
        }
        self.dirty = true;
    }

    /// Ends a process.
    pub(crate) fn terminate(
        &mut self,
        fs: &mut FileSystem,
        volumes: &mut Volumes,
        pid: Pid,
        status: ExitStatus,
    ) {
        let polled = self.polling && self.current == pid;
        let Some(proc) = self.procs.get_mut(&pid) else { return };
        if matches!(proc.state, State::Zombie(_)) {
            return;
        }
        if polled {
            // It is in the middle of a poll: it goes when that is over.
            proc.doomed = proc.doomed.or(Some(status));
            return;
        }
        proc.state = State::Zombie(status);
        proc.stopped = false;
        proc.report = None;
        proc.memory = 0;
        let fds = std::mem::take(&mut proc.fds);
        let parent = proc.ppid;
        let (sid, pgid, tty) = (proc.sid, proc.pgid, proc.tty);
        let program = proc.program.take();
        let external = proc.external.take();
        for d in fds.values() {
            self.release(fs, volumes, d.file);
        }
        drop(program);
        if let (Some(call), ExitStatus::Signal(signal)) = (external, status) {
            self.calls.push(HostCall::ExternalKilled { call, signal });
        }
        self.replies.retain(|_, (owner, _)| *owner != pid);
        self.reparent(pid);
        if sid == pid {
            self.end_session(fs, volumes, pid, pgid, tty);
        }
        if pid == 1 {
            self.kill_all(fs, volumes, 1);
        }
        if parent == 0 || !self.procs.contains_key(&parent) {
            self.procs.remove(&pid);
            self.calls.push(HostCall::Exited { pid, status });
        } else if self.procs.get(&parent).is_some_and(|p| p.ignored.contains(Signal::CHLD)) {
            self.procs.remove(&pid);
            self.tell_parent(parent);
        } else {
            self.tell_parent(parent);
        }
    }

    /// Children of an ended process become process 1's; without one, the host's, which forgets them.
    fn reparent(&mut self, pid: Pid) {
        let heir = if pid != 1 && self.procs.contains_key(&1) { 1 } else { 0 };
        let mut dead = Vec::new();
        for (child, p) in self.procs.iter_mut().filter(|(_, p)| p.ppid == pid) {
            p.ppid = heir;
            if heir == 0 && matches!(p.state, State::Zombie(_)) {
                dead.push(*child);
            }
        }
        for child in dead {
            self.procs.remove(&child);
        }
        if heir == 1 {
            self.tell_parent(1);
        }
    }

    fn end_session(
        &mut self,
        fs: &mut FileSystem,
        volumes: &mut Volumes,
        sid: Pid,
        own_group: Pid,
        tty: Option<u32>,
    ) {
        let Some(tty) = tty else { return };
        let Some(t) = self.ttys.get_mut(&tty) else { return };
        if t.session != sid {
            return;
        }
        let foreground = t.foreground;
        t.session = 0;
        t.foreground = 0;
        if foreground != own_group && foreground != 0 {
            let _none_left = self.send_group(fs, volumes, foreground, Signal::HUP);
        }
    }

    /// Kills every process but `except`.
    pub(crate) fn kill_all(&mut self, fs: &mut FileSystem, volumes: &mut Volumes, except: Pid) {
        let all: Vec<Pid> = self.procs.keys().copied().filter(|p| *p != except).collect();
        for pid in all {
            self.terminate(fs, volumes, pid, ExitStatus::Signal(Signal::KILL));
        }
    }
}
