//! What the page watches: list and watch in one, sent as deltas once per frame, across expiry, rewinds and branches.
//!
//! An update holds no more objects than a page can draw within a frame. What is left over waits, and of an object that
//! changes meanwhile only the newest state is sent.

use std::collections::VecDeque;

use api::http::{Method, Request};
use api::{Json, Key, Mask};
use collections::OrdMap;
use kubarium_core::apiserver::watch::{WatchBody, WatchEvent};
use protocol::{EventKind, WatchUpdate};

use crate::backend::{Backend, Streaming};

/// One subscription of the page.
pub struct Subscription {
    asked: protocol::Watch,
    /// What is sent of each object; all of it, if nothing is asked for by name.
    mask: Option<Mask>,
    stream: Option<Streaming>,
    waiting: Waiting,
    /// The next update replaces all that the page knows.
    fresh: bool,
    columns: Option<Json>,
}

impl Subscription {
    /// A subscription that has not listed yet.
    pub fn new(asked: protocol::Watch) -> Subscription {
        let paths = METADATA.iter().copied().chain(asked.keep.iter().map(String::as_str));
        let mask = (!asked.keep.is_empty()).then(|| Mask::of(paths));
        Subscription { asked, mask, stream: None, waiting: Waiting::default(), fresh: true, columns: None }
    }

    /// Begins anew: another world is shown.
    pub fn restart(&mut self) {
        (self.stream, self.fresh, self.columns) = (None, true, None);
        self.waiting = Waiting::default();
    }

    /// How many events wait to be sent.
    pub fn behind(&self) -> usize {
        self.waiting.events.len()
    }

    /// What changed since the last call, at most `room` objects of it (which `room` is reduced by); `None` when nothing
    /// did.
    pub fn poll(&mut self, backend: &Backend, room: &mut usize) -> Option<WatchUpdate> {
        let mut update = WatchUpdate { id: self.asked.id, ..WatchUpdate::default() };
        let events = match self.stream.as_mut().map(|stream| backend.poll_events(stream)) {
            Some(Some(events)) => events,
            // Not watching yet, or the watch has ended: begin anew.
            Some(None) | None => {
                self.fresh = true;
                self.waiting = Waiting::default();
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
                        (update.reset, update.synced) = (true, true);
                        return self.once(update);
                    }
                }
            }
        };
        for event in events {
            self.waiting.push(event);
        }
        update.reset = self.fresh;
        while *room > 0
            && let Some(event) = self.waiting.pop()
        {
            *room -= 1;
            self.take(event, &mut update);
        }
        update.synced = self.waiting.is_empty();
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
        if self.asked.table {
            let table = match event.body {
                WatchBody::Object(object) => object.to_json(),
                WatchBody::Json(json) => json,
            };
            if let Some(columns) = table.get("columnDefinitions").filter(|c| !c.is_null())
                && self.columns.is_none()
            {
                self.columns = Some(columns.clone());
                update.columns = columns.as_array().cloned().unwrap_or_default();
            }
            let rows = table.get("rows").and_then(Json::as_array).cloned().unwrap_or_default();
            update.events.extend(rows.into_iter().map(|object| protocol::WatchEvent { kind, object }));
        } else {
            let object = match (event.body, &self.mask) {
                (WatchBody::Object(object), Some(mask)) => object.to_masked_json(mask),
                (WatchBody::Object(object), None) => object.to_json(),
                (WatchBody::Json(json), Some(mask)) => mask.apply(&json),
                (WatchBody::Json(json), None) => json,
            };
            update.events.push(protocol::WatchEvent { kind, object });
        }
    }
}

/// Events that have not been sent yet, at most one of each object.
#[derive(Default)]
struct Waiting {
    events: VecDeque<WatchEvent>,
    /// How many have been taken out at the front.
    taken: usize,
    /// The place of each object's event, counted from the first event ever.
    places: OrdMap<Key, usize>,
}

impl Waiting {
    /// Adds an event; it takes the place of an earlier one of the same object.
    fn push(&mut self, event: WatchEvent) {
        let WatchBody::Object(object) = &event.body else {
            self.events.push_back(event);
            return;
        };
        let place = self.places.entry(object.key()).or_insert(self.taken + self.events.len());
        match place.checked_sub(self.taken).and_then(|place| self.events.get_mut(place)) {
            Some(earlier) => {
                // What was never told of is new, however often it has changed since.
                let new = earlier.kind == "ADDED" && event.kind == "MODIFIED";
                *earlier = if new { WatchEvent { kind: "ADDED", ..event } } else { event };
            }
            None => {
                *place = self.taken + self.events.len();
                self.events.push_back(event);
            }
        }
    }

    fn pop(&mut self) -> Option<WatchEvent> {
        let event = self.events.pop_front()?;
        self.taken += 1;
        if let WatchBody::Object(object) = &event.body {
            self.places.remove(&object.key());
        }
        Some(event)
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// What identifies an object is always sent.
const METADATA: [&str; 5] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.resourceVersion",
    "metadata.creationTimestamp",
];

#[cfg(test)]
mod tests {
    use super::*;
    use api::Object;
    use api::core::v1::Pod;

    fn event(kind: &'static str, name: &str, version: &str) -> WatchEvent {
        let mut pod = Pod::default();
        pod.metadata.name = name.into();
        pod.metadata.resource_version = version.into();
        WatchEvent { kind, body: WatchBody::Object(Object::of(pod)) }
    }

    #[test]
    fn of_an_object_that_changes_while_it_waits_the_newest_state_is_sent() {
        let mut waiting = Waiting::default();
        for next in [("ADDED", "a", "1"), ("ADDED", "b", "2"), ("MODIFIED", "a", "3")] {
            waiting.push(event(next.0, next.1, next.2));
        }
        assert_eq!(waiting.pop(), Some(event("ADDED", "a", "3")));
        for next in [("MODIFIED", "a", "4"), ("DELETED", "b", "5"), ("DELETED", "a", "6")] {
            waiting.push(event(next.0, next.1, next.2));
        }
        assert_eq!(waiting.pop(), Some(event("DELETED", "b", "5")));
        assert_eq!(waiting.pop(), Some(event("DELETED", "a", "6")));
        assert_eq!(waiting.pop(), None);
    }
}
