//! Containers' machines: building them, letting them run, passing what they say to logs, sessions and the network.

use std::rc::Rc;

use api::core::v1::Container as Spec;
use api::{Object, Str, Timestamp};
use os::{HostCall, HostEvent, Signal, Time, Tree, Volumes};

use super::node::{Node, Power};
use super::pod_worker::PodWorker;
use super::server::Source;
use super::{Env, Event, env as environment, volumes};
use crate::network::connection::host_event;
use crate::network::{self, ContainerId, Message, Party, Side};
use crate::runtime::logs::Stream;
use crate::runtime::{Body, Container, Instance, machine};

/// How long a machine computes at a stretch, in µs of virtual time.
const QUANTUM: i64 = 50_000;
/// Drains between two runs at the same moment.
const MAX_TURNS: usize = 64;
/// A termination message is cut to this many bytes.
const MAX_MESSAGE: usize = 4096;

/// What a dormant container's machine will be built from.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The pod as it was at the container's start.
    pub pod: Object,
    /// The container of its spec.
    pub spec: Spec,
    /// The pod's volumes, with their content.
    pub mounted: Rc<volumes::Mounted>,
    /// Fixed at the container's start if it refers to ConfigMaps or Secrets.
    pub env: Option<Rc<Vec<(String, String)>>>,
}

