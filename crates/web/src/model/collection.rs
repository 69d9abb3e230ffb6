//! What a watch has brought: the objects of one collection, by namespace and name.

use std::collections::BTreeMap;
use std::rc::Rc;

use kubarium_protocol::{Clock, EventKind, Json, WatchUpdate};

/// Namespace (empty for what has none) and name.
pub type Key = (String, String);

/// Something that a watch feeds.
pub trait Sink: Default + 'static {
    /// Takes what changed; `clock` is the moment at which it arrives.
    fn apply(&mut self, update: WatchUpdate, clock: &Clock);
}

/// All objects of a collection as JSON.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// By namespace and name.
    pub objects: BTreeMap<Key, Rc<Json>>,
    /// The first list is complete.
    pub synced: bool,
    /// Why there is nothing.
    pub error: Option<String>,
}

impl Sink for Collection {
    fn apply(&mut self, update: WatchUpdate, _clock: &Clock) {
        if update.reset {
            self.objects.clear();
        }
        self.synced |= update.synced;
        self.error = update.error.as_ref().map(|status| text(status, "/message").to_string());
        for event in update.events {
            let key = key_of(&event.object);
            match event.kind {
                EventKind::Deleted => self.objects.remove(&key),
                EventKind::Added | EventKind::Modified => self.objects.insert(key, Rc::new(event.object)),
            };
        }
    }
}

/// The key of an object, from its metadata.
pub fn key_of(object: &Json) -> Key {
    (text(object, "/metadata/namespace").to_string(), text(object, "/metadata/name").to_string())
}

/// The text at a JSON pointer; empty when there is none.
pub fn text<'a>(json: &'a Json, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or("")
}

/// The whole number at a JSON pointer; 0 when there is none.
pub fn number(json: &Json, pointer: &str) -> i64 {
    json.pointer(pointer).and_then(Json::as_i64).unwrap_or(0)
}

/// The list at a JSON pointer; empty when there is none.
pub fn list<'a>(json: &'a Json, pointer: &str) -> &'a [Json] {
    json.pointer(pointer).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// The controlling owner's kind and name.
pub fn controller_of(object: &Json) -> Option<(&str, &str)> {
    let owner = list(object, "/metadata/ownerReferences")
        .iter()
        .find(|it| it.get("controller").and_then(Json::as_bool) == Some(true))?;
    Some((text(owner, "/kind"), text(owner, "/name")))
}

#[cfg(test)]
mod tests {
    use kubarium_protocol::WatchEvent;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_collection_follows_its_watch_and_starts_over_on_reset() {
        let mut pods = Collection::default();
        let event = |kind, name: &str| WatchEvent {
            kind,
            object: json!({"metadata": {"namespace": "a", "name": name}}),
        };
        let update = |reset, events| WatchUpdate { reset, events, synced: true, ..WatchUpdate::default() };
        let clock = Clock::default();
        pods.apply(update(true, vec![event(EventKind::Added, "x"), event(EventKind::Added, "y")]), &clock);
        pods.apply(update(false, vec![event(EventKind::Deleted, "x")]), &clock);
        assert_eq!(pods.objects.keys().map(|it| it.1.as_str()).collect::<Vec<_>>(), ["y"]);
        pods.apply(update(true, vec![event(EventKind::Added, "z")]), &clock);
        assert_eq!(pods.objects.keys().map(|it| it.1.as_str()).collect::<Vec<_>>(), ["z"]);
    }
}
