//! Nodes, pods and the data plane in a whole cluster.

use api::http::{Body, Request};
use api::{Duration, Json};
use kubarium_core::cluster::{Cluster, ClusterConfig};
use serde_json::json;

fn admin(request: Request) -> Request {
    request
        .with_user("kubernetes-admin")
        .with_header("x-remote-group", "system:masters")
        .with_header("user-agent", "test")
}

fn cluster(nodes: u32) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    let until = cluster.now() + Duration::mins(5);
    cluster.run_until_idle(until, u64::MAX);
    cluster.advance(Duration::secs(30));
    cluster
}

fn get(cluster: &mut Cluster, path: &str) -> Json {
    cluster.request(admin(Request::get(path))).0.body.to_json().unwrap_or_default()
}

fn items(cluster: &mut Cluster, path: &str) -> Vec<Json> {
    get(cluster, path)["items"].as_array().cloned().unwrap_or_default()
}

#[test]
fn the_system_pods_run_and_stay() {
    let mut cluster = cluster(2);
    cluster.advance(Duration::mins(5));
    let pods = items(&mut cluster, "/api/v1/namespaces/kube-system/pods");
    let mut names: Vec<String> = Vec::new();
    for pod in &pods {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_string();
        assert_eq!(pod["status"]["phase"], "Running", "{name}: {}", pod["status"]);
        for status in pod["status"]["containerStatuses"].as_array().into_iter().flatten() {
            assert_eq!(status["ready"], true, "{name}: {status}");
            assert_eq!(status["restartCount"], 0, "{name}: {status}");
        }
        names.push(name);
    }
    for component in ["etcd-", "kube-apiserver-", "kube-controller-manager-", "kube-scheduler-", "coredns-"] {
        assert!(names.iter().any(|name| name.starts_with(component)), "{component} is missing: {names:?}");
    }
}

#[test]
fn a_hundred_pods_of_a_deployment_become_ready() {
    let mut cluster = cluster(3);
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "replicas": 100, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]}}}});
    let (response, _) = cluster.request(admin(Request::post(
        "/apis/apps/v1/namespaces/default/deployments",
        Body::json(deployment),
    )));
    assert_eq!(response.status, 201);
    cluster.advance(Duration::mins(3));
    let deployment = get(&mut cluster, "/apis/apps/v1/namespaces/default/deployments/web");
    assert_eq!(deployment["status"]["readyReplicas"], 100, "{}", deployment["status"]);
    let mut addresses: Vec<String> = items(&mut cluster, "/api/v1/namespaces/default/pods")
        .iter()
        .map(|pod| pod["status"]["podIP"].as_str().unwrap_or_default().to_string())
        .collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 100, "every pod has an address of its own");
}
