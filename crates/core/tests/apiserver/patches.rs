//! Patches of all types, and what is wrong with bad ones.

use super::fixture::*;
use api::http::{self, Body, Request};
use serde_json::json;

#[test]
fn each_type_patches_in_its_way() {
    let mut server = Server::new();
    let path = format!("{DEPLOYMENTS}/web");
    server.post(DEPLOYMENTS, deployment("web"));
    let containers =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]}}}});
    let merged = server.patch(&path, http::STRATEGIC_MERGE_PATCH, containers.clone());
    assert_eq!(text(&merged, "/spec/template/spec/containers/0/imagePullPolicy"), "Always");
    assert_eq!(text(&merged, "/spec/template/spec/containers/0/image"), "nginx:1.27");
    let replaced = server.merge(&path, containers);
    assert_eq!(text(&replaced, "/spec/template/spec/containers/0/imagePullPolicy"), "IfNotPresent");
    let operations = json!([{"op": "replace", "path": "/spec/replicas", "value": 2}]);
    assert_eq!(server.patch(&path, http::JSON_PATCH, operations)["spec"]["replicas"], 2);
}

#[test]
fn bad_patches_are_refused_in_upstreams_words() {
    let mut server = Server::new();
    server.post(DEPLOYMENTS, deployment("web"));
    let path = format!("{DEPLOYMENTS}/web");
    let request = |content_type: &str, body: &str| Request::patch(&path, content_type, Body::text(body));
    let generic = "422 the server rejected our request due to an error in our request";
    for (content_type, body, told) in [
        (http::JSON_PATCH, r#"[{"op":"remove","path":"/spec/nope"}]"#, generic),
        (http::JSON_PATCH, r#"[{"op":"test","path":"/spec/replicas","value":77}]"#, generic),
        (
            http::STRATEGIC_MERGE_PATCH,
            "{bad",
            "400 invalid character 'b' looking for beginning of object key string",
        ),
        (
            http::STRATEGIC_MERGE_PATCH,
            r#"{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}"#,
            "500 map: map[image:x] does not contain declared merge key: name",
        ),
        (
            http::STRATEGIC_MERGE_PATCH,
            r#"{"spec":{"replicas":"three"}}"#,
            "422  \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:three]]\": unrecognized type: int32",
        ),
        (
            "text/plain",
            "{}",
            "415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
        ),
    ] {
        assert_eq!(server.told(request(content_type, body)), told);
    }
    assert_eq!(
        server.told(Request::patch(DEPLOYMENTS, http::JSON_PATCH, Body::json(json!([])))),
        "400 name must be provided"
    );
    let nope =
        Request::patch(&format!("{path}?fieldValidation=Nope"), http::MERGE_PATCH, Body::json(json!({})));
    assert_eq!(
        server.told(nope),
        "422 PatchOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Nope\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
    );
}

#[test]
fn a_patch_may_name_the_version_it_is_for() {
    let mut server = Server::new();
    server.post(CONFIG_MAPS, config_map("a"));
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"b": "2"}});
    let told = server.told(Request::patch(&format!("{CONFIG_MAPS}/a"), http::MERGE_PATCH, Body::json(stale)));
    assert!(told.starts_with("409 Operation cannot be fulfilled on configmaps \"a\""), "{told}");
}

#[test]
fn scaling_goes_through_the_scale_subresource() {
    let mut server = Server::new();
    server.post(DEPLOYMENTS, deployment("web"));
    let path = format!("{DEPLOYMENTS}/web/scale");
    let scale = server.get(&path);
    assert_eq!((text(&scale, "/kind"), text(&scale, "/status/selector")), ("Scale", "app=web"));
    let table = Request::get(&path).with_header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    let table = server.ask(table).body.to_json().unwrap_or_default();
    assert_eq!(table["rows"][0]["cells"], json!(["web", 3, 0, "0s"]));
    assert_eq!(server.merge(&path, json!({"spec": {"replicas": 5}}))["spec"]["replicas"], 5);
    assert_eq!(server.get(&format!("{DEPLOYMENTS}/web"))["spec"]["replicas"], 5);
    let negative = Request::patch(&path, http::MERGE_PATCH, Body::json(json!({"spec": {"replicas": -1}})));
    assert_eq!(
        server.told(negative),
        "422 Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    );
}
