//! The workstation: the person's own machine, with files, a shell, and kubectl.
//!
//! An [`os::Machine`] outside of the world. Programs that the machine's host implements (kubectl and its short names)
//! run here as futures: the machine tells of their start, input and signals, and is told of their output and end.

mod furniture;
mod hardware;
mod hint;
mod missing;

use std::cell::RefCell;
use std::rc::Rc;

use api::Timestamp;
use collections::{OrdMap, OrdSet};
use kubarium_kubectl::host::StdinEvent;
use os::{
    ExternalStart, Flavour, HostCall, HostEvent, Machine, MachineSpec, Mount, ProgramSpec, ShellKind, Signal,
    SpawnOptions, Start, Stdio, StreamId, TtyId, Volumes,
};

use crate::backend::Backend;
use crate::host::{Asset, Child, Edit, Io, KubectlHost};
use crate::network::Network;
use crate::outside;
use crate::tasks::Tasks;

use hardware::give;
pub use hardware::{Disk, Hardware};

/// Home folder of the one user.
pub const HOME: &str = "/home/user";
const USER_ID: u32 = 1000;
/// µs of CPU time that the machine may use in one pump: an endless loop in the shell yields to the page.
const FUEL: u64 = 200_000;

const PROGRAMS: &[ProgramSpec] = &[
    ProgramSpec {
        name: "kubectl",
        help: "kubectl controls the Kubernetes cluster manager.",
        start: Start::Host { completes: true },
    },
    missing::COMMAND_NOT_FOUND,
];

/// What the workstation has to say to whoever drives it.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Debug, PartialEq)]
pub enum Said {
    /// Bytes for a terminal.
    Terminal { tty: TtyId, bytes: Vec<u8> },
    /// Bytes of a process that was started with [`Workstation::run`].
    Output { stream: StreamId, bytes: Vec<u8> },
    /// A process that was started here ended.
    Exited { pid: os::Pid, code: i32 },
    /// A program wants a text edited; answered with [`Workstation::edited`].
    Edit { process: u32, tty: Option<TtyId>, name: String, text: String },
    /// The descriptions for `kubectl explain` are wanted; answered with [`Workstation::explain`].
    NeedExplain,
}

struct Run {
    io: Rc<RefCell<Io>>,
    start: ExternalStart,
    stderr: Vec<u8>,
    /// A read has been asked of the machine and not been answered.
    reading: bool,
}

/// The workstation.
pub struct Workstation {
    /// The machine itself, which kubectl's runs share.
    pub hardware: Rc<Hardware>,
    backend: Rc<Backend>,
    tasks: Tasks,
    runs: OrdMap<u32, Run>,
    completions: Tasks,
    candidates: Rc<RefCell<OrdMap<u32, Vec<String>>>>,
    explain: Rc<RefCell<Asset>>,
    next_wake: Option<Timestamp>,
    runnable: bool,
    said: Vec<Said>,
    /// Terminals of the machine that are open.
    ttys: OrdSet<TtyId>,
    network: Rc<RefCell<Network>>,
}

impl Workstation {
    /// A machine as a person finds it: a home folder, a shell with `alias k=kubectl`, a kubeconfig.
    pub fn new(backend: Rc<Backend>, seed: u64) -> Workstation {
        let now = backend.now();
        let mut root = os::image::base(Flavour::Gnu);
        // The tree is fresh and unlimited: nothing can be in the way.
        furniture::furnish(&mut root).expect("a fresh tree takes the workstation's files");
        let spec = MachineSpec {
            hostname: "workstation".to_owned(),
            flavour: Flavour::Gnu,
            shell: ShellKind::Bash,
            seed,
            root,
            programs: &[PROGRAMS],
            unknown_host_hint: outside::HINT,
            first_pid: 1200,
            mounts: Vec::<Mount>::new(),
            ..MachineSpec::default()
        };
        let machine = Machine::new(spec, os::Time(now.0));
        let hardware =
            Rc::new(Hardware { machine: RefCell::new(machine), volumes: RefCell::new(Volumes::new()) });
        hardware.fs(|fs| {
            for folder in furniture::COURSE_FOLDERS.iter().chain(&[HOME]) {
                give(fs, folder);
            }
        });
        Workstation {
            hardware,
            backend,
            tasks: Tasks::default(),
            runs: OrdMap::new(),
            completions: Tasks::default(),
            candidates: Rc::default(),
            explain: Rc::default(),
            next_wake: None,
            runnable: false,
            said: Vec::new(),
            ttys: OrdSet::new(),
            network: Rc::default(),
        }
    }

