//! SchedulingGates: a pod with gates does not enter the queue. Upstream: plugins/schedulinggates.

use api::core::v1::Pod;

use crate::scheduler::framework::{ClusterEvent, Plugin};

/// See the module's documentation.
pub struct SchedulingGates;

/// The reason for a pod that is held back by gates; `None` if it has none.
pub fn pre_enqueue(pod: &Pod) -> Option<String> {
    if pod.spec.scheduling_gates.is_empty() {
        return None;
    }
    let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| gate.name.as_str()).collect();
    Some(format!("waiting for scheduling gates: [{}]", gates.join(" ")))
}

impl Plugin for SchedulingGates {
    fn name(&self) -> &'static str {
        "SchedulingGates"
    }

    fn is_schedulable_after(&self, _pod: &Pod, event: &ClusterEvent) -> bool {
        matches!(event, ClusterEvent::OwnUpdate { new, .. } if new.spec.scheduling_gates.is_empty())
    }
}
