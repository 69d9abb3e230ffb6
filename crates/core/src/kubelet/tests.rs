//! A pod's life on a node, told by its status and its events.

mod harness;

use serde_json::json;

use harness::Harness;

fn one(image: &str) -> serde_json::Value {
    json!({ "containers": [{ "name": "web", "image": image }] })
}

#[test]
fn a_pod_starts_as_in_life() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx:1.27"));
    assert_eq!(
        h.conditions("web"),
        [
            "PodReadyToStartContainers=False",
            "Initialized=True",
            "Ready=False ContainersNotReady containers with unready status: [web]",
            "ContainersReady=False ContainersNotReady containers with unready status: [web]",
            "PodScheduled=True",
        ]
    );
    assert_eq!(h.status("web")["containerStatuses"][0]["state"]["waiting"]["reason"], "ContainerCreating");
    h.settle();
    assert_eq!(h.phase("web"), "Running");
    assert_eq!(
        h.conditions("web"),
        [
            "PodReadyToStartContainers=True",
            "Initialized=True",
            "Ready=True",
            "ContainersReady=True",
            "PodScheduled=True"
        ]
    );
    let events = h.events("web");
    assert_eq!(events[0], "Normal Pulling Pulling image \"nginx:1.27\"");
    assert!(
        events[1].starts_with("Normal Pulled Successfully pulled image \"nginx:1.27\" in "),
        "{events:?}"
    );
    assert!(events[1].ends_with(" bytes."), "{events:?}");
    assert_eq!(events[2..], ["Normal Created Container created", "Normal Started Container started"]);
    assert_eq!(h.status_writes("web"), 2, "one status for ContainerCreating, one for Running");
    let status = h.status("web");
    assert_eq!(status["podIP"], "10.244.0.2");
    assert_eq!(status["containerStatuses"][0]["image"], "docker.io/library/nginx:1.27");
    assert_eq!(status["containerStatuses"][0]["ready"], true);
    assert_eq!(status["containerStatuses"][0]["started"], true);
    h.pod("web2", one("nginx:1.27"));
    h.settle();
    assert_eq!(
        h.events("web2")[0],
        "Normal Pulled Container image \"nginx:1.27\" already present on machine and can be accessed by the pod"
    );
}

#[test]
fn a_dormant_server_answers_and_its_log_has_the_time_of_its_start() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx:1.27"));
    h.settle();
    h.run(100);
    let (status, body) = h.http("10.244.0.2", 80, "/").expect("an answer");
    assert_eq!(status, 200);
    assert!(body.contains("<title>Welcome to nginx!</title>"));
    assert_eq!(h.http("10.244.0.2", 80, "/nothing").expect("an answer").0, 404);
    assert_eq!(h.http("10.244.0.2", 81, "/"), Err("Refused".to_string()));
    let log = h.log("web", "web");
    assert!(log.contains("2026/01/05 09:00:0") && log.contains("[notice] 1#1: nginx/1.27"), "{log}");
    assert!(log.contains("\"GET / HTTP/1.1\" 200 615 "), "{log}");
}

#[test]
fn an_unknown_image_fails_to_pull_and_backs_off() {
    let mut h = Harness::new(1);
    h.pod("web", one("ngnix"));
    h.run(5);
    let waiting = h.status("web")["containerStatuses"][0]["state"]["waiting"].clone();
    assert_eq!(waiting["reason"], "ErrImagePull");
    let message = waiting["message"].as_str().unwrap_or_default().to_string();
    assert!(
        message.starts_with("failed to pull and unpack image \"docker.io/library/ngnix:latest\""),
        "{message}"
    );
    h.run(16);
    let status = h.status("web");
    let waiting = &status["containerStatuses"][0]["state"]["waiting"];
    assert_eq!(waiting["reason"], "ImagePullBackOff");
    assert_eq!(waiting["message"], format!("Back-off pulling image \"ngnix\": ErrImagePull: {message}"));
    let events = h.events("web");
    assert!(events[0].starts_with("Normal Pulling Pulling image \"ngnix\""), "{events:?}");
    assert!(
        events[1].starts_with("Warning Failed Failed to pull image \"ngnix\": failed to pull"),
        "{events:?}"
    );
    assert!(events[2].starts_with("Warning Failed Error: ErrImagePull"), "{events:?}");
    assert!(events[3].starts_with("Normal BackOff Back-off pulling image \"ngnix\""), "{events:?}");
    assert!(events[4].starts_with("Warning Failed Error: ImagePullBackOff"), "{events:?}");
}

