//! Admission: what may change or refuse a request after it was decoded and before it is stored, in the order of
//! kube-apiserver's default plugins. One file per plugin; this list is the order.

mod default_toleration_seconds;
mod namespace_lifecycle;
mod priority;
mod service_account;
mod taint_nodes_by_condition;

use api::core::v1::{Node, Pod};
use api::{Object, Status};

use super::call::Call;
use super::draft::Draft;
use super::{ApiServer, RequestContext};

/// Plugins that look at new objects.
pub(super) fn create(
    server: &ApiServer,
    cx: &mut RequestContext,
    call: &Call,
    draft: &mut Draft,
) -> Result<(), Status> {
    namespace_lifecycle::admit(server, call, Some(draft))?;
    let name = admitted_name(draft);
    if let Some(pod) = draft.view_mut::<Pod>() {
        service_account::admit(server, cx, call, &name, pod)?;
        priority::admit(server, call, &name, pod)?;
        default_toleration_seconds::admit(pod);
    } else if let Some(node) = draft.view_mut::<Node>() {
        taint_nodes_by_condition::admit(node);
    }
    Ok(())
}

/// Plugins that look at changed objects.
pub(super) fn update(
    server: &ApiServer,
    _cx: &mut RequestContext,
    call: &Call,
    draft: &mut Draft,
    _old: &Object,
) -> Result<(), Status> {
    namespace_lifecycle::admit(server, call, None)?;
    if let Some(pod) = draft.view_mut::<Pod>() {
        default_toleration_seconds::admit(pod);
    }
    Ok(())
}

/// Plugins that look at deletions.
pub(super) fn delete(call: &Call) -> Result<(), Status> {
    namespace_lifecycle::admit_delete(call)
}

/// The name that refusals quote: that of the object, or what its name will be generated from.
fn admitted_name(draft: &Draft) -> String {
    let meta = draft.meta();
    if meta.name.is_empty() { meta.generate_name.to_string() } else { meta.name.to_string() }
}
