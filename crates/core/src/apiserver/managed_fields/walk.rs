//! Objects as sets of fields: which fields a configuration has, what differs between two states, merging a configuration
//! into a state, and taking fields out. Driven by the schema: lists are associative, sets or atomic.
//! Mirrors sigs.k8s.io/structured-merge-diff/typed.

use api::meta::schema::{ListRule, Schema, Shape};
use api::{Json, JsonMap};
use collections::StableSort;

use super::set::{FieldSet, Path, Step};

/// How a value is looked into.
enum Inside<'a> {
    Members(&'a JsonMap),
    /// Items with the step that names each.
    Items(Vec<(Step, &'a Json)>),
    Leaf,
}

/// The schema of a field; nothing is known of what is below opaque values.
fn below(schema: Option<&Schema>, name: &str) -> Option<Schema> {
    schema.and_then(|schema| schema.field(name))
}

fn look<'a>(json: &'a Json, schema: Option<&Schema>) -> Inside<'a> {
    let shape = schema.map_or(Shape::Any, Schema::shape);
    if schema.is_some_and(Schema::is_atomic) {
        return Inside::Leaf;
    }
    match (json, shape) {
        (Json::Object(map), Shape::Struct | Shape::Map | Shape::Any) => Inside::Members(map),
        (Json::Array(items), Shape::List) => {
            let rule = schema.map_or(ListRule::Atomic, Schema::list_rule);
            let item = schema.and_then(Schema::item);
            let named: Option<Vec<_>> =
                items.iter().map(|json| Some((step_of(json, &rule, item.as_ref())?, json))).collect();
            named.map_or(Inside::Leaf, Inside::Items)
        }
        _ => Inside::Leaf,
    }
}

/// The step that names an item; `None` if the list is atomic or the item has no key.
fn step_of(json: &Json, rule: &ListRule, item: Option<&Schema>) -> Option<Step> {
    match rule {
        ListRule::Atomic => None,
        ListRule::Set => Some(Step::Value(json.to_string())),
        ListRule::Map(keys) => {
            let mut named: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
            named.stable_sort();
            let mut map = JsonMap::new();
            for key in named {
                let default = || item.and_then(|item| item.key_default(key));
                if let Some(value) = json.get(key).filter(|value| !value.is_null()).cloned().or_else(default)
                {
                    map.insert(key.to_owned(), value);
                }
            }
            (!map.is_empty()).then(|| Step::Key(Json::Object(map).to_string()))
        }
    }
}

/// Every field that a configuration names (`ToFieldSet`).
pub fn fields_of(json: &Json, schema: Option<&Schema>) -> FieldSet {
    let mut set = FieldSet::default();
    add_fields(json, schema, &mut Vec::new(), &mut set);
    set
}

fn add_fields(json: &Json, schema: Option<&Schema>, path: &mut Path, set: &mut FieldSet) {
    match look(json, schema) {
        Inside::Leaf => set.insert(path),
        Inside::Members(map) if map.is_empty() => set.insert(path),
        Inside::Members(map) => {
            for (name, value) in map {
                path.push(Step::Field(name.clone()));
                add_fields(value, below(schema, name).as_ref(), path, set);
                path.pop();
            }
        }
        Inside::Items(items) if items.is_empty() => set.insert(path),
        Inside::Items(items) => {
            let item = schema.and_then(Schema::item);
            for (step, value) in items {
                let scalar = matches!(step, Step::Value(_));
                path.push(step);
                set.insert(path);
                if !scalar {
                    add_fields(value, item.as_ref(), path, set);
                }
                path.pop();
            }
        }
    }
}

/// What differs between two states.
#[derive(Default)]
pub struct Comparison {
    /// Only in the new state.
    pub added: FieldSet,
    /// In both, with other values.
    pub modified: FieldSet,
    /// Only in the old state.
    pub removed: FieldSet,
}

/// Compares leaves and list items, as the schema's list types tell what an item is.
pub fn compare(old: &Json, new: &Json, schema: Option<&Schema>) -> Comparison {
    let mut found = Comparison::default();
    compare_values(Some(old), Some(new), schema, &mut Vec::new(), &mut found);
    found
}