    /// Environment of everything that runs here.
    fn environment() -> Vec<(String, String)> {
        [
            ("HOME", HOME),
            ("USER", "user"),
            ("LOGNAME", "user"),
            ("SHELL", "/bin/bash"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec()
    }

    /// Opens a terminal with a login shell; its number is the machine's own.
    pub fn open_terminal(&mut self, columns: u16, rows: u16) -> Result<(TtyId, os::Pid), String> {
        let mut machine = self.hardware.machine.borrow_mut();
        let tty = machine.open_tty(columns, rows);
        let options = SpawnOptions {
            argv: vec!["bash".to_owned(), "-i".to_owned()],
            stdio: [Stdio::Tty(tty); 3],
            tty: Some(tty),
            ..Self::as_user()
        };
        let pid =
            machine.spawn(&mut self.hardware.volumes.borrow_mut(), options).map_err(|e| e.to_string())?;
        self.runnable = true;
        self.ttys.insert(tty);
        Ok((tty, pid))
    }

    fn as_user() -> SpawnOptions {
        SpawnOptions {
            env: Self::environment(),
            cwd: HOME.to_owned(),
            uid: USER_ID,
            gid: USER_ID,
            groups: vec![USER_ID],
            ..SpawnOptions::default()
        }
    }

    /// Starts a program without a terminal, standard output and error going to one stream.
    pub fn run(&mut self, argv: &[&str]) -> Result<(os::Pid, StreamId), String> {
        let mut machine = self.hardware.machine.borrow_mut();
        let out = machine.new_stream();
        let options = SpawnOptions {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(out)],
            ..Self::as_user()
        };
        let pid =
            machine.spawn(&mut self.hardware.volumes.borrow_mut(), options).map_err(|e| e.to_string())?;
        self.runnable = true;
        Ok((pid, out))
    }

    /// A program whose standard input the host feeds: see [`Workstation::feed`].
    pub fn run_fed(&mut self, argv: &[&str]) -> Result<(os::Pid, StreamId, StreamId), String> {
        let mut machine = self.hardware.machine.borrow_mut();
        let (input, out) = (machine.new_stream(), machine.new_stream());
        let options = SpawnOptions {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            stdio: [Stdio::Stream(input), Stdio::Stream(out), Stdio::Stream(out)],
            ..Self::as_user()
        };
        let pid =
            machine.spawn(&mut self.hardware.volumes.borrow_mut(), options).map_err(|e| e.to_string())?;
        self.runnable = true;
        Ok((pid, input, out))
    }

    /// Bytes for a fed program; none: the end of input.
    pub fn feed(&mut self, input: StreamId, bytes: Option<&[u8]>) {
        self.hardware.deliver(match bytes {
            Some(bytes) => HostEvent::Input { stream: input, bytes: bytes.to_vec() },
            None => HostEvent::InputClosed { stream: input },
        });
        self.runnable = true;
    }

    /// What was typed or pasted, as a terminal sends it.
    pub fn type_into(&mut self, tty: TtyId, text: &str) {
        self.hardware.deliver(HostEvent::TtyInput { tty, bytes: text.as_bytes().to_vec() });
        self.runnable = true;
    }

    /// The terminal has a new size.
    pub fn resize(&mut self, tty: TtyId, columns: u16, rows: u16) {
        self.hardware.deliver(HostEvent::TtyResize { tty, cols: columns, rows });
        for run in self.runs.values().filter(|run| run.start.tty.contains(&Some(tty))) {
            let mut io = run.io.borrow_mut();
            io.window = Some((columns, rows));
            io.input.push_back(StdinEvent::Resize(columns, rows));
        }
        self.runnable = true;
    }

    /// Hangs up.
    pub fn close_terminal(&mut self, tty: TtyId) {
        self.ttys.remove(&tty);
        self.hardware.deliver(HostEvent::TtyClosed { tty });
        self.runnable = true;
    }

    /// True while a program other than the shell reads what is typed.
    pub fn is_busy(&self, tty: TtyId, shell: os::Pid) -> bool {
        let machine = self.hardware.machine.borrow();
        machine.tty(tty).is_some_and(|tty| tty.foreground != shell)
    }

    /// Sends a signal to a process that was started here, and to its group.
    pub fn signal(&mut self, pid: os::Pid, signal: Signal) {
        let mut machine = self.hardware.machine.borrow_mut();
        let volumes = &mut self.hardware.volumes.borrow_mut();
        if machine.signal_group(volumes, pid, signal).is_err() {
            let _gone = machine.signal(volumes, pid, signal);
        }
        self.runnable = true;
    }

    /// Ends an edit.
    pub fn edited(&mut self, process: u32, text: Option<String>) {
        if let Some(run) = self.runs.get(&process) {
            run.io.borrow_mut().edit = Edit::Done(text);
        }
    }

    /// The descriptions for `kubectl explain`; none: they could not be had.
    pub fn explain(&mut self, text: Option<api::Json>) {
        *self.explain.borrow_mut() = text.map_or(Asset::Missing, Asset::Loaded);
    }

    /// When something here is due by itself: a sleeping process, a sleeping kubectl.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let sleeping = self.runs.values().filter_map(|run| run.io.borrow().sleeping);
        sleeping.chain(self.next_wake).min()
    }

