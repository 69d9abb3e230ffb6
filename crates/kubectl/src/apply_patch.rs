//! The patch of `kubectl apply`: three-way, strategic where the kind's schema is known, JSON merge otherwise (mirrors
//! `apimachinery/pkg/util/strategicpatch` and `jsonmergepatch`).
//!
//! Changes and additions come from live against wanted, deletions from last applied against wanted; so fields that
//! others set stay, and fields that were dropped from the manifest go.

use api::meta::object::kind_info;
use api::meta::schema::{FieldInfo, Type, TypeInfo};
use api::{Gvk, Json, JsonMap};
use collections::StableSort;
use serde_json::json;

use crate::discovery::{array, split};
use crate::ops::merge_patch;

/// How a patch is to be sent, and the patch.
pub struct ApplyPatch {
    /// A strategic merge patch; a JSON merge patch (RFC 7386) where the kind's schema is unknown.
    pub strategic: bool,
    /// Empty (`{}`) when nothing is to be changed.
    pub patch: Json,
}

/// Computes the patch. `original` is the last applied configuration, or `null`.
pub fn three_way(original: &Json, modified: &Json, current: &Json) -> ApplyPatch {
    let (group, version) = split(current["apiVersion"].as_str().unwrap_or(""));
    let schema = kind_info(&Gvk::new(group, version, current["kind"].as_str().unwrap_or(""))).map(|k| k.info);
    let empty = json!({});
    let original = if original.is_object() { original } else { &empty };
    match schema {
        Some(info) => {
            let delta = diff_maps(map(current), map(modified), Some(info), Want::Changes, false);
            let deletions = diff_maps(map(original), map(modified), Some(info), Want::Deletions, false);
            ApplyPatch { strategic: true, patch: Json::Object(merge(deletions, delta, Some(info))) }
        }
        None => {
            let mut changes = merge_patch(current, modified);
            keep_nulls(&mut changes, false);
            let mut deletions = merge_patch(original, modified);
            keep_nulls(&mut deletions, true);
            ApplyPatch { strategic: false, patch: overlay(deletions, changes) }
        }
    }
}

/// Computes the strategic (or merge) patch from one version of an object to another.
pub fn two_way(before: &Json, after: &Json) -> ApplyPatch {
    let (group, version) = split(before["apiVersion"].as_str().unwrap_or(""));
    match kind_info(&Gvk::new(group, version, before["kind"].as_str().unwrap_or(""))).map(|k| k.info) {
        Some(info) => ApplyPatch {
            strategic: true,
            patch: Json::Object(diff_maps(map(before), map(after), Some(info), Want::All, false)),
        },
        None => ApplyPatch { strategic: false, patch: merge_patch(before, after) },
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Changes,
    Deletions,
    All,
}

impl Want {
    fn changes(self) -> bool {
        self != Want::Deletions
    }
    fn deletions(self) -> bool {
        self != Want::Changes
    }
}

fn map(value: &Json) -> &JsonMap {
    static EMPTY: std::sync::LazyLock<JsonMap> = std::sync::LazyLock::new(JsonMap::new);
    value.as_object().unwrap_or(&EMPTY)
}

/// The struct a field's value (or its items) is made of.
fn message(ty: &Type) -> Option<&'static TypeInfo> {
    match ty {
        Type::Message(info) => Some(info),
        Type::List(item) | Type::Map(item) => message(item),
        _ => None,
    }
}

