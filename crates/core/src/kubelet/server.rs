//! The kubelet's own API: logs, exec, attach, port-forward.
//!
//! Mirrors pkg/kubelet/server and the CRI streaming server: everything is a session with buffers that the caller
//! drains; nothing calls back.

use std::rc::Rc;

use api::{Str, Timestamp};
use os::{HostEvent, Pid, SpawnOptions, Stdio, StreamId, TtyId};

use super::node::Node;
use super::prober::ProbeKey;
use super::{Env, Event, Nodes, PodTimer};
use crate::client::{Cx, Outbox};
use crate::network::{ContainerId, ExternalId, Network, NodeId};
use crate::runtime::catalogue::digest;
use crate::runtime::container::Container;
use crate::runtime::logs::Stream;

/// Names one session of a node; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(pub u32);

/// A session as callers hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attachment {
    /// Whose kubelet.
    pub node: NodeId,
    /// Its number there.
    pub session: SessionId,
}

/// What a process was started for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// `kubectl exec`
    User,
    /// `kubectl attach`: no process of its own.
    Attach,
    /// A lifecycle hook of the container in this slot of the pod with this uid.
    Hook(Str, usize),
    /// A run of an exec probe, with its number.
    Probe(ProbeKey, u64),
}

/// Where a machine's output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Of a process without terminal.
    Stream(StreamId),
    /// Of a process with one.
    Tty(TtyId),
}

/// An exec or attach session.
#[derive(Clone, Debug)]
pub struct Session {
    /// The container it is in.
    pub container: ContainerId,
    purpose: Purpose,
    pid: Option<Pid>,
    stdin: Option<StreamId>,
    stdout: Option<StreamId>,
    stderr: Option<StreamId>,
    tty: Option<TtyId>,
    out: Vec<u8>,
    err: Vec<u8>,
    exit: Option<i32>,
}

/// What has come since the last read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// In order; with a terminal everything is here.
    pub stdout: Vec<u8>,
    /// In order.
    pub stderr: Vec<u8>,
    /// The process has ended with this code; nothing more will come.
    pub exit: Option<i32>,
}

/// How a command is run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecOptions {
    /// The command and its arguments, not a shell line.
    pub command: Vec<String>,
    /// The caller will send input.
    pub stdin: bool,
    /// The process gets a terminal.
    pub tty: bool,
    /// Columns and rows of the caller's terminal.
    pub window: Option<(u16, u16)>,
}

impl Nodes {
    /// Runs a command in a container. The error is the kubelet's message of an internal error.
    pub fn exec(
        &mut self,
        node: &str,
        uid: &str,
        container: &str,
        options: ExecOptions,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) -> Result<Attachment, Str> {
        self.open(node, cx, net, out, |node, env| node.exec(env, uid, container, options))
    }

    /// Attaches to a container's main process.
    pub fn attach(
        &mut self,
        node: &str,
        uid: &str,
        container: &str,
        window: Option<(u16, u16)>,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) -> Result<Attachment, Str> {
        self.open(node, cx, net, out, |node, env| node.attach(env, uid, container, window))
    }

    /// Opens a session on a node that can be reached.
    fn open(
        &mut self,
        node: &str,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
        start: impl FnOnce(&mut Node, &mut Env) -> Result<SessionId, Str>,
    ) -> Result<Attachment, Str> {
        let Some(id) = self.ids.get(node).copied() else { return Err(unreachable(node)) };
        let started = self.with(id, cx, net, out, |node, env| Some(start(node, env)));
        started.unwrap_or_else(|| Err(unreachable(node))).map(|session| Attachment { node: id, session })
    }

    /// Takes what a session has said.
    pub fn read_session(&mut self, it: Attachment) -> Output {
        let Some(node) = self.by_id.get_mut(&it.node) else {
            return Output { exit: Some(137), ..Output::default() };
        };
        let quiet = node
            .sessions
            .get(&it.session)
            .is_some_and(|s| s.out.is_empty() && s.err.is_empty() && s.exit.is_none());
        if quiet {
            return Output::default();
        }
        match Rc::make_mut(node).sessions.get_mut(&it.session) {
            Some(session) => Output {
                stdout: std::mem::take(&mut session.out),
                stderr: std::mem::take(&mut session.err),
                exit: session.exit,
            },
            None => Output { exit: Some(137), ..Output::default() },
        }
    }

