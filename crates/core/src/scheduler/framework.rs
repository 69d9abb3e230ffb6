//! The scheduling framework: what a plugin is asked at each extension point. Upstream: pkg/scheduler/framework.
//!
//! Plugins have no state; what one computes for a cycle it leaves in [`Cycle`].

use api::core::v1::{Node, Pod};

use super::cache::Cache;
use super::node_info::{NodeInfo, PodInfo};
use super::plugins::inter_pod_affinity::{AffinityCounts, AffinityScores};
use super::plugins::pod_topology_spread::{SpreadFilter, SpreadScore};
use crate::client::Cx;

/// MaxNodeScore.
pub const MAX_NODE_SCORE: i64 = 100;

/// Why a node was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Removing pods from the node would not help (UnschedulableAndUnresolvable).
    pub unresolvable: bool,
    /// As `FailedScheduling` counts them.
    pub reasons: Vec<String>,
}

impl Refusal {
    /// Other pods are in the way.
    pub fn unschedulable(reason: &str) -> Refusal {
        Refusal { unresolvable: false, reasons: vec![reason.to_owned()] }
    }

    /// The node itself does not fit.
    pub fn unresolvable(reason: &str) -> Refusal {
        Refusal { unresolvable: true, reasons: vec![reason.to_owned()] }
    }
}

/// What plugins see of the cluster in a cycle.
pub struct View<'a, 'b> {
    /// Nodes and the pods on them.
    pub cache: &'a Cache,
    /// The moment, randomness, and the API's listers.
    pub cx: &'a Cx<'b>,
}

/// The pod that is being scheduled, with what plugins computed for it (CycleState).
pub struct Cycle<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// What is computed from it once.
    pub info: &'a PodInfo,
    /// PodTopologySpread's, from PreFilter.
    pub spread_filter: Option<SpreadFilter>,
    /// PodTopologySpread's, from PreScore.
    pub spread_score: Option<SpreadScore>,
    /// InterPodAffinity's, from PreFilter.
    pub affinity: Option<AffinityCounts>,
    /// InterPodAffinity's, from PreScore.
    pub affinity_score: Option<AffinityScores>,
    /// The pod's images that some node has, with the number of such nodes.
    pub images: Vec<(usize, api::Str)>,
    /// Nodes in the cluster, for image locality.
    pub total_nodes: usize,
    /// Slots of nodes that passed all filters, set before scoring.
    pub feasible: Vec<usize>,
}

/// Something happened that may make a refused pod fit.
pub enum ClusterEvent<'a> {
    /// A node joined.
    NodeAdd(&'a Node),
    /// A node's labels, taints, allocatable or schedulability changed.
    NodeUpdate {
        /// Before.
        old: &'a Node,
        /// After.
        new: &'a Node,
    },
    /// A node left.
    NodeDelete,
    /// A pod was bound, or a bound one changed or went.
    AssignedPodAdd(&'a Pod),
    /// A bound pod's labels or resources changed.
    AssignedPodUpdate {
        /// Before.
        old: &'a Pod,
        /// After.
        new: &'a Pod,
    },
    /// A bound pod is gone, or ended.
    AssignedPodDelete(&'a Pod),
    /// The waiting pod itself was changed.
    OwnUpdate {
        /// Before.
        old: &'a Pod,
        /// After.
        new: &'a Pod,
    },
}

/// One plugin. Each has a file of its own, named as upstream names it.
pub trait Plugin {
    /// Upstream's name, as in profiles and metrics.
    fn name(&self) -> &'static str;

    /// Before filtering; false skips the plugin's filter in this cycle.
    fn pre_filter(&self, _cycle: &mut Cycle, _view: &View) -> bool {
        true
    }

    /// Whether the pod may run on the node.
    fn filter(&self, _cycle: &Cycle, _node: &NodeInfo) -> Result<(), Refusal> {
        Ok(())
    }

    /// Before scoring; false skips the plugin's score in this cycle.
    fn pre_score(&self, _cycle: &mut Cycle, _view: &View) -> bool {
        true
    }

    /// How well the pod would be placed on the node.
    fn score(&self, _cycle: &Cycle, _node: &NodeInfo) -> i64 {
        0
    }

    /// Brings the scores of all feasible nodes into 0..=100.
    fn normalize_score(&self, _cycle: &Cycle, _scores: &mut [i64]) {}

    /// The queueing hint: whether the event may make a pod fit that this plugin refused.
    fn is_schedulable_after(&self, _pod: &Pod, _event: &ClusterEvent) -> bool {
        false
    }
}

/// DefaultNormalizeScore: scales to 0..=100 by the highest; reversed, the lowest is best.
pub fn default_normalize_score(scores: &mut [i64], reverse: bool) {
    let max = scores.iter().copied().max().unwrap_or(0);
    if max == 0 {
        if reverse {
            scores.fill(MAX_NODE_SCORE);
        }
        return;
    }
    for score in scores {
        *score = *score * MAX_NODE_SCORE / max;
        if reverse {
            *score = MAX_NODE_SCORE - *score;
        }
    }
}
