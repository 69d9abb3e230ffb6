//! Nothing is created in a namespace that does not exist or is going away; some namespaces cannot be deleted.
//! Mirrors k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.

use api::core::v1::Namespace;
use api::{Gvr, Status};

use crate::apiserver::ApiServer;
use crate::apiserver::call::Call;
use crate::apiserver::draft::Draft;

const NAMESPACES: Gvr = Gvr::of("", "v1", "namespaces");
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// `created` is the new object, `None` for updates.
pub(super) fn admit(server: &ApiServer, call: &Call, created: Option<&Draft>) -> Result<(), Status> {
    if !call.resource.namespaced() {
        return Ok(());
    }
    let name = call.info.namespace;
    let Some(id) = server.registry().id_of::<Namespace>() else { return Ok(()) };
    let found = server.object(id, "", name).and_then(|object| object.view::<Namespace>());
    let Some(namespace) = found else { return Err(Status::not_found(&NAMESPACES, name)) };
    let Some(created) = created.filter(|_| namespace.status.phase == "Terminating") else { return Ok(()) };
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let cause = format!("namespace {name} is being terminated");
    let status = Status::forbidden(&call.resource.gvr, &super::admitted_name(created), &why);
    Err(status.with_cause("NamespaceTerminating", &cause, "metadata.namespace"))
}

pub(super) fn admit_delete(call: &Call) -> Result<(), Status> {
    let is_namespace = call.resource.gvr.resource == "namespaces" && call.resource.gvr.group.is_empty();
    if is_namespace && IMMORTAL.contains(&call.info.name) {
        return Err(Status::forbidden(&NAMESPACES, call.info.name, "this namespace may not be deleted"));
    }
    Ok(())
}
