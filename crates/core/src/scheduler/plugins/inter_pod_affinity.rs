//! InterPodAffinity: pods that want to be near others, or away from them. Upstream: plugins/interpodaffinity.

use api::Str;
use api::core::v1::{Namespace, Pod, PodAffinityTerm, WeightedPodAffinityTerm};
use api::meta::labels::Selector;
use api::meta::v1::{LabelSelector, LabelSelectorRequirement};
use collections::OrdMap;

use crate::scheduler::cache::count_matching;
use crate::scheduler::framework::{ClusterEvent, Cycle, MAX_NODE_SCORE, Plugin, Refusal, View};
use crate::scheduler::node_info::NodeInfo;

/// hardPodAffinityWeight: what a required affinity of an existing pod counts for in scores.
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// See the module's documentation.
pub struct InterPodAffinity;

/// (topology key, value) → pods.
type Counts = OrdMap<(Str, Str), i64>;

/// Counts for filtering.
#[derive(Default)]
pub struct AffinityCounts {
    /// Existing pods whose required anti-affinity refuses the incoming pod.
    existing_anti: Counts,
    affinity_terms: Vec<Term>,
    affinity: Counts,
    anti_terms: Vec<Term>,
    anti: Counts,
}

/// Weights for scoring.
#[derive(Default)]
pub struct AffinityScores(Counts);

/// A term, ready to be matched.
#[derive(Clone)]
struct Term {
    topology_key: Str,
    selector: Selector,
    /// Namespaces by name; those that `namespace_selector` selects were added.
    namespaces: Vec<Str>,
    all_namespaces: bool,
}

impl Term {
    fn new(pod: &Pod, term: &PodAffinityTerm, view: &View) -> Term {
        let mut selector = term.label_selector.as_deref().cloned();
        if let Some(selector) = &mut selector {
            add_label_keys(selector, pod, &term.match_label_keys, "In");
            add_label_keys(selector, pod, &term.mismatch_label_keys, "NotIn");
        }
        let mut namespaces = term.namespaces.clone();
        let mut all_namespaces = false;
        match term.namespace_selector.as_deref() {
            None if namespaces.is_empty() => namespaces.push(pod.metadata.namespace.clone()),
            None => {}
            Some(selector) => {
                let selector =
                    Selector::from_label_selector(selector).unwrap_or_else(|_| Selector::nothing());
                all_namespaces = selector.is_everything();
                if !all_namespaces {
                    let all = view.cx.lister::<Namespace>().list(None);
                    let selected = all.iter().filter(|namespace| selector.matches(&namespace.meta().labels));
                    namespaces.extend(selected.map(|namespace| namespace.meta().name.clone()));
                }
            }
        }
        let selector = Selector::from_optional(selector.as_ref()).unwrap_or_else(|_| Selector::nothing());
        Term { topology_key: term.topology_key.clone(), selector, namespaces, all_namespaces }
    }

    fn matches(&self, namespace: &Str, labels: &OrdMap<Str, Str>) -> bool {
        (self.all_namespaces || self.namespaces.contains(namespace)) && self.selector.matches(labels)
    }

    fn matches_pod(&self, pod: &Pod) -> bool {
        self.matches(&pod.metadata.namespace, &pod.metadata.labels)
    }

    fn domain(&self, node: &NodeInfo) -> Option<(Str, Str)> {
        let value = node.object.meta().labels.get(&self.topology_key)?;
        Some((self.topology_key.clone(), value.clone()))
    }
}

fn add_label_keys(selector: &mut LabelSelector, pod: &Pod, keys: &[Str], operator: &str) {
    for key in keys {
        if let Some(value) = pod.metadata.labels.get(key) {
            let (operator, values) = (operator.into(), vec![value.clone()]);
            let requirement = LabelSelectorRequirement { key: key.clone(), operator, values };
            if !selector.match_expressions.contains(&requirement) {
                selector.match_expressions.push(requirement);
            }
        }
    }
}

