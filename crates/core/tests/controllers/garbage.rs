//! Owners and what is left of their dependents.

use super::plant::*;
use serde_json::json;

fn deployed() -> Plant {
    let mut plant = Plant::with_nodes(1);
    plant.post(DEPLOYMENTS, deployment(2));
    plant.run_until_idle();
    plant
}

#[test]
fn foreground_deletion_waits_for_the_dependents() {
    let mut plant = deployed();
    plant.delete(&format!("{DEPLOYMENTS}/web"), json!({ "propagationPolicy": "Foreground" }));
    plant.run_until(plant.now + api::Duration::millis(500));
    // The pods are still terminating: everything above them is still there.
    assert_eq!(
        (plant.names(DEPLOYMENTS).len(), plant.names(REPLICA_SETS).len(), plant.names(PODS).len()),
        (1, 1, 2)
    );
    plant.run_until_idle();
    assert_eq!(
        (plant.names(DEPLOYMENTS).len(), plant.names(REPLICA_SETS).len(), plant.names(PODS).len()),
        (0, 0, 0)
    );
}

#[test]
fn orphaning_leaves_the_dependents_without_owner() {
    let mut plant = deployed();
    plant.delete(&format!("{DEPLOYMENTS}/web"), json!({ "propagationPolicy": "Orphan" }));
    plant.run_until_idle();
    assert!(plant.names(DEPLOYMENTS).is_empty());
    assert_eq!((plant.names(REPLICA_SETS).len(), plant.names(PODS).len()), (1, 2));
    assert_eq!(plant.list(REPLICA_SETS)[0].pointer("/metadata/ownerReferences"), None);
    // A new Deployment of the same selector takes them over.
    plant.post(DEPLOYMENTS, deployment(2));
    plant.run_until_idle();
    assert_eq!((plant.names(REPLICA_SETS).len(), plant.names(PODS).len()), (1, 2));
}

#[test]
fn an_object_whose_owner_never_was_is_collected() {
    let mut plant = Plant::new();
    let owner = json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "11111111-1111-4111-8111-111111111111" }]);
    let path = "/api/v1/namespaces/default/configmaps";
    plant.post(path, json!({ "metadata": { "name": "child", "ownerReferences": owner } }));
    plant.run_until_idle();
    assert!(!plant.exists(&format!("{path}/child")));
}

#[test]
fn one_owner_that_is_left_keeps_the_object() {
    let mut plant = Plant::new();
    let path = "/api/v1/namespaces/default/configmaps";
    let owner = |plant: &mut Plant, name: &str| {
        let made = plant.post(path, json!({ "metadata": { "name": name } }));
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": text(&made, "/metadata/uid") })
    };
    let (a, b) = (owner(&mut plant, "a"), owner(&mut plant, "b"));
    plant.post(path, json!({ "metadata": { "name": "child", "ownerReferences": [a, b] } }));
    plant.run_until_idle();
    plant.delete(&format!("{path}/a"), json!({}));
    plant.run_until_idle();
    let child = plant.get(&format!("{path}/child"));
    assert_eq!(child["metadata"]["ownerReferences"].as_array().map(Vec::len), Some(1));
    plant.delete(&format!("{path}/b"), json!({}));
    plant.run_until_idle();
    assert!(!plant.exists(&format!("{path}/child")));
}
