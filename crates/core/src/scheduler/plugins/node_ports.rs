//! NodePorts: a host port can be used once on a node. Upstream: plugins/nodeports.

use api::core::v1::Pod;

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View};
use crate::scheduler::node_info::{HostPort, NodeInfo};

/// See the module's documentation.
pub struct NodePorts;

/// The same port and protocol, on the same address or on all.
fn conflicts(a: &HostPort, b: &HostPort) -> bool {
    let all = |port: &HostPort| port.0 == "0.0.0.0";
    a.1 == b.1 && a.2 == b.2 && (a.0 == b.0 || all(a) || all(b))
}

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }

    fn pre_filter(&self, cycle: &mut Cycle, _view: &View) -> bool {
        !cycle.info.host_ports.is_empty()
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        let taken = |port: &HostPort| node.used_ports.iter().any(|used| conflicts(port, used));
        if cycle.info.host_ports.iter().any(taken) {
            return Err(Refusal::unschedulable("node(s) didn't have free ports for the requested pod ports"));
        }
        Ok(())
    }

    fn is_schedulable_after(&self, _pod: &Pod, event: &ClusterEvent) -> bool {
        let uses =
            |pod: &Pod| pod.spec.containers.iter().flat_map(|c| &c.ports).any(|port| port.host_port > 0);
        match event {
            ClusterEvent::AssignedPodDelete(gone) => uses(gone),
            ClusterEvent::NodeAdd(_) => true,
            _ => false,
        }
    }
}