#[test]
fn image_names_and_policies_are_checked() {
    let mut h = Harness::new(1);
    let reason =
        |h: &Harness, pod: &str| h.status(pod)["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    h.pod(
        "never",
        json!({ "containers": [{ "name": "web", "image": "nginx", "imagePullPolicy": "Never" }] }),
    );
    h.pod("odd", one("nginx:la/test"));
    h.run(4);
    assert_eq!(reason(&h, "never"), "ErrImageNeverPull");
    assert_eq!(reason(&h, "odd"), "InvalidImageName");
}

#[test]
fn a_missing_config_map_keeps_the_container_from_being_created() {
    let mut h = Harness::new(1);
    let env = json!([{ "configMapRef": { "name": "settings" } }]);
    h.pod("web", json!({ "containers": [{ "name": "web", "image": "nginx", "envFrom": env }] }));
    h.run(6);
    let status = h.status("web");
    assert_eq!(status["containerStatuses"][0]["state"]["waiting"]["reason"], "CreateContainerConfigError");
    assert_eq!(
        status["containerStatuses"][0]["state"]["waiting"]["message"],
        "configmap \"settings\" not found"
    );
    assert!(
        h.events("web")
            .iter()
            .any(|it| it.starts_with("Warning Failed Error: configmap \"settings\" not found"))
    );
    h.create(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings" }, "data": { "A": "1" } }));
    h.run(20);
    assert_eq!(h.phase("web"), "Running");
    let volumes = json!([{ "name": "config", "configMap": { "name": "absent" } }]);
    h.pod("vol", json!({ "containers": [{ "name": "web", "image": "nginx" }], "volumes": volumes }));
    h.run(3);
    let events = h.events("vol");
    assert!(events[0].starts_with("Warning FailedMount MountVolume.SetUp failed for volume \"config\" : configmap \"absent\" not found"), "{events:?}");
}

#[test]
fn a_missing_command_is_a_start_error() {
    let mut h = Harness::new(1);
    h.pod("web", json!({ "containers": [{ "name": "web", "image": "nginx", "command": ["nonsense"] }] }));
    h.run(8);
    let events = h.events("web");
    let failed = events.iter().find(|it| it.starts_with("Warning Failed Error: ")).expect("a Failed event");
    assert!(failed.contains("exec: \"nonsense\": executable file not found in $PATH: unknown"), "{failed}");
    let last = h.status("web")["containerStatuses"][0]["lastState"]["terminated"].clone();
    assert_eq!(last["reason"], "StartError");
    assert_eq!(last["exitCode"], 128);
    assert_eq!(last["startedAt"], "1970-01-01T00:00:00Z");
}

#[test]
fn deletion_lets_the_container_end_and_removes_the_pod() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.pod("slow", json!({ "containers": [{ "name": "web", "image": "luksa/kubia", "ports": [{ "containerPort": 8080 }] }] }));
    h.settle();
    h.delete_pod("web");
    assert!(h.events("web").contains(&"Normal Killing Stopping container web".to_string()));
    h.run(1);
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_none());
    h.delete_pod("slow");
    h.run(29);
    assert!(h.get::<api::core::v1::Pod>("default", "slow").is_some(), "node ignores SIGTERM as process 1");
    h.run(2);
    assert!(h.get::<api::core::v1::Pod>("default", "slow").is_none());
}

