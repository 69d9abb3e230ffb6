//! The node lifecycle controller: notices nodes that have fallen silent, says so in conditions and taints, and marks
//! their pods as not ready.
//!
//! Upstream: pkg/controller/nodelifecycle. Upstream looks at every node every 5 s; here each node has the moment at which
//! its silence would have lasted too long, and only nodes whose moment has come are looked at (`health`). Conditions
//! and `spec.unschedulable` as taints are `taints`.

mod taints;

use api::coordination::v1::Lease;
use api::core::v1::{Node, NodeCondition, Pod};
use api::pod::is_ready;
use api::{Key, Object, Status, Str, Timestamp};
use collections::{OrdMap, OrdSet};
use serde_json::json;

use self::taints::{Swap, no_execute_swap, no_schedule_taints, swap_taints};
use super::{Controller, Outcome, Watch, Work, own_key, period_key};
use crate::client::Cx;
use crate::client::{Change, Operation};
use crate::sim::Duration;

/// `--node-monitor-period`.
const MONITOR_PERIOD: Duration = Duration::secs(5);
/// `--node-monitor-grace-period` (50 s since v1.32).
pub(super) const GRACE_PERIOD: Duration = Duration::secs(50);
/// `--node-startup-grace-period`: for a node whose kubelet has never posted a status.
const STARTUP_GRACE_PERIOD: Duration = Duration::secs(60);
/// `--node-eviction-rate` 0.1: one node in so many seconds is tainted NoExecute for being lost.
const EVICTION_INTERVAL: Duration = Duration::secs(10);
/// `--secondary-node-eviction-rate` 0.01, when most of a large cluster is lost.
const SECONDARY_EVICTION_INTERVAL: Duration = Duration::secs(100);
/// `--unhealthy-zone-threshold` in percent and `--large-cluster-size-threshold`.
const UNHEALTHY_PERCENT: usize = 55;
const LARGE_CLUSTER: usize = 50;

/// See the module's documentation. Keys are nodes; the period's key is the look at silent nodes.
#[derive(Clone, Default)]
pub struct NodeLifecycleController {
    /// When each node's silence would have lasted too long.
    deadlines: OrdSet<(Timestamp, Str)>,
    deadline_of: OrdMap<Str, Timestamp>,
    /// Nodes that are not ready.
    unready: OrdSet<Str>,
    /// Nodes whose appearance was said in an event.
    registered: OrdSet<Str>,
    /// When the next lost node may be tainted NoExecute.
    next_eviction: Timestamp,
}

