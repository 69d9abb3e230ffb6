//! One scheduling cycle: filter, score, choose. Upstream: pkg/scheduler/schedule_one.go.

use api::core::v1::Pod;
use collections::StableSort;

use super::Scheduler;
use super::decision::{MAX_NODES, NodeVerdict};
use super::diagnosis::{Diagnosis, NodeRefusal};
use super::framework::{Cycle, Plugin, View};
use super::node_info::{NodeInfo, PodInfo};
use super::plugins::{FILTERS, SCORES};
use crate::client::Cx;
use crate::sim::Rng;

/// minFeasibleNodesToFind, minFeasibleNodesPercentageToFind.
const MIN_FEASIBLE_NODES: usize = 100;
const MIN_FEASIBLE_PERCENTAGE: usize = 5;

/// What a cycle came to.
pub(super) struct Found {
    /// The chosen node's slot; `None` if no node fits.
    pub(super) chosen: Option<usize>,
    pub(super) diagnosis: Diagnosis,
    pub(super) evaluated: usize,
    pub(super) feasible: usize,
    pub(super) verdicts: Vec<NodeVerdict>,
}

/// How many fitting nodes are enough: all of a small cluster, a share of a large one that falls with its size.
fn num_feasible_nodes_to_find(nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE_NODES {
        return nodes;
    }
    let percentage = 50usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_PERCENTAGE);
    (nodes * percentage / 100).max(MIN_FEASIBLE_NODES)
}

impl Scheduler {
    /// Finds the best node for a pod.
    pub(super) fn schedule_pod(&mut self, cx: &mut Cx, info: &PodInfo) -> Found {
        let order = self.cache.order();
        let view = View { cache: &self.cache, cx };
        let mut cycle = Cycle {
            pod: info.pod(),
            info,
            spread_filter: None,
            spread_score: None,
            affinity: None,
            affinity_score: None,
            images: Vec::new(),
            total_nodes: 0,
            feasible: Vec::new(),
        };
        let filters: Vec<&dyn Plugin> =
            FILTERS.iter().copied().filter(|plugin| plugin.pre_filter(&mut cycle, &view)).collect();
        let mut diagnosis = Diagnosis { total: order.len(), refusals: Vec::new() };
        let enough = num_feasible_nodes_to_find(order.len());
        let mut evaluated = 0;
        for offset in 0..order.len() {
            if cycle.feasible.len() >= enough {
                break;
            }
            let slot = order[(self.next_start_node + offset) % order.len()];
            let Some(node) = view.cache.slot(slot) else { continue };
            evaluated += 1;
            match run_filters(&filters, &cycle, node) {
                None => cycle.feasible.push(slot),
                Some(refusal) => diagnosis.refusals.push(refusal),
            }
        }
        self.next_start_node =
            if order.is_empty() { 0 } else { (self.next_start_node + evaluated) % order.len() };
        let scores = if cycle.feasible.len() > 1 { run_scores(&mut cycle, &view) } else { Vec::new() };
        let totals: Vec<i64> =
            (0..cycle.feasible.len()).map(|i| scores.iter().map(|(_, s)| s[i]).sum()).collect();
        let verdicts = verdicts(&view, &cycle, &scores, &totals, &diagnosis);
        let feasible = cycle.feasible;
        let chosen = select_host(&totals, cx.rng).map(|index| feasible[index]);
        Found { chosen, diagnosis, evaluated, feasible: feasible.len(), verdicts }
    }
}

fn run_filters(filters: &[&dyn Plugin], cycle: &Cycle, node: &NodeInfo) -> Option<NodeRefusal> {
    for plugin in filters {
        if let Err(refusal) = plugin.filter(cycle, node) {
            let has_victims = !refusal.unresolvable && has_victims(cycle.pod, node);
            return Some(NodeRefusal {
                node: node.name().clone(),
                plugin: plugin.name(),
                refusal,
                has_victims,
            });
        }
    }
    None
}

/// True if a pod on the node has a lower priority.
fn has_victims(pod: &Pod, node: &NodeInfo) -> bool {
    let priority = pod.spec.priority.unwrap_or(0);
    node.pods.iter().any(|other| other.pod().spec.priority.unwrap_or(0) < priority)
}

/// Weighted, normalised scores of the feasible nodes, by plugin.
fn run_scores(cycle: &mut Cycle, view: &View) -> Vec<(&'static str, Vec<i64>)> {
    let mut scores = Vec::new();
    for (plugin, weight) in SCORES {
        if !plugin.pre_score(cycle, view) {
            continue;
        }
        let nodes = cycle.feasible.iter().filter_map(|slot| view.cache.slot(*slot));
        let mut of_plugin: Vec<i64> = nodes.map(|node| plugin.score(cycle, node)).collect();
        plugin.normalize_score(cycle, &mut of_plugin);
        of_plugin.iter_mut().for_each(|score| *score *= weight);
        scores.push((plugin.name(), of_plugin));
    }
    scores
}

/// The index of the highest score; among equals a random one.
fn select_host(totals: &[i64], rng: &mut Rng) -> Option<usize> {
    let best = *totals.iter().max()?;
    let equals = totals.iter().filter(|total| **total == best).count() as u64;
    let lot = if equals > 1 { rng.below(equals) as usize } else { 0 };
    (0..totals.len()).filter(|index| totals[*index] == best).nth(lot)
}

/// What is remembered of the nodes: the best, then refused ones.
fn verdicts(
    view: &View,
    cycle: &Cycle,
    scores: &[(&'static str, Vec<i64>)],
    totals: &[i64],
    diagnosis: &Diagnosis,
) -> Vec<NodeVerdict> {
    let mut best: Vec<usize> = (0..totals.len()).collect();
    if best.len() > MAX_NODES {
        best.select_nth_unstable_by_key(MAX_NODES, |index| std::cmp::Reverse(totals[*index]));
        best.truncate(MAX_NODES);
    }
    best.stable_sort_by_key(|index| std::cmp::Reverse(totals[*index]));
    let fitting = best.into_iter().filter_map(|index| {
        let node = view.cache.slot(cycle.feasible[index])?.name().clone();
        let scores = scores.iter().map(|(plugin, scores)| (*plugin, scores[index])).collect();
        Some(NodeVerdict { node, refused: None, scores, total: totals[index] })
    });
    let mut verdicts: Vec<NodeVerdict> = fitting.collect();
    let refused = diagnosis.refusals.iter().take(MAX_NODES - verdicts.len().min(MAX_NODES));
    verdicts.extend(refused.map(|refusal| NodeVerdict {
        node: refusal.node.clone(),
        refused: Some((refusal.plugin, refusal.refusal.reasons.clone())),
        scores: Vec::new(),
        total: 0,
    }));
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_cluster_is_sampled() {
        let table = [(0, 0), (99, 99), (100, 100), (1000, 420), (5000, 500), (6000, 300), (10_000, 500)];
        for (nodes, want) in table {
            assert_eq!(num_feasible_nodes_to_find(nodes), want, "{nodes}");
        }
    }

    #[test]
    fn equals_are_chosen_by_lot() {
        let mut rng = Rng::new(1);
        assert_eq!(select_host(&[], &mut rng), None);
        assert_eq!(select_host(&[1, 5, 2], &mut rng), Some(1));
        let chosen: collections::OrdSet<_> =
            (0..50).filter_map(|_| select_host(&[5, 1, 5], &mut rng)).collect();
        assert_eq!(chosen.into_iter().collect::<Vec<_>>(), [0, 2]);
    }
}