fn required_affinity(pod: &Pod) -> &[PodAffinityTerm] {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
    affinity.map_or(&[], |affinity| &affinity.required_during_scheduling_ignored_during_execution)
}

fn required_anti_affinity(pod: &Pod) -> &[PodAffinityTerm] {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    affinity.map_or(&[], |affinity| &affinity.required_during_scheduling_ignored_during_execution)
}

fn preferred_affinity(pod: &Pod) -> &[WeightedPodAffinityTerm] {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
    affinity.map_or(&[], |affinity| &affinity.preferred_during_scheduling_ignored_during_execution)
}

fn preferred_anti_affinity(pod: &Pod) -> &[WeightedPodAffinityTerm] {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    affinity.map_or(&[], |affinity| &affinity.preferred_during_scheduling_ignored_during_execution)
}

/// Pods that a term of the incoming pod matches, by domain.
fn count_term(term: &Term, weight: i64, view: &View, counts: &mut Counts) {
    let matching = view.cache.matching_label_sets(|namespace, labels| term.matches(namespace, labels));
    for node in view.cache.nodes() {
        let pods = count_matching(node, &matching) as i64;
        if pods > 0
            && let Some(domain) = term.domain(node)
        {
            *counts.entry(domain).or_insert(0) += pods * weight;
        }
    }
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }

    fn pre_filter(&self, cycle: &mut Cycle, view: &View) -> bool {
        let pod = cycle.pod;
        let mut counts = AffinityCounts::default();
        for node in view.cache.nodes_with_affinity() {
            for existing in &node.pods {
                for term in required_anti_affinity(existing.pod()) {
                    let term = Term::new(existing.pod(), term, view);
                    if term.matches_pod(pod)
                        && let Some(domain) = term.domain(node)
                    {
                        *counts.existing_anti.entry(domain).or_insert(0) += 1;
                    }
                }
            }
        }
        counts.affinity_terms =
            required_affinity(pod).iter().map(|term| Term::new(pod, term, view)).collect();
        counts.anti_terms =
            required_anti_affinity(pod).iter().map(|term| Term::new(pod, term, view)).collect();
        for term in &counts.anti_terms {
            count_term(term, 1, view, &mut counts.anti);
        }
        count_affinity(&counts.affinity_terms, view, &mut counts.affinity);
        let needed = !counts.existing_anti.is_empty()
            || !counts.affinity_terms.is_empty()
            || !counts.anti_terms.is_empty();
        cycle.affinity = Some(counts);
        needed
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        let Some(counts) = &cycle.affinity else { return Ok(()) };
        if !satisfies_affinity(counts, cycle.pod, node) {
            return Err(Refusal::unresolvable("node(s) didn't match pod affinity rules"));
        }
        let near = |counts: &Counts, term: &Term| {
            term.domain(node).is_some_and(|domain| counts.get(&domain).is_some_and(|n| *n > 0))
        };
        if counts.anti_terms.iter().any(|term| near(&counts.anti, term)) {
            return Err(Refusal::unschedulable("node(s) didn't match pod anti-affinity rules"));
        }
        let labels = &node.object.meta().labels;
        let refused = |((key, value), _): (&(Str, Str), &i64)| labels.get(key) == Some(value);
        if counts.existing_anti.iter().any(refused) {
            return Err(Refusal::unschedulable("node(s) didn't satisfy existing pods anti-affinity rules"));
        }
        Ok(())
    }

    fn pre_score(&self, cycle: &mut Cycle, view: &View) -> bool {
        let pod = cycle.pod;
        let mut scores = Counts::new();
        for preferred in preferred_affinity(pod) {
            count_term(
                &Term::new(pod, &preferred.pod_affinity_term, view),
                i64::from(preferred.weight),
                view,
                &mut scores,
            );
        }
        for preferred in preferred_anti_affinity(pod) {
            count_term(
                &Term::new(pod, &preferred.pod_affinity_term, view),
                -i64::from(preferred.weight),
                view,
                &mut scores,
            );
        }
        for node in view.cache.nodes_with_affinity() {
            for existing in node.pods.iter().filter(|existing| existing.has_pod_affinity()) {
                score_existing(existing.pod(), pod, node, view, &mut scores);
            }
        }
        let needed = !scores.is_empty();
        cycle.affinity_score = Some(AffinityScores(scores));
        needed
    }

    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let Some(AffinityScores(scores)) = &cycle.affinity_score else { return 0 };
        let labels = &node.object.meta().labels;
        scores.iter().filter(|((key, value), _)| labels.get(key) == Some(value)).map(|(_, score)| score).sum()
    }

    fn normalize_score(&self, _cycle: &Cycle, scores: &mut [i64]) {
        let (min, max) = scores.iter().fold((i64::MAX, i64::MIN), |(min, max), s| (min.min(*s), max.max(*s)));
        for score in scores {
            *score = if max > min { MAX_NODE_SCORE * (*score - min) / (max - min) } else { 0 };
        }
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        let selects = |terms: &[PodAffinityTerm], other: &Pod| {
            terms.iter().any(|term| {
                Selector::from_optional(term.label_selector.as_deref())
                    .is_ok_and(|selector| selector.matches(&other.metadata.labels))
            })
        };
        match event {
            ClusterEvent::AssignedPodAdd(other) => selects(required_affinity(pod), other),
            ClusterEvent::AssignedPodUpdate { old, new } => {
                old.metadata.labels != new.metadata.labels
                    && (selects(required_affinity(pod), new) || selects(required_anti_affinity(pod), old))
            }
            ClusterEvent::AssignedPodDelete(gone) => {
                selects(required_anti_affinity(pod), gone) || selects(required_anti_affinity(gone), pod)
            }
            ClusterEvent::NodeAdd(_) => true,
            ClusterEvent::NodeUpdate { old, new } => old.metadata.labels != new.metadata.labels,
            ClusterEvent::OwnUpdate { old, new } => old.metadata.labels != new.metadata.labels,
            ClusterEvent::NodeDelete => false,
        }
    }
}

