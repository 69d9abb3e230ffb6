//! Paths that are no resources: which groups and resources there are (legacy and aggregated form), version, health,
//! OpenAPI. Mirrors k8s.io/apiserver/pkg/endpoints/discovery and its aggregated form.

use api::http::{Method, Request, Response};
use api::{Json, Status};
use collections::StableSort;
use serde_json::json;

use super::resource::Resource;
use super::{ApiServer, Registry, openapi};

/// What `/version` tells and `kubectl version` shows.
pub const GIT_VERSION: &str = "v1.36.1";

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

pub(super) fn serve(server: &ApiServer, request: &Request) -> Result<Response, Status> {
    if !matches!(request.method, Method::Get | Method::Head) {
        return Err(Status::method_not_allowed());
    }
    let registry = server.registry();
    let path = request.path.trim_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [""] => Ok(Response::json(200, paths(registry))),
        ["version"] => Ok(version_response()),
        ["healthz" | "livez" | "readyz", rest @ ..] => Ok(health(request, parts[0], rest)),
        ["api"] if wants_aggregated(request) => Ok(aggregated(registry, true)),
        ["apis"] if wants_aggregated(request) => Ok(aggregated(registry, false)),
        ["api"] => Ok(Response::json(200, core_versions())),
        ["apis"] => Ok(Response::json(200, group_list(registry))),
        ["apis", group] => {
            let found = groups(registry).into_iter().find(|known| known.name == *group);
            let found = found.ok_or_else(Status::no_such_resource)?;
            let mut json = found.to_json();
            json["kind"] = Json::from("APIGroup");
            json["apiVersion"] = Json::from("v1");
            Ok(Response::json(200, in_front(json)))
        }
        ["api", version] => resource_list(registry, "", version),
        ["apis", group, version] => resource_list(registry, group, version),
        ["openapi", "v2"] => Ok(openapi::version_2(request)),
        ["openapi", "v3"] => Ok(Response::json(200, openapi::index(registry))),
        ["openapi", "v3", "api", version] => openapi::document(registry, "", version),
        ["openapi", "v3", "apis", group, version] => openapi::document(registry, group, version),
        _ => Err(Status::no_such_resource()),
    }
}

/// Puts `kind` and `apiVersion` first.
fn in_front(json: Json) -> Json {
    let Json::Object(mut map) = json else { return json };
    let mut sorted = api::JsonMap::new();
    for key in ["kind", "apiVersion"] {
        if let Some(value) = map.shift_remove(key) {
            sorted.insert(key.to_owned(), value);
        }
    }
    sorted.extend(map);
    Json::Object(sorted)
}

fn wants_aggregated(request: &Request) -> bool {
    let clause = |clause: &str| clause.contains("as=APIGroupDiscoveryList") && clause.contains("v=v2");
    request.accept().split(',').any(|part| clause(part) && !part.contains("v=v2beta1"))
}

/// Printed for people, as the real server does.
fn version_response() -> Response {
    let text = serde_json::to_string_pretty(&version()).unwrap_or_default();
    Response::text(200, &text).with_header("content-type", api::http::JSON)
}

fn version() -> Json {
    json!({
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": GIT_VERSION,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-05-12T09:00:00Z",
        "goVersion": "go1.26.2",
        "compiler": "gc",
        "platform": "linux/amd64"
    })
}

/// Every check of the simulated server passes whenever it answers at all.
fn health(request: &Request, endpoint: &str, rest: &[&str]) -> Response {
    const CHECKS: [&str; 4] = ["ping", "log", "etcd", "poststarthook/start-apiextensions-controllers"];
    if !request.has_param("verbose") || !rest.is_empty() {
        return Response::text(200, "ok");
    }
    let mut text: String = CHECKS.iter().map(|check| format!("[+]{check} ok\n")).collect();
    text.push_str(&format!("{endpoint} check passed\n"));
    Response::text(200, &text)
}

fn paths(registry: &Registry) -> Json {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for group in groups(registry) {
        paths.push(format!("/apis/{}", group.name));
        paths.extend(group.versions.iter().map(|version| format!("/apis/{}/{version}", group.name)));
    }
    paths.extend(["/healthz", "/livez", "/openapi/v3", "/readyz", "/version"].map(str::to_owned));
    json!({ "paths": paths })
}

fn core_versions() -> Json {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "192.168.49.2:8443"}]
    })
}

/// A named group with its versions, preferred first.
struct Group {
    name: String,
    versions: Vec<String>,
}

impl Group {
    fn to_json(&self) -> Json {
        let version = |version: &String| json!({"groupVersion": format!("{}/{version}", self.name), "version": version});
        let versions: Vec<Json> = self.versions.iter().map(version).collect();
        json!({"name": self.name, "versions": versions, "preferredVersion": versions[0]})
    }
}

/// Groups other than core, in the order in which they were registered.
fn groups(registry: &Registry) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for resource in registry.iter().filter(|resource| !resource.gvr.group.is_empty()) {
        let (name, version) = (resource.gvr.group.to_string(), resource.gvr.version.to_string());
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) if group.versions.contains(&version) => {}
            Some(group) => group.versions.push(version),
            None => groups.push(Group { name, versions: vec![version] }),
        }
    }
    groups
}

