//! The world: everything that exists, as one value, and the loop that makes events happen.
//!
//! After each event the commits it made are routed to the processes that watch (dispatch): each hears of them after the
//! watch's latency, as one delivery. Nothing is broadcast and nothing is scanned: a kubelet hears of its own pods only.

use std::collections::VecDeque;
use std::rc::Rc;

use api::http::{Body, Request, Response};
use api::{Str, Timestamp};
use collections::{OrdMap, OrdSet};

use super::connections::Connections;
use super::event::{Event, Watcher};
use super::{ClusterConfig, Fault, Input, bootstrap};
use crate::apiserver::{self, ApiServer, RequestContext, WatchCursor};
use crate::client::{Cx, Identity, Outbox};
use crate::controllers::Manager;
use crate::kubelet::Nodes;
use crate::network::Network;
use crate::scheduler::Scheduler;
use crate::sim::{Class, Duration, EventQueue, Hasher64, Rng};
use crate::store::{Change, Revision, Trigger};

/// What is behind a response whose body is still coming.
#[derive(Clone, Debug)]
pub enum Opened {
    /// To be drained with `Cluster::poll_watch`.
    Watch(WatchCursor),
    /// A call that a kubelet answers, by its number: to be drained with `Cluster::read_connection`.
    Connection(u64),
}

/// etcd is compacted every five minutes (kube-apiserver's --etcd-compaction-interval); the same timer expires events.
const COMPACTION_INTERVAL: Duration = Duration::mins(5);

/// Generators, one a process, so that they do not disturb each other.
#[derive(Clone)]
struct Rngs {
    api: Rng,
    controllers: Rng,
    scheduler: Rng,
    nodes: Rng,
}

/// What a watching process has not seen yet.
#[derive(Clone, Default)]
struct Inbox {
    /// Revisions that concern it, oldest first.
    revisions: VecDeque<Revision>,
    /// Its delivery is scheduled.
    pending: bool,
}

/// Everything that exists.
#[derive(Clone)]
pub struct World {
    config: Rc<ClusterConfig>,
    now: Timestamp,
    queue: EventQueue<Event>,
    /// How many events have been handled: the world's place in its history.
    handled: u64,
    history: Hasher64,
    rngs: Rngs,
    pub(super) api: ApiServer,
    pub(super) controllers: Manager,
    pub(super) scheduler: Scheduler,
    pub(super) nodes: Nodes,
    pub(super) network: Network,
    inboxes: OrdMap<Watcher, Inbox>,
    /// Commits up to here have been routed.
    routed: Revision,
    /// Stopped processes of the control plane.
    stopped: OrdSet<Str>,
    identities: Rc<Identities>,
    pub(super) connections: Connections,
}

/// Who the processes of the control plane are.
struct Identities {
    controllers: Identity,
    scheduler: Identity,
    bootstrap: Identity,
}

fn identity(user: &str, component: &str, groups: &[&str]) -> Identity {
    Identity {
        user: user.into(),
        groups: groups.iter().map(|group| (*group).into()).collect(),
        component: component.into(),
        host: Str::default(),
    }
}

impl World {
    /// The first moment: machines are switched on, the control plane's processes start.
    pub fn new(config: &ClusterConfig) -> World {
        let seed = config.seed;
        let mut world = World {
            now: config.start,
            queue: EventQueue::default(),
            handled: 0,
            history: Hasher64::new(),
            rngs: Rngs {
                api: Rng::stream(seed, "kube-apiserver"),
                controllers: Rng::stream(seed, "kube-controller-manager"),
                scheduler: Rng::stream(seed, "kube-scheduler"),
                nodes: Rng::stream(seed, "nodes"),
            },
            api: ApiServer::new(),
            controllers: Manager::new(),
            scheduler: Scheduler::new(),
            nodes: Nodes::new(bootstrap::nodes(config)),
            network: bootstrap::network(config),
            inboxes: OrdMap::new(),
            routed: 0,
            stopped: OrdSet::new(),
            connections: Connections::default(),
            identities: Rc::new(Identities {
                controllers: identity(
                    "system:kube-controller-manager",
                    "kube-controller-manager",
                    &["system:authenticated"],
                ),
                scheduler: identity("system:kube-scheduler", "default-scheduler", &["system:authenticated"]),
                bootstrap: identity(
                    "kubernetes-admin",
                    "kubeadm",
                    &["system:masters", "system:authenticated"],
                ),
            }),
            config: Rc::new(config.clone()),
        };
        world.bootstrap();
        world
    }

