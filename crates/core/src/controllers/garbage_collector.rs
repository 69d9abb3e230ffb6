//! The garbage collector: deletes what has lost its owners, and does the waiting of foreground and orphaning deletion.
//!
//! Upstream: pkg/controller/garbagecollector. Upstream builds a graph of all objects from watches; here the store's
//! index of dependents by owner uid is that graph. Keys name any object: see [`item_key`].

use api::http::{Body, Method, Request};
use api::meta::v1::OwnerReference;
use api::{Json, Key, Object, Status};
use serde_json::json;

use super::{Controller, Outcome, Watch, Work};
use crate::client::Cx;
use crate::client::{Change, Operation, ResourceId};
use crate::client::{Resource, Scope};

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
const MERGE: &str = "application/merge-patch+json";

/// See the module's documentation.
pub struct GarbageCollector;

impl Controller for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn service_account(&self) -> &'static str {
        "generic-garbage-collector"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on_everything(items_of)];
        WATCHES
    }

    fn workers(&self) -> u32 {
        20
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(item) = Item::find(cx, key) else { return Ok(Outcome::Done) };
        let meta = item.object.meta();
        let result = if meta.is_deleting() && has_finalizer(&item.object, ORPHAN) {
            orphan_dependents(cx, work, &item)
        } else {
            attempt_to_delete(cx, work, &item)
        };
        match result {
            // Somebody was faster, or the object is another one by now.
            Err(error) if error.is_not_found() => Ok(Outcome::Done),
            result => result.map(|()| Outcome::Done),
        }
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(GarbageCollector)
    }
}

/// A queue key for an object of any resource: the resource's number stands before the name.
fn item_key(resource: ResourceId, object: &Object) -> Key {
    let meta = object.meta();
    Key::new(&meta.namespace, &format!("{}/{}", resource.0, meta.name))
}

/// An object with the resource that serves it.
struct Item {
    resource: Resource,
    object: Object,
}

impl Item {
    fn find(cx: &Cx, key: &Key) -> Option<Item> {
        let (resource, name) = key.name.split_once('/')?;
        let id = ResourceId(resource.parse().ok()?);
        let object = cx.storage().get(id, &Key::new(&key.namespace, name))?.clone();
        Some(Item { resource: cx.registry().get(id).clone(), object })
    }

    fn path(&self) -> String {
        let meta = self.object.meta();
        format!("{}/{}", collection_path(&self.resource, &meta.namespace), meta.name)
    }
}

/// The path of a collection: of one namespace, if the resource has namespaces.
pub(super) fn collection_path(resource: &Resource, namespace: &str) -> String {
    let gvk = &resource.gvk;
    let root = if gvk.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", gvk.group) };
    let (version, plural) = (&gvk.version, &resource.plural);
    match resource.scope {
        Scope::Namespaced => format!("{root}/{version}/namespaces/{namespace}/{plural}"),
        Scope::Cluster => format!("{root}/{version}/{plural}"),
    }
}

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    object.meta().finalizers.iter().any(|present| *present == finalizer)
}

/// True while an object waits for its dependents to go first.
fn is_deleting_dependents(object: &Object) -> bool {
    object.meta().is_deleting() && has_finalizer(object, FOREGROUND)
}

/// Which objects a change makes worth a look.
fn items_of(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    let subject = change.subject();
    let meta = subject.meta();
    if change.operation == Operation::Delete {
        keys.extend(dependents(cx, &meta.uid).map(|(resource, object)| item_key(resource, object)));
    }
    // An owner in foreground deletion waits for this one.
    let mut absent = false;
    for reference in &meta.owner_references {
        match find_owner(cx, subject, reference) {
            Owner::Present(resource, owner) if is_deleting_dependents(&owner) => {
                keys.push(item_key(resource, &owner));
                absent = true;
            }
            Owner::Absent => absent = true,
            Owner::Present(..) | Owner::Unknown => {}
        }
    }
    let Some(object) = &change.object else { return };
    let waits = meta.is_deleting() && (has_finalizer(object, FOREGROUND) || has_finalizer(object, ORPHAN));
    if absent || waits {
        keys.push(item_key(change.resource, object));
    }
}