fn group_list(registry: &Registry) -> Json {
    let groups: Vec<Json> = groups(registry).iter().map(Group::to_json).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// Resources of a group version, by plural.
fn resources<'a>(registry: &'a Registry, group: &str, version: &str) -> Vec<&'a Resource> {
    let served = |r: &&Resource| r.gvr.group == *group && r.gvr.version == *version;
    let mut found: Vec<&Resource> = registry.iter().filter(served).collect();
    found.stable_sort_by(|a, b| a.plural.cmp(&b.plural));
    found
}

fn verbs(resource: &Resource) -> &'static [&'static str] {
    // Upstream lists the verbs of custom resources in another order.
    const CUSTOM: &[&str] =
        &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    match (resource.custom, &*resource.plural) {
        (true, _) => CUSTOM,
        // A namespace cannot be deleted as part of a collection.
        (false, "namespaces") => &["create", "delete", "get", "list", "patch", "update", "watch"],
        (false, _) => resource.verbs,
    }
}

fn resource_list(registry: &Registry, group: &str, version: &str) -> Result<Response, Status> {
    let found = resources(registry, group, version);
    if found.is_empty() {
        return Err(Status::no_such_resource());
    }
    let mut list = Vec::new();
    for resource in found {
        let mut entry = json!({
            "name": &*resource.plural,
            "singularName": &*resource.singular,
            "namespaced": resource.namespaced(),
            "kind": &*resource.gvk.kind,
            "verbs": verbs(resource),
        });
        if !resource.short_names.is_empty() {
            entry["shortNames"] = resource.short_names.iter().map(Json::from).collect();
        }
        if !resource.categories.is_empty() {
            entry["categories"] = resource.categories.iter().map(Json::from).collect();
        }
        if resource.is_stored() {
            entry["storageVersionHash"] = Json::from(storage_version_hash(resource));
        }
        list.push(entry);
        for part in &resource.subresources {
            let (part_group, part_version, kind) = part.gvk;
            let mut entry = json!({
                "name": format!("{}/{}", resource.plural, part.name),
                "singularName": "",
                "namespaced": resource.namespaced(),
            });
            if !kind.is_empty() && (part_group != group || part_version != version) {
                entry["group"] = Json::from(part_group);
                entry["version"] = Json::from(part_version);
            }
            entry["kind"] = Json::from(if kind.is_empty() { &*resource.gvk.kind } else { kind });
            entry["verbs"] = Json::from(part.verbs);
            list.push(entry);
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(Response::json(
        200,
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list}),
    ))
}

/// Upstream hashes group, version and kind of what is stored; any stable text of that form will do.
fn storage_version_hash(resource: &Resource) -> String {
    let text = format!("{}/{}/{}", resource.gvk.group, resource.gvk.version, resource.gvk.kind);
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    api::base::base64::encode(&hash.to_be_bytes())
}

/// `apidiscovery.k8s.io/v2 APIGroupDiscoveryList`: all groups (or the core group) in one document.
fn aggregated(registry: &Registry, core: bool) -> Response {
    let groups = if core {
        vec![Group { name: String::new(), versions: vec!["v1".to_owned()] }]
    } else {
        groups(registry)
    };
    let items: Vec<Json> = groups
        .iter()
        .map(|group| {
            let version = |version: &String| {
                let found = resources(registry, &group.name, version);
                let entries: Vec<Json> = found.into_iter().map(aggregated_resource).collect();
                json!({"version": version, "resources": entries, "freshness": "Current"})
            };
            let versions: Vec<Json> = group.versions.iter().map(version).collect();
            let metadata = if group.name.is_empty() {
                json!({ "creationTimestamp": null })
            } else {
                json!({"name": group.name, "creationTimestamp": null})
            };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    Response::json(200, body).with_header("content-type", AGGREGATED)
}

fn aggregated_resource(resource: &Resource) -> Json {
    let kind =
        |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let own = kind(&resource.gvk.group, &resource.gvk.version, &resource.gvk.kind);
    let mut entry = json!({
        "resource": &*resource.plural,
        "responseKind": own.clone(),
        "scope": if resource.namespaced() { "Namespaced" } else { "Cluster" },
        "singularResource": &*resource.singular,
        "verbs": verbs(resource),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = resource.short_names.iter().map(Json::from).collect();
    }
    if !resource.categories.is_empty() {
        entry["categories"] = resource.categories.iter().map(Json::from).collect();
    }
    if !resource.subresources.is_empty() {
        let part = |part: &super::Subresource| {
            let (group, version, name) = part.gvk;
            let response = if name.is_empty() { own.clone() } else { kind(group, version, name) };
            json!({"subresource": part.name, "responseKind": response, "verbs": part.verbs})
        };
        entry["subresources"] = resource.subresources.iter().map(part).collect();
    }
    entry
}
