//! What controllers ask of a pod. Upstream: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go.

use api::Timestamp;
use api::core::v1::{Pod, PodCondition};

/// The condition of a type, if the pod has it.
pub(super) fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// True if the pod is ready to serve.
pub(super) fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready.status == "True")
}

/// Since when the pod is ready; `None` if it is not.
pub(super) fn ready_since(pod: &Pod) -> Option<Timestamp> {
    condition(pod, "Ready").filter(|ready| ready.status == "True").map(|ready| ready.last_transition_time)
}

/// True once the pod has ended for good.
pub(super) fn is_terminal(pod: &Pod) -> bool {
    pod.status.phase == "Failed" || pod.status.phase == "Succeeded"
}

/// Neither ended nor being deleted.
pub(super) fn is_active(pod: &Pod) -> bool {
    !is_terminal(pod) && !pod.metadata.is_deleting()
}

/// Being deleted, but not ended yet.
pub(super) fn is_terminating(pod: &Pod) -> bool {
    !is_terminal(pod) && pod.metadata.is_deleting()
}
