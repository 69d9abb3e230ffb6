//! JSON patch (RFC 6902), with the leniencies of the library that the API server uses (evanphx/json-patch v4):
//! negative array indices count from the end, and testing for `null` holds for a missing member.

use crate::Json;

/// Why a patch was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchError {
    /// The patch is no list of operations.
    Malformed(String),
    /// An operation does not fit the document, or a test does not hold.
    Failed(String),
}

/// Applies all operations in order. After an error the document is in an undefined state.
pub fn apply(document: &mut Json, patch: &Json) -> Result<(), PatchError> {
    let Json::Array(operations) = patch else {
        let what = super::json::go_type(patch);
        return Err(PatchError::Malformed(format!(
            "json: cannot unmarshal {what} into Go value of type jsonpatch.Patch"
        )));
    };
    for operation in operations {
        let Json::Object(_) = operation else {
            let what = super::json::go_type(operation);
            let message = format!("json: cannot unmarshal {what} into Go value of type jsonpatch.Operation");
            return Err(PatchError::Malformed(message));
        };
        step(document, operation).map_err(PatchError::Failed)?;
    }
    Ok(())
}

fn step(document: &mut Json, operation: &Json) -> Result<(), String> {
    let text = |key: &str| operation.get(key).and_then(Json::as_str);
    let kind = text("op").unwrap_or("unknown");
    let path = text("path").ok_or_else(|| format!("{kind} operation: missing path"))?;
    let value = || operation.get("value").cloned().unwrap_or(Json::Null);
    let from = || text("from").ok_or_else(|| format!("{kind} operation: missing from"));
    match kind {
        "add" => add(document, path, value()),
        "remove" => remove(document, path).map(drop),
        "replace" => replace(document, path, value()),
        "move" => {
            let moved = remove(document, from()?)?;
            add(document, path, moved)
        }
        "copy" => {
            let source = from()?;
            let copied = lookup(document, source).ok_or_else(|| missing("copy", source))?.clone();
            add(document, path, copied)
        }
        "test" => {
            let (found, wanted) = (lookup(document, path).unwrap_or(&Json::Null), value());
            if *found == wanted { Ok(()) } else { Err(format!("testing path {path} failed: test failed")) }
        }
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn missing(kind: &str, path: &str) -> String {
    format!("{kind} operation does not apply: doc is missing path: \"{path}\": missing value")
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Splits a pointer into the tokens of the parent and the last token. The empty pointer has no parent.
fn split(path: &str) -> Option<(Vec<String>, String)> {
    let rest = path.strip_prefix('/')?;
    let mut tokens: Vec<String> = rest.split('/').map(unescape).collect();
    let last = tokens.pop()?;
    Some((tokens, last))
}

/// The index that `token` names in a list of `len` items.
fn position(token: &str, len: usize) -> Option<usize> {
    let index: i64 = token.parse().ok()?;
    let index = if index < 0 { index + i64::try_from(len).ok()? } else { index };
    usize::try_from(index).ok()
}

fn member<'a>(container: &'a Json, token: &str) -> Option<&'a Json> {
    match container {
        Json::Object(map) => map.get(token),
        Json::Array(items) => items.get(position(token, items.len())?),
        _ => None,
    }
}

fn lookup<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    if path.is_empty() {
        return Some(document);
    }
    let (parents, last) = split(path)?;
    parents.iter().try_fold(document, |at, token| member(at, token)).and_then(|parent| member(parent, &last))
}

fn parent<'a>(document: &'a mut Json, tokens: &[String]) -> Option<&'a mut Json> {
    tokens.iter().try_fold(document, |at, token| match at {
        Json::Object(map) => map.get_mut(token.as_str()),
        Json::Array(items) => {
            let index = position(token, items.len())?;
            items.get_mut(index)
        }
        _ => None,
    })
}