    /// True when processes have work to do now.
    pub fn is_runnable(&self) -> bool {
        self.runnable
    }

    /// True while any kubectl runs or a connection into the cluster is open: what the cluster does may concern it.
    pub fn has_clients(&self) -> bool {
        !self.tasks.is_empty() || !self.completions.is_empty() || self.network.borrow().is_open()
    }

    /// What happened since it was last asked.
    pub fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Lets processes and clients go on at the cluster's present moment until all of them wait. Returns whether
    /// anything happened; an endless loop returns true again and again.
    pub fn pump(&mut self) -> bool {
        let mut progress = false;
        let mut fuel = FUEL;
        loop {
            let now = os::Time(self.backend.now().0);
            let ran = {
                let mut machine = self.hardware.machine.borrow_mut();
                machine.run(&mut self.hardware.volumes.borrow_mut(), now, fuel)
            };
            fuel = fuel.saturating_sub(ran.fuel_used);
            self.next_wake = ran.next_wake.map(|time| Timestamp(time.0));
            self.runnable = ran.runnable;
            let calls = self.hardware.machine.borrow_mut().take_calls();
            let mut moved = !calls.is_empty();
            for call in calls {
                self.serve(call);
            }
            moved |= self.poll_clients();
            moved |= self.poll_network();
            progress |= moved || ran.fuel_used > 0;
            if fuel == 0 || (!moved && !self.runnable) {
                return progress;
            }
        }
    }

