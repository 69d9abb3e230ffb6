//! Machines: registration, power, network, static pods, services.

use serde_json::json;

use super::harness::Harness;
use super::one;

#[test]
fn a_node_registers_and_beats() {
    let mut h = Harness::new(1);
    let node = h.get::<api::core::v1::Node>("", "n1").expect("registered").to_json();
    assert_eq!(node["metadata"]["labels"]["kubernetes.io/hostname"], "n1");
    assert_eq!(node["status"]["capacity"]["memory"], "4128676Ki");
    let ready = node["status"]["conditions"]
        .as_array()
        .and_then(|all| all.iter().find(|it| it["type"] == "Ready").cloned());
    let ready = ready.expect("a Ready condition");
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("True"), &json!("KubeletReady")));
    let events: Vec<String> =
        h.events("n1").iter().map(|it| it.split(' ').nth(1).unwrap_or_default().to_string()).collect();
    assert!(
        events.contains(&"Starting".to_string()) && events.contains(&"NodeReady".to_string()),
        "{events:?}"
    );
    let renewed = |h: &Harness| {
        h.get::<api::coordination::v1::Lease>("kube-node-lease", "n1")
            .map(|it| it.to_json()["spec"]["renewTime"].clone())
    };
    let before = renewed(&h);
    h.run(10);
    assert_ne!(before, renewed(&h));
    h.act(|nodes, cx, net, out| nodes.stop_kubelet("n1", cx, net, out));
    let before = renewed(&h);
    h.run(30);
    assert_eq!(before, renewed(&h));
}

#[test]
fn a_node_that_comes_back_restarts_its_containers() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.settle();
    h.act(|nodes, cx, net, out| nodes.stop_node("n1", cx, net, out));
    h.run(60);
    assert_eq!(h.phase("web"), "Running", "nobody reports");
    h.act(|nodes, cx, net, out| nodes.start_node("n1", cx, net, out));
    h.run(30);
    let status = h.status("web");
    assert_eq!(status["containerStatuses"][0]["restartCount"], 1);
    assert_eq!(status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"], 255);
    assert!(
        h.events("web")
            .iter()
            .any(|it| it.contains("SandboxChanged Pod sandbox changed, it will be killed and re-created."))
    );
    assert_eq!(status["phase"], "Running");
}

#[test]
fn services_choose_ready_endpoints_and_refuse_without_any() {
    let mut h = Harness::new(1);
    h.pod("a", one("gcr.io/google-samples/hello-app:1.0"));
    h.settle();
    h.create(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "hello" },
        "spec": { "clusterIP": "10.96.3.4", "selector": { "app": "hello" }, "ports": [{ "port": 80, "targetPort": 8080 }] },
    }));
    assert_eq!(h.http("10.96.3.4", 80, "/"), Err("Refused".to_string()));
    h.create(json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": { "name": "hello-x", "labels": { "kubernetes.io/service-name": "hello" } },
        "endpoints": [{ "addresses": ["10.244.0.2"], "conditions": { "ready": true }, "nodeName": "n1" }],
        "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
    }));
    let (status, body) = h.http("10.96.3.4", 80, "/").expect("an answer");
    assert_eq!((status, body.as_str()), (200, "Hello, world!\nVersion: 1.0.0\nHostname: a\n"));
    use os::{DnsAnswer, RecordData, RecordType};
    let DnsAnswer::Records(records) = h.net.lookup("hello.default.svc.cluster.local", RecordType::A) else {
        panic!("a record")
    };
    assert_eq!(records[0].data, RecordData::Address("10.96.3.4".parse().expect("ip")));
    assert_eq!(h.net.lookup("nobody.default.svc.cluster.local", RecordType::A), DnsAnswer::NxDomain);
}

#[test]
fn pods_whose_server_waits_cost_entries() {
    let nodes = 4;
    let mut h = Harness::new(nodes);
    for i in 0..400 {
        let node = format!("n{}", i % nodes + 1);
        h.pod(
            &format!("web-{i}"),
            json!({ "nodeName": node, "containers": [{ "name": "web", "image": "nginx:1.27" }] }),
        );
    }
    h.settle();
    assert!((0..400).all(|i| h.phase(&format!("web-{i}")) == "Running"));
    assert!(h.nodes.names().all(|name| {
        h.nodes
            .node(name)
            .is_some_and(|node| node.containers().all(|it| matches!(it.body, crate::runtime::Body::Dormant)))
    }));
}

