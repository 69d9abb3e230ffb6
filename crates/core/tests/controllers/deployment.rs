//! Deployments: rollouts, scaling, pausing, progress, history.

use super::plant::*;
use api::{Duration, Json};
use serde_json::json;

fn web(plant: &mut Plant) -> Json {
    plant.get(&format!("{DEPLOYMENTS}/web"))
}

fn patch_web(plant: &mut Plant, patch: Json) {
    plant.patch(&format!("{DEPLOYMENTS}/web"), patch);
}

fn set_image(plant: &mut Plant, image: &str) {
    patch_web(plant, json!({ "spec": { "template": pod_template(image) } }));
}

/// (image, size, pods) of the ReplicaSets, by revision.
fn sets(plant: &mut Plant) -> Vec<(String, i64, i64)> {
    let mut sets = plant.list(REPLICA_SETS);
    sets.sort_by_key(revision);
    let image = |set: &Json| text(set, "/spec/template/spec/containers/0/image").to_owned();
    sets.iter()
        .map(|set| (image(set), number(set, "/spec/replicas"), number(set, "/status/replicas")))
        .collect()
}

fn revision(object: &Json) -> i64 {
    text(object, "/metadata/annotations/deployment.kubernetes.io~1revision").parse().unwrap_or(0)
}

/// The Deployment's events with its ReplicaSets named by revision: rs1, rs2.
fn events(plant: &mut Plant) -> Vec<String> {
    let sets = plant.list(REPLICA_SETS);
    let mut events = plant.events("Deployment", "web");
    for event in &mut events {
        for set in &sets {
            *event = event.replace(text(set, "/metadata/name"), &format!("rs{}", revision(set)));
        }
    }
    events
}

fn rolled_out(replicas: i32) -> Plant {
    let mut plant = Plant::with_nodes(3);
    plant.post(DEPLOYMENTS, deployment(replicas));
    plant.run_until_idle();
    plant
}

#[test]
fn a_new_deployment_creates_its_replica_set_and_pods() {
    let mut plant = rolled_out(3);
    let web = web(&mut plant);
    assert_eq!(revision(&web), 1);
    assert_eq!(
        conditions(&web),
        ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"]
    );
    for (field, want) in [
        ("replicas", 3),
        ("updatedReplicas", 3),
        ("readyReplicas", 3),
        ("availableReplicas", 3),
        ("observedGeneration", 1),
    ] {
        assert_eq!(number(&web, &format!("/status/{field}")), want, "{field}");
    }
    assert_eq!(web.pointer("/status/terminatingReplicas"), Some(&json!(0)));
    assert_eq!(web.pointer("/status/unavailableReplicas"), None);
    let set = plant.list(REPLICA_SETS).remove(0);
    let name = text(&set, "/metadata/name").to_owned();
    let hash = text(&set, "/metadata/labels/pod-template-hash").to_owned();
    assert_eq!(name, format!("web-{hash}"));
    assert_eq!(
        text(&web, "/status/conditions/1/message"),
        format!("ReplicaSet \"{name}\" has successfully progressed.")
    );
    assert_eq!(text(&web, "/status/conditions/0/message"), "Deployment has minimum availability.");
    assert_eq!(events(&mut plant), ["ScalingReplicaSet: Scaled up replica set rs1 from 0 to 3"]);
    let pods = plant.names(PODS);
    assert!(
        pods.iter().all(|pod| pod.starts_with(&format!("{name}-")) && pod.len() == name.len() + 6),
        "{pods:?}"
    );
    assert_eq!(text(&set, "/metadata/annotations/deployment.kubernetes.io~1desired-replicas"), "3");
    assert_eq!(text(&set, "/metadata/annotations/deployment.kubernetes.io~1max-replicas"), "4");
    let created = plant.events("ReplicaSet", &name);
    assert_eq!(created.len(), 3);
    assert!(
        created.iter().all(|event| event.starts_with("SuccessfulCreate: Created pod: web-")),
        "{created:?}"
    );
}

#[test]
fn a_rolling_update_replaces_pod_by_pod() {
    let mut plant = rolled_out(3);
    set_image(&mut plant, "nginx:1.28");
    // maxSurge 25% of 3 is 1, maxUnavailable is 0: never fewer than 3 available, never more than 4 pods.
    for _ in 0..400 {
        let now = plant.now + Duration::millis(50);
        plant.run_until(now);
        let sets = plant.list(REPLICA_SETS);
        let sum = |field: &str| sets.iter().map(|set| number(set, field)).sum::<i64>();
        assert!(sum("/spec/replicas") <= 4, "{sets:?}");
        assert!(sum("/status/availableReplicas") >= 3, "{sets:?}");
    }
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 0, 0), ("nginx:1.28".to_owned(), 3, 3)]);
    assert_eq!(revision(&web(&mut plant)), 2);
    assert_eq!(
        events(&mut plant),
        [
            "ScalingReplicaSet: Scaled up replica set rs1 from 0 to 3",
            "ScalingReplicaSet: Scaled up replica set rs2 from 0 to 1",
            "ScalingReplicaSet: Scaled down replica set rs1 from 3 to 2",
            "ScalingReplicaSet: Scaled up replica set rs2 from 1 to 2",
            "ScalingReplicaSet: Scaled down replica set rs1 from 2 to 1",
            "ScalingReplicaSet: Scaled up replica set rs2 from 2 to 3",
            "ScalingReplicaSet: Scaled down replica set rs1 from 1 to 0",
        ]
    );
}

