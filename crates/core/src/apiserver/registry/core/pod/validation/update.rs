//! What may change in a pod that exists. Mirrors ValidatePodUpdate and ValidatePodStatusUpdate.

use api::core::v1::{Container, Pod, PodSpec};
use api::meta::field::{Error, ErrorList, Path};

const ONLY: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub fn validate_pod_update(pod: &Pod, old: &Pod) -> ErrorList {
    if pod.spec == old.spec {
        return ErrorList::new();
    }
    let path = Path::new("spec");
    let mut errors = super::validate_pod_spec(&pod.spec, &path);
    let (new, before) = (&pod.spec, &old.spec);
    let lengths = new.containers.len() == before.containers.len();
    if !lengths {
        errors.push(Error::forbidden(
            &path.child("containers"),
            "pod updates may not add or remove containers",
        ));
    }
    if new.init_containers.len() != before.init_containers.len() {
        let why = "pod updates may not add or remove containers";
        errors.push(Error::forbidden(&path.child("initContainers"), why));
    }
    if !errors.is_empty() {
        return errors;
    }
    validate_active_deadline(new, before, &path, &mut errors);
    if new.tolerations != before.tolerations
        && !before.tolerations.iter().all(|known| new.tolerations.contains(known))
    {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(Error::forbidden(&path.child("tolerations"), why));
    }
    if !new.scheduling_gates.iter().all(|gate| before.scheduling_gates.contains(gate)) {
        let why = "only deletion is allowed, but found new scheduling gate";
        errors.push(Error::forbidden(&path.child("schedulingGates"), why));
    }
    if !errors.is_empty() {
        return errors;
    }
    let mut masked = new.clone();
    mask(&mut masked, before);
    if masked != *before {
        let why = format!("{ONLY}\n{}", super::super::diff::spec_diff(before, &masked));
        errors.push(Error::forbidden(&path, &why));
    }
    errors
}

/// Puts back what may change, so that the rest can be compared.
fn mask(new: &mut PodSpec, old: &PodSpec) {
    let images = |new: &mut Vec<Container>, old: &Vec<Container>| {
        for (container, before) in new.iter_mut().zip(old) {
            container.image = before.image.clone();
        }
    };
    images(&mut new.containers, &old.containers);
    images(&mut new.init_containers, &old.init_containers);
    new.active_deadline_seconds = old.active_deadline_seconds;
    new.tolerations = old.tolerations.clone();
    new.scheduling_gates = old.scheduling_gates.clone();
    if old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0)
        && new.termination_grace_period_seconds == Some(1)
    {
        new.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    // A pod that waits at a gate may still be steered to other nodes.
    if !old.scheduling_gates.is_empty() {
        new.node_selector = old.node_selector.clone();
        new.affinity = old.affinity.clone();
    }
}

fn validate_active_deadline(new: &PodSpec, old: &PodSpec, path: &Path, errors: &mut ErrorList) {
    let at = path.child("activeDeadlineSeconds");
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), _) if new < 0 => {
            errors.push(Error::invalid(&at, new, "must be greater than or equal to 0"));
        }
        (Some(new), Some(old)) if new > old => {
            errors.push(Error::invalid(&at, new, "must be less than or equal to previous value"));
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            errors.push(Error::invalid(&at, api::Json::Null, why));
        }
        _ => {}
    }
}

pub fn validate_pod_status_update(pod: &Pod, old: &Pod) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("status");
    // A container that ended and is not restarted stays ended.
    if old.spec.restart_policy == "Always" {
        return errors;
    }
    for (index, before) in old.status.container_statuses.iter().enumerate() {
        let Some(ended) = &before.state.terminated else { continue };
        if ended.exit_code == 0 || old.spec.restart_policy == "Never" {
            let now = pod.status.container_statuses.iter().find(|status| status.name == before.name);
            if now.is_some_and(|status| status.state.terminated.is_none()) {
                let at = path.child("containerStatuses").index(index).child("state");
                let why = "may not be transitioned to non-terminated state";
                errors.push(Error::forbidden(&at, why));
            }
        }
    }
    errors
}