/// Existing pods count for affinity only if they match all terms.
fn count_affinity(terms: &[Term], view: &View, counts: &mut Counts) {
    if terms.is_empty() {
        return;
    }
    let matches =
        |namespace: &Str, labels: &OrdMap<Str, Str>| terms.iter().all(|term| term.matches(namespace, labels));
    let matching = view.cache.matching_label_sets(matches);
    for node in view.cache.nodes() {
        let pods = count_matching(node, &matching) as i64;
        for domain in terms.iter().filter_map(|term| term.domain(node)).filter(|_| pods > 0) {
            *counts.entry(domain).or_insert(0) += pods;
        }
    }
}

/// Each term has a matching pod in the node's domain; or nobody matches anywhere and the pod matches itself, as the
/// first of a group.
fn satisfies_affinity(counts: &AffinityCounts, pod: &Pod, node: &NodeInfo) -> bool {
    let mut pods_exist = true;
    for term in &counts.affinity_terms {
        let Some(domain) = term.domain(node) else { return false };
        pods_exist &= counts.affinity.get(&domain).is_some_and(|n| *n > 0);
    }
    pods_exist
        || (counts.affinity.is_empty() && counts.affinity_terms.iter().all(|term| term.matches_pod(pod)))
}

/// What an existing pod's terms say about the incoming one.
fn score_existing(existing: &Pod, pod: &Pod, node: &NodeInfo, view: &View, scores: &mut Counts) {
    let mut add = |term: &PodAffinityTerm, weight: i64| {
        let term = Term::new(existing, term, view);
        if term.matches_pod(pod)
            && let Some(domain) = term.domain(node)
        {
            *scores.entry(domain).or_insert(0) += weight;
        }
    };
    for term in required_affinity(existing) {
        add(term, HARD_POD_AFFINITY_WEIGHT);
    }
    for preferred in preferred_affinity(existing) {
        add(&preferred.pod_affinity_term, i64::from(preferred.weight));
    }
    for preferred in preferred_anti_affinity(existing) {
        add(&preferred.pod_affinity_term, -i64::from(preferred.weight));
    }
}
