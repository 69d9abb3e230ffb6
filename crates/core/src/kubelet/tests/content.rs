//! What runs inside containers and what they see.

use serde_json::json;

use super::harness::Harness;
use super::one;

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
fn exec_runs_a_command_in_the_container() {
    let mut h = Harness::new(1);
    h.pod("web", one("nginx"));
    h.settle();
    let uid =
        h.get::<api::core::v1::Pod>("default", "web").map(|it| it.meta().uid.clone()).unwrap_or_default();
    let exec = |h: &mut Harness, words: &[&str]| {
        let options = crate::kubelet::ExecOptions {
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

#[test]
fn a_shell_script_crashes_and_its_last_words_are_kept() {
    let mut h = Harness::new(1);
    let command = json!(["sh", "-c", "echo attempt; echo oops > /dev/termination-log; exit 3"]);
    h.pod("crash", json!({ "containers": [{ "name": "c", "image": "busybox:1.36", "command": command }] }));
    h.run(6);
    let status = h.status("crash")["containerStatuses"][0].clone();
    assert_eq!(status["restartCount"], 1, "{status}");
    let end = if status["state"]["terminated"].is_null() {
        &status["lastState"]["terminated"]
    } else {
        &status["state"]["terminated"]
    };
    assert_eq!(
        (&end["exitCode"], &end["reason"], &end["message"]),
        (&json!(3), &json!("Error"), &json!("oops\n"))
    );
    assert_eq!(h.log("crash", "c"), "attempt\n");
}

#[test]
fn exec_probes_run_commands_and_show_what_they_said() {
    let mut h = Harness::new(1);
    let probe = json!({ "exec": { "command": ["sh", "-c", "echo not yet; exit 1"] }, "periodSeconds": 2 });
    h.pod("web", json!({ "containers": [{ "name": "web", "image": "nginx", "readinessProbe": probe }] }));
    h.run(15);
    assert_eq!(h.status("web")["containerStatuses"][0]["ready"], false);
    let events = h.events("web");
    assert!(
        events.iter().any(|it| it.starts_with("Warning Unhealthy Readiness probe failed: not yet\n")),
        "{events:?}"
    );
}

fn run(h: &mut Harness, pod: &str, words: &[&str]) -> (String, Option<i32>) {
    let uid = h.get::<api::core::v1::Pod>("default", pod).map(|it| it.meta().uid.clone()).unwrap_or_default();
    let options = crate::kubelet::ExecOptions {
        command: words.iter().map(|it| it.to_string()).collect(),
        ..Default::default()
    };
    let session =
        h.act(|nodes, cx, net, out| nodes.exec("n1", &uid, "web", options, cx, net, out)).expect("started");
    h.run(8);
    let output = h.nodes.read_session(session);
    (String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(), output.exit)
}

#[test]
fn containers_find_and_reach_each_other_by_name() {
    let mut h = Harness::new(1);
    h.pod("a", one("luksa/kubia:v1"));
    h.pod(
        "b",
        json!({ "containers": [{ "name": "web", "image": "busybox:1.36", "command": ["sleep", "3600"] }] }),
    );
    h.settle();
    let slice = |name: &str, ip: &str, port: i32| {
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": { "name": format!("{name}-x"), "labels": { "kubernetes.io/service-name": name } },
            "endpoints": [{ "addresses": [ip], "conditions": { "ready": true }, "nodeName": "n1" }],
            "ports": [{ "name": "", "port": port, "protocol": "TCP" }],
        })
    };
    let service = |namespace: &str, name: &str, ip: &str, port: i32| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "namespace": namespace },
            "spec": { "clusterIP": ip, "ports": [{ "port": port, "targetPort": 8080 }] },
        })
    };
    h.create(service("default", "kubia", "10.96.3.4", 80));
    let ip = h.status("a")["podIP"].as_str().expect("an address").to_owned();
    h.create(slice("kubia", &ip, 8080));
    // Names need a DNS server with an endpoint.
    h.create(service("kube-system", "kube-dns", "10.96.0.10", 53));
    let (said, code) = run(&mut h, "b", &["wget", "-qO-", "http://kubia"]);
    assert!(code != Some(0), "{said}");
    let mut dns = slice("kube-dns", "10.244.0.9", 53);
    dns["metadata"]["namespace"] = json!("kube-system");
    h.create(dns);
    assert_eq!(
        run(&mut h, "b", &["wget", "-qO-", "http://kubia"]),
        ("This is v1 running in pod a\n".to_string(), Some(0))
    );
    assert_eq!(
        run(&mut h, "b", &["wget", "-qO-", "http://kubia.default.svc.cluster.local"]).0,
        "This is v1 running in pod a\n"
    );
    let (said, code) = run(&mut h, "b", &["wget", "-qO-", "http://10.96.3.4:81"]);
    assert!(code != Some(0), "{said}");
    let (said, _) = run(&mut h, "b", &["nslookup", "kubia"]);
    assert!(said.contains("10.96.3.4"), "{said}");
    let (said, _) = run(&mut h, "b", &["cat", "/etc/resolv.conf"]);
    assert_eq!(
        said,
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
    );
    let (said, _) = run(&mut h, "b", &["hostname"]);
    assert_eq!(said, "b\n");
    let (said, _) = run(&mut h, "b", &["ping", "-c", "1", "10.244.0.2"]);
    assert!(said.contains("1 packets received") || said.contains("1 received"), "{said}");
    let from = h.status("b")["podIP"].as_str().expect("an address").to_owned();
    assert!(h.log("a", "web").contains(&format!("Received request from ::ffff:{from}\n")));
}