    /// What it was made from.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// The time of the event handled last, or until which the world was moved.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// How many events have been handled.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// How much has been done so far: events handled and commits made.
    pub fn work(&self) -> u64 {
        self.handled + self.api.storage().revision()
    }

    /// How many keys controllers have reconciled so far.
    pub fn reconciles(&self) -> u64 {
        self.controllers.reconciles()
    }

    /// When the next event is due.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.queue.next_time()
    }

    /// True when nothing but background timers is scheduled.
    pub fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    /// The newest revision of the store.
    pub fn revision(&self) -> Revision {
        self.api.storage().revision()
    }

    /// The API server, to look at its store and registry.
    pub fn api(&self) -> &ApiServer {
        &self.api
    }

    /// The scheduler, to look at its queue and decisions.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The kubelets with their containers, and the network.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Stopped processes of the control plane.
    pub fn stopped(&self) -> impl Iterator<Item = &Str> {
        self.stopped.iter()
    }

    /// The running hash over all commits and handled events so far.
    pub fn history_hash(&self) -> u64 {
        let mut h = self.history.clone();
        h.u64(self.handled);
        h.u64(self.now.micros() as u64);
        h.finish()
    }

    /// A hash over the content of every object: dear, and the strongest proof that two worlds are alike.
    pub fn state_hash(&self) -> u64 {
        let mut h = Hasher64::new();
        for resource in self.api.registry().iter() {
            for object in self.api.storage().list(resource.id, None) {
                h.str(&object.to_json().to_string());
            }
        }
        h.u64(self.history_hash());
        h.finish()
    }

    pub(super) fn set_now(&mut self, now: Timestamp) {
        debug_assert!(now >= self.now, "time does not run backwards");
        self.now = self.now.max(now);
    }

    // ---- events ------------------------------------------------------------------------------------------------

    /// Handles the next event due at or before `until`; false when there is none.
    pub fn handle_next(&mut self, until: Timestamp) -> bool {
        let Some((id, event)) = self.queue.pop_due(until) else { return false };
        self.now = self.now.max(id.time);
        self.handled += 1;
        self.handle(event);
        self.dispatch();
        true
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Deliver(watcher) => self.deliver(&watcher),
            Event::Controllers(event) => {
                self.with_controllers(|manager, cx, out| manager.handle(cx, event, out))
            }
            Event::Scheduler(event) => {
                self.with_scheduler(|scheduler, cx, out| scheduler.handle(cx, event, out))
            }
            Event::Nodes(event) => self.with_nodes(|nodes, cx, net, out| nodes.handle(cx, event, net, out)),
            Event::Compact => self.compact(),
        }
    }

    fn with_controllers(
        &mut self,
        act: impl FnOnce(&mut Manager, &mut Cx, &mut Outbox<crate::controllers::Event>),
    ) {
        let mut out = Outbox::default();
        let mut cx = Cx::new(
            self.now,
            &mut self.api,
            &mut self.rngs.api,
            &mut self.rngs.controllers,
            &self.config.profile,
            &self.identities.controllers,
            Trigger::Timer,
        );
        act(&mut self.controllers, &mut cx, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, Event::Controllers(event));
        }
    }

    fn with_scheduler(
        &mut self,
        act: impl FnOnce(&mut Scheduler, &mut Cx, &mut Outbox<crate::scheduler::Event>),
    ) {
        let mut out = Outbox::default();
        let mut cx = Cx::new(
            self.now,
            &mut self.api,
            &mut self.rngs.api,
            &mut self.rngs.scheduler,
            &self.config.profile,
            &self.identities.scheduler,
            Trigger::Timer,
        );
        act(&mut self.scheduler, &mut cx, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, Event::Scheduler(event));
        }
    }

    pub(super) fn with_nodes<T>(
        &mut self,
        act: impl FnOnce(&mut Nodes, &mut Cx, &mut Network, &mut Outbox<crate::kubelet::Event>) -> T,
    ) -> T {
        let mut out = Outbox::default();
        let mut cx = Cx::new(
            self.now,
            &mut self.api,
            &mut self.rngs.api,
            &mut self.rngs.nodes,
            &self.config.profile,
            &self.identities.bootstrap,
            Trigger::Timer,
        );
        let result = act(&mut self.nodes, &mut cx, &mut self.network, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, Event::Nodes(event));
        }
        result
    }

    // ---- watches -----------------------------------------------------------------------------------------------

    /// Routes new commits to the processes that watch them.
    fn dispatch(&mut self) {
        let newest = self.api.storage().revision();
        if newest == self.routed {
            return;
        }
        let mut routes: Vec<(Watcher, Revision)> = Vec::new();
        let Some(changes) = self.api.storage().log_since(self.routed) else { return };
        for change in changes {
            self.history.u64(change.revision);
            self.history.u64(change.time.micros() as u64);
            self.history.u64(u64::from(change.resource.0));
            self.history.str(&change.key.namespace);
            self.history.str(&change.key.name);
            if self.controllers.wants(change) && !self.stopped.contains(CONTROLLERS) {
                routes.push((Watcher::Controllers, change.revision));
            }
            if self.scheduler.wants(change) && !self.stopped.contains(SCHEDULER) {
                routes.push((Watcher::Scheduler, change.revision));
            }
            if let Some(node) = self.nodes.interested(change) {
                routes.push((Watcher::Node(node), change.revision));
            }
            if self.network.wants(change) {
                routes.push((Watcher::Network, change.revision));
            }
        }
        self.routed = newest;
        for (watcher, revision) in routes {
            let inbox = self.inboxes.entry(watcher.clone()).or_default();
            inbox.revisions.push_back(revision);
            if !inbox.pending {
                inbox.pending = true;
                let due = self.now + self.config.profile.watch_delivery;
                self.queue.push(due, Class::Work, Event::Deliver(watcher));
            }
        }
    }

    fn deliver(&mut self, watcher: &Watcher) {
        let latency = self.config.profile.watch_delivery;
        let Some(inbox) = self.inboxes.get_mut(watcher) else { return };
        let mut changes: Vec<Change> = Vec::new();
        while let Some(revision) = inbox.revisions.front() {
            let change = self.api.storage().change(*revision);
            if let Some(change) = change {
                let due = change.time + latency;
                if due > self.now {
                    self.queue.push(due, Class::Work, Event::Deliver(watcher.clone()));
                    break;
                }
                changes.push(change.clone());
            }
            inbox.revisions.pop_front();
        }
        inbox.pending = !inbox.revisions.is_empty();
        if changes.is_empty() {
            return;
        }
        match watcher {
            Watcher::Controllers => {
                self.with_controllers(|manager, cx, out| manager.observe(cx, &changes, out))
            }
            Watcher::Scheduler => {
                self.with_scheduler(|scheduler, cx, out| scheduler.observe(cx, &changes, out))
            }
            Watcher::Node(node) => {
                self.with_nodes(|nodes, cx, net, out| nodes.observe(node, cx, &changes, net, out))
            }
            Watcher::Network => self.network.observe(&changes),
        }
    }

    fn compact(&mut self) {
        self.api.expire_events(self.now);
        self.api.compact(self.now, COMPACTION_INTERVAL);
        self.queue.push(self.now + COMPACTION_INTERVAL, Class::Background, Event::Compact);
    }

    /// The time in µs until somebody outside has a node's answer to an echo request; `None`: none comes. Asking leaves no
    /// trace.
    pub fn echo(&self, addr: std::net::IpAddr) -> Option<i64> {
        self.network.echo_from_outside(addr)
    }

    // ---- the outside -------------------------------------------------------------------------------------------

    /// True if the request opens a connection into a container: exec, attach, port-forward. Logs are reads.
    pub fn is_connect(request: &Request) -> bool {
        let mut parts = request.path.rsplit('/');
        let last = parts.next().unwrap_or_default();
        matches!(last, "exec" | "attach" | "portforward") && parts.nth(1) == Some("pods")
    }

    /// True if the request reads a container's log.
    pub fn is_log(request: &Request) -> bool {
        let mut parts = request.path.rsplit('/');
        parts.next() == Some("log") && parts.nth(1) == Some("pods")
    }

    /// Answers a request that changes nothing: the server's generator is left as it was.
    pub fn read(&mut self, request: &Request) -> (Response, Option<Opened>) {
        let mut rng = self.rngs.api.clone();
        let mut cx = RequestContext::new(self.now, &mut rng, Trigger::Timer);
        let response = self.api.handle(&mut cx, request);
        let opened = cx.opened.take();
        self.open(response, opened)
    }

    /// Applies an input: number `number` of the history's log.
    pub(super) fn apply(&mut self, number: u64, input: &Input) -> (Response, Option<Opened>) {
        let nothing = (Response::ok(Body::Empty), None);
        let answer = match input {
            Input::Request(request) | Input::Connect(request) => {
                let mut cx = RequestContext::new(self.now, &mut self.rngs.api, Trigger::Input(number));
                let response = self.api.handle(&mut cx, request);
                let opened = cx.opened.take();
                self.open(response, opened)
            }
            Input::Dial { addr, port, tls } => {
                let id = self.dial(*addr, *port, *tls);
                (Response::ok(Body::Empty), Some(Opened::Connection(id)))
            }
            Input::StreamData { stream, channel, data } => {
                self.write_connection(*stream, *channel, data);
                nothing
            }
            Input::StreamClose { stream } => {
                self.close_connection(*stream);
                nothing
            }
            Input::Fault(fault) => {
                self.fault(fault);
                nothing
            }
        };
        self.dispatch();
        answer
    }

    fn open(&mut self, response: Response, opened: Option<apiserver::Opened>) -> (Response, Option<Opened>) {
        match opened {
            None => (response, None),
            Some(apiserver::Opened::Watch(cursor)) => (response, Some(Opened::Watch(cursor))),
            Some(apiserver::Opened::Connect(connect)) => match self.connect(&connect) {
                Ok(id) => (response, Some(Opened::Connection(id))),
                Err(status) => (Response::error(&status), None),
            },
        }
    }

    /// Breaks or mends something.
    fn fault(&mut self, fault: &Fault) {
        match fault {
            Fault::StopNode(node) => {
                self.with_nodes(|nodes, cx, net, out| nodes.stop_node(node, cx, net, out))
            }
            Fault::StartNode(node) => {
                self.with_nodes(|nodes, cx, net, out| nodes.start_node(node, cx, net, out))
            }
            Fault::CutNode(node) => self.with_nodes(|nodes, cx, net, out| nodes.cut_node(node, cx, net, out)),
            Fault::HealNode(node) => {
                self.with_nodes(|nodes, cx, net, out| nodes.heal_node(node, cx, net, out))
            }
            Fault::KillContainer { namespace, pod, container } => {
                self.kill_container(namespace, pod, container)
            }
            Fault::StopComponent(name) => self.stop_component(name),
            Fault::StartComponent(name) => self.start_component(name),
        }
    }

    fn kill_container(&mut self, namespace: &str, pod: &str, container: &str) {
        let Some(id) = self.api.registry().id_of::<api::core::v1::Pod>() else { return };
        let Some(object) = self.api.storage().get(id, &api::Key::new(namespace, pod)).cloned() else {
            return;
        };
        let Some(view) = object.view::<api::core::v1::Pod>() else { return };
        let (node, uid) = (view.spec.node_name.clone(), object.meta().uid.clone());
        self.with_nodes(|nodes, cx, net, out| nodes.kill_container(&node, &uid, container, cx, net, out));
    }

    fn stop_component(&mut self, name: &Str) {
        if !self.stopped.insert(name.clone()) {
            return;
        }
        match name.as_str() {
            CONTROLLERS => {
                self.queue.retain(|event| !matches!(event, Event::Controllers(_)));
                self.inboxes.remove(&Watcher::Controllers);
                self.controllers = Manager::new();
            }
            SCHEDULER => {
                self.queue.retain(|event| !matches!(event, Event::Scheduler(_)));
                self.inboxes.remove(&Watcher::Scheduler);
                self.scheduler = Scheduler::new();
            }
            _ => {
                self.stopped.remove(name);
            }
        }
    }

    fn start_component(&mut self, name: &Str) {
        if !self.stopped.remove(name) {
            return;
        }
        match name.as_str() {
            CONTROLLERS => self.with_controllers(|manager, cx, out| manager.start(cx, out)),
            SCHEDULER => self.with_scheduler(|scheduler, cx, out| scheduler.start(cx, out)),
            _ => {}
        }
    }

    /// Brings an empty cluster up as kubeadm does, then starts everything.
    fn bootstrap(&mut self) {
        for request in bootstrap::requests(&self.config) {
            let mut cx = RequestContext::new(self.now, &mut self.rngs.api, Trigger::Bootstrap);
            let response = self.api.handle(&mut cx, &request);
            if let Some(status) = response.to_status() {
                debug_assert!(false, "bootstrap {}: {}", request.path, status.message);
            }
        }
        self.with_nodes(|nodes, cx, net, out| nodes.start(cx, net, out));
        self.with_controllers(|manager, cx, out| manager.start(cx, out));
        self.with_scheduler(|scheduler, cx, out| scheduler.start(cx, out));
        self.queue.push(self.now + COMPACTION_INTERVAL, Class::Background, Event::Compact);
        self.dispatch();
    }
}

/// A process that can be stopped.
pub const CONTROLLERS: &str = "kube-controller-manager";
/// A process that can be stopped.
pub const SCHEDULER: &str = "kube-scheduler";
