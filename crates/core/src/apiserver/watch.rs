//! Watches: cursors on the log of commits. A cursor is plain data that its owner keeps (the cluster for clients inside
//! the world, a transport for clients outside); [`ApiServer::poll_watch`] moves it forward.
//! Mirrors k8s.io/apiserver/pkg/endpoints/handlers/watch.go and storage/cacher.

use api::http::{Body, Response, StreamId};
use api::meta::field::{Error, Path};
use api::{Duration, Gvk, Json, Object, Status, Str, Timestamp};
use serde_json::json;

use super::call::{Call, Format, include_object};
use super::list::{Selection, parse_resource_version};
use super::table::{self, IncludeObject};
use super::{ApiServer, Opened, RequestContext, Resource};
use crate::store::{Change, ResourceId, Revision};

/// A watching client's place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchCursor {
    resource: ResourceId,
    namespace: Option<Str>,
    selection: Selection,
    form: Form,
    /// Everything up to this revision was told.
    seen: Revision,
    /// The objects that exist when the watch begins come first.
    initial: bool,
    /// A bookmark marks the end of those (`sendInitialEvents`).
    announce_end: bool,
    bookmarks: bool,
    last_bookmark: Timestamp,
    /// When the server ends the watch (`timeoutSeconds`).
    deadline: Option<Timestamp>,
    closed: bool,
    /// Tables: the columns were told.
    columns_sent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Object,
    Table(IncludeObject),
    Metadata,
}

/// One line of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchEvent {
    /// "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"
    pub kind: &'static str,
    /// The line's `object`.
    pub body: WatchBody,
}

/// What a line of a watch is about.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchBody {
    /// The object as it is.
    Object(Object),
    /// Tables, partial metadata, bookmarks, errors.
    Json(Json),
}

impl WatchEvent {
    /// The line's JSON, without the newline.
    pub fn to_json(&self) -> Json {
        let object = match &self.body {
            WatchBody::Object(object) => object.to_json(),
            WatchBody::Json(json) => json.clone(),
        };
        json!({"type": self.kind, "object": object})
    }
}

/// How often quiet watches are told how far the log is.
const BOOKMARK_EVERY: Duration = Duration::secs(60);

impl WatchCursor {
    /// True once the server ended the watch: nothing more will come.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// When the server will end the watch, if the client asked for an end.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// What is watched.
    pub fn resource(&self) -> ResourceId {
        self.resource
    }

    /// Everything up to this revision was told.
    pub fn seen(&self) -> Revision {
        self.seen
    }

    fn takes(&self, resource: &Resource, object: &Object) -> bool {
        self.selection.matches(resource, object)
    }
}

impl ApiServer {
    pub(super) fn watch(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let request = call.request;
        let selection = Selection::of(call)?;
        let version = parse_resource_version(request.param("resourceVersion"))?;
        let send_initial = check_initial_events(call)?;
        let current = self.storage.revision();
        if version > current {
            return Err(super::list::too_large(version, current));
        }
        let form = match Format::of(request) {
            Format::Table => Form::Table(include_object(request)),
            Format::Metadata => Form::Metadata,
            Format::Object | Format::Yaml => Form::Object,
        };
        let initial = send_initial.unwrap_or(version == 0);
        let seconds = request.param("timeoutSeconds").parse::<i64>().ok().filter(|seconds| *seconds > 0);
        let cursor = WatchCursor {
            resource: call.resource.id,
            namespace: call.list_namespace().map(Str::from),
            selection,
            form,
            seen: if initial || version == 0 { current } else { version },
            initial,
            announce_end: send_initial == Some(true),
            bookmarks: request.flag("allowWatchBookmarks"),
            last_bookmark: cx.now,
            deadline: seconds.map(|seconds| cx.now + Duration::secs(seconds)),
            closed: false,
            columns_sent: false,
        };
        if call.resource.gvr.group.is_empty() && call.resource.plural == "endpoints" {
            call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
        }
        cx.opened = Some(Opened::Watch(cursor));
        Ok(Response::ok(Body::Stream(StreamId(0))).with_header("content-type", api::http::JSON))
    }

    /// What happened since the cursor was last polled, in order. Costs one look at each commit since then.
    pub fn poll_watch(&self, now: Timestamp, cursor: &mut WatchCursor) -> Vec<WatchEvent> {
        let mut events = Vec::new();
        if cursor.closed {
            return events;
        }
        let resource = self.registry.shared(cursor.resource);
        if cursor.initial {
            self.initial_events(now, &resource, cursor, &mut events);
        }
        let Some(changes) = self.storage.log_since(cursor.seen) else {
            cursor.closed = true;
            events.push(expired(cursor.seen, self.storage.compacted() + 1));
            return events;
        };
        for change in changes {
            cursor.seen = change.revision;
            if change.resource == cursor.resource
                && cursor.namespace.as_ref().is_none_or(|namespace| change.key.namespace == *namespace)
                && let Some((kind, object)) = seen_as(&resource, cursor, change)
            {
                let body = form_body(now, &resource, cursor, object);
                events.push(WatchEvent { kind, body });
            }
        }
        if cursor.bookmarks && now.since(cursor.last_bookmark) >= BOOKMARK_EVERY {
            cursor.last_bookmark = now;
            events.push(bookmark(&resource, cursor, false));
        }
        cursor.closed = cursor.deadline.is_some_and(|deadline| deadline <= now);
        events
    }

