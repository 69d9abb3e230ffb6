//! Who manages which fields of an object: `metadata.managedFields`. Mirrors
//! k8s.io/apimachinery/pkg/util/managedfields.
//!
//! Clients that send JSON have their fields tracked, so that server-side apply finds conflicts between people and their
//! tools. Components of the cluster write structs; their entries say who, how and when, and leave `fieldsV1` out:
//! tracking them would cost more than all the rest of a write. `view` works them out for who looks.

mod set;
mod view;
mod walk;

use collections::StableSort;
pub use set::{FieldSet, path_text};
pub use view::told;
pub use walk::{compare, fields_of, merge, remove};

use api::http::Body;
use api::meta::schema::Schema;
use api::meta::v1::ManagedFieldsEntry;
use api::{Json, Object, Opaque, Str, Timestamp};
use serde_json::json;

use super::RequestContext;
use super::call::Call;
use super::draft::Draft;

/// Fields that nobody manages (`stripMeta`).
const UNMANAGED: [&str; 9] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
];

/// The schema by which fields of the call's resource are told apart.
pub fn schema(call: &Call) -> Option<Schema> {
    call.resource.strategy.schema()
}

/// Takes out what nobody manages, and what the call's endpoint does not write, before fields are looked at.
pub fn managed_part(call: &Call, json: Json) -> Json {
    part_of(call.resource.subresource("status").is_some(), call.info.subresource == "status", json)
}

/// The part of an object that the status endpoint writes, or the rest.
fn part_of(has_status: bool, status: bool, mut json: Json) -> Json {
    if let Json::Object(map) = &mut json {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
        if has_status && !status {
            map.shift_remove("status");
        } else if has_status {
            map.retain(|key, _| matches!(key.as_str(), "metadata" | "status"));
        }
    }
    if let Some(Json::Object(meta)) = json.get_mut("metadata") {
        for field in UNMANAGED {
            meta.shift_remove(field);
        }
    }
    json
}

/// The subresource that an entry names.
pub fn subresource(call: &Call) -> &'static str {
    match call.info.subresource {
        "scale" => "scale",
        "status" => "status",
        _ => "",
    }
}

/// Notes the call's manager on an object that is about to be written.
pub fn record(cx: &RequestContext, call: &Call, draft: &mut Draft, old: Option<&Object>) {
    if call.applied.is_some() {
        return;
    }
    let tracked = !matches!(call.request.body, Body::Object(_));
    let changes = tracked.then(|| {
        let schema = schema(call);
        // A new object is compared with an empty one, in which structs that are always written are there.
        let empty = || call.resource.strategy.decode(&json!({})).map_or(Json::Null, |draft| draft.to_json());
        let before = managed_part(call, old.map_or_else(empty, Object::to_json));
        compare(&before, &managed_part(call, draft.to_json()), schema.as_ref())
    });
    let now = cx.now.trunc_secs();
    let manager = match call.manager() {
        manager if manager.is_empty() => Str::new("unknown"),
        manager => manager,
    };
    let (part, api_version) = (subresource(call), call.resource.gvk.api_version());
    let entries = &mut draft.meta_mut().managed_fields;
    let own = |entry: &ManagedFieldsEntry| {
        entry.manager == manager && entry.operation == "Update" && entry.subresource == part
    };
    let mut fields = None;
    if let Some(changes) = &changes {
        let mut changed = changes.modified.clone();
        changed.extend(&changes.added);
        let mut taken = changed.clone();
        taken.extend(&changes.removed);
        for entry in entries.iter_mut().filter(|entry| !own(entry)) {
            take(entry, &taken);
        }
        let mut set = entries.iter().find(|entry| own(entry)).map(fields_v1).unwrap_or_default();
        set.remove_all(&changes.removed);
        set.extend(&changed);
        entries.retain(|entry| entry.fields_v1.is_none() || !fields_v1(entry).is_empty());
        fields = Some(set);
    }
    if fields.as_ref().is_some_and(FieldSet::is_empty) {
        entries.retain(|entry| !own(entry));
    } else {
        let index = entries.iter().position(own).unwrap_or_else(|| {
            entries.reserve_exact(1);
            entries.push(ManagedFieldsEntry::default());
            entries.len() - 1
        });
        let mut new = entry(manager, "Update", api_version, now, part, fields.as_ref());
        share(&mut new, entries);
        entries[index] = new;
    }
    sort(entries);
}

/// Takes the texts of an entry from its neighbours where they are alike: an object has several, in each of its states.
fn share(new: &mut ManagedFieldsEntry, others: &[ManagedFieldsEntry]) {
    for other in others {
        for (new, other) in [
            (&mut new.manager, &other.manager),
            (&mut new.operation, &other.operation),
            (&mut new.api_version, &other.api_version),
            (&mut new.fields_type, &other.fields_type),
            (&mut new.subresource, &other.subresource),
        ] {
            if new == other {
                *new = other.clone();
            }
        }
    }
}

/// The set of an entry; empty if it has none.
pub fn fields_v1(entry: &ManagedFieldsEntry) -> FieldSet {
    FieldSet::from_json(entry.fields_v1.json())
}

/// Takes fields from an entry that has a set.
pub fn take(entry: &mut ManagedFieldsEntry, fields: &FieldSet) {
    if entry.fields_v1.is_none() {
        return;
    }
    let mut set = fields_v1(entry);
    let before = set.0.len();
    set.remove_all(fields);
    if set.0.len() != before {
        entry.fields_v1 = Opaque::from(set.to_json());
    }
}

/// An entry of this moment; without `fields` it owns nothing.
pub fn entry(
    manager: Str,
    operation: &str,
    api_version: Str,
    now: Timestamp,
    subresource: &str,
    fields: Option<&FieldSet>,
) -> ManagedFieldsEntry {
    ManagedFieldsEntry {
        manager,
        operation: operation.into(),
        api_version,
        time: Some(now),
        fields_type: "FieldsV1".into(),
        fields_v1: fields.map_or_else(Opaque::default, |set| Opaque::from(set.to_json())),
        subresource: subresource.into(),
    }
}

/// Appliers first, then by time and name (`sortEncodedManagedFields`).
pub fn sort(entries: &mut [ManagedFieldsEntry]) {
    entries.stable_sort_by(|a, b| {
        a.operation
            .cmp(&b.operation)
            .then_with(|| a.time.cmp(&b.time))
            .then_with(|| a.manager.cmp(&b.manager))
            .then_with(|| a.api_version.cmp(&b.api_version))
            .then_with(|| a.subresource.cmp(&b.subresource))
    });
}
