//! One view of types for patches, server-side apply and strict decoding: built-in kinds have field tables, custom
//! kinds have the OpenAPI schema of their definition.

use std::rc::Rc;

use collections::OrdMap;

use super::{ListType, Merge, Type, TypeInfo};
use crate::Json;
use crate::base::str::Str;
use crate::generated::meta_v1::OBJECT_META;

/// The type of a value, and how values of it merge.
#[derive(Clone, Debug)]
pub enum Schema {
    /// A type of a built-in kind, and how the field that holds it is merged.
    #[allow(missing_docs, reason = "said above")]
    Builtin { ty: Type, merge: Option<&'static Merge> },
    /// A type from a CustomResourceDefinition.
    Custom(Rc<CustomType>),
}

/// What sort of JSON a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text, number, truth.
    Scalar,
    /// An object with known fields.
    Struct,
    /// An object with keys of the user's choice.
    Map,
    /// A list.
    List,
    /// Nothing is known.
    Any,
}

/// How lists merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListRule {
    /// As a whole.
    Atomic,
    /// By value; each value once.
    Set,
    /// Associative, keyed by these fields.
    Map(Vec<Str>),
}

/// A type of a custom resource definition.
#[derive(Debug)]
pub struct CustomType {
    shape: Shape,
    properties: OrdMap<Str, Schema>,
    /// Type of list items or of map values.
    item: Option<Schema>,
    list: ListRule,
    atomic: bool,
    preserve_unknown: bool,
    default: Option<Json>,
}

impl Schema {
    /// The type of a built-in struct.
    pub const fn of(info: &'static TypeInfo) -> Schema {
        Schema::Builtin { ty: Type::Message(info), merge: None }
    }

    /// The type of a custom kind from its `openAPIV3Schema`. `apiVersion`, `kind` and `metadata` are added.
    pub fn of_custom_kind(open_api: &Json) -> Schema {
        let mut root = CustomType::parse(open_api);
        root.shape = Shape::Struct;
        let text = Schema::Builtin { ty: Type::String, merge: None };
        root.properties.insert("apiVersion".into(), text.clone());
        root.properties.insert("kind".into(), text);
        root.properties.insert("metadata".into(), Schema::of(&OBJECT_META));
        Schema::Custom(Rc::new(root))
    }

    /// What sort of JSON it is.
    pub fn shape(&self) -> Shape {
        match self {
            Schema::Custom(custom) => custom.shape,
            Schema::Builtin { ty, .. } => match ty {
                Type::Message(_) => Shape::Struct,
                Type::List(_) => Shape::List,
                Type::Map(_) => Shape::Map,
                Type::Any | Type::MessageOrAny(_) => Shape::Any,
                _ => Shape::Scalar,
            },
        }
    }

    /// The type of a field of a struct, or of a value of a map.
    pub fn field(&self, name: &str) -> Option<Schema> {
        match self {
            Schema::Builtin { ty: Type::Message(info), .. } => {
                if info.gvk.is_some() && (name == "kind" || name == "apiVersion") {
                    return Some(Schema::Builtin { ty: Type::String, merge: None });
                }
                info.field(name).map(|field| Schema::Builtin { ty: field.ty, merge: field.merge })
            }
            Schema::Builtin { ty: Type::Map(_), .. } => self.item(),
            Schema::Builtin { .. } => None,
            Schema::Custom(custom) => custom.properties.get(name).or(custom.item.as_ref()).cloned(),
        }
    }

    /// The type of the items of a list or of the values of a map.
    pub fn item(&self) -> Option<Schema> {
        match self {
            Schema::Builtin { ty: Type::List(item) | Type::Map(item), .. } => {
                Some(Schema::Builtin { ty: **item, merge: None })
            }
            Schema::Builtin { .. } => None,
            Schema::Custom(custom) => custom.item.clone(),
        }
    }

    /// How a list of this type merges in server-side apply.
    pub fn list_rule(&self) -> ListRule {
        match self {
            Schema::Builtin { merge, .. } => match merge.map(|merge| merge.list) {
                Some(ListType::Set) => ListRule::Set,
                Some(ListType::Map(keys)) => ListRule::Map(keys.iter().map(|key| Str::from(*key)).collect()),
                _ => ListRule::Atomic,
            },
            Schema::Custom(custom) => custom.list.clone(),
        }
    }

    /// True if server-side apply owns an object of this type as a whole.
    pub fn is_atomic(&self) -> bool {
        match self {
            Schema::Builtin { ty, merge } => {
                let by_type = matches!(ty, Type::Message(info) if info.atomic);
                by_type || merge.is_some_and(|merge| merge.atomic)
            }
            Schema::Custom(custom) => custom.atomic,
        }
    }

