//! TaintToleration: taints that a pod does not tolerate keep it away, or make a node less welcome.
//! Upstream: plugins/tainttoleration.

use api::core::v1::{Node, Pod, Taint, Toleration};

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View, default_normalize_score};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct TaintToleration;

/// Toleration.ToleratesTaint: same effect (or any), same key (or any with Exists), value as the operator says.
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key.is_empty() || toleration.key == taint.key;
    let value = match toleration.operator.as_str() {
        "Exists" => true,
        "" | "Equal" => toleration.value == taint.value,
        _ => false,
    };
    effect && key && value
}

fn is_tolerated(pod: &Pod, taint: &Taint) -> bool {
    pod.spec.tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

fn fits(pod: &Pod, node: &Node) -> bool {
    let binding = |taint: &&Taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute";
    node.spec.taints.iter().filter(binding).all(|taint| is_tolerated(pod, taint))
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
        taints.filter(|taint| !is_tolerated(cycle.pod, taint)).count() as i64
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
