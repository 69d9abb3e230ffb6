//! The machine: one simulated host or container, as a value.
//!
//! A host builds one from a [`MachineSpec`], starts processes with [`spawn`](Machine::spawn), lets them run with
//! [`run`](Machine::run), drains [`calls`](Machine::take_calls) and answers with [`deliver`](Machine::deliver). Nothing
//! happens in between; the clock is what `run` was last told. Volumes that machines share are lent to each call.

use std::{net::IpAddr, rc::Rc};

use crate::{
    errno::{Errno, SysResult},
    fs::{Cred, FileSystem, Mount, Tree, Vfs, Volumes},
    host::{ExitStatus, HostCall, HostEvent, SockId, StreamId, TtyId},
    kernel::{
        Flavour, HostIn, Kernel, Kind, Limits, Load, OpenFile, ProcInfo, Reply, ShellKind, Sock, SockState,
        Sys, Tty,
    },
    program::{Pid, ProgramTable},
    signal::{Signal, SignalSet},
    time::Time,
};

/// What a machine is made from.
#[derive(Clone, Debug)]
pub struct MachineSpec {
    /// What `hostname` says; /etc/hosts is the root tree's.
    pub hostname: String,
    /// Whose messages and options the programs have.
    pub flavour: Flavour,
    /// Which shell /bin/sh is.
    pub shell: ShellKind,
    /// Everything random in the machine comes from this.
    pub seed: u64,
    /// `/`; see [`image`](crate::image) for trees to start from.
    pub root: Tree,
    /// The root cannot be written (readOnlyRootFilesystem).
    pub read_only_root: bool,
    /// Further mounts; /proc and /sys/fs/cgroup are added by themselves.
    pub mounts: Vec<Mount>,
    /// What programs see as their limits; the host enforces them.
    pub limits: Limits,
    /// Addresses shown by `ip`, `ifconfig`, `hostname -i`.
    pub addresses: Vec<IpAddr>,
    /// Programs besides the built-in ones.
    pub programs: ProgramTable,
    /// The line that curl and wget put below their complaint about a name that does not resolve; empty: none.
    pub unknown_host_hint: &'static str,
    /// Number of the first process: 1 in a container (with process 1's special rights), more on a host.
    pub first_pid: Pid,
}

impl Default for MachineSpec {
    fn default() -> MachineSpec {
        MachineSpec {
            hostname: "localhost".to_string(),
            flavour: Flavour::Gnu,
            shell: ShellKind::Bash,
            seed: 1,
            root: Tree::new(),
            read_only_root: false,
            mounts: Vec::new(),
            limits: Limits::default(),
            addresses: Vec::new(),
            programs: &[],
            unknown_host_hint: "",
            first_pid: 1,
        }
    }
}

/// What a standard descriptor of a new process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stdio {
    /// /dev/null
    Null,
    /// A terminal made by [`Machine::open_tty`].
    Tty(TtyId),
    /// From or to the host, see [`Machine::new_stream`].
    Stream(StreamId),
}

/// How to start a process.
#[derive(Clone, PartialEq, Debug)]
pub struct SpawnOptions {
    /// Command and arguments; a command without slash is looked for along PATH of `env`.
    pub argv: Vec<String>,
    /// The environment; of a name that occurs twice the first counts.
    pub env: Vec<(String, String)>,
    /// Must exist.
    pub cwd: String,
    /// The user it runs as; 0 is root.
    pub uid: u32,
    /// The first group.
    pub gid: u32,
    /// Further groups (fsGroup, supplementalGroups).
    pub groups: Vec<u32>,
    /// stdin, stdout, stderr.
    pub stdio: [Stdio; 3],
    /// The controlling terminal: the process leads a session on it, in the foreground.
    pub tty: Option<TtyId>,
}

impl Default for SpawnOptions {
    fn default() -> SpawnOptions {
        SpawnOptions {
            argv: Vec::new(),
            env: Vec::new(),
            cwd: "/".to_string(),
            uid: 0,
            gid: 0,
            groups: Vec::new(),
            stdio: [Stdio::Null; 3],
            tty: None,
        }
    }
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ran {
    /// CPU time used, in µs of one core.
    pub fuel_used: u64,
    /// When a process waits for a moment: the earliest. Nothing happens before unless an event is delivered.
    pub next_wake: Option<Time>,
    /// The fuel ran out while processes still had something to do.
    pub runnable: bool,
}

/// One simulated host or container.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) k: Kernel,
    pub(crate) fs: FileSystem,
}

