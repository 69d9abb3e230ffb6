//! Sets of field paths, and their JSON form `fieldsV1`. Mirrors sigs.k8s.io/structured-merge-diff/fieldpath.

use std::fmt;

use api::{Json, JsonMap};
use collections::OrdSet;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A field of a struct or a key of a map: `f:name`.
    Field(String),
    /// An item of an associative list, by the canonical JSON of its keys: `k:{"name":"web"}`.
    Key(String),
    /// An item of a set, by its JSON: `v:"a"`.
    Value(String),
    /// Anything else that the wire may hold.
    Other(String),
}

impl Step {
    fn parse(text: &str) -> Step {
        match text.split_once(':') {
            Some(("f", name)) => Step::Field(name.to_owned()),
            Some(("k", keys)) => Step::Key(keys.to_owned()),
            Some(("v", value)) => Step::Value(value.to_owned()),
            _ => Step::Other(text.to_owned()),
        }
    }

    fn text(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(keys) => format!("k:{keys}"),
            Step::Value(value) => format!("v:{value}"),
            Step::Other(text) => text.clone(),
        }
    }
}

impl fmt::Display for Step {
    /// As conflicts show it: `.spec`, `[name="web"]`, `[="a"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Key(keys) => {
                let keys: Json = serde_json::from_str(keys).unwrap_or(Json::Null);
                let pairs: Vec<String> = keys
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                write!(f, "[{}]", pairs.join(","))
            }
            Step::Value(value) => write!(f, "[={value}]"),
            Step::Other(text) => f.write_str(text),
        }
    }
}

/// The way from an object's root to a field or item.
pub type Path = Vec<Step>;

/// The path as conflicts show it: `.spec.template.spec.containers[name="nginx"].image`.
pub fn path_text(path: &[Step]) -> String {
    path.iter().map(ToString::to_string).collect()
}

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(pub OrdSet<Path>);

impl FieldSet {
    /// Adds a path.
    pub fn insert(&mut self, path: &[Step]) {
        self.0.insert(path.to_vec());
    }
    /// True if the path itself is in it; its parents and children do not count.
    pub fn contains(&self, path: &[Step]) -> bool {
        self.0.contains(path)
    }
    /// True if it has no path.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Adds all paths of the other.
    pub fn extend(&mut self, other: &FieldSet) {
        self.0.extend(other.0.iter().cloned());
    }
    /// Takes all paths of the other out.
    pub fn remove_all(&mut self, other: &FieldSet) {
        self.0.retain(|path| !other.0.contains(path));
    }
    /// The paths that are in both.
    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        FieldSet(self.0.intersection(&other.0).cloned().collect())
    }

    /// Reads `fieldsV1`.
    pub fn from_json(json: &Json) -> FieldSet {
        let mut set = FieldSet::default();
        collect(json, &mut Vec::new(), &mut set);
        set
    }

    /// Writes `fieldsV1`: a tree in which a path that is in the set and has others below it holds `.`.
    pub fn to_json(&self) -> Json {
        let mut root = JsonMap::new();
        for path in &self.0 {
            let mut at = &mut root;
            for (depth, step) in path.iter().enumerate() {
                let entry = at.entry(step.text()).or_insert_with(|| Json::Object(JsonMap::new()));
                let Json::Object(next) = entry else { break };
                // Paths come sorted: a parent is seen before what is below it.
                if depth + 1 < path.len() && next.is_empty() && self.0.contains(&path[..=depth]) {
                    next.insert(".".to_owned(), Json::Object(JsonMap::new()));
                }
                at = next;
            }
        }
        Json::Object(root)
    }
}

fn collect(json: &Json, path: &mut Path, set: &mut FieldSet) {
    let Json::Object(map) = json else { return };
    if !path.is_empty() && (map.is_empty() || map.contains_key(".")) {
        set.insert(path);
    }
    for (key, below) in map.iter().filter(|(key, _)| *key != ".") {
        path.push(Step::parse(key));
        collect(below, path, set);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_wire_form_survives() {
        let fields = json!({
            "f:metadata": {"f:labels": {"f:a": {}}},
            "f:spec": {"f:ports": {".": {}, "k:{\"name\":\"https\"}": {".": {}, "f:name": {}, "f:port": {}}}, "f:size": {}}
        });
        let set = FieldSet::from_json(&fields);
        assert_eq!(set.to_json(), fields);
        let texts: Vec<String> = set.0.iter().map(|path| path_text(path)).collect();
        assert!(texts.contains(&".spec.ports[name=\"https\"].port".to_owned()), "{texts:?}");
    }
}