fn add(document: &mut Json, path: &str, value: Json) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (parents, last) = split(path).ok_or_else(|| missing("add", path))?;
    match parent(document, &parents) {
        Some(Json::Object(map)) => {
            map.insert(last, value);
            Ok(())
        }
        Some(Json::Array(items)) => {
            let len = items.len();
            // A new item may go behind the last one, so there is one position more than items; -1 means behind.
            let index = if last == "-" { Some(len) } else { position(&last, len + 1) };
            match index {
                Some(index) if index <= len => {
                    items.insert(index, value);
                    Ok(())
                }
                _ => Err(format!(
                    "add operation does not apply: doc is missing path: \"{path}\": invalid index"
                )),
            }
        }
        _ => Err(missing("add", path)),
    }
}

fn remove(document: &mut Json, path: &str) -> Result<Json, String> {
    let (parents, last) = split(path).ok_or_else(|| missing("remove", path))?;
    let removed = match parent(document, &parents) {
        Some(Json::Object(map)) => map.shift_remove(last.as_str()),
        Some(Json::Array(items)) => {
            position(&last, items.len()).filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        _ => None,
    };
    removed.ok_or_else(|| missing("remove", path))
}

fn replace(document: &mut Json, path: &str, value: Json) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (parents, last) = split(path).ok_or_else(|| missing("replace", path))?;
    let slot = match parent(document, &parents) {
        Some(Json::Object(map)) => map.get_mut(last.as_str()),
        Some(Json::Array(items)) => position(&last, items.len()).and_then(|index| items.get_mut(index)),
        _ => None,
    };
    *slot.ok_or_else(|| missing("replace", path))? = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(document: Json, patch: Json) -> Result<Json, PatchError> {
        let mut document = document;
        apply(&mut document, &patch).map(|()| document)
    }

    #[test]
    fn operations_follow_the_rfc() {
        for (document, patch, expected) in [
            (json!({"a": 1}), json!([{"op": "add", "path": "/b", "value": 2}]), json!({"a": 1, "b": 2})),
            (
                json!({"a": [1, 3]}),
                json!([{"op": "add", "path": "/a/1", "value": 2}]),
                json!({"a": [1, 2, 3]}),
            ),
            (json!({"a": [1]}), json!([{"op": "add", "path": "/a/-", "value": 2}]), json!({"a": [1, 2]})),
            (json!({"a": [1, 2]}), json!([{"op": "remove", "path": "/a/-1"}]), json!({"a": [1]})),
            (json!({"a/b": 1}), json!([{"op": "replace", "path": "/a~1b", "value": 2}]), json!({"a/b": 2})),
            (json!({"a": 1}), json!([{"op": "move", "from": "/a", "path": "/b"}]), json!({"b": 1})),
            (json!({"a": 1}), json!([{"op": "copy", "from": "/a", "path": "/b"}]), json!({"a": 1, "b": 1})),
            (json!({"a": 1}), json!([{"op": "test", "path": "/a", "value": 1}]), json!({"a": 1})),
            (json!({"a": 1}), json!([{"op": "test", "path": "/zz", "value": null}]), json!({"a": 1})),
        ] {
            assert_eq!(patched(document, patch.clone()), Ok(expected), "{patch}");
        }
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for patch in [
            json!([{"op": "remove", "path": "/zz"}]),
            json!([{"op": "replace", "path": "/zz", "value": 1}]),
            json!([{"op": "add", "path": "/zz/b", "value": 1}]),
            json!([{"op": "test", "path": "/a", "value": 77}]),
            json!([{"op": "frob", "path": "/a"}]),
            json!([{"op": "add"}]),
        ] {
            assert!(matches!(patched(json!({"a": 1}), patch), Err(PatchError::Failed(_))));
        }
        assert!(matches!(patched(json!({}), json!({"op": "add"})), Err(PatchError::Malformed(_))));
        assert!(matches!(patched(json!({}), json!(["add"])), Err(PatchError::Malformed(_))));
    }
}
