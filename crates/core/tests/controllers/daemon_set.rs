//! DaemonSets: a pod on every node that fits, rolling updates, revisions.

use super::plant::*;
use api::Json;
use serde_json::json;

const DAEMON_SETS: &str = "/apis/apps/v1/namespaces/default/daemonsets";
const REVISIONS: &str = "/apis/apps/v1/namespaces/default/controllerrevisions";

/// A plant of `nodes` nodes with the DaemonSet "web", whose spec has these further fields.
fn started(nodes: usize, fields: Json) -> Plant {
    let mut plant = Plant::with_nodes(nodes);
    let mut spec =
        json!({ "selector": { "matchLabels": { "app": "web" } }, "template": pod_template("nginx:1") });
    for (key, value) in fields.as_object().unwrap() {
        spec[key] = value.clone();
    }
    plant.post(DAEMON_SETS, json!({ "metadata": { "name": "web" }, "spec": spec }));
    plant.run_until_idle();
    plant
}

fn change(plant: &mut Plant, spec: Json) {
    plant.patch(&format!("{DAEMON_SETS}/web"), json!({ "spec": spec }));
}

fn set_image(plant: &mut Plant, image: &str) {
    change(plant, json!({ "template": pod_template(image) }));
}

/// desired, current, ready, up-to-date, available, misscheduled
fn status(plant: &mut Plant) -> [i64; 6] {
    let set = plant.get(&format!("{DAEMON_SETS}/web"));
    [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberMisscheduled",
    ]
    .map(|field| number(&set, &format!("/status/{field}")))
}

/// "node image" of every pod that is not being deleted.
fn pods(plant: &mut Plant) -> Vec<String> {
    let mut pods: Vec<String> = plant
        .list(PODS)
        .iter()
        .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
        .map(|pod| format!("{} {}", text(pod, "/spec/nodeName"), text(pod, "/spec/containers/0/image")))
        .collect();
    pods.sort();
    pods
}

#[test]
fn every_node_gets_a_pod_and_a_new_node_too() {
    let mut plant = started(2, json!({}));
    assert_eq!(pods(&mut plant), ["node-1 nginx:1", "node-2 nginx:1"]);
    assert_eq!(status(&mut plant), [2, 2, 2, 2, 2, 0]);
    plant.add_node("node-3", "4", json!({}));
    plant.run_until_idle();
    assert_eq!(status(&mut plant), [3, 3, 3, 3, 3, 0]);
    let created = plant.events("DaemonSet", "web");
    assert_eq!(
        created.iter().filter(|event| event.starts_with("SuccessfulCreate: Created pod: web-")).count(),
        3
    );
}

#[test]
fn a_lost_pod_is_replaced_on_its_node() {
    let mut plant = started(2, json!({}));
    let name = plant.names(PODS)[0].clone();
    plant.delete(&format!("{PODS}/{name}"), json!({}));
    plant.run_until_idle();
    assert_eq!(pods(&mut plant), ["node-1 nginx:1", "node-2 nginx:1"]);
    assert!(!plant.names(PODS).contains(&name));
}

#[test]
fn labels_and_taints_decide_where() {
    let template = json!({ "metadata": { "labels": { "app": "web" } },
        "spec": { "nodeSelector": { "gpu": "true" }, "containers": [{ "name": "web", "image": "nginx:1" }] } });
    let mut plant = started(2, json!({ "template": template }));
    assert_eq!(status(&mut plant), [0; 6]);
    plant.patch("/api/v1/nodes/node-1", json!({ "metadata": { "labels": { "gpu": "true" } } }));
    plant.run_until_idle();
    assert_eq!(pods(&mut plant), ["node-1 nginx:1"]);
    // A taint keeps new pods away; what runs stays unless the taint evicts, and counts as misplaced.
    let taint = |effect: &str| json!({ "spec": { "taints": [{ "key": "mine", "effect": effect }] } });
    plant.patch("/api/v1/nodes/node-1", taint("NoSchedule"));
    plant.run_until_idle();
    assert_eq!((pods(&mut plant).len(), status(&mut plant)[5]), (1, 1));
    plant.patch("/api/v1/nodes/node-1", json!({ "metadata": { "labels": { "gpu": null } } }));
    plant.run_until_idle();
    assert_eq!((pods(&mut plant).len(), status(&mut plant)), (0, [0; 6]));
}

