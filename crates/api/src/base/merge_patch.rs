//! JSON merge patch (RFC 7386).

use crate::Json;

/// Applies `patch` to `target`: members are merged, `null` removes a member, anything else replaces.
pub fn apply(target: &mut Json, patch: &Json) {
    let Json::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(crate::JsonMap::new());
    }
    let Json::Object(members) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            members.shift_remove(key.as_str());
        } else if let Some(member) = members.get_mut(key.as_str()) {
            apply(member, change);
        } else {
            let mut member = Json::Null;
            apply(&mut member, change);
            members.insert(key.clone(), member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_examples_of_the_rfc() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target;
            apply(&mut merged, &patch);
            assert_eq!(merged, expected);
        }
    }
}
