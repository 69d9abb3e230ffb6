//! `/openapi/v3`: documents from which clients validate and explain, generated from the kinds' field tables.
//! Descriptions are left out: they would be most of the download (see the lazily loaded explain asset).

use api::http::{Body, Request, Response};
use api::meta::schema::{FieldInfo, ListType, Type, TypeInfo};
use api::{Json, JsonMap, Status};
use collections::{OrdMap, StableSort};
use serde_json::json;

use super::resource::Resource;
use super::{Registry, Subresource};

/// `/openapi/v3`: where the documents are.
pub(super) fn index(registry: &Registry) -> Json {
    let mut paths = JsonMap::new();
    for resource in registry.iter() {
        let (group, version) = (&resource.gvr.group, &resource.gvr.version);
        let path =
            if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") };
        let url = format!("/openapi/v3/{path}?hash={}", super::discovery::GIT_VERSION);
        paths.insert(path, json!({ "serverRelativeURL": url }));
    }
    json!({ "paths": paths })
}

/// `/openapi/v2`: a document without paths. Clients that know version 3 ask here only for kinds that they did not find
/// there, and must get an answer in protobuf to go on and say what is wrong.
pub(super) fn version_2(request: &Request) -> Response {
    const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    let (swagger, title, version) = ("2.0", "Kubernetes", super::discovery::GIT_VERSION);
    if !request.accept().contains("proto-openapi") {
        let info = json!({"title": title, "version": version});
        return Response::json(
            200,
            json!({"swagger": swagger, "info": info, "paths": {}, "definitions": {}}),
        );
    }
    // Document { swagger = 1, info = 2 { title = 1, version = 2 } }; all lengths fit one byte.
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).unwrap_or(0);
        [&[number << 3 | 2, length], bytes].concat()
    };
    let info = [field(1, title.as_bytes()), field(2, version.as_bytes())].concat();
    let document = [field(1, swagger.as_bytes()), field(2, &info)].concat();
    Response::new(200, Body::Bytes(document.into())).with_header("content-type", PROTOBUF)
}

/// The document of one group version.
pub(super) fn document(registry: &Registry, group: &str, version: &str) -> Result<Response, Status> {
    let mut schemas = Schemas::default();
    let mut paths = OrdMap::new();
    let served = |r: &&Resource| r.gvr.group == *group && r.gvr.version == *version;
    for resource in registry.iter().filter(served) {
        match resource.strategy.info() {
            Some(info) => schemas.add(info),
            None => schemas.add_custom(resource),
        }
        resource_paths(resource, &mut paths);
    }
    if paths.is_empty() {
        return Err(Status::no_such_resource());
    }
    let schemas = schemas.finish();
    let paths: JsonMap = paths.into_iter().collect();
    Ok(Response::json(
        200,
        json!({
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": super::discovery::GIT_VERSION},
            "paths": paths,
            "components": {"schemas": schemas},
        }),
    ))
}

fn gvk_json(group: &str, version: &str, kind: &str) -> Json {
    json!({"group": group, "version": version, "kind": kind})
}

fn schema_name(resource: &Resource) -> String {
    match resource.strategy.info() {
        Some(info) => info.openapi.to_owned(),
        None => {
            let group: Vec<&str> = resource.gvk.group.split('.').rev().collect();
            format!("{}.{}.{}", group.join("."), resource.gvk.version, resource.gvk.kind)
        }
    }
}