    /// Bytes for a session's standard input or terminal.
    pub fn write_session(
        &mut self,
        it: Attachment,
        bytes: Vec<u8>,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) {
        self.with(it.node, cx, net, out, |node, env| node.session_input(env, it.session, Some(bytes)));
    }

    /// The end of a session's standard input.
    pub fn close_session_input(
        &mut self,
        it: Attachment,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) {
        self.with(it.node, cx, net, out, |node, env| node.session_input(env, it.session, None));
    }

    /// The caller's terminal changed its size.
    pub fn resize_session(
        &mut self,
        it: Attachment,
        cols: u16,
        rows: u16,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) {
        self.with(it.node, cx, net, out, |node, env| node.session_resize(env, it.session, cols, rows));
    }

    /// The caller is gone: a terminal hangs up, a process without one goes on.
    pub fn close_session(&mut self, it: Attachment, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.with(it.node, cx, net, out, |node, env| node.session_close(env, it.session));
    }

    /// Opens a connection to a pod's port, as port-forward does.
    pub fn port_forward(
        &mut self,
        node: &str,
        uid: &str,
        port: u16,
        cx: &Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) -> Result<ExternalId, Str> {
        let found = self.node(node).filter(|it| it.kubelet_runs());
        let netns = found
            .and_then(|it| it.sandboxes.values().find(|sandbox| sandbox.pod_uid == uid))
            .map(|it| it.netns);
        let netns = netns.ok_or_else(|| Str::from("unable to do port forwarding: pod is not running"))?;
        let id = net.open_in_netns(cx.now, netns, port);
        super::forward(net, out);
        Ok(id)
    }
}

pub(super) fn unreachable(node: &str) -> Str {
    format!("Get \"https://{node}:10250/\": dial tcp: connect: no route to host").into()
}

impl Node {
    fn running(&self, uid: &str, name: &str) -> Result<ContainerId, Str> {
        let missing = || Str::from(format!("container not found (\"{name}\")"));
        let worker = self.pods.get(uid).ok_or_else(missing)?;
        let slot = worker.slot_named(name).ok_or_else(missing)?;
        let id = worker.slots[slot].current.ok_or_else(missing)?;
        if self.containers.get(&id).is_some_and(|it| it.is_running()) { Ok(id) } else { Err(missing()) }
    }

    fn exec(&mut self, env: &mut Env, uid: &str, name: &str, options: ExecOptions) -> Result<SessionId, Str> {
        if !self.kubelet_runs() {
            return Err(
                format!("dial tcp {}:10250: connect: connection refused", self.spec.internal_ip).into()
            );
        }
        let id = self.running(uid, name)?;
        self.spawn(env, id, options, Purpose::User)
    }

    /// Runs a command of the kubelet's own (a probe, a hook).
    pub(super) fn exec_for(
        &mut self,
        env: &mut Env,
        id: ContainerId,
        argv: Vec<String>,
        purpose: Purpose,
    ) -> Result<SessionId, Str> {
        self.spawn(env, id, ExecOptions { command: argv, ..ExecOptions::default() }, purpose)
    }

