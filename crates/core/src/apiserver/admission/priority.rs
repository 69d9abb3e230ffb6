//! Pods get the number behind their priority class, or behind the class that is everybody's. Mirrors
//! plugin/pkg/admission/priority.

use api::core::v1::Pod;
use api::scheduling::v1::PriorityClass;
use api::{Status, Str};

use crate::apiserver::ApiServer;
use crate::apiserver::call::Call;

const PREEMPT_LOWER: &str = "PreemptLowerPriority";

pub(super) fn admit(server: &ApiServer, call: &Call, name: &str, pod: &mut Pod) -> Result<(), Status> {
    let class = pod.spec.priority_class_name.clone();
    let (value, policy) = if class.is_empty() {
        match default_class(server) {
            Some(class) => {
                pod.spec.priority_class_name = class.metadata.name.clone();
                (class.value, class.preemption_policy.clone())
            }
            None => (0, None),
        }
    } else {
        let Some(class) = class_named(server, &class) else {
            let why = format!("no PriorityClass with name {class} was found");
            return Err(Status::forbidden(&call.resource.gvr, name, &why));
        };
        (class.value, class.preemption_policy.clone())
    };
    let policy = policy.unwrap_or_else(|| PREEMPT_LOWER.into());
    if pod.spec.priority.is_some_and(|given| given != value) {
        let given = pod.spec.priority.unwrap_or_default();
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
        );
        return Err(Status::forbidden(&call.resource.gvr, name, &why));
    }
    pod.spec.priority = Some(value);
    given_policy(call, name, pod, policy)
}

/// A policy in the pod must be the one of its class.
fn given_policy(call: &Call, name: &str, pod: &mut Pod, policy: Str) -> Result<(), Status> {
    match &pod.spec.preemption_policy {
        Some(given) if *given != policy => {
            let why = format!(
                "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
            );
            Err(Status::forbidden(&call.resource.gvr, name, &why))
        }
        _ => {
            pod.spec.preemption_policy = Some(policy);
            Ok(())
        }
    }
}

fn class_named<'a>(server: &'a ApiServer, name: &str) -> Option<&'a PriorityClass> {
    let id = server.registry().id_of::<PriorityClass>()?;
    server.object(id, "", name)?.view()
}

/// The class for pods that name none: of several, the lowest.
fn default_class(server: &ApiServer) -> Option<&PriorityClass> {
    let id = server.registry().id_of::<PriorityClass>()?;
    let classes = server.storage.global_defaults(id).filter_map(|it| it.view::<PriorityClass>());
    classes.min_by_key(|it| it.value)
}
