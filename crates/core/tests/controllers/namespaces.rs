//! What every namespace has, and how one goes.

use super::plant::*;
use serde_json::json;

const NAMESPACES: &str = "/api/v1/namespaces";

#[test]
fn a_namespace_has_a_service_account_and_the_root_certificate() {
    let mut plant = Plant::new();
    plant.post(NAMESPACES, json!({ "metadata": { "name": "blue" } }));
    plant.run_until_idle();
    assert_eq!(plant.names("/api/v1/namespaces/blue/serviceaccounts"), ["default"]);
    let ca = plant.get("/api/v1/namespaces/blue/configmaps/kube-root-ca.crt");
    assert!(text(&ca, "/data/ca.crt").starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn both_come_back_when_deleted() {
    let mut plant = Plant::new();
    plant.delete("/api/v1/namespaces/default/serviceaccounts/default", json!({}));
    plant.delete("/api/v1/namespaces/default/configmaps/kube-root-ca.crt", json!({}));
    plant.run_until_idle();
    assert!(plant.exists("/api/v1/namespaces/default/serviceaccounts/default"));
    assert!(plant.exists("/api/v1/namespaces/default/configmaps/kube-root-ca.crt"));
}

#[test]
fn a_deleted_namespace_takes_its_content_along_pods_first() {
    let mut plant = Plant::with_nodes(1);
    plant.post(NAMESPACES, json!({ "metadata": { "name": "blue" } }));
    plant.run_until_idle();
    let mut web = deployment(2);
    web["metadata"]["namespace"] = json!("blue");
    plant.post("/apis/apps/v1/namespaces/blue/deployments", web);
    plant.run_until_idle();
    let begin = plant.now;
    plant.delete(&format!("{NAMESPACES}/blue"), json!({}));
    plant.run_for(7);
    let blue = plant.get(&format!("{NAMESPACES}/blue"));
    assert_eq!(text(&blue, "/status/phase"), "Terminating");
    assert_eq!(
        conditions(&blue),
        [
            "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered",
            "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions",
            "NamespaceDeletionContentFailure=False ContentDeleted",
            "NamespaceContentRemaining=True SomeResourcesRemain",
            "NamespaceFinalizersRemaining=False ContentHasNoFinalizers",
        ]
    );
    assert_eq!(
        text(&blue, "/status/conditions/3/message"),
        "Some resources are remaining: pods. has 2 resource instances"
    );
    plant.run_until_idle();
    assert!(!plant.exists(&format!("{NAMESPACES}/blue")));
    assert!(plant.list("/api/v1/pods").is_empty());
    // 5 s before the first look, half the pods' grace period before the second.
    assert!((plant.now - begin).as_secs() < 60);
}

#[test]
fn an_empty_namespace_is_gone_after_a_few_seconds() {
    let mut plant = Plant::new();
    plant.post(NAMESPACES, json!({ "metadata": { "name": "blue" } }));
    plant.run_until_idle();
    plant.delete(&format!("{NAMESPACES}/blue"), json!({}));
    plant.run_for(10);
    assert!(!plant.exists(&format!("{NAMESPACES}/blue")));
}