    fn spawn(
        &mut self,
        env: &mut Env,
        id: ContainerId,
        options: ExecOptions,
        purpose: Purpose,
    ) -> Result<SessionId, Str> {
        self.wake_container(env, id);
        let session = self.new_session();
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else {
            return Err("container not found".into());
        };
        let Some(config) = container.config.clone() else { return Err("container not found".into()) };
        let cri_id = container.cri_id.clone();
        let Some(instance) = container.machine_mut() else { return Err("container not found".into()) };
        let os = &mut instance.os;
        let (cols, rows) = options.window.unwrap_or((80, 24));
        let tty = options.tty.then(|| os.open_tty(cols, rows));
        let stdin = (options.stdin && tty.is_none()).then(|| os.new_stream());
        let (stdout, stderr) = (os.new_stream(), os.new_stream());
        let stdio = match tty {
            Some(tty) => [Stdio::Tty(tty); 3],
            None => [stdin.map_or(Stdio::Null, Stdio::Stream), Stdio::Stream(stdout), Stdio::Stream(stderr)],
        };
        let mut variables = config.env.clone();
        if tty.is_some() && !variables.iter().any(|(name, _)| name == "TERM") {
            variables.push(("TERM".to_string(), "xterm".to_string()));
        }
        let command = options.command.first().cloned().unwrap_or_default();
        let spawned = os.spawn(
            &mut self.volumes,
            SpawnOptions {
                argv: options.command,
                env: variables,
                cwd: config.cwd.clone(),
                uid: config.uid,
                gid: config.gid,
                groups: config.groups.clone(),
                stdio,
                tty,
            },
        );
        let pid = spawned.map_err(|errno| {
            let inner = crate::runtime::machine::StartError::Exec(command, errno).message();
            let inner = inner.rsplit_once("container init: ").map_or(inner.as_str(), |(_, it)| it).to_string();
            Str::from(format!(
                "failed to exec in container: failed to start exec \"{}\": OCI runtime exec failed: exec failed: unable to start container process: {inner}",
                &digest(&cri_id, &session.0.to_string())[7..]
            ))
        })?;
        self.sessions.insert(
            session,
            Session {
                container: id,
                purpose,
                pid: Some(pid),
                stdin,
                stdout: Some(stdout),
                stderr: Some(stderr),
                tty,
                out: Vec::new(),
                err: Vec::new(),
                exit: None,
            },
        );
        self.run_machine(env, id);
        Ok(session)
    }

    fn attach(
        &mut self,
        env: &mut Env,
        uid: &str,
        name: &str,
        window: Option<(u16, u16)>,
    ) -> Result<SessionId, Str> {
        if !self.kubelet_runs() {
            return Err(
                format!("dial tcp {}:10250: connect: connection refused", self.spec.internal_ip).into()
            );
        }
        let id = self.running(uid, name)?;
        self.wake_container(env, id);
        let session = self.new_session();
        let Some(instance) = self.containers.get_mut(&id).map(Rc::make_mut).and_then(Container::machine_mut)
        else {
            return Err(format!("container not found (\"{name}\")").into());
        };
        let (stdin, tty) = (instance.stdin, instance.tty);
        self.sessions.insert(
            session,
            Session {
                container: id,
                purpose: Purpose::Attach,
                pid: None,
                stdin,
                stdout: None,
                stderr: None,
                tty,
                out: Vec::new(),
                err: Vec::new(),
                exit: None,
            },
        );
        if let Some((cols, rows)) = window {
            self.session_resize(env, session, cols, rows);
        }
        Ok(session)
    }

    // ---- what happens to sessions ------------------------------------------------------------------------------

    /// The main process wrote something: whoever is attached sees it.
    pub(super) fn attached_output(&mut self, id: ContainerId, stream: Stream, bytes: &[u8]) {
        for session in
            self.sessions.values_mut().filter(|it| it.container == id && it.purpose == Purpose::Attach)
        {
            let buffer = if stream == Stream::Stderr { &mut session.err } else { &mut session.out };
            buffer.extend_from_slice(bytes);
        }
    }

    pub(super) fn session_output(&mut self, id: ContainerId, source: Source, bytes: &[u8]) {
        for session in self.sessions.values_mut().filter(|it| it.container == id) {
            match source {
                Source::Stream(stream) if session.stdout == Some(stream) => {
                    session.out.extend_from_slice(bytes)
                }
                Source::Stream(stream) if session.stderr == Some(stream) => {
                    session.err.extend_from_slice(bytes)
                }
                Source::Tty(tty) if session.tty == Some(tty) => session.out.extend_from_slice(bytes),
                _ => {}
            }
        }
    }

