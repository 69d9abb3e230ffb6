//! The kubelets of all nodes, each with its container runtime.
//!
//! One struct serves thousands of nodes: a node is plain data ([`node::Node`]) behind an `Rc`, so that a clone of the
//! world shares all nodes that stand still. Every node acts under its own identity (`system:node:<name>`), whatever
//! identity the context it is handed carries.
//!
//! Mirrors k8s.io/kubernetes/pkg/kubelet of v1.36 by name: [`pod_worker`] (the lifecycle of a pod), [`status`] (what the
//! API sees of it), [`prober`], [`images`] (pulls), [`volumes`], [`env`], [`node_status`], [`server`] (log, exec, attach,
//! port-forward). What wakes a kubelet: pods bound to its node, its node object, deliveries from the network, timers.

mod admission;
mod api_front;
mod env;
mod eviction;
mod images;
mod lifecycle;
mod machines;
pub mod node;
mod node_status;
mod pod_worker;
mod prober;
pub mod server;
pub mod server_logs;
pub mod spec;
mod static_pods;
mod status;
mod sync;
mod token;
mod volumes;

use collections::OrdMap;
pub use node::{Node, Power};
pub use server::{Attachment, ExecOptions};
pub use server_logs::{LogCursor, LogOptions};
pub use spec::{NodeSpec, NodesConfig, Role};

use std::rc::Rc;

use api::core::v1 as k8s;
use api::{Str, Timestamp};

use crate::client::{Change, Due, Trigger};
use crate::client::{Cx, Identity, Outbox};
use crate::network::{self, Network};
use crate::network::{ContainerId, MachineId, NodeId};
use crate::runtime::Library;

/// What can happen on a node.
#[derive(Clone, Debug)]
pub enum Event {
    /// All nodes whose lease is due renew it: one batched event every ten seconds.
    Heartbeats,
    /// Something due on a node as a whole.
    Node(NodeId, NodeTimer),
    /// A pod's worker goes on. The number is the worker's generation: an event of an older one is stale.
    Pod(NodeId, Str, u32, PodTimer),
    /// A machine's programs wanted to be woken now.
    Run(MachineId),
    /// A probe is due.
    Probe(NodeId, prober::ProbeKey),
    /// Something arrives over the network.
    Net(network::Event),
}

impl Event {
    /// What is due when it happens, for those who ask why.
    fn due(&self) -> Due {
        match self {
            Event::Heartbeats => Due::Heartbeat,
            Event::Node(_, NodeTimer::Boot) => Due::Boot,
            Event::Node(_, NodeTimer::Status) => Due::NodeStatus,
            Event::Node(_, NodeTimer::Relist) => Due::Relist,
            Event::Node(_, NodeTimer::Pulled) => Due::Pulled,
            Event::Node(_, NodeTimer::Eviction) => Due::Eviction,
            Event::Pod(.., timer) => match timer {
                PodTimer::Sync => Due::Sync,
                PodTimer::SandboxReady => Due::Sandbox,
                PodTimer::ContainerStarted(_) => Due::Container,
                PodTimer::Grace(_, lifecycle::Grace::Sleep) => Due::PreStop,
                PodTimer::Grace(_, lifecycle::Grace::Kill) => Due::Grace,
                PodTimer::HookDone(..) => Due::Hook,
                PodTimer::Deadline => Due::Deadline,
                PodTimer::Stopped => Due::Stopped,
                PodTimer::SandboxStopped => Due::SandboxGone,
            },
            Event::Run(_) => Due::Process,
            Event::Probe(..) => Due::Probe,
            Event::Net(_) => Due::Network,
        }
    }
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeTimer {
    /// The machine has booted and the kubelet starts.
    Boot,
    /// The node's status is due even if nothing changed (every 5 minutes).
    Status,
    /// The pod lifecycle event generator lists containers and tells workers what changed (every second, if anything did).
    Relist,
    /// The image pull in front of the queue is complete.
    Pulled,
    /// The eviction manager looks at the machine's memory.
    Eviction,
}

/// What a pod's worker waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum PodTimer {
    /// Sync the pod: first sync, resync, back-off expired.
    Sync,
    /// The sandbox is ready.
    SandboxReady,
    /// The container being started has been created and started.
    ContainerStarted(ContainerId),
    /// The preStop sleep of a container is over, or its grace period.
    Grace(ContainerId, lifecycle::Grace),
    /// A lifecycle hook of the container in this slot ended: `None`, or why it failed.
    HookDone(usize, Option<Str>),
    /// `activeDeadlineSeconds` has passed.
    Deadline,
    /// A container that the kubelet stopped has ended.
    Stopped,
    /// The sandbox of a terminated pod is gone.
    SandboxStopped,
}

/// All nodes.
#[derive(Clone)]
pub struct Nodes {
    config: Rc<NodesConfig>,
    /// Disks of PersistentVolumes that no node has attached, by PersistentVolume name.
    disks: OrdMap<Str, os::Tree>,
    library: Library,
    by_id: OrdMap<NodeId, Rc<Node>>,
    ids: OrdMap<Str, NodeId>,
    next_id: u32,
    /// The batched heartbeat is scheduled.
    beating: bool,
}

