//! Strict decoding: fields that the type does not have, and fields given twice. The words are those of
//! `sigs.k8s.io/json` as the API server reports them.

use crate::Json;
use crate::meta::schema::{Type, TypeInfo};

/// Complaints about fields that a kind does not have, in the order of the JSON: `unknown field "spec.ports"`.
pub fn unknown_fields(json: &Json, info: &'static TypeInfo) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = String::new();
    check_message(json, info, &mut path, &mut found);
    found
}

/// The message of a request refused for such complaints; `None` if there are none.
pub fn strict_error(complaints: &[String]) -> Option<String> {
    (!complaints.is_empty()).then(|| format!("strict decoding error: {}", complaints.join(", ")))
}

fn check(json: &Json, ty: &'static Type, path: &mut String, found: &mut Vec<String>) {
    match (ty, json) {
        (Type::Message(info) | Type::MessageOrAny(info), Json::Object(_)) => {
            check_message(json, info, path, found);
        }
        (Type::List(item), Json::Array(items)) => {
            for (index, json) in items.iter().enumerate() {
                within(path, &format!("[{index}]"), |path| check(json, item, path, found));
            }
        }
        (Type::MessageOrAny(info), Json::Array(items)) => {
            for (index, json) in items.iter().enumerate() {
                within(path, &format!("[{index}]"), |path| check_message(json, info, path, found));
            }
        }
        (Type::Map(item), Json::Object(map)) => {
            for (key, json) in map {
                within(path, &format!(".{key}"), |path| check(json, item, path, found));
            }
        }
        _ => {}
    }
}

fn check_message(json: &Json, info: &'static TypeInfo, path: &mut String, found: &mut Vec<String>) {
    let Json::Object(map) = json else { return };
    for (key, value) in map {
        if info.gvk.is_some() && (key == "kind" || key == "apiVersion") {
            continue;
        }
        let step = if path.is_empty() { key.clone() } else { format!(".{key}") };
        within(path, &step, |path| match info.field(key) {
            Some(field) => check(value, &field.ty, path, found),
            None => found.push(format!("unknown field {path:?}")),
        });
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
        unknown_fields(&json, kind_info(&gvk).unwrap().info)
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
