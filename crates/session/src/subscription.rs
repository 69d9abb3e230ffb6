//! What the page watches: list and watch in one, sent as deltas once per frame, across expiry, rewinds and branches.

use api::Json;
use api::http::{Method, Request};
use kubarium_core::apiserver::watch::{WatchBody, WatchEvent};
use protocol::{EventKind, WatchUpdate};

use crate::backend::{Backend, Streaming};

/// One subscription of the page.
pub struct Subscription {
    asked: protocol::Watch,
    keep: Vec<Vec<String>>,
    stream: Option<Streaming>,
    /// The next update replaces all that the page knows.
    fresh: bool,
    columns: Option<Json>,
}

impl Subscription {
    pub fn new(asked: protocol::Watch) -> Subscription {
        let keep = asked.keep.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
        Subscription { asked, keep, stream: None, fresh: true, columns: None }
    }

    /// Begins anew: another world is shown.
    pub fn restart(&mut self) {
        (self.stream, self.fresh, self.columns) = (None, true, None);
    }

    /// What changed since the last call; `None` when nothing did.
    pub fn poll(&mut self, backend: &Backend) -> Option<WatchUpdate> {
        let mut update = WatchUpdate { id: self.asked.id, synced: true, ..WatchUpdate::default() };
        let events = match self.stream.as_mut().map(|stream| backend.poll_events(stream)) {
            Some(Some(events)) => events,
            // Not watching yet, or the watch has ended: begin anew.
            Some(None) | None => {
                self.fresh = true;
                match self.open(backend) {
                    Ok(mut stream) => {
                        let events = backend.poll_events(&mut stream).unwrap_or_default();
                        self.stream = Some(stream);
                        events
                    }
                    Err(None) => return None,
                    Err(Some(error)) => {
                        self.stream = None;
                        update.error = Some(error);
                        update.reset = true;
                        return self.once(update);
                    }
                }
            }
        };
        update.reset = self.fresh;
        for event in coalesce(events) {
            self.take(event, &mut update);
        }
        if update.events.is_empty() && update.columns.is_empty() && !update.reset {
            return None;
        }
        self.fresh = false;
        Some(update)
    }

    /// A refusal is told once, not in every frame.
    fn once(&mut self, update: WatchUpdate) -> Option<WatchUpdate> {
        let told = self.columns == update.error;
        self.columns = update.error.clone();
        (!told).then_some(update)
    }

    fn open(&mut self, backend: &Backend) -> Result<Streaming, Option<Json>> {
        let mut request =
            Request { method: Method::Get, path: self.asked.path.as_str().into(), ..Request::default() };
        for (key, value) in &self.asked.query {
            request.query.push((key.as_str().into(), value.as_str().into()));
        }
        request.query.push(("watch".into(), "true".into()));
        if self.asked.table {
            request = request.with_header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        }
        let (response, stream) = backend.send(request);
        if let Some(status) = response.to_status() {
            return Err(Some(status.to_json()));
        }
        self.columns = None;
        stream.ok_or(None)
    }

    fn take(&mut self, event: WatchEvent, update: &mut WatchUpdate) {
        let kind = match event.kind {
            "ADDED" => EventKind::Added,
            "MODIFIED" => EventKind::Modified,
            "DELETED" => EventKind::Deleted,
            _ => return,
        };
        let object = match event.body {
            WatchBody::Object(object) => object.to_json(),
            WatchBody::Json(json) => json,
        };
        if self.asked.table {
            if let Some(columns) = object.get("columnDefinitions").filter(|c| !c.is_null())
                && self.columns.is_none()
            {
                self.columns = Some(columns.clone());
                update.columns = columns.as_array().cloned().unwrap_or_default();
            }
            let rows = object.get("rows").and_then(Json::as_array).cloned().unwrap_or_default();
            update.events.extend(rows.into_iter().map(|object| protocol::WatchEvent { kind, object }));
        } else {
            let object = if self.keep.is_empty() { object } else { project(&object, &self.keep) };
            update.events.push(protocol::WatchEvent { kind, object });
        }
    }
}

/// Drops changes of an object that a later change of the same batch supersedes.
fn coalesce(events: Vec<WatchEvent>) -> Vec<WatchEvent> {
    let mut last = std::collections::BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        if let (WatchBody::Object(object), "MODIFIED") = (&event.body, event.kind) {
            last.insert(object.key(), index);
        }
    }
    let keep = |index: usize, event: &WatchEvent| match (&event.body, event.kind) {
        (WatchBody::Object(object), "MODIFIED") => last.get(&object.key()) == Some(&index),
        _ => true,
    };
    events
        .into_iter()
        .enumerate()
        .filter(|(index, event)| keep(*index, event))
        .map(|(_, event)| event)
        .collect()
}

const METADATA: [&str; 5] = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];

/// The object reduced to the paths that are asked for, and the metadata that identifies it.
fn project(object: &Json, keep: &[Vec<String>]) -> Json {
    let mut out = serde_json::Map::new();
    let mut identity = serde_json::Map::new();
    for key in METADATA {
        if let Some(value) = object.pointer(&format!("/metadata/{key}")) {
            identity.insert(key.to_owned(), value.clone());
        }
    }
    out.insert("metadata".to_owned(), Json::Object(identity));
    let mut out = Json::Object(out);
    for path in keep {
        graft(object, &mut out, path);
    }
    out
}

/// Copies what lies at `path` of `from` into `into`; lists are passed through.
fn graft(from: &Json, into: &mut Json, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some(value) = from.get(first) else { return };
    let Json::Object(map) = into else { return };
    if rest.is_empty() {
        map.insert(first.clone(), value.clone());
        return;
    }
    match value {
        Json::Array(items) => {
            let slot = map.entry(first.clone()).or_insert_with(|| Json::Array(Vec::new()));
            let Json::Array(slots) = slot else { return };
            slots.resize(items.len(), Json::Object(serde_json::Map::new()));
            for (item, slot) in items.iter().zip(slots) {
                graft(item, slot, rest);
            }
        }
        Json::Object(_) => {
            let slot = map.entry(first.clone()).or_insert_with(|| Json::Object(serde_json::Map::new()));
            graft(value, slot, rest);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_projection_keeps_identity_and_the_paths_asked_for() {
        let pod = json!({
            "metadata": {"name": "a", "namespace": "d", "labels": {"x": "y"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]},
        });
        let paths =
            ["spec.nodeName", "spec.containers.name", "spec.containers.resources.requests", "status.phase"];
        let keep: Vec<Vec<String>> =
            paths.iter().map(|p| p.split('.').map(str::to_owned).collect()).collect();
        let want = json!({
            "metadata": {"name": "a", "namespace": "d"},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
        });
        assert_eq!(project(&pod, &keep), want);
    }
}
