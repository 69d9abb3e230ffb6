//! ReplicaSets: numbers of pods, adoption and release, failures.

use super::plant::*;
use api::Json;
use serde_json::json;

fn replica_set(replicas: i32) -> Json {
    json!({ "metadata": { "name": "web" },
            "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": "web" } }, "template": pod_template("nginx") } })
}

fn scaled(replicas: i32) -> Plant {
    let mut plant = Plant::with_nodes(2);
    plant.post(REPLICA_SETS, replica_set(replicas));
    plant.run_until_idle();
    plant
}

fn status(plant: &mut Plant) -> Json {
    plant.get(&format!("{REPLICA_SETS}/web"))["status"].clone()
}

#[test]
fn a_lost_pod_is_replaced() {
    let mut plant = scaled(3);
    let pods = plant.names(PODS);
    plant.delete(&format!("{PODS}/{}", pods[0]), json!({}));
    plant.run_until_idle();
    let now = plant.names(PODS);
    assert_eq!(now.len(), 3);
    assert!(!now.contains(&pods[0]) && now.contains(&pods[1]) && now.contains(&pods[2]));
}

#[test]
fn terminating_pods_are_counted_apart() {
    let mut plant = scaled(3);
    plant.patch(&format!("{REPLICA_SETS}/web"), json!({ "spec": { "replicas": 1 } }));
    plant.run_until(plant.now + api::Duration::millis(500));
    let status = status(&mut plant);
    assert_eq!((number(&status, "/replicas"), number(&status, "/terminatingReplicas")), (1, 2));
    plant.run_until_idle();
    assert_eq!(plant.names(PODS).len(), 1);
    let deleted = plant.events("ReplicaSet", "web");
    assert_eq!(
        deleted.iter().filter(|event| event.starts_with("SuccessfulDelete: Deleted pod: web-")).count(),
        2
    );
}

#[test]
fn the_pod_that_is_not_ready_goes_first() {
    let mut plant = scaled(2);
    let ready = plant.names(PODS);
    plant.ready_after = None;
    plant.patch(&format!("{REPLICA_SETS}/web"), json!({ "spec": { "replicas": 4 } }));
    plant.run_until_idle();
    plant.patch(&format!("{REPLICA_SETS}/web"), json!({ "spec": { "replicas": 2 } }));
    plant.run_until_idle();
    assert_eq!(plant.names(PODS), ready);
}

#[test]
fn a_matching_orphan_is_adopted() {
    let mut plant = Plant::with_nodes(1);
    let mut orphan = pod_template("nginx");
    orphan["metadata"]["name"] = json!("orphan");
    plant.post(PODS, orphan);
    plant.run_until_idle();
    plant.post(REPLICA_SETS, replica_set(2));
    plant.run_until_idle();
    assert_eq!(plant.names(PODS).len(), 2);
    let orphan = plant.get(&format!("{PODS}/orphan"));
    assert_eq!(text(&orphan, "/metadata/ownerReferences/0/name"), "web");
    assert_eq!(orphan["metadata"]["ownerReferences"][0]["controller"], true);
}

#[test]
fn a_pod_whose_labels_change_is_released_and_replaced() {
    let mut plant = scaled(2);
    let pod = plant.names(PODS).remove(0);
    plant.patch(&format!("{PODS}/{pod}"), json!({ "metadata": { "labels": { "app": "debug" } } }));
    plant.run_until_idle();
    assert_eq!(plant.names(PODS).len(), 3);
    assert_eq!(plant.get(&format!("{PODS}/{pod}")).pointer("/metadata/ownerReferences"), None);
    assert_eq!(number(&status(&mut plant), "/replicas"), 2);
}

#[test]
fn pods_that_are_refused_become_a_condition_and_an_event() {
    let mut plant = Plant::with_nodes(1);
    let mut set = replica_set(2);
    set["spec"]["template"]["spec"]["serviceAccountName"] = json!("nobody");
    plant.post(REPLICA_SETS, set);
    plant.run_for(5);
    let status = status(&mut plant);
    assert_eq!(text(&status, "/conditions/0/reason"), "FailedCreate");
    let refused = "error looking up service account default/nobody: serviceaccount \"nobody\" not found";
    assert!(text(&status, "/conditions/0/message").ends_with(refused), "{status}");
    let events = plant.events("ReplicaSet", "web");
    assert!(
        events[0].starts_with("FailedCreate: Error creating: pods \"web-") && events[0].ends_with(refused),
        "{events:?}"
    );
    plant.post("/api/v1/namespaces/default/serviceaccounts", json!({ "metadata": { "name": "nobody" } }));
    plant.run_for(60);
    assert_eq!(plant.names(PODS).len(), 2);
    assert_eq!(plant.get(&format!("{REPLICA_SETS}/web")).pointer("/status/conditions"), None);
}

#[test]
fn many_pods_come_in_bursts_of_500() {
    let mut plant = Plant::with_nodes(10);
    plant.ready_after = None;
    plant.post(REPLICA_SETS, replica_set(700));
    plant.run_until_idle();
    assert_eq!(plant.names(PODS).len(), 700);
}
