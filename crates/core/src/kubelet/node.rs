//! One machine with its kubelet: what it holds, how it boots and dies, what it hears.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use api::core::v1::Pod;
use api::{Object, Str, Timestamp};
use collections::{OrdMap, OrdSet};
use os::{VolumeId, Volumes};

use super::pod_worker::{PodWorker, Work};
use super::prober::{Probe, ProbeKey};
use super::server::{Session, SessionId};
use super::{Env, Event, NodeSpec, NodeTimer, PodTimer, images, static_pods};
use crate::client::{Change, Due, Trigger};
use crate::client::{Identity, Recorder};
use crate::network::{ContainerId, NetnsId, NodeId, SandboxId};
use crate::runtime::{Container, Sandbox};

/// From power-on to the kubelet's start.
const BOOT: i64 = 15_000_000;
/// The pod lifecycle event generator's relist period.
const RELIST: i64 = 1_000_000;

/// Whether the machine has current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Nothing runs; what was in memory is lost.
    Off,
    /// The kernel and the kubelet are starting.
    Booting,
    /// The machine runs, whether or not its kubelet does.
    On,
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Node {
    /// A number that stays when the name is used again.
    pub id: NodeId,
    /// Hardware and settings.
    pub spec: NodeSpec,
    /// `system:node:NAME`, in the group `system:nodes`.
    pub identity: Rc<Identity>,
    /// Whether it runs.
    pub power: Power,
    pub(super) kubelet: bool,
    /// Cut off from the API server: nothing is heard or reported.
    pub(super) isolated: bool,
    pub(super) registered: bool,
    /// The Ready condition has been reported true since the kubelet started.
    pub(super) reported_ready: bool,
    pub(super) started: Timestamp,
    pub(super) boots: u32,
    pub(super) recorder: Recorder,
    /// Workers by pod uid.
    pub(super) pods: OrdMap<Str, Rc<PodWorker>>,
    pub(super) sandboxes: OrdMap<SandboxId, Sandbox>,
    pub(super) containers: OrdMap<ContainerId, Rc<Container>>,
    /// Of dormant containers.
    pub(super) recipes: OrdMap<ContainerId, Rc<super::machines::Recipe>>,
    next_container: u32,
    next_sandbox: u32,
    next_token: u64,
    pub(super) volumes: Volumes,
    /// Trees of pods' own volumes and a hash of what was projected into them, by pod uid and volume name.
    pub(super) pod_volumes: OrdMap<(Str, Str), (VolumeId, u64)>,
    /// Attached disks by PersistentVolume name.
    pub(super) disks: OrdMap<Str, VolumeId>,
    /// The machine's own files, for hostPath volumes.
    pub(super) host: Option<VolumeId>,
    pub(super) images: images::Store,
    /// Pods whose containers changed since the last relist.
    pub(super) dirty: OrdSet<Str>,
    relist_due: bool,
    /// A look of the eviction manager is scheduled.
    pub(super) eviction_due: bool,
    /// MemoryPressure holds at least until then.
    pub(super) pressure_until: Timestamp,
    pub(super) probes: OrdMap<ProbeKey, Probe>,
    /// The kubelet's own connections: what each token is for.
    pub(super) tokens: OrdMap<u64, super::prober::HttpUse>,
    /// Connections to the API server, on control-plane machines.
    pub(super) api_conns: OrdMap<u64, super::api_front::ApiConn>,
    pub(super) sessions: OrdMap<SessionId, Session>,
    addresses: OrdSet<u32>,
    next_address: u32,
    /// Static pods by name: the uid of their mirror.
    pub(super) mirrors: OrdMap<Str, Str>,
}

impl Node {
    /// A machine that is off.
    pub fn new(id: NodeId, spec: NodeSpec) -> Node {
        let identity = Identity {
            user: format!("system:node:{}", spec.name).into(),
            groups: vec!["system:nodes".into(), "system:authenticated".into()],
            component: "kubelet".into(),
            host: spec.name.clone(),
        };
        Node {
            id,
            spec,
            identity: Rc::new(identity),
            power: Power::Off,
            kubelet: false,
            isolated: false,
            registered: false,
            reported_ready: false,
            started: Timestamp(0),
            boots: 0,
            recorder: Recorder::default(),
            pods: OrdMap::new(),
            sandboxes: OrdMap::new(),
            containers: OrdMap::new(),
            recipes: OrdMap::new(),
            next_container: 0,
            next_sandbox: 0,
            next_token: 0,
            volumes: Volumes::new(),
            pod_volumes: OrdMap::new(),
            disks: OrdMap::new(),
            host: None,
            images: images::Store::default(),
            dirty: OrdSet::new(),
            relist_due: false,
            eviction_due: false,
            pressure_until: Timestamp(0),
            probes: OrdMap::new(),
            tokens: OrdMap::new(),
            api_conns: OrdMap::new(),
            sessions: OrdMap::new(),
            addresses: OrdSet::new(),
            next_address: 2,
            mirrors: OrdMap::new(),
        }
    }

