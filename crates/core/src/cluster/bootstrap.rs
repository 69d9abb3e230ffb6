//! What a fresh cluster holds before anybody uses it: what kubeadm and the API server themselves create.
//!
//! The objects are in `bootstrap.json`, as kubeadm v1.36 writes them; they are created by ordinary requests.

use api::http::{Body, GROUP, Method, Request, USER};
use api::{Json, Str};

use super::ClusterConfig;
use crate::kubelet::{NodeSpec, NodesConfig, Role};
use crate::network::Network;

/// Name of the control plane's machine.
pub const CONTROL_PLANE: &str = "control-plane";

/// The machines of a cluster: one for the control plane, and `config.nodes` workers in three zones.
pub fn nodes(config: &ClusterConfig) -> NodesConfig {
    let zones = ["zone-a", "zone-b", "zone-c"];
    let machine = |name: &str, role: Role, index: u32| NodeSpec {
        zone: zones[index as usize % zones.len()].into(),
        region: "region-1".into(),
        ..NodeSpec::new(name, role, index + 1)
    };
    let mut nodes = vec![machine(CONTROL_PLANE, Role::ControlPlane, 0)];
    if config.nodes > 0 {
        nodes[0].taints.push(api::core::v1::Taint {
            key: "node-role.kubernetes.io/control-plane".into(),
            effect: "NoSchedule".into(),
            ..Default::default()
        });
    }
    nodes.extend((1..=config.nodes).map(|index| machine(&format!("node-{index}"), Role::Worker, index)));
    NodesConfig { nodes, ..NodesConfig::default() }
}

/// The data plane, before anybody uses it.
pub fn network(config: &ClusterConfig) -> Network {
    let nodes = NodesConfig::default();
    Network::new(config.seed, &config.profile, &nodes.cluster_domain, &nodes.cluster_dns)
}

/// The requests that create what `bootstrap.json` lists.
pub fn requests(config: &ClusterConfig) -> Vec<Request> {
    let objects: Vec<Json> =
        serde_json::from_str(include_str!("bootstrap.json")).expect("bootstrap.json is checked by a test");
    let address = nodes(config).nodes[0].internal_ip.clone();
    objects
        .into_iter()
        .map(|object| {
            let text = object.to_string().replace("CONTROL_PLANE_IP", &address);
            let object: Json = serde_json::from_str(&text).expect("an address needs no quoting");
            create(object)
        })
        .collect()
}

/// A request that creates an object, as the administrator that kubeadm acts for.
fn create(object: Json) -> Request {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let (version, namespace) = (text("/apiVersion"), text("/metadata/namespace"));
    let root = if version.contains('/') { "/apis" } else { "/api" };
    let plural = match text("/kind") {
        "Endpoints" => "endpoints".to_owned(),
        kind if kind.ends_with('s') => format!("{}es", kind.to_ascii_lowercase()),
        kind => format!("{}s", kind.to_ascii_lowercase()),
    };
    let path = match namespace {
        "" => format!("{root}/{version}/{plural}"),
        namespace => format!("{root}/{version}/namespaces/{namespace}/{plural}"),
    };
    Request { method: Method::Post, path: path.into(), body: Body::json(object), ..Request::default() }
        .with_header("content-type", api::http::JSON)
        .with_header(USER, "kubernetes-admin")
        .with_header(GROUP, "system:masters")
        .with_header("user-agent", Str::new("kubeadm").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bootstrap_objects_are_well_formed() {
        for request in requests(&ClusterConfig::default()) {
            let object = request.body.to_json().expect("JSON");
            assert!(object.pointer("/metadata/name").is_some(), "{object}");
            assert!(request.path.starts_with("/api"), "{}", request.path);
        }
    }
}
