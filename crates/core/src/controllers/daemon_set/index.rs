//! What a DaemonSet has on each node, counted as it changes: one pod of ten thousand that becomes ready costs one node.

use api::apps::v1::DaemonSet;
use api::core::v1::{Node, Pod, PodSpec};
use api::pod::{is_ready, is_terminal, ready_since};
use api::{Object, Shared, Str, Timestamp};
use collections::{OrdMap, OrdSet, StableSort};

use super::placement::{Fit, fit, is_updated, target_node};
use crate::client::{Change, Cx};
use crate::sim::{Duration, SharedMap};

/// What is known of one DaemonSet.
#[derive(Clone, Default)]
pub(super) struct Index {
    uid: Str,
    /// Of the spec that the counts are about.
    generation: i64,
    pub(super) hash: Str,
    /// Pod spec with the daemon's tolerations, to compare nodes with.
    spec: Shared<PodSpec>,
    pub(super) nodes: SharedMap<Str, OnNode>,
    /// Nodes to look at again.
    pub(super) dirty: OrdSet<Str>,
    pub(super) total: Tally,
    /// False once a stored revision has changed.
    pub(super) history_known: bool,
}

/// One node, or a name of none that pods were made for.
#[derive(Clone, Default)]
pub(super) struct OnNode {
    pub(super) fit: Fit,
    pub(super) exists: bool,
    /// Names of the pods that are on the node or were made for it.
    pub(super) pods: Vec<Str>,
    pub(super) tally: Tally,
    /// When a failed pod was last deleted here, and how long to wait before the next.
    pub(super) failed: Option<(Timestamp, Duration)>,
}

/// What a status says, summed over nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) desired: i32,
    pub(super) current: i32,
    pub(super) ready: i32,
    pub(super) available: i32,
    pub(super) updated: i32,
    pub(super) misscheduled: i32,
    /// Pods of an older template that are not being deleted.
    pub(super) outdated: i32,
}

impl Tally {
    fn each(&mut self, other: &Tally, sign: i32) {
        self.desired += sign * other.desired;
        self.current += sign * other.current;
        self.ready += sign * other.ready;
        self.available += sign * other.available;
        self.updated += sign * other.updated;
        self.misscheduled += sign * other.misscheduled;
        self.outdated += sign * other.outdated;
    }
}

impl Index {
    /// True if the counts are about another spec, or another object of the same name.
    pub(super) fn is_stale(&self, set: &DaemonSet) -> bool {
        self.uid != set.metadata.uid || self.generation != set.metadata.generation || !self.history_known
    }

    /// Starts anew: every node is to be looked at.
    pub(super) fn rebuild(&mut self, cx: &Cx, set: &DaemonSet, hash: Str, spec: Shared<PodSpec>) {
        let failed: OrdMap<Str, _> =
            self.nodes.iter().filter_map(|(name, on)| Some((name.clone(), on.failed?))).collect();
        *self = Index {
            uid: set.metadata.uid.clone(),
            generation: set.metadata.generation,
            hash,
            spec,
            history_known: true,
            ..Index::default()
        };
        for node in cx.lister::<Node>().list(None) {
            let name = node.meta().name.clone();
            self.dirty.insert(name.clone());
            let failed = failed.get(&name).copied();
            self.nodes.insert(name, OnNode { failed, ..OnNode::default() });
        }
        for pod in cx.lister::<Pod>().owned_by(&self.uid) {
            if pod.meta().is_controlled_by(&self.uid) {
                self.place(&pod);
            }
        }
    }

    /// Notes a pod that is there.
    pub(super) fn place(&mut self, object: &Object) {
        let Some(node) = object.view::<Pod>().and_then(target_node) else { return };
        let name = &object.meta().name;
        let on = self.nodes.get_or_insert_with(node.clone(), OnNode::default);
        if !on.pods.contains(name) {
            on.pods.push(name.clone());
        }
        self.dirty.insert(node.clone());
    }