    /// How strategic merge patch treats the field; only built-in types say so.
    pub fn patch_rule(&self) -> Option<&'static Merge> {
        match self {
            Schema::Builtin { merge, .. } => *merge,
            Schema::Custom(_) => None,
        }
    }

    /// The value that a key field of an associative list has when it is left out.
    pub fn key_default(&self, key: &str) -> Option<Json> {
        match self {
            Schema::Builtin { ty: Type::Message(info), .. } => info.field(key)?.key_default().map(Json::from),
            Schema::Builtin { .. } => None,
            Schema::Custom(custom) => match custom.properties.get(key)? {
                Schema::Custom(field) => field.default.clone(),
                Schema::Builtin { .. } => None,
            },
        }
    }

    /// The default that a custom resource definition gives for values of this type.
    pub fn default_value(&self) -> Option<&Json> {
        match self {
            Schema::Builtin { .. } => None,
            Schema::Custom(custom) => custom.default.as_ref(),
        }
    }

    /// True if fields that the type does not have are kept.
    pub fn keeps_unknown(&self) -> bool {
        match self {
            Schema::Builtin { ty, .. } => !matches!(ty, Type::Message(_)),
            Schema::Custom(custom) => custom.preserve_unknown,
        }
    }
}

impl CustomType {
    fn parse(schema: &Json) -> CustomType {
        let flag = |name: &str| schema.get(name).and_then(Json::as_bool).unwrap_or(false);
        let text = |name: &str| schema.get(name).and_then(Json::as_str).unwrap_or("");
        let child = |json: &Json| Schema::Custom(Rc::new(CustomType::parse(json)));
        let properties: OrdMap<Str, Schema> = schema
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(|(name, json)| {
                let embedded = flag("x-kubernetes-embedded-resource") && name == "metadata";
                (Str::new(name), if embedded { Schema::of(&OBJECT_META) } else { child(json) })
            })
            .collect();
        let additional = schema.get("additionalProperties").filter(|json| json.is_object());
        let item = schema.get("items").filter(|json| json.is_object()).or(additional).map(child);
        let preserve_unknown = flag("x-kubernetes-preserve-unknown-fields")
            || schema.get("additionalProperties").and_then(Json::as_bool) == Some(true);
        let shape = match text("type") {
            "object" if additional.is_some() => Shape::Map,
            "object" => Shape::Struct,
            "array" => Shape::List,
            "" if flag("x-kubernetes-int-or-string") => Shape::Scalar,
            "" => Shape::Any,
            _ => Shape::Scalar,
        };
        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array).into_iter().flatten();
        let list = match text("x-kubernetes-list-type") {
            "map" => ListRule::Map(keys.filter_map(Json::as_str).map(Str::from).collect()),
            "set" => ListRule::Set,
            _ => ListRule::Atomic,
        };
        CustomType {
            shape,
            properties,
            item,
            list,
            atomic: text("x-kubernetes-map-type") == "atomic",
            preserve_unknown,
            default: schema.get("default").cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::core::v1::Pod;
    use crate::meta::codec::Message;
    use serde_json::json;

    #[test]
    fn built_in_types_tell_how_they_merge() {
        let pod = Schema::of(Pod::default().info());
        let spec = pod.field("spec").unwrap();
        let containers = spec.field("containers").unwrap();
        assert_eq!(containers.list_rule(), ListRule::Map(vec!["name".into()]));
        assert_eq!(containers.patch_rule().unwrap().patch_key, "name");
        let ports = containers.item().unwrap().field("ports").unwrap();
        assert_eq!(ports.list_rule(), ListRule::Map(vec!["containerPort".into(), "protocol".into()]));
        assert_eq!(ports.item().unwrap().key_default("protocol"), Some(json!("TCP")));
        assert!(spec.field("nodeSelector").unwrap().is_atomic());
        assert!(spec.field("volumes").unwrap().patch_rule().unwrap().retain_keys);
        assert!(pod.field("apiVersion").is_some() && pod.field("nope").is_none());
        assert_eq!(Pod::GVK.kind, "Pod");
    }

    #[test]
    fn custom_types_do_too() {
        let widget = Schema::of_custom_kind(&json!({"type": "object", "properties": {"spec": {
            "type": "object",
            "properties": {
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {"type": "object", "properties": {"name": {"type": "string", "default": "web"}}}
                },
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"x-kubernetes-preserve-unknown-fields": true}
            }
        }}}));
        let spec = widget.field("spec").unwrap();
        let ports = spec.field("ports").unwrap();
        assert_eq!(ports.list_rule(), ListRule::Map(vec!["name".into()]));
        assert_eq!(ports.item().unwrap().key_default("name"), Some(json!("web")));
        assert_eq!(spec.field("labels").unwrap().field("any").unwrap().shape(), Shape::Scalar);
        assert!(spec.field("free").unwrap().keeps_unknown() && !spec.keeps_unknown());
        assert!(widget.field("metadata").unwrap().field("labels").is_some());
    }
}
