//! Creating and deleting pods for a controller, with the events that go with it.
//! Upstream: pkg/controller/controller_utils.go (RealPodControl).

use api::core::v1::{Pod, PodTemplateSpec};
use api::meta::v1::{ObjectMeta, OwnerReference};
use api::{Json, Object, Status};

use super::Work;
use crate::client::Cx;

/// Creates a pod of `template` for `owner`. Records SuccessfulCreate or FailedCreate.
pub(super) fn create_pod(
    cx: &mut Cx,
    work: &mut Work,
    owner: &Object,
    owner_ref: &OwnerReference,
    template: &PodTemplateSpec,
) -> Result<(), Status> {
    match cx.create(pod_from_template(owner, owner_ref, template)) {
        Ok(pod) => {
            work.events.event(
                cx,
                owner,
                "Normal",
                "SuccessfulCreate",
                format!("Created pod: {}", pod.meta().name),
            );
            Ok(())
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
