//! The pods of the cluster, grouped by node, as the map draws them. Follows a watch in steps as large as the change,
//! whatever the cluster's size: a node whose pods did not change keeps its very `Rc`.

use std::collections::BTreeMap;
use std::rc::Rc;

use kubarium_protocol::{Clock, EventKind, Json, Micros, WatchUpdate};

use crate::model::collection::{Key, Sink, controller_of, key_of, list, text};
use crate::model::pod_look::{Look, look, restarts, status_word};
use crate::model::units::{parse_time, quantity_of};

/// The paths of a pod that [`PodMap`] reads ([`kubarium_protocol::Watch::keep`]).
pub const POD_PATHS: [&str; 16] = [
    "metadata.deletionTimestamp",
    "metadata.ownerReferences.kind",
    "metadata.ownerReferences.name",
    "metadata.ownerReferences.controller",
    "spec.nodeName",
    "spec.containers.resources.requests",
    "status.phase",
    "status.reason",
    "status.conditions.type",
    "status.conditions.status",
    "status.conditions.reason",
    "status.conditions.message",
    "status.containerStatuses.ready",
    "status.containerStatuses.restartCount",
    "status.containerStatuses.state",
    "status.initContainerStatuses",
];

/// One pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodCell {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// Empty while it waits for one.
    pub node: String,
    /// What its cell looks like.
    pub look: Look,
    /// kubectl's STATUS.
    pub status: String,
    /// Of all its containers together.
    pub restarts: i64,
    /// Kind and name of its controller; empty for none.
    pub owner: (String, String),
    /// Requested cores of all containers.
    pub cpu: f64,
    /// Requested bytes of all containers.
    pub memory: f64,
    /// None while it is not known.
    pub created: Option<Micros>,
    /// The scheduler's or kubelet's last word when it waits or fails.
    pub message: String,
}

/// The pods of one node; of none, for those that wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePods {
    /// By namespace and name.
    pub cells: BTreeMap<Key, Rc<PodCell>>,
    /// Requested cores of pods that have not ended.
    pub cpu: f64,
    /// Requested bytes of pods that have not ended.
    pub memory: f64,
    /// How many have not ended.
    pub active: usize,
}

/// All pods, by node.
#[derive(Clone, Debug, Default)]
pub struct PodMap {
    /// By the node's name; under the empty name those that wait.
    pub by_node: BTreeMap<String, Rc<NodePods>>,
    node_of: BTreeMap<Key, String>,
    /// The first list is complete.
    pub synced: bool,
    /// How many have each look, in the order of `LOOKS`.
    pub counts: [usize; 8],
}

impl PodMap {
    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.node_of.len()
    }

    /// True if there is no pod.
    pub fn is_empty(&self) -> bool {
        self.node_of.is_empty()
    }

    /// One pod.
    pub fn get(&self, key: &Key) -> Option<&Rc<PodCell>> {
        self.by_node.get(self.node_of.get(key)?)?.cells.get(key)
    }

    fn remove(&mut self, key: &Key) {
        let Some(node) = self.node_of.remove(key) else { return };
        let Some(pods) = self.by_node.get_mut(&node) else { return };
        let pods = Rc::make_mut(pods);
        if let Some(cell) = pods.cells.remove(key) {
            self.counts[cell.look as usize] -= 1;
            if counts_against_node(&cell) {
                pods.active -= 1;
                pods.cpu -= cell.cpu;
                pods.memory -= cell.memory;
            }
        }
        if pods.cells.is_empty() {
            self.by_node.remove(&node);
        }
    }

    fn insert(&mut self, cell: PodCell) {
        let key = (cell.namespace.clone(), cell.name.clone());
        self.remove(&key);
        self.counts[cell.look as usize] += 1;
        let pods = Rc::make_mut(self.by_node.entry(cell.node.clone()).or_default());
        if counts_against_node(&cell) {
            pods.active += 1;
            pods.cpu += cell.cpu;
            pods.memory += cell.memory;
        }
        self.node_of.insert(key.clone(), cell.node.clone());
        pods.cells.insert(key, Rc::new(cell));
    }
}

fn counts_against_node(cell: &PodCell) -> bool {
    cell.look != Look::Done && cell.status != "Failed" && cell.status != "Evicted"
}

impl Sink for PodMap {
    fn apply(&mut self, update: WatchUpdate, _clock: &Clock) {
        if update.reset {
            *self = PodMap::default();
        }
        self.synced |= update.synced;
        for event in update.events {
            match event.kind {
                EventKind::Deleted => self.remove(&key_of(&event.object)),
                EventKind::Added | EventKind::Modified => self.insert(cell_of(&event.object)),
            }
        }
    }
}

/// What the map shows of a pod.
pub fn cell_of(pod: &Json) -> PodCell {
    let (namespace, name) = key_of(pod);
    let status = status_word(pod);
    let owner =
        controller_of(pod).map(|(kind, name)| (kind.to_string(), name.to_string())).unwrap_or_default();
    let sum = |resource: &str| {
        list(pod, "/spec/containers")
            .iter()
            .map(|it| quantity_of(it.pointer(&format!("/resources/requests/{resource}"))))
            .sum()
    };
    PodCell {
        look: look(pod, &status),
        status,
        node: text(pod, "/spec/nodeName").into(),
        restarts: restarts(pod),
        owner,
        cpu: sum("cpu"),
        memory: sum("memory"),
        created: parse_time(text(pod, "/metadata/creationTimestamp")),
        message: message_of(pod),
        namespace,
        name,
    }
}

fn message_of(pod: &Json) -> String {
    let waiting = list(pod, "/status/containerStatuses").iter().map(|it| text(it, "/state/waiting/message"));
    let unscheduled = list(pod, "/status/conditions")
        .iter()
        .filter(|it| text(it, "/type") == "PodScheduled" && text(it, "/status") == "False")
        .map(|it| text(it, "/message"));
    waiting.chain(unscheduled).find(|it| !it.is_empty()).unwrap_or("").to_string()
}

#[cfg(test)]
mod tests {
    use kubarium_protocol::WatchEvent;
    use serde_json::json;

    use super::*;

    fn pod(name: &str, node: &str) -> Json {
        json!({
            "metadata": {"namespace": "default", "name": name},
            "spec": {"nodeName": node, "containers": [{"resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        })
    }

    fn apply(map: &mut PodMap, kind: EventKind, object: Json) {
        let update = WatchUpdate { events: vec![WatchEvent { kind, object }], ..WatchUpdate::default() };
        map.apply(update, &Clock::default());
    }

    #[test]
    fn pods_move_from_the_lane_to_their_node_and_leave_it() {
        let mut map = PodMap::default();
        apply(&mut map, EventKind::Added, pod("a", ""));
        assert_eq!(map.by_node[""].cells.len(), 1);
        apply(&mut map, EventKind::Modified, pod("a", "n1"));
        apply(&mut map, EventKind::Added, pod("b", "n2"));
        let n2 = map.by_node["n2"].clone();
        assert!(!map.by_node.contains_key(""));
        assert_eq!((map.by_node["n1"].cpu, map.by_node["n1"].active, map.len()), (0.25, 1, 2));
        apply(&mut map, EventKind::Deleted, pod("a", "n1"));
        assert!(Rc::ptr_eq(&n2, &map.by_node["n2"]), "a node that did not change is the same");
        assert_eq!((map.len(), map.counts[Look::Ready as usize]), (1, 1));
    }
}
