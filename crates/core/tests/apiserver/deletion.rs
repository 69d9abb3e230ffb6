//! Deleting: grace periods, finalizers, preconditions, propagation, namespaces.

use super::fixture::*;
use api::http::{Body, Method, Request};
use serde_json::json;

fn bound_pod(server: &mut Server, name: &str) {
    server.post(PODS, pod(name));
    server.post(&format!("{PODS}/{name}/binding"), json!({"target": {"kind": "Node", "name": "n1"}}));
}

#[test]
fn a_pod_on_a_node_gets_its_grace_period() {
    let mut server = Server::new();
    bound_pod(&mut server, "p");
    let path = format!("{PODS}/p");
    let dying = server.delete(&path, json!({}));
    assert_eq!(text(&dying, "/metadata/deletionTimestamp"), "2026-01-01T12:00:30Z");
    assert_eq!(dying["metadata"]["deletionGracePeriodSeconds"], 30);
    // Asking again without a grace period, or with a longer one, changes nothing.
    assert_eq!(server.delete(&path, json!({})), dying);
    assert_eq!(server.delete(&path, json!({"gracePeriodSeconds": 60})), dying);
    let sooner = server.delete(&path, json!({"gracePeriodSeconds": 10}));
    assert_eq!(text(&sooner, "/metadata/deletionTimestamp"), "2026-01-01T12:00:10Z");
    // The kubelet's last word.
    server.delete(&path, json!({"gracePeriodSeconds": 0}));
    assert_eq!(text(&server.get(&path), "/reason"), "NotFound");
}

#[test]
fn a_pod_on_no_node_goes_at_once() {
    let mut server = Server::new();
    server.post(PODS, pod("p"));
    assert_eq!(text(&server.delete(&format!("{PODS}/p"), json!({})), "/kind"), "Pod");
    assert_eq!(text(&server.get(&format!("{PODS}/p")), "/reason"), "NotFound");
}

#[test]
fn finalizers_hold_an_object() {
    let mut server = Server::new();
    let path = format!("{CONFIG_MAPS}/a");
    let mut held = config_map("a");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    server.post(CONFIG_MAPS, held);
    let dying = server.delete(&path, json!({}));
    assert_eq!(text(&dying, "/metadata/deletionTimestamp"), "2026-01-01T12:00:00Z");
    assert_eq!(dying["metadata"]["deletionGracePeriodSeconds"], 0);
    let more = Request::patch(
        &path,
        api::http::MERGE_PATCH,
        Body::json(json!({"metadata": {"finalizers": ["example.com/hold", "a/b"]}})),
    );
    assert_eq!(
        server.told(more),
        "422 ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"a/b\"}"
    );
    server.merge(&path, json!({"metadata": {"finalizers": null}}));
    assert_eq!(text(&server.get(&path), "/reason"), "NotFound");
}

#[test]
fn propagation_policies_become_finalizers() {
    let mut server = Server::new();
    for (policy, finalizer) in [("Orphan", "orphan"), ("Foreground", "foregroundDeletion")] {
        let name = policy.to_lowercase();
        server.post(DEPLOYMENTS, deployment(&name));
        let dying = server.delete(&format!("{DEPLOYMENTS}/{name}"), json!({"propagationPolicy": policy}));
        assert_eq!(dying["metadata"]["finalizers"], json!([finalizer]));
        assert_eq!(dying["metadata"]["generation"], 2);
    }
    server.post(DEPLOYMENTS, deployment("web"));
    let gone = server.delete(&format!("{DEPLOYMENTS}/web"), json!({"propagationPolicy": "Background"}));
    assert_eq!((text(&gone, "/status"), text(&gone, "/details/group")), ("Success", "apps"));
}

#[test]
fn preconditions_are_checked() {
    let mut server = Server::new();
    let made = server.post(CONFIG_MAPS, config_map("a"));
    let options = json!({"preconditions": {"uid": "0"}});
    let told =
        server.told(Request::new(Method::Delete, &format!("{CONFIG_MAPS}/a")).with_body(Body::json(options)));
    assert_eq!(
        told,
        format!(
            "409 Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (0) does not match the UID in record ({}). The object might have been deleted and then recreated",
            text(&made, "/metadata/uid")
        )
    );
}

#[test]
fn a_namespace_terminates_until_it_is_finalized() {
    let mut server = Server::new();
    let path = "/api/v1/namespaces/shop";
    server.post("/api/v1/namespaces", json!({"metadata": {"name": "shop"}}));
    let dying = server.delete(path, json!({}));
    assert_eq!(text(&dying, "/status/phase"), "Terminating");
    assert_eq!(dying["spec"]["finalizers"], json!(["kubernetes"]));
    let mut emptied = dying.clone();
    emptied["spec"]["finalizers"] = json!([]);
    server.put(&format!("{path}/finalize"), emptied);
    assert_eq!(text(&server.get(path), "/reason"), "NotFound");
    assert_eq!(
        server.told(Request::delete("/api/v1/namespaces/default")),
        "403 namespaces \"default\" is forbidden: this namespace may not be deleted"
    );
}

#[test]
fn collections_are_deleted_by_selector() {
    let mut server = Server::new();
    for name in ["a", "b", "c"] {
        let mut map = config_map(name);
        map["metadata"]["labels"] = json!({"keep": (name == "b").to_string()});
        server.post(CONFIG_MAPS, map);
    }
    server.delete(&format!("{CONFIG_MAPS}?labelSelector=keep%3Dfalse"), json!({}));
    let left = server.get(CONFIG_MAPS);
    assert_eq!(
        (left["items"].as_array().map(Vec::len), text(&left, "/items/0/metadata/name")),
        (Some(1), "b")
    );
}

#[test]
fn an_eviction_deletes() {
    let mut server = Server::new();
    bound_pod(&mut server, "p");
    server.post(
        &format!("{PODS}/p/eviction"),
        json!({"metadata": {"name": "p"}, "deleteOptions": {"gracePeriodSeconds": 5}}),
    );
    assert_eq!(server.get(&format!("{PODS}/p"))["metadata"]["deletionGracePeriodSeconds"], 5);
}

#[test]
fn events_expire_after_an_hour() {
    let mut server = Server::new();
    let event = json!({"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}, "reason": "x"});
    server.post("/api/v1/namespaces/default/events", event);
    server.pass(3599);
    assert_eq!(server.api.expire_events(server.now), 0);
    server.pass(2);
    assert_eq!(server.api.expire_events(server.now), 1);
}