    fn serve(&mut self, call: HostCall) {
        match call {
            HostCall::TtyOutput { tty, bytes } => self.said.push(Said::Terminal { tty, bytes }),
            HostCall::Output { stream, bytes } => self.said.push(Said::Output { stream, bytes }),
            HostCall::Exited { pid, status } => self.said.push(Said::Exited { pid, code: status.code() }),
            HostCall::External(start) => self.start(*start),
            HostCall::ExternalInput { call, bytes } => self.input(call, bytes),
            HostCall::ExternalSignal { call, .. } => {
                if let Some(run) = self.runs.get(&call) {
                    run.io.borrow_mut().interrupted = true;
                }
            }
            HostCall::ExternalRan { call, code } => {
                if let Some(run) = self.runs.get(&call) {
                    run.io.borrow_mut().child = Child::Ended(code);
                }
            }
            HostCall::ExternalKilled { call, .. } => {
                self.tasks.cancel(call);
                self.runs.remove(&call);
            }
            HostCall::Complete { call, words, index, cwd } => self.complete(call, words, index, cwd),
            HostCall::Resolve { call, name, kind, .. } => {
                self.hardware.deliver(HostEvent::Resolved { call, answer: resolve(name, kind) });
            }
            HostCall::Connect { sock, addr, port, tls } => {
                let hardware = &self.hardware;
                let new_sock = || hardware.machine.borrow_mut().new_sock();
                let mut network = self.network.borrow_mut();
                let events = network.connect(&self.backend, sock, addr, port, tls.is_some(), new_sock);
                events.into_iter().for_each(|event| self.hardware.deliver(event));
            }
            HostCall::Listen { sock, port, .. } => {
                let event = self.network.borrow_mut().listen(sock, port);
                event.into_iter().for_each(|event| self.hardware.deliver(event));
            }
            HostCall::Send { sock, bytes } => {
                let events = self.network.borrow_mut().send(&self.backend, sock, bytes);
                events.into_iter().for_each(|event| self.hardware.deliver(event));
            }
            HostCall::Shutdown { sock } => {
                let event = self.network.borrow_mut().shutdown(&self.backend, sock);
                event.into_iter().for_each(|event| self.hardware.deliver(event));
            }
            HostCall::Close { sock } => {
                let event = self.network.borrow_mut().close(&self.backend, sock);
                event.into_iter().for_each(|event| self.hardware.deliver(event));
            }
            HostCall::Ping { call, addr, .. } if addr.is_loopback() => {
                self.hardware.deliver(HostEvent::Pong { call, rtt: 40, ttl: 64 });
            }
            HostCall::Ping { call, addr, .. } => {
                if let Some(rtt) = self.backend.ping(addr) {
                    self.hardware.deliver(HostEvent::Pong { call, rtt, ttl: 64 });
                }
            }
            // Datagrams get no answer from here.
            HostCall::SendTo { .. } => {}
        }
    }

    fn poll_network(&mut self) -> bool {
        let events = self.network.borrow_mut().poll(&self.backend);
        let moved = !events.is_empty();
        events.into_iter().for_each(|event| self.hardware.deliver(event));
        moved
    }

    fn start(&mut self, start: ExternalStart) {
        let call = start.call;
        let io = Rc::new(RefCell::new(Io { window: start.window, ..Io::default() }));
        let tty = start.tty.map(|tty| tty.is_some());
        let host = self.host(&io, line_of(&start.argv), start.env.clone(), start.cwd.clone(), tty);
        let argv = start.argv.clone();
        self.tasks.spawn(
            call,
            Box::pin(async move {
                host.start_up().await;
                kubarium_kubectl::run(&argv, host).await
            }),
        );
        self.hardware.deliver(HostEvent::ExternalCatch { call, signal: Signal::INT });
        self.runs.insert(call, Run { io, start, stderr: Vec::new(), reading: false });
    }

    fn host(
        &self,
        io: &Rc<RefCell<Io>>,
        line: String,
        env: Vec<(String, String)>,
        cwd: String,
        tty: [bool; 3],
    ) -> Rc<KubectlHost> {
        Rc::new(KubectlHost {
            backend: self.backend.clone(),
            line,
            disk: self.hardware.clone(),
            io: io.clone(),
            explain: self.explain.clone(),
            env,
            cwd,
            tty,
            network: self.network.clone(),
        })
    }

    fn input(&mut self, call: u32, bytes: Vec<u8>) {
        let Some(run) = self.runs.get_mut(&call) else { return };
        run.reading = false;
        let event = if bytes.is_empty() { StdinEvent::Eof } else { StdinEvent::Data(bytes) };
        let mut io = run.io.borrow_mut();
        io.wants_input = false;
        io.input.push_back(event);
    }

