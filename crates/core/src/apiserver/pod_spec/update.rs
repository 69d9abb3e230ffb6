//! What may change in a pod that exists: little.

use api::core::v1::{Container, ContainerStatus, Pod, PodSpec, Toleration};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use super::containers::validate_image_has_no_blanks;
use super::{complain, validate_pod, validate_tolerations};

/// The fields named by the refusal of a change, as upstream names them.
const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
     `spec.tolerations` (only additions to existing tolerations),\
     `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A change of a pod by a user, except its metadata (`ValidatePodUpdate`).
pub fn validate_pod_update(new: &Pod, old: &Pod) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_pod(new);
    for (name, new, old) in [
        ("containers", &new.spec.containers, &old.spec.containers),
        ("initContainers", &new.spec.init_containers, &old.spec.init_containers),
    ] {
        if !validate_images(new, old, &path.child(name), &mut errors) {
            return errors;
        }
    }
    if !validate_deadline(&new.spec, &old.spec, &path.child("activeDeadlineSeconds"), &mut errors) {
        return errors;
    }
    validate_added_tolerations(
        &new.spec.tolerations,
        &old.spec.tolerations,
        &path.child("tolerations"),
        &mut errors,
    );
    for (index, gate) in new.spec.scheduling_gates.iter().enumerate() {
        if !old.spec.scheduling_gates.contains(gate) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            errors.push(Error::forbidden(&path.child("schedulingGates").index(index).child("name"), &why));
        }
    }
    if new.spec != old.spec && with_allowed_changes(&old.spec, &new.spec) != *new.spec {
        let why = format!("pod updates may not change fields other than {UPDATABLE}\n");
        errors.push(Error::forbidden(&path, &why));
    }
    errors
}

/// Checks images; false if containers were added or removed, which makes further checks pointless.
fn validate_images(new: &[Container], old: &[Container], path: &Path, errors: &mut ErrorList) -> bool {
    if new.len() != old.len() {
        errors.push(Error::forbidden(path, "pod updates may not add or remove containers"));
        return false;
    }
    for (index, container) in new.iter().enumerate() {
        let at = path.index(index).child("image");
        if container.image.is_empty() {
            errors.push(Error::required(&at, ""));
        }
        validate_image_has_no_blanks(&container.image, &at, errors);
    }
    true
}

/// A deadline may be set, and brought forward; false if further checks are pointless.
fn validate_deadline(new: &PodSpec, old: &PodSpec, path: &Path, errors: &mut ErrorList) -> bool {
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            errors.push(Error::invalid(path, new, &names::inclusive_range_error(0, i64::from(i32::MAX))));
            false
        }
        (Some(new), Some(old)) if old < new => {
            errors.push(Error::invalid(path, new, "must be less than or equal to previous value"));
            false
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            errors.push(Error::invalid(path, api::Json::Null, why));
            true
        }
        _ => true,
    }
}

fn validate_added_tolerations(new: &[Toleration], old: &[Toleration], path: &Path, errors: &mut ErrorList) {
    let kept = |old: &Toleration| {
        new.iter().any(|new| {
            let mut new = new.clone();
            new.toleration_seconds = old.toleration_seconds;
            new == *old
        })
    };
    if old.iter().all(kept) {
        // Their form was checked with the spec already; upstream says it twice, and lists show equal errors once.
        errors.extend(validate_tolerations(new, path));
    } else {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(Error::forbidden(path, why));
    }
}

/// The old spec with those changes of the new one that are allowed.
fn with_allowed_changes(old: &PodSpec, new: &PodSpec) -> PodSpec {
    let mut spec = old.clone();
    let containers = spec.containers.iter_mut().zip(&new.containers);
    for (container, new) in containers.chain(spec.init_containers.iter_mut().zip(&new.init_containers)) {
        container.image = new.image.clone();
    }
    spec.active_deadline_seconds = new.active_deadline_seconds;
    spec.scheduling_gates = new.scheduling_gates.clone();
    spec.tolerations = new.tolerations.clone();
    let negative = old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0);
    if negative && new.termination_grace_period_seconds == Some(1) {
        spec.termination_grace_period_seconds = Some(1);
    }
    if !old.scheduling_gates.is_empty() {
        // A gated pod may be narrowed to fewer nodes before anything looks at it.
        let widened = old.node_selector.iter().any(|(key, value)| new.node_selector.get(key) != Some(value));
        if !widened {
            spec.node_selector = new.node_selector.clone();
        }
    }
    spec
}

/// A change of a pod's status, except its metadata (`ValidatePodStatusUpdate`).
pub fn validate_pod_status_update(new: &Pod, old: &Pod) -> ErrorList {
    let path = Path::new("status");
    let mut errors = ErrorList::new();
    for (index, condition) in new.status.conditions.iter().enumerate() {
        if !matches!(condition.type_.as_str(), "PodScheduled" | "Ready" | "Initialized") {
            let at = Path::new("metadata").child("conditions").index(index).child("Type");
            complain(&mut errors, &at, &condition.type_, names::is_qualified_name(&condition.type_));
        }
    }
    if new.spec.node_name != old.spec.node_name {
        errors.push(Error::forbidden(&path.child("nodeName"), "may not be changed directly"));
    }
    let nominated = &new.status.nominated_node_name;
    if *nominated != old.status.nominated_node_name && !nominated.is_empty() {
        complain(
            &mut errors,
            &path.child("nominatedNodeName"),
            nominated,
            names::is_dns1123_subdomain(nominated),
        );
    }
    if new.status.qos_class != old.status.qos_class {
        errors.push(Error::invalid(&path.child("qosClass"), &new.status.qos_class, "field is immutable"));
    }
    let policy = old.spec.restart_policy.as_str();
    let sidecar = |name: &str| {
        old.spec.init_containers.iter().any(|init| init.name == name && api::pod::is_restartable_init(init))
    };
    let (new, old) = (&new.status, &old.status);
    let at = path.child("containerStatuses");
    validate_stays_terminated(
        &new.container_statuses,
        &old.container_statuses,
        policy,
        |_| false,
        &at,
        &mut errors,
    );
    let (new, old) = (&new.init_container_statuses, &old.init_container_statuses);
    validate_stays_terminated(new, old, policy, sidecar, &path.child("initContainerStatuses"), &mut errors);
    errors
}

/// A container that has ended runs again only if the pod's restart policy, or its being a sidecar, says so
/// (`ValidateContainerStateTransition`).
fn validate_stays_terminated(
    new: &[ContainerStatus],
    old: &[ContainerStatus],
    policy: &str,
    restarts: impl Fn(&str) -> bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    if policy == "Always" {
        return;
    }
    for (index, old) in old.iter().enumerate() {
        let Some(terminated) = &old.state.terminated else { continue };
        if (terminated.exit_code != 0 && policy == "OnFailure") || restarts(&old.name) {
            continue;
        }
        if new.iter().any(|new| new.name == old.name && new.state.terminated.is_none()) {
            let why = "may not be transitioned to non-terminated state";
            errors.push(Error::forbidden(&path.index(index).child("state"), why));
        }
    }
}