#[test]
fn readiness_follows_its_probe_and_liveness_restarts() {
    let mut h = Harness::new(1);
    let probe = |path: &str| json!({ "httpGet": { "path": path, "port": 8080 }, "periodSeconds": 5 });
    h.pod(
        "kuard",
        json!({ "containers": [{
            "name": "kuard", "image": "gcr.io/kuar-demo/kuard-amd64:1",
            "livenessProbe": probe("/healthy"), "readinessProbe": probe("/ready"),
        }] }),
    );
    h.settle();
    assert_eq!(h.status("kuard")["containerStatuses"][0]["ready"], false);
    h.run(6);
    assert_eq!(h.status("kuard")["containerStatuses"][0]["ready"], true);
    let put = |path: &str, body: &str| {
        format!(
            "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let send = |h: &mut Harness, text: String| {
        let now = h.now;
        let id = h.net.open_external(
            now,
            &crate::network::Origin::Node("n1".into()),
            "10.244.0.2".parse().expect("ip"),
            8080,
            false,
        );
        h.net.send_external(now, id, text.into_bytes());
        h.act(|_, _, net, out| super::forward(net, out));
    };
    send(&mut h, put("/ready/api", "{\"failNext\": -1}"));
    h.run(16);
    assert_eq!(h.status("kuard")["containerStatuses"][0]["ready"], false);
    assert!(h.events("kuard").iter().any(|it| {
        it.starts_with("Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 500")
    }));
    send(&mut h, put("/healthy/api", "{\"failNext\": -1}"));
    h.run(20);
    let status = h.status("kuard")["containerStatuses"][0].clone();
    assert_eq!(status["restartCount"], 1, "{status}");
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 2);
    assert!(
        h.events("kuard")
            .contains(&"Normal Killing Container kuard failed liveness probe, will be restarted".to_string())
    );
}

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
fn a_killed_container_is_restarted_and_then_backs_off() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.settle();
    let uid =
        h.get::<api::core::v1::Pod>("default", "web").map(|it| it.meta().uid.clone()).unwrap_or_default();
    let kill =
        |h: &mut Harness| h.act(|nodes, cx, net, out| nodes.kill_container("n1", &uid, "web", cx, net, out));
    kill(&mut h);
    h.run(4);
    assert_eq!(h.status("web")["containerStatuses"][0]["restartCount"], 1);
    assert_eq!(h.phase("web"), "Running");
    kill(&mut h);
    h.run(4);
    assert_eq!(h.status("web")["containerStatuses"][0]["state"]["terminated"]["exitCode"], 137);
    assert!(h.events("web").iter().any(|it| {
        it.starts_with("Warning BackOff Back-off restarting failed container web in pod web_default(")
    }));
    h.run(20);
    assert_eq!(h.status("web")["containerStatuses"][0]["restartCount"], 2);
    kill(&mut h);
    h.run(18);
    let waiting = h.status("web")["containerStatuses"][0]["state"]["waiting"].clone();
    assert_eq!(waiting["reason"], "CrashLoopBackOff");
    let message = waiting["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("back-off 20s restarting failed container=web pod=web_default("),
        "{message}"
    );
}

#[test]
fn a_pod_that_is_not_restarted_completes() {
    let mut h = Harness::new(1);
    let container = |argv: serde_json::Value| json!({ "name": "job", "image": "busybox", "command": argv });
    h.pod("good", json!({ "restartPolicy": "Never", "containers": [container(json!(["echo", "done"]))] }));
    h.settle();
    h.run(3);
    assert_eq!(h.phase("good"), "Succeeded");
    let status = h.status("good");
    let end = &status["containerStatuses"][0]["state"]["terminated"];
    assert_eq!((&end["exitCode"], &end["reason"]), (&json!(0), &json!("Completed")));
    assert_eq!(
        h.conditions("good"),
        [
            "PodReadyToStartContainers=False",
            "Initialized=True PodCompleted",
            "Ready=False PodCompleted",
            "ContainersReady=False PodCompleted",
            "PodScheduled=True",
        ]
    );
    assert_eq!(h.log("good", "job"), "done\n");
    h.delete_pod("good");
    h.run(1);
    assert!(h.get::<api::core::v1::Pod>("default", "good").is_none());
}

#[test]
fn init_containers_hold_the_others_back() {
    let mut h = Harness::new(1);
    h.pod(
        "web",
        json!({
            "initContainers": [{ "name": "first", "image": "busybox", "command": ["echo", "ready"] }],
            "containers": [{ "name": "web", "image": "nginx" }],
        }),
    );
    assert_eq!(
        h.conditions("web")[1],
        "Initialized=False ContainersNotInitialized containers with incomplete status: [first]"
    );
    assert_eq!(h.status("web")["containerStatuses"][0]["state"]["waiting"]["reason"], "PodInitializing");
    h.run(20);
    assert_eq!(h.phase("web"), "Running");
    let status = h.status("web");
    assert_eq!(status["initContainerStatuses"][0]["state"]["terminated"]["reason"], "Completed");
    assert_eq!(status["initContainerStatuses"][0]["ready"], true);
    assert_eq!(h.log("web", "first"), "ready\n");
}