    fn complete(&mut self, call: u32, words: Vec<String>, index: usize, cwd: String) {
        let io = Rc::new(RefCell::new(Io::default()));
        let host = self.host(&io, String::new(), Self::environment(), cwd, [true; 3]);
        let answers = self.candidates.clone();
        self.completions.spawn(
            call,
            Box::pin(async move {
                let typed = words.get(..=index).unwrap_or(&words);
                let found = kubarium_kubectl::complete(typed, host).await;
                let candidates = found.into_iter().map(|candidate| candidate.text).collect();
                answers.borrow_mut().insert(call, candidates);
                0
            }),
        );
    }

    fn poll_clients(&mut self) -> bool {
        if self.tasks.is_empty() && self.completions.is_empty() {
            return false;
        }
        let mut moved = false;
        for (call, _) in self.completions.poll() {
            let candidates = self.candidates.borrow_mut().remove(&call).unwrap_or_default();
            // `--output=` and `deployment/` want something right behind them.
            let no_space = candidates.iter().all(|candidate| candidate.ends_with(['=', '/']));
            self.hardware.deliver(HostEvent::Completed { call, candidates, no_space });
            moved = true;
        }
        let ended = self.tasks.poll();
        if matches!(*self.explain.borrow(), Asset::Asked) {
            self.said.push(Said::NeedExplain);
        }
        for (call, run) in &mut self.runs {
            moved |= flush(&self.hardware, *call, run, &mut self.said);
        }
        for (call, code) in ended {
            moved = true;
            let run = self.runs.remove(&call);
            if let Some(bytes) = run.and_then(|run| hint::hint(&self.hardware, &run, code)) {
                self.hardware.deliver(HostEvent::ExternalOutput { call, fd: 2, bytes });
            }
            self.hardware.deliver(HostEvent::ExternalExit { call, code: code.clamp(0, 255) as u8 });
        }
        moved
    }
}

/// The workstation's resolver: it stands outside of the cluster's network, so it knows the world outside, which is small.
fn resolve(name: String, kind: os::RecordType) -> os::DnsAnswer {
    match outside::address_of(&name) {
        Some(address) if kind == os::RecordType::A => {
            let data = os::RecordData::Address(address);
            os::DnsAnswer::Records(vec![os::Record { name, ttl: 60, data }])
        }
        Some(_) => os::DnsAnswer::Records(Vec::new()),
        None => os::DnsAnswer::NxDomain,
    }
}

/// Longest command line that is recorded with what it did; what is longer is cut.
const LINE_MAX: usize = 400;

/// The words of a command as one would type them.
fn line_of(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,~".contains(c);
    let word = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word
            .strip_prefix(HOME)
            .filter(|rest| rest.starts_with('/'))
            .map_or(word.clone(), |rest| format!("~{rest}")),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let line = argv.iter().map(word).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Moves what one run of kubectl has written or asked for to the machine.
fn flush(hardware: &Hardware, call: u32, run: &mut Run, said: &mut Vec<Said>) -> bool {
    let mut io = run.io.borrow_mut();
    let mut moved = false;
    for (fd, bytes) in std::mem::take(&mut io.output) {
        if fd == 2 {
            run.stderr.extend_from_slice(&bytes);
        }
        hardware.deliver(HostEvent::ExternalOutput { call, fd, bytes });
        moved = true;
    }
    if let Some(raw) = io.raw.take() {
        hardware.deliver(HostEvent::ExternalRaw { call, raw });
        moved = true;
    }
    if io.wants_input && !run.reading {
        run.reading = true;
        hardware.deliver(HostEvent::ExternalRead { call });
        moved = true;
    }
    if let Child::Asked(argv) = &io.child {
        hardware.deliver(HostEvent::ExternalRun { call, argv: argv.clone() });
        io.child = Child::Running;
        moved = true;
    }
    if let Edit::Asked { name, text } = &io.edit {
        said.push(Said::Edit {
            process: call,
            tty: run.start.tty[0],
            name: name.clone(),
            text: text.clone(),
        });
        io.edit = Edit::Open;
        moved = true;
    }
    moved
}
