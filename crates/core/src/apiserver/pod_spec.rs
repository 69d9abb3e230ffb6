//! Defaults and validation of pod specs, shared by pods and by all kinds that carry a pod template.
//!
//! Mirrors `k8s.io/kubernetes/pkg/apis/core/v1/defaults.go` and the pod part of `pkg/apis/core/validation`, with its
//! order and wording. Metadata is validated where all kinds' metadata is. Not here: Windows pods, AppArmor and seccomp
//! annotations, resource claims, and the contents of volume types that exist for old clouds only.

mod containers;
mod defaults;
mod env;
mod probes;
mod resources;
mod scheduling;
mod security;
mod update;
mod volumes;

pub use defaults::{set_defaults_pod, set_defaults_pod_spec};
pub use scheduling::{validate_node_selector, validate_tolerations};
pub use update::{validate_pod_status_update, validate_pod_update};

use api::core::v1::{Pod, PodSpec, PodTemplateSpec};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

/// What a pod spec belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A pod.
    Pod,
    /// A template: checked less strictly where pods get defaults later.
    Template,
}

/// Everything but the metadata of a new pod (`ValidatePodCreate`).
pub fn validate_pod_create(pod: &Pod) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_pod(pod);
    if !pod.spec.ephemeral_containers.is_empty() {
        errors.push(Error::forbidden(&path.child("ephemeralContainers"), "cannot be set on create"));
    }
    if !pod.spec.node_name.is_empty() && !pod.spec.scheduling_gates.is_empty() {
        let why = "cannot be set until all schedulingGates have been cleared";
        errors.push(Error::forbidden(&path.child("nodeName"), why));
    }
    errors
}

/// What new and changed pods are checked for alike (`validatePodMetadataAndSpec` without the metadata).
fn validate_pod(pod: &Pod) -> ErrorList {
    let path = Path::new("spec");
    let spec = &pod.spec;
    let mut errors = validate_pod_spec(spec, &path, Context::Pod);
    if spec.service_account_name.is_empty() {
        for (index, volume) in spec.volumes.iter().enumerate() {
            let sources = volume.projected.iter().flat_map(|projected| &projected.sources).enumerate();
            for (source, _) in sources.filter(|(_, source)| source.service_account_token.is_some()) {
                let at = path.child("volumes").index(index).child("projected").child("sources").index(source);
                let why = "must not be specified when serviceAccountName is not set";
                errors.push(Error::forbidden(&at.child("serviceAccountToken"), why));
            }
        }
    }
    for (name, containers) in [("containers", &spec.containers), ("initContainers", &spec.init_containers)] {
        for (index, container) in containers.iter().enumerate() {
            let at = path.child(name).index(index).child("image");
            containers::validate_image_has_no_blanks(&container.image, &at, &mut errors);
        }
    }
    errors
}

/// Labels, annotations and spec of a pod template (`ValidatePodTemplateSpec`).
pub fn validate_pod_template_spec(template: &PodTemplateSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let metadata = path.child("metadata");
    for (key, value) in &template.metadata.labels {
        let at = metadata.child("labels");
        complain(&mut errors, &at, key, names::is_qualified_name(key));
        complain(&mut errors, &at, value, names::is_valid_label_value(value));
    }
    for key in template.metadata.annotations.keys() {
        complain(
            &mut errors,
            &metadata.child("annotations"),
            key,
            names::is_qualified_name(&key.to_lowercase()),
        );
    }
    errors.extend(validate_pod_spec(&template.spec, &path.child("spec"), Context::Template));
    if !template.spec.ephemeral_containers.is_empty() {
        let at = path.child("spec").child("ephemeralContainers");
        errors.push(Error::forbidden(&at, "ephemeral containers not allowed in pod template"));
    }
    errors
}

