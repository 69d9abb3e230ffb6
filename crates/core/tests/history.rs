//! A cluster is a value with a history: the same seed and inputs give the same bytes, any moment can be shown again, and
//! what is written down comes back.

use api::Duration;
use api::http::{Body, Request};
use kubarium_core::cluster::{Cluster, ClusterConfig, Fault, Saved};
use serde_json::json;

fn settled(seed: u64) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig { seed, ..ClusterConfig::default() });
    let until = cluster.now() + Duration::mins(5);
    cluster.run_until_idle(until, u64::MAX);
    cluster
}

fn admin(request: Request) -> Request {
    request
        .with_user("kubernetes-admin")
        .with_header("x-remote-group", "system:masters")
        .with_header("user-agent", "test")
}

fn create_deployment(cluster: &mut Cluster, name: &str, replicas: i32) {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}});
    let request =
        admin(Request::post("/apis/apps/v1/namespaces/default/deployments", Body::json(deployment)));
    let (response, _) = cluster.request(request);
    assert_eq!(response.status, 201, "{}", response.body.to_text());
}

fn ready(cluster: &mut Cluster, name: &str) -> i64 {
    let path = format!("/apis/apps/v1/namespaces/default/deployments/{name}");
    let (response, _) = cluster.request(admin(Request::get(&path)));
    let json = response.body.to_json().expect("an object");
    json.pointer("/status/readyReplicas").and_then(api::Json::as_i64).unwrap_or(0)
}

/// A small life: a deployment, a lost node, time.
fn live_a_little(cluster: &mut Cluster) {
    create_deployment(cluster, "web", 3);
    cluster.advance(Duration::secs(40));
    cluster.fault(Fault::StopNode("node-1".into()));
    cluster.advance(Duration::mins(7));
}

#[test]
fn a_fresh_cluster_comes_to_rest_and_runs_a_deployment() {
    let mut cluster = settled(1);
    assert!(cluster.world().is_idle());
    create_deployment(&mut cluster, "web", 3);
    cluster.advance(Duration::secs(40));
    assert_eq!(ready(&mut cluster, "web"), 3);
}

#[test]
fn the_same_seed_and_inputs_give_the_same_history() {
    let (mut one, mut two) = (settled(7), settled(7));
    live_a_little(&mut one);
    live_a_little(&mut two);
    assert_eq!(one.hash(), two.hash());
    assert_eq!(one.world().state_hash(), two.world().state_hash());
    let mut other = settled(8);
    live_a_little(&mut other);
    assert_ne!(one.hash(), other.hash());
}

#[test]
fn a_fork_equals_its_origin_and_diverges_only_by_its_inputs() {
    let mut origin = settled(3);
    create_deployment(&mut origin, "web", 2);
    let mut fork = origin.clone();
    origin.advance(Duration::mins(2));
    fork.advance(Duration::mins(2));
    assert_eq!(origin.world().state_hash(), fork.world().state_hash());
    create_deployment(&mut fork, "other", 1);
    fork.advance(Duration::secs(30));
    origin.advance(Duration::secs(30));
    assert_ne!(origin.hash(), fork.hash());
    assert_eq!(ready(&mut origin, "web"), 2);
}

#[test]
fn looking_back_and_going_on_is_as_if_one_had_never_looked() {
    let mut cluster = settled(5);
    live_a_little(&mut cluster);
    let (latest, hash, state) = (cluster.latest(), cluster.hash(), cluster.world().state_hash());
    let start = cluster.config().start;
    for minutes in [7, 1, 0, 3, 6] {
        cluster.seek(start + Duration::mins(minutes));
        assert_eq!(cluster.now(), start + Duration::mins(minutes));
        assert!(!cluster.is_live());
    }
    cluster.live();
    assert_eq!((cluster.now(), cluster.hash(), cluster.world().state_hash()), (latest, hash, state));
}