/// What clients look for in paths: the kind of each operation, and whether PATCH takes `fieldValidation`.
fn resource_paths(resource: &Resource, paths: &mut OrdMap<String, Json>) {
    let gvk = gvk_json(&resource.gvk.group, &resource.gvk.version, &resource.gvk.kind);
    let schema = json!({ "$ref": format!("#/components/schemas/{}", schema_name(resource)) });
    let (group, version) = (&resource.gvr.group, &resource.gvr.version);
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let collection = if resource.namespaced() {
        format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    };
    let one = format!("{collection}/{{name}}");
    if !resource.is_stored() {
        let ask = operation_json("post", &gvk, &schema, WRITE_QUERIES);
        paths.insert(collection, json!({ "post": ask }));
        return;
    }
    let operation = |action: &str, queries: &[&str]| operation_json(action, &gvk, &schema, queries);
    paths.insert(
        collection,
        json!({
            "get": operation("list", &["labelSelector", "fieldSelector", "limit", "continue", "watch"]),
            "post": operation("post", WRITE_QUERIES),
            "delete": operation("deletecollection", &["dryRun"]),
        }),
    );
    let item = json!({
        "get": operation("get", &[]),
        "put": operation("put", WRITE_QUERIES),
        "patch": operation("patch", PATCH_QUERIES),
        "delete": operation("delete", &["dryRun", "gracePeriodSeconds", "propagationPolicy"]),
    });
    for Subresource { name, gvk: (group, version, kind), verbs } in &resource.subresources {
        let part = if kind.is_empty() { gvk.clone() } else { gvk_json(group, version, kind) };
        let mut operations = JsonMap::new();
        for (verb, method) in [("get", "get"), ("create", "post"), ("update", "put"), ("patch", "patch")] {
            if verbs.contains(&verb) {
                let action = if verb == "create" { "post" } else { method };
                // Clients take the first PATCH of a kind that they find: all must list the same parameters.
                let queries = if verb == "patch" { PATCH_QUERIES } else { &[] };
                operations.insert(method.to_owned(), operation_json(action, &part, &schema, queries));
            }
        }
        paths.insert(format!("{one}/{name}"), Json::Object(operations));
    }
    paths.insert(one, item);
}

const WRITE_QUERIES: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
const PATCH_QUERIES: &[&str] = &["dryRun", "fieldManager", "fieldValidation", "force"];

fn operation_json(action: &str, gvk: &Json, schema: &Json, queries: &[&str]) -> Json {
    let parameter = |name: &&str| {
        let ty = match *name {
            "limit" | "gracePeriodSeconds" => "integer",
            "watch" | "force" => "boolean",
            _ => "string",
        };
        json!({"name": name, "in": "query", "schema": {"type": ty, "uniqueItems": true}})
    };
    let mut operation = json!({
        "parameters": queries.iter().map(parameter).collect::<Vec<_>>(),
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
    });
    let content = match action {
        "post" | "put" => json!({"*/*": {"schema": schema}}),
        "patch" => {
            let patch = json!({"schema": {"type": "object"}});
            json!({
                "application/apply-patch+yaml": patch,
                "application/json-patch+json": patch,
                "application/merge-patch+json": patch,
                "application/strategic-merge-patch+json": patch,
            })
        }
        _ => return operation,
    };
    operation["requestBody"] = json!({ "content": content });
    operation
}

