//! PodTopologySpread: like pods are spread over nodes and zones. Upstream: plugins/podtopologyspread.
//!
//! A pod without constraints of its own has the cluster's default ones, which only score: over hosts and zones, among
//! the pods of its Service or ReplicaSet.

use api::Str;
use api::apps::v1::ReplicaSet;
use api::core::v1::{Pod, Service, TopologySpreadConstraint};
use api::meta::labels::Selector;
use api::meta::v1::{LabelSelector, LabelSelectorRequirement};
use collections::OrdMap;

use super::node_affinity::matches_required;
use crate::scheduler::cache::count_matching;
use crate::scheduler::framework::{ClusterEvent, Cycle, MAX_NODE_SCORE, Plugin, Refusal, View};
use crate::scheduler::node_info::{HOSTNAME, NodeInfo, ZONE};

/// See the module's documentation.
pub struct PodTopologySpread;

/// A constraint, ready to be counted.
#[derive(Clone, Debug)]
struct Constraint {
    max_skew: i64,
    topology_key: Str,
    is_hostname: bool,
    is_zone: bool,
    selector: Selector,
    min_domains: i64,
    honor_affinity: bool,
    honor_taints: bool,
    /// By label set number: which pods count.
    matching: Vec<bool>,
    /// Whether the pod itself counts.
    self_match: bool,
}

impl Constraint {
    /// The node's domain. Zones are asked for with every pod, so they are kept at hand.
    fn domain<'a>(&self, node: &'a NodeInfo) -> Option<&'a Str> {
        if self.is_zone { node.zone.as_ref() } else { node.object.meta().labels.get(&self.topology_key) }
    }
}

/// Counts for filtering.
pub struct SpreadFilter {
    constraints: Vec<Constraint>,
    /// For each constraint: pods that count, by value of the topology key.
    counts: Vec<OrdMap<Str, i64>>,
}

/// Counts for scoring.
pub struct SpreadScore {
    constraints: Vec<Constraint>,
    counts: Vec<OrdMap<Str, i64>>,
    weights: Vec<f64>,
    /// Own constraints: nodes without one of the keys score nothing.
    require_all: bool,
}

fn constraints(cycle: &Cycle, view: &View, when_unsatisfiable: &str) -> Vec<Constraint> {
    let own = cycle.pod.spec.topology_spread_constraints.iter();
    own.filter(|constraint| constraint.when_unsatisfiable == when_unsatisfiable)
        .map(|constraint| prepare(cycle, view, constraint))
        .collect()
}

fn prepare(cycle: &Cycle, view: &View, constraint: &TopologySpreadConstraint) -> Constraint {
    let mut selector = constraint.label_selector.as_deref().cloned();
    for key in &constraint.match_label_keys {
        if let (Some(value), Some(selector)) = (cycle.pod.metadata.labels.get(key), &mut selector) {
            let requirement = LabelSelectorRequirement {
                key: key.clone(),
                operator: "In".into(),
                values: vec![value.clone()],
            };
            if !selector.match_expressions.contains(&requirement) {
                selector.match_expressions.push(requirement);
            }
        }
    }
    let selector = Selector::from_optional(selector.as_ref()).unwrap_or_else(|_| Selector::nothing());
    let policy =
        |policy: &Option<Str>, default: &str| policy.as_ref().map_or(default, Str::as_str) == "Honor";
    counted(
        cycle,
        view,
        Constraint {
            max_skew: i64::from(constraint.max_skew),
            topology_key: constraint.topology_key.clone(),
            is_hostname: constraint.topology_key == HOSTNAME,
            is_zone: constraint.topology_key == ZONE,
            selector,
            min_domains: i64::from(constraint.min_domains.unwrap_or(1)),
            honor_affinity: policy(&constraint.node_affinity_policy, "Honor"),
            honor_taints: policy(&constraint.node_taints_policy, "Ignore"),
            matching: Vec::new(),
            self_match: false,
        },
    )
}

fn counted(cycle: &Cycle, view: &View, mut constraint: Constraint) -> Constraint {
    let namespace = &cycle.pod.metadata.namespace;
    let selector = &constraint.selector;
    constraint.matching =
        view.cache.matching_label_sets(|of, labels| of == namespace && selector.matches(labels));
    constraint.self_match = selector.matches(&cycle.pod.metadata.labels);
    constraint
}

