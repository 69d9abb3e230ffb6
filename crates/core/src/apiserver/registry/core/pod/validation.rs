//! Validation of pods and pod templates. Mirrors ValidatePodCreate, ValidatePodSpec and what they call in
//! pkg/apis/core/validation/validation.go; functions keep their names, errors their order.

mod container;
mod update;
mod volume;

pub use update::{validate_pod_status_update, validate_pod_update};

use api::core::v1::{Pod, PodSpec, PodTemplateSpec, Toleration};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use crate::apiserver::validation::{
    validate_annotations, validate_label_selector, validate_labels, validate_nonnegative,
};

/// Mirrors ValidatePodCreate.
pub fn validate_pod(pod: &Pod) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_pod_spec(&pod.spec, &path);
    if !pod.spec.ephemeral_containers.is_empty() {
        errors.push(Error::forbidden(&path.child("ephemeralContainers"), "cannot be set on create"));
    }
    if !pod.spec.node_name.is_empty() && !pod.spec.scheduling_gates.is_empty() {
        let why = "cannot be set until all schedulingGates have been cleared";
        errors.push(Error::forbidden(&path.child("nodeName"), why));
    }
    errors
}

/// Mirrors ValidatePodTemplateSpec.
pub fn validate_pod_template(template: &PodTemplateSpec, path: &Path) -> ErrorList {
    let mut errors = validate_labels(&template.metadata.labels, &path.child("labels"));
    errors.extend(validate_annotations(&template.metadata.annotations, &path.child("annotations")));
    let spec = path.child("spec");
    errors.extend(validate_pod_spec(&template.spec, &spec));
    if !template.spec.ephemeral_containers.is_empty() {
        let why = "ephemeral containers not allowed in pod template";
        errors.push(Error::forbidden(&spec.child("ephemeralContainers"), why));
    }
    errors
}

/// Mirrors ValidatePodSpec.
pub fn validate_pod_spec(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let volumes = volume::validate_volumes(&spec.volumes, &path.child("volumes"), &mut errors);
    container::validate_containers(spec, &volumes, &path.child("containers"), &mut errors);
    container::validate_init_containers(spec, &volumes, &path.child("initContainers"), &mut errors);
    validate_restart_policy(&spec.restart_policy, &path.child("restartPolicy"), &mut errors);
    validate_dns_policy(spec, path, &mut errors);
    errors.extend(validate_labels(&spec.node_selector, &path.child("nodeSelector")));
    validate_affinity(spec, &path.child("affinity"), &mut errors);
    if !spec.service_account_name.is_empty() {
        for message in names::is_dns1123_subdomain(&spec.service_account_name) {
            errors.push(Error::invalid(
                &path.child("serviceAccountName"),
                &spec.service_account_name,
                &message,
            ));
        }
    }
    if !spec.node_name.is_empty() {
        for message in names::is_dns1123_subdomain(&spec.node_name) {
            errors.push(Error::invalid(&path.child("nodeName"), &spec.node_name, &message));
        }
    }
    if let Some(seconds) =
        spec.active_deadline_seconds.filter(|seconds| !(1..=i64::from(i32::MAX)).contains(seconds))
    {
        let why = names::inclusive_range_error(1, i32::MAX.into());
        errors.push(Error::invalid(&path.child("activeDeadlineSeconds"), seconds, &why));
    }
    for (name, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if !value.is_empty() {
            for message in names::is_dns1123_label(value) {
                errors.push(Error::invalid(&path.child(name), value, &message));
            }
        }
    }
    validate_tolerations(&spec.tolerations, &path.child("tolerations"), &mut errors);
    validate_host_aliases(spec, &path.child("hostAliases"), &mut errors);
    if !spec.priority_class_name.is_empty() {
        for message in names::is_dns1123_subdomain(&spec.priority_class_name) {
            errors.push(Error::invalid(
                &path.child("priorityClassName"),
                &spec.priority_class_name,
                &message,
            ));
        }
    }
    validate_topology_spread(spec, &path.child("topologySpreadConstraints"), &mut errors);
    errors
}