/// Definitions collected so far, by name; each once.
#[derive(Default)]
struct Schemas(OrdMap<&'static str, Option<Json>>, OrdMap<String, Json>);

impl Schemas {
    fn add(&mut self, info: &'static TypeInfo) {
        if self.0.contains_key(info.openapi) {
            return;
        }
        // Marked before its fields are looked at: types may refer to themselves.
        self.0.insert(info.openapi, None);
        let json = self.definition(info);
        self.0.insert(info.openapi, Some(json));
    }

    fn add_custom(&mut self, resource: &Resource) {
        let meta = api::meta::codec::Message::info(&api::meta::v1::ObjectMeta::default());
        self.add(meta);
        let gvk = gvk_json(&resource.gvk.group, &resource.gvk.version, &resource.gvk.kind);
        let json = json!({
            "type": "object",
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"allOf": [reference(meta)]},
            },
            "x-kubernetes-preserve-unknown-fields": true,
            "x-kubernetes-group-version-kind": [gvk],
        });
        self.1.insert(schema_name(resource), json);
    }

    fn finish(self) -> JsonMap {
        let mut all: OrdMap<String, Json> = self.1;
        all.extend(self.0.into_iter().filter_map(|(name, json)| Some((name.to_owned(), json?))));
        let fixed = [
            (
                "io.k8s.apimachinery.pkg.api.resource.Quantity",
                json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            ),
            (
                "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
            ),
            ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", json!({"type": "string", "format": "date-time"})),
            (
                "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
                json!({"type": "string", "format": "date-time"}),
            ),
        ];
        all.extend(fixed.map(|(name, json)| (name.to_owned(), json)));
        all.into_iter().collect()
    }

    fn definition(&mut self, info: &'static TypeInfo) -> Json {
        let mut properties = OrdMap::new();
        if info.gvk.is_some() {
            properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
            properties.insert("kind".to_owned(), json!({"type": "string"}));
        }
        for field in info.fields {
            properties.insert(field.name.to_owned(), self.property(field));
        }
        let mut required: Vec<&str> =
            info.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        required.stable_sort();
        let mut map = JsonMap::new();
        map.insert("type".to_owned(), Json::from("object"));
        map.insert("properties".to_owned(), Json::Object(properties.into_iter().collect()));
        if !required.is_empty() {
            map.insert("required".to_owned(), Json::from(required));
        }
        if let Some(gvk) = &info.gvk {
            let list = json!([gvk_json(gvk.group, gvk.version, gvk.kind)]);
            map.insert("x-kubernetes-group-version-kind".to_owned(), list);
        }
        Json::Object(map)
    }

    fn property(&mut self, field: &'static FieldInfo) -> Json {
        let mut json = self.ty(&field.ty);
        if let (Some(merge), Json::Object(map)) = (field.merge, &mut json) {
            if merge.patch_merge || merge.retain_keys {
                let strategy = match (merge.patch_merge, merge.retain_keys) {
                    (true, true) => "merge,retainKeys",
                    (true, false) => "merge",
                    _ => "retainKeys",
                };
                map.insert("x-kubernetes-patch-strategy".to_owned(), Json::from(strategy));
            }
            if !merge.patch_key.is_empty() {
                map.insert("x-kubernetes-patch-merge-key".to_owned(), Json::from(merge.patch_key));
            }
            if matches!(field.ty, Type::List(_)) {
                match merge.list {
                    ListType::Atomic => map.insert("x-kubernetes-list-type".to_owned(), Json::from("atomic")),
                    ListType::Set => map.insert("x-kubernetes-list-type".to_owned(), Json::from("set")),
                    ListType::Map(keys) => {
                        map.insert("x-kubernetes-list-type".to_owned(), Json::from("map"));
                        map.insert("x-kubernetes-list-map-keys".to_owned(), Json::from(keys))
                    }
                };
            }
        }
        json
    }

    fn ty(&mut self, ty: &'static Type) -> Json {
        let fixed = |name: &str| json!({ "allOf": [{"$ref": format!("#/components/schemas/io.k8s.apimachinery.pkg.{name}")}] });
        match ty {
            Type::String | Type::Enum(_) => json!({"type": "string"}),
            Type::Int32 => json!({"type": "integer", "format": "int32"}),
            Type::Int64 => json!({"type": "integer", "format": "int64"}),
            Type::Float64 => json!({"type": "number", "format": "double"}),
            Type::Bool => json!({"type": "boolean"}),
            Type::Bytes => json!({"type": "string", "format": "byte"}),
            Type::Time => fixed("apis.meta.v1.Time"),
            Type::MicroTime => fixed("apis.meta.v1.MicroTime"),
            Type::Quantity => fixed("api.resource.Quantity"),
            Type::IntOrString => fixed("util.intstr.IntOrString"),
            // Clients that explain fields want a type of each.
            Type::Any | Type::MessageOrAny(_) => json!({"type": "object"}),
            Type::Message(info) => {
                self.add(info);
                json!({ "allOf": [reference(info)] })
            }
            Type::List(item) => json!({"type": "array", "items": self.ty(item)}),
            Type::Map(value) => json!({"type": "object", "additionalProperties": self.ty(value)}),
        }
    }
}

fn reference(info: &TypeInfo) -> Json {
    json!({ "$ref": format!("#/components/schemas/{}", info.openapi) })
}