#[test]
fn a_pod_that_does_not_fit_is_rejected() {
    let mut h = Harness::new(1);
    let container = json!({ "name": "web", "image": "nginx", "resources": { "requests": { "cpu": "3" } } });
    h.pod("big", json!({ "containers": [container] }));
    h.run(2);
    let status = h.status("big");
    assert_eq!(status["phase"], "Failed");
    assert_eq!(status["reason"], "OutOfcpu");
    assert_eq!(
        status["message"],
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 1900"
    );
    assert!(h.events("big")[0].starts_with("Warning OutOfcpu Node didn't have enough resource: cpu"));
}

#[test]
fn a_node_that_is_cut_off_goes_on_and_reports_when_it_is_back() {
    let mut h = Harness::new(2);
    h.pod("web", one("nginx"));
    h.settle();
    h.act(|nodes, cx, net, out| nodes.cut_node("n1", cx, net, out));
    let renewed = |h: &Harness| {
        h.get::<api::coordination::v1::Lease>("kube-node-lease", "n1")
            .map(|it| it.to_json()["spec"]["renewTime"].clone())
    };
    let before = renewed(&h);
    h.run(60);
    assert_eq!(renewed(&h), before);
    h.delete_pod("web");
    h.run(60);
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_some(), "the kubelet has not heard of it");
    h.act(|nodes, cx, net, out| nodes.heal_node("n1", cx, net, out));
    h.run(3);
    assert_ne!(renewed(&h), before);
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_none());
}

#[test]
fn the_api_server_answers_pods_by_their_tokens() {
    use crate::kubelet::{NodeSpec, Role, token};
    let mut h = Harness::of(vec![NodeSpec::new("n1", Role::ControlPlane, 1)]);
    h.run(20);
    h.pod("web", one("nginx"));
    let object = h.get::<api::core::v1::Pod>("default", "web").expect("it was made");
    let pod = object.view::<api::core::v1::Pod>().expect("a pod");
    let bearer = token::issue(pod, "", 3600, h.now);
    let get = |token: &str| {
        format!("GET /version HTTP/1.1\r\nHost: kubernetes\r\nAuthorization: Bearer {token}\r\n\r\n")
    };
    let ip = "192.168.49.2";
    let answer = h.tls(ip, 6443, get(&bearer));
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"gitVersion\": \"v1.36."), "{answer}");
    let answer = h.tls(ip, 6443, get("forged"));
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized"), "{answer}");
}

#[test]
fn a_mirror_pod_that_is_deleted_comes_back_and_its_container_does_not_notice() {
    use crate::kubelet::{NodeSpec, Role};
    let mut h = Harness::of(vec![NodeSpec::new("n1", Role::ControlPlane, 1)]);
    h.run(30);
    let pod = |h: &Harness| {
        h.get::<api::core::v1::Pod>("kube-system", "etcd-n1").map(|it| it.to_json()).expect("it is there")
    };
    let before = pod(&h);
    assert_eq!(before["status"]["phase"], "Running");
    assert_eq!(before["metadata"]["annotations"]["kubernetes.io/config.source"], "file");
    assert_eq!(before["metadata"]["ownerReferences"][0]["kind"], "Node");
    let path = "/api/v1/namespaces/kube-system/pods/etcd-n1";
    h.request(api::http::Request::new(api::http::Method::Delete, path));
    h.run(2);
    let after = pod(&h);
    assert_ne!(before["metadata"]["uid"], after["metadata"]["uid"]);
    let container = |pod: &serde_json::Value| pod["status"]["containerStatuses"][0]["containerID"].clone();
    assert_eq!(container(&before), container(&after));
}

#[test]
fn a_machine_short_of_memory_evicts_who_uses_more_than_it_asked_for() {
    let mut h = Harness::new(1);
    let hog = |request: &str, bytes: &str| {
        json!({ "restartPolicy": "Never", "containers": [{
            "name": "hog", "image": "polinux/stress", "command": ["stress", "--vm", "1", "--vm-bytes", bytes],
            "resources": { "requests": { "memory": request } },
        }] })
    };
    h.pod("modest", hog("1800Mi", "1700M"));
    h.pod("greedy", hog("10Mi", "1900M"));
    h.run(30);
    let status = h.status("greedy");
    assert_eq!((&status["phase"], &status["reason"]), (&json!("Failed"), &json!("Evicted")), "{status}");
    let message = status["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("The node was low on resource: memory. Threshold quantity: 100Mi, available: "),
        "{message}"
    );
    assert!(message.ends_with("request is 10Mi, has larger consumption of memory. "), "{message}");
    assert_eq!(h.phase("modest"), "Running");
    let pressure = |h: &Harness| {
        let node = h.get::<api::core::v1::Node>("", "n1").expect("registered").to_json();
        let all = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
        all.iter().find(|it| it["type"] == "MemoryPressure").map(|it| it["status"].clone())
    };
    assert_eq!(pressure(&h), Some(json!("True")));
    h.run(330);
    assert_eq!(pressure(&h), Some(json!("False")));
}
