//! Lists: selectors, pages, resource versions, tables.

use super::fixture::*;
use api::Json;
use api::http::Request;
use serde_json::json;

fn names(list: &Json) -> String {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| text(item, "/metadata/name")).collect::<Vec<_>>().join(" ")
}

fn filled() -> Server {
    let mut server = Server::new();
    for name in ["c", "a", "b"] {
        let mut map = config_map(name);
        map["metadata"]["labels"] = json!({"name": name});
        server.post(CONFIG_MAPS, map);
    }
    server
}

#[test]
fn lists_are_sorted_and_selected() {
    let mut server = filled();
    let list = server.get(CONFIG_MAPS);
    assert_eq!((text(&list, "/kind"), names(&list).as_str()), ("ConfigMapList", "a b c"));
    assert_eq!(list["items"][0].get("kind"), None);
    let selected = server.get(&format!("{CONFIG_MAPS}?labelSelector=name%20in%20(a,c)"));
    assert_eq!(names(&selected), "a c");
    let one = server.get("/api/v1/configmaps?fieldSelector=metadata.name%3Db,metadata.namespace%3Ddefault");
    assert_eq!(names(&one), "b");
}

#[test]
fn unknown_fields_and_bad_selectors_are_refused() {
    let mut server = Server::new();
    for (query, told) in [
        ("fieldSelector=spec.foo%3Dbar", "400 field label not supported: spec.foo"),
        ("labelSelector=a%20in%20b", "400 unable to parse requirement: found 'b' expected: '('"),
        (
            "resourceVersion=abc",
            "400 invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax",
        ),
        ("resourceVersion=99999999", "504 Too large resource version: 99999999, current: 2"),
        (
            "limit=1&continue=zzz",
            "400 invalid continue token: continue key is not valid: invalid character 'Ï' looking for beginning of value",
        ),
        (
            "resourceVersionMatch=Exact",
            "422 ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
    ] {
        assert_eq!(server.told(Request::get(&format!("{PODS}?{query}"))), told);
    }
    assert_eq!(
        server.told(Request::get(&format!("{CONFIG_MAPS}?fieldSelector=x%3Dy"))),
        "400 \"x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    );
}

#[test]
fn pages_show_one_moment() {
    let mut server = filled();
    let first = server.get(&format!("{CONFIG_MAPS}?limit=2"));
    assert_eq!((names(&first).as_str(), &first["metadata"]["remainingItemCount"]), ("a b", &json!(1)));
    // What happens between pages is not seen.
    server.delete(&format!("{CONFIG_MAPS}/c"), json!({}));
    server.post(CONFIG_MAPS, config_map("d"));
    let next = server.get(&format!("{CONFIG_MAPS}?limit=2&continue={}", text(&first, "/metadata/continue")));
    assert_eq!(names(&next), "c");
    assert_eq!(next["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_eq!(next["metadata"].get("continue"), None);
}

#[test]
fn tables_are_printed_by_the_server() {
    let mut server = Server::new();
    server.post(PODS, pod("p"));
    server.pass(65);
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let request = Request::get(PODS).with_header("accept", accept);
    let table = server.ask(request).body.to_json().unwrap_or_default();
    assert_eq!(text(&table, "/kind"), "Table");
    let columns: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|column| text(column, "/name"))
        .collect();
    let all =
        ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"];
    assert_eq!(columns, all);
    assert_eq!(
        table["rows"][0]["cells"],
        json!(["p", "0/1", "Pending", "0", "65s", "<none>", "<none>", "<none>", "<none>"])
    );
    assert_eq!(text(&table, "/rows/0/object/kind"), "PartialObjectMetadata");
}

#[test]
fn discovery_lists_what_is_served() {
    let mut server = Server::new();
    let core = server.get("/api/v1");
    let pods = core["resources"].as_array().into_iter().flatten().find(|r| r["name"] == "pods").cloned();
    assert_eq!(pods.map(|pods| pods["shortNames"].clone()), Some(json!(["po"])));
    let request = Request::get("/apis").with_header(
        "accept",
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
    );
    let aggregated = server.ask(request).body.to_json().unwrap_or_default();
    assert_eq!(text(&aggregated, "/kind"), "APIGroupDiscoveryList");
    assert_eq!(text(&aggregated, "/items/0/metadata/name"), "apps");
    assert_eq!(text(&server.get("/version"), "/gitVersion"), "v1.36.1");
    assert_eq!(server.ask(Request::get("/healthz")).body.to_text(), "ok");
    let document = server.get("/openapi/v3/apis/apps/v1");
    let spec = &document["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"]["properties"];
    assert_eq!(spec["replicas"], json!({"type": "integer", "format": "int32"}));
}