#[test]
fn containers_of_a_pod_share_ports() {
    let mut h = Harness::new(1);
    h.pod(
        "two",
        json!({ "containers": [{ "name": "a", "image": "nginx" }, { "name": "b", "image": "nginx" }] }),
    );
    h.run(30);
    let status = h.status("two");
    assert_eq!(status["containerStatuses"][0]["restartCount"], 0);
    assert!(status["containerStatuses"][1]["restartCount"].as_i64().unwrap_or(0) >= 1, "{status}");
    let log = h.log("two", "b");
    assert!(log.contains("bind() to 0.0.0.0:80 failed (98: Address already in use)"), "{log}");
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
fn hooks_run_at_both_ends() {
    let mut h = Harness::new(1);
    let lifecycle = json!({
        "postStart": { "exec": { "command": ["echo", "up"] } },
        "preStop": { "sleep": { "seconds": 5 } },
    });
    h.pod("web", json!({ "containers": [{ "name": "web", "image": "nginx", "lifecycle": lifecycle }] }));
    h.settle();
    assert_eq!(h.phase("web"), "Running");
    h.delete_pod("web");
    h.run(4);
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_some(), "SIGTERM waits for the hook");
    h.run(2);
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_none());
    let bad = json!({ "postStart": { "exec": { "command": ["nonsense"] } } });
    h.pod("bad", json!({ "containers": [{ "name": "web", "image": "nginx", "lifecycle": bad }] }));
    h.run(4);
    let events = h.events("bad");
    assert!(
        events.iter().any(|it| it.starts_with("Warning FailedPostStartHook PostStartHook failed")),
        "{events:?}"
    );
    assert!(events.iter().any(|it| it.starts_with("Normal Killing FailedPostStartHook")), "{events:?}");
}

#[test]
fn a_pod_past_its_deadline_fails() {
    let mut h = Harness::new(1);
    h.pod("job", json!({ "activeDeadlineSeconds": 10, "containers": [{ "name": "web", "image": "nginx" }] }));
    h.run(9);
    assert_eq!(h.phase("job"), "Running");
    h.run(3);
    let status = h.status("job");
    assert_eq!((&status["phase"], &status["reason"]), (&json!("Failed"), &json!("DeadlineExceeded")));
    assert_eq!(status["message"], "Pod was active on the node longer than the specified deadline");
}

#[test]
fn exec_runs_a_command_in_the_container() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.settle();
    let uid =
        h.get::<api::core::v1::Pod>("default", "web").map(|it| it.meta().uid.clone()).unwrap_or_default();
    let exec = |h: &mut Harness, words: &[&str]| {
        let options = super::ExecOptions {
            command: words.iter().map(|it| it.to_string()).collect(),
            ..Default::default()
        };
        h.act(|nodes, cx, net, out| nodes.exec("n1", &uid, "web", options, cx, net, out))
    };
    let session = exec(&mut h, &["echo", "hello"]).expect("started");
    let output = h.nodes.read_session(session);
    assert_eq!((output.stdout.as_slice(), output.exit), (b"hello\n".as_slice(), Some(0)));
    let error = exec(&mut h, &["nonsense"]).expect_err("no such program");
    assert!(
        error.ends_with("OCI runtime exec failed: exec failed: unable to start container process: exec: \"nonsense\": executable file not found in $PATH: unknown"),
        "{error}"
    );
}

#[test]
fn projected_files_change_at_the_next_sync() {
    let mut h = Harness::new(1);
    let map = |value: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "site" }, "data": { "index.html": value } });
    h.create(map("one\n"));
    h.pod(
        "web",
        json!({
            "containers": [{ "name": "web", "image": "nginx", "volumeMounts": [{ "name": "site", "mountPath": "/usr/share/nginx/html" }] }],
            "volumes": [{ "name": "site", "configMap": { "name": "site" } }],
        }),
    );
    h.settle();
    assert_eq!(h.http("10.244.0.2", 80, "/").map(|it| it.1).as_deref(), Ok("one\n"));
    let path = "/api/v1/namespaces/default/configmaps/site";
    let response = h.request(api::http::Request::put(path, api::http::Body::json(map("two\n"))));
    assert!(response.is_success(), "{:?}", response.to_status());
    assert_eq!(h.http("10.244.0.2", 80, "/").map(|it| it.1).as_deref(), Ok("one\n"));
    h.run(95);
    assert_eq!(h.http("10.244.0.2", 80, "/").map(|it| it.1).as_deref(), Ok("two\n"));
}