    fn initial_events(
        &self,
        now: Timestamp,
        resource: &Resource,
        cursor: &mut WatchCursor,
        events: &mut Vec<WatchEvent>,
    ) {
        cursor.initial = false;
        cursor.seen = self.storage.revision();
        let existing: Vec<Object> = self
            .storage
            .list(cursor.resource, cursor.namespace.as_deref())
            .filter(|object| cursor.takes(resource, object))
            .cloned()
            .collect();
        for object in existing {
            let body = form_body(now, resource, cursor, object);
            events.push(WatchEvent { kind: "ADDED", body });
        }
        if cursor.announce_end {
            events.push(bookmark(resource, cursor, true));
        }
    }
}

/// `sendInitialEvents` has conditions. Mirrors metainternalversion validation.ValidateListOptions.
fn check_initial_events(call: &Call) -> Result<Option<bool>, Status> {
    let request = call.request;
    if !request.has_param("sendInitialEvents") {
        return Ok(None);
    }
    let mut errors = Vec::new();
    let wanted = request.param("resourceVersionMatch");
    if wanted.is_empty() {
        let path = Path::new("resourceVersionMatch");
        errors.push(Error::forbidden(
            &path,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    } else if wanted != "NotOlderThan" {
        errors.push(Error::not_supported(&Path::new("resourceVersionMatch"), wanted, &["NotOlderThan"]));
    }
    if errors.is_empty() {
        return Ok(Some(request.flag("sendInitialEvents")));
    }
    Err(Status::invalid(&Gvk::of("meta.k8s.io", "v1", "ListOptions"), "", &errors.into()))
}

/// What a change is to this watch: an object that begins to match was added, one that ceases to match was deleted.
fn seen_as(resource: &Resource, cursor: &WatchCursor, change: &Change) -> Option<(&'static str, Object)> {
    let takes = |object: &&Object| cursor.takes(resource, object);
    let before = change.previous.as_ref().filter(takes);
    let after = change.object.as_ref().filter(takes);
    match (before, after) {
        (None, Some(object)) => Some(("ADDED", object.clone())),
        (Some(_), Some(object)) => Some(("MODIFIED", object.clone())),
        // The last state, at the revision at which it ended.
        (Some(before), None) => {
            let version = change.revision.to_string();
            Some(("DELETED", before.with_meta(|meta| meta.resource_version = version.into())))
        }
        (None, None) => None,
    }
}

fn form_body(now: Timestamp, resource: &Resource, cursor: &mut WatchCursor, object: Object) -> WatchBody {
    match cursor.form {
        Form::Object => WatchBody::Object(object),
        Form::Metadata => WatchBody::Json(table::partial_object(&object)),
        Form::Table(include) => {
            let columns = if cursor.columns_sent { &[] } else { resource.strategy.columns() };
            cursor.columns_sent = true;
            let row = table::row_json(resource.strategy.print(now, &object), &object, include);
            let metadata = json!({ "resourceVersion": object.meta().resource_version.as_str() });
            let mut table = table::table_json(columns, metadata, vec![row]);
            if columns.is_empty() {
                table["columnDefinitions"] = Json::Null;
            }
            WatchBody::Json(table)
        }
    }
}

/// An object of the kind that holds nothing but the revision.
fn bookmark(resource: &Resource, cursor: &WatchCursor, end: bool) -> WatchEvent {
    let mut metadata = json!({ "resourceVersion": cursor.seen.to_string() });
    if end {
        metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
    }
    let object = match cursor.form {
        Form::Object => {
            json!({"kind": resource.gvk.kind.as_str(), "apiVersion": resource.gvk.api_version().as_str(), "metadata": metadata})
        }
        Form::Metadata => {
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
        }
        Form::Table(_) => table::table_json(&[], metadata, Vec::new()),
    };
    WatchEvent { kind: "BOOKMARK", body: WatchBody::Json(object) }
}

fn expired(seen: Revision, oldest: Revision) -> WatchEvent {
    let status = Status::expired(format!("too old resource version: {seen} ({oldest})"));
    WatchEvent { kind: "ERROR", body: WatchBody::Json(status.to_json()) }
}