impl Machine {
    /// A machine without processes.
    pub fn new(spec: MachineSpec, now: Time) -> Machine {
        let mut fs = FileSystem::new(spec.root);
        fs.read_only = spec.read_only_root;
        for (path, kind) in [("/proc", "proc"), ("/sys/fs/cgroup", "cgroup2")] {
            let source = crate::fs::Source::Proc;
            fs.mounts.push(Mount { path: path.to_string(), source, read_only: true, kind });
        }
        fs.mounts.extend(spec.mounts);
        let k = Kernel {
            hostname: spec.hostname.into(),
            flavour: spec.flavour,
            shell: spec.shell,
            limits: Rc::new(spec.limits),
            addresses: spec.addresses,
            now,
            boot: now,
            rng: spec.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            programs: spec.programs,
            unknown_host_hint: spec.unknown_host_hint,
            procs: Default::default(),
            files: Default::default(),
            pipes: Default::default(),
            ttys: Default::default(),
            socks: Default::default(),
            streams: Default::default(),
            replies: Default::default(),
            calls: Vec::new(),
            queue: Default::default(),
            dirty: false,
            current: 0,
            polling: false,
            next_pid: spec.first_pid,
            next_id: 0,
            cpu_used: 0,
            load: Load::new(now),
            traffic: Default::default(),
            cached: 0,
        };
        Machine { k, fs }
    }

    /// Files by absolute path, with root's rights: for hosts that put or read files.
    pub fn fs<'a>(&'a mut self, volumes: &'a mut Volumes) -> Vfs<'a> {
        let now = self.k.now;
        let cred = Cred { umask: 0o022, ..Cred::default() };
        Vfs { fs: &mut self.fs, volumes, proc: &self.k, cred, cwd: "/".to_string(), now }
    }

    /// Mounts something more, or over what is there.
    pub fn mount(&mut self, mount: Mount) {
        self.fs.mounts.push(mount);
    }

    /// A byte stream between processes and the host, usable as stdin and as stdout or stderr.
    pub fn new_stream(&mut self) -> StreamId {
        let id = self.k.fresh_id();
        self.k.streams.insert(id, HostIn::default());
        id
    }

    /// A terminal of this size.
    pub fn open_tty(&mut self, cols: u16, rows: u16) -> TtyId {
        let id = self.k.fresh_id();
        self.k.ttys.insert(id, Tty::new(cols, rows));
        id
    }

    /// A terminal's state.
    pub fn tty(&self, tty: TtyId) -> Option<&Tty> {
        self.k.ttys.get(&tty)
    }

    /// Starts a process. ENOENT: no such executable; EACCES: not executable or no right; ENOTDIR and ENOENT with
    /// `cwd` missing are told apart by looking at `cwd` first.
    pub fn spawn(&mut self, volumes: &mut Volumes, options: SpawnOptions) -> SysResult<Pid> {
        use crate::kernel::Birth;
        let cred = Cred { uid: options.uid, gid: options.gid, groups: options.groups, umask: 0o022 };
        let env = Rc::new(options.env);
        let birth = Birth {
            ppid: 0,
            pgid: None,
            sid: None,
            tty: options.tty,
            argv: options.argv.clone(),
            comm: String::new(),
            env: env.clone(),
            cwd: options.cwd.into(),
            cred,
            fds: Default::default(),
            ignored: SignalSet::default(),
            program: Box::new(crate::bin::truth::True),
        };
        // The process exists while its program is looked up, so that its user's rights apply.
        let pid = self.k.add_process(birth)?;
        let mut sys = Sys::new(&mut self.k, &mut self.fs, volumes, pid, u64::MAX);
        let loaded = match sys.locate(options.argv) {
            Ok(loaded) => loaded,
            Err(e) => {
                self.k.procs.remove(&pid);
                self.k.queue.retain(|p| *p != pid);
                self.k.next_pid = pid;
                return Err(e);
            }
        };
        let mut fds = Default::default();
        for (fd, stdio) in options.stdio.into_iter().enumerate() {
            let kind = match stdio {
                Stdio::Null => Kind::Device(crate::fs::Device::Null),
                Stdio::Tty(tty) => Kind::Tty(tty),
                Stdio::Stream(stream) => Kind::Stream(stream),
            };
            let mut file = OpenFile::new(kind, true, true);
            file.refs = 1;
            if stdio == Stdio::Null {
                file.path = "/dev/null".to_string();
            }
            self.k.install(&mut fds, fd as u32, file);
        }
        if let Some(tty) = options.tty.and_then(|t| self.k.ttys.get_mut(&t)) {
            tty.session = pid;
            tty.foreground = pid;
        }
        let proc = self.k.proc_mut(pid)?;
        proc.fds = fds;
        proc.argv = loaded.argv.into();
        proc.comm = loaded.comm.into();
        proc.program = Some(loaded.program);
        Ok(pid)
    }

