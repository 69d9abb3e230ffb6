//! Nodes that fall silent, come back, or go for good.

use super::plant::*;
use api::Json;
use serde_json::json;

fn node(plant: &mut Plant, name: &str) -> Json {
    plant.get(&format!("/api/v1/nodes/{name}"))
}

/// "key:effect" of a node's taints.
fn taints(plant: &mut Plant, name: &str) -> Vec<String> {
    let taints = node(plant, name)["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let mut taints: Vec<String> =
        taints.iter().map(|taint| format!("{}:{}", text(taint, "/key"), text(taint, "/effect"))).collect();
    taints.sort();
    taints
}

fn pods_on(plant: &mut Plant, name: &str) -> Vec<String> {
    let pods = plant.list(PODS).into_iter().filter(|pod| text(pod, "/spec/nodeName") == name);
    pods.map(|pod| text(&pod, "/metadata/name").to_owned()).collect()
}

#[test]
fn nodes_get_a_range_of_pod_addresses_each() {
    let mut plant = Plant::with_nodes(3);
    let ranges: Vec<Json> =
        plant.list("/api/v1/nodes").iter().map(|node| node["spec"]["podCIDR"].clone()).collect();
    assert_eq!(ranges, [json!("10.244.0.0/24"), json!("10.244.1.0/24"), json!("10.244.2.0/24")]);
    assert!(
        plant
            .events("Node", "node-1")
            .contains(&"RegisteredNode: Node node-1 event: Registered Node node-1 in Controller".to_owned())
    );
}

#[test]
fn a_silent_node_loses_its_pods_after_five_minutes() {
    let mut plant = Plant::with_nodes(2);
    plant.post(DEPLOYMENTS, deployment(4));
    plant.run_until_idle();
    let lost = pods_on(&mut plant, "node-2");
    assert_eq!(lost.len(), 2);
    plant.silence("node-2");
    plant.run_for(40);
    assert_eq!(text(&node(&mut plant, "node-2"), "/status/conditions/0/status"), "True");
    plant.run_for(30);
    let silent = node(&mut plant, "node-2");
    assert_eq!(text(&silent, "/status/conditions/0/status"), "Unknown");
    assert_eq!(text(&silent, "/status/conditions/0/reason"), "NodeStatusUnknown");
    assert_eq!(text(&silent, "/status/conditions/0/message"), "Kubelet stopped posting node status.");
    assert_eq!(
        taints(&mut plant, "node-2"),
        ["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"]
    );
    assert!(
        plant
            .events("Node", "node-2")
            .contains(&"NodeNotReady: Node node-2 status is now: NodeNotReady".to_owned())
    );
    assert_eq!(
        plant.events("Pod", &lost[0]).last().map(String::as_str),
        Some("NodeNotReady: Node is not ready")
    );
    let web = plant.get(&format!("{DEPLOYMENTS}/web"));
    assert_eq!(number(&web, "/status/availableReplicas"), 2);
    plant.run_for(270);
    assert_eq!(pods_on(&mut plant, "node-1").len(), 2);
    plant.run_for(60);
    let marked = format!("TaintManagerEviction: Marking for deletion Pod default/{}", lost[0]);
    assert!(plant.events("Pod", &lost[0]).contains(&marked));
    // Replacements run elsewhere; the lost pods stay terminating, since nobody says that they have ended.
    assert_eq!(pods_on(&mut plant, "node-1").len(), 4);
    assert_eq!(pods_on(&mut plant, "node-2"), lost);
}

#[test]
fn a_node_that_comes_back_in_time_keeps_its_pods() {
    let mut plant = Plant::with_nodes(2);
    plant.post(DEPLOYMENTS, deployment(4));
    plant.run_until_idle();
    let pods = pods_on(&mut plant, "node-2");
    plant.silence("node-2");
    plant.run_for(120);
    assert_eq!(taints(&mut plant, "node-2").len(), 2);
    plant.unsilence("node-2");
    plant.run_for(5);
    assert!(taints(&mut plant, "node-2").is_empty());
    plant.run_for(600);
    assert_eq!(pods_on(&mut plant, "node-2"), pods);
    let cancelled = format!("TaintManagerEviction: Cancelling deletion of Pod default/{}", pods[0]);
    assert!(plant.events("Pod", &pods[0]).contains(&cancelled));
}

#[test]
fn a_cordoned_node_is_tainted() {
    let mut plant = Plant::with_nodes(1);
    plant.patch("/api/v1/nodes/node-1", json!({ "spec": { "unschedulable": true } }));
    plant.run_until_idle();
    assert_eq!(taints(&mut plant, "node-1"), ["node.kubernetes.io/unschedulable:NoSchedule"]);
    plant.patch("/api/v1/nodes/node-1", json!({ "spec": { "unschedulable": null } }));
    plant.run_until_idle();
    assert!(taints(&mut plant, "node-1").is_empty());
}

#[test]
fn pods_of_a_deleted_node_are_collected() {
    let mut plant = Plant::with_nodes(2);
    plant.post(DEPLOYMENTS, deployment(4));
    plant.run_until_idle();
    let lost = pods_on(&mut plant, "node-2");
    plant.silence("node-2");
    plant.delete("/api/v1/nodes/node-2", json!({}));
    plant.run_for(90);
    let now = plant.names(PODS);
    assert_eq!(now.len(), 4);
    assert!(lost.iter().all(|pod| !now.contains(pod)));
}

#[test]
fn a_taint_that_is_not_tolerated_evicts_at_once() {
    let mut plant = Plant::with_nodes(2);
    plant.post(DEPLOYMENTS, deployment(2));
    plant.run_until_idle();
    let moved = pods_on(&mut plant, "node-2");
    let taint = json!([{ "key": "maintenance", "effect": "NoExecute" }]);
    plant.patch("/api/v1/nodes/node-2", json!({ "spec": { "taints": taint } }));
    plant.run_until_idle();
    assert!(!moved.is_empty() && pods_on(&mut plant, "node-2").is_empty());
    assert_eq!(pods_on(&mut plant, "node-1").len(), 2);
}
