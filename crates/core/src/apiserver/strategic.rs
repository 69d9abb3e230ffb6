//! Strategic merge patch: like a JSON merge patch, but lists are merged by key where the kind's schema says so, and
//! directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say what merging cannot.
//! Mirrors mergeMap in k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.

use api::meta::schema::{Merge, Type, TypeInfo};
use api::{Json, JsonMap};
use collections::StableSort;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ELEMENT_ORDER: &str = "$setElementOrder/";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";

/// What the schema says of a field: the type of what is in it, and how it merges.
#[derive(Clone, Copy, Default)]
struct Rule {
    /// Struct behind the field or behind its list items; `None` for maps and opaque values.
    info: Option<&'static TypeInfo>,
    merge: bool,

    key: &'static str,
}

impl Rule {
    fn of(info: Option<&'static TypeInfo>, field: &str) -> Rule {
        info.and_then(|info| info.field(field))
            .map_or_else(Rule::default, |known| Rule::for_type(&known.ty, known.merge))
    }

    fn for_type(ty: &'static Type, merge: Option<&'static Merge>) -> Rule {
        let info = match ty {
            Type::Message(info) | Type::List(Type::Message(info)) | Type::Map(Type::Message(info)) => {
                Some(*info)
            }
            _ => None,
        };
        Rule {
            info,
            merge: merge.is_some_and(|merge| merge.patch_merge),

            key: merge.map_or("", |merge| merge.patch_key),
        }
    }
}

/// Applies `patch` to `original`, an object of the kind that `info` describes.
pub fn apply(original: &mut Json, patch: &Json, info: &'static TypeInfo) -> Result<(), String> {
    let (Json::Object(original), Json::Object(patch)) = (original, patch) else {
        return Err("expected a struct, but received a ".to_owned() + api::base::json::go_type(patch));
    };
    let merged = merge_map(std::mem::take(original), patch.clone(), Some(info))?;
    *original = merged;
    Ok(())
}

fn merge_map(
    original: JsonMap,
    mut patch: JsonMap,
    info: Option<&'static TypeInfo>,
) -> Result<JsonMap, String> {
    let mut original = original;
    match patch.shift_remove(DIRECTIVE) {
        None => {}
        Some(Json::String(directive)) => match directive.as_str() {
            "replace" => return Ok(patch),
            "delete" => return Ok(JsonMap::new()),
            "merge" => {}
            other => return Err(format!("unknown patch type found: {other} in map")),
        },
        Some(other) => return Err(format!("unknown patch type found: {other} in map")),
    }
    retain_keys(&mut original, &mut patch)?;
    merge_ordered_lists(&mut original, &mut patch, info)?;
    for (key, value) in patch {
        let (field, delete_from_list) = match key.strip_prefix(DELETE_FROM_LIST) {
            Some(field) => (field, true),
            None => (key.as_str(), false),
        };
        if value.is_null() {
            original.shift_remove(field);
            continue;
        }
        let Some(existing) = original.get_mut(field) else {
            if !delete_from_list {
                original.insert(field.to_owned(), clean(value));
            }
            continue;
        };
        let rule = Rule::of(info, field);
        let merged = match (std::mem::take(existing), value) {
            (Json::Object(old), Json::Object(new)) => Json::Object(merge_map(old, new, rule.info)?),
            (Json::Array(old), Json::Array(new)) if delete_from_list => {
                Json::Array(old.into_iter().filter(|item| !new.contains(item)).collect())
            }
            (Json::Array(old), Json::Array(new)) if rule.merge => Json::Array(merge_list(old, new, rule)?),
            (old, _) if delete_from_list => old,
            (_, new) => clean(new),
        };
        original.insert(field.to_owned(), merged);
    }
    Ok(original)
}

/// Drops directives and nulls from what is taken as it is (`dropDirectives`, `discardNullValuesFromPatch`).
fn clean(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.into_iter().filter(|(key, value)| !is_directive(key) && !value.is_null());
            Json::Object(kept.map(|(key, value)| (key, clean(value))).collect())
        }
        Json::Array(items) => {
            let kept = items.into_iter().filter(|item| item.get(DIRECTIVE).is_none());
            Json::Array(kept.map(clean).collect())
        }
        other => other,
    }
}

fn is_directive(key: &str) -> bool {
    key == DIRECTIVE
        || key == RETAIN_KEYS
        || key.starts_with(ELEMENT_ORDER)
        || key.starts_with(DELETE_FROM_LIST)
}

