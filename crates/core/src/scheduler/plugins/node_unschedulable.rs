//! NodeUnschedulable: cordoned nodes take no pods but those that tolerate it. Upstream: plugins/nodeunschedulable.

use api::core::v1::{Node, Pod, Taint};

use super::taint_toleration::tolerates;
use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct NodeUnschedulable;

fn fits(pod: &Pod, node: &Node) -> bool {
    if !node.spec.unschedulable {
        return true;
    }
    let (key, effect) = ("node.kubernetes.io/unschedulable".into(), "NoSchedule".into());
    let taint = Taint { key, effect, ..Default::default() };
    pod.spec.tolerations.iter().any(|toleration| tolerates(toleration, &taint))
}

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        if !node.unschedulable || fits(cycle.pod, node.node()) {
            Ok(())
        } else {
            Err(Refusal::unresolvable("node(s) were unschedulable"))
        }
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
