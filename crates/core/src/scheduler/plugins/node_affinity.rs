//! NodeAffinity: `nodeSelector` and node affinity, required and preferred. Upstream: plugins/nodeaffinity,
//! k8s.io/component-helpers/scheduling/corev1/nodeaffinity.

use api::core::v1::{Node, Pod};
use api::node::matches_term;

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View, default_normalize_score};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct NodeAffinity;

/// True if the node has what the pod requires of it (GetRequiredNodeAffinity).
pub fn matches_required(pod: &Pod, node: &Node) -> bool {
    api::node::matches_required(&pod.spec, node)
}

/// True if the pod requires anything of its node.
pub fn has_required(pod: &Pod) -> bool {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    !pod.spec.node_selector.is_empty()
        || affinity
            .is_some_and(|affinity| affinity.required_during_scheduling_ignored_during_execution.is_some())
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn pre_filter(&self, cycle: &mut Cycle, _view: &View) -> bool {
        has_required(cycle.pod)
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        if matches_required(cycle.pod, node.node()) {
            return Ok(());
        }
        Err(Refusal::unresolvable("node(s) didn't match Pod's node affinity/selector"))
    }

    fn pre_score(&self, cycle: &mut Cycle, _view: &View) -> bool {
        let affinity = cycle.pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        affinity
            .is_some_and(|affinity| !affinity.preferred_during_scheduling_ignored_during_execution.is_empty())
    }

    /// The sum of the weights of the preferences that the node meets.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let affinity = cycle.pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let preferred =
            affinity.map(|affinity| affinity.preferred_during_scheduling_ignored_during_execution.iter());
        let met = preferred.into_iter().flatten().filter(|term| matches_term(&term.preference, node.node()));
        met.map(|term| i64::from(term.weight)).sum()
    }

    fn normalize_score(&self, _cycle: &Cycle, scores: &mut [i64]) {
        default_normalize_score(scores, false);
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdd(node) => matches_required(pod, node),
            ClusterEvent::NodeUpdate { old, new } => {
                !matches_required(pod, old) && matches_required(pod, new)
            }
            // A gated pod's node selector may be narrowed; that is an update of its own.
            ClusterEvent::OwnUpdate { old, new } => {
                old.spec.node_selector != new.spec.node_selector || old.spec.affinity != new.spec.affinity
            }
            _ => false,
        }
    }
}
