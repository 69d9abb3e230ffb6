//! The scheduler's plugins, one file each, with upstream's names. Upstream: pkg/scheduler/framework/plugins.
//!
//! Not here: volumes (binding, limits, restrictions, zones) and dynamic resources; they come with those kinds.

pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_balanced;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod pod_topology_spread;
pub mod scheduling_gates;
pub mod taint_toleration;

use super::framework::Plugin;

/// Filters in the default profile's order: the first that refuses a node gives its reason.
pub const FILTERS: &[&dyn Plugin] = &[
    &node_unschedulable::NodeUnschedulable,
    &node_name::NodeName,
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_ports::NodePorts,
    &node_resources_fit::Fit,
    &pod_topology_spread::PodTopologySpread,
    &inter_pod_affinity::InterPodAffinity,
];

/// Scores with the default profile's weights.
pub const SCORES: &[(&dyn Plugin, i64)] = &[
    (&taint_toleration::TaintToleration, 3),
    (&node_affinity::NodeAffinity, 2),
    (&node_resources_fit::Fit, 1),
    (&pod_topology_spread::PodTopologySpread, 2),
    (&inter_pod_affinity::InterPodAffinity, 2),
    (&node_resources_balanced::BalancedAllocation, 1),
    (&image_locality::ImageLocality, 1),
];

/// All plugins that may refuse a pod, by name, for queueing hints.
pub fn by_name(name: &str) -> Option<&'static dyn Plugin> {
    let gates: &dyn Plugin = &scheduling_gates::SchedulingGates;
    FILTERS.iter().copied().chain([gates]).find(|plugin| plugin.name() == name)
}