    /// Sees a change of one of its pods.
    pub(super) fn observe_pod(&mut self, change: &Change) {
        let mine = |object: &&Object| object.meta().is_controlled_by(&self.uid);
        if let Some(object) = change.object.as_ref().filter(mine) {
            return self.place(&object.clone());
        }
        let gone = change.previous.as_ref().filter(mine).and_then(|object| object.view::<Pod>());
        let Some(node) = gone.and_then(target_node).cloned() else { return };
        if let Some(on) = self.nodes.get_mut(&node) {
            on.pods.retain(|name| *name != change.key.name);
            self.dirty.insert(node);
        }
    }

    /// Looks at a node and its pods again; returns the pods, oldest first.
    pub(super) fn refresh(&mut self, cx: &Cx, set: &DaemonSet, name: &Str) -> Vec<Object> {
        let node = cx.lister::<Node>().get("", name);
        let fit = node.as_ref().and_then(|node| node.view::<Node>()).map(|node| fit(&self.spec, node));
        let pods = self.pods(cx, set, name);
        if fit.is_none() && pods.is_empty() {
            if let Some(on) = self.nodes.remove(name) {
                self.total.each(&on.tally, -1);
            }
            return pods;
        }
        let on = self.nodes.get_or_insert_with(name.clone(), OnNode::default);
        self.total.each(&on.tally, -1);
        on.exists = fit.is_some();
        on.fit = fit.unwrap_or_default();
        on.tally = if on.exists { tally(cx, set, &self.hash, on.fit, &pods) } else { Tally::default() };
        self.total.each(&on.tally, 1);
        pods
    }

    /// The pods of a node, oldest first; those that have ended and are being deleted count no more.
    pub(super) fn pods(&self, cx: &Cx, set: &DaemonSet, node: &str) -> Vec<Object> {
        let Some(on) = self.nodes.get(node) else { return Vec::new() };
        let namespace = &set.metadata.namespace;
        let pods = on.pods.iter().filter_map(|name| cx.lister::<Pod>().get(namespace, name));
        let counts = |pod: &Object| {
            let ended = pod.view::<Pod>().is_some_and(is_terminal);
            pod.meta().is_controlled_by(&self.uid) && !(ended && pod.meta().is_deleting())
        };
        let mut pods: Vec<Object> = pods.filter(counts).collect();
        pods.stable_sort_by_key(|pod| {
            let unscheduled = pod.view::<Pod>().is_none_or(|pod| pod.spec.node_name.is_empty());
            (unscheduled, pod.meta().creation_timestamp, pod.meta().name.clone())
        });
        pods
    }

    /// Marks nodes whose pod has meanwhile been ready for long enough; returns when the next will be.
    pub(super) fn wake_available(&mut self, cx: &Cx, set: &DaemonSet) -> Option<Timestamp> {
        let wait = Duration::secs(i64::from(set.spec.min_ready_seconds));
        if wait.is_zero() || self.total.ready == self.total.available {
            return None;
        }
        let mut next: Option<Timestamp> = None;
        let waiting = |on: &OnNode| on.tally.ready > on.tally.available;
        let names: Vec<Str> =
            self.nodes.iter().filter(|(_, on)| waiting(on)).map(|(name, _)| name.clone()).collect();
        for name in names {
            let pods = self.pods(cx, set, &name);
            let oldest = pods.first().and_then(|pod| pod.view::<Pod>());
            let Some(since) = oldest.and_then(ready_since) else { continue };
            let due = since + wait;
            if due <= cx.now {
                self.dirty.insert(name);
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        next
    }
}

fn tally(cx: &Cx, set: &DaemonSet, hash: &Str, fit: Fit, pods: &[Object]) -> Tally {
    let mut tally = Tally::default();
    let views = || pods.iter().filter_map(|pod| pod.view::<Pod>());
    let outdated = |pod: &&Pod| !pod.metadata.is_deleting() && !is_updated(pod, set, hash);
    tally.outdated = views().filter(outdated).count() as i32;
    if !fit.run {
        tally.misscheduled = i32::from(!pods.is_empty());
        return tally;
    }
    tally.desired = 1;
    let Some(pod) = views().next() else { return tally };
    tally.current = 1;
    tally.ready = i32::from(is_ready(pod));
    tally.available = i32::from(api::pod::is_available(pod, set.spec.min_ready_seconds, cx.now));
    tally.updated = i32::from(is_updated(pod, set, hash));
    tally
}
