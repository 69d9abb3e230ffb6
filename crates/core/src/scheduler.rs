//! kube-scheduler: gives each pod a node, one pod at a time: filter → score → bind.
//!
//! Upstream: pkg/scheduler. The framework's extension points, plugins, weights and reasons are upstream's; the queue
//! with its three parts and queueing hints too. What was decided for a pod and why is kept ([`Decision`]).
//! A binding is one request here, where upstream binds concurrently with the next cycle.

mod cache;
mod cycle;
pub mod decision;
mod diagnosis;
mod framework;
mod node_info;
mod plugins;
mod queue;
mod resource;

use api::core::v1::{Binding, Node, ObjectReference, Pod};
use api::http::Body;
use api::meta::v1::ObjectMeta;
use api::{Object, Status, Str, Timestamp};
use serde_json::json;

pub use self::decision::{Decision, NodeVerdict, Outcome};

use self::cache::Cache;
use self::cycle::Found;
use self::decision::Decisions;
use self::framework::ClusterEvent;
use self::node_info::PodInfo;
use self::queue::{QueuedPod, SchedulingQueue};
use crate::client::{Change, Cx, Identity, Outbox, Recorder, ResourceId, Trigger};

/// The name that pods select their scheduler by, and that its events bear.
const NAME: &str = "default-scheduler";

/// What happens inside the process.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The scheduler is free and a pod waits.
    Cycle,
    /// Back-offs have ended, or pods have been unschedulable for long.
    Flush,
}

/// The kube-scheduler process.
#[derive(Clone)]
pub struct Scheduler {
    cache: Cache,
    queue: SchedulingQueue,
    /// Where the search for nodes goes on in the next cycle, so that all nodes get their turn.
    next_start_node: usize,
    recorder: Recorder,
    decisions: Decisions,
    identity: Identity,
    pods: Option<ResourceId>,
    nodes: Option<ResourceId>,
    busy_until: Timestamp,
    cycle_scheduled: bool,
    /// The earliest `Event::Flush` on its way that keeps the world busy, and the earliest that does not.
    flush_work: Option<Timestamp>,
    flush_background: Option<Timestamp>,
}

impl Scheduler {
    /// A process that has not started yet.
    pub fn new() -> Scheduler {
        Scheduler {
            cache: Cache::default(),
            queue: SchedulingQueue::default(),
            next_start_node: 0,
            recorder: Recorder::default(),
            decisions: Decisions::default(),
            identity: Identity {
                user: "system:kube-scheduler".into(),
                groups: vec!["system:authenticated".into()],
                component: NAME.into(),
                host: Str::default(),
            },
            pods: None,
            nodes: None,
            busy_until: Timestamp::ZERO,
            cycle_scheduled: false,
            flush_work: None,
            flush_background: None,
        }
    }

    /// True if a running process hears of this change.
    pub fn wants(&self, change: &Change) -> bool {
        self.pods == Some(change.resource) || self.nodes == Some(change.resource)
    }

    /// Starts the process: forgets what an earlier run knew and lists everything.
    pub fn start(&mut self, cx: &mut Cx, out: &mut Outbox<Event>) {
        let decisions = std::mem::take(&mut self.decisions);
        *self = Scheduler { decisions, ..Scheduler::new() };
        self.pods = cx.registry().id_of::<Pod>();
        self.nodes = cx.registry().id_of::<Node>();
        for node in cx.lister::<Node>().list(None) {
            self.cache.set_node(node);
        }
        for pod in cx.lister::<Pod>().list(None) {
            self.observe_pod(None, Some(&pod), Trigger::Bootstrap, cx.now);
        }
        self.schedule_events(cx.now, out);
    }

    /// Changes arrive on the watches.
    pub fn observe(&mut self, cx: &mut Cx, changes: &[Change], out: &mut Outbox<Event>) {
        for change in changes {
            let trigger = Trigger::Revision(change.revision);
            if Some(change.resource) == self.pods {
                self.observe_pod(change.previous.as_ref(), change.object.as_ref(), trigger, cx.now);
            } else if Some(change.resource) == self.nodes {
                self.observe_node(change, trigger, cx.now);
            }
        }
        self.schedule_events(cx.now, out);
    }

    /// Handles one event: at most one scheduling cycle.
    pub fn handle(&mut self, cx: &mut Cx, event: Event, out: &mut Outbox<Event>) {
        match event {
            Event::Cycle => {
                self.cycle_scheduled = false;
                self.queue.flush(cx.now);
                self.schedule_one(cx);
            }
            Event::Flush => {
                self.flush_work = self.flush_work.filter(|time| *time > cx.now);
                self.flush_background = self.flush_background.filter(|time| *time > cx.now);
                self.queue.flush(cx.now);
            }
        }
        self.schedule_events(cx.now, out);
    }

    /// The last decision about a pod, while it is remembered.
    pub fn decision(&self, pod_uid: &str) -> Option<&Decision> {
        self.decisions.get(pod_uid)
    }