/// `systemDefaultConstraints`, with the selector of what the pod belongs to; none if it belongs to nothing.
fn default_constraints(cycle: &Cycle, view: &View) -> Vec<Constraint> {
    let Some(selector) = default_selector(cycle.pod, view) else { return Vec::new() };
    let constraint = |key: &str, max_skew| {
        let constraint = Constraint {
            max_skew,
            topology_key: key.into(),
            is_hostname: key == HOSTNAME,
            is_zone: key == ZONE,
            selector: selector.clone(),
            min_domains: 1,
            honor_affinity: true,
            honor_taints: false,
            matching: Vec::new(),
            self_match: false,
        };
        counted(cycle, view, constraint)
    };
    vec![constraint(HOSTNAME, 3), constraint(ZONE, 5)]
}

/// DefaultSelector: what the Services that select the pod and its owner ask for, together.
fn default_selector(pod: &Pod, view: &View) -> Option<Selector> {
    let namespace = pod.metadata.namespace.as_str();
    let mut merged = LabelSelector::default();
    for service in view.cx.lister::<Service>().list(Some(namespace)) {
        let Some(service) = service.view::<Service>() else { continue };
        let wanted = &service.spec.selector;
        if !wanted.is_empty() && wanted.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value))
        {
            merged.match_labels.extend(wanted.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    let owner = pod.metadata.controller_of().filter(|owner| owner.kind == "ReplicaSet");
    let set = owner.and_then(|owner| view.cx.lister::<ReplicaSet>().get(namespace, &owner.name));
    if let Some(selector) =
        set.as_ref().and_then(|set| set.view::<ReplicaSet>()).and_then(|set| set.spec.selector.as_ref())
    {
        merged.match_labels.extend(selector.match_labels.clone());
        merged.match_expressions.extend(selector.match_expressions.clone());
    }
    if merged.match_labels.is_empty() && merged.match_expressions.is_empty() {
        return None;
    }
    Selector::from_label_selector(&merged).ok()
}

/// True if pods on the node count for the constraint.
fn node_counts(constraint: &Constraint, pod: &Pod, node: &NodeInfo) -> bool {
    if constraint.honor_affinity && !matches_required(pod, node.node()) {
        return false;
    }
    !constraint.honor_taints || super::taint_toleration::TaintToleration.fits(pod, node)
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }

    fn pre_filter(&self, cycle: &mut Cycle, view: &View) -> bool {
        let constraints = constraints(cycle, view, "DoNotSchedule");
        if constraints.is_empty() {
            return false;
        }
        let mut counts = vec![OrdMap::new(); constraints.len()];
        for node in view.cache.nodes() {
            let labels = &node.object.meta().labels;
            if !constraints.iter().all(|constraint| labels.contains_key(&constraint.topology_key)) {
                continue;
            }
            for (constraint, counts) in constraints.iter().zip(&mut counts) {
                if let Some(value) = labels.get(&constraint.topology_key)
                    && node_counts(constraint, cycle.pod, node)
                {
                    *counts.entry(value.clone()).or_insert(0) +=
                        count_matching(node, &constraint.matching) as i64;
                }
            }
        }
        cycle.spread_filter = Some(SpreadFilter { constraints, counts });
        true
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        let Some(spread) = &cycle.spread_filter else { return Ok(()) };
        for (constraint, counts) in spread.constraints.iter().zip(&spread.counts) {
            let Some(value) = node.object.meta().labels.get(&constraint.topology_key) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Err(Refusal::unresolvable(reason));
            };
            let min = if (counts.len() as i64) < constraint.min_domains {
                0
            } else {
                counts.values().copied().min().unwrap_or(0)
            };
            let count = counts.get(value).copied().unwrap_or(0);
            if count + i64::from(constraint.self_match) - min > constraint.max_skew {
                return Err(Refusal::unschedulable("node(s) didn't match pod topology spread constraints"));
            }
        }
        Ok(())
    }

    fn pre_score(&self, cycle: &mut Cycle, view: &View) -> bool {
        let own = !cycle.pod.spec.topology_spread_constraints.is_empty();
        let constraints =
            if own { constraints(cycle, view, "ScheduleAnyway") } else { default_constraints(cycle, view) };
        if constraints.is_empty() || cycle.feasible.is_empty() {
            return false;
        }
        cycle.spread_score = Some(count_for_score(cycle, view, constraints, own));
        true
    }

    /// Pods that count, weighted so that a key with more values does not drown the others.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let Some(spread) = &cycle.spread_score else { return 0 };
        if spread.ignores(node) {
            return -1;
        }
        let mut score = 0.0;
        for (index, constraint) in spread.constraints.iter().enumerate() {
            let count = if constraint.is_hostname {
                if !node.has_hostname {
                    continue;
                }
                count_matching(node, &constraint.matching) as i64
            } else {
                // Without counts no node that is scored has the key: there is nothing to look up.
                let counts = &spread.counts[index];
                let value = if counts.is_empty() { None } else { constraint.domain(node) };
                let Some(value) = value else { continue };
                counts.get(value).copied().unwrap_or(0)
            };
            score += count as f64 * spread.weights[index] + (constraint.max_skew - 1) as f64;
        }
        score.round() as i64
    }

    /// Fewer is better; nodes without a required key get nothing.
    fn normalize_score(&self, _cycle: &Cycle, scores: &mut [i64]) {
        let known = scores.iter().copied().filter(|score| *score >= 0);
        let (min, max) = known.fold((i64::MAX, 0), |(min, max), score| (min.min(score), max.max(score)));
        for score in scores {
            *score = match *score {
                ignored if ignored < 0 => 0,
                _ if max == 0 => MAX_NODE_SCORE,
                known => MAX_NODE_SCORE * (max + min - known) / max,
            };
        }
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        let constraints = &pod.spec.topology_spread_constraints;
        let relevant = |other: &Pod| {
            let selects = |constraint: &TopologySpreadConstraint| {
                Selector::from_optional(constraint.label_selector.as_deref())
                    .is_ok_and(|selector| selector.matches(&other.metadata.labels))
            };
            other.metadata.namespace == pod.metadata.namespace && constraints.iter().any(selects)
        };
        match event {
            ClusterEvent::AssignedPodAdd(other) | ClusterEvent::AssignedPodDelete(other) => relevant(other),
            ClusterEvent::AssignedPodUpdate { old, new } => {
                old.metadata.labels != new.metadata.labels && (relevant(old) || relevant(new))
            }
            ClusterEvent::NodeAdd(_) | ClusterEvent::NodeDelete => true,
            ClusterEvent::NodeUpdate { old, new } => {
                let key = |c: &TopologySpreadConstraint| {
                    old.metadata.labels.get(&c.topology_key) != new.metadata.labels.get(&c.topology_key)
                };
                constraints.iter().any(key) || old.spec.taints != new.spec.taints
            }
            ClusterEvent::OwnUpdate { old, new } => old.metadata.labels != new.metadata.labels,
        }
    }
}

