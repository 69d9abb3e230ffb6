//! NodeResourcesBalancedAllocation: cpu and memory used in like shares are better. Upstream:
//! plugins/noderesources/balanced_allocation.go.

use crate::scheduler::framework::{Cycle, MAX_NODE_SCORE, Plugin, View};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct BalancedAllocation;

/// 100 when both shares are equal, less by half their distance.
fn balanced_score(shares: &[f64]) -> i64 {
    let deviation = match shares {
        [a, b] => ((a - b) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

impl Plugin for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    /// A pod that asks for nothing changes no balance.
    fn pre_score(&self, cycle: &mut Cycle, _view: &View) -> bool {
        let request = &cycle.info.request.request;
        request.milli_cpu > 0 || request.memory > 0
    }

    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let request = &cycle.info.request.request;
        let resources = [
            (node.allocatable.milli_cpu, node.requested.milli_cpu + request.milli_cpu),
            (node.allocatable.memory, node.requested.memory + request.memory),
        ];
        let known = resources.into_iter().filter(|(capacity, _)| *capacity > 0);
        let shares: Vec<f64> =
            known.map(|(capacity, used)| (used as f64 / capacity as f64).min(1.0)).collect();
        balanced_score(&shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_score_highest() {
        assert_eq!(balanced_score(&[0.5, 0.5]), 100);
        assert_eq!(balanced_score(&[0.6, 0.2]), 80);
        assert_eq!(balanced_score(&[1.0, 0.0]), 50);
        assert_eq!(balanced_score(&[0.7]), 100);
    }
}
