//! Custom resources take the path of built-in ones: a resource registered at run time is served like any other.

use std::rc::Rc;

use super::fixture::*;
use api::http::{Body, Request};
use api::{Gvk, Json};
use kubarium_core::apiserver::resource::VERBS;
use kubarium_core::apiserver::strategy::custom::CustomStrategy;
use kubarium_core::apiserver::{Resource, Scope, Subresource};
use kubarium_core::store::ResourceId;
use serde_json::json;

const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";

fn server() -> Server {
    let mut server = Server::new();
    let gvk = Gvk::new("example.com", "v1", "Widget");
    server.api.add_resource(Resource {
        id: ResourceId(0),
        gvr: gvk.with_resource("widgets"),
        plural: "widgets".into(),
        singular: "widget".into(),
        list_kind: "WidgetList".into(),
        short_names: vec!["wd".into()],
        categories: vec!["all".into()],
        scope: Scope::Namespaced,
        subresources: vec![Subresource::STATUS],
        strategy: Rc::new(CustomStrategy { gvk: gvk.clone(), has_status: true, schema: None }),
        verbs: VERBS,
        custom: true,
        stored_only: false,
        gvk,
    });
    server
}

fn widget() -> Json {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w1"}, "spec": {"size": 3}})
}

#[test]
fn it_is_created_changed_watched_and_deleted() {
    let mut server = server();
    let made = server.post(WIDGETS, widget());
    assert_eq!((text(&made, "/kind"), &made["metadata"]["generation"]), ("Widget", &json!(1)));
    let mut watch = server
        .watch(&format!("{WIDGETS}?watch=true&resourceVersion={}", text(&made, "/metadata/resourceVersion")));
    let patched = server.merge(&format!("{WIDGETS}/w1"), json!({"spec": {"size": 5}, "status": {"size": 9}}));
    assert_eq!((&patched["spec"]["size"], patched.get("status")), (&json!(5), None));
    assert_eq!(patched["metadata"]["generation"], 2);
    let status =
        server.merge(&format!("{WIDGETS}/w1/status"), json!({"spec": {"size": 7}, "status": {"size": 9}}));
    assert_eq!((&status["spec"]["size"], &status["status"]["size"]), (&json!(5), &json!(9)));
    let gone = server.delete(&format!("{WIDGETS}/w1"), json!({}));
    assert_eq!((text(&gone, "/status"), text(&gone, "/details/kind")), ("Success", "widgets"));
    assert_eq!(server.seen(&mut watch), "MODIFIED w1, MODIFIED w1, DELETED w1");
}

#[test]
fn messages_and_discovery_name_it() {
    let mut server = server();
    assert_eq!(server.told(Request::get(&format!("{WIDGETS}/x"))), "404 widgets.example.com \"x\" not found");
    let wrong = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    assert_eq!(
        server.told(Request::post(WIDGETS, Body::json(wrong))),
        "400 the API version in the data (v1) does not match the expected API version (example.com/v1)"
    );
    let strategic =
        Request::patch(&format!("{WIDGETS}/x"), api::http::STRATEGIC_MERGE_PATCH, Body::json(json!({})));
    assert_eq!(
        server.told(strategic),
        "415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    );
    let list = server.get("/apis/example.com/v1");
    assert_eq!(text(&list, "/resources/0/name"), "widgets");
    assert_eq!(text(&list, "/resources/1/name"), "widgets/status");
    assert_eq!(
        list["resources"][0]["verbs"],
        json!(["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"])
    );
    let items = server.get(WIDGETS);
    assert_eq!((text(&items, "/kind"), &items["items"]), ("WidgetList", &json!([])));
}

#[test]
fn replacing_needs_a_resource_version() {
    let mut server = server();
    server.post(WIDGETS, widget());
    assert_eq!(
        server.told(Request::put(&format!("{WIDGETS}/w1"), Body::json(widget()))),
        "422 Widget.example.com \"w1\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    );
}
