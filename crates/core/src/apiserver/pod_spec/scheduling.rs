//! What the scheduler reads of a pod: affinities, tolerations, spreading, gates.

use api::Json;
use api::core::v1::{
    Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, PodSchedulingGate,
    Toleration, TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use super::complain;
use crate::apiserver::validation::validate_label_selector;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Mirrors validateAffinity.
pub fn validate_affinity(affinity: Option<&Affinity>, path: &Path, errors: &mut ErrorList) {
    let Some(affinity) = affinity else { return };
    if let Some(node) = &affinity.node_affinity {
        let at = path.child("nodeAffinity");
        if let Some(required) = &node.required_during_scheduling_ignored_during_execution {
            errors.extend(validate_node_selector(required, &at.child(REQUIRED)));
        }
        for (index, term) in node.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            let at = at.child(PREFERRED).index(index);
            validate_weight(term.weight, &at, errors);
            validate_node_term(&term.preference, false, &at.child("preference"), errors);
        }
    }
    if let Some(pod) = &affinity.pod_affinity {
        let required = &pod.required_during_scheduling_ignored_during_execution;
        let preferred = &pod.preferred_during_scheduling_ignored_during_execution;
        validate_pod_terms(required, preferred, &path.child("podAffinity"), errors);
    }
    if let Some(pod) = &affinity.pod_anti_affinity {
        let required = &pod.required_during_scheduling_ignored_during_execution;
        let preferred = &pod.preferred_during_scheduling_ignored_during_execution;
        validate_pod_terms(required, preferred, &path.child("podAntiAffinity"), errors);
    }
}

fn validate_weight(weight: i32, path: &Path, errors: &mut ErrorList) {
    if !(1..=100).contains(&weight) {
        errors.push(Error::invalid(&path.child("weight"), weight, "must be in the range 1-100"));
    }
}

/// Also what volumes say about the nodes that reach them (`ValidateNodeSelector`).
pub fn validate_node_selector(selector: &NodeSelector, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let at = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        errors.push(Error::required(&at, "must have at least one node selector term"));
    }
    for (index, term) in selector.node_selector_terms.iter().enumerate() {
        validate_node_term(term, true, &at.index(index), &mut errors);
    }
    errors
}

fn validate_node_term(term: &NodeSelectorTerm, check_values: bool, path: &Path, errors: &mut ErrorList) {
    for (index, requirement) in term.match_expressions.iter().enumerate() {
        let at = path.child("matchExpressions").index(index);
        validate_node_requirement(requirement, check_values, &at, errors);
    }
    for (index, requirement) in term.match_fields.iter().enumerate() {
        let at = path.child("matchFields").index(index);
        match requirement.operator.as_str() {
            "In" | "NotIn" if requirement.values.len() == 1 => {}
            "In" | "NotIn" => {
                let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                errors.push(Error::required(&at.child("values"), why));
            }
            other => {
                errors.push(Error::invalid(&at.child("operator"), other, "not a valid selector operator"))
            }
        }
        if requirement.key != "metadata.name" {
            let why = "not a valid field selector key";
            errors.push(Error::invalid(&at.child("key"), &requirement.key, why));
        }
    }
}

