//! Pods get the number behind their priority class. Mirrors plugin/pkg/admission/priority; classes other than the two
//! built-in ones are not served yet, so their names are unknown.

use api::Status;
use api::core::v1::Pod;

use crate::apiserver::call::Call;

/// scheduling.SystemCriticalPriority
const SYSTEM_CLUSTER_CRITICAL: i32 = 2_000_000_000;
const SYSTEM_NODE_CRITICAL: i32 = 2_000_001_000;

pub(super) fn admit(call: &Call, name: &str, pod: &mut Pod) -> Result<(), Status> {
    let value = match pod.spec.priority_class_name.as_str() {
        "" => 0,
        "system-cluster-critical" => SYSTEM_CLUSTER_CRITICAL,
        "system-node-critical" => SYSTEM_NODE_CRITICAL,
        other => {
            let why = format!("no PriorityClass with name {other} was found");
            return Err(Status::forbidden(&call.resource.gvr, name, &why));
        }
    };
    if pod.spec.priority.is_some_and(|given| given != value) {
        let given = pod.spec.priority.unwrap_or_default();
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
        );
        return Err(Status::forbidden(&call.resource.gvr, name, &why));
    }
    pod.spec.priority = Some(value);
    pod.spec.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".into());
    Ok(())
}