    /// Pods in the active, backoff and unschedulable parts of the queue, and behind gates.
    pub fn pending(&self) -> [usize; 4] {
        self.queue.pending()
    }

    fn schedule_events(&mut self, now: Timestamp, out: &mut Outbox<Event>) {
        if !self.cycle_scheduled && self.queue.has_next() {
            self.cycle_scheduled = true;
            out.at(self.busy_until.max(now), Event::Cycle);
        }
        let (backoff, unschedulable) = self.queue.next_flush();
        if let Some(time) = backoff
            && self.flush_work.is_none_or(|scheduled| time < scheduled)
        {
            self.flush_work = Some(time);
            out.at(time.max(now), Event::Flush);
        }
        if let Some(time) = unschedulable
            && self.flush_background.is_none_or(|scheduled| time < scheduled)
        {
            self.flush_background = Some(time);
            out.background(time.max(now), Event::Flush);
        }
    }

    fn observe_node(&mut self, change: &Change, trigger: Trigger, now: Timestamp) {
        let old = change.previous.as_ref().and_then(|object| object.view::<Node>());
        let new = change.object.as_ref().and_then(|object| object.view::<Node>());
        match &change.object {
            Some(object) => self.cache.set_node(object.clone()),
            None => self.cache.remove_node(&change.key.name),
        }
        match (old, new) {
            (None, Some(node)) => self.move_pods(&ClusterEvent::NodeAdd(node), trigger, now),
            (Some(old), Some(new)) if node_changed(old, new) => {
                self.move_pods(&ClusterEvent::NodeUpdate { old, new }, trigger, now);
            }
            (Some(_), None) => self.move_pods(&ClusterEvent::NodeDelete, trigger, now),
            _ => {}
        }
    }

    fn observe_pod(&mut self, old: Option<&Object>, new: Option<&Object>, trigger: Trigger, now: Timestamp) {
        let (old, new) = (old.and_then(as_seen), new.and_then(as_seen));
        match (old, new) {
            (None, None) => {}
            (None, Some((object, pod))) => self.appeared(object, pod, trigger, now),
            (Some((object, pod)), None) => self.gone(object, pod, trigger, now),
            (Some((_, old)), Some((object, new))) if old.spec.node_name != new.spec.node_name => {
                self.queue.delete(&new.metadata.uid);
                self.appeared(object, new, trigger, now);
            }
            (Some((_, old)), Some((object, new))) if new.spec.node_name.is_empty() => {
                self.waiting_pod_changed(old, object, new, trigger, now);
            }
            (Some((_, old)), Some((object, new))) => {
                self.cache.add_pod(object.clone(), &new.spec.node_name);
                if old.metadata.labels != new.metadata.labels || old.spec.containers != new.spec.containers {
                    self.move_pods(&ClusterEvent::AssignedPodUpdate { old, new }, trigger, now);
                }
            }
        }
    }

    fn appeared(&mut self, object: &Object, pod: &Pod, trigger: Trigger, now: Timestamp) {
        if !pod.spec.node_name.is_empty() {
            self.cache.add_pod(object.clone(), &pod.spec.node_name);
            self.move_pods(&ClusterEvent::AssignedPodAdd(pod), trigger, now);
        } else if is_responsible(pod) && !pod.metadata.is_deleting() {
            self.queue.add(object.clone(), trigger, now);
        }
    }

    fn gone(&mut self, object: &Object, pod: &Pod, trigger: Trigger, now: Timestamp) {
        self.queue.delete(&object.meta().uid);
        if self.cache.node_of(&object.meta().uid).is_some() {
            self.cache.remove_pod(&object.meta().uid);
            self.move_pods(&ClusterEvent::AssignedPodDelete(pod), trigger, now);
        }
    }

    fn waiting_pod_changed(
        &mut self,
        old: &Pod,
        object: &Object,
        new: &Pod,
        trigger: Trigger,
        now: Timestamp,
    ) {
        let uid = &new.metadata.uid;
        if new.metadata.is_deleting() {
            self.queue.delete(uid);
        } else if is_responsible(new) && self.cache.node_of(uid).is_none() {
            let event = ClusterEvent::OwnUpdate { old, new };
            self.queue.update(object.clone(), trigger, now, |plugin| may_help(new, plugin, &event));
        }
    }

    fn move_pods(&mut self, event: &ClusterEvent, trigger: Trigger, now: Timestamp) {
        if !self.queue.nobody_waits() {
            self.queue.move_on_event(trigger, now, |pod, plugin| may_help(pod, plugin, event));
        }
    }

    /// One cycle for the next pod.
    fn schedule_one(&mut self, cx: &mut Cx) {
        let Some(queued) = self.queue.pop() else { return };
        self.busy_until = cx.now + cx.profile.schedule;
        let identity = self.identity.clone();
        let mut cx = cx.with_identity(&identity, queued.trigger);
        let info = self.cache.pod_info(queued.object.clone());
        let found = self.schedule_pod(&mut cx, &info);
        match found.chosen.and_then(|slot| self.cache.slot(slot)).map(|node| node.name().clone()) {
            Some(node) => self.bind(&mut cx, queued, &node, found),
            None => self.no_node(&mut cx, queued, &info, found),
        }
        self.cache.release(&info);
    }

