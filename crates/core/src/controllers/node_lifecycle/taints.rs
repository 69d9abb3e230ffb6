//! A node's conditions as taints. Upstream: nodeConditionToTaintKeyStatusMap, doNoScheduleTaintingPass,
//! processTaintBaseEviction in pkg/controller/nodelifecycle/node_lifecycle_controller.go.

use api::Timestamp;
use api::core::v1::{Node, Taint};

use super::ready_status;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Condition, the status that taints, the taint's key.
const CONDITIONS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// Taints to add and to remove, by key and effect.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Swap {
    pub(super) add: Vec<(&'static str, &'static str)>,
    pub(super) remove: Vec<(&'static str, &'static str)>,
}

impl Swap {
    pub(super) fn merge(&mut self, other: Swap) {
        self.add.extend(other.add);
        self.remove.extend(other.remove);
    }
}

fn has(node: &Node, key: &str, effect: &str) -> bool {
    node.spec.taints.iter().any(|taint| taint.key == key && taint.effect == effect)
}

/// NoSchedule taints: one for each condition that is not as it should be, and for a cordoned node.
pub(super) fn no_schedule_taints(node: &Node) -> Swap {
    let mut swap = Swap::default();
    let mut want = |key: &'static str, wanted: bool| match (wanted, has(node, key, "NoSchedule")) {
        (true, false) => swap.add.push((key, "NoSchedule")),
        (false, true) => swap.remove.push((key, "NoSchedule")),
        _ => {}
    };
    for (kind, status, key) in CONDITIONS {
        want(key, node.status.conditions.iter().any(|c| c.type_ == kind && c.status == status));
    }
    want(UNSCHEDULABLE, node.spec.unschedulable);
    swap
}

/// What being ready or not means for NoExecute taints.
pub(super) struct NoExecute {
    pub(super) swap: Swap,
    /// The node is newly lost: giving it up is rate-limited.
    pub(super) is_new_loss: bool,
}

pub(super) fn no_execute_swap(node: &Node) -> NoExecute {
    const EFFECT: &str = "NoExecute";
    let (not_ready, unreachable) = (has(node, NOT_READY, EFFECT), has(node, UNREACHABLE, EFFECT));
    let mut swap = Swap::default();
    let (wanted, other) = match ready_status(node) {
        "False" => (Some(NOT_READY), UNREACHABLE),
        "Unknown" => (Some(UNREACHABLE), NOT_READY),
        "True" => (None, ""),
        // No status yet: the kubelet has only registered the node.
        _ => return NoExecute { swap, is_new_loss: false },
    };
    let Some(wanted) = wanted else {
        for (key, present) in [(NOT_READY, not_ready), (UNREACHABLE, unreachable)] {
            if present {
                swap.remove.push((key, EFFECT));
            }
        }
        return NoExecute { swap, is_new_loss: false };
    };
    let tainted = has(node, wanted, EFFECT);
    if !tainted {
        swap.add.push((wanted, EFFECT));
    }
    if has(node, other, EFFECT) {
        swap.remove.push((other, EFFECT));
    }
    NoExecute { swap, is_new_loss: !not_ready && !unreachable }
}

/// The node's taints after the swap; `None` if nothing changes.
pub(super) fn swap_taints(node: &Node, swap: Swap, now: Timestamp) -> Option<Vec<Taint>> {
    if swap == Swap::default() {
        return None;
    }
    let removed =
        |taint: &Taint| swap.remove.iter().any(|(key, effect)| taint.key == *key && taint.effect == *effect);
    let mut taints: Vec<Taint> = node.spec.taints.iter().filter(|taint| !removed(taint)).cloned().collect();
    for (key, effect) in swap.add {
        taints.push(Taint {
            key: key.into(),
            effect: effect.into(),
            time_added: Some(now),
            ..Default::default()
        });
    }
    Some(taints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::NodeCondition;

    fn node(ready: &str, taints: &[(&str, &str)]) -> Node {
        let mut node = Node::default();
        let condition = NodeCondition { type_: "Ready".into(), status: ready.into(), ..Default::default() };
        node.status.conditions.push(condition);
        let taint = |(key, effect): &(&str, &str)| Taint {
            key: (*key).into(),
            effect: (*effect).into(),
            ..Default::default()
        };
        node.spec.taints = taints.iter().map(taint).collect();
        node
    }

    #[test]
    fn readiness_is_a_taint_of_each_effect() {
        let lost = node("Unknown", &[]);
        assert_eq!(no_schedule_taints(&lost).add, [(UNREACHABLE, "NoSchedule")]);
        assert_eq!(no_execute_swap(&lost).swap.add, [(UNREACHABLE, "NoExecute")]);
        assert!(no_execute_swap(&lost).is_new_loss);
        let back =
            node("True", &[(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute"), ("mine", "NoSchedule")]);
        let mut swap = no_schedule_taints(&back);
        swap.merge(no_execute_swap(&back).swap);
        let left = swap_taints(&back, swap, Timestamp::ZERO).unwrap();
        assert_eq!(left.iter().map(|taint| taint.key.as_str()).collect::<Vec<_>>(), ["mine"]);
    }

    #[test]
    fn a_lost_node_that_answers_again_without_being_ready_changes_its_taint() {
        let node = node("False", &[(UNREACHABLE, "NoExecute")]);
        let swap = no_execute_swap(&node);
        assert_eq!(
            (swap.swap.add, swap.swap.remove),
            (vec![(NOT_READY, "NoExecute")], vec![(UNREACHABLE, "NoExecute")])
        );
        assert!(!swap.is_new_loss);
    }
}
