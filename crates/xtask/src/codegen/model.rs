//! The types to be generated: Go's facts joined with what the OpenAPI document says about merging and requiredness.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::facts::{Fact, FieldFact, WhenEmpty};
use super::kinds::{EXTRA, KINDS, OPAQUE};

/// Type of a field, in Go's shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Str,
    /// A named string type: `v1.PullPolicy`.
    Enum(String),
    I32,
    I64,
    F64,
    Bool,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    Any,
    /// A struct, by qualified name.
    Message(String),
    /// A struct, a list of it, or something else, by qualified name.
    MessageOrAny(String),
    List(Box<Ty>),
    Map(Box<Ty>),
    Pointer(Box<Ty>),
}

#[derive(Clone, Debug)]
pub struct Field {
    pub json: String,
    pub ty: Ty,
    pub omit: bool,
    pub required: bool,
    pub merge: Option<Merge>,
}

/// How patches and apply merge a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    /// `None` if the list is atomic or the field is no list; an empty vector is a set.
    pub list: Option<Vec<String>>,
    pub atomic: bool,
    pub patch_merge: bool,
    pub retain_keys: bool,
    pub patch_key: String,
}

#[derive(Debug)]
pub struct Struct {
    /// `core.v1.PodSpec`
    pub name: String,
    pub openapi: String,
    pub fields: Vec<Field>,
    /// Apply owns values of this type as a whole.
    pub atomic: bool,
    pub opaque: bool,
}

/// All structs that the kinds need, by qualified name.
pub fn build(facts: &BTreeMap<String, Fact>, document: &Json) -> Result<BTreeMap<String, Struct>, String> {
    let definitions = document
        .get("$defs")
        .or_else(|| document.get("definitions"))
        .and_then(Json::as_object)
        .ok_or("the document has no definitions")?;
    let roots = KINDS.iter().map(|kind| format!("{}.{}", kind.package, kind.kind));
    let mut pending: Vec<String> = roots.chain(EXTRA.iter().map(|name| (*name).to_owned())).collect();
    let mut structs = BTreeMap::new();
    let mut seen = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let built = build_struct(&name, facts, definitions)?;
        for field in &built.fields {
            collect(&field.ty, &mut pending);
        }
        structs.insert(name, built);
    }
    Ok(structs)
}

fn collect(ty: &Ty, into: &mut Vec<String>) {
    match ty {
        Ty::Message(name) | Ty::MessageOrAny(name) => into.push(name.clone()),
        Ty::List(item) | Ty::Map(item) | Ty::Pointer(item) => collect(item, into),
        _ => {}
    }
}

fn build_struct(
    name: &str,
    facts: &BTreeMap<String, Fact>,
    definitions: &serde_json::Map<String, Json>,
) -> Result<Struct, String> {
    let openapi = openapi_name(name);
    let nothing = Json::Null;
    let definition = definitions.get(&openapi).unwrap_or(&nothing);
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let mut fields = Vec::new();
    add_fields(name, facts, &mut |json, go_type, when_empty| {
        let ty = parse_type(go_type, facts)?;
        let property = &definition["properties"][json];
        if property.is_null() && !definition.is_null() {
            return Err(format!(
                "{openapi} has no property {json}: facts and document are of different versions"
            ));
        }
        let is_struct = matches!(
            ty,
            Ty::Message(_) | Ty::Quantity | Ty::IntOrString | Ty::Time | Ty::MicroTime | Ty::Any
        );
        let omit = match when_empty {
            WhenEmpty::Write => false,
            // Go never finds a struct empty. RawExtension is one, but writes nothing useful then: leave it out.
            WhenEmpty::OmitEmpty => !is_struct || ty == Ty::Any,
            WhenEmpty::OmitZero => true,
        };
        let merge = merge(property, definitions);
        fields.push(Field { json: json.to_owned(), ty, omit, required: required.contains(&json), merge });
        Ok(())
    })?;
    let atomic = definition["x-kubernetes-map-type"] == "atomic";
    Ok(Struct { name: name.to_owned(), openapi, fields, atomic, opaque: OPAQUE.contains(&name) })
}

