//! How pods start: events, images, configuration, and what keeps them from starting.

use serde_json::json;

use super::harness::Harness;
use super::one;

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
