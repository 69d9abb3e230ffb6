//! What is refused, and in which words.

use api::core::v1::Pod;
use api::meta::field::{ErrorList, Path};
use api::{Json, Kind};
use serde_json::json;

use super::{
    Context, set_defaults_pod, set_defaults_pod_spec, validate_pod_create, validate_pod_spec,
    validate_pod_update,
};

fn pod(spec: Json) -> Pod {
    let mut pod =
        Pod::decode(&json!({"metadata": {"name": "p", "namespace": "default"}, "spec": spec})).unwrap();
    set_defaults_pod(&mut pod);
    pod
}

fn lines(errors: &ErrorList) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(spec: Json, expected: &[&str]) {
    assert_eq!(lines(&validate_pod_create(&pod(spec))), expected);
}

/// A spec with one container that has these fields besides a name and an image.
fn container(fields: Json) -> Json {
    let mut container = json!({"name": "main", "image": "nginx:1.29"});
    for (key, value) in fields.as_object().unwrap() {
        container[key] = value.clone();
    }
    json!({"containers": [container]})
}

#[test]
fn a_small_pod_is_complete_after_defaults() {
    let pod = pod(json!({"containers": [{
        "name": "main",
        "image": "nginx",
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "1", "memory": "64Mi"}},
        "livenessProbe": {"httpGet": {"port": 80}}
    }]}));
    assert_eq!(lines(&validate_pod_create(&pod)), Vec::<String>::new());
    let spec = pod.encode()["spec"].clone();
    assert_eq!(
        spec,
        json!({
            "containers": [{
                "name": "main",
                "image": "nginx",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {
                    "limits": {"cpu": "1", "memory": "64Mi"},
                    "requests": {"cpu": "1", "memory": "64Mi"}
                },
                "livenessProbe": {
                    "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                    "timeoutSeconds": 1,
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "failureThreshold": 3
                },
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "Always"
            }],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "schedulerName": "default-scheduler",
            "enableServiceLinks": true
        })
    );
}

#[test]
fn templates_do_not_get_the_defaults_of_pods() {
    let mut pod =
        Pod::decode(&json!({"spec": container(json!({"resources": {"limits": {"cpu": "1"}}}))})).unwrap();
    set_defaults_pod_spec(&mut pod.spec);
    assert!(pod.spec.containers[0].resources.requests.is_empty());
    assert_eq!(pod.spec.enable_service_links, None);
    assert!(validate_pod_spec(&pod.spec, &Path::new("spec"), Context::Template).is_empty());
}

#[test]
fn images_decide_the_pull_policy() {
    for (image, policy) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.29", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:abc", "IfNotPresent"),
    ] {
        let pod = pod(json!({"containers": [{"name": "a", "image": image}]}));
        assert_eq!(pod.spec.containers[0].image_pull_policy, policy, "{image}");
    }
}

#[test]
fn containers_need_names_and_images() {
    check(json!({}), &["spec.containers: Required value"]);
    check(
        json!({"containers": [{"name": "A_b"}, {"name": "x", "image": "i"}, {"name": "x", "image": " i"}]}),
        &[
            "spec.containers[0].name: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "spec.containers[0].image: Required value",
            "spec.containers[2].name: Duplicate value: \"x\"",
            "spec.containers[2].image: Invalid value: \" i\": must not have leading or trailing whitespace",
        ],
    );
}

#[test]
fn parts_of_containers_are_checked() {
    for (fields, expected) in [
        (
            json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}),
            "spec.containers[0].volumeMounts[0].name: Not found: \"data\"",
        ),
        (
            json!({"ports": [{"containerPort": 70000}]}),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            json!({"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]}),
            "spec.containers[0].ports[1].name: Duplicate value: \"a\"",
        ),
        (
            json!({"ports": [{"containerPort": 1, "protocol": "tcp"}]}),
            "spec.containers[0].ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        ),
        (
            json!({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}}),
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        ),
        (
            json!({"resources": {"requests": {"memory": "-1"}}}),
            "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
        ),
        (
            json!({"imagePullPolicy": "always"}),
            "spec.containers[0].imagePullPolicy: Unsupported value: \"always\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        ),
        (
            json!({"livenessProbe": {}}),
            "spec.containers[0].livenessProbe: Required value: must specify a handler type",
        ),
        (
            json!({"readinessProbe": {"exec": {"command": ["x"]}, "tcpSocket": {"port": 1}}}),
            "spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            json!({"startupProbe": {"exec": {"command": ["x"]}, "successThreshold": 2}}),
            "spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nope"}}}]}),
            "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nope\": error converting fieldPath: field label not supported: spec.nope",
        ),
        (json!({"env": [{"value": "x"}]}), "spec.containers[0].env[0].name: Required value"),
        (
            json!({"securityContext": {"privileged": true, "allowPrivilegeEscalation": false}}),
            "spec.containers[0].securityContext: Invalid value: {\"privileged\":true,\"allowPrivilegeEscalation\":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
        ),
    ] {
        check(container(fields), &[expected]);
    }
}

#[test]
fn the_rest_of_the_spec_is_checked() {
    for (fields, expected) in [
        (
            json!({"restartPolicy": "Sometimes"}),
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
        ),
        (
            json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]}),
            "spec.volumes[1].name: Duplicate value: \"a\"",
        ),
        (
            json!({"volumes": [{"name": "a", "emptyDir": {}, "hostPath": {"path": "/x"}}]}),
            "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        ),
        (
            json!({"volumes": [{"name": "a", "configMap": {}}]}),
            "spec.volumes[0].configMap.name: Required value",
        ),
        (
            json!({"activeDeadlineSeconds": 0}),
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            json!({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}),
            "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
        ),
        (
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}}),
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
        ),
        (
            json!({"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]}),
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        ),
        (
            json!({"initContainers": [{"name": "main", "image": "i"}]}),
            "spec.initContainers[0].name: Duplicate value: \"main\"",
        ),
        (
            json!({"initContainers": [{"name": "i", "image": "i", "livenessProbe": {"exec": {"command": ["x"]}}}]}),
            "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
        ),
        (
            json!({"dnsPolicy": "None"}),
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
    ] {
        let mut spec = container(json!({}));
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        check(spec, &[expected]);
    }
}

#[test]
fn pods_change_little() {
    let old = pod(container(json!({})));
    let changed = |spec: Json| lines(&validate_pod_update(&pod(spec), &old));
    assert!(changed(container(json!({"image": "nginx:1.30"}))).is_empty());
    let refused = changed(container(json!({"env": [{"name": "A", "value": "b"}]})));
    assert_eq!(
        refused,
        [
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
        ]
    );
    let mut two = container(json!({}));
    two["containers"].as_array_mut().unwrap().push(json!({"name": "b", "image": "i"}));
    assert_eq!(changed(two), ["spec.containers: Forbidden: pod updates may not add or remove containers"]);
}