    fn keep(&mut self, cx: &Cx, queued: &QueuedPod, outcome: Outcome, found: Found) {
        let decision = Decision {
            pod: queued.object.key(),
            time: cx.now,
            attempt: queued.attempts,
            outcome,
            total: found.diagnosis.total,
            evaluated: found.evaluated,
            feasible: found.feasible,
            nodes: found.verdicts,
        };
        self.decisions.keep(queued.object.meta().uid.clone(), decision);
    }

    /// Assumes the pod on the node and asks the API server to bind it (DefaultBinder).
    fn bind(&mut self, cx: &mut Cx, queued: QueuedPod, node: &Str, found: Found) {
        let object = queued.object.clone();
        let meta = object.meta();
        match post_binding(cx, meta, node) {
            Ok(()) => {
                self.cache.add_pod(object.clone(), node);
                self.keep(cx, &queued, Outcome::Bound(node.clone()), found);
                let message = format!("Successfully assigned {}/{} to {node}", meta.namespace, meta.name);
                self.recorder.event(cx, &object, "Normal", "Scheduled", message);
            }
            // The pod is gone; its deletion is on its way.
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                let message = format!("running Bind plugin \"DefaultBinder\": {}", error.message);
                self.keep(cx, &queued, Outcome::Error(message.as_str().into()), found);
                self.handle_scheduling_failure(cx, &object, "SchedulerError", &message);
                self.queue.add_failed(queued, cx.now);
            }
        }
    }

    fn no_node(&mut self, cx: &mut Cx, queued: QueuedPod, info: &PodInfo, found: Found) {
        let message = found.diagnosis.message(info.pod());
        let mut rejected_by = found.diagnosis.rejected_by();
        if found.diagnosis.total == 0 {
            // Any node helps.
            rejected_by = vec!["NodeResourcesFit", "NodeUnschedulable"];
        }
        self.keep(cx, &queued, Outcome::Unschedulable(message.as_str().into()), found);
        let object = queued.object.clone();
        self.queue.add_unschedulable(queued, rejected_by, cx.now);
        self.handle_scheduling_failure(cx, &object, "Unschedulable", &message);
    }

    /// Says that a pod could not be scheduled: an event, and the PodScheduled condition if that is new.
    fn handle_scheduling_failure(&mut self, cx: &mut Cx, object: &Object, reason: &str, message: &str) {
        self.recorder.event(cx, object, "Warning", "FailedScheduling", message);
        let Some(pod) = object.view::<Pod>() else { return };
        let present = api::pod::condition(&pod.status, "PodScheduled");
        if present.is_some_and(|c| c.status == "False" && c.reason == reason && c.message == message) {
            return;
        }
        let since = present
            .filter(|condition| condition.status == "False")
            .map_or(cx.now, |c| c.last_transition_time);
        let condition = json!({
            "type": "PodScheduled",
            "observedGeneration": pod.metadata.generation,
            "status": "False",
            "lastProbeTime": null,
            "lastTransitionTime": since.rfc3339(),
            "reason": reason,
            "message": message,
        });
        let patch = json!({ "status": { "conditions": [condition] } });
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        // Upstream logs a failure here and goes on.
        let _ = cx.patch::<Pod>(namespace, name, "status", "application/strategic-merge-patch+json", patch);
    }
}

fn post_binding(cx: &mut Cx, meta: &ObjectMeta, node: &Str) -> Result<(), Status> {
    let target = ObjectReference { kind: "Node".into(), name: node.clone(), ..Default::default() };
    let metadata = ObjectMeta {
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        ..Default::default()
    };
    let binding = Body::Object(Object::of(Binding { metadata, target }));
    cx.create_subresource::<Pod>(&meta.namespace, &meta.name, "binding", binding).map(|_| ())
}

/// A pod as the scheduler's watch sees it: those that have ended are filtered out.
fn as_seen(object: &Object) -> Option<(&Object, &Pod)> {
    let pod = object.view::<Pod>()?;
    let ended = pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
    (!ended).then_some((object, pod))
}

fn is_responsible(pod: &Pod) -> bool {
    pod.spec.scheduler_name == NAME || pod.spec.scheduler_name.is_empty()
}

fn may_help(pod: &Pod, plugin: &str, event: &ClusterEvent) -> bool {
    plugins::by_name(plugin).is_none_or(|plugin| plugin.is_schedulable_after(pod, event))
}

/// True if something changed that scheduling looks at; heartbeats do not count.
fn node_changed(old: &Node, new: &Node) -> bool {
    old.spec.unschedulable != new.spec.unschedulable
        || old.spec.taints != new.spec.taints
        || old.metadata.labels != new.metadata.labels
        || old.status.allocatable != new.status.allocatable
}
