//! TaintToleration: taints that a pod does not tolerate keep it away, or make a node less welcome.
//! Upstream: plugins/tainttoleration.

use api::core::v1::{Node, Pod};
use api::node::{any_tolerates, find_untolerated, keeps_pods_away};

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View, default_normalize_score};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct TaintToleration;

fn fits(pod: &Pod, node: &Node) -> bool {
    find_untolerated(&node.spec.taints, &pod.spec.tolerations, keeps_pods_away).is_none()
}

impl TaintToleration {
    /// True if nothing on the node keeps the pod away.
    pub fn fits(&self, pod: &Pod, node: &NodeInfo) -> bool {
        fits(pod, node.node())
    }
}

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        if fits(cycle.pod, node.node()) {
            Ok(())
        } else {
            Err(Refusal::unresolvable("node(s) had untolerated taint(s)"))
        }
    }

    fn pre_score(&self, cycle: &mut Cycle, view: &View) -> bool {
        cycle.feasible.iter().filter_map(|slot| view.cache.slot(*slot)).any(|node| node.has_soft_taints)
    }

    /// The number of taints that would rather not have the pod.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let taints = node.node().spec.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
        taints.filter(|taint| !any_tolerates(&cycle.pod.spec.tolerations, taint)).count() as i64
    }

    fn normalize_score(&self, _cycle: &Cycle, scores: &mut [i64]) {
        default_normalize_score(scores, true);
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdd(node) => fits(pod, node),
            ClusterEvent::NodeUpdate { old, new } => !fits(pod, old) && fits(pod, new),
            ClusterEvent::OwnUpdate { old, new } => old.spec.tolerations != new.spec.tolerations,
            _ => false,
        }
    }
}
