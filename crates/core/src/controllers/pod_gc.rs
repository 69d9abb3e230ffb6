//! The pod garbage collector: pods of nodes that are gone, ended pods beyond a threshold, terminating pods that no
//! kubelet will finish. Upstream: pkg/controller/podgc.
//!
//! Upstream lists all pods every 20 s; here the few that may concern it are noted as they change.

use std::collections::{BTreeMap, BTreeSet};

use api::core::v1::{Node, Pod};
use api::pod::is_terminal;
use api::{Key, Object, Status, Str, Timestamp};
use serde_json::json;

use super::{Controller, Outcome, Watch, Work};
use crate::client::Cx;
use crate::client::{Change, Operation};
use crate::sim::Duration;

/// gcCheckPeriod.
const PERIOD: Duration = Duration::secs(20);
/// quarantineTime: how long a node must be gone.
const QUARANTINE: Duration = Duration::secs(40);
/// `--terminated-pod-gc-threshold`.
const TERMINATED_POD_THRESHOLD: usize = 12_500;
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// See the module's documentation. The only key is that of its period.
#[derive(Clone, Default)]
pub struct PodGcController {
    /// Nodes that pods name and that do not exist, since when.
    gone_nodes: BTreeMap<Str, Timestamp>,
    /// Pods that have ended, oldest first.
    terminated: BTreeSet<(Timestamp, Key)>,
    /// Pods that are being deleted.
    terminating: BTreeSet<Key>,
}

impl Controller for PodGcController {
    fn name(&self) -> &'static str {
        "pod-garbage-collector-controller"
    }

    fn service_account(&self) -> &'static str {
        "pod-garbage-collector"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Pod>(nothing), Watch::on::<Node>(nothing)];
        WATCHES
    }

    fn observe(&mut self, cx: &Cx, change: &Change) {
        if change.subject().view::<Node>().is_some() {
            if change.operation == Operation::Delete {
                self.gone_nodes.entry(change.key.name.clone()).or_insert(cx.now);
            }
            return;
        }
        if let Some(old) = change.previous.as_ref().and_then(|object| object.view::<Pod>()) {
            self.terminated.remove(&(old.metadata.creation_timestamp, change.key.clone()));
        }
        self.terminating.remove(&change.key);
        let Some(pod) = change.object.as_ref().and_then(|object| object.view::<Pod>()) else { return };
        if is_terminal(pod) {
            self.terminated.insert((pod.metadata.creation_timestamp, change.key.clone()));
        }
        if pod.metadata.is_deleting() {
            self.terminating.insert(change.key.clone());
        }
        let node = &pod.spec.node_name;
        if !node.is_empty()
            && !self.gone_nodes.contains_key(node)
            && cx.lister::<Node>().get("", node).is_none()
        {
            self.gone_nodes.insert(node.clone(), cx.now);
        }
    }

    fn period(&self) -> Option<Duration> {
        Some(PERIOD)
    }

    fn workers(&self) -> u32 {
        1
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, _key: &Key) -> Result<Outcome, Status> {
        self.gc_terminated(cx)?;
        self.gc_terminating(cx)?;
        self.gc_orphaned(cx, work)?;
        Ok(Outcome::Done)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

fn nothing(_: &Cx, _: &Change, _: &mut Vec<Key>) {}

impl PodGcController {
    /// The oldest ended pods beyond the threshold.
    fn gc_terminated(&self, cx: &mut Cx) -> Result<(), Status> {
        let excess = self.terminated.len().saturating_sub(TERMINATED_POD_THRESHOLD);
        let keys: Vec<Key> = self.terminated.iter().take(excess).map(|(_, key)| key.clone()).collect();
        keys.iter().try_for_each(|key| mark_failed_and_delete(cx, key, None))
    }

    /// Terminating pods that were never bound, or whose node is out of service.
    fn gc_terminating(&self, cx: &mut Cx) -> Result<(), Status> {
        for key in self.terminating.clone() {
            let Some(object) = cx.lister::<Pod>().get_key(&key) else { continue };
            let Some(pod) = object.view::<Pod>() else { continue };
            if pod.spec.node_name.is_empty() || is_out_of_service(cx, &pod.spec.node_name) {
                mark_failed_and_delete(cx, &key, None)?;
            }
        }
        Ok(())
    }

    /// Pods of nodes that have been gone for a while.
    fn gc_orphaned(&mut self, cx: &mut Cx, work: &mut Work) -> Result<(), Status> {
        let lister = cx.lister::<Node>();
        self.gone_nodes.retain(|node, _| lister.get("", node).is_none());
        let due: Vec<Str> = self
            .gone_nodes
            .iter()
            .filter(|(_, since)| cx.now - **since >= QUARANTINE)
            .map(|(node, _)| node.clone())
            .collect();
        for node in due {
            let pods = cx.lister::<Pod>().on_node(&node);
            work.read(pods.len());
            for pod in &pods {
                mark_failed_and_delete(cx, &pod.key(), Some("PodGC: node no longer exists"))?;
            }
            self.gone_nodes.remove(&node);
        }
        Ok(())
    }
}

fn is_out_of_service(cx: &Cx, node: &str) -> bool {
    let node = cx.lister::<Node>().get("", node);
    let Some(node) = node.as_ref().and_then(|object: &Object| object.view::<Node>()) else { return false };
    let ready = node.status.conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
    !ready && node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Deletes a pod at once; one that had not ended is marked as failed first, with the reason as a condition.
fn mark_failed_and_delete(cx: &mut Cx, key: &Key, why: Option<&str>) -> Result<(), Status> {
    let Some(object) = cx.lister::<Pod>().get_key(key) else { return Ok(()) };
    let Some(pod) = object.view::<Pod>() else { return Ok(()) };
    if !is_terminal(pod) {
        let mut status = json!({ "phase": "Failed" });
        if let Some(why) = why {
            status["conditions"] = json!([{
                "type": "DisruptionTarget",
                "status": "True",
                "reason": "DeletionByPodGC",
                "message": why,
                "lastTransitionTime": cx.now.rfc3339(),
            }]);
        }
        let patch = json!({ "metadata": { "uid": pod.metadata.uid.as_str() }, "status": status });
        gone_is_fine(
            cx.patch::<Pod>(
                &key.namespace,
                &key.name,
                "status",
                "application/strategic-merge-patch+json",
                patch,
            )
            .map(|_| ()),
        )?;
    }
    gone_is_fine(cx.delete::<Pod>(&key.namespace, &key.name, json!({ "gracePeriodSeconds": 0 })).map(|_| ()))
}

fn gone_is_fine(result: Result<(), Status>) -> Result<(), Status> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        result => result,
    }
}
