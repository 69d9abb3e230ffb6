//! Creating, reading and replacing.

use super::fixture::*;
use api::http::{Body, Request};
use serde_json::json;

#[test]
fn a_created_object_has_what_the_server_sets() {
    let mut server = Server::new();
    let made = server.post(CONFIG_MAPS, config_map("a"));
    assert_eq!(text(&made, "/kind"), "ConfigMap");
    assert_eq!(text(&made, "/metadata/namespace"), "default");
    assert_eq!(text(&made, "/metadata/creationTimestamp"), "2026-01-01T12:00:00Z");
    assert_eq!(text(&made, "/metadata/uid").len(), 36);
    assert_eq!(server.get(&format!("{CONFIG_MAPS}/a")), made);
    assert_eq!(
        server.told(Request::post(CONFIG_MAPS, Body::json(config_map("a")))),
        "409 configmaps \"a\" already exists"
    );
    assert_eq!(server.told(Request::get(&format!("{CONFIG_MAPS}/b"))), "404 configmaps \"b\" not found");
}

#[test]
fn names_are_generated() {
    let mut server = Server::new();
    let made = server.post(CONFIG_MAPS, json!({"metadata": {"generateName": "web-"}}));
    let name = text(&made, "/metadata/name").to_owned();
    assert!(name.starts_with("web-") && name.len() == 9, "{name}");
    let none = server.told(Request::post(CONFIG_MAPS, Body::json(json!({"metadata": {}}))));
    assert_eq!(
        none,
        "422 ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"
    );
}

#[test]
fn replacing_needs_the_current_resource_version() {
    let mut server = Server::new();
    let path = format!("{CONFIG_MAPS}/a");
    let made = server.post(CONFIG_MAPS, config_map("a"));
    let mut changed = made.clone();
    changed["data"]["b"] = "2".into();
    let stored = server.put(&path, changed.clone());
    assert_ne!(stored["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
    changed["data"]["b"] = "3".into();
    assert_eq!(
        server.told(Request::put(&path, Body::json(changed.clone()))),
        "409 Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    changed["metadata"]["resourceVersion"] = "".into();
    assert_eq!(text(&server.put(&path, changed), "/data/b"), "3");
}

#[test]
fn an_update_without_a_change_is_no_revision() {
    let mut server = Server::new();
    let made = server.post(DEPLOYMENTS, deployment("web"));
    let before = server.api.storage().revision();
    let again = server.put(&format!("{DEPLOYMENTS}/web"), made.clone());
    assert_eq!((again, server.api.storage().revision()), (made, before));
}

#[test]
fn generation_counts_changes_of_the_spec() {
    let mut server = Server::new();
    let path = format!("{DEPLOYMENTS}/web");
    assert_eq!(server.post(DEPLOYMENTS, deployment("web"))["metadata"]["generation"], 1);
    assert_eq!(server.merge(&path, json!({"metadata": {"labels": {"a": "b"}}}))["metadata"]["generation"], 1);
    assert_eq!(server.merge(&path, json!({"spec": {"replicas": 4}}))["metadata"]["generation"], 2);
    let status =
        server.merge(&format!("{path}/status"), json!({"status": {"replicas": 4}, "spec": {"replicas": 9}}));
    assert_eq!((&status["metadata"]["generation"], &status["spec"]["replicas"]), (&json!(2), &json!(4)));
    assert_eq!(server.merge(&path, json!({"status": {"replicas": 7}}))["status"]["replicas"], 4);
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut server = Server::new();
    let made = server.post(&format!("{CONFIG_MAPS}?dryRun=All"), config_map("a"));
    assert_eq!(text(&made, "/data/a"), "1");
    assert_eq!(text(&server.get(&format!("{CONFIG_MAPS}/a")), "/reason"), "NotFound");
    assert_eq!(
        server.told(Request::post(&format!("{CONFIG_MAPS}?dryRun=x"), Body::json(config_map("a")))),
        "422 CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"x\"]: supported values: \"All\""
    );
}

#[test]
fn namespaces_must_exist_and_live() {
    let mut server = Server::new();
    let path = "/api/v1/namespaces/shop/configmaps";
    assert_eq!(
        server.told(Request::post(path, Body::json(config_map("a")))),
        "404 namespaces \"shop\" not found"
    );
    server.post("/api/v1/namespaces", json!({"metadata": {"name": "shop"}}));
    server.delete("/api/v1/namespaces/shop", json!({}));
    assert_eq!(
        server.told(Request::post(path, Body::json(config_map("a")))),
        "403 configmaps \"a\" is forbidden: unable to create new content in namespace shop because it is being terminated"
    );
}

#[test]
fn who_may_do_nothing_is_told_so() {
    let mut server = Server::new();
    assert_eq!(
        server.told(Request::get(PODS).with_user("joe")),
        "403 pods is forbidden: User \"joe\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    let as_joe =
        admin(Request::post(DEPLOYMENTS, Body::json(deployment("x")))).with_header("impersonate-user", "joe");
    assert_eq!(
        server.told(as_joe),
        "403 deployments.apps is forbidden: User \"joe\" cannot create resource \"deployments\" in API group \"apps\" in the namespace \"default\""
    );
}

#[test]
fn a_pod_gets_its_defaults_and_admissions() {
    let mut server = Server::new();
    let made = server.post(PODS, pod("p"));
    let spec = &made["spec"];
    assert_eq!(spec["containers"][0]["imagePullPolicy"], "IfNotPresent");
    assert_eq!(spec["serviceAccountName"], "default");
    assert_eq!(spec["tolerations"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        spec["containers"][0]["volumeMounts"][0]["mountPath"],
        "/var/run/secrets/kubernetes.io/serviceaccount"
    );
    assert_eq!(
        spec["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"],
        3607
    );
    assert_eq!(spec["priority"], 0);
    assert_eq!(made["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    let path = "/api/v1/namespaces/other/pods";
    server.post("/api/v1/namespaces", json!({"metadata": {"name": "other"}}));
    assert_eq!(
        server.told(Request::post(path, Body::json(pod("p")))),
        "403 pods \"p\" is forbidden: error looking up service account other/default: serviceaccount \"default\" not found"
    );
}