impl Node {
    /// Starts a created container: as an entry if its image allows, else with a machine. The error is runc's.
    pub(super) fn start_container(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        slot: usize,
        spec: &Spec,
        id: ContainerId,
    ) -> Result<(), Str> {
        let _ = slot;
        let Some(mounted) = worker.volumes.clone() else { return Err("volumes are not set up".into()) };
        let fixed = environment::fixed(self, env, &worker.pod, spec).map(Rc::new);
        let recipe = Recipe { pod: worker.pod.clone(), spec: spec.clone(), mounted, env: fixed };
        let machine = self.machine_id(id);
        let now = env.now();
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return Ok(()) };
        let ports = container.image.dormant;
        let free = ports.iter().all(|port| !env.net.port_taken(container.netns, *port));
        if !ports.is_empty() && free && may_sleep(worker, spec, container) {
            container.started = now;
            let netns = container.netns;
            env.net.listen_dormant(netns, machine, ports);
            self.recipes.insert(id, Rc::new(recipe));
            return Ok(());
        }
        self.build_machine(env, id, &recipe, now)?;
        self.run_machine(env, id);
        Ok(())
    }

    /// Builds a container's machine and starts its main process at `at`.
    fn build_machine(
        &mut self,
        env: &mut Env,
        id: ContainerId,
        recipe: &Recipe,
        at: Timestamp,
    ) -> Result<(), Str> {
        let Some(container) = self.containers.get(&id).cloned() else { return Ok(()) };
        let config = environment::config(self, env, recipe, &container);
        let root = Tree::on(&env.library.root(&container.image));
        let built = machine::build(&container.image, root, &config, &mut self.volumes, at);
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return Ok(()) };
        match built {
            Ok(instance) => {
                container.body = Body::Machine(Rc::new(instance));
                container.config = Some(Rc::new(config));
                container.started = at;
                Ok(())
            }
            Err(error) => Err(error.message().into()),
        }
    }

    /// Makes sure that a running container has its machine: a dormant one is built as of its start, and replayed.
    pub(super) fn wake_container(&mut self, env: &mut Env, id: ContainerId) {
        let Some(recipe) = self.recipes.remove(&id) else { return };
        let Some(container) = self.containers.get(&id) else { return };
        if !matches!(container.body, Body::Dormant) || !container.is_running() {
            return;
        }
        let (netns, started) = (container.netns, container.started);
        env.net.wake_dormant(netns, self.machine_id(id));
        if self.build_machine(env, id, &recipe, started).is_err() {
            self.container_exited(env, id, 128);
            return;
        }
        // The start is replayed at the moment it happened, so that the log has the right times.
        let now = env.cx.now;
        env.cx.now = started;
        self.run_machine(env, id);
        env.cx.now = now;
    }

    /// Lets a machine run until it waits, and acts on what it asks for.
    pub fn run_machine(&mut self, env: &mut Env, id: ContainerId) {
        if self.power != Power::On {
            return;
        }
        for _ in 0..MAX_TURNS {
            let now = env.now();
            let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
            let limit =
                container.config.as_ref().and_then(|it| it.limits.cpu_milli).unwrap_or(1000).min(1000);
            let memory = container.config.as_ref().and_then(|it| it.limits.memory);
            let Some(instance) = container.machine_mut() else { return };
            let fuel = (QUANTUM as u64 * limit / 1000).max(100);
            let ran = instance.os.run(&mut self.volumes, Time(now.0), fuel);
            let calls = instance.os.take_calls();
            let used = instance.os.memory();
            let idle = calls.is_empty();
            for call in calls {
                self.on_call(env, id, call);
            }
            if memory.is_some_and(|limit| used > limit) {
                return self.out_of_memory(env, id);
            }
            if let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut)
                && used > container.memory_seen + super::eviction::NOTICEABLE
            {
                container.memory_seen = used;
                self.memory_grew(env);
            }
            if ran.runnable && ran.fuel_used + 50 >= fuel {
                return self.wake_at(env, id, Timestamp(now.0 + QUANTUM));
            }
            if idle {
                if let Some(time) = ran.next_wake {
                    self.wake_at(env, id, Timestamp(time.0).max(Timestamp(now.0 + 1)));
                }
                return;
            }
        }
        let now = env.now();
        self.wake_at(env, id, Timestamp(now.0 + 1000));
    }

    fn wake_at(&mut self, env: &mut Env, id: ContainerId, time: Timestamp) {
        let machine = self.machine_id(id);
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        if container.exit.is_some() {
            return;
        }
        if container.wake.is_none_or(|due| time < due || due <= env.cx.now) {
            container.wake = Some(time);
            env.out.background(time, Event::Run(machine));
        }
    }

    fn out_of_memory(&mut self, env: &mut Env, id: ContainerId) {
        if let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) {
            container.oom = true;
        }
        self.container_exited(env, id, 137);
    }

    fn on_call(&mut self, env: &mut Env, id: ContainerId, call: HostCall) {
        let now = env.now();
        let machine = self.machine_id(id);
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        let netns = container.netns;
        let Some(instance) = container.machine_mut() else { return };
        let (main, stdout, stderr, tty) = (instance.main, instance.stdout, instance.stderr, instance.tty);
        match call {
            HostCall::Output { stream, bytes } if stream == stdout || stream == stderr => {
                let which = if stream == stderr { Stream::Stderr } else { Stream::Stdout };
                container.log.write(now, which, &bytes);
                self.attached_output(id, which, &bytes);
            }
            HostCall::TtyOutput { tty: which, bytes } if Some(which) == tty => {
                container.log.write(now, Stream::Stdout, &bytes);
                self.attached_output(id, Stream::Stdout, &bytes);
            }
            HostCall::Output { stream, bytes } => self.session_output(id, Source::Stream(stream), &bytes),
            HostCall::TtyOutput { tty, bytes } => self.session_output(id, Source::Tty(tty), &bytes),
            HostCall::Exited { pid, status } if pid == main => self.container_exited(env, id, status.code()),
            HostCall::Exited { pid, status } => self.session_exited(env, id, pid, status.code()),
            other => {
                env.net.host_call(now, machine, netns, other);
            }
        }
    }

    /// Tells a machine something and lets it go on.
    pub(super) fn deliver(&mut self, env: &mut Env, id: ContainerId, event: HostEvent) {
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        let Some(instance) = container.machine_mut() else { return };
        instance.os.deliver(&mut self.volumes, event);
        self.run_machine(env, id);
    }

    pub(super) fn signal_container(&mut self, env: &mut Env, id: ContainerId, signal: Signal) {
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        let Some(instance) = container.machine_mut() else { return };
        let main = instance.main;
        // The process may have ended in this very moment.
        let _gone = instance.os.signal(&mut self.volumes, main, signal);
        self.run_machine(env, id);
    }

    /// Something arrives over the network for this node.
    pub fn on_network(&mut self, env: &mut Env, event: network::Event) {
        if self.power != Power::On {
            return;
        }
        match event {
            network::Event::Answer(machine, event) => self.deliver(env, machine.container, *event),
            network::Event::Deliver(conn, side, message) => {
                let Some(party) = env.net.connection(conn).map(|it| it.party(side).clone()) else { return };
                match party {
                    Party::Machine(machine, sock) => {
                        if let Some(event) = host_event(sock, message) {
                            self.deliver(env, machine.container, event);
                        }
                    }
                    Party::Namespace(netns, port) if message == Message::Syn => {
                        self.accept(env, conn, netns, port)
                    }
                    Party::Kubelet(_, token) if self.api_message(env, token, &message) => {}
                    Party::Kubelet(_, token) => self.http_message(env, token, message),
                    _ => {}
                }
            }
        }
    }

    /// A connection arrives at a port of a namespace.
    fn accept(&mut self, env: &mut Env, conn: network::ConnId, netns: network::NetnsId, port: u16) {
        let now = env.now();
        let Some((peer, peer_port)) = env.net.connection(conn).map(|it| it.peer) else { return };
        if port == super::api_front::PORT && netns == self.host_netns() && self.serves_api() {
            return self.accept_api(env, conn);
        }
        let local = peer.is_loopback();
        let mut listener = env.net.listener(netns, port, local).cloned();
        if let Some(dormant) = listener.clone().filter(|it| it.sock.is_none()) {
            self.wake_container(env, dormant.machine.container);
            listener = env.net.listener(netns, port, local).cloned();
        }
        let Some((listener, sock)) = listener.and_then(|it| Some((it.clone(), it.sock?))) else {
            return env.net.refuse(now, conn);
        };
        let id = listener.machine.container;
        let Some(instance) = self.containers.get_mut(&id).map(Rc::make_mut).and_then(Container::machine_mut)
        else {
            return env.net.refuse(now, conn);
        };
        let accepted = instance.os.new_sock();
        env.net.accept(now, conn, listener.machine, accepted, listener.tls.clone());
        self.deliver(env, id, HostEvent::Accepted { listener: sock, conn: accepted, peer, peer_port });
    }

    /// Opens a connection of the kubelet itself.
    pub(super) fn kubelet_connect(
        &mut self,
        env: &mut Env,
        token: u64,
        ip: std::net::IpAddr,
        port: u16,
        tls: bool,
    ) -> network::ConnId {
        let now = env.now();
        let from = self.host_netns();
        env.net.connect(now, Party::Kubelet(self.id, token), Some(from), ip, port, tls)
    }

    pub(super) fn kubelet_send(&mut self, env: &mut Env, conn: network::ConnId, bytes: Vec<u8>) {
        let now = env.now();
        env.net.send(now, conn, Side::Client, Message::Data(bytes));
    }

    /// Memory and CPU of a container: resident bytes, µs of CPU used so far.
    pub fn usage(&self, id: ContainerId) -> Option<(u64, u64)> {
        let container = self.containers.get(&id).filter(|it| it.is_running())?;
        Some(match &container.body {
            Body::Machine(instance) => {
                (instance.os.memory().max(container.image.memory), instance.os.cpu_used())
            }
            _ => (container.image.memory, 0),
        })
    }
}

