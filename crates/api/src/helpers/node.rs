//! Questions about nodes: conditions, taints and the tolerations that excuse them
//! (`k8s.io/component-helpers/scheduling/corev1`). Also holds the API group of the same name ([`v1`]).

pub use crate::generated::node_v1 as v1;

use crate::core::v1::{
    Node, NodeCondition, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration,
};

/// Set by the node lifecycle controller while Ready is False.
pub const TAINT_NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Set by the node lifecycle controller while Ready is Unknown: the kubelet is not heard.
pub const TAINT_UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Set for `spec.unschedulable` (`kubectl cordon`).
pub const TAINT_UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Set while the condition MemoryPressure is True.
pub const TAINT_MEMORY_PRESSURE: &str = "node.kubernetes.io/memory-pressure";
/// Set while the condition DiskPressure is True.
pub const TAINT_DISK_PRESSURE: &str = "node.kubernetes.io/disk-pressure";
/// Set while the condition PIDPressure is True.
pub const TAINT_PID_PRESSURE: &str = "node.kubernetes.io/pid-pressure";
/// Set while the condition NetworkUnavailable is True.
pub const TAINT_NETWORK_UNAVAILABLE: &str = "node.kubernetes.io/network-unavailable";

/// The condition of this type.
pub fn condition<'a>(node: &'a Node, kind: &str) -> Option<&'a NodeCondition> {
    node.status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// True if the toleration excuses the taint (`Toleration.ToleratesTaint`).
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key.is_empty() || toleration.key == taint.key;
    let value = match toleration.operator.as_str() {
        "" | "Equal" => toleration.value == taint.value,
        "Exists" => true,
        "Lt" | "Gt" => {
            let (bound, given) = (toleration.value.parse::<i64>(), taint.value.parse::<i64>());
            match (given, bound) {
                (Ok(given), Ok(bound)) if toleration.operator == "Lt" => given < bound,
                (Ok(given), Ok(bound)) => given > bound,
                _ => false,
            }
        }
        _ => false,
    };
    effect && key && value
}

/// True if one of the tolerations excuses the taint (`TolerationsTolerateTaint`).
pub fn any_tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

/// The first of the taints that concern the caller and that no toleration excuses (`FindMatchingUntoleratedTaint`).
pub fn find_untolerated<'a>(
    taints: &'a [Taint],
    tolerations: &[Toleration],
    concerns: impl Fn(&Taint) -> bool,
) -> Option<&'a Taint> {
    taints.iter().find(|taint| concerns(taint) && !any_tolerates(tolerations, taint))
}

/// True for effects that keep pods from being placed.
pub fn keeps_pods_away(taint: &Taint) -> bool {
    taint.effect == "NoSchedule" || taint.effect == "NoExecute"
}

/// True if the node has what a pod requires of it: node selector and required node affinity
/// (component-helpers: GetRequiredNodeAffinity).
pub fn matches_required(spec: &PodSpec, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    if !spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
        return false;
    }
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required =
        affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|selector| selector.node_selector_terms.iter().any(|term| matches_term(term, node)))
}

/// True if a node matches a term; an empty term matches nothing.
pub fn matches_term(term: &NodeSelectorTerm, node: &Node) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, value: &str, effect: &str) -> Taint {
        Taint { key: key.into(), value: value.into(), effect: effect.into(), ..Taint::default() }
    }
    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: key.into(),
            operator: operator.into(),
            value: value.into(),
            effect: effect.into(),
            ..Toleration::default()
        }
    }

    #[test]
    fn tolerations_excuse_taints() {
        let gpu = taint("gpu", "yes", "NoSchedule");
        for (toleration, excused) in [
            (toleration("gpu", "Equal", "yes", "NoSchedule"), true),
            (toleration("gpu", "", "yes", ""), true),
            (toleration("gpu", "Equal", "no", ""), false),
            (toleration("gpu", "Exists", "", ""), true),
            (toleration("", "Exists", "", ""), true),
            (toleration("gpu", "Exists", "", "NoExecute"), false),
        ] {
            assert_eq!(tolerates(&toleration, &gpu), excused, "{toleration:?}");
        }
        assert!(find_untolerated(&[gpu], &[], keeps_pods_away).is_some());
    }

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