#[test]
fn going_back_to_an_old_template_reuses_its_replica_set() {
    let mut plant = rolled_out(2);
    set_image(&mut plant, "nginx:1.28");
    plant.run_until_idle();
    set_image(&mut plant, "nginx:1.27");
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.28".to_owned(), 0, 0), ("nginx:1.27".to_owned(), 2, 2)]);
    assert_eq!(revision(&web(&mut plant)), 3);
    let newest = plant.list(REPLICA_SETS).into_iter().find(|set| revision(set) == 3).unwrap();
    assert_eq!(text(&newest, "/metadata/annotations/deployment.kubernetes.io~1revision-history"), "1");
}

#[test]
fn recreate_removes_all_old_pods_first() {
    let mut plant = Plant::with_nodes(2);
    let mut spec = deployment(2);
    spec["spec"]["strategy"] = json!({ "type": "Recreate" });
    plant.post(DEPLOYMENTS, spec);
    plant.run_until_idle();
    set_image(&mut plant, "nginx:1.28");
    for _ in 0..200 {
        let now = plant.now + Duration::millis(50);
        plant.run_until(now);
        let images: std::collections::BTreeSet<String> =
            plant.list(PODS).iter().map(|pod| text(pod, "/spec/containers/0/image").to_owned()).collect();
        assert!(images.len() <= 1, "{images:?}");
    }
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 0, 0), ("nginx:1.28".to_owned(), 2, 2)]);
}

#[test]
fn a_rollout_without_progress_misses_its_deadline() {
    let mut plant = rolled_out(3);
    plant.ready_after = None;
    set_image(&mut plant, "nginx:broken");
    plant.run_until_idle();
    plant.run_for(599);
    assert_eq!(conditions(&web(&mut plant))[1], "Progressing=True ReplicaSetUpdated");
    plant.run_for(5);
    let web = web(&mut plant);
    assert_eq!(
        conditions(&web),
        ["Available=True MinimumReplicasAvailable", "Progressing=False ProgressDeadlineExceeded"]
    );
    assert!(text(&web, "/status/conditions/1/message").ends_with("has timed out progressing."));
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 3, 3), ("nginx:broken".to_owned(), 1, 1)]);
}

#[test]
fn a_deployment_without_available_pods_says_so() {
    let mut plant = Plant::with_nodes(1);
    plant.ready_after = None;
    plant.post(DEPLOYMENTS, deployment(2));
    plant.run_until_idle();
    let web = web(&mut plant);
    assert_eq!(
        conditions(&web),
        ["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"]
    );
    assert_eq!(number(&web, "/status/unavailableReplicas"), 2);
    assert_eq!(text(&web, "/status/conditions/0/message"), "Deployment does not have minimum availability.");
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut plant = rolled_out(2);
    patch_web(&mut plant, json!({ "spec": { "paused": true } }));
    set_image(&mut plant, "nginx:1.28");
    patch_web(&mut plant, json!({ "spec": { "replicas": 4 } }));
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 4, 4)]);
    assert!(conditions(&web(&mut plant)).contains(&"Progressing=Unknown DeploymentPaused".to_owned()));
    patch_web(&mut plant, json!({ "spec": { "paused": false } }));
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 0, 0), ("nginx:1.28".to_owned(), 4, 4)]);
    assert!(conditions(&web(&mut plant)).contains(&"Progressing=True NewReplicaSetAvailable".to_owned()));
}

#[test]
fn scaling_in_the_middle_of_a_rollout_is_proportional() {
    let mut plant = Plant::with_nodes(3);
    let mut spec = deployment(10);
    spec["spec"]["strategy"] =
        json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 3, "maxUnavailable": 2 } });
    plant.post(DEPLOYMENTS, spec);
    plant.run_until_idle();
    plant.ready_after = None;
    set_image(&mut plant, "nginx:broken");
    plant.run_until_idle();
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 8, 8), ("nginx:broken".to_owned(), 5, 5)]);
    patch_web(&mut plant, json!({ "spec": { "replicas": 15 } }));
    plant.run_until_idle();
    // The documentation's own example.
    assert_eq!(sets(&mut plant), [("nginx:1.27".to_owned(), 11, 11), ("nginx:broken".to_owned(), 7, 7)]);
}

#[test]
fn min_ready_seconds_delays_availability() {
    let mut plant = Plant::with_nodes(1);
    let mut spec = deployment(1);
    spec["spec"]["minReadySeconds"] = json!(30);
    plant.post(DEPLOYMENTS, spec);
    plant.run_for(10);
    let first = web(&mut plant);
    assert_eq!(
        (number(&first, "/status/readyReplicas"), number(&first, "/status/availableReplicas")),
        (1, 0)
    );
    plant.run_until_idle();
    assert_eq!(number(&web(&mut plant), "/status/availableReplicas"), 1);
}

#[test]
fn old_replica_sets_beyond_the_history_limit_go() {
    let mut plant = Plant::with_nodes(1);
    let mut spec = deployment(1);
    spec["spec"]["revisionHistoryLimit"] = json!(2);
    plant.post(DEPLOYMENTS, spec);
    plant.run_until_idle();
    for version in 1..=5 {
        set_image(&mut plant, &format!("nginx:1.{version}"));
        plant.run_until_idle();
    }
    let images: Vec<String> = sets(&mut plant).into_iter().map(|(image, ..)| image).collect();
    assert_eq!(images, ["nginx:1.3", "nginx:1.4", "nginx:1.5"]);
}

#[test]
fn a_deleted_deployment_takes_its_sets_and_pods_along() {
    let mut plant = rolled_out(3);
    plant.delete(&format!("{DEPLOYMENTS}/web"), json!({ "propagationPolicy": "Background" }));
    plant.run_until_idle();
    assert!(plant.names(REPLICA_SETS).is_empty() && plant.names(PODS).is_empty());
}