impl Controller for NodeLifecycleController {
    /// The name in its events; the process knows it as node-lifecycle-controller.
    fn name(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Node>(own_key)];
        WATCHES
    }

    fn observe(&mut self, cx: &Cx, change: &Change) {
        let name = &change.key.name;
        if change.operation == Operation::Delete {
            self.forget(name);
            return;
        }
        if !self.deadline_of.contains_key(name) {
            self.set_deadline(name, cx.now);
        }
        let ready = change
            .object
            .as_ref()
            .and_then(|object| object.view::<Node>())
            .is_some_and(|node| ready_status(node) == "True");
        if ready {
            self.unready.remove(name);
        } else {
            self.unready.insert(name.clone());
        }
    }

    fn period(&self) -> Option<Duration> {
        Some(MONITOR_PERIOD)
    }

    fn workers(&self) -> u32 {
        8
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        if *key == period_key() {
            return self.monitor_node_health(cx, work).map(|()| Outcome::Done);
        }
        self.sync_node(cx, work, key)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// The status of a node's Ready condition; empty if it has none.
fn ready_status(node: &Node) -> &str {
    node.status
        .conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")
        .map_or("", |condition| &condition.status)
}

/// The last sign of life: the lease, or the status, whichever is newer.
fn last_heartbeat(cx: &Cx, node: &Node) -> (Timestamp, Duration) {
    let lease = cx.lister::<Lease>().get("kube-node-lease", &node.metadata.name);
    let renewed =
        lease.as_ref().and_then(|lease| lease.view::<Lease>()).and_then(|lease| lease.spec.renew_time);
    let ready = api::node::condition(node, "Ready");
    match (ready, renewed) {
        (None, None) => (node.metadata.creation_timestamp, STARTUP_GRACE_PERIOD),
        (None, Some(renewed)) => (renewed, GRACE_PERIOD),
        (Some(ready), renewed) => (ready.last_heartbeat_time.max(renewed.unwrap_or_default()), GRACE_PERIOD),
    }
}

impl NodeLifecycleController {
    fn forget(&mut self, name: &Str) {
        if let Some(time) = self.deadline_of.remove(name) {
            self.deadlines.remove(&(time, name.clone()));
        }
        self.unready.remove(name);
        self.registered.remove(name);
    }

    fn set_deadline(&mut self, name: &Str, time: Timestamp) {
        if let Some(old) = self.deadline_of.insert(name.clone(), time) {
            self.deadlines.remove(&(old, name.clone()));
        }
        self.deadlines.insert((time, name.clone()));
    }

    /// Looks at the nodes whose moment has come.
    fn monitor_node_health(&mut self, cx: &mut Cx, work: &mut Work) -> Result<(), Status> {
        let mut failure = None;
        let due: Vec<Str> = self
            .deadlines
            .iter()
            .take_while(|(time, _)| *time <= cx.now)
            .map(|(_, name)| name.clone())
            .collect();
        work.read(due.len());
        for name in due {
            let Some(object) = cx.lister::<Node>().get("", &name) else {
                self.forget(&name);
                continue;
            };
            let Some(node) = object.view::<Node>() else { continue };
            let (heartbeat, grace) = last_heartbeat(cx, node);
            if cx.now > heartbeat + grace {
                self.set_deadline(&name, cx.now + GRACE_PERIOD);
                failure = node_is_silent(cx, work, &object, node).err().or(failure);
            } else {
                self.set_deadline(&name, heartbeat + grace + Duration::micros(1));
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Brings a node's taints in line with its conditions.
    fn sync_node(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(object) = cx.lister::<Node>().get_key(key) else { return Ok(Outcome::Done) };
        let Some(node) = object.view::<Node>() else { return Ok(Outcome::Done) };
        self.register(cx, work, &object);
        let ready = ready_status(node);
        let mut swap = no_schedule_taints(node);
        if ready != "True" && !ready.is_empty() {
            mark_pods_not_ready(cx, work, &key.name)?;
        }
        let mut outcome = Outcome::Done;
        let eviction = no_execute_swap(node);
        if eviction.is_new_loss {
            // Lost nodes are given up one by one, slower or not at all when most are lost.
            match self.eviction_time(cx) {
                Some(time) if time <= cx.now => {
                    self.next_eviction = cx.now + self.interval().unwrap_or(EVICTION_INTERVAL);
                    swap.merge(eviction.swap);
                }
                Some(time) => outcome = Outcome::After(time - cx.now),
                None => outcome = Outcome::After(EVICTION_INTERVAL),
            }
        } else {
            swap.merge(eviction.swap);
        }
        write_taints(cx, node, swap)?;
        Ok(outcome)
    }

    /// Says once in an event that a node is known.
    fn register(&mut self, cx: &mut Cx, work: &mut Work, node: &Object) {
        let name = &node.meta().name;
        if self.registered.insert(name.clone()) {
            let message = format!("Node {name} event: Registered Node {name} in Controller");
            work.events.event(cx, node, "Normal", "RegisteredNode", message);
        }
    }

    /// When the next lost node may be given up; `None` while all nodes seem lost: then rather the master is.
    fn eviction_time(&self, cx: &Cx) -> Option<Timestamp> {
        self.interval().map(|_| self.next_eviction.max(cx.now))
    }

    /// Time between two lost nodes, by how much of the cluster is lost.
    fn interval(&self) -> Option<Duration> {
        let (total, lost) = (self.deadline_of.len(), self.unready.len());
        if lost == total {
            // Full disruption: pods stay where they are until a node comes back. A lone node is no disruption.
            return (total <= 1).then_some(EVICTION_INTERVAL);
        }
        if lost > 2 && lost * 100 >= total * UNHEALTHY_PERCENT {
            return (total > LARGE_CLUSTER).then_some(SECONDARY_EVICTION_INTERVAL);
        }
        Some(EVICTION_INTERVAL)
    }
}

/// A node has not been heard of for too long: its conditions become Unknown.
fn node_is_silent(cx: &mut Cx, work: &mut Work, object: &Object, node: &Node) -> Result<(), Status> {
    let was_ready = ready_status(node) == "True";
    let Some(changed) = silent_status(node, cx.now) else { return Ok(()) };
    cx.update_status(changed)?;
    if was_ready {
        let message = format!("Node {} status is now: NodeNotReady", node.metadata.name);
        work.events.event(cx, object, "Normal", "NodeNotReady", message);
    }
    Ok(())
}

/// The node with Unknown conditions; `None` if they are so already.
fn silent_status(node: &Node, now: Timestamp) -> Option<Node> {
    let mut node = node.clone();
    let mut changed = false;
    for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        match node.status.conditions.iter_mut().find(|condition| condition.type_ == kind) {
            None => node.status.conditions.push(NodeCondition {
                type_: kind.into(),
                status: "Unknown".into(),
                last_heartbeat_time: node.metadata.creation_timestamp,
                last_transition_time: now,
                reason: "NodeStatusNeverUpdated".into(),
                message: "Kubelet never posted node status.".into(),
            }),
            Some(condition) if condition.status != "Unknown" => {
                condition.status = "Unknown".into();
                condition.reason = "NodeStatusUnknown".into();
                condition.message = "Kubelet stopped posting node status.".into();
                condition.last_transition_time = now;
            }
            Some(_) => continue,
        }
        changed = true;
    }
    changed.then_some(node)
}

/// Takes the pods of a lost node out of service: nobody there will report that they are not ready.
fn mark_pods_not_ready(cx: &mut Cx, work: &mut Work, node: &str) -> Result<(), Status> {
    let pods = cx.lister::<Pod>().on_node(node);
    work.read(pods.len());
    let mut failure = None;
    for object in pods {
        let Some(pod) = object.view::<Pod>().filter(|pod| is_ready(pod)) else { continue };
        let mut pod = pod.clone();
        for condition in pod.status.conditions.iter_mut().filter(|condition| condition.type_ == "Ready") {
            condition.status = "False".into();
            condition.last_transition_time = cx.now;
        }
        match cx.update_status(pod) {
            Err(error) if error.is_not_found() => continue,
            Err(error) => {
                failure.get_or_insert(error);
            }
            Ok(_) => work.events.event(cx, &object, "Warning", "NodeNotReady", "Node is not ready"),
        }
    }
    failure.map_or(Ok(()), Err)
}

fn write_taints(cx: &mut Cx, node: &Node, swap: Swap) -> Result<(), Status> {
    let Some(taints) = swap_taints(node, swap, cx.now) else { return Ok(()) };
    let taints: Vec<api::Json> = taints.iter().map(|taint| api::meta::codec::encode_message(taint)).collect();
    // The list is replaced as a whole, guarded by the version that it was computed from.
    let metadata = json!({ "resourceVersion": node.metadata.resource_version.as_str() });
    let patch = json!({ "metadata": metadata, "spec": { "taints": taints } });
    match cx.patch::<Node>("", &node.metadata.name, "", "application/merge-patch+json", patch) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_node_becomes_unknown_once() {
        let mut node = Node::default();
        let ready = NodeCondition { type_: "Ready".into(), status: "True".into(), ..Default::default() };
        node.status.conditions.push(ready);
        let silent = silent_status(&node, Timestamp::from_secs(9)).unwrap();
        let shown: Vec<_> =
            silent.status.conditions.iter().map(|c| (c.type_.as_str(), c.reason.as_str())).collect();
        assert_eq!(shown[0], ("Ready", "NodeStatusUnknown"));
        assert_eq!(shown[1], ("MemoryPressure", "NodeStatusNeverUpdated"));
        assert!(silent_status(&silent, Timestamp::from_secs(10)).is_none());
    }

    #[test]
    fn lost_nodes_are_given_up_slower_or_not_at_all_when_most_are_lost() {
        let controller = |total: usize, lost: usize| {
            let mut controller = NodeLifecycleController::default();
            for n in 0..total {
                controller.set_deadline(&format!("n{n}").into(), Timestamp::ZERO);
            }
            controller.unready = (0..lost).map(|n| format!("n{n}").into()).collect();
            controller
        };
        let table = [
            (3, 1, Some(EVICTION_INTERVAL)),
            (3, 2, Some(EVICTION_INTERVAL)),
            (3, 3, None),
            (10, 6, None),
            (100, 60, Some(SECONDARY_EVICTION_INTERVAL)),
            (100, 20, Some(EVICTION_INTERVAL)),
        ];
        for (total, lost, want) in table {
            let lost_nodes = controller(total, lost);
            assert_eq!(lost_nodes.interval(), want, "{lost} of {total}");
        }
    }
}
