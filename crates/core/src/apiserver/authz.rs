//! Who may do what. Today: cluster administrators and the cluster's own components may do everything, everybody may
//! read discovery and health, nobody else may do anything. The functions take what an RBAC authorizer takes (user and
//! request), so that roles and bindings can be evaluated here without touching the callers.

use api::{Gvr, Status};

use super::authn::User;
use super::request_info::RequestInfo;

/// Components of the control plane, nodes, and the service accounts that controllers run under.
fn is_component(user: &User) -> bool {
    let name = user.name.as_str();
    ["system:kube-", "system:node:", "system:apiserver", "system:serviceaccount:kube-system:"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn may_do_everything(user: &User) -> bool {
    user.in_group("system:masters") || is_component(user)
}

/// Errors, as upstream words it, if the user may not make a request to a resource.
pub fn authorize(user: &User, info: &RequestInfo) -> Result<(), Status> {
    if may_do_everything(user) {
        return Ok(());
    }
    let mut resource = info.resource.to_owned();
    if !info.subresource.is_empty() {
        resource = format!("{resource}/{}", info.subresource);
    }
    let place = match info.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let (name, verb, group) = (user.name.as_str(), info.verb.as_str(), info.group);
    let why = format!("User {name:?} cannot {verb} resource {resource:?} in API group {group:?} {place}");
    Err(Status::forbidden(&Gvr::new(info.group, info.version, info.resource), info.name, &why))
}

/// Errors if the user may not read a path that is no resource. Mirrors the default roles system:discovery and
/// system:public-info-viewer.
pub fn authorize_path(user: &User, path: &str) -> Result<(), Status> {
    let public =
        ["/healthz", "/livez", "/readyz", "/version"].iter().any(|open| path.trim_end_matches('/') == *open);
    let discovery = ["/api", "/apis", "/openapi"]
        .iter()
        .any(|open| path == *open || path.strip_prefix(open).is_some_and(|rest| rest.starts_with('/')));
    if public || may_do_everything(user) || (discovery && user.in_group("system:authenticated")) {
        return Ok(());
    }
    let why = format!("User {:?} cannot get path {path:?}", user.name.as_str());
    Err(Status::forbidden(&Gvr::default(), "", &why))
}
