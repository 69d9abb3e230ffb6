//! Who may do what. Today: cluster administrators and the cluster's own components may do everything, everybody may
//! read discovery and health, nobody else may do anything. The functions take what an RBAC authorizer takes (user and
//! request), so that roles and bindings can be evaluated here without touching the callers.

use api::{Gvr, Status};

use super::authn::{AUTHENTICATED, User};
use super::request_info::RequestInfo;

/// Components of the control plane, nodes, and the service accounts that controllers run under.
fn is_component(user: &User) -> bool {
    let name = user.name.as_str();
    ["system:kube-", "system:node:", "system:apiserver", "system:serviceaccount:kube-system:"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The program that a component is part of: all controllers are one. Empty for everybody else.
pub(super) fn binary(user: &User) -> &'static str {
    match user.name.as_str() {
        "system:kube-scheduler" => "kube-scheduler",
        "system:kube-controller-manager" => "kube-controller-manager",
        "system:apiserver" => "kube-apiserver",
        name if name.starts_with("system:node:") => "kubelet",
        name => match name.strip_prefix("system:serviceaccount:kube-system:") {
            Some(account)
                if ["-controller", "-collector", "-publisher"].iter().any(|end| account.ends_with(end)) =>
            {
                "kube-controller-manager"
            }
            _ => "",
        },
    }
}

pub(super) fn may_do_everything(user: &User) -> bool {
    user.in_group("system:masters") || is_component(user)
}

/// What the default role system:discovery opens to every authenticated user.
pub(super) const DISCOVERY_PATHS: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];

/// What the default role system:public-info-viewer opens to everybody.
pub(super) const PUBLIC_PATHS: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// What somebody wants to do.
pub(super) enum Attributes<'a> {
    Resource { group: &'a str, resource: &'a str, verb: &'a str },
    Path { path: &'a str, verb: &'a str },
}

/// Whether a user may do something.
pub(super) fn may(user: &User, what: &Attributes) -> bool {
    if may_do_everything(user) {
        return true;
    }
    let authenticated = user.in_group(AUTHENTICATED);
    match what {
        Attributes::Resource { group, resource, verb } => {
            // system:basic-user: everybody may ask about themselves.
            let own = match *group {
                "authorization.k8s.io" => {
                    matches!(*resource, "selfsubjectaccessreviews" | "selfsubjectrulesreviews")
                }
                "authentication.k8s.io" => *resource == "selfsubjectreviews",
                _ => false,
            };
            authenticated && own && *verb == "create"
        }
        Attributes::Path { path, verb } => {
            let open = |paths: &[&str]| paths.iter().any(|pattern| path_matches(pattern, path));
            *verb == "get" && (open(PUBLIC_PATHS) || authenticated && open(DISCOVERY_PATHS))
        }
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    pattern.strip_suffix('*').map_or(path == pattern, |prefix| path.starts_with(prefix))
}

/// Errors, as upstream words it, if the user may not make a request to a resource.
pub fn authorize(user: &User, info: &RequestInfo) -> Result<(), Status> {
    let mut resource = info.resource.to_owned();
    if !info.subresource.is_empty() {
        resource = format!("{resource}/{}", info.subresource);
    }
    let (verb, group) = (info.verb.as_str(), info.group);
    if may(user, &Attributes::Resource { group, resource: &resource, verb }) {
        return Ok(());
    }
    let place = match info.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let name = user.name.as_str();
    let why = format!("User {name:?} cannot {verb} resource {resource:?} in API group {group:?} {place}");
    Err(Status::forbidden(&Gvr::new(info.group, info.version, info.resource), info.name, &why))
}

/// Errors if the user may not read a path that is no resource. Mirrors the default roles system:discovery and
/// system:public-info-viewer.
pub fn authorize_path(user: &User, path: &str) -> Result<(), Status> {
    if may(user, &Attributes::Path { path, verb: "get" }) {
        return Ok(());
    }
    let why = format!("User {:?} cannot get path {path:?}", user.name.as_str());
    Err(Status::forbidden(&Gvr::default(), "", &why))
}
