//! The taint eviction controller: deletes pods from nodes with NoExecute taints that they do not tolerate, or not for
//! so long. Upstream: pkg/controller/tainteviction.

use api::core::v1::{Node, Pod, Taint, Toleration};
use api::node::tolerates;
use api::{Json, Key, Object, Status, Timestamp};
use collections::OrdMap;
use serde_json::json;

use super::{Controller, Outcome, Watch, Work};
use crate::client::Change;
use crate::client::Cx;
use crate::sim::Duration;

/// See the module's documentation. Keys are pods.
#[derive(Clone, Default)]
pub struct TaintEvictionController {
    /// Pods that are to go: since when that is known, and when they go.
    scheduled: OrdMap<Key, (Timestamp, Timestamp)>,
}

impl Controller for TaintEvictionController {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn service_account(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<Node>(of_node), Watch::on::<Pod>(of_pod)];
        WATCHES
    }

    fn workers(&self) -> u32 {
        8
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let pod = cx.lister::<Pod>().get_key(key);
        let Some(object) = pod.filter(|pod| !pod.meta().is_deleting()) else {
            self.scheduled.remove(key);
            return Ok(Outcome::Done);
        };
        self.process_pod(cx, work, key, &object)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

fn no_execute(node: &Node) -> Vec<Taint> {
    node.spec.taints.iter().filter(|taint| taint.effect == "NoExecute").cloned().collect()
}

/// All pods of a node whose NoExecute taints changed.
fn of_node(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    let taints = |object: &Option<Object>| {
        object.as_ref().and_then(|o| o.view::<Node>()).map(no_execute).unwrap_or_default()
    };
    if taints(&change.previous) != taints(&change.object) {
        keys.extend(cx.lister::<Pod>().on_node(&change.key.name).iter().map(Object::key));
    }
}

/// A pod that came to a node with such taints, or whose tolerations changed.
fn of_pod(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    let old = change.previous.as_ref().and_then(|object| object.view::<Pod>());
    let Some(new) = change.object.as_ref().and_then(|object| object.view::<Pod>()) else {
        keys.push(change.key.clone());
        return;
    };
    let same = old.is_some_and(|old| {
        old.spec.node_name == new.spec.node_name && old.spec.tolerations == new.spec.tolerations
    });
    if same || new.spec.node_name.is_empty() {
        return;
    }
    let node = cx.lister::<Node>().get("", &new.spec.node_name);
    if node.is_some_and(|node| node.view::<Node>().is_some_and(|node| !no_execute(node).is_empty())) {
        keys.push(change.key.clone());
    }
}

/// How long a pod may stay.
#[derive(Debug, PartialEq)]
enum Stay {
    Forever,
    For(Duration),
}

/// Zero for a taint that is not tolerated; otherwise the shortest `tolerationSeconds` of the tolerations in use.
fn tolerated_for(taints: &[Taint], tolerations: &[Toleration]) -> Stay {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|toleration| tolerates(toleration, taint)) else {
            return Stay::For(Duration::ZERO);
        };
        if let Some(seconds) = toleration.toleration_seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)).max(0));
        }
    }
    shortest.map_or(Stay::Forever, |seconds| Stay::For(Duration::secs(seconds)))
}

impl TaintEvictionController {
    fn process_pod(
        &mut self,
        cx: &mut Cx,
        work: &mut Work,
        key: &Key,
        object: &Object,
    ) -> Result<Outcome, Status> {
        let Some(pod) = object.view::<Pod>() else { return Ok(Outcome::Done) };
        let node = cx.lister::<Node>().get("", &pod.spec.node_name);
        let taints = node.as_ref().and_then(|node| node.view::<Node>()).map(no_execute).unwrap_or_default();
        let stay =
            if taints.is_empty() { Stay::Forever } else { tolerated_for(&taints, &pod.spec.tolerations) };
        let Stay::For(stay) = stay else {
            if self.scheduled.remove(key).is_some() {
                let message = format!("Cancelling deletion of Pod {key}");
                work.events.event(cx, object, "Normal", "TaintManagerEviction", message);
            }
            return Ok(Outcome::Done);
        };
        // A further taint does not start the time anew, unless it leaves less of it.
        let since = self.scheduled.get(key).map_or(cx.now, |(since, _)| *since);
        let due = since + stay;
        self.scheduled.insert(key.clone(), (since, due));
        if due > cx.now {
            return Ok(Outcome::After(due - cx.now));
        }
        let message = format!("Marking for deletion Pod {key}");
        work.events.event(cx, object, "Normal", "TaintManagerEviction", message);
        add_condition_and_delete_pod(cx, pod)?;
        self.scheduled.remove(key);
        Ok(Outcome::Done)
    }
}

fn add_condition_and_delete_pod(cx: &mut Cx, pod: &Pod) -> Result<(), Status> {
    let meta = &pod.metadata;
    let condition = json!({
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint",
        "lastTransitionTime": cx.now.rfc3339(),
    });
    let patch = json!({ "metadata": { "uid": meta.uid.as_str() }, "status": { "conditions": [condition] } });
    let patched = cx.patch::<Pod>(
        &meta.namespace,
        &meta.name,
        "status",
        "application/strategic-merge-patch+json",
        patch,
    );
    match patched.and_then(|_| cx.delete::<Pod>(&meta.namespace, &meta.name, Json::Null)) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
        Toleration {
            key: key.into(),
            operator: "Exists".into(),
            toleration_seconds: seconds,
            ..Default::default()
        }
    }

    #[test]
    fn the_shortest_toleration_in_use_counts() {
        let taint = |key: &str| Taint { key: key.into(), effect: "NoExecute".into(), ..Default::default() };
        let (a, b) = (taint("a"), taint("b"));
        let table = [
            (vec![a.clone()], vec![], Stay::For(Duration::ZERO)),
            (vec![a.clone()], vec![toleration("a", None)], Stay::Forever),
            (
                vec![a.clone()],
                vec![toleration("a", Some(300)), toleration("b", Some(1))],
                Stay::For(Duration::secs(300)),
            ),
            (
                vec![a.clone(), b.clone()],
                vec![toleration("a", Some(300)), toleration("b", Some(60))],
                Stay::For(Duration::secs(60)),
            ),
            (vec![a, b], vec![toleration("a", Some(300))], Stay::For(Duration::ZERO)),
        ];
        for (taints, tolerations, want) in table {
            assert_eq!(tolerated_for(&taints, &tolerations), want);
        }
    }
}
