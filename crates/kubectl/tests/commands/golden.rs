//! Recorded answers of the real kubectl 1.36, played again: the recorded objects go into the server, the recorded text
//! must come out.

use api::Json;
use api::base::yaml;

use super::fake::Fake;

/// Returns the stdout of a recording.
fn recorded(file: &str) -> String {
    let path = format!("{}/tests/golden/{file}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let body = text.split_once('\n').expect("a command line").1;
    body.rsplit_once("--- stderr\n").expect("a stderr part").0.to_string()
}

fn objects(file: &str) -> Vec<Json> {
    let text = recorded(file);
    let value = if text.starts_with('{') {
        serde_json::from_str(&text).expect("JSON")
    } else {
        yaml::parse(&text).expect("YAML").value
    };
    match value["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![value],
    }
}

/// The server as it was when the first Deployment had just been made.
fn cluster() -> std::rc::Rc<Fake> {
    let fake = Fake::new();
    for file in ["018-get-deploy-yaml", "020-get-rs-yaml", "023-get-pod-json"] {
        objects(file).into_iter().for_each(|o| fake.put(o));
    }
    fake
}

#[test]
fn yaml_and_json_print_as_recorded() {
    let fake = cluster();
    assert_eq!(fake.ok("kubectl get deployment web -o yaml"), recorded("018-get-deploy-yaml"));
    assert_eq!(fake.ok("kubectl get rs -l app=web -o yaml"), recorded("020-get-rs-yaml"));
    assert_eq!(fake.ok("kubectl get pods -l app=web -o json"), recorded("023-get-pod-json"));
}

#[test]
fn descriptions_print_as_recorded() {
    let fake = cluster();
    // The recording has one event; the server here has none.
    let without_events = |file: &str| {
        let text = recorded(file);
        text.split("Events:").next().expect("a first part").to_string()
    };
    let described = |line: &str| {
        let text = fake.ok(line);
        text.split("Events:").next().expect("a first part").to_string()
    };
    assert_eq!(described("kubectl describe deployment web"), without_events("030-describe-deploy"));
    assert_eq!(described("kubectl describe rs -l app=web"), without_events("032-describe-rs"));
    assert_eq!(described("kubectl describe pods -l app=web"), recorded("031-describe-pods"));
}

#[test]
fn events_stand_at_the_end_of_a_description() {
    let fake = cluster();
    fake.put(serde_json::json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.1", "namespace": "default"}, "type": "Normal", "count": 1,
        "reason": "ScalingReplicaSet", "message": "Scaled up replica set web-d6f688b9d to 3", "source": {"component": "deployment-controller"},
        "firstTimestamp": "2026-11-21T12:28:52Z", "lastTimestamp": "2026-11-21T12:28:52Z",
        "involvedObject": {"kind": "Deployment", "name": "web", "namespace": "default", "uid": "dac8ffd3-8e28-40e5-b11e-ac4ae51880ba"},
    }));
    assert_eq!(fake.ok("kubectl describe deployment web"), recorded("030-describe-deploy"));
}

#[test]
fn history_and_its_revisions() {
    let fake = cluster();
    assert_eq!(fake.ok("kubectl rollout history deployment/web"), recorded("035-rollout-history"));
    let text = fake.ok("kubectl rollout history deploy web --revision=1");
    assert!(text.starts_with("deployment.apps/web with revision #1\nPod Template:\n  Labels:\tapp=web\n\tpod-template-hash=d6f688b9d\n"), "{text}");
    assert!(
        text.ends_with("  Volumes:\t<none>\n  Node-Selectors:\t<none>\n  Tolerations:\t<none>\n\n"),
        "{text}"
    );
}

#[test]
fn a_node_without_pods() {
    let fake = Fake::new();
    fake.now.set(api::Timestamp::parse("2026-11-21T12:28:51Z").expect("a time").micros());
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        serde_json::json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": "2026-11-21T12:28:49Z", "lastTransitionTime": "2026-11-21T12:28:49Z"})
    };
    let sizes =
        serde_json::json!({"cpu": "32", "memory": "256Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    fake.put(serde_json::json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "fake-1", "creationTimestamp": "2026-11-21T12:28:50Z", "annotations": {"node.alpha.kubernetes.io/ttl": "0"}, "labels": {
            "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": "fake-1", "kubernetes.io/os": "linux", "kubernetes.io/role": "agent"}},
        "spec": {"podCIDR": "10.1.0.0/22", "podCIDRs": ["10.1.0.0/22"]},
        "status": {"capacity": sizes, "allocatable": sizes, "addresses": [{"type": "InternalIP", "address": "127.0.1.1"}],
            "conditions": [
                condition("Ready", "True", "KubeletReady", "fake kubelet is posting ready status"),
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "ok"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "ok"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "ok")],
            "nodeInfo": {"machineID": "m1", "systemUUID": "s1", "bootID": "b1", "kernelVersion": "fake", "osImage": "fake", "operatingSystem": "linux",
                "architecture": "amd64", "containerRuntimeVersion": "fake://1", "kubeletVersion": "v1.20.2"}},
    }));
    assert_eq!(fake.ok("kubectl describe node fake-1"), recorded("007-describe-node"));
}

#[test]
fn services_and_secrets() {
    let fake = Fake::new();
    fake.put(serde_json::json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {"selector": {"app": "web"}, "type": "ClusterIP", "clusterIP": "10.0.96.80", "clusterIPs": ["10.0.96.80"], "sessionAffinity": "None",
            "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]},
    }));
    assert_eq!(fake.ok("kubectl describe svc web"), recorded("060-describe-svc"));
    fake.put(serde_json::json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "s1", "namespace": "default"}, "data": {"pw": "eA=="}}));
    assert_eq!(fake.ok("kubectl describe secret s1"), recorded("105-describe-secret"));
}

#[test]
fn a_pod_that_waits_for_a_node() {
    let text = recorded("081-describe-unsched");
    let fake = Fake::new();
    fake.put(serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "big", "namespace": "default"},
        "spec": {"priority": 0, "serviceAccountName": "default",
            "containers": [{"name": "c", "image": "busybox", "resources": {"requests": {"cpu": "500"}}, "volumeMounts": [
                {"name": "default-token-bwc6m", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}]}],
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
            "volumes": [{"name": "default-token-bwc6m", "secret": {"secretName": "default-token-bwc6m"}}]},
        "status": {"phase": "Pending", "qosClass": "Burstable", "conditions": [{"type": "PodScheduled", "status": "False"}]},
    }));
    let expected = text.split("Events:").next().expect("a first part");
    let printed = fake.ok("kubectl describe pod big");
    assert_eq!(printed.split("Events:").next(), Some(expected));
    assert!(printed.ends_with("Events:          <none>\n"), "{printed}");
}
