//! NodeResourcesFit: the node has room for what the pod asks for; more room is better (LeastAllocated).
//! Upstream: plugins/noderesources/fit.go, least_allocated.go.

use api::core::v1::{Node, Pod};

use crate::scheduler::framework::{ClusterEvent, Cycle, MAX_NODE_SCORE, Plugin, Refusal};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::resource::{Resource, pod_request};

/// See the module's documentation.
pub struct Fit;

/// What is short on a node: reasons, and whether the node would be too small even without its pods.
fn insufficient_resources(request: &Resource, node: &NodeInfo) -> Option<Refusal> {
    let mut refusal = Refusal { unresolvable: false, reasons: Vec::new() };
    if node.pods.len() as i64 + 1 > node.allocatable.allowed_pods {
        refusal.reasons.push("Too many pods".to_owned());
    }
    if !request.is_zero() {
        let (free, all) = (&node.requested, &node.allocatable);
        let mut check = |name: &str, request: i64, used: i64, allocatable: i64| {
            if request > 0 && request > allocatable - used {
                refusal.reasons.push(format!("Insufficient {name}"));
                refusal.unresolvable |= request > allocatable;
            }
        };
        check("cpu", request.milli_cpu, free.milli_cpu, all.milli_cpu);
        check("memory", request.memory, free.memory, all.memory);
        check("ephemeral-storage", request.ephemeral_storage, free.ephemeral_storage, all.ephemeral_storage);
        for (name, value) in &request.scalar {
            check(name, *value, free.scalar(name), all.scalar(name));
        }
    }
    (!refusal.reasons.is_empty()).then_some(refusal)
}

/// True if the request is within what the node has in all.
fn within(request: &Resource, allocatable: &Resource) -> bool {
    request.milli_cpu <= allocatable.milli_cpu
        && request.memory <= allocatable.memory
        && request.ephemeral_storage <= allocatable.ephemeral_storage
        && request.scalar.iter().all(|(name, value)| *value <= allocatable.scalar(name))
}

/// True if some resource that the pod asks for has become more.
fn increased(request: &Resource, old: &Resource, new: &Resource) -> bool {
    new.allowed_pods > old.allowed_pods
        || (request.milli_cpu > 0 && new.milli_cpu > old.milli_cpu)
        || (request.memory > 0 && new.memory > old.memory)
        || (request.ephemeral_storage > 0 && new.ephemeral_storage > old.ephemeral_storage)
        || request.scalar.iter().any(|(name, _)| new.scalar(name) > old.scalar(name))
}

fn least_requested_score(requested: i64, capacity: i64) -> i64 {
    if capacity == 0 || requested > capacity { 0 } else { (capacity - requested) * MAX_NODE_SCORE / capacity }
}

fn allocatable(node: &Node) -> Resource {
    Resource::of(&node.status.allocatable)
}

impl Plugin for Fit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        insufficient_resources(&cycle.info.request.request, node).map_or(Ok(()), Err)
    }

    /// The mean of the free shares of cpu and memory.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let request = &cycle.info.request;
        let resources = [
            (node.allocatable.milli_cpu, node.non_zero_milli_cpu + request.non_zero_milli_cpu),
            (node.allocatable.memory, node.non_zero_memory + request.non_zero_memory),
        ];
        let known = resources.into_iter().filter(|(capacity, _)| *capacity > 0);
        let (sum, count) = known.fold((0, 0), |(sum, count), (capacity, requested)| {
            (sum + least_requested_score(requested, capacity), count + 1)
        });
        if count == 0 { 0 } else { sum / count }
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::AssignedPodDelete(_) => true,
            ClusterEvent::AssignedPodUpdate { old, new } | ClusterEvent::OwnUpdate { old, new } => {
                let (old, new) = (pod_request(old).request, pod_request(new).request);
                new.milli_cpu < old.milli_cpu || new.memory < old.memory
            }
            ClusterEvent::NodeAdd(node) => within(&pod_request(pod).request, &allocatable(node)),
            ClusterEvent::NodeUpdate { old, new } => {
                let (request, new) = (pod_request(pod).request, allocatable(new));
                within(&request, &new) && increased(&request, &allocatable(old), &new)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Object;

    fn node(cpu: i64, pods: i64, used: i64) -> NodeInfo {
        let mut info = NodeInfo::new(Object::of(Node::default()));
        info.allocatable =
            Resource { milli_cpu: cpu, memory: 1 << 30, allowed_pods: pods, ..Default::default() };
        info.requested.milli_cpu = used;
        info
    }

    #[test]
    fn reasons_say_what_is_short_and_whether_preemption_could_help() {
        let request = |cpu, memory| Resource { milli_cpu: cpu, memory, ..Default::default() };
        let check = |request: &Resource, node: &NodeInfo| {
            insufficient_resources(request, node)
                .map(|refusal| (refusal.reasons.join(", "), refusal.unresolvable))
        };
        assert_eq!(check(&request(500, 0), &node(1000, 10, 500)), None);
        assert_eq!(check(&request(600, 0), &node(1000, 10, 500)), Some(("Insufficient cpu".into(), false)));
        assert_eq!(
            check(&request(1001, 2 << 30), &node(1000, 10, 0)),
            Some(("Insufficient cpu, Insufficient memory".into(), true))
        );
        assert_eq!(check(&request(0, 0), &node(1000, 0, 0)), Some(("Too many pods".into(), false)));
    }

    #[test]
    fn more_room_scores_higher() {
        let table = [(0, 1000, 100), (250, 1000, 75), (1000, 1000, 0), (2000, 1000, 0), (1, 3, 66)];
        for (requested, capacity, want) in table {
            assert_eq!(least_requested_score(requested, capacity), want);
        }
    }
}