#[test]
fn a_cordoned_node_keeps_its_daemon() {
    let mut plant = started(1, json!({}));
    plant.patch("/api/v1/nodes/node-1", json!({ "spec": { "unschedulable": true } }));
    let name = plant.names(PODS)[0].clone();
    plant.delete(&format!("{PODS}/{name}"), json!({}));
    plant.run_until_idle();
    assert_eq!(status(&mut plant), [1, 1, 1, 1, 1, 0]);
}

#[test]
fn an_update_takes_one_node_at_a_time_and_keeps_revisions() {
    let mut plant = started(3, json!({}));
    set_image(&mut plant, "nginx:2");
    plant.run_until(plant.now + api::Duration::millis(500));
    // One pod is on its way out; the other two still serve.
    assert_eq!(pods(&mut plant).len(), 2);
    plant.run_until_idle();
    assert_eq!(pods(&mut plant), ["node-1 nginx:2", "node-2 nginx:2", "node-3 nginx:2"]);
    assert_eq!(status(&mut plant), [3, 3, 3, 3, 3, 0]);
    set_image(&mut plant, "nginx:1");
    plant.run_until_idle();
    // The first template comes back as the newest revision.
    let mut revisions: Vec<i64> =
        plant.list(REVISIONS).iter().map(|revision| number(revision, "/revision")).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3]);
}

#[test]
fn on_delete_waits_for_somebody_to_delete() {
    let mut plant = started(2, json!({ "updateStrategy": { "type": "OnDelete" } }));
    set_image(&mut plant, "nginx:2");
    plant.run_until_idle();
    assert_eq!(status(&mut plant), [2, 2, 2, 0, 2, 0]);
    let name = plant.names(PODS)[0].clone();
    plant.delete(&format!("{PODS}/{name}"), json!({}));
    plant.run_until_idle();
    assert_eq!(status(&mut plant), [2, 2, 2, 1, 2, 0]);
}

#[test]
fn a_surge_starts_the_new_pod_first() {
    let surge = json!({ "updateStrategy": { "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } } });
    let mut plant = started(2, surge);
    set_image(&mut plant, "nginx:2");
    plant.run_until(plant.now + api::Duration::millis(500));
    assert_eq!(pods(&mut plant).len(), 3);
    plant.run_until_idle();
    assert_eq!(pods(&mut plant), ["node-1 nginx:2", "node-2 nginx:2"]);
}

#[test]
fn old_revisions_go_when_no_pod_is_of_them() {
    let mut plant = started(1, json!({ "revisionHistoryLimit": 1 }));
    for tag in 2..6 {
        set_image(&mut plant, &format!("nginx:{tag}"));
        plant.run_until_idle();
    }
    let mut revisions: Vec<i64> =
        plant.list(REVISIONS).iter().map(|revision| number(revision, "/revision")).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [4, 5]);
}

#[test]
fn a_failed_pod_is_deleted_and_made_again() {
    let mut plant = started(1, json!({}));
    let name = plant.names(PODS)[0].clone();
    plant.patch(&format!("{PODS}/{name}/status"), json!({ "status": { "phase": "Failed" } }));
    plant.run_until_idle();
    let failed = format!(
        "FailedDaemonPod: Found failed daemon pod default/{name} on node node-1, will try to kill it"
    );
    assert!(plant.events("DaemonSet", "web").contains(&failed), "{:?}", plant.events("DaemonSet", "web"));
    assert_eq!(status(&mut plant), [1, 1, 1, 1, 1, 0]);
    assert!(!plant.names(PODS).contains(&name));
}