fn add_fields(
    name: &str,
    facts: &BTreeMap<String, Fact>,
    add: &mut dyn FnMut(&str, &str, WhenEmpty) -> Result<(), String>,
) -> Result<(), String> {
    let Some(Fact::Struct(fields)) = facts.get(name) else {
        return Err(format!("facts.txt does not know the struct {name}"));
    };
    for field in fields {
        match field {
            FieldFact::Inline(inlined) if inlined == "meta.v1.TypeMeta" => {}
            FieldFact::Inline(inlined) => add_fields(inlined, facts, add)?,
            FieldFact::Field { json, go_type, when_empty } => add(json, go_type, *when_empty)?,
        }
    }
    Ok(())
}

fn parse_type(go: &str, facts: &BTreeMap<String, Fact>) -> Result<Ty, String> {
    if let Some(item) = go.strip_prefix('*') {
        return Ok(Ty::Pointer(Box::new(parse_type(item, facts)?)));
    }
    if go == "[]byte" {
        return Ok(Ty::Bytes);
    }
    if let Some(item) = go.strip_prefix("[]") {
        return Ok(Ty::List(Box::new(parse_type(item, facts)?)));
    }
    if let Some((_, item)) = go.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return Ok(Ty::Map(Box::new(parse_type(item, facts)?)));
    }
    Ok(match go {
        "string" => Ty::Str,
        "bool" => Ty::Bool,
        "int32" => Ty::I32,
        "int64" | "int" => Ty::I64,
        "float64" => Ty::F64,
        "types.UID" => Ty::Enum("types.UID".to_owned()),
        "types.NodeName" => Ty::Enum("types.NodeName".to_owned()),
        "meta.v1.Time" => Ty::Time,
        "meta.v1.MicroTime" => Ty::MicroTime,
        "resource.Quantity" => Ty::Quantity,
        "intstr.IntOrString" => Ty::IntOrString,
        "runtime.RawExtension"
        | "meta.v1.FieldsV1"
        | "apiextensions.v1.JSON"
        | "apiextensions.v1.JSONSchemaPropsOrStringArray" => Ty::Any,
        "apiextensions.v1.JSONSchemaPropsOrArray" | "apiextensions.v1.JSONSchemaPropsOrBool" => {
            Ty::MessageOrAny("apiextensions.v1.JSONSchemaProps".to_owned())
        }
        name => match facts.get(name) {
            Some(Fact::Struct(_)) => Ty::Message(name.to_owned()),
            Some(Fact::Named(target)) if target == "string" => {
                let mut parts = name.rsplitn(3, '.');
                let (kind, version) = (parts.next().unwrap_or(name), parts.next().unwrap_or("v1"));
                Ty::Enum(format!("{version}.{kind}"))
            }
            Some(Fact::Named(target)) => parse_type(target, facts)?,
            None => return Err(format!("facts.txt does not know the type {name}")),
        },
    })
}

fn merge(property: &Json, definitions: &serde_json::Map<String, Json>) -> Option<Merge> {
    let text = |key: &str| property[key].as_str().unwrap_or("");
    let strategy = text("x-kubernetes-patch-strategy");
    let keys =
        property["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let list = match text("x-kubernetes-list-type") {
        "map" => Some(keys.map(str::to_owned).collect()),
        "set" => Some(Vec::new()),
        _ => None,
    };
    let target = text("$ref").rsplit('/').next().and_then(|name| definitions.get(name));
    let target_is_atomic = target.is_some_and(|target| target["x-kubernetes-map-type"] == "atomic");
    let merge = Merge {
        list,
        atomic: target_is_atomic || text("x-kubernetes-map-type") == "atomic",
        patch_merge: strategy.contains("merge"),
        retain_keys: strategy.contains("retainKeys"),
        patch_key: text("x-kubernetes-patch-merge-key").to_owned(),
    };
    let plain = merge.list.is_none() && !merge.atomic && strategy.is_empty();
    (!plain).then_some(merge)
}

fn openapi_name(name: &str) -> String {
    if name.starts_with("meta.") {
        format!("io.k8s.apimachinery.pkg.apis.{name}")
    } else if name.starts_with("apiextensions.") {
        format!("io.k8s.apiextensions-apiserver.pkg.apis.{name}")
    } else {
        format!("io.k8s.api.{name}")
    }
}
