//! Where pods go, and what is said of those that go nowhere.

use super::plant::*;
use api::Json;
use kubarium_core::scheduler::Outcome;
use serde_json::json;

fn pod(name: &str, spec: Json) -> Json {
    let mut pod = json!({ "metadata": { "name": name, "labels": { "app": name } },
        "spec": { "containers": [{ "name": "main", "image": "nginx" }] } });
    if let (Some(into), Some(from)) = (pod["spec"].as_object_mut(), spec.as_object()) {
        into.extend(from.clone());
    }
    pod
}

fn asking(cpu: &str) -> Json {
    json!({ "containers": [{ "name": "main", "image": "nginx", "resources": { "requests": { "cpu": cpu } } }] })
}

fn run(plant: &mut Plant, name: &str, spec: Json) -> String {
    plant.post(PODS, pod(name, spec));
    plant.run_until_idle();
    node_of(plant, name)
}

fn node_of(plant: &mut Plant, name: &str) -> String {
    text(&plant.get(&format!("{PODS}/{name}")), "/spec/nodeName").to_owned()
}

fn control_plane_and_workers() -> Plant {
    let mut plant = Plant::with_nodes(2);
    plant.add_node("control-plane", "4", json!({}));
    let taint = json!([{ "key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule" }]);
    plant.patch("/api/v1/nodes/control-plane", json!({ "spec": { "taints": taint } }));
    plant.run_until_idle();
    plant
}

#[test]
fn a_pod_is_bound_and_an_event_says_where() {
    let mut plant = Plant::with_nodes(1);
    assert_eq!(run(&mut plant, "a", json!({})), "node-1");
    assert_eq!(plant.events("Pod", "a"), ["Scheduled: Successfully assigned default/a to node-1"]);
    let conditions = conditions(&plant.get(&format!("{PODS}/a")));
    assert!(conditions.contains(&"PodScheduled=True ".to_owned()), "{conditions:?}");
}

#[test]
fn a_pod_that_is_too_large_waits_with_a_reason_for_each_node() {
    let mut plant = control_plane_and_workers();
    assert_eq!(run(&mut plant, "large", asking("64")), "");
    let message = "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to \
        deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    assert_eq!(plant.events("Pod", "large"), [format!("FailedScheduling: {message}")]);
    let large = plant.get(&format!("{PODS}/large"));
    assert_eq!(conditions(&large), ["PodScheduled=False Unschedulable"]);
    assert_eq!(text(&large, "/status/conditions/0/message"), message);
    // Only what can help is a reason to try again.
    plant.patch("/api/v1/nodes/node-1", json!({ "metadata": { "annotations": { "note": "still small" } } }));
    plant.patch("/api/v1/nodes/node-1/status", json!({ "status": { "allocatable": { "cpu": "8" } } }));
    run(&mut plant, "other", json!({}));
    plant.run_for(20);
    assert_eq!(
        plant
            .list("/api/v1/events")
            .iter()
            .filter(|event| text(event, "/reason") == "FailedScheduling")
            .count(),
        1
    );
    assert_eq!(plant.tries("large"), 1);
    plant.add_node("huge", "128", json!({}));
    plant.run_until_idle();
    assert_eq!(node_of(&mut plant, "large"), "huge");
}

#[test]
fn a_pod_without_room_gets_it_when_another_goes() {
    let mut plant = control_plane_and_workers();
    for name in ["a", "b"] {
        run(&mut plant, name, asking("3"));
    }
    assert_ne!(node_of(&mut plant, "a"), node_of(&mut plant, "b"));
    assert_eq!(run(&mut plant, "c", asking("3")), "");
    assert_eq!(
        plant.events("Pod", "c"),
        [
            "FailedScheduling: 0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims \
          to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption \
          victims found for incoming pod."
        ]
    );
    let node = node_of(&mut plant, "a");
    plant.delete(&format!("{PODS}/a"), json!({}));
    plant.run_until_idle();
    assert_eq!(node_of(&mut plant, "c"), node);
}

#[test]
fn selectors_affinity_and_names_choose_nodes() {
    let mut plant = Plant::with_nodes(2);
    plant.add_node("ssd", "4", json!({ "disk": "ssd" }));
    plant.run_until_idle();
    assert_eq!(run(&mut plant, "selector", json!({ "nodeSelector": { "disk": "ssd" } })), "ssd");
    let term = json!([{ "matchExpressions": [{ "key": "disk", "operator": "DoesNotExist" }] }]);
    let affinity = json!({ "affinity": { "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": term } } } });
    assert!(run(&mut plant, "affinity", affinity).starts_with("node-"));
    assert_eq!(run(&mut plant, "nowhere", json!({ "nodeSelector": { "disk": "tape" } })), "");
    assert_eq!(
        plant.events("Pod", "nowhere"),
        [
            "FailedScheduling: 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to \
          deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
        ]
    );
    plant.patch("/api/v1/nodes/node-1", json!({ "metadata": { "labels": { "disk": "tape" } } }));
    plant.run_until_idle();
    assert_eq!(node_of(&mut plant, "nowhere"), "node-1");
}

