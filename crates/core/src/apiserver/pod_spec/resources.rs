//! Requests and limits.

use api::core::v1::{Container, ResourceRequirements};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::pod::ResourceList;
use api::{Quantity, Str};

use super::{complain, one_of};

const STANDARD: [&str; 8] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
    "storage",
];

/// Requests and limits of a container (`ValidateContainerResourceRequirements`).
pub fn validate_resource_requirements(requirements: &ResourceRequirements, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    for (name, amount) in &requirements.limits {
        validate_amount(name, *amount, &limits.key(name), &mut errors);
    }
    for (name, amount) in &requirements.requests {
        validate_amount(name, *amount, &requests.key(name), &mut errors);
        match requirements.limits.get(name.as_str()) {
            Some(limit) if amount != limit && !is_overcommit_allowed(name) => {
                let why = format!("must be equal to {name} limit of {limit}");
                errors.push(Error::invalid(&requests, amount.to_string(), &why));
            }
            Some(limit) if amount > limit => {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                errors.push(Error::invalid(&requests, amount.to_string(), &why));
            }
            None if !is_overcommit_allowed(name) => {
                errors.push(Error::required(&limits, "Limit must be set for non overcommitable resources"));
            }
            _ => {}
        }
    }
    let has = |test: &dyn Fn(&str) -> bool| {
        requirements.limits.keys().chain(requirements.requests.keys()).any(|name| test(name))
    };
    if has(&is_huge_page) && !has(&|name| name == "cpu" || name == "memory") {
        errors.push(Error::forbidden(path, "HugePages require cpu or memory"));
    }
    errors
}

/// What a sandbox needs besides its containers: checked as limits are.
pub fn validate_overhead(overhead: &ResourceList, path: &Path, errors: &mut ErrorList) {
    let requirements = ResourceRequirements { limits: overhead.clone(), ..ResourceRequirements::default() };
    errors.extend(validate_resource_requirements(&requirements, path));
}

fn validate_amount(name: &str, amount: Quantity, path: &Path, errors: &mut ErrorList) {
    validate_container_resource_name(name, path, errors);
    errors.extend(validate_resource_quantity(name, amount, path));
}

/// An amount that is not negative and, where only whole ones exist, whole (`ValidateResourceQuantityValue`).
pub fn validate_resource_quantity(name: &str, amount: Quantity, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if amount.sign() < 0 {
        errors.push(Error::invalid(path, amount.to_string(), "must be greater than or equal to 0"));
    }
    let whole = !is_native(name) || OBJECT_COUNTS.contains(&name);
    if whole && amount.milli_value() % 1000 != 0 {
        errors.push(Error::invalid(path, amount.to_string(), "must be an integer"));
    }
    errors
}

const OBJECT_COUNTS: [&str; 10] = [
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    "requests.nvidia.com",
];

fn validate_container_resource_name(name: &str, path: &Path, errors: &mut ErrorList) {
    let complaints = names::is_qualified_name(name);
    if !complaints.is_empty() {
        complain(errors, path, name, complaints);
    } else if !name.contains('/') {
        let standard = STANDARD.contains(&name) || OBJECT_COUNTS.contains(&name) || is_huge_page(name);
        if !standard {
            let why = "must be a standard resource type or fully qualified";
            errors.push(Error::invalid(path, name, why));
        }
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_page(name) {
            errors.push(Error::invalid(path, name, "must be a standard resource for containers"));
        }
    } else if !is_native(name) && name.starts_with("requests.") {
        errors.push(Error::invalid(path, name, "doesn't follow extended resource name standard"));
    }
}

/// True for names without a domain or with Kubernetes' own.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// True if requests may be below limits.
fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// What must happen to a container when its resources are changed while it runs.
pub fn validate_resize_policy(
    container: &Container,
    restart_policy: &str,
    path: &Path,
    errors: &mut ErrorList,
) {
    let mut seen: Vec<&Str> = Vec::new();
    for (index, policy) in container.resize_policy.iter().enumerate() {
        if seen.contains(&&policy.resource_name) {
            errors.push(Error::duplicate(&path.index(index), &policy.resource_name));
        }
        seen.push(&policy.resource_name);
        one_of(errors, path, &policy.resource_name, &["cpu", "memory"]);
        one_of(errors, path, &policy.restart_policy, &["NotRequired", "RestartContainer"]);
        if restart_policy == "Never" && policy.restart_policy != "NotRequired" {
            let why = "must be 'NotRequired' when `restartPolicy` is 'Never'";
            errors.push(Error::invalid(path, &policy.restart_policy, why));
        }
    }
}