fn validate_restart_policy(policy: &str, path: &Path, errors: &mut ErrorList) {
    match policy {
        "Always" | "OnFailure" | "Never" => {}
        "" => errors.push(Error::required(path, "")),
        other => errors.push(Error::not_supported(path, other, &["Always", "OnFailure", "Never"])),
    }
}

fn validate_dns_policy(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    const POLICIES: [&str; 4] = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
    match spec.dns_policy.as_str() {
        "" => errors.push(Error::required(&path.child("dnsPolicy"), "")),
        policy if POLICIES.contains(&policy) => {}
        other => errors.push(Error::not_supported(&path.child("dnsPolicy"), other, &POLICIES)),
    }
    if spec.dns_policy != "None" {
        return;
    }
    let config = path.child("dnsConfig");
    match spec.dns_config.as_deref() {
        None => errors.push(Error::required(&config, "must provide `dnsConfig` when `dnsPolicy` is None")),
        Some(given) if given.nameservers.is_empty() => {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.push(Error::required(&config.child("nameservers"), why));
        }
        Some(_) => {}
    }
}

/// Mirrors ValidateTolerations.
fn validate_tolerations(tolerations: &[Toleration], path: &Path, errors: &mut ErrorList) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let at = path.index(index);
        if !toleration.key.is_empty() {
            for message in names::is_qualified_name(&toleration.key) {
                errors.push(Error::invalid(&at.child("key"), &toleration.key, &message));
            }
        }
        if toleration.key.is_empty() && toleration.operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(Error::invalid(&at.child("operator"), &toleration.operator, why));
        }
        if toleration.toleration_seconds.is_some() && toleration.effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(Error::invalid(&at.child("effect"), &toleration.effect, why));
        }
        match toleration.operator.as_str() {
            "Equal" | "" => {
                for message in names::is_valid_label_value(&toleration.value) {
                    errors.push(Error::invalid(&at.child("operator"), &toleration.value, &message));
                }
            }
            "Exists" if !toleration.value.is_empty() => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.push(Error::invalid(&at.child("operator"), json_of(toleration), why));
            }
            "Exists" => {}
            other => {
                errors.push(Error::not_supported(&at.child("operator"), other, &["Equal", "Exists"]));
            }
        }
        if !matches!(toleration.effect.as_str(), "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.push(Error::not_supported(&at.child("effect"), &toleration.effect, &known));
        }
    }
}

fn json_of(message: &dyn api::meta::codec::Message) -> api::Json {
    api::meta::codec::encode_message(message)
}

fn validate_host_aliases(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for (index, alias) in spec.host_aliases.iter().enumerate() {
        if alias.ip.parse::<std::net::IpAddr>().is_err() {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.push(Error::invalid(&path.index(index).child("ip"), &alias.ip, why));
        }
        for hostname in &alias.hostnames {
            for message in names::is_dns1123_subdomain(hostname) {
                errors.push(Error::invalid(&path.index(index).child("hostnames"), hostname, &message));
            }
        }
    }
}