/// What a node's handler works with: the API under the node's identity, the data plane, and the timers it asks for.
pub struct Env<'a, 'cx> {
    /// The API under the node's identity.
    pub cx: &'a mut Cx<'cx>,
    /// The data plane, shared by all nodes.
    pub net: &'a mut Network,
    /// Timers that the node asks for.
    pub out: &'a mut Outbox<Event>,
    /// What all kubelets have in common.
    pub config: &'a NodesConfig,
    /// Contents of disks that outlive pods, by their name.
    pub disks: &'a mut OrdMap<Str, os::Tree>,
    /// Images and root file systems, shared by all nodes.
    pub library: &'a mut Library,
}

impl Env<'_, '_> {
    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.cx.now
    }

    /// Hands what the network wants delivered to the world's queue.
    pub fn flush_network(&mut self) {
        for (time, event) in self.net.take_outgoing() {
            self.out.at(time, Event::Net(event));
        }
    }
}

impl Nodes {
    /// The nodes of a configuration, all of them off.
    pub fn new(config: NodesConfig) -> Nodes {
        let specs = config.nodes.clone();
        let mut nodes = Nodes {
            config: Rc::new(config),
            disks: OrdMap::new(),
            library: Library::default(),
            by_id: OrdMap::new(),
            ids: OrdMap::new(),
            next_id: 0,
            beating: false,
        };
        for spec in specs {
            nodes.insert(spec);
        }
        nodes
    }

    fn insert(&mut self, spec: NodeSpec) -> NodeId {
        self.next_id += 1;
        let id = NodeId(self.next_id);
        self.ids.insert(spec.name.clone(), id);
        self.by_id.insert(id, Rc::new(Node::new(id, spec)));
        id
    }

