//! NodeName: a pod that names its node fits no other. Upstream: plugins/nodename.

use api::core::v1::Pod;

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn pre_filter(&self, cycle: &mut Cycle, _view: &View) -> bool {
        !cycle.pod.spec.node_name.is_empty()
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        if cycle.pod.spec.node_name == *node.name() {
            return Ok(());
        }
        Err(Refusal::unresolvable("node(s) didn't match the requested node name"))
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        matches!(event, ClusterEvent::NodeAdd(node) if node.metadata.name == pod.spec.node_name)
    }
}