#[test]
fn the_past_shows_what_was_and_a_write_there_begins_a_branch() {
    let mut cluster = settled(5);
    let before = cluster.now();
    cluster.advance(Duration::secs(1));
    create_deployment(&mut cluster, "web", 3);
    cluster.advance(Duration::mins(1));
    assert_eq!(ready(&mut cluster, "web"), 3);
    cluster.seek(before);
    create_deployment(&mut cluster, "other", 1);
    assert!(cluster.is_live());
    cluster.advance(Duration::mins(1));
    assert_eq!(ready(&mut cluster, "other"), 1);
    assert_eq!(cluster.inputs().len(), 1);
}

#[test]
fn a_history_that_was_written_down_comes_back() {
    let mut cluster = settled(11);
    live_a_little(&mut cluster);
    let text = cluster.save().to_json().to_string();
    let saved = Saved::from_json(&serde_json::from_str(&text).expect("JSON")).expect("reads back");
    let mut again = Cluster::restore(saved);
    assert_eq!(again.world().state_hash(), cluster.world().state_hash());
    cluster.advance(Duration::mins(1));
    again.advance(Duration::mins(1));
    assert_eq!(again.world().state_hash(), cluster.world().state_hash());
}

#[test]
fn a_step_says_who_did_what_and_why() {
    let mut cluster = settled(1);
    create_deployment(&mut cluster, "web", 1);
    let sentences: Vec<String> =
        (0..4).filter_map(|_| cluster.step(100_000)).map(|step| step.sentence).collect();
    let first = sentences.first().expect("a step");
    assert!(first.starts_with("deployment-controller created ReplicaSet default/web-"), "{sentences:#?}");
    assert!(first.contains("because Deployment default/web was created"), "{sentences:#?}");
}

#[test]
fn a_step_that_time_brought_says_what_was_due() {
    let told = |image: &str, steps: usize| -> String {
        let mut cluster = settled(1);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
            "containers": [{"name": "c", "image": image}]}});
        let request = admin(Request::post("/api/v1/namespaces/default/pods", Body::json(pod)));
        assert_eq!(cluster.request(request).0.status, 201);
        let step = |_| cluster.step(100_000).map(|step| step.sentence);
        (0..steps).filter_map(step).collect::<Vec<_>>().join("\n")
    };
    let life = told("nginx", 12);
    for due in
        ["the pod's sandbox was ready", "an image pull had ended", "a container had been created and started"]
    {
        assert!(life.contains(&format!(", because {due}.")), "{due}: {life}");
    }
    let trouble = told("nginx:no-such-tag", 14);
    assert!(trouble.contains(", because a back-off had ended."), "{trouble}");
    assert!(!life.contains("its time") && !trouble.contains("its time"));
}

#[test]
fn a_client_outside_is_part_of_history() {
    use kubarium_core::cluster::{Input, Opened};
    let mut cluster = settled(3);
    create_deployment(&mut cluster, "web", 1);
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
        "type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "nodePort": 30080}]}});
    let request = admin(Request::post("/api/v1/namespaces/default/services", Body::json(service)));
    assert_eq!(cluster.request(request).0.status, 201);
    cluster.advance(Duration::secs(40));
    let (_, opened) = cluster.input(Input::Dial { addr: [192, 168, 49, 2].into(), port: 30080, tls: false });
    let Some(Opened::Connection(stream)) = opened else { panic!("no connection") };
    let data = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec();
    cluster.input(Input::StreamData { stream, channel: 0, data });
    cluster.advance(Duration::secs(2));
    let frames = cluster.read_connection(stream).expect("an open connection");
    let text: Vec<u8> = frames.into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert!(String::from_utf8_lossy(&text).contains("Welcome to nginx!"));
    cluster.input(Input::StreamClose { stream });
    cluster.advance(Duration::secs(10));
    // Nobody reads the connection in the copy, and its history is the same.
    let copy = Cluster::restore(cluster.save());
    assert_eq!(copy.hash_at_latest(), cluster.hash_at_latest());
}
