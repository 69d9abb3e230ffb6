//! What the scheduler thought of a pod, in the page's words.

use collections::StableSort;
use kubarium_core::scheduler::decision::{Decision, Outcome};

/// A decision as the page shows it: nodes by their total, then those that were refused.
pub fn of(decision: &Decision) -> protocol::Decision {
    let (node, message) = match &decision.outcome {
        Outcome::Bound(node) => {
            (Some(node.to_string()), format!("Successfully assigned {} to {node}", decision.pod))
        }
        Outcome::Unschedulable(why) | Outcome::Error(why) => (None, why.to_string()),
    };
    let mut nodes: Vec<protocol::NodeVerdict> = decision
        .nodes
        .iter()
        .map(|verdict| protocol::NodeVerdict {
            node: verdict.node.to_string(),
            refused: verdict
                .refused
                .as_ref()
                .map(|(plugin, reasons)| ((*plugin).to_owned(), reasons.join(", "))),
            scores: verdict.scores.iter().map(|(plugin, score)| ((*plugin).to_owned(), *score)).collect(),
            total: verdict.total,
        })
        .collect();
    nodes.stable_sort_by(|a, b| {
        (a.refused.is_some(), -a.total, &a.node).cmp(&(b.refused.is_some(), -b.total, &b.node))
    });
    let more = decision.total.saturating_sub(nodes.len()) as u32;
    protocol::Decision { at: decision.time.micros(), node, message, nodes, more }
}
