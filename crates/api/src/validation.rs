//! Strict decoding: fields that the type does not have, and fields given twice. The words are those of
//! `sigs.k8s.io/json` as the API server reports them.

use crate::Json;
use crate::meta::schema::{Schema, Shape, Type};

/// Complaints about fields that a type does not have, in the order of the JSON: `unknown field "spec.ports"`.
pub fn unknown_fields(json: &Json, schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = String::new();
    check(json, schema, &mut path, &mut found);
    found
}

/// The message of a request refused for such complaints; `None` if there are none.
pub fn strict_error(complaints: &[String]) -> Option<String> {
    (!complaints.is_empty()).then(|| format!("strict decoding error: {}", complaints.join(", ")))
}

fn check(json: &Json, schema: &Schema, path: &mut String, found: &mut Vec<String>) {
    // A struct, a list of it, or something else: the JSON tells which.
    if let Schema::Builtin { ty: Type::MessageOrAny(info), .. } = schema {
        let item = Schema::of(info);
        return match json {
            Json::Object(_) => check(json, &item, path, found),
            Json::Array(items) => check_items(items, &item, path, found),
            _ => {}
        };
    }
    match (schema.shape(), json) {
        (Shape::List, Json::Array(items)) => {
            if let Some(item) = schema.item() {
                check_items(items, &item, path, found);
            }
        }
        (Shape::Struct | Shape::Map | Shape::Any, Json::Object(map)) => {
            for (key, value) in map {
                let step = if path.is_empty() { key.clone() } else { format!(".{key}") };
                within(path, &step, |path| match schema.field(key) {
                    Some(field) => check(value, &field, path, found),
                    None if schema.keeps_unknown() => {}
                    None => found.push(format!("unknown field {path:?}")),
                });
            }
        }
        _ => {}
    }
}

fn check_items(items: &[Json], item: &Schema, path: &mut String, found: &mut Vec<String>) {
    for (index, json) in items.iter().enumerate() {
        within(path, &format!("[{index}]"), |path| check(json, item, path, found));
    }
}

/// Removes the fields that a custom type does not have: what the API server does before it stores ("pruning").
pub fn prune(json: &mut Json, schema: &Schema) {
    match (schema.shape(), json) {
        (Shape::List, Json::Array(items)) => {
            if let Some(item) = schema.item() {
                items.iter_mut().for_each(|json| prune(json, &item));
            }
        }
        (Shape::Struct | Shape::Map | Shape::Any, Json::Object(map)) => {
            if !schema.keeps_unknown() {
                map.retain(|key, _| schema.field(key).is_some());
            }
            for (key, value) in map.iter_mut() {
                if let Some(field) = schema.field(key) {
                    prune(value, &field);
                }
            }
        }
        _ => {}
    }
}

fn within(path: &mut String, step: &str, run: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    run(path);
    path.truncate(length);
}

/// Complaints about keys that occur twice in one object of JSON text: `duplicate field "spec.replicas"`. Text that is no
/// JSON gives none: reading it will fail anyway.
pub fn duplicate_fields(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        match first {
            '{' => frames.push(Frame::Object { keys: Vec::new(), expects_key: true }),
            '[' => frames.push(Frame::Array(0)),
            '}' | ']' => {
                frames.pop();
            }
            ',' => match frames.last_mut() {
                Some(Frame::Object { expects_key, .. }) => *expects_key = true,
                Some(Frame::Array(index)) => *index += 1,
                None => {}
            },
            '"' => {
                let Some(end) = string_end(rest) else { return found };
                length = end;
                let at_key = matches!(frames.last(), Some(Frame::Object { expects_key: true, .. }));
                if at_key {
                    let Ok(key) = serde_json::from_str::<String>(&rest[..end]) else { return found };
                    note_key(&mut frames, key, &mut found);
                }
            }
            _ => {}
        }
        rest = rest[length..].trim_start();
    }
    found
}

enum Frame {
    /// Keys seen; the last one is being read.
    Object { keys: Vec<String>, expects_key: bool },
    /// Index of the item being read.
    Array(usize),
}

/// Length of the string literal at the start of the text, with its quotes.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

fn note_key(frames: &mut [Frame], key: String, found: &mut Vec<String>) {
    let Some(Frame::Object { keys, expects_key }) = frames.last_mut() else { return };
    *expects_key = false;
    // The key being read is kept last, for the path.
    let twice = keys.iter().position(|known| *known == key);
    if let Some(index) = twice {
        keys.remove(index);
    }
    keys.push(key);
    if twice.is_none() {
        return;
    }
    let mut path = String::new();
    for frame in frames.iter() {
        match frame {
            Frame::Object { keys, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(keys.last().map_or("", String::as_str));
            }
            Frame::Array(index) => path.push_str(&format!("[{index}]")),
        }
    }
    let complaint = format!("duplicate field {path:?}");
    if !found.contains(&complaint) {
        found.push(complaint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind_info;
    use crate::meta::gvk::Gvk;
    use serde_json::json;

    fn complaints(gvk: Gvk, json: Json) -> Vec<String> {
        unknown_fields(&json, &Schema::of(kind_info(&gvk).unwrap().info))
    }

    #[test]
    fn unknown_fields_are_named_with_their_path() {
        let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "label": {}}, "spec": {
            "containers": [{"name": "a", "image": "b", "port": 1}], "nodeSelector": {"any": "thing"}, "ports": []
        }});
        assert_eq!(
            complaints(Gvk::of("", "v1", "Pod"), pod),
            [
                "unknown field \"metadata.label\"",
                "unknown field \"spec.containers[0].port\"",
                "unknown field \"spec.ports\""
            ]
        );
        let crd = json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": {"properties": {
            "spec": {"items": {"minumum": 1}}, "free": {"default": {"any": "thing"}}
        }}}}]}});
        assert_eq!(
            complaints(Gvk::of("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), crd),
            ["unknown field \"spec.versions[0].schema.openAPIV3Schema.properties.spec.items.minumum\""]
        );
        let set = json!({"spec": {"volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim"}]}});
        assert!(complaints(Gvk::of("apps", "v1", "StatefulSet"), set).is_empty());
    }

    #[test]
    fn custom_kinds_are_checked_and_pruned_by_their_schema() {
        let schema = Schema::of_custom_kind(&json!({"type": "object", "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}}
        }}));
        let mut widget = json!({"apiVersion": "a/v1", "kind": "W", "metadata": {"name": "w"}, "spec": {"size": 1, "bogus": 2}});
        assert_eq!(unknown_fields(&widget, &schema), ["unknown field \"spec.bogus\""]);
        prune(&mut widget, &schema);
        assert_eq!(widget["spec"], json!({"size": 1}));
        assert_eq!(widget["metadata"], json!({"name": "w"}));
    }

    #[test]
    fn fields_given_twice_are_named_once() {
        let text = r#"{"a": 1, "b": [{"c": "{\"x\"", "c": {}, "c": 2}], "a": {"b": [1, 2]}}"#;
        assert_eq!(duplicate_fields(text), ["duplicate field \"b[0].c\"", "duplicate field \"a\""]);
        assert!(duplicate_fields("{\"a\": ").is_empty());
        assert!(duplicate_fields("é\"").is_empty());
    }

    #[test]
    fn strict_errors_join_complaints() {
        assert_eq!(
            strict_error(&["unknown field \"a\"".to_owned(), "duplicate field \"b\"".to_owned()]).as_deref(),
            Some("strict decoding error: unknown field \"a\", duplicate field \"b\"")
        );
        assert_eq!(strict_error(&[]), None);
    }
}