    /// A process that was started into a container ended.
    pub(super) fn session_exited(&mut self, env: &mut Env, id: ContainerId, pid: Pid, code: i32) {
        let found = self
            .sessions
            .iter()
            .find(|(_, it)| it.container == id && it.pid == Some(pid))
            .map(|(key, _)| *key);
        let Some(key) = found else { return };
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.exit = Some(code);
        if session.purpose == Purpose::User {
            return;
        }
        let Some(session) = self.sessions.remove(&key) else { return };
        let output = [session.out, session.err].concat();
        let text = String::from_utf8_lossy(&output).into_owned();
        match session.purpose {
            Purpose::Hook(uid, slot) => {
                let error = (code != 0).then(|| {
                    Str::from(
                        format!("command exited with {code}: {}", text.trim_end())
                            .trim_end_matches([':', ' '])
                            .to_string(),
                    )
                });
                env.out.at(env.cx.now, Event::Pod(self.id, uid, 0, PodTimer::HookDone(slot, error)));
            }
            Purpose::Probe(key, attempt) => {
                let outcome = if code == 0 { Ok(()) } else { Err(text.trim_end_matches('\0').to_string()) };
                self.probe_result(env, key, attempt, outcome);
            }
            Purpose::User | Purpose::Attach => {}
        }
    }

    /// A container ended: so do the sessions in it.
    pub(super) fn sessions_of_ended(&mut self, id: ContainerId, _now: Timestamp) {
        let code = self.containers.get(&id).and_then(|it| it.exit.as_ref()).map_or(137, |it| it.code);
        for session in self.sessions.values_mut().filter(|it| it.container == id && it.exit.is_none()) {
            session.exit = Some(if session.purpose == Purpose::Attach { code } else { 137 });
        }
        self.sessions
            .retain(|_, it| it.container != id || matches!(it.purpose, Purpose::User | Purpose::Attach));
    }

    pub(super) fn close_all_sessions(&mut self) {
        for session in self.sessions.values_mut() {
            session.exit.get_or_insert(137);
        }
    }

    fn session_input(&mut self, env: &mut Env, session: SessionId, bytes: Option<Vec<u8>>) {
        let Some(session) = self.sessions.get(&session) else { return };
        let (id, stdin, tty) = (session.container, session.stdin, session.tty);
        let event = match (bytes, tty, stdin) {
            (Some(bytes), Some(tty), _) => HostEvent::TtyInput { tty, bytes },
            // The end of input of a terminal is ^D.
            (None, Some(tty), _) => HostEvent::TtyInput { tty, bytes: vec![4] },
            (Some(bytes), None, Some(stream)) => HostEvent::Input { stream, bytes },
            (None, None, Some(stream)) => HostEvent::InputClosed { stream },
            _ => return,
        };
        self.deliver(env, id, event);
    }

    fn session_resize(&mut self, env: &mut Env, session: SessionId, cols: u16, rows: u16) {
        let Some(session) = self.sessions.get(&session) else { return };
        if let (id, Some(tty)) = (session.container, session.tty) {
            self.deliver(env, id, HostEvent::TtyResize { tty, cols, rows });
        }
    }

    fn session_close(&mut self, env: &mut Env, id: SessionId) {
        let Some(session) = self.sessions.remove(&id) else { return };
        let once = self
            .containers
            .get(&session.container)
            .and_then(|it| it.config.as_ref())
            .is_some_and(|it| it.stdin_once);
        match (session.purpose, session.tty, session.stdin) {
            (Purpose::User, Some(tty), _) => {
                self.deliver(env, session.container, HostEvent::TtyClosed { tty })
            }
            (Purpose::User, None, Some(stream)) => {
                self.deliver(env, session.container, HostEvent::InputClosed { stream })
            }
            (Purpose::Attach, None, Some(stream)) if once => {
                self.deliver(env, session.container, HostEvent::InputClosed { stream });
            }
            _ => {}
        }
    }

    fn new_session(&mut self) -> SessionId {
        SessionId(self.new_token() as u32)
    }
}
