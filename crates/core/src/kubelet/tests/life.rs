//! What happens to running pods: probes, restarts, deletion, deadlines.

use serde_json::json;

use super::harness::Harness;
use super::one;

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
        h.act(|_, _, net, out| crate::kubelet::forward(net, out));
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
fn a_forced_deletion_stops_the_containers_behind_the_back_of_the_api() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.settle();
    let path = "/api/v1/namespaces/default/pods/web?gracePeriodSeconds=0";
    let response = h.request(api::http::Request::delete(path));
    assert!(response.is_success(), "{:?}", response.to_status());
    assert!(h.get::<api::core::v1::Pod>("default", "web").is_none());
    h.pod("web", one("nginx"));
    h.run(10);
    assert_eq!(h.phase("web"), "Running");
    let running = h.nodes.node("n1").map(|node| node.containers().count());
    assert_eq!(running, Some(1), "nothing is left of the first pod");
    assert_eq!(h.nodes.node("n1").map(|node| node.sandboxes().count()), Some(1));
}