    /// Whether the kubelet works and can reach the API server.
    pub fn kubelet_runs(&self) -> bool {
        self.power == Power::On && self.kubelet && !self.isolated
    }

    /// Containers of the machine, for inspection.
    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().map(|it| &**it)
    }

    /// The pods' sandboxes, dead ones included until they are removed.
    pub fn sandboxes(&self) -> impl Iterator<Item = &Sandbox> {
        self.sandboxes.values()
    }

    /// The worker of a pod, for inspection.
    pub fn worker(&self, uid: &str) -> Option<&PodWorker> {
        self.pods.get(uid).map(|it| &**it)
    }

    // ---- power -------------------------------------------------------------------------------------------------

    /// Switches the machine on. The first boot of a cluster takes no time: the world begins with running machines.
    pub fn boot(&mut self, env: &mut Env) {
        if self.power != Power::Off {
            return;
        }
        self.power = Power::Booting;
        self.boots += 1;
        let delay = if self.boots == 1 && env.cx.trigger == Trigger::Bootstrap { 0 } else { BOOT };
        let now = env.now();
        env.out.at(Timestamp(now.0 + delay), Event::Node(self.id, NodeTimer::Boot));
    }

    fn booted(&mut self, env: &mut Env) {
        if self.power != Power::Booting {
            return;
        }
        self.power = Power::On;
        let ip = self.spec.internal_ip.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        env.net.add_netns(self.host_netns(), ip, self.spec.name.clone());
        self.start_kubelet(env);
    }

    /// Cuts the power: processes, memory volumes and sandboxes are gone; the disk stays.
    pub fn power_off(&mut self, env: &mut Env) {
        self.power = Power::Off;
        self.kubelet = false;
        self.dirty.clear();
        self.probes.clear();
        self.tokens.clear();
        self.api_conns.clear();
        self.close_all_sessions();
        let now = env.now();
        let ids: Vec<ContainerId> = self.containers.keys().copied().collect();
        for id in ids {
            env.net.remove_machine(now, self.machine_id(id), true);
            if let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut)
                && container.exit.is_none()
            {
                let reason = if container.started.is_zero() { "ContainerStatusUnknown" } else { "Unknown" };
                container.exit = Some(Rc::new(crate::runtime::Exit {
                    code: 255,
                    reason: reason.into(),
                    message: Str::EMPTY,
                    at: now,
                }));
                container.body = crate::runtime::Body::Gone;
                container.log.finish(now);
            }
        }
        let netns: Vec<NetnsId> = self.sandboxes.values().map(|it| it.netns).collect();
        for id in netns.into_iter().chain([self.host_netns()]) {
            env.net.remove_netns(id);
        }
        self.sandboxes.clear();
        self.addresses.clear();
        for worker in self.pods.values_mut().map(Rc::make_mut) {
            worker.generation += 1;
            worker.sandbox = None;
            worker.ip = None;
            worker.starting.clear();
            for slot in &mut worker.slots {
                (slot.started, slot.ready, slot.stop) = (false, false, None);
            }
            if worker.work != Work::Terminated {
                worker.work = Work::Idle;
            }
        }
        self.images.forget_pulls();
        (self.eviction_due, self.relist_due, self.pressure_until) = (false, false, Timestamp(0));
    }

    /// Stops the kubelet: containers and their network go on.
    pub fn stop_kubelet(&mut self, env: &mut Env) {
        let _ = env;
        self.kubelet = false;
        self.close_all_sessions();
    }

    /// Starts the kubelet: it registers its node, lists its pods and takes up their workers.
    pub fn start_kubelet(&mut self, env: &mut Env) {
        if self.power != Power::On || self.kubelet {
            return;
        }
        self.kubelet = true;
        self.started = env.now();
        self.reported_ready = false;
        self.register(env);
        static_pods::create_mirrors(self, env);
        self.resync_all(env);
    }

    /// The network between the node and the rest breaks or heals.
    pub fn set_isolated(&mut self, env: &mut Env, isolated: bool) {
        if self.isolated && !isolated {
            self.isolated = false;
            if self.kubelet_runs() {
                self.renew_lease(env);
                self.report_status(env);
                self.resync_all(env);
            }
        }
        self.isolated = isolated;
    }

    /// Lists the pods of this node and syncs each, as after a restart or a broken watch.
    fn resync_all(&mut self, env: &mut Env) {
        let listed = env.cx.lister::<Pod>().on_node(&self.spec.name);
        let uids: OrdSet<Str> = listed.iter().map(|object| object.meta().uid.clone()).collect();
        for object in listed {
            self.pod_changed(env, object, true);
        }
        let gone: Vec<Str> = self.pods.keys().filter(|uid| !uids.contains(*uid)).cloned().collect();
        for uid in gone {
            self.pod_removed(env, &uid);
        }
    }

    // ---- what it hears -----------------------------------------------------------------------------------------

    /// Commits about this node's pods, or its Node object.
    pub fn observe(&mut self, env: &mut Env, changes: &[Change]) {
        if !self.kubelet_runs() {
            return;
        }
        for change in changes {
            if change.subject().view::<Pod>().is_none() {
                continue;
            }
            env.cx.trigger = Trigger::Revision(change.revision);
            match &change.object {
                Some(object) => {
                    // The newest state is acted upon; older ones of the same batch would only repeat work.
                    let newest = env.cx.lister::<Pod>().get_key(&change.key);
                    let object = newest
                        .filter(|it| it.meta().uid == object.meta().uid)
                        .unwrap_or_else(|| object.clone());
                    self.pod_changed(env, object, false);
                }
                None => {
                    let uid = change.subject().meta().uid.clone();
                    self.pod_removed(env, &uid);
                }
            }
        }
    }

    fn pod_changed(&mut self, env: &mut Env, object: Object, force: bool) {
        let uid = object.meta().uid.clone();
        if static_pods::mirror_is_deleting(self, env, &object) {
            return;
        }
        let Some(worker) = self.pods.get_mut(&uid) else {
            let Some(pod) = object.view::<Pod>() else { return };
            let over = matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
            if over && !object.meta().is_deleting() {
                return;
            }
            let mut worker = PodWorker::new(object.clone());
            worker.terminal = over;
            self.pods.insert(uid.clone(), Rc::new(worker));
            self.with_pod(env, &uid, Node::sync);
            return;
        };
        let old = worker.pod.meta();
        let new = object.meta();
        let matters = force
            || new.generation != old.generation
            || new.is_deleting() != old.is_deleting()
            || new.deletion_grace_period_seconds != old.deletion_grace_period_seconds
            || new.labels != old.labels
            || new.annotations != old.annotations
            || containers_changed(&worker.pod, &object)
            || gates_changed(&worker.pod, &object);
        let worker = Rc::make_mut(worker);
        worker.pod = object;
        if matters {
            worker.add_slots();
            self.with_pod(env, &uid, Node::sync);
        }
    }

    /// The pod is gone from the API (force deletion): what runs is stopped, nothing is reported.
    fn pod_removed(&mut self, env: &mut Env, uid: &Str) {
        if static_pods::mirror_removed(self, env, uid) {
            return;
        }
        if let Some(worker) = self.pods.get_mut(uid) {
            Rc::make_mut(worker).orphan = true;
            self.with_pod(env, uid, Node::sync);
        }
    }

    // ---- timers ------------------------------------------------------------------------------------------------

    /// One of the node's own timers is due.
    pub fn on_timer(&mut self, env: &mut Env, timer: NodeTimer) {
        match timer {
            NodeTimer::Boot => self.booted(env),
            NodeTimer::Status => {
                if self.kubelet_runs() {
                    self.report_status(env);
                }
                self.schedule_status(env);
            }
            NodeTimer::Relist => self.relist(env),
            NodeTimer::Pulled => self.pull_done(env),
            NodeTimer::Eviction => {
                self.evict(env);
                if self.kubelet_runs() && !self.eviction_due {
                    self.report_status(env);
                }
            }
        }
    }

    /// A timer of one pod's worker is due; one of an older `generation` is stale.
    pub fn on_pod_timer(&mut self, env: &mut Env, uid: &Str, generation: u32, timer: PodTimer) {
        if !self.kubelet_runs() {
            return;
        }
        let Some(worker) = self.pods.get(uid) else { return };
        if timer == PodTimer::Sync && worker.generation != generation {
            return;
        }
        if timer == PodTimer::Sync && (worker.retry.is_some() || worker.volume_retries > 0) {
            env.cx.trigger = Trigger::Due(Due::BackOff);
        }
        self.with_pod(env, uid, |node, env, worker| match timer {
            PodTimer::Sync => node.sync(env, worker),
            PodTimer::SandboxReady => node.sandbox_ready(env, worker),
            PodTimer::ContainerStarted(id) => node.container_created(env, worker, id),
            PodTimer::Grace(id, grace) => node.grace_over(env, worker, id, grace),
            PodTimer::Stopped => node.container_stopped(env, worker),
            PodTimer::HookDone(slot, error) => node.hook_done(env, worker, slot, error),
            PodTimer::Deadline => node.deadline_passed(env, worker),
            PodTimer::SandboxStopped => node.sandbox_stopped(env, worker),
        });
    }

    /// Takes a worker out of the table, works on it, and puts it back unless it is done.
    pub(super) fn with_pod(
        &mut self,
        env: &mut Env,
        uid: &Str,
        act: impl FnOnce(&mut Node, &mut Env, &mut PodWorker),
    ) {
        let Some(mut worker) = self.pods.remove(uid) else { return };
        act(self, env, Rc::make_mut(&mut worker));
        if !(worker.work == Work::Terminated && (worker.orphan || worker.is_deleting())) {
            // A static pod's worker may have been moved to a new uid.
            let uid = worker.uid.clone();
            self.pods.insert(uid, worker);
        }
    }

    /// A container changed by itself: its worker hears of it at the next relist.
    pub(super) fn changed(&mut self, env: &mut Env, uid: &Str) {
        self.dirty.insert(uid.clone());
        if !self.relist_due && self.kubelet {
            self.relist_due = true;
            // Relists are a second apart, counted from the kubelet's start.
            let now = env.now().0;
            let phase = (now - self.started.0).rem_euclid(RELIST);
            env.out.at(Timestamp(now - phase + RELIST), Event::Node(self.id, NodeTimer::Relist));
        }
    }

    fn relist(&mut self, env: &mut Env) {
        self.relist_due = false;
        if !self.kubelet_runs() {
            return;
        }
        for uid in std::mem::take(&mut self.dirty) {
            self.with_pod(env, &uid, Node::sync);
        }
    }

    // ---- numbers -----------------------------------------------------------------------------------------------

    pub(super) fn new_container(&mut self) -> ContainerId {
        self.next_container += 1;
        ContainerId(self.next_container)
    }

    pub(super) fn new_sandbox(&mut self) -> SandboxId {
        self.next_sandbox += 1;
        SandboxId(self.next_sandbox)
    }

    pub(super) fn new_token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    pub(super) fn machine_id(&self, container: ContainerId) -> crate::network::MachineId {
        crate::network::MachineId { node: self.id, container }
    }

    pub(super) fn host_netns(&self) -> NetnsId {
        NetnsId { node: self.id, sandbox: SandboxId::HOST }
    }

    /// The next free address of the node's pod CIDR, as host-local hands them out: round robin.
    pub(super) fn allocate_ip(&mut self) -> Option<IpAddr> {
        let (network, prefix) = self.spec.pod_cidr.split_once('/')?;
        let network = u32::from(network.parse::<Ipv4Addr>().ok()?);
        let size = 1u32.checked_shl(32 - prefix.parse::<u32>().ok()?)?;
        for _ in 0..size {
            let host = self.next_address;
            self.next_address = if host + 2 >= size { 2 } else { host + 1 };
            if self.addresses.insert(host) {
                return Some(IpAddr::V4(Ipv4Addr::from(network + host)));
            }
        }
        None
    }

    pub(super) fn release_ip(&mut self, ip: IpAddr) {
        let Some(network) = self.spec.pod_cidr.split('/').next().and_then(|it| it.parse::<Ipv4Addr>().ok())
        else {
            return;
        };
        if let IpAddr::V4(ip) = ip {
            self.addresses.remove(&u32::from(ip).wrapping_sub(u32::from(network)));
        }
    }
}

/// Ephemeral containers and resizes come by subresources.
fn containers_changed(old: &Object, new: &Object) -> bool {
    let (Some(old), Some(new)) = (old.view::<Pod>(), new.view::<Pod>()) else { return false };
    old.spec.ephemeral_containers.len() != new.spec.ephemeral_containers.len()
        || old.spec.containers.iter().zip(&new.spec.containers).any(|(a, b)| a.resources != b.resources)
}

fn gates_changed(old: &Object, new: &Object) -> bool {
    let (Some(old), Some(new)) = (old.view::<Pod>(), new.view::<Pod>()) else { return false };
    !new.spec.readiness_gates.is_empty()
        && new.spec.readiness_gates.iter().any(|gate| {
            let of = |pod: &Pod| {
                pod.status
                    .conditions
                    .iter()
                    .find(|it| it.type_ == gate.condition_type)
                    .map(|it| it.status.clone())
            };
            of(old) != of(new)
        })
}
