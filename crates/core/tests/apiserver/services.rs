//! Services: addresses and ports are given out, kept, and freed.

use super::fixture::*;
use api::Json;
use api::http::{Body, Request};
use serde_json::json;

fn service(name: &str, spec: Json) -> Json {
    let mut spec = spec;
    if spec.get("ports").is_none() {
        spec["ports"] = json!([{"port": 80}]);
    }
    json!({"metadata": {"name": name}, "spec": spec})
}

#[test]
fn a_service_gets_an_address_and_defaults() {
    let mut server = Server::new();
    let made = server.post(SERVICES, service("web", json!({"selector": {"app": "web"}})));
    let spec = &made["spec"];
    let ip: std::net::Ipv4Addr = text(&made, "/spec/clusterIP").parse().expect("an address");
    assert!(ip.octets()[0] == 10 && (96..112).contains(&ip.octets()[1]), "{ip}");
    assert_eq!(spec["clusterIPs"], json!([ip.to_string()]));
    assert_eq!(spec["ports"], json!([{"protocol": "TCP", "port": 80, "targetPort": 80}]));
    assert_eq!(
        (text(&made, "/spec/type"), text(&made, "/spec/internalTrafficPolicy")),
        ("ClusterIP", "Cluster")
    );
    assert_eq!((&spec["ipFamilies"], &spec["ipFamilyPolicy"]), (&json!(["IPv4"]), &json!("SingleStack")));
    assert_eq!(spec["sessionAffinity"], "None");
}

#[test]
fn replacing_keeps_what_was_allocated() {
    let mut server = Server::new();
    let made = server.post(SERVICES, service("web", json!({"type": "NodePort"})));
    let port = made["spec"]["ports"][0]["nodePort"].as_i64().expect("a port");
    assert!((30086..=32767).contains(&port), "{port}");
    let again = server
        .put(&format!("{SERVICES}/web"), service("web", json!({"type": "NodePort", "selector": {"a": "b"}})));
    assert_eq!(again["spec"]["clusterIP"], made["spec"]["clusterIP"]);
    assert_eq!(again["spec"]["ports"][0]["nodePort"], port);
    let internal = server.put(&format!("{SERVICES}/web"), service("web", json!({})));
    assert_eq!(internal["spec"]["clusterIP"], made["spec"]["clusterIP"]);
    assert_eq!(internal["spec"]["ports"][0].get("nodePort"), None);
}

#[test]
fn addresses_and_ports_are_taken_once_and_freed() {
    let mut server = Server::new();
    let wanted =
        json!({"type": "NodePort", "clusterIP": "10.96.0.10", "ports": [{"port": 53, "nodePort": 30053}]});
    server.post(SERVICES, service("dns", wanted.clone()));
    assert_eq!(
        server.told(Request::post(SERVICES, Body::json(service("b", json!({"clusterIP": "10.96.0.10"}))))),
        "422 Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP 10.96.0.10: provided IP is already allocated"
    );
    let port = json!({"type": "NodePort", "ports": [{"port": 53, "nodePort": 30053}]});
    assert_eq!(
        server.told(Request::post(SERVICES, Body::json(service("b", port)))),
        "422 Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated"
    );
    let low = json!({"type": "NodePort", "ports": [{"port": 53, "nodePort": 80}]});
    assert_eq!(
        server.told(Request::post(SERVICES, Body::json(service("b", low)))),
        "422 Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"
    );
    server.delete(&format!("{SERVICES}/dns"), json!({}));
    assert_eq!(text(&server.post(SERVICES, service("b", wanted)), "/spec/clusterIP"), "10.96.0.10");
}

#[test]
fn headless_and_external_services_have_no_address() {
    let mut server = Server::new();
    let headless = server.post(SERVICES, service("db", json!({"clusterIP": "None"})));
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
    let external =
        json!({"metadata": {"name": "ext"}, "spec": {"type": "ExternalName", "externalName": "example.com"}});
    let external = server.post(SERVICES, external);
    assert_eq!(external["spec"].get("clusterIP"), None);
}

#[test]
fn the_address_may_not_change() {
    let mut server = Server::new();
    server.post(SERVICES, service("web", json!({})));
    let patch = json!({"spec": {"clusterIP": "10.0.77.7"}});
    assert_eq!(
        server.told(Request::patch(&format!("{SERVICES}/web"), api::http::MERGE_PATCH, Body::json(patch))),
        "422 Service \"web\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.0.77.7\"]: may not change once set"
    );
    let warned = json!({"spec": {"externalIPs": ["203.0.113.5"]}});
    let response =
        server.ask(Request::patch(&format!("{SERVICES}/web"), api::http::MERGE_PATCH, Body::json(warned)));
    assert_eq!(
        response.warnings,
        ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]
    );
}
