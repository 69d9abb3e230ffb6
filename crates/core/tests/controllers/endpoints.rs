//! Endpoints and EndpointSlices of Services.

use super::plant::*;
use api::Json;
use serde_json::json;

const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";

fn service() -> Json {
    json!({ "metadata": { "name": "web", "labels": { "tier": "front" } },
            "spec": { "selector": { "app": "web" }, "ports": [{ "name": "http", "port": 80, "targetPort": "http" }] } })
}

fn served(replicas: i32) -> Plant {
    let mut plant = Plant::with_nodes(2);
    plant.post(SERVICES, service());
    plant.post(DEPLOYMENTS, deployment(replicas));
    plant.run_until_idle();
    plant
}

/// "ready serving terminating" of the endpoints of the only slice.
fn endpoint_conditions(plant: &mut Plant) -> Vec<(bool, bool, bool)> {
    let slice = plant.list(SLICES).remove(0);
    let endpoints = slice["endpoints"].as_array().cloned().unwrap_or_default();
    let flag = |endpoint: &Json, name: &str| endpoint["conditions"][name].as_bool().unwrap_or(false);
    endpoints.iter().map(|e| (flag(e, "ready"), flag(e, "serving"), flag(e, "terminating"))).collect()
}

#[test]
fn a_service_has_a_slice_with_its_pods() {
    let mut plant = served(2);
    let slice = plant.list(SLICES).remove(0);
    assert!(text(&slice, "/metadata/name").starts_with("web-"));
    assert_eq!(text(&slice, "/addressType"), "IPv4");
    assert_eq!(slice["ports"], json!([{ "name": "http", "protocol": "TCP", "port": 80 }]));
    assert_eq!(
        slice["metadata"]["labels"],
        json!({
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": "web",
            "tier": "front",
        })
    );
    assert_eq!(text(&slice, "/metadata/ownerReferences/0/kind"), "Service");
    assert_eq!(endpoint_conditions(&mut plant), [(true, true, false); 2]);
    let first = &slice["endpoints"][0];
    assert_eq!(text(first, "/targetRef/kind"), "Pod");
    assert!(text(first, "/nodeName").starts_with("node-"));
    let endpoints = plant.get(&format!("{ENDPOINTS}/web"));
    assert_eq!(endpoints["subsets"][0]["addresses"].as_array().map(Vec::len), Some(2));
    assert_eq!(endpoints["subsets"][0]["ports"], json!([{ "name": "http", "port": 80, "protocol": "TCP" }]));
    assert_eq!(
        text(&endpoints, "/metadata/labels/endpoints.kubernetes.io~1managed-by"),
        "endpoint-controller"
    );
}

#[test]
fn a_service_without_pods_has_an_empty_slice_and_empty_endpoints() {
    let mut plant = Plant::new();
    plant.post(SERVICES, service());
    plant.run_until_idle();
    assert_eq!(endpoint_conditions(&mut plant), []);
    assert_eq!(plant.get(&format!("{ENDPOINTS}/web")).pointer("/subsets"), None);
}

#[test]
fn a_terminating_pod_serves_but_is_not_ready() {
    let mut plant = served(1);
    let pod = plant.names(PODS).remove(0);
    plant.delete(&format!("{PODS}/{pod}"), json!({}));
    plant.run_until(plant.now + api::Duration::millis(500));
    assert_eq!(endpoint_conditions(&mut plant), [(false, true, true)]);
    let endpoints = plant.get(&format!("{ENDPOINTS}/web"));
    assert_eq!(endpoints.pointer("/subsets"), None);
    plant.run_until_idle();
    assert_eq!(endpoint_conditions(&mut plant), [(true, true, false)]);
}

#[test]
fn a_pod_that_is_not_ready_is_listed_apart() {
    let mut plant = served(1);
    let pod = plant.names(PODS).remove(0);
    plant.patch(
        &format!("{PODS}/{pod}/status"),
        json!({ "status": { "conditions": [{ "type": "Ready", "status": "False" }] } }),
    );
    plant.run_until_idle();
    assert_eq!(endpoint_conditions(&mut plant), [(false, false, false)]);
    let endpoints = plant.get(&format!("{ENDPOINTS}/web"));
    assert_eq!(endpoints["subsets"][0]["notReadyAddresses"].as_array().map(Vec::len), Some(1));
    plant.patch(&format!("{SERVICES}/web"), json!({ "spec": { "publishNotReadyAddresses": true } }));
    plant.run_until_idle();
    assert_eq!(endpoint_conditions(&mut plant), [(true, false, false)]);
}

#[test]
fn a_headless_service_is_marked() {
    let mut plant = Plant::with_nodes(1);
    let mut headless = service();
    headless["spec"]["clusterIP"] = json!("None");
    plant.post(SERVICES, headless);
    plant.run_until_idle();
    let slice = plant.list(SLICES).remove(0);
    assert_eq!(slice["metadata"]["labels"]["service.kubernetes.io/headless"], "");
}

#[test]
fn a_deleted_service_takes_slices_and_endpoints_along() {
    let mut plant = served(1);
    plant.delete(&format!("{SERVICES}/web"), json!({}));
    plant.run_until_idle();
    assert!(plant.names(SLICES).is_empty() && plant.names(ENDPOINTS).is_empty());
}

#[test]
fn a_service_without_a_selector_is_left_alone() {
    let mut plant = Plant::new();
    plant.post(SERVICES, json!({ "metadata": { "name": "db" }, "spec": { "ports": [{ "port": 5432 }] } }));
    plant.run_until_idle();
    assert!(plant.names(SLICES).is_empty() && plant.names(ENDPOINTS).is_empty());
}