/// `$retainKeys` names the only keys that may stay: unions such as `strategy` and volumes use it.
fn retain_keys(original: &mut JsonMap, patch: &mut JsonMap) -> Result<(), String> {
    let Some(kept) = patch.shift_remove(RETAIN_KEYS) else { return Ok(()) };
    let Json::Array(kept) = kept else {
        return Err("invalid patch format of retainKeys: $retainKeys must be a list".to_owned());
    };
    let stays = |key: &str| kept.iter().any(|name| name == key);
    if let Some(key) = patch.keys().find(|key| !is_directive(key) && !stays(key)) {
        return Err(format!("the patch has a key {key:?} that is not in the $retainKeys list"));
    }
    original.retain(|key, _| stays(key));
    Ok(())
}

/// Merges the lists whose order the patch gives, and takes them out of the patch (`mergePatchIntoOriginal`).
fn merge_ordered_lists(
    original: &mut JsonMap,
    patch: &mut JsonMap,
    info: Option<&'static TypeInfo>,
) -> Result<(), String> {
    let ordered: Vec<String> =
        patch.keys().filter_map(|key| key.strip_prefix(ELEMENT_ORDER)).map(str::to_owned).collect();
    for field in ordered {
        let order = patch.shift_remove(&format!("{ELEMENT_ORDER}{field}"));
        let Some(Json::Array(order)) = order else {
            return Err(format!("invalid patch format of setElementOrder list: {field}"));
        };
        let rule = Rule::of(info, &field);
        let given = patch.shift_remove(&field);
        let removed = patch.shift_remove(&format!("{DELETE_FROM_LIST}{field}"));
        let before = match original.get(&field) {
            Some(Json::Array(items)) => Some(items.clone()),
            Some(_) | None => None,
        };
        let mut merged = match (before.clone(), given) {
            (_, Some(Json::Null)) => {
                original.shift_remove(&field);
                continue;
            }
            (Some(old), Some(Json::Array(new))) => merge_list(old, new, rule)?,
            (Some(old), _) => old,
            (None, Some(Json::Array(new))) => match clean(Json::Array(new)) {
                Json::Array(items) => items,
                _ => Vec::new(),
            },
            (None, _) => continue,
        };
        if let Some(Json::Array(removed)) = removed {
            merged.retain(|item| !removed.contains(item));
        }
        let sorted = in_order(merged, &order, &before.unwrap_or_default(), rule.key);
        original.insert(field, Json::Array(sorted));
    }
    Ok(())
}

/// Merges a list of scalars (as a set) or of maps (by the merge key).
fn merge_list(original: Vec<Json>, patch: Vec<Json>, rule: Rule) -> Result<Vec<Json>, String> {
    let maps = original.iter().chain(&patch).next().is_some_and(Json::is_object);
    if !maps {
        let before = original.clone();
        let mut merged = original;
        for item in &patch {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return Ok(in_order(merged, &patch, &before, ""));
    }
    if rule.key.is_empty() {
        return Err("cannot merge lists without merge key".to_owned());
    }
    let (mut merged, patch) = special_items(original, patch, rule.key)?;
    let before = merged.clone();
    for item in &patch {
        let wanted = merge_key(item, rule.key)?.clone();
        let Json::Object(change) = item else { continue };
        match merged.iter_mut().find(|known| known.get(rule.key) == Some(&wanted)) {
            Some(known) => {
                let Json::Object(old) = std::mem::take(known) else { continue };
                *known = Json::Object(merge_map(old, change.clone(), rule.info)?);
            }
            None => merged.push(clean(item.clone())),
        }
    }
    Ok(in_order(merged, &patch, &before, rule.key))
}

fn merge_key<'a>(item: &'a Json, key: &str) -> Result<&'a Json, String> {
    let missing =
        || format!("map: {} does not contain declared merge key: {key}", super::patch::go_map(item));
    item.get(key).ok_or_else(missing)
}

/// Items of the patch that carry `$patch`: delete an item, or replace the whole list.
fn special_items(original: Vec<Json>, patch: Vec<Json>, key: &str) -> Result<(Vec<Json>, Vec<Json>), String> {
    let mut original = original;
    let mut plain = Vec::with_capacity(patch.len());
    let mut replace = false;
    for item in patch {
        match item.get(DIRECTIVE).and_then(Json::as_str) {
            None => plain.push(item),
            Some("delete") => {
                let gone = merge_key(&item, key)?;
                original.retain(|known| known.get(key) != Some(gone));
            }
            Some("replace") => replace = true,
            Some("merge") => return Err("merging lists cannot yet be specified in the patch".to_owned()),
            Some(other) => return Err(format!("unknown patch type found: {other}")),
        }
    }
    if replace { Ok((plain.into_iter().map(clean).collect(), Vec::new())) } else { Ok((original, plain)) }
}