/// Whether a container may be an entry without a machine: nothing in the spec changes what its image's command does.
fn may_sleep(worker: &PodWorker, spec: &Spec, container: &Container) -> bool {
    const HARMLESS: [&str; 3] = ["/var/run/secrets/kubernetes.io", "/usr/share/nginx/html", "/etc/config"];
    let plain_command = spec.command.is_empty() && spec.args.is_empty();
    let plain_mounts =
        spec.volume_mounts.iter().all(|it| HARMLESS.iter().any(|path| it.mount_path.starts_with(path)));
    let plain_env = spec.env.iter().all(|it| it.name != "PORT") && spec.env_from.is_empty();
    let secure = |it: &api::core::v1::SecurityContext| {
        it.run_as_user.is_some() || it.read_only_root_filesystem.is_some() || it.capabilities.is_some()
    };
    let plain_security = !spec.security_context.as_deref().is_some_and(secure)
        && worker.view().spec.security_context.as_deref().is_none_or(|it| it.run_as_user.is_none());
    let enough =
        spec.resources.limits.get("memory").is_none_or(|it| it.value() as u64 >= container.image.memory);
    let system = worker.pod.meta().namespace == "kube-system";
    system
        || (plain_command
            && plain_mounts
            && plain_env
            && plain_security
            && enough
            && !spec.tty
            && !spec.stdin)
}

/// What a container left at its termination message path, or the end of its log if its spec says so.
pub(super) fn termination_message(container: &mut Container, volumes: &mut Volumes, code: i32) -> Str {
    let Some(config) = container.config.clone() else { return Str::EMPTY };
    let Body::Machine(instance) = &mut container.body else { return Str::EMPTY };
    let instance: &mut Instance = Rc::make_mut(instance);
    let Some(path) = config.termination_path() else { return Str::EMPTY };
    let mut text = instance.os.fs(volumes).read_text(path).unwrap_or_default();
    if text.is_empty() && code != 0 && config.fallback_to_logs {
        text = container.log.tail_text();
    }
    let mut end = text.len().min(MAX_MESSAGE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.into()
}
