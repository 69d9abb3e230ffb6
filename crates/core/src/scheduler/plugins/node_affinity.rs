//! NodeAffinity: `nodeSelector` and node affinity, required and preferred. Upstream: plugins/nodeaffinity,
//! k8s.io/component-helpers/scheduling/corev1/nodeaffinity.

use api::core::v1::{Node, NodeSelectorRequirement, NodeSelectorTerm, Pod};

use crate::scheduler::framework::{ClusterEvent, Cycle, Plugin, Refusal, View, default_normalize_score};
use crate::scheduler::node_info::NodeInfo;

/// See the module's documentation.
pub struct NodeAffinity;

/// True if the node has what the pod requires of it (GetRequiredNodeAffinity).
pub fn matches_required(pod: &Pod, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    if !pod.spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
        return false;
    }
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required =
        affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|selector| selector.node_selector_terms.iter().any(|term| matches_term(term, node)))
}

/// True if the pod requires anything of its node.
pub fn has_required(pod: &Pod) -> bool {
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    !pod.spec.node_selector.is_empty()
        || affinity
            .is_some_and(|affinity| affinity.required_during_scheduling_ignored_during_execution.is_some())
}

/// An empty term matches nothing.
fn matches_term(term: &NodeSelectorTerm, node: &Node) -> bool {
    if term.match_expressions.is_empty() && term.match_fields.is_empty() {
        return false;
    }
    let label = |requirement: &NodeSelectorRequirement| {
        let value = node.metadata.labels.get(&requirement.key).map(|value| value.as_str());
        matches_requirement(requirement, value)
    };
    let field = |requirement: &NodeSelectorRequirement| {
        let value = (requirement.key == "metadata.name").then_some(node.metadata.name.as_str());
        matches_requirement(requirement, value)
    };
    term.match_expressions.iter().all(label) && term.match_fields.iter().all(field)
}

fn matches_requirement(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let listed = || value.is_some_and(|value| requirement.values.iter().any(|listed| *listed == value));
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = requirement.values.first().and_then(|bound| number(bound));
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => value.and_then(number).zip(bound).is_some_and(|(value, bound)| value > bound),
        "Lt" => value.and_then(number).zip(bound).is_some_and(|(value, bound)| value < bound),
        _ => false,
    }
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn pre_filter(&self, cycle: &mut Cycle, _view: &View) -> bool {
        has_required(cycle.pod)
    }

    fn filter(&self, cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
        if matches_required(cycle.pod, node.node()) {
            return Ok(());
        }
        Err(Refusal::unresolvable("node(s) didn't match Pod's node affinity/selector"))
    }

    fn pre_score(&self, cycle: &mut Cycle, _view: &View) -> bool {
        let affinity = cycle.pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        affinity
            .is_some_and(|affinity| !affinity.preferred_during_scheduling_ignored_during_execution.is_empty())
    }

    /// The sum of the weights of the preferences that the node meets.
    fn score(&self, cycle: &Cycle, node: &NodeInfo) -> i64 {
        let affinity = cycle.pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let preferred =
            affinity.map(|affinity| affinity.preferred_during_scheduling_ignored_during_execution.iter());
        let met = preferred.into_iter().flatten().filter(|term| matches_term(&term.preference, node.node()));
        met.map(|term| i64::from(term.weight)).sum()
    }

    fn normalize_score(&self, _cycle: &Cycle, scores: &mut [i64]) {
        default_normalize_score(scores, false);
    }

    fn is_schedulable_after(&self, pod: &Pod, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdd(node) => matches_required(pod, node),
            ClusterEvent::NodeUpdate { old, new } => {
                !matches_required(pod, old) && matches_required(pod, new)
            }
            // A gated pod's node selector may be narrowed; that is an update of its own.
            ClusterEvent::OwnUpdate { old, new } => {
                old.spec.node_selector != new.spec.node_selector || old.spec.affinity != new.spec.affinity
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_compare_as_documented() {
        // operator, values, the node's value → whether it matches
        let table: [(&str, &[&str], Option<&str>, bool); 11] = [
            ("In", &["a", "b"], Some("b"), true),
            ("In", &["a"], None, false),
            ("NotIn", &["a"], Some("b"), true),
            ("NotIn", &["a"], None, true),
            ("Exists", &[], Some(""), true),
            ("DoesNotExist", &[], Some("x"), false),
            ("DoesNotExist", &[], None, true),
            ("Gt", &["5"], Some("6"), true),
            ("Gt", &["5"], Some("5"), false),
            ("Lt", &["5"], Some("4"), true),
            ("Lt", &["5"], Some("many"), false),
        ];
        for (operator, values, value, want) in table {
            let values = values.iter().map(|value| (*value).into()).collect();
            let requirement = NodeSelectorRequirement { key: "k".into(), operator: operator.into(), values };
            assert_eq!(matches_requirement(&requirement, value), want, "{operator} {value:?}");
        }
    }
}