impl SpreadScore {
    fn ignores(&self, node: &NodeInfo) -> bool {
        self.require_all && !self.constraints.iter().all(|constraint| constraint.domain(node).is_some())
    }
}

fn count_for_score(
    cycle: &Cycle,
    view: &View,
    constraints: Vec<Constraint>,
    require_all: bool,
) -> SpreadScore {
    let mut spread = SpreadScore {
        counts: vec![OrdMap::new(); constraints.len()],
        weights: Vec::new(),
        constraints,
        require_all,
    };
    let mut scored = 0;
    for node in cycle.feasible.iter().filter_map(|slot| view.cache.slot(*slot)) {
        if spread.ignores(node) {
            continue;
        }
        scored += 1;
        for (constraint, counts) in spread.constraints.iter().zip(&mut spread.counts) {
            if !constraint.is_hostname
                && let Some(value) = constraint.domain(node)
            {
                counts.entry(value.clone()).or_insert(0);
            }
        }
    }
    for (constraint, counts) in spread.constraints.iter().zip(&mut spread.counts) {
        let domains = if constraint.is_hostname { scored } else { counts.len() };
        spread.weights.push(ln(domains as f64 + 2.0));
        if counts.is_empty() {
            continue;
        }
        for node in view.cache.nodes() {
            if let Some(value) = constraint.domain(node)
                && let Some(count) = counts.get_mut(value)
                && node_counts(constraint, cycle.pod, node)
            {
                *count += count_matching(node, &constraint.matching) as i64;
            }
        }
    }
    spread
}

/// The natural logarithm of a number of at least 1, from sums and products alone: the same bits on every machine.
fn ln(x: f64) -> f64 {
    let (mut mantissa, mut exponent) = (x, 0.0);
    while mantissa > 1.5 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (z, 0.0);
    for n in 0..16 {
        sum += power / f64::from(2 * n + 1);
        power *= z * z;
    }
    2.0 * sum + exponent * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for (x, want) in [(1.0, 0.0), (3.0, 1.098_612_288_67), (1002.0, 6.909_753_281_64)] {
            assert!((ln(x) - want).abs() < 1e-10, "{x}");
        }
    }
}
