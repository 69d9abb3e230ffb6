//! What is refused, with paths and words of Kubernetes 1.36.

use super::fixture::*;
use api::Json;
use api::http::{Body, Request};
use serde_json::json;

fn created(path: &str, body: Json) -> String {
    Server::new().told(Request::post(&format!("{path}?fieldValidation=Strict"), Body::json(body)))
}

#[test]
fn unknown_fields_refuse_or_warn() {
    let mut wrong = pod("x");
    wrong["spec"]["ports"] = json!([]);
    assert_eq!(
        created(PODS, wrong.clone()),
        "400 Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.ports\""
    );
    let mut server = Server::new();
    let response = server.ask(Request::post(PODS, Body::json(wrong)));
    assert_eq!(
        (response.status, &response.warnings[..]),
        (201, &["unknown field \"spec.ports\"".into()][..])
    );
}

#[test]
fn mistyped_fields_name_themselves() {
    let map = json!({"metadata": {"name": "x"}, "spec": {"containers": {"image": "x"}}});
    assert_eq!(
        created(PODS, map),
        "400 Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"
    );
    let mut seconds = deployment("x");
    seconds["spec"]["minReadySeconds"] = "30s".into();
    assert_eq!(
        created(DEPLOYMENTS, seconds),
        "400 Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.minReadySeconds of type int32"
    );
}

#[test]
fn the_kind_must_fit_the_path() {
    let mut lower = pod("x");
    lower["kind"] = "pod".into();
    lower["apiVersion"] = "v1".into();
    assert_eq!(
        created(PODS, lower),
        "400 pod in version \"v1\" cannot be handled as a Pod: no kind \"pod\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    );
    assert_eq!(
        created(CONFIG_MAPS, deployment("x")),
        "400 Deployment in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown conversion"
    );
}

#[test]
fn deployments_and_replica_sets_need_a_matching_selector() {
    let set = json!({
        "metadata": {"name": "kuard"},
        "spec": {"template": {"metadata": {"labels": {"app": "kuard", "version": "2"}}, "spec": {"containers": [{"name": "kuard", "image": "x"}]}}}
    });
    assert_eq!(
        created("/apis/apps/v1/namespaces/default/replicasets", set),
        "422 ReplicaSet.apps \"kuard\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: {\"app\":\"kuard\",\"version\":\"2\"}: `selector` does not match template `labels`]"
    );
    let mut server = Server::new();
    server.post(DEPLOYMENTS, deployment("web"));
    let mut other = deployment("web");
    other["spec"]["selector"]["matchLabels"]["app"] = "other".into();
    other["spec"]["template"]["metadata"]["labels"]["app"] = "other".into();
    assert_eq!(
        server.told(Request::put(&format!("{DEPLOYMENTS}/web"), Body::json(other))),
        "422 Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable"
    );
}

#[test]
fn pods_are_checked_in_upstreams_order() {
    let containers = json!([{"name": "a", "image": "x"}, {"name": "a"}]);
    let twice = json!({"metadata": {"name": "dup"}, "spec": {"containers": containers, "restartPolicy": "Sometimes"}});
    assert_eq!(
        created(PODS, twice),
        "422 Pod \"dup\" is invalid: [spec.containers[1].image: Required value, spec.containers[1].name: Duplicate value: \"a\", spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"]"
    );
    let mut mount = pod("x");
    mount["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "kaurd-data", "mountPath": "/data"}]);
    assert_eq!(
        created(PODS, mount),
        "422 Pod \"x\" is invalid: spec.containers[0].volumeMounts[0].name: Not found: \"kaurd-data\""
    );
    let mut server = Server::new();
    server.post(PODS, pod("p"));
    let patch = json!({"spec": {"containers": [{"name": "c", "image": "nginx:1.27", "command": ["sleep"]}]}});
    let told = server.told(Request::patch(
        &format!("{PODS}/p"),
        api::http::STRATEGIC_MERGE_PATCH,
        Body::json(patch),
    ));
    let expected = "422 Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn services_are_checked_in_upstreams_order() {
    let ports = json!([{"port": 0}, {"port": 80}]);
    let bad = json!({"metadata": {"name": "badsvc"}, "spec": {"type": "Nope", "ports": ports}});
    assert_eq!(
        created(SERVICES, bad),
        "422 Service \"badsvc\" is invalid: [spec.ports[0].name: Required value, spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[1].name: Required value, spec.type: Unsupported value: \"Nope\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"]"
    );
    let comment = json!({"metadata": {"name": "kubia"}, "spec": {"ports": [{"port": "80 // port"}]}});
    assert_eq!(
        created(SERVICES, comment),
        "400 Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32"
    );
}

#[test]
fn endpoints_warn_and_know_no_spec() {
    let mut server = Server::new();
    let body =
        json!({"metadata": {"name": "external-service"}, "spec": {"type": "ExternalName"}, "subsets": []});
    let path = "/api/v1/namespaces/default/endpoints?fieldValidation=Strict";
    let response = server.ask(Request::post(path, Body::json(body)));
    assert_eq!(
        response.warnings,
        ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]
    );
    assert_eq!(
        response.to_status().map(|status| status.message.to_string()).as_deref(),
        Some(
            "Endpoints in version \"v1\" cannot be handled as a Endpoints: strict decoding error: unknown field \"spec\""
        )
    );
}

#[test]
fn names_and_labels_follow_the_rules() {
    let told = created(DEPLOYMENTS, deployment("Bad_Name"));
    assert!(told.starts_with("422 Deployment.apps \"Bad_Name\" is invalid: [metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of") || told.starts_with("422 Deployment.apps \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain"), "{told}");
    let mut labels = config_map("a");
    labels["metadata"]["labels"] = json!({"bad key": "x"});
    let told = created(CONFIG_MAPS, labels);
    assert!(told.starts_with("422 ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"bad key\": name part must consist of alphanumeric characters"), "{told}");
}

#[test]
fn bodies_of_other_types_are_refused() {
    let mut server = Server::new();
    let text = Request::post(CONFIG_MAPS, Body::text("x")).with_header("content-type", "text/plain");
    assert_eq!(
        server.told(text),
        "415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    );
    assert_eq!(
        server.told(Request::put(PODS, Body::json(json!({})))),
        "405 the server does not allow this method on the requested resource"
    );
    assert_eq!(
        server.told(Request::get("/api/v1/nothere")),
        "404 the server could not find the requested resource"
    );
}