#[test]
fn a_changed_image_restarts_the_container() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx:1.26.3"));
    h.settle();
    let patch = json!({ "spec": { "containers": [{ "name": "web", "image": "nginx:1.27" }] } });
    let kind = "application/strategic-merge-patch+json";
    let response = h.request(api::http::Request::patch(
        "/api/v1/namespaces/default/pods/web",
        kind,
        api::http::Body::json(patch),
    ));
    assert!(response.is_success(), "{:?}", response.to_status());
    h.run(15);
    let status = h.status("web")["containerStatuses"][0].clone();
    assert_eq!(
        (&status["image"], &status["restartCount"]),
        (&json!("docker.io/library/nginx:1.27"), &json!(1))
    );
    assert!(
        h.events("web")
            .contains(&"Normal Killing Container web definition changed, will be restarted".to_string())
    );
}

#[test]
fn private_images_need_credentials() {
    let mut h = Harness::new(1);
    h.pod("app", one("registry.example.com/team/app:1.0"));
    h.run(5);
    let waiting = h.status("app")["containerStatuses"][0]["state"]["waiting"].clone();
    assert_eq!(waiting["reason"], "ErrImagePull");
    assert!(waiting["message"].as_str().unwrap_or_default().ends_with("401 Unauthorized"), "{waiting}");
    let config = json!({ "auths": { "registry.example.com": { "auth": "dTpw" } } }).to_string();
    h.create(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "pull" },
        "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": config },
    }));
    h.pod("app2", json!({
        "imagePullSecrets": [{ "name": "pull" }], "containers": [{ "name": "web", "image": "registry.example.com/team/app:1.0" }],
    }));
    h.run(10);
    assert_eq!(h.phase("app2"), "Running");
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
fn memory_beyond_the_limit_is_oom_killed() {
    let mut h = Harness::new(1);
    h.pod(
        "hog",
        json!({ "restartPolicy": "Never", "containers": [{
            "name": "hog", "image": "polinux/stress", "command": ["stress", "--vm", "1", "--vm-bytes", "250M"],
            "resources": { "limits": { "memory": "100Mi" } },
        }] }),
    );
    h.run(10);
    let status = h.status("hog");
    let end = &status["containerStatuses"][0]["state"]["terminated"];
    assert_eq!((&end["reason"], &end["exitCode"]), (&json!("OOMKilled"), &json!(137)), "{status}");
    assert_eq!(status["phase"], "Failed");
}

#[test]
fn a_container_sees_its_environment_and_files() {
    let mut h = Harness::new(1);
    h.create(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "site" }, "data": { "color": "blue" } }));
    h.create(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "db" }, "stringData": { "password": "s3cret" } }));
    h.pod(
        "env",
        json!({
            "restartPolicy": "Never",
            "containers": [{
                "name": "c", "image": "nginx", "command": ["echo"],
                "args": ["$(COLOR)", "$(POD)", "$(NODE)", "$(CPU)", "$(PASSWORD)", "$(MISSING)", "$$(COLOR)"],
                "resources": { "limits": { "cpu": "250m" } },
                "env": [
                    { "name": "COLOR", "valueFrom": { "configMapKeyRef": { "name": "site", "key": "color" } } },
                    { "name": "PASSWORD", "valueFrom": { "secretKeyRef": { "name": "db", "key": "password" } } },
                    { "name": "POD", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
                    { "name": "NODE", "valueFrom": { "fieldRef": { "fieldPath": "spec.nodeName" } } },
                    { "name": "CPU", "valueFrom": { "resourceFieldRef": { "resource": "limits.cpu", "divisor": "1m" } } },
                ],
            }],
        }),
    );
    h.run(10);
    assert_eq!(h.log("env", "c"), "blue env n1 250 s3cret $(MISSING) $(COLOR)\n");
}

#[test]
fn the_jobs_of_the_documentation_print_pi() {
    let mut h = Harness::new(1);
    let command = json!(["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]);
    h.pod("pi", json!({ "restartPolicy": "Never", "containers": [{ "name": "pi", "image": "perl:5.34.0", "command": command }] }));
    h.run(60);
    assert_eq!(h.phase("pi"), "Succeeded");
    let log = h.log("pi", "pi");
    assert!(log.starts_with("3.14159265358979323846") && log.len() == 2002, "{} {log}", log.len());
}