    /// The machines that exist, by name.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.ids.keys()
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.by_id.get(self.ids.get(name)?).map(|node| &**node)
    }

    /// Who that node is to the API server.
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.node(name).map(|node| &*node.identity)
    }

    /// The node whose kubelet hears of this change: the one a pod is bound to, or whose node object it is. ConfigMaps and
    /// Secrets wake nobody: as in life their volumes are refreshed at a pod's next periodic sync.
    pub fn interested(&self, change: &Change) -> Option<Str> {
        let subject = change.subject();
        if let Some(pod) = subject.view::<k8s::Pod>() {
            let name = &pod.spec.node_name;
            return self.ids.contains_key(name).then(|| name.clone());
        }
        subject.view::<k8s::Node>()?;
        self.ids.get_key_value(&subject.meta().name).map(|(name, _)| name.clone())
    }

    /// Switches all machines on.
    pub fn start(&mut self, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        cx.trigger = Trigger::Bootstrap;
        let ids: Vec<NodeId> = self.by_id.keys().copied().collect();
        for id in ids {
            self.with(id, cx, net, out, |node, env| node.boot(env));
        }
        self.beat(cx.now, out);
    }

    /// Adds a machine; its kubelet registers it as in [`Nodes::start`].
    pub fn add_node(&mut self, spec: NodeSpec, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        let id = self.insert(spec);
        self.with(id, cx, net, out, |node, env| node.boot(env));
        self.beat(cx.now, out);
    }

    /// Takes a machine away for good (its Node object stays until somebody deletes it).
    pub fn remove_node(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.stop_node(name, cx, net, out);
        if let Some(id) = self.ids.remove(name) {
            self.by_id.remove(&id);
        }
    }

    /// Commits that concern a node reach its kubelet.
    pub fn observe(
        &mut self,
        node: &str,
        cx: &mut Cx,
        changes: &[Change],
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) {
        let Some(id) = self.ids.get(node).copied() else { return };
        self.with(id, cx, net, out, |node, env| node.observe(env, changes));
    }

    /// One scheduled happening.
    pub fn handle(&mut self, cx: &mut Cx, event: Event, net: &mut Network, out: &mut Outbox<Event>) {
        cx.trigger = Trigger::Due(event.due());
        match event {
            Event::Heartbeats => self.heartbeats(cx, net, out),
            Event::Node(id, timer) => self.with(id, cx, net, out, |node, env| node.on_timer(env, timer)),
            Event::Pod(id, uid, generation, timer) => {
                self.with(id, cx, net, out, |node, env| node.on_pod_timer(env, &uid, generation, timer));
            }
            Event::Run(machine) => {
                self.with(machine.node, cx, net, out, |node, env| node.run_machine(env, machine.container));
            }
            Event::Probe(id, key) => self.with(id, cx, net, out, |node, env| node.on_probe(env, key)),
            Event::Net(event) => match net.receiver(&event) {
                Some(id) => self.with(id, cx, net, out, |node, env| node.on_network(env, event)),
                None => {
                    net.on_external(cx.now, event);
                    forward(net, out);
                }
            },
        }
    }

    /// The node an event happens on; `None` for those that concern many nodes or none.
    pub fn node_of(&self, event: &Event) -> Option<&Str> {
        let id = match event {
            Event::Heartbeats | Event::Net(_) => return None,
            Event::Node(id, _) | Event::Pod(id, ..) | Event::Probe(id, _) => id,
            Event::Run(machine) => &machine.node,
        };
        self.by_id.get(id).map(|node| &node.spec.name)
    }

    /// Stops the kubelet process of a node: containers go on, the lease runs out.
    pub fn stop_kubelet(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.with_name(name, cx, net, out, |node, env| node.stop_kubelet(env));
    }

    /// The process starts again and looks at its pods anew.
    pub fn start_kubelet(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.with_name(name, cx, net, out, |node, env| node.start_kubelet(env));
    }

    /// Cuts the power: every process dies at once, nobody reports it.
    pub fn stop_node(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.with_name(name, cx, net, out, |node, env| node.power_off(env));
    }

    /// Switches the machine on again: sandboxes are re-created, containers restarted.
    pub fn start_node(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.with_name(name, cx, net, out, |node, env| node.boot(env));
        self.beat(cx.now, out);
    }

    /// Cuts the node's network: it reaches nobody, and nobody reaches it.
    pub fn cut_node(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        let mut rules = net.rules().to_vec();
        rules.push(isolation(name));
        net.set_rules(rules);
        self.with_name(name, cx, net, out, |node, env| node.set_isolated(env, true));
    }

    /// Undoes the isolation.
    pub fn heal_node(&mut self, name: &str, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        let rule = isolation(name);
        net.set_rules(net.rules().iter().filter(|it| **it != rule).cloned().collect());
        self.with_name(name, cx, net, out, |node, env| node.set_isolated(env, false));
    }

    /// Kills a container's processes behind the kubelet's back (`crictl stop`, `kill -9`).
    pub fn kill_container(
        &mut self,
        name: &str,
        pod_uid: &str,
        container: &str,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) {
        self.with_name(name, cx, net, out, |node, env| node.kill_container_process(env, pod_uid, container));
    }

    /// Runs `action` on a node with the API under the node's identity.
    fn with<T: Default>(
        &mut self,
        id: NodeId,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
        action: impl FnOnce(&mut Node, &mut Env) -> T,
    ) -> T {
        let Some(node) = self.by_id.get_mut(&id) else { return T::default() };
        let node = Rc::make_mut(node);
        let identity = node.identity.clone();
        let trigger = cx.trigger;
        let mut cx = cx.with_identity(&identity, trigger);
        let (config, disks, library) = (&self.config, &mut self.disks, &mut self.library);
        let mut env = Env { cx: &mut cx, net, out, config, disks, library };
        let result = action(node, &mut env);
        env.flush_network();
        result
    }

    /// Renews a lease. The node itself does not change: clones of the world go on sharing it.
    fn renew_lease(&mut self, id: NodeId, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        let Some(node) = self.by_id.get(&id) else { return };
        let trigger = cx.trigger;
        let mut cx = cx.with_identity(&node.identity, trigger);
        let (config, disks, library) = (&self.config, &mut self.disks, &mut self.library);
        let mut env = Env { cx: &mut cx, net, out, config, disks, library };
        node.renew_lease(&mut env);
        env.flush_network();
    }

    fn with_name<T: Default>(
        &mut self,
        name: &str,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
        action: impl FnOnce(&mut Node, &mut Env) -> T,
    ) -> T {
        match self.ids.get(name).copied() {
            Some(id) => self.with(id, cx, net, out, action),
            None => T::default(),
        }
    }

    fn beat(&mut self, now: Timestamp, out: &mut Outbox<Event>) {
        if !self.beating {
            self.beating = true;
            out.background(Timestamp(now.0 + node_status::LEASE_RENEW_MICROS), Event::Heartbeats);
        }
    }

    fn heartbeats(&mut self, cx: &mut Cx, net: &mut Network, out: &mut Outbox<Event>) {
        self.beating = false;
        let ids: Vec<NodeId> =
            self.by_id.iter().filter(|(_, node)| node.kubelet_runs()).map(|(id, _)| *id).collect();
        for id in &ids {
            self.renew_lease(*id, cx, net, out);
            if self.by_id.get(id).is_some_and(|node| node.has_news()) {
                self.with(*id, cx, net, out, |node, env| node.report_status(env));
            }
        }
        if !self.by_id.is_empty() {
            self.beat(cx.now, out);
        }
    }
}

fn isolation(node: &str) -> network::Rule {
    network::Rule {
        a: network::Match::Node(node.into()),
        b: network::Match::Any,
        verdict: network::Verdict::Cut,
    }
}

/// Moves what the network wants delivered into the nodes' queue. Whoever calls [`Network`] from outside the kubelet
/// (an external client) does this afterwards.
pub fn forward(net: &mut Network, out: &mut Outbox<Event>) {
    for (time, event) in net.take_outgoing() {
        out.at(time, Event::Net(event));
    }
}

#[cfg(test)]
mod tests;