fn compare_values(
    old: Option<&Json>,
    new: Option<&Json>,
    schema: Option<&Schema>,
    path: &mut Path,
    found: &mut Comparison,
) {
    if old == new {
        return;
    }
    let (Some(some), _) = (new.or(old), ()) else { return };
    if !path.is_empty() {
        match (old, new) {
            (None, _) => found.added.insert(path),
            (_, None) => found.removed.insert(path),
            _ => {}
        }
    }
    match look(some, schema) {
        Inside::Leaf => {
            if old.is_some() && new.is_some() {
                found.modified.insert(path);
            }
        }
        Inside::Members(_) => {
            let members =
                |json: Option<&'_ Json>| json.and_then(Json::as_object).cloned().unwrap_or_default();
            let (before, after) = (members(old), members(new));
            for name in after.keys().chain(before.keys().filter(|name| !after.contains_key(*name))) {
                path.push(Step::Field(name.clone()));
                compare_values(before.get(name), after.get(name), below(schema, name).as_ref(), path, found);
                path.pop();
            }
        }
        Inside::Items(_) => {
            let item = schema.and_then(Schema::item);
            let before = items(old, schema);
            let after = items(new, schema);
            for (step, value) in &after {
                let known = before.iter().find(|(known, _)| known == step).map(|(_, json)| *json);
                path.push(step.clone());
                compare_values(known, Some(value), item.as_ref(), path, found);
                path.pop();
            }
            for (step, value) in
                before.iter().filter(|(step, _)| !after.iter().any(|(known, _)| known == step))
            {
                path.push(step.clone());
                compare_values(Some(value), None, item.as_ref(), path, found);
                path.pop();
            }
        }
    }
}

fn items<'a>(json: Option<&'a Json>, schema: Option<&Schema>) -> Vec<(Step, &'a Json)> {
    match json.map(|json| look(json, schema)) {
        Some(Inside::Items(items)) => items,
        _ => Vec::new(),
    }
}

/// Merges a configuration into a state: what it names is set, what it does not name stays.
pub fn merge(live: Option<&Json>, config: &Json, schema: Option<&Schema>) -> Json {
    let Some(live) = live.filter(|live| !live.is_null()) else { return config.clone() };
    match (look(live, schema), look(config, schema)) {
        (Inside::Members(before), Inside::Members(wanted)) => {
            let mut merged = before.clone();
            for (name, value) in wanted {
                let value = merge(before.get(name), value, below(schema, name).as_ref());
                merged.insert(name.clone(), value);
            }
            Json::Object(merged)
        }
        (Inside::Items(before), Inside::Items(wanted)) => {
            let item = schema.and_then(Schema::item);
            let find = |list: &[(Step, &Json)], step: &Step| list.iter().position(|(known, _)| known == step);
            // Items of the configuration in its order; those of others stay before the one that they stood before.
            let mut merged = Vec::new();
            let mut rest = before.iter().filter(|(step, _)| find(&wanted, step).is_none()).peekable();
            for (step, value) in &wanted {
                if let Some(at) = find(&before, step) {
                    while rest
                        .peek()
                        .is_some_and(|(other, _)| find(&before, other).is_some_and(|other| other < at))
                    {
                        merged.extend(rest.next().map(|(_, json)| (*json).clone()));
                    }
                    merged.push(merge(Some(before[at].1), value, item.as_ref()));
                } else {
                    merged.push((*value).clone());
                }
            }
            merged.extend(rest.map(|(_, json)| (*json).clone()));
            Json::Array(merged)
        }
        _ => config.clone(),
    }
}

/// Takes fields out of an object: those in `gone`. What holds others that stay, stays.
pub fn remove(json: &mut Json, schema: Option<&Schema>, gone: &FieldSet, kept: &FieldSet) {
    remove_below(json, schema, &mut Vec::new(), gone, kept);
}

fn remove_below(json: &mut Json, schema: Option<&Schema>, path: &mut Path, gone: &FieldSet, kept: &FieldSet) {
    let leaves = |path: &Path| gone.contains(path) && !kept.0.iter().any(|other| other.starts_with(path));
    match look(json, schema) {
        Inside::Leaf => {}
        Inside::Members(map) => {
            let names: Vec<String> = map.keys().cloned().collect();
            for name in names {
                path.push(Step::Field(name.clone()));
                let whole = leaves(path);
                if let Json::Object(map) = &mut *json {
                    if whole {
                        map.shift_remove(&name);
                    } else if let Some(value) = map.get_mut(&name) {
                        remove_below(value, below(schema, &name).as_ref(), path, gone, kept);
                    }
                }
                path.pop();
            }
        }
        Inside::Items(items) => {
            let item = schema.and_then(Schema::item);
            let steps: Vec<Step> = items.into_iter().map(|(step, _)| step).collect();
            let Json::Array(list) = json else { return };
            let mut index = 0;
            for step in steps {
                path.push(step);
                if leaves(path) {
                    list.remove(index);
                } else {
                    remove_below(&mut list[index], item.as_ref(), path, gone, kept);
                    index += 1;
                }
                path.pop();
            }
        }
    }
}