    /// Sends a signal to a process, as the kubelet or a user on the node would: process 1 gets what it catches, and
    /// KILL always.
    pub fn signal(&mut self, volumes: &mut Volumes, pid: Pid, signal: Signal) -> SysResult<()> {
        if signal == Signal::KILL {
            self.k.proc(pid)?;
            self.k.terminate(&mut self.fs, volumes, pid, ExitStatus::Signal(Signal::KILL));
            return Ok(());
        }
        self.k.send(&mut self.fs, volumes, pid, signal)
    }

    /// Sends a signal to a process group.
    pub fn signal_group(&mut self, volumes: &mut Volumes, pgid: Pid, signal: Signal) -> SysResult<()> {
        self.k.send_group(&mut self.fs, volumes, pgid, signal)
    }

    /// Ends all processes at once, and with them their sockets and open files.
    pub fn kill_all(&mut self, volumes: &mut Volumes) {
        self.k.kill_all(&mut self.fs, volumes, 0);
    }

    /// Lets processes run at the moment `now` until all wait, or `fuel` (µs of CPU time) is used.
    pub fn run(&mut self, volumes: &mut Volumes, now: Time, fuel: u64) -> Ran {
        self.k.now = self.k.now.max(now);
        let fuel_used = self.k.run(&mut self.fs, volumes, fuel);
        Ran { fuel_used, next_wake: self.k.next_wake(), runnable: !self.k.queue.is_empty() || self.k.dirty }
    }

    /// Takes what the machine asks of its host. Writers that waited for room may go on.
    pub fn take_calls(&mut self) -> Vec<HostCall> {
        let calls = std::mem::take(&mut self.k.calls);
        if !calls.is_empty() {
            for sock in self.k.socks.values_mut() {
                sock.unsent = 0;
            }
            self.k.dirty = true;
        }
        calls
    }

    /// Whether a run would do something at once (draining calls may let a writer go on).
    pub fn wants_run(&self) -> bool {
        self.k.dirty || !self.k.queue.is_empty()
    }

    /// Tells the machine something. Events for what no longer exists are ignored. Call [`run`](Machine::run) after.
    pub fn deliver(&mut self, volumes: &mut Volumes, event: HostEvent) {
        self.k.dirty = true;
        self.k.deliver(&mut self.fs, volumes, event);
    }

    /// A number for a connection that will be handed over with [`HostEvent::Accepted`].
    pub fn new_sock(&mut self) -> SockId {
        self.k.fresh_id()
    }

    /// All processes, by number.
    pub fn processes(&self) -> Vec<ProcInfo> {
        self.k.processes()
    }

    /// Resident memory of all processes in bytes.
    pub fn memory(&self) -> u64 {
        self.k.memory()
    }

    /// CPU time used so far, in µs of one core.
    pub fn cpu_used(&self) -> u64 {
        self.k.cpu_used
    }

    /// Moment of the last run.
    pub fn now(&self) -> Time {
        self.k.now
    }

    /// What `hostname` shows.
    pub fn hostname(&self) -> &str {
        &self.k.hostname
    }

    /// What programs see of their limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.k.limits = Rc::new(limits);
    }

    /// The family of tools it carries.
    pub fn flavour(&self) -> Flavour {
        self.k.flavour
    }
}

