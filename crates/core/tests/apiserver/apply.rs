//! Server-side apply: ownership, conflicts, and what is taken away.

use super::fixture::*;
use api::Json;
use api::http::{APPLY_YAML, Body, Request, STRATEGIC_MERGE_PATCH};
use serde_json::json;

fn web(spec: Json) -> Json {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": spec})
}

fn spec(replicas: i64) -> Json {
    json!({
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "nginx", "image": "nginx:1.14", "ports": [{"containerPort": 80}]}]}
        }
    })
}

fn apply(manager: &str, force: bool, body: &Json) -> Request {
    let path = format!("{DEPLOYMENTS}/web?fieldManager={manager}&force={force}");
    Request::patch(&path, APPLY_YAML, Body::text(&body.to_string()))
}

fn managers(object: &Json) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| format!("{} {}", text(entry, "/manager"), text(entry, "/operation"))).collect()
}

#[test]
fn an_apply_creates_and_owns_what_it_names() {
    let mut server = Server::new();
    let response = server.ask(apply("kubectl", false, &web(spec(3))));
    assert_eq!(response.status, 201);
    let made = response.body.to_json().unwrap_or_default();
    assert_eq!(managers(&made), ["kubectl Apply"]);
    let fields = &made["metadata"]["managedFields"][0]["fieldsV1"];
    assert_eq!(fields["f:metadata"], json!({"f:labels": {"f:app": {}}}));
    assert_eq!(
        fields["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"nginx\"}"],
        json!({
            ".": {}, "f:image": {}, "f:name": {},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}
        })
    );
    // The same again changes nothing.
    let before = server.api.storage().revision();
    assert_eq!(server.told(apply("kubectl", false, &web(spec(3)))), "200 ");
    assert_eq!(server.api.storage().revision(), before);
}

#[test]
fn fields_of_others_conflict_until_forced() {
    let mut server = Server::new();
    server.ask(apply("kubectl", false, &web(spec(3))));
    let image = json!({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "nginx", "image": "nginx:1.18"}]}}}});
    let path = format!("{DEPLOYMENTS}/web?fieldManager=kubectl-patch");
    server.ask(Request::patch(&path, STRATEGIC_MERGE_PATCH, Body::json(image)));
    assert_eq!(
        server.told(apply("kubectl", false, &web(spec(3)))),
        "409 Apply failed with 2 conflicts: conflicts with \"kubectl-patch\" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name=\"nginx\"].image"
    );
    let forced = server.ask(apply("kubectl", true, &web(spec(3)))).body.to_json().unwrap_or_default();
    assert_eq!(
        (&forced["spec"]["replicas"], managers(&forced)),
        (&json!(3), vec!["kubectl Apply".to_owned()])
    );
    assert_eq!(
        server.told(apply("other", false, &web(spec(5)))),
        "409 Apply failed with 1 conflict: conflict with \"kubectl\": .spec.replicas"
    );
}

#[test]
fn what_is_no_longer_wanted_is_taken_away() {
    let mut server = Server::new();
    let mut first = web(spec(3));
    first["metadata"]["labels"]["extra"] = "x".into();
    first["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    server.ask(apply("kubectl", false, &first));
    let mut second = web(spec(3));
    second["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "B", "value": "2"}]);
    let after = server.ask(apply("kubectl", false, &second)).body.to_json().unwrap_or_default();
    assert_eq!(after["metadata"]["labels"], json!({"app": "web"}));
    assert_eq!(
        after["spec"]["template"]["spec"]["containers"][0]["env"],
        json!([{"name": "B", "value": "2"}])
    );
    // What the server filled in stays.
    assert_eq!(after["spec"]["revisionHistoryLimit"], 10);
}

#[test]
fn an_apply_must_say_who_and_what() {
    let mut server = Server::new();
    let path = format!("{DEPLOYMENTS}/web");
    let anonymous = Request::patch(&path, APPLY_YAML, Body::text(&web(spec(1)).to_string()));
    assert_eq!(
        server.told(anonymous),
        "422 PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
    );
}

#[test]
fn updates_track_their_fields() {
    let mut server = Server::new();
    let made = server.post(&format!("{CONFIG_MAPS}?fieldManager=kubectl-create"), config_map("a"));
    assert_eq!(made["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {".": {}, "f:a": {}}}));
    let labelled = server.merge(
        &format!("{CONFIG_MAPS}/a?fieldManager=kubectl-label"),
        json!({"metadata": {"labels": {"x": "y"}}, "data": {"a": "2"}}),
    );
    assert_eq!(managers(&labelled), ["kubectl-create Update", "kubectl-label Update"]);
    assert_eq!(labelled["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {}}));
    assert_eq!(
        labelled["metadata"]["managedFields"][1]["fieldsV1"],
        json!({"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}})
    );
}