/// Mirrors validateAffinity, for the parts that the scheduler reads.
fn validate_affinity(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let Some(affinity) = spec.affinity.as_deref() else { return };
    if let Some(node) = affinity.node_affinity.as_deref() {
        let at = path.child("nodeAffinity");
        if let Some(required) = node.required_during_scheduling_ignored_during_execution.as_deref() {
            let at = at.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
            if required.node_selector_terms.is_empty() {
                errors.push(Error::required(&at, "must have at least one node selector term"));
            }
            for (index, term) in required.node_selector_terms.iter().enumerate() {
                validate_node_selector_term(term, &at.index(index), errors);
            }
        }
        let at = at.child("preferredDuringSchedulingIgnoredDuringExecution");
        for (index, term) in node.preferred_during_scheduling_ignored_during_execution.iter().enumerate() {
            if !(1..=100).contains(&term.weight) {
                errors.push(Error::invalid(
                    &at.index(index).child("weight"),
                    term.weight,
                    "must be in the range 1-100",
                ));
            }
            validate_node_selector_term(&term.preference, &at.index(index).child("preference"), errors);
        }
    }
    let pod = affinity.pod_affinity.as_deref().map(|a| {
        (
            &a.required_during_scheduling_ignored_during_execution,
            &a.preferred_during_scheduling_ignored_during_execution,
        )
    });
    let anti = affinity.pod_anti_affinity.as_deref().map(|a| {
        (
            &a.required_during_scheduling_ignored_during_execution,
            &a.preferred_during_scheduling_ignored_during_execution,
        )
    });
    for (name, terms) in [("podAffinity", pod), ("podAntiAffinity", anti)] {
        let Some((required, preferred)) = terms else { continue };
        let at = path.child(name).child("requiredDuringSchedulingIgnoredDuringExecution");
        for (index, term) in required.iter().enumerate() {
            validate_pod_affinity_term(term, &at.index(index), errors);
        }
        let at = path.child(name).child("preferredDuringSchedulingIgnoredDuringExecution");
        for (index, term) in preferred.iter().enumerate() {
            if !(1..=100).contains(&term.weight) {
                errors.push(Error::invalid(
                    &at.index(index).child("weight"),
                    term.weight,
                    "must be in the range 1-100",
                ));
            }
            validate_pod_affinity_term(
                &term.pod_affinity_term,
                &at.index(index).child("podAffinityTerm"),
                errors,
            );
        }
    }
}

/// Mirrors ValidateNodeSelectorTerm.
fn validate_node_selector_term(term: &api::core::v1::NodeSelectorTerm, path: &Path, errors: &mut ErrorList) {
    for (index, requirement) in term.match_expressions.iter().enumerate() {
        let at = path.child("matchExpressions").index(index);
        let values = requirement.values.len();
        match requirement.operator.as_str() {
            "In" | "NotIn" if values == 0 => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(Error::required(&at.child("values"), why));
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(Error::forbidden(&at.child("values"), why));
            }
            "Gt" | "Lt" if values != 1 => {
                let why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                errors.push(Error::required(&at.child("values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => {
                errors.push(Error::invalid(&at.child("operator"), other, "not a valid selector operator"))
            }
        }
        for message in names::is_qualified_name(&requirement.key) {
            errors.push(Error::invalid(&at.child("key"), &requirement.key, &message));
        }
    }
}

/// Mirrors validatePodAffinityTerm.
fn validate_pod_affinity_term(term: &api::core::v1::PodAffinityTerm, path: &Path, errors: &mut ErrorList) {
    errors.extend(validate_label_selector(term.label_selector.as_deref(), &path.child("labelSelector")));
    errors.extend(validate_label_selector(
        term.namespace_selector.as_deref(),
        &path.child("namespaceSelector"),
    ));
    for namespace in &term.namespaces {
        for message in names::is_dns1123_label(namespace) {
            errors.push(Error::invalid(&path.child("namespace"), namespace, &message));
        }
    }
    if term.topology_key.is_empty() {
        errors.push(Error::required(&path.child("topologyKey"), "can not be empty"));
    }
    for message in names::is_qualified_name(&term.topology_key) {
        errors.push(Error::invalid(&path.child("topologyKey"), &term.topology_key, &message));
    }
}

/// Mirrors validateTopologySpreadConstraints.
fn validate_topology_spread(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    for (index, constraint) in spec.topology_spread_constraints.iter().enumerate() {
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
        }
        if !matches!(constraint.when_unsatisfiable.as_str(), "DoNotSchedule" | "ScheduleAnyway") {
            let known = ["DoNotSchedule", "ScheduleAnyway"];
            errors.push(Error::not_supported(
                &at.child("whenUnsatisfiable"),
                &constraint.when_unsatisfiable,
                &known,
            ));
        }
        errors.extend(validate_label_selector(
            constraint.label_selector.as_deref(),
            &at.child("labelSelector"),
        ));
        if let Some(domains) = constraint.min_domains {
            errors.extend(validate_nonnegative(domains.into(), &at.child("minDomains")));
        }
    }
}
