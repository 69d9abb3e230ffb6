//! The shape of a cluster: all that, with the inputs, determines its history.

use api::Timestamp;

use crate::sim::LatencyProfile;

/// 2026-01-05T09:00:00Z, the default first moment of a cluster: a Monday morning.
pub const DEFAULT_START: Timestamp = Timestamp(1_767_603_600_000_000);

/// The largest number of worker nodes that a cluster may have: Kubernetes' own documented limit.
pub const MAX_NODES: u32 = 5_000;

/// Everything a new cluster is made from. Two clusters of equal configuration are equal for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterConfig {
    /// Randomness comes from this.
    pub seed: u64,
    /// Worker nodes beside the one of the control plane. 0: a single node that is also the control plane, without its
    /// taint, as minikube sets it up.
    pub nodes: u32,
    /// Where the virtual clock begins.
    pub start: Timestamp,
    /// How long things take.
    pub profile: LatencyProfile,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        ClusterConfig { seed: 1, nodes: 2, start: DEFAULT_START, profile: LatencyProfile::default() }
    }
}