/// A pod spec that has its defaults (`ValidatePodSpec`).
pub fn validate_pod_spec(spec: &PodSpec, path: &Path, context: Context) -> ErrorList {
    let mut errors = ErrorList::new();
    if spec.termination_grace_period_seconds.is_none() {
        errors.push(Error::required(&path.child("terminationGracePeriodSeconds"), ""));
    }
    let volumes = volumes::validate_volumes(&spec.volumes, &path.child("volumes"), &mut errors);
    let scope = containers::Scope { volumes: &volumes, grace_period: spec.termination_grace_period_seconds };
    containers::validate_containers(spec, &scope, path, &mut errors);
    validate_host_network(spec, path, context, &mut errors);
    let restart_policies = ["Always", "OnFailure", "Never"];
    one_of(&mut errors, &path.child("restartPolicy"), &spec.restart_policy, &restart_policies);
    let dns_policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    one_of(&mut errors, &path.child("dnsPolicy"), &spec.dns_policy, &dns_policies);
    for (key, value) in &spec.node_selector {
        let at = path.child("nodeSelector");
        complain(&mut errors, &at, key, names::is_qualified_name(key));
        complain(&mut errors, &at, value, names::is_valid_label_value(value));
    }
    security::validate_pod_security_context(spec, &path.child("securityContext"), &mut errors);
    scheduling::validate_affinity(spec.affinity.as_deref(), &path.child("affinity"), &mut errors);
    validate_dns_config(spec, &path.child("dnsConfig"), &mut errors);
    for (index, gate) in spec.readiness_gates.iter().enumerate() {
        let at = path.child("readinessGates").index(index).child("conditionType");
        complain(&mut errors, &at, &gate.condition_type, names::is_qualified_name(&gate.condition_type));
    }
    scheduling::validate_scheduling_gates(
        &spec.scheduling_gates,
        &path.child("schedulingGates"),
        &mut errors,
    );
    let spread = path.child("topologySpreadConstraints");
    scheduling::validate_topology_spread(&spec.topology_spread_constraints, &spread, &mut errors);
    validate_names(spec, path, &mut errors);
    if let Some(seconds) = spec.active_deadline_seconds {
        let complaints = names::is_in_range(seconds, 1, i64::from(i32::MAX));
        complain(&mut errors, &path.child("activeDeadlineSeconds"), seconds, complaints);
    }
    errors.extend(validate_tolerations(&spec.tolerations, &path.child("tolerations")));
    for (index, alias) in spec.host_aliases.iter().enumerate() {
        let at = path.child("hostAliases").index(index);
        validate_ip(&mut errors, &at.child("ip"), &alias.ip);
        for (index, name) in alias.hostnames.iter().enumerate() {
            complain(
                &mut errors,
                &at.child("hostnames").index(index),
                name,
                names::is_dns1123_subdomain(name),
            );
        }
    }
    if let Some(policy) = &spec.preemption_policy {
        one_of(&mut errors, &path.child("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
    resources::validate_overhead(&spec.overhead, &path.child("overhead"), &mut errors);
    if let Some(os) = &spec.os {
        one_of(&mut errors, &path.child("os").child("name"), &os.name, &["linux", "windows"]);
    }
    errors
}

fn validate_names(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let runtime_class = spec.runtime_class_name.clone().unwrap_or_default();
    let subdomains = [
        ("serviceAccountName", &spec.service_account_name),
        ("nodeName", &spec.node_name),
        ("priorityClassName", &spec.priority_class_name),
        ("runtimeClassName", &runtime_class),
    ];
    for (field, name) in subdomains.into_iter().filter(|(_, name)| !name.is_empty()) {
        complain(errors, &path.child(field), name, names::is_dns1123_subdomain(name));
    }
    for (field, name) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if !name.is_empty() {
            complain(errors, &path.child(field), name, names::is_dns1123_label(name));
        }
    }
}

/// With the host's network a container's port is the host's.
fn validate_host_network(spec: &PodSpec, path: &Path, context: Context, errors: &mut ErrorList) {
    if !spec.host_network {
        return;
    }
    for (index, container) in spec.containers.iter().enumerate() {
        for (port_index, port) in container.ports.iter().enumerate() {
            let set = context == Context::Pod || port.host_port != 0;
            if set && port.host_port != port.container_port {
                let at =
                    path.child("containers").index(index).child("ports").index(port_index).child("hostPort");
                let why = "must match `containerPort` when `hostNetwork` is true";
                errors.push(Error::invalid(&at, port.host_port, why));
            }
        }
    }
}

fn validate_dns_config(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let none = spec.dns_policy == "None";
    let Some(config) = &spec.dns_config else {
        if none {
            errors.push(Error::required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
        }
        return;
    };
    if none && config.nameservers.is_empty() {
        let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        errors.push(Error::required(&path.child("nameservers"), why));
        return;
    }
    let list = |items: &[api::Str]| api::Json::Array(items.iter().map(api::Json::from).collect());
    if config.nameservers.len() > 3 {
        let why = "must not have more than 3 nameservers";
        errors.push(Error::invalid(&path.child("nameservers"), list(&config.nameservers), why));
    }
    for (index, server) in config.nameservers.iter().enumerate() {
        validate_ip(errors, &path.child("nameservers").index(index), server);
    }
    if config.searches.len() > 32 {
        let why = "must not have more than 32 search paths";
        errors.push(Error::invalid(&path.child("searches"), list(&config.searches), why));
    }
    for (index, option) in config.options.iter().enumerate() {
        if option.name.is_empty() {
            errors.push(Error::required(&path.child("options").index(index), "must not be empty"));
        }
    }
}

/// One `Invalid` per complaint about a value.
fn complain(errors: &mut ErrorList, path: &Path, value: impl Into<api::Json>, complaints: Vec<String>) {
    if complaints.is_empty() {
        return;
    }
    let value = value.into();
    for complaint in complaints {
        errors.push(Error::invalid(path, value.clone(), &complaint));
    }
}

/// A value that must be given and be one of these.
fn one_of(errors: &mut ErrorList, path: &Path, value: &str, supported: &[&str]) {
    if value.is_empty() {
        errors.push(Error::required(path, ""));
    } else if !supported.contains(&value) {
        errors.push(Error::not_supported(path, value, supported));
    }
}

fn nonnegative(errors: &mut ErrorList, path: &Path, value: i64) {
    if value < 0 {
        errors.push(Error::invalid(path, value, "must be greater than or equal to 0"));
    }
}

fn validate_ip(errors: &mut ErrorList, path: &Path, ip: &str) {
    if ip.parse::<std::net::IpAddr>().is_err() {
        let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.push(Error::invalid(path, ip, why));
    }
}

/// Text that a pod's file system takes as a path below some folder (`validateLocalDescendingPath`).
fn validate_local_path(errors: &mut ErrorList, path: &Path, text: &str) {
    if text.starts_with('/') {
        errors.push(Error::invalid(path, text, "must be a relative path"));
    }
    validate_no_backsteps(errors, path, text);
}

fn validate_no_backsteps(errors: &mut ErrorList, path: &Path, text: &str) {
    if text.split('/').any(|part| part == "..") {
        errors.push(Error::invalid(path, text, "must not contain '..'"));
    }
}

#[cfg(test)]
mod tests;
