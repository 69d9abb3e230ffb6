//! NodeUnschedulable: cordoned nodes take no pods but those that tolerate it. Upstream: plugins/nodeunschedulable.

use api::core::v1::{Node, Pod, Taint};
use api::node::{TAINT_UNSCHEDULABLE, any_tolerates};

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct NodeUnschedulable;

fn fits(pod: &Pod, node: &Node) -> bool {
    if !node.spec.unschedulable {
        return true;
    }
    let (key, effect) = (TAINT_UNSCHEDULABLE.into(), "NoSchedule".into());
    any_tolerates(&pod.spec.tolerations, &Taint { key, effect, ..Default::default() })
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
