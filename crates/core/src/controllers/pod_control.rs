//! Creating and deleting pods for a controller, with the events that go with it.
//! Upstream: pkg/controller/controller_utils.go (RealPodControl).

use api::core::v1::{Pod, PodTemplateSpec};
use api::meta::v1::{ObjectMeta, OwnerReference};
use api::{Json, Object, Status};

use super::Work;
use crate::client::Cx;

/// SlowStartInitialBatchSize: batches double from here, so that a failure that all would share costs few requests.
const SLOW_START_INITIAL_BATCH_SIZE: usize = 1;

/// Creates a pod of `template` for `owner`. Records SuccessfulCreate or FailedCreate.
pub(super) fn create_pod(
    cx: &mut Cx,
    work: &mut Work,
    owner: &Object,
    owner_ref: &OwnerReference,
    template: &PodTemplateSpec,
) -> Result<Object, Status> {
    match cx.create(pod_from_template(owner, owner_ref, template)) {
        Ok(pod) => {
            work.events.event(
                cx,
                owner,
                "Normal",
                "SuccessfulCreate",
                format!("Created pod: {}", pod.meta().name),
            );
            Ok(pod)
        }
        Err(error) => {
            // Nothing is worth saying about a namespace that is going away.
            if !error.has_cause("NamespaceTerminating") {
                work.events.event(
                    cx,
                    owner,
                    "Warning",
                    "FailedCreate",
                    format!("Error creating: {}", error.message),
                );
            }
            Err(error)
        }
    }
}

/// Deletes a pod of `owner`; one that is gone already is fine. Records SuccessfulDelete or FailedDelete.
pub(super) fn delete_pod(cx: &mut Cx, work: &mut Work, owner: &Object, pod: &Object) -> Result<(), Status> {
    let meta = pod.meta();
    match cx.delete::<Pod>(&meta.namespace, &meta.name, Json::Null) {
        Ok(_) => {
            work.events.event(cx, owner, "Normal", "SuccessfulDelete", format!("Deleted pod: {}", meta.name));
            Ok(())
        }
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => {
            work.events.event(
                cx,
                owner,
                "Warning",
                "FailedDelete",
                format!("Error deleting: {}", error.message),
            );
            Err(error)
        }
    }
}

/// Does `step` `count` times in batches that double; stops after the first batch with a failure.
pub(super) fn slow_start_batch(
    count: usize,
    mut step: impl FnMut() -> Result<(), Status>,
) -> Result<(), Status> {
    let mut remaining = count;
    let mut batch = remaining.min(SLOW_START_INITIAL_BATCH_SIZE);
    while batch > 0 {
        let mut failure = None;
        for _ in 0..batch {
            if let Err(error) = step() {
                failure.get_or_insert(error);
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        remaining -= batch;
        batch = (2 * batch).min(remaining);
    }
    Ok(())
}

/// GetPodFromTemplate.
fn pod_from_template(owner: &Object, owner_ref: &OwnerReference, template: &PodTemplateSpec) -> Pod {
    let of = &template.metadata;
    let metadata = ObjectMeta {
        namespace: owner.meta().namespace.clone(),
        generate_name: format!("{}-", owner.meta().name).into(),
        labels: of.labels.clone(),
        annotations: of.annotations.clone(),
        finalizers: of.finalizers.clone(),
        owner_references: vec![owner_ref.clone()],
        ..Default::default()
    };
    Pod { metadata, spec: template.spec.clone(), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_start_stops_after_the_batch_that_fails() {
        // how many are asked for, which call fails → how many calls were made
        let table = [(10, 0, 10), (10, 1, 1), (10, 2, 3), (10, 4, 7), (10, 9, 10), (0, 0, 0)];
        for (count, failing, want) in table {
            let mut calls = 0;
            let result = slow_start_batch(count, || {
                calls += 1;
                if calls == failing { Err(Status::internal_error("full")) } else { Ok(()) }
            });
            assert_eq!((calls, result.is_err()), (want, failing > 0), "{count} {failing}");
        }
    }
}
