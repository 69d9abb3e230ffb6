//! The kinds that the page lists, and where the API serves them.

use kubarium_protocol::ObjectRef;

/// One kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// "Pod"
    pub kind: &'static str,
    /// "pods": the word of paths.
    pub plural: &'static str,
    /// "apps/v1"
    pub api_version: &'static str,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// The heading it is listed under.
    pub section: &'static str,
}

const fn kind(
    section: &'static str,
    kind: &'static str,
    plural: &'static str,
    api_version: &'static str,
    namespaced: bool,
) -> KindInfo {
    KindInfo { kind, plural, api_version, namespaced, section }
}

/// Every kind of the resources view, in its order.
pub const KINDS: &[KindInfo] = &[
    kind("Workloads", "Pod", "pods", "v1", true),
    kind("Workloads", "Deployment", "deployments", "apps/v1", true),
    kind("Workloads", "ReplicaSet", "replicasets", "apps/v1", true),
    kind("Network", "Service", "services", "v1", true),
    kind("Network", "EndpointSlice", "endpointslices", "discovery.k8s.io/v1", true),
    kind("Network", "Endpoints", "endpoints", "v1", true),
    kind("Config", "ConfigMap", "configmaps", "v1", true),
    kind("Config", "Secret", "secrets", "v1", true),
    kind("Config", "ServiceAccount", "serviceaccounts", "v1", true),
    kind("Cluster", "Node", "nodes", "v1", false),
    kind("Cluster", "Namespace", "namespaces", "v1", false),
    kind("Cluster", "Event", "events", "v1", true),
    kind("Cluster", "Lease", "leases", "coordination.k8s.io/v1", true),
];

/// The kind with this name.
pub fn find(kind: &str) -> Option<&'static KindInfo> {
    KINDS.iter().find(|it| it.kind == kind)
}

/// The path of a group and version: `/api/v1`, `/apis/apps/v1`.
pub fn group_path(api_version: &str) -> String {
    if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") }
}

/// The path of a collection, in one namespace or (empty) in all.
pub fn collection_path(info: &KindInfo, namespace: &str) -> String {
    let group = group_path(info.api_version);
    match namespace {
        namespace if info.namespaced && !namespace.is_empty() => {
            format!("{group}/namespaces/{namespace}/{}", info.plural)
        }
        _ => format!("{group}/{}", info.plural),
    }
}

/// The path of the collection that an object is in. Kinds that are not listed get Kubernetes' usual plural.
pub fn collection_of(object: &ObjectRef) -> String {
    let plural = match find(&object.kind) {
        Some(info) => info.plural.to_string(),
        None => {
            let lower = object.kind.to_ascii_lowercase();
            if lower.ends_with('s') { format!("{lower}es") } else { format!("{lower}s") }
        }
    };
    let group = group_path(&object.api_version);
    match object.namespace.as_str() {
        "" => format!("{group}/{plural}"),
        namespace => format!("{group}/namespaces/{namespace}/{plural}"),
    }
}

/// A reference to an object of a listed kind.
pub fn reference(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    let api_version = find(kind).map_or("v1", |it| it.api_version);
    ObjectRef {
        api_version: api_version.into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kubernetes_own() {
        assert_eq!(collection_path(find("Pod").expect("listed"), ""), "/api/v1/pods");
        assert_eq!(collection_path(find("Node").expect("listed"), "default"), "/api/v1/nodes");
        assert_eq!(
            collection_of(&reference("Deployment", "a", "web")),
            "/apis/apps/v1/namespaces/a/deployments"
        );
        let ingress = ObjectRef {
            api_version: "networking.k8s.io/v1".into(),
            kind: "Ingress".into(),
            ..ObjectRef::default()
        };
        assert_eq!(collection_of(&ingress), "/apis/networking.k8s.io/v1/ingresses");
    }
}
