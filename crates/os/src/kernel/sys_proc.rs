//! System calls on processes: fork, exec, wait, kill, groups.

use std::rc::Rc;

use crate::{
    errno::{Errno, SysResult},
    host::{ExitStatus, HostCall},
    kernel::{
        ProcInfo, ProcState, State, Sys,
        process::{Process, Report},
        sched::Birth,
    },
    program::{Pid, Program, Start, program_of},
    signal::{Signal, SignalSet},
};

/// Which child to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Any child.
    Any,
    /// This child.
    Pid(Pid),
    /// Any child in this process group.
    Group(Pid),
}

/// A change of a child's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChildEvent {
    /// It ended; the kernel forgets it with this.
    Exited(ExitStatus),
    /// A signal stopped it.
    Stopped,
    /// It goes on after a stop.
    Continued,
}

/// Where container runtimes look when the image says nothing.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many `#!` lines may lead to one another.
const MAX_INTERPRETERS: u32 = 4;

/// A program ready to start, and its arguments after `#!` lines were followed.
pub(crate) struct Loaded {
    pub program: Box<dyn Program>,
    pub argv: Vec<String>,
    pub comm: String,
}

impl Sys<'_> {
    /// Starts a child running `program` (a state of this one, or any other). It inherits descriptors, directory,
    /// user, group and ignored signals.
    pub fn fork(&mut self, program: Box<dyn Program>) -> SysResult<Pid> {
        self.spend(100);
        let me = self.me();
        let birth = Birth {
            ppid: self.pid,
            pgid: Some(me.pgid),
            sid: Some(me.sid),
            tty: me.tty,
            argv: me.argv.to_vec(),
            comm: me.comm.to_string(),
            env: me.env.clone(),
            cwd: me.cwd.clone(),
            cred: me.cred.clone(),
            fds: me.fds.clone(),
            ignored: me.ignored,
            program,
        };
        self.k.add_process(birth)
    }

    /// Replaces the calling program. On success, return [`Poll::Yield`](crate::Poll): the caller is gone.
    pub fn exec(&mut self, path: &str, argv: Vec<String>, env: Rc<Vec<(String, String)>>) -> SysResult<()> {
        self.spend(200);
        let loaded = self.load(path, argv, 0)?;
        self.become_program(loaded, env);
        Ok(())
    }

    fn become_program(&mut self, loaded: Loaded, env: Rc<Vec<(String, String)>>) {
        let closing: Vec<u32> = self.me().fds.iter().filter(|(_, d)| d.cloexec).map(|(fd, _)| *fd).collect();
        for fd in closing {
            // It was in the table a line ago.
            let _closed = self.close(fd);
        }
        let me = self.me_mut();
        me.argv = loaded.argv.into();
        me.comm = loaded.comm.into();
        me.env = env;
        me.caught = SignalSet::default();
        me.pending = SignalSet::default();
        me.replacement = Some(loaded.program);
    }

    /// Starts a child running the executable at `path` (fork and exec in one).
    pub fn spawn(&mut self, path: &str, argv: Vec<String>, env: Rc<Vec<(String, String)>>) -> SysResult<Pid> {
        self.spend(300);
        let loaded = self.load(path, argv, 0)?;
        let pid = self.fork(loaded.program)?;
        let closing: Vec<(u32, u32)> =
            self.me().fds.iter().filter(|(_, d)| d.cloexec).map(|(fd, d)| (*fd, d.file)).collect();
        let child = self.k.proc_mut(pid)?;
        child.argv = loaded.argv.into();
        child.comm = loaded.comm.into();
        child.env = env;
        for (fd, _) in &closing {
            child.fds.remove(fd);
        }
        for (_, file) in closing {
            self.k.release(self.fs, self.volumes, file);
        }
        Ok(pid)
    }

    /// Finds the executable for a command name along PATH; a name with a slash is taken as it is.
    pub fn find_program(&mut self, name: &str, path: &str) -> SysResult<String> {
        let vfs = self.vfs();
        let check = |file: &str| -> SysResult<()> {
            let stat = vfs.stat(file, true)?;
            if stat.is_dir() {
                return Err(Errno::EACCES);
            }
            vfs.access(file, 1)
        };
        if name.contains('/') {
            return check(name).map(|()| name.to_string());
        }
        let mut error = Errno::ENOENT;
        for dir in path.split(':') {
            let file = if dir.is_empty() {
                format!("./{name}")
            } else {
                format!("{}/{name}", dir.trim_end_matches('/'))
            };
            match check(&file) {
                Ok(()) => return Ok(file),
                Err(Errno::EACCES) if vfs.stat(&file, true).is_ok_and(|s| s.is_file()) => {
                    error = Errno::EACCES
                }
                Err(_) => {}
            }
        }
        Err(error)
    }

    pub(crate) fn load(&mut self, path: &str, argv: Vec<String>, depth: u32) -> SysResult<Loaded> {
        if depth > MAX_INTERPRETERS {
            return Err(Errno::ELOOP);
        }
        let vfs = self.vfs();
        let stat = vfs.stat(path, true)?;
        if !stat.is_file() {
            return Err(Errno::EACCES);
        }
        vfs.access(path, 1)?;
        let content = vfs.read(path)?;
        if let Some(name) = program_of(&content) {
            let base = path.rsplit('/').next().unwrap_or(path);
            let comm: String = base.chars().take(15).collect();
            let mut argv = argv;
            let mut name = name;
            if name == "busybox" && base != "busybox" {
                name = base;
            } else if name == "busybox" && argv.get(1).is_some_and(|a| self.k.program(a).is_some()) {
                argv.remove(0);
                name = &argv[0];
            }
            let spec = self.k.program(name).ok_or(Errno::ENOEXEC)?;
            let program = match spec.start {
                Start::Inside(new) => new(),
                Start::Host { .. } => crate::bin::external::start(spec.name),
            };
            return Ok(Loaded { program, argv, comm });
        }
        let Some(rest) = content.strip_prefix(b"#!") else { return Err(Errno::ENOEXEC) };
        let line = rest.split(|&b| b == b'\n').next().unwrap_or(rest);
        let line = String::from_utf8_lossy(line);
        let (interpreter, arg) = match line.trim().split_once([' ', '\t']) {
            Some((i, a)) => (i.to_string(), Some(a.trim().to_string())),
            None => (line.trim().to_string(), None),
        };
        let mut args = vec![interpreter.clone()];
        args.extend(arg);
        args.push(path.to_string());
        args.extend(argv.into_iter().skip(1));
        let mut loaded = self.load(&interpreter, args, depth + 1)?;
        loaded.comm = path.rsplit('/').next().unwrap_or(path).chars().take(15).collect();
        Ok(loaded)
    }

    /// Takes a state change of a child, if there is one. ECHILD when no such child exists; EAGAIN when none has
    /// changed. Stops and continuations are reported with `job_control` only.
    pub fn wait(&mut self, which: WaitFor, job_control: bool) -> SysResult<(Pid, ChildEvent)> {
        let pid = self.pid;
        let mut any = false;
        let mut found = None;
        for (child, p) in self.k.procs.iter_mut().filter(|(_, p)| p.ppid == pid) {
            let wanted = match which {
                WaitFor::Any => true,
                WaitFor::Pid(w) => w == *child,
                WaitFor::Group(g) => g == p.pgid,
            };
            if !wanted {
                continue;
            }
            any = true;
            if let State::Zombie(status) = p.state {
                found = Some((*child, ChildEvent::Exited(status), p.cpu + p.child_cpu));
                break;
            }
            if job_control && let Some(report) = p.report.take() {
                let event = match report {
                    Report::Stopped => ChildEvent::Stopped,
                    Report::Continued => ChildEvent::Continued,
                };
                found = Some((*child, event, 0));
                break;
            }
        }
        match found {
            Some((child, event, cpu)) => {
                if let ChildEvent::Exited(_) = event {
                    self.k.procs.remove(&child);
                    self.me_mut().child_cpu += cpu;
                }
                Ok((child, event))
            }
            None if any => {
                self.me_mut().child_event = false;
                Err(Errno::EAGAIN)
            }
            None => Err(Errno::ECHILD),
        }
    }

    /// Forgets ended children that nobody asks for: all but `known`. What process 1 inherits ends so.
    pub fn reap_others(&mut self, known: &[Pid]) {
        let pid = self.pid;
        let ended: Vec<(Pid, u64)> = self
            .k
            .procs
            .iter()
            .filter(|(child, p)| {
                p.ppid == pid && matches!(p.state, State::Zombie(_)) && !known.contains(child)
            })
            .map(|(child, p)| (*child, p.cpu + p.child_cpu))
            .collect();
        for (child, cpu) in ended {
            self.k.procs.remove(&child);
            self.me_mut().child_cpu += cpu;
        }
    }

    /// Whether reading from a descriptor would not block.
    pub fn is_readable(&self, fd: crate::program::Fd) -> bool {
        let file = self.me().fds.get(&fd).map(|d| d.file);
        file.is_none_or(|file| self.k.can_read(file))
    }

    fn may_signal(&self, target: &Process) -> bool {
        self.uid() == 0 || self.uid() == target.cred.uid
    }

    /// kill(2): a process.
    pub fn kill(&mut self, pid: Pid, signal: Signal) -> SysResult<()> {
        let target = self.k.proc(pid)?;
        if !self.may_signal(target) {
            return Err(Errno::EPERM);
        }
        let sent = self.k.send(self.fs, self.volumes, pid, signal);
        self.stop_if_doomed();
        sent
    }

    /// A process that ended or stopped itself does nothing more.
    fn stop_if_doomed(&mut self) {
        if self.me().doomed.is_some() || self.me().stopped {
            self.spend(u64::MAX);
        }
    }

    /// kill(2): a process group.
    pub fn kill_group(&mut self, pgid: Pid, signal: Signal) -> SysResult<()> {
        let allowed = self.k.procs.values().filter(|p| p.pgid == pgid).all(|p| self.may_signal(p));
        if !allowed {
            return Err(Errno::EPERM);
        }
        let sent = self.k.send_group(self.fs, self.volumes, pgid, signal);
        self.stop_if_doomed();
        sent
    }

    /// kill(-1): all but process 1 and the caller.
    pub fn kill_all(&mut self, signal: Signal) -> SysResult<()> {
        let me = self.pid;
        let all: Vec<Pid> = self.k.procs.keys().copied().filter(|p| *p != 1 && *p != me).collect();
        for pid in all {
            // Those that are gone or not ours are skipped, as the kernel does.
            let _skipped = self.kill(pid, signal);
        }
        Ok(())
    }

    /// getpgrp(2)
    pub fn pgid(&self) -> Pid {
        self.me().pgid
    }

    /// getsid(2)
    pub fn sid(&self) -> Pid {
        self.me().sid
    }

    /// Moves a child (or this process, 0) into a group; 0 as the group means its own.
    pub fn set_pgid(&mut self, pid: Pid, pgid: Pid) -> SysResult<()> {
        let pid = if pid == 0 { self.pid } else { pid };
        let pgid = if pgid == 0 { pid } else { pgid };
        self.k.proc_mut(pid)?.pgid = pgid;
        Ok(())
    }

    /// Begins a session without terminal.
    pub fn set_sid(&mut self) -> SysResult<()> {
        let pid = self.pid;
        let me = self.me_mut();
        me.sid = pid;
        me.pgid = pid;
        me.tty = None;
        Ok(())
    }

    /// All processes, by number.
    pub fn processes(&self) -> Vec<ProcInfo> {
        self.k.processes()
    }

    /// Where a call for a program of the host begins; used by the external program.
    pub(crate) fn host_call(&mut self, call: HostCall) {
        self.k.calls.push(call);
    }

    /// Finds and loads the program for a host's spawn.
    pub(crate) fn locate(&mut self, argv: Vec<String>) -> SysResult<Loaded> {
        let name = argv.first().cloned().ok_or(Errno::ENOENT)?;
        let path = self.var("PATH").unwrap_or(DEFAULT_PATH).to_string();
        let file = self.find_program(&name, &path)?;
        self.load(&file, argv, 0)
    }
}

impl crate::kernel::Kernel {
    pub(crate) fn processes(&self) -> Vec<ProcInfo> {
        self.procs.iter().map(|(pid, p)| self.proc_info(*pid, p)).collect()
    }

    pub(crate) fn proc_info(&self, pid: Pid, p: &Process) -> ProcInfo {
        let state = match p.state {
            State::Zombie(_) => ProcState::Zombie,
            _ if p.stopped => ProcState::Stopped,
            State::Ready => ProcState::Running,
            State::Blocked(_) => ProcState::Sleeping,
        };
        let foreground = p.tty.and_then(|t| self.ttys.get(&t)).is_some_and(|t| t.foreground == p.pgid);
        ProcInfo {
            pid,
            ppid: p.ppid,
            pgid: p.pgid,
            sid: p.sid,
            tty: p.tty,
            uid: p.cred.uid,
            gid: p.cred.gid,
            argv: p.argv.clone(),
            comm: p.comm.clone(),
            state,
            started: p.started,
            nice: p.nice,
            cpu: p.cpu,
            memory: p.memory,
            foreground,
        }
    }
}