#[test]
fn the_liveness_example_of_the_documentation_restarts() {
    let mut h = Harness::new(1);
    let script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
    h.pod(
        "liveness-exec",
        json!({ "containers": [{
            "name": "liveness", "image": "registry.k8s.io/e2e-test-images/busybox:1.27.2", "args": ["/bin/sh", "-c", script],
            "livenessProbe": { "exec": { "command": ["cat", "/tmp/healthy"] }, "initialDelaySeconds": 5, "periodSeconds": 5 },
        }] }),
    );
    h.run(34);
    assert_eq!(h.status("liveness-exec")["containerStatuses"][0]["restartCount"], 0);
    h.run(60);
    let status = h.status("liveness-exec")["containerStatuses"][0].clone();
    assert_eq!(status["restartCount"], 1, "{status}");
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 137, "sh as process 1 does not hear SIGTERM");
    let events = h.events("liveness-exec");
    let failed =
        "Warning Unhealthy Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory";
    assert!(events.iter().any(|it| it.starts_with(failed)), "{events:?}");
}

#[test]
fn containers_share_an_empty_dir() {
    let mut h = Harness::new(1);
    let mount = |path: &str| json!([{ "name": "html", "mountPath": path }]);
    h.pod(
        "two",
        json!({
            "volumes": [{ "name": "html", "emptyDir": {} }],
            "containers": [
                { "name": "web", "image": "nginx", "volumeMounts": mount("/usr/share/nginx/html") },
                {
                    "name": "writer", "image": "busybox", "volumeMounts": mount("/html"),
                    "command": ["sh", "-c", "while true; do date > /html/index.html; echo wrote; sleep 5; done"],
                },
            ],
        }),
    );
    h.run(30);
    let (status, body) = h.http("10.244.0.2", 80, "/").expect("an answer");
    assert_eq!(status, 200);
    assert!(body.contains("UTC 2026"), "{body}");
    assert!(h.log("two", "writer").lines().filter(|it| *it == "wrote").count() >= 3);
    h.delete_pod("two");
    h.run(32);
    assert!(h.get::<api::core::v1::Pod>("default", "two").is_none());
}

#[test]
fn pods_ask_the_api_server_with_their_token() {
    use crate::kubelet::{NodeSpec, Role};
    let mut h = Harness::of(vec![NodeSpec::new("n1", Role::ControlPlane, 1)]);
    h.run(20);
    h.create(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "kubernetes" },
        "spec": { "clusterIP": "10.96.0.1", "ports": [{ "name": "https", "port": 443, "targetPort": 6443 }] },
    }));
    h.create(json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": { "name": "kubernetes", "labels": { "kubernetes.io/service-name": "kubernetes" } },
        "endpoints": [{ "addresses": ["192.168.49.2"], "conditions": { "ready": true } }],
        "ports": [{ "name": "https", "port": 6443, "protocol": "TCP" }],
    }));
    h.pod(
        "web",
        json!({ "containers": [{ "name": "web", "image": "curlimages/curl", "command": ["sleep", "600"] }] }),
    );
    h.settle();
    let script = "cd /var/run/secrets/kubernetes.io/serviceaccount; ls; cat namespace; echo; curl -s --cacert ca.crt -H \"Authorization: \
                  Bearer $(cat token)\" https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/default/pods | grep '\"message\"'";
    let (said, code) = run(&mut h, "web", &["sh", "-c", script]);
    assert_eq!(code, Some(0));
    let (files, answer) = said.split_at(said.find("default\n").map_or(0, |at| at + 8));
    assert_eq!(files, "ca.crt\nnamespace\ntoken\ndefault\n");
    assert!(
        answer.contains(
            "pods is forbidden: User \\\"system:serviceaccount:default:default\\\" cannot list resource"
        ),
        "{answer}"
    );
}

#[test]
fn attach_talks_to_the_main_process() {
    let mut h = Harness::new(1);
    let container = json!({ "name": "web", "image": "busybox", "stdin": true, "tty": true });
    h.pod("shell", json!({ "restartPolicy": "Never", "containers": [container] }));
    h.settle();
    let uid =
        h.get::<api::core::v1::Pod>("default", "shell").map(|it| it.meta().uid.clone()).unwrap_or_default();
    let window = Some((120, 40));
    let session =
        h.act(|nodes, cx, net, out| nodes.attach("n1", &uid, "web", window, cx, net, out)).expect("attached");
    h.act(|nodes, cx, net, out| {
        nodes.write_session(session, b"echo $((6*7)); hostname\r".to_vec(), cx, net, out)
    });
    h.run(1);
    let output = h.nodes.read_session(session);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("\n42\r\nshell\r\n"), "{text:?}");
    h.act(|nodes, cx, net, out| nodes.write_session(session, b"exit 3\r".to_vec(), cx, net, out));
    h.run(3);
    assert_eq!(h.nodes.read_session(session).exit, Some(3));
    assert_eq!(h.status("shell")["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
    assert!(h.log("shell", "web").contains("42"));
}