#[test]
fn without_nodes_nothing_can_be_scheduled() {
    let mut plant = Plant::new();
    run(&mut plant, "a", json!({}));
    assert_eq!(plant.events("Pod", "a"), ["FailedScheduling: no nodes available to schedule pods"]);
    plant.add_node("node-1", "4", json!({}));
    plant.run_until_idle();
    assert_eq!(node_of(&mut plant, "a"), "node-1");
}

#[test]
fn a_host_port_is_used_once_per_node() {
    let mut plant = Plant::with_nodes(2);
    let spec = || json!({ "containers": [{ "name": "main", "image": "nginx", "ports": [{ "containerPort": 80, "hostPort": 8080 }] }] });
    let (a, b) = (run(&mut plant, "a", spec()), run(&mut plant, "b", spec()));
    assert_ne!(a, b);
    assert_eq!(run(&mut plant, "c", spec()), "");
    assert!(
        plant.events("Pod", "c")[0].contains("2 node(s) didn't have free ports for the requested pod ports.")
    );
}

#[test]
fn a_gated_pod_waits_for_its_gates() {
    let mut plant = Plant::with_nodes(1);
    assert_eq!(run(&mut plant, "gated", json!({ "schedulingGates": [{ "name": "example.com/quota" }] })), "");
    assert!(plant.events("Pod", "gated").is_empty());
    plant.patch(&format!("{PODS}/gated"), json!({ "spec": { "schedulingGates": null } }));
    plant.run_until_idle();
    assert_eq!(node_of(&mut plant, "gated"), "node-1");
}

#[test]
fn pods_of_a_deployment_are_spread_over_hosts() {
    let mut plant = Plant::with_nodes(3);
    plant.post(DEPLOYMENTS, deployment(6));
    plant.run_until_idle();
    let mut per_node = std::collections::BTreeMap::new();
    for pod in plant.list(PODS) {
        *per_node.entry(text(&pod, "/spec/nodeName").to_owned()).or_insert(0) += 1;
    }
    assert_eq!(per_node.values().copied().collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn a_hard_spread_constraint_leaves_pods_waiting() {
    let mut plant = Plant::with_nodes(0);
    for (node, zone) in [("a", "z1"), ("b", "z2")] {
        plant.add_node(node, "4", json!({ "topology.kubernetes.io/zone": zone }));
    }
    plant.run_until_idle();
    plant.patch("/api/v1/nodes/b", json!({ "spec": { "unschedulable": true } }));
    plant.run_until_idle();
    let constraint = json!([{ "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": { "matchLabels": { "app": "web" } } }]);
    let mut web = deployment(3);
    web["spec"]["template"]["spec"]["topologySpreadConstraints"] = constraint;
    plant.post(DEPLOYMENTS, web);
    plant.run_until_idle();
    let placed = |plant: &mut Plant| {
        plant.list(PODS).iter().filter(|pod| !text(pod, "/spec/nodeName").is_empty()).count()
    };
    assert_eq!(placed(&mut plant), 1);
    let waiting = plant.list(PODS).into_iter().find(|pod| text(pod, "/spec/nodeName").is_empty()).unwrap();
    let message = text(&waiting, "/status/conditions/0/message").to_owned();
    assert!(message.starts_with("0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable."), "{message}");
    plant.patch("/api/v1/nodes/b", json!({ "spec": { "unschedulable": null } }));
    plant.run_until_idle();
    assert_eq!(placed(&mut plant), 3);
}

#[test]
fn anti_affinity_keeps_pods_apart_and_affinity_together() {
    let mut plant = Plant::with_nodes(2);
    let near = |app: &str, kind: &str| {
        let term = json!([{ "labelSelector": { "matchLabels": { "app": app } }, "topologyKey": "kubernetes.io/hostname" }]);
        json!({ "affinity": { kind: { "requiredDuringSchedulingIgnoredDuringExecution": term } } })
    };
    let cache = run(&mut plant, "cache", json!({}));
    assert_eq!(run(&mut plant, "client", near("cache", "podAffinity")), cache);
    let away = run(&mut plant, "noisy", near("cache", "podAntiAffinity"));
    assert_ne!(away, cache);
    assert_eq!(run(&mut plant, "lonely", near("nobody", "podAffinity")), "");
    assert!(plant.events("Pod", "lonely")[0].contains("2 node(s) didn't match pod affinity rules."));
}

#[test]
fn what_was_decided_and_why_is_kept() {
    let mut plant = control_plane_and_workers();
    let node = run(&mut plant, "a", asking("1"));
    let uid = object(&plant, "default", "a").unwrap().meta().uid.clone();
    let decision = plant.scheduler.decision(&uid).unwrap();
    assert_eq!(decision.outcome, Outcome::Bound(node.as_str().into()));
    assert_eq!((decision.total, decision.feasible, decision.nodes.len()), (3, 2, 3));
    let scores: Vec<&str> = decision.nodes[0].scores.iter().map(|(plugin, _)| *plugin).collect();
    assert_eq!(scores, ["NodeResourcesFit", "NodeResourcesBalancedAllocation"]);
    let refused = decision.nodes.iter().find(|node| node.node == "control-plane").unwrap();
    assert_eq!(
        refused.refused,
        Some(("TaintToleration", vec!["node(s) had untolerated taint(s)".to_owned()]))
    );
}
