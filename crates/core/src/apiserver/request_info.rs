//! What a request asks for: verb, resource and names out of method and path.
//! Mirrors k8s.io/apiserver/pkg/endpoints/request.RequestInfoFactory.

use api::http::{Method, Request};

/// What is done, as RBAC and audit name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read a collection.
    List,
    /// Follow a collection.
    Watch,
    /// POST.
    Create,
    /// PUT.
    Update,
    /// PATCH, of any type, apply included.
    Patch,
    /// DELETE of one object.
    Delete,
    /// DELETE of a collection.
    DeleteCollection,
}

impl Verb {
    /// The name in RBAC rules and discovery.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }
}

/// A request to a resource. Texts are parts of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestInfo<'r> {
    /// From method, path and query.
    pub verb: Verb,
    /// Empty for the core group.
    pub group: &'r str,
    /// "v1"
    pub version: &'r str,
    /// Empty for cluster-scoped resources and for requests across namespaces.
    pub namespace: &'r str,
    /// The plural.
    pub resource: &'r str,
    /// Empty for collections.
    pub name: &'r str,
    /// "status", "log"; empty for the whole.
    pub subresource: &'r str,
    /// What follows the subresource (proxy paths).
    pub rest: &'r str,
}

impl<'r> RequestInfo<'r> {
    /// `None` for paths that name no resource: discovery, health, version.
    pub fn of(request: &'r Request) -> Option<RequestInfo<'r>> {
        let path = request.path.trim_matches('/');
        let (prefix, rest) = path.split_once('/')?;
        let (group, rest) = match prefix {
            "api" => ("", rest),
            "apis" => rest.split_once('/')?,
            _ => return None,
        };
        let (version, rest) = rest.split_once('/')?;
        let (namespace, rest) = split_namespace(rest);
        let mut parts = rest.splitn(4, '/');
        let resource = parts.next().filter(|part| !part.is_empty())?;
        let (name, subresource) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let verb = match request.method {
            Method::Get | Method::Head if !name.is_empty() => Verb::Get,
            Method::Get | Method::Head if request.flag("watch") => Verb::Watch,
            Method::Get | Method::Head => Verb::List,
            Method::Post => Verb::Create,
            Method::Put => Verb::Update,
            Method::Patch => Verb::Patch,
            Method::Delete if name.is_empty() => Verb::DeleteCollection,
            Method::Delete => Verb::Delete,
            Method::Options => return None,
        };
        let rest = parts.next().unwrap_or("");
        Some(RequestInfo { verb, group, version, namespace, resource, name, subresource, rest })
    }
}

/// Takes `namespaces/<name>` off the front, unless the namespace itself is the resource.
fn split_namespace(path: &str) -> (&str, &str) {
    let Some(rest) = path.strip_prefix("namespaces/") else { return ("", path) };
    let Some((namespace, inner)) = rest.split_once('/') else { return (rest, path) };
    let resource = inner.split('/').next().unwrap_or("");
    if matches!(resource, "" | "status" | "finalize") { (namespace, path) } else { (namespace, inner) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(method: Method, path: &str) -> String {
        let request = Request::new(method, path);
        RequestInfo::of(&request).map_or("none".to_owned(), |i| {
            let parts = [i.group, i.version, i.namespace, i.resource, i.name, i.subresource, i.rest];
            format!("{} {}", i.verb.as_str(), parts.join(","))
        })
    }

    #[test]
    fn paths_name_resources() {
        for (method, path, expected) in [
            (Method::Get, "/api/v1/namespaces/ns/pods/p/log", "get ,v1,ns,pods,p,log,"),
            (Method::Get, "/api/v1/pods", "list ,v1,,pods,,,"),
            (Method::Get, "/api/v1/pods?watch=true", "watch ,v1,,pods,,,"),
            (Method::Get, "/api/v1/namespaces", "list ,v1,,namespaces,,,"),
            (Method::Get, "/api/v1/namespaces/ns", "get ,v1,ns,namespaces,ns,,"),
            (Method::Put, "/api/v1/namespaces/ns/finalize", "update ,v1,ns,namespaces,ns,finalize,"),
            (Method::Post, "/apis/apps/v1/namespaces/ns/deployments", "create apps,v1,ns,deployments,,,"),
            (
                Method::Delete,
                "/apis/apps/v1/namespaces/ns/deployments",
                "deletecollection apps,v1,ns,deployments,,,",
            ),
            (Method::Get, "/api/v1/namespaces/ns/pods/p/proxy/a/b", "get ,v1,ns,pods,p,proxy,a/b"),
            (Method::Get, "/apis/apps/v1", "none"),
            (Method::Get, "/healthz", "none"),
            (Method::Get, "/", "none"),
        ] {
            assert_eq!(told(method, path), expected, "{path}");
        }
    }
}