fn validate_node_requirement(
    requirement: &NodeSelectorRequirement,
    check_values: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    let at = path.child("values");
    match (requirement.operator.as_str(), requirement.values.len()) {
        ("In" | "NotIn", 0) => {
            errors.push(Error::required(&at, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        ("Exists" | "DoesNotExist", 1..) => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(Error::forbidden(&at, why));
        }
        ("Gt" | "Lt", 0 | 2..) => {
            errors
                .push(Error::required(&at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
        }
        ("In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt", _) => {}
        (other, _) => {
            errors.push(Error::invalid(&path.child("operator"), other, "not a valid selector operator"));
        }
    }
    complain(errors, &path.child("key"), &requirement.key, names::is_qualified_name(&requirement.key));
    if check_values {
        for (index, value) in requirement.values.iter().enumerate() {
            complain(errors, &at.index(index), value, names::is_valid_label_value(value));
        }
    }
}

fn validate_pod_terms(
    required: &[PodAffinityTerm],
    preferred: &[WeightedPodAffinityTerm],
    path: &Path,
    errors: &mut ErrorList,
) {
    for (index, term) in required.iter().enumerate() {
        validate_pod_term(term, &path.child(REQUIRED).index(index), errors);
    }
    for (index, term) in preferred.iter().enumerate() {
        let at = path.child(PREFERRED).index(index);
        validate_weight(term.weight, &at, errors);
        validate_pod_term(&term.pod_affinity_term, &at.child("podAffinityTerm"), errors);
    }
}

fn validate_pod_term(term: &PodAffinityTerm, path: &Path, errors: &mut ErrorList) {
    errors.extend(validate_label_selector(term.label_selector.as_deref(), &path.child("labelSelector")));
    errors.extend(validate_label_selector(
        term.namespace_selector.as_deref(),
        &path.child("namespaceSelector"),
    ));
    for name in &term.namespaces {
        complain(errors, &path.child("namespace"), name, names::is_dns1123_label(name));
    }
    let selector = term.label_selector.is_some();
    for (name, keys) in
        [("matchLabelKeys", &term.match_label_keys), ("mismatchLabelKeys", &term.mismatch_label_keys)]
    {
        let at = path.child(name);
        if !keys.is_empty() && !selector {
            errors.push(Error::forbidden(&at, "must not be specified when labelSelector is not set"));
        }
        for (index, key) in keys.iter().enumerate().filter(|_| selector) {
            complain(errors, &at.index(index), key, names::is_qualified_name(key));
        }
    }
    for (index, key) in term.match_label_keys.iter().enumerate() {
        if term.mismatch_label_keys.contains(key) {
            let why = "exists in both matchLabelKeys and mismatchLabelKeys";
            errors.push(Error::invalid(&path.child("matchLabelKeys").index(index), key, why));
        }
    }
    let at = path.child("topologyKey");
    if term.topology_key.is_empty() {
        errors.push(Error::required(&at, "can not be empty"));
    }
    complain(errors, &at, &term.topology_key, names::is_qualified_name(&term.topology_key));
}

/// Tolerations, of pods and of whatever adds them to pods (`ValidateTolerations`).
pub fn validate_tolerations(tolerations: &[Toleration], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, toleration) in tolerations.iter().enumerate() {
        let at = path.index(index);
        let operator = at.child("operator");
        if !toleration.key.is_empty() {
            complain(
                &mut errors,
                &at.child("key"),
                &toleration.key,
                names::is_qualified_name(&toleration.key),
            );
        } else if toleration.operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(Error::invalid(&operator, &toleration.operator, why));
        }
        if toleration.toleration_seconds.is_some() && toleration.effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(Error::invalid(&at.child("effect"), &toleration.effect, why));
        }
        match toleration.operator.as_str() {
            "Equal" | "" => {
                let complaints = names::is_valid_label_value(&toleration.value);
                if !complaints.is_empty() {
                    errors.push(Error::invalid(&operator, &toleration.value, &complaints.join(";")));
                }
            }
            "Exists" if toleration.value.is_empty() => {}
            "Exists" => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.push(Error::invalid(&operator, &toleration.value, why));
            }
            other => errors.push(Error::not_supported(&operator, other, &["Equal", "Exists"])),
        }
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if !toleration.effect.is_empty() && !effects.contains(&toleration.effect.as_str()) {
            errors.push(Error::not_supported(&at.child("effect"), &toleration.effect, &effects));
        }
    }
    errors
}

/// Mirrors validateSchedulingGates.
pub fn validate_scheduling_gates(gates: &[PodSchedulingGate], path: &Path, errors: &mut ErrorList) {
    for (index, gate) in gates.iter().enumerate() {
        let at = path.index(index);
        complain(errors, &at, &gate.name, names::is_qualified_name(&gate.name));
        if gates[..index].contains(gate) {
            errors.push(Error::duplicate(&at, &gate.name));
        }
    }
}

/// Mirrors validateTopologySpreadConstraints.
pub fn validate_topology_spread(
    constraints: &[TopologySpreadConstraint],
    path: &Path,
    errors: &mut ErrorList,
) {
    const ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
    for (index, constraint) in constraints.iter().enumerate() {
        let at = path.index(index);
        if constraint.max_skew <= 0 {
            errors.push(Error::invalid(
                &at.child("maxSkew"),
                constraint.max_skew,
                "must be greater than zero",
            ));
        }
        if constraint.topology_key.is_empty() {
            errors.push(Error::required(&at.child("topologyKey"), "can not be empty"));
        } else {
            let complaints = names::is_qualified_name(&constraint.topology_key);
            complain(errors, &at.child("topologyKey"), &constraint.topology_key, complaints);
        }
        let action = constraint.when_unsatisfiable.as_str();
        if !ACTIONS.contains(&action) {
            errors.push(Error::not_supported(&at.child("whenUnsatisfiable"), action, &ACTIONS));
        }
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key
                && other.when_unsatisfiable == constraint.when_unsatisfiable
        };
        if constraints[index + 1..].iter().any(same) {
            let value = format!("{{{}, {action}}}", constraint.topology_key);
            errors.push(Error::duplicate(&at.child("{topologyKey, whenUnsatisfiable}"), value));
        }
        if let Some(domains) = constraint.min_domains {
            if domains <= 0 {
                errors.push(Error::invalid(&at.child("minDomains"), domains, "must be greater than 0"));
            }
            if action != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.push(Error::invalid(&at.child("minDomains"), domains, &why));
            }
        }
        for (name, policy) in [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ] {
            if let Some(policy) = policy.as_ref().filter(|policy| *policy != "Honor" && *policy != "Ignore") {
                errors.push(Error::not_supported(&at.child(name), Json::from(policy), &["Honor", "Ignore"]));
            }
        }
        errors.extend(validate_label_selector(
            constraint.label_selector.as_deref(),
            &at.child("labelSelector"),
        ));
    }
}
