//! Questions about pods (`k8s.io/kubernetes/pkg/api/v1/pod`, `pkg/apis/core/v1/helper/qos`,
//! `k8s.io/component-helpers/resource`).

use collections::OrdMap;

use crate::base::str::Str;
use crate::base::time::{Duration, Timestamp};
use crate::core::v1::{Container, Pod, PodCondition, PodSpec, PodStatus, ResourceRequirements};
use crate::meta::quantity::Quantity;

/// Amounts by resource name.
pub type ResourceList = OrdMap<Str, Quantity>;

/// The condition of this type (`GetPodCondition`).
pub fn condition<'a>(status: &'a PodStatus, kind: &str) -> Option<&'a PodCondition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// True if the pod has condition Ready = True.
pub fn is_ready(pod: &Pod) -> bool {
    condition(&pod.status, "Ready").is_some_and(|condition| condition.status == "True")
}

/// Since when the pod has condition Ready = True; `None` if it has not.
pub fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let ready = condition(&pod.status, "Ready").filter(|condition| condition.status == "True")?;
    Some(ready.last_transition_time)
}

/// True if the pod has been ready for `min_ready_seconds` (`IsPodAvailable`).
pub fn is_available(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> bool {
    let Some(since) = ready_since(pod) else { return false };
    let min = Duration::secs(i64::from(min_ready_seconds));
    min.is_zero() || (!since.is_zero() && since + min <= now)
}

/// True once all containers have ended for good (`IsPodTerminal`).
pub fn is_terminal(pod: &Pod) -> bool {
    pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
}

/// True if the pod runs or may still run, and nobody asked for its deletion (`controller.IsPodActive`).
pub fn is_active(pod: &Pod) -> bool {
    !is_terminal(pod) && !pod.metadata.is_deleting()
}

/// True if somebody asked for its deletion and its containers have not all ended (`controller.IsPodTerminating`).
pub fn is_terminating(pod: &Pod) -> bool {
    !is_terminal(pod) && pod.metadata.is_deleting()
}

/// Init containers, then containers.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().chain(&spec.containers)
}

/// True for an init container that keeps running beside the containers (a sidecar).
pub fn is_restartable_init(container: &Container) -> bool {
    container.restart_policy.as_ref().is_some_and(|policy| policy == "Always")
}

/// The service level that requests and limits of cpu and memory give (`GetPodQOS` for a pod not yet classified).
pub fn compute_qos(spec: &PodSpec) -> &'static str {
    let empty = ResourceRequirements::default();
    let mut all: Vec<&ResourceRequirements> = match &spec.resources {
        Some(resources) => vec![resources],
        None => containers(spec).map(|container| &container.resources).collect(),
    };
    if all.is_empty() {
        all.push(&empty);
    }
    let amount = |list: &ResourceList, name: &str| list.get(name).copied().unwrap_or_default();
    let mut any = false;
    let mut guaranteed = true;
    for resources in all {
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(&resources.requests, name), amount(&resources.limits, name));
            any |= !request.is_zero() || !limit.is_zero();
            guaranteed &= !limit.is_zero() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// What the scheduler must set aside: the sum over containers and sidecars, or an init container's peak if that is
/// more, plus overhead (`resource.PodRequests`).
pub fn requests(spec: &PodSpec) -> ResourceList {
    let mut sum = ResourceList::new();
    for container in &spec.containers {
        add(&mut sum, &container.resources.requests);
    }
    let mut sidecars = ResourceList::new();
    let mut peak = ResourceList::new();
    for container in &spec.init_containers {
        let mut needed = container.resources.requests.clone();
        if is_restartable_init(container) {
            add(&mut sum, &needed);
            add(&mut sidecars, &needed);
            needed = sidecars.clone();
        } else {
            add(&mut needed, &sidecars);
        }
        max(&mut peak, &needed);
    }
    max(&mut sum, &peak);
    if let Some(resources) = &spec.resources {
        for (name, amount) in &resources.requests {
            sum.insert(name.clone(), *amount);
        }
    }
    add(&mut sum, &spec.overhead);
    sum
}

/// Adds amounts (`addResourceList`).
pub fn add(sum: &mut ResourceList, more: &ResourceList) {
    for (name, amount) in more {
        match sum.get_mut(name.as_str()) {
            Some(present) => *present += *amount,
            None => {
                sum.insert(name.clone(), *amount);
            }
        }
    }
}

/// Raises amounts to those of `other` (`maxResourceList`).
pub fn max(list: &mut ResourceList, other: &ResourceList) {
    for (name, amount) in other {
        match list.get_mut(name.as_str()) {
            Some(present) if *present >= *amount => {}
            _ => {
                list.insert(name.clone(), *amount);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use serde_json::json;

    fn pod(spec: crate::Json) -> Pod {
        Pod::decode(&json!({"spec": spec})).unwrap()
    }

    #[test]
    fn service_levels_follow_requests_and_limits() {
        let with =
            |resources: crate::Json| pod(json!({"containers": [{"name": "a", "resources": resources}]})).spec;
        assert_eq!(compute_qos(&with(json!({}))), "BestEffort");
        assert_eq!(compute_qos(&with(json!({"requests": {"cpu": "1"}}))), "Burstable");
        let full = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(compute_qos(&with(json!({"requests": full, "limits": full}))), "Guaranteed");
    }

    #[test]
    fn requests_count_sidecars_and_the_peak_of_init_containers() {
        let spec = pod(json!({
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "100m"}}}],
            "initContainers": [
                {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
                {"name": "init", "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}}}
            ],
            "overhead": {"cpu": "10m"}
        }))
        .spec;
        let requests = requests(&spec);
        assert_eq!(requests["cpu"].to_string(), "260m");
        assert_eq!(requests["memory"].to_string(), "1Gi");
    }
}