fn dependents<'a>(cx: &'a Cx, uid: &str) -> impl Iterator<Item = (ResourceId, &'a Object)> + 'a {
    cx.storage().owned_by(uid)
}

enum Owner {
    Present(ResourceId, Object),
    Absent,
    /// A kind that is not served: nothing is known, so nothing is deleted.
    Unknown,
}

fn find_owner(cx: &Cx, object: &Object, reference: &OwnerReference) -> Owner {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let mut resources = cx.registry().iter();
    let Some(resource) = resources.find(|r| *r.gvk.kind == *reference.kind && *r.gvk.group == *group) else {
        return Owner::Unknown;
    };
    let namespace = match resource.scope {
        Scope::Namespaced => object.meta().namespace.as_str(),
        Scope::Cluster => "",
    };
    match cx.storage().get(resource.id, &Key::new(namespace, &reference.name)) {
        Some(owner) if owner.meta().uid == reference.uid => Owner::Present(resource.id, owner.clone()),
        _ => Owner::Absent,
    }
}

/// Deletes the item if nobody owns it any more; strikes out owners that are gone if somebody does.
fn attempt_to_delete(cx: &mut Cx, work: &mut Work, item: &Item) -> Result<(), Status> {
    let meta = item.object.meta();
    if is_deleting_dependents(&item.object) {
        return process_deleting_dependents(cx, work, item);
    }
    if meta.is_deleting() || meta.owner_references.is_empty() {
        return Ok(());
    }
    let (mut solid, mut dangling, mut waiting) = (Vec::new(), 0, 0);
    for reference in &meta.owner_references {
        match find_owner(cx, &item.object, reference) {
            Owner::Absent => dangling += 1,
            Owner::Present(_, owner)
                if is_deleting_dependents(&owner) && reference.block_owner_deletion == Some(true) =>
            {
                waiting += 1;
            }
            Owner::Present(..) | Owner::Unknown => solid.push(reference.clone()),
        }
    }
    if !solid.is_empty() {
        return if dangling + waiting > 0 { set_owners(cx, item, &solid) } else { Ok(()) };
    }
    let children: Vec<Object> = dependents(cx, &meta.uid).map(|(_, object)| object.clone()).collect();
    work.read(children.len());
    if waiting > 0 && !children.is_empty() {
        // A circle of owners that wait for each other is opened here.
        if children.iter().any(is_deleting_dependents) {
            let mut owners = meta.owner_references.clone();
            owners.iter_mut().for_each(|owner| owner.block_owner_deletion = Some(false));
            set_owners(cx, item, &owners)?;
        }
        return delete(cx, item, "Foreground");
    }
    let policy = if has_finalizer(&item.object, ORPHAN) {
        "Orphan"
    } else if has_finalizer(&item.object, FOREGROUND) {
        "Foreground"
    } else {
        "Background"
    };
    delete(cx, item, policy)
}

/// Lets the item go when no dependent blocks it; makes sure that those that do are being deleted.
fn process_deleting_dependents(cx: &mut Cx, work: &mut Work, item: &Item) -> Result<(), Status> {
    let uid = &item.object.meta().uid;
    let blocks = |object: &Object| {
        object
            .meta()
            .owner_references
            .iter()
            .any(|owner| owner.uid == *uid && owner.block_owner_deletion == Some(true))
    };
    let blocking: Vec<(ResourceId, Object)> = dependents(cx, uid)
        .filter(|(_, object)| blocks(object))
        .map(|(id, object)| (id, object.clone()))
        .collect();
    work.read(blocking.len());
    if blocking.is_empty() {
        return remove_finalizer(cx, item, FOREGROUND);
    }
    let now = cx.now;
    for (resource, object) in blocking.iter().filter(|(_, object)| !object.meta().is_deleting()) {
        work.enqueue_at(item_key(*resource, object), now);
    }
    Ok(())
}

/// Takes the item out of its dependents' owners, then lets it go.
fn orphan_dependents(cx: &mut Cx, work: &mut Work, item: &Item) -> Result<(), Status> {
    let uid = item.object.meta().uid.clone();
    let children: Vec<(ResourceId, Object)> =
        dependents(cx, &uid).map(|(id, object)| (id, object.clone())).collect();
    work.read(children.len());
    for (id, object) in children {
        let owners: Vec<OwnerReference> =
            object.meta().owner_references.iter().filter(|owner| owner.uid != uid).cloned().collect();
        let child = Item { resource: cx.registry().get(id).clone(), object };
        match set_owners(cx, &child, &owners) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
    }
    remove_finalizer(cx, item, ORPHAN)
}

fn set_owners(cx: &mut Cx, item: &Item, owners: &[OwnerReference]) -> Result<(), Status> {
    let owners: Vec<Json> = owners.iter().map(|owner| api::meta::codec::encode_message(owner)).collect();
    patch_metadata(cx, item, "ownerReferences", Json::from(owners))
}

fn remove_finalizer(cx: &mut Cx, item: &Item, finalizer: &str) -> Result<(), Status> {
    let finalizers = item.object.meta().finalizers.iter().filter(|present| **present != finalizer);
    let finalizers: Vec<Json> = finalizers.map(|present| Json::from(present.as_str())).collect();
    patch_metadata(cx, item, "finalizers", Json::from(finalizers))
}

fn patch_metadata(cx: &mut Cx, item: &Item, field: &str, value: Json) -> Result<(), Status> {
    let meta = item.object.meta();
    let mut metadata = json!({ "uid": meta.uid.as_str(), "resourceVersion": meta.resource_version.as_str() });
    metadata[field] = value;
    let patch = Body::json(json!({ "metadata": metadata }));
    cx.request(Request::patch(&item.path(), MERGE, patch)).to_status().map_or(Ok(()), Err)
}

fn delete(cx: &mut Cx, item: &Item, policy: &str) -> Result<(), Status> {
    let options = json!({
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "preconditions": { "uid": item.object.meta().uid.as_str() },
        "propagationPolicy": policy,
    });
    let request = Request::new(Method::Delete, &item.path()).with_body(Body::json(options));
    cx.request(request).to_status().map_or(Ok(()), Err)
}