fn field(schema: Option<&'static TypeInfo>, name: &str) -> Option<&'static FieldInfo> {
    schema.and_then(|s| s.field(name))
}

fn below(field: Option<&'static FieldInfo>) -> Option<&'static TypeInfo> {
    field.and_then(|f| message(&f.ty))
}

fn diff_maps(
    before: &JsonMap,
    after: &JsonMap,
    schema: Option<&'static TypeInfo>,
    want: Want,
    retain: bool,
) -> JsonMap {
    let mut patch = JsonMap::new();
    let mut keys: Vec<&String> = after.keys().collect();
    keys.stable_sort();
    for key in keys {
        let value = &after[key];
        let Some(old) = before.get(key) else {
            if want.changes() {
                patch.insert(key.clone(), value.clone());
            }
            continue;
        };
        let info = field(schema, key);
        let merge = info.and_then(|f| f.merge);
        match (old, value) {
            (Json::Object(old), Json::Object(new)) => {
                let retain = merge.is_some_and(|m| m.retain_keys);
                // Items of a map type have no fields of their own in the schema.
                let inner = match info.map(|f| f.ty) {
                    Some(Type::Message(info)) => Some(info),
                    _ => None,
                };
                let inner = diff_maps(old, new, inner, want, retain);
                if !inner.is_empty() {
                    patch.insert(key.clone(), Json::Object(inner));
                }
            }
            (Json::Array(old), Json::Array(new)) => {
                let merges = merge.is_some_and(|m| m.patch_merge);
                if merges {
                    diff_lists(
                        key,
                        old,
                        new,
                        merge.map_or("", |m| m.patch_key),
                        below(info),
                        want,
                        &mut patch,
                    );
                } else if want.changes() && old != new {
                    patch.insert(key.clone(), value.clone());
                }
            }
            _ => {
                if want.changes() && old != value {
                    patch.insert(key.clone(), value.clone());
                }
            }
        }
    }
    if want.deletions() {
        for key in before.keys().filter(|k| !after.contains_key(*k)) {
            patch.insert(key.clone(), Json::Null);
        }
    }
    if retain && !patch.is_empty() {
        let mut names: Vec<&String> = after.keys().collect();
        names.stable_sort();
        patch.insert("$retainKeys".into(), json!(names));
    }
    patch
}

fn diff_lists(
    name: &str,
    before: &[Json],
    after: &[Json],
    key: &str,
    schema: Option<&'static TypeInfo>,
    want: Want,
    patch: &mut JsonMap,
) {
    let order = format!("$setElementOrder/{name}");
    if key.is_empty() {
        let added: Vec<Json> = after.iter().filter(|v| !before.contains(v)).cloned().collect();
        let removed: Vec<Json> = before.iter().filter(|v| !after.contains(v)).cloned().collect();
        let (adds, removes) = (want.changes() && !added.is_empty(), want.deletions() && !removed.is_empty());
        if adds {
            patch.insert(name.into(), Json::Array(added));
        }
        if removes {
            patch.insert(format!("$deleteFromPrimitiveList/{name}"), Json::Array(removed));
        }
        if adds || removes || (want.changes() && before != after) {
            patch.insert(order, Json::Array(after.to_vec()));
        }
        return;
    }
    let mut list: Vec<Json> = Vec::new();
    for item in after {
        match before.iter().find(|b| b[key] == item[key]) {
            Some(old) => {
                let mut inner = diff_maps(map(old), map(item), schema, want, false);
                if !inner.is_empty() {
                    inner.insert(key.into(), item[key].clone());
                    list.push(Json::Object(inner));
                }
            }
            None if want.changes() => list.push(item.clone()),
            None => {}
        }
    }
    if want.deletions() {
        for old in before.iter().filter(|b| !after.iter().any(|a| a[key] == b[key])) {
            list.push(json!({ "$patch": "delete", key: old[key] }));
        }
    }
    let same_order = before.len() == after.len() && before.iter().zip(after).all(|(b, a)| b[key] == a[key]);
    if !list.is_empty() || (want.changes() && !same_order) {
        patch.insert(order, after.iter().map(|a| json!({ key: a[key] })).collect());
    }
    if !list.is_empty() {
        patch.insert(name.into(), Json::Array(list));
    }
}

/// Joins the patch of deletions with the patch of changes.
fn merge(mut base: JsonMap, over: JsonMap, schema: Option<&'static TypeInfo>) -> JsonMap {
    for (key, value) in over {
        let info = field(schema, &key);
        let patch_key = info.and_then(|f| f.merge).filter(|m| m.patch_merge).map_or("", |m| m.patch_key);
        let merged = match (base.shift_remove(&key), value) {
            (Some(Json::Object(b)), Json::Object(o)) => Json::Object(merge(b, o, below(info))),
            (Some(Json::Array(b)), Json::Array(o)) if !patch_key.is_empty() => {
                Json::Array(merge_items(b, o, patch_key, below(info)))
            }
            (_, value) => value,
        };
        base.insert(key, merged);
    }
    base
}

fn merge_items(
    mut base: Vec<Json>,
    over: Vec<Json>,
    key: &str,
    schema: Option<&'static TypeInfo>,
) -> Vec<Json> {
    let mut out = Vec::new();
    for item in over {
        match base.iter().position(|b| b[key] == item[key]) {
            Some(at) => match (base.remove(at), item) {
                (Json::Object(b), Json::Object(o)) => out.push(Json::Object(merge(b, o, schema))),
                (_, item) => out.push(item),
            },
            None => out.push(item),
        }
    }
    out.extend(base);
    out
}

/// Keeps only the nulls of a merge patch, or everything but them.
fn keep_nulls(patch: &mut Json, nulls: bool) {
    let Some(map) = patch.as_object_mut() else { return };
    map.retain(|_, value| {
        if value.is_object() {
            let was_empty = value.as_object().is_some_and(|m| m.is_empty());
            keep_nulls(value, nulls);
            return value.as_object().is_some_and(|m| !m.is_empty()) || (was_empty && !nulls);
        }
        value.is_null() == nulls
    });
}

fn overlay(base: Json, over: Json) -> Json {
    match (base, over) {
        (Json::Object(mut base), Json::Object(over)) => {
            for (key, value) in over {
                let merged = match base.shift_remove(&key) {
                    Some(old) => overlay(old, value),
                    None => value,
                };
                base.insert(key, merged);
            }
            Json::Object(base)
        }
        (_, over) => over,
    }
}

/// Tells whether a patch names anything (used by tests and `apply`).
pub fn is_noop(patch: &Json) -> bool {
    map(patch).is_empty() && array(patch).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(replicas: Option<i64>, containers: Json) -> Json {
        let mut d = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": containers}}}});
        if let Some(n) = replicas {
            d["spec"]["replicas"] = n.into();
        }
        d
    }

    #[test]
    fn what_others_set_stays_and_what_was_dropped_goes() {
        let original =
            deployment(Some(3), json!([{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]));
        let modified = deployment(None, json!([{"name": "a", "image": "a:2"}]));
        let mut current = deployment(
            Some(5),
            json!([{"name": "a", "image": "a:1", "imagePullPolicy": "Always"}, {"name": "b", "image": "b:1"}]),
        );
        current["spec"]["template"]["metadata"] =
            json!({"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}});
        let patch = three_way(&original, &modified, &current);
        assert!(patch.strategic);
        assert_eq!(
            patch.patch,
            json!({"spec": {"replicas": null, "template": {"spec": {
                "$setElementOrder/containers": [{"name": "a"}],
                "containers": [{"name": "a", "image": "a:2"}, {"$patch": "delete", "name": "b"}]}}}})
        );
    }

    #[test]
    fn nothing_to_do_is_an_empty_patch() {
        let original = deployment(Some(3), json!([{"name": "a", "image": "a:1"}]));
        let mut current = original.clone();
        current["status"] = json!({"replicas": 3});
        assert!(is_noop(&three_way(&original, &original, &current).patch));
    }

    #[test]
    fn strategies_keep_their_keys() {
        let before = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
        let after = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"strategy": {"type": "Recreate"}}});
        let patch = three_way(&Json::Null, &after, &before);
        assert_eq!(patch.patch, json!({"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}}));
    }

    #[test]
    fn custom_resources_take_a_merge_patch() {
        let object = |spec: Json| json!({"apiVersion": "example.com/v1", "kind": "Widget", "spec": spec});
        let patch = three_way(
            &object(json!({"size": 1, "old": true})),
            &object(json!({"size": 2})),
            &object(json!({"size": 1, "old": true, "color": "red"})),
        );
        assert!(!patch.strategic);
        assert_eq!(patch.patch, json!({"spec": {"old": null, "size": 2}}));
    }
}