fn position(list: &[Json], item: &Json, key: &str) -> Option<usize> {
    if key.is_empty() {
        return list.iter().position(|known| known == item);
    }
    let value = item.get(key);
    list.iter().position(|known| known.get(key) == value)
}

/// Orders items: those of `order` as it says, the others where they stood in `before` (`normalizeElementOrder`).
fn in_order(items: Vec<Json>, order: &[Json], before: &[Json], key: &str) -> Vec<Json> {
    let (mut listed, mut others): (Vec<Json>, Vec<Json>) =
        items.into_iter().partition(|item| position(order, item, key).is_some());
    listed.stable_sort_by_key(|item| position(order, item, key));
    others.stable_sort_by_key(|item| position(before, item, key));
    let (mut left, mut right) = (others.into_iter().peekable(), listed.into_iter().peekable());
    let mut sorted = Vec::new();
    loop {
        let take_left = match (left.peek(), right.peek()) {
            (None, None) => return sorted,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(l), Some(r)) => match (position(before, l, key), position(before, r, key)) {
                (Some(l), Some(r)) => l < r,
                _ => false,
            },
        };
        sorted.extend(if take_left { left.next() } else { right.next() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(patch: Json) -> Json {
        let mut pod = json!({
            "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]},
            "spec": {
                "containers": [{"name": "one", "image": "i:1", "args": ["a"]}, {"name": "two", "image": "j:1"}],
                "volumes": [{"name": "v", "emptyDir": {}}],
                "nodeSelector": {"disk": "ssd"}
            }
        });
        let info = api::kind_info(&api::Gvk::of("", "v1", "Pod")).expect("Pod is built in").info;
        apply(&mut pod, &patch, info).expect("the patch applies");
        pod
    }

    #[test]
    fn lists_merge_by_key() {
        let patched = pod(
            json!({"spec": {"containers": [{"name": "two", "image": "j:2"}, {"name": "three", "image": "k"}]}}),
        );
        let names: Vec<_> = patched["spec"]["containers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["one", "two", "three"]);
        assert_eq!(patched["spec"]["containers"][1]["image"], "j:2");
        assert_eq!(patched["spec"]["containers"][0]["args"], json!(["a"]));
    }

    #[test]
    fn scalars_of_merging_lists_form_a_set() {
        assert_eq!(
            pod(json!({"metadata": {"finalizers": ["y", "z"]}}))["metadata"]["finalizers"],
            json!(["x", "y", "z"])
        );
        let removed = pod(json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x"]}}));
        assert_eq!(removed["metadata"]["finalizers"], json!(["y"]));
    }

    #[test]
    fn atomic_lists_are_replaced() {
        let patched = pod(json!({"spec": {"containers": [{"name": "one", "args": ["b"]}]}}));
        assert_eq!(patched["spec"]["containers"][0]["args"], json!(["b"]));
    }

    #[test]
    fn directives_delete_replace_and_order() {
        let deleted = pod(json!({"spec": {"containers": [{"name": "one", "$patch": "delete"}]}}));
        assert_eq!(deleted["spec"]["containers"], json!([{"name": "two", "image": "j:1"}]));
        let replaced =
            pod(json!({"spec": {"containers": [{"$patch": "replace"}, {"name": "new", "image": "n"}]}}));
        assert_eq!(replaced["spec"]["containers"], json!([{"name": "new", "image": "n"}]));
        let cleared = pod(json!({"spec": {"nodeSelector": {"$patch": "replace", "gpu": "y"}}}));
        assert_eq!(cleared["spec"]["nodeSelector"], json!({"gpu": "y"}));
        let ordered =
            pod(json!({"spec": {"$setElementOrder/containers": [{"name": "two"}, {"name": "one"}]}}));
        assert_eq!(ordered["spec"]["containers"][0]["name"], "two");
        let retained = pod(
            json!({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}}),
        );
        assert_eq!(retained["spec"]["volumes"], json!([{"name": "v", "hostPath": {"path": "/x"}}]));
        assert_eq!(
            pod(json!({"metadata": {"labels": {"a": null}}}))["metadata"]["labels"],
            json!({"b": "2"})
        );
    }

    #[test]
    fn a_list_item_without_its_key_is_refused() {
        let info = api::kind_info(&api::Gvk::of("", "v1", "Pod")).expect("Pod is built in").info;
        let mut pod = json!({"spec": {"containers": [{"name": "one"}]}});
        let error = apply(&mut pod, &json!({"spec": {"containers": [{"image": "x"}]}}), info).unwrap_err();
        assert_eq!(error, "map: map[image:x] does not contain declared merge key: name");
    }
}