impl Kernel {
    fn deliver(&mut self, fs: &mut FileSystem, volumes: &mut Volumes, event: HostEvent) {
        match event {
            HostEvent::TtyInput { tty, bytes } => {
                let Some(t) = self.ttys.get_mut(&tty) else { return };
                let (echo, signals) = t.input(&bytes);
                let foreground = t.foreground;
                self.tty_output(tty, &echo);
                for signal in signals {
                    // An empty foreground group has nobody to interrupt.
                    let _nobody = self.send_group(fs, volumes, foreground, signal);
                }
            }
            HostEvent::TtyResize { tty, cols, rows } => {
                let Some(t) = self.ttys.get_mut(&tty) else { return };
                (t.cols, t.rows) = (cols, rows);
                let foreground = t.foreground;
                let _nobody = self.send_group(fs, volumes, foreground, Signal::WINCH);
            }
            HostEvent::TtyClosed { tty } => {
                let Some(t) = self.ttys.get_mut(&tty) else { return };
                t.hung_up = true;
                let (session, foreground) = (t.session, t.foreground);
                let _gone = self.send(fs, volumes, session, Signal::HUP);
                let _gone = self.send_group(fs, volumes, foreground, Signal::HUP);
            }
            HostEvent::Input { stream, bytes } => {
                if let Some(s) = self.streams.get_mut(&stream) {
                    s.buf.extend(bytes);
                }
            }
            HostEvent::InputClosed { stream } => {
                if let Some(s) = self.streams.get_mut(&stream) {
                    s.closed = true;
                }
            }
            HostEvent::Connected { sock, certificate } => {
                if let Some(s) = self.socks.get_mut(&sock) {
                    s.state = SockState::Connected;
                    s.certificate = certificate.map(Box::new);
                }
            }
            HostEvent::Refused { sock } => self.fail(sock, Errno::ECONNREFUSED),
            HostEvent::Unreachable { sock } => self.fail(sock, Errno::EHOSTUNREACH),
            HostEvent::TimedOut { sock } => self.fail(sock, Errno::ETIMEDOUT),
            HostEvent::Reset { sock } => self.fail(sock, Errno::ECONNRESET),
            HostEvent::ListenFailed { sock } => self.fail(sock, Errno::EADDRINUSE),
            HostEvent::NotTls { sock } => {
                if let Some(s) = self.socks.get_mut(&sock) {
                    s.state = SockState::NotTls;
                }
            }
            HostEvent::Accepted { listener, conn, peer, peer_port } => {
                let Some(l) = self.socks.get_mut(&listener) else {
                    self.calls.push(HostCall::Close { sock: conn });
                    return;
                };
                l.backlog.push_back(conn);
                let mut sock = Sock::new(SockState::Connected, l.port);
                sock.peer = Some((peer, peer_port));
                self.socks.insert(conn, Box::new(sock));
            }
            HostEvent::Data { sock, bytes } => {
                self.traffic.received(bytes.len());
                if let Some(s) = self.socks.get_mut(&sock) {
                    s.buf.extend(bytes);
                }
            }
            HostEvent::PeerClosed { sock } => {
                if let Some(s) = self.socks.get_mut(&sock) {
                    s.eof = true;
                }
            }
            HostEvent::Datagram { sock, from, port, bytes } => {
                if let Some(s) = self.socks.get_mut(&sock) {
                    s.datagrams.push_back((from, port, bytes));
                }
            }
            HostEvent::Resolved { call, answer } => self.answer(call, Reply::Dns(answer)),
            HostEvent::Pong { call, rtt, ttl } => self.answer(call, Reply::Pong { rtt, ttl }),
            HostEvent::Completed { call, candidates, no_space } => {
                self.answer(call, Reply::Candidates { candidates, no_space });
            }
            HostEvent::ExternalOutput { .. }
            | HostEvent::ExternalRead { .. }
            | HostEvent::ExternalCatch { .. }
            | HostEvent::ExternalRaw { .. }
            | HostEvent::ExternalRun { .. }
            | HostEvent::ExternalExit { .. } => self.external_event(event),
        }
    }

    fn fail(&mut self, sock: SockId, error: Errno) {
        if let Some(s) = self.socks.get_mut(&sock) {
            s.state = SockState::Failed(error);
        }
    }

    fn answer(&mut self, call: u32, reply: Reply) {
        if let Some((_, slot)) = self.replies.get_mut(&call) {
            *slot = Some(reply);
        }
    }

    /// Events for a program that the host implements wait in its call's mailbox until it is polled.
    fn external_event(&mut self, event: HostEvent) {
        let call = match &event {
            HostEvent::ExternalOutput { call, .. }
            | HostEvent::ExternalRead { call }
            | HostEvent::ExternalCatch { call, .. }
            | HostEvent::ExternalRaw { call, .. }
            | HostEvent::ExternalRun { call, .. }
            | HostEvent::ExternalExit { call, .. } => *call,
            _ => return,
        };
        if let Some((_, slot)) = self.replies.get_mut(&call) {
            match slot {
                Some(Reply::External(events)) => events.push(event),
                _ => *slot = Some(Reply::External(vec![event])),
            }
        }
    }
}
