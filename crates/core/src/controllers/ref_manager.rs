//! Who manages whom: adopting objects that match a selector and have no controller, releasing those that no longer
//! match. Upstream: pkg/controller/controller_ref_manager.go.

use api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use api::core::v1::Pod;
use api::meta::labels::Selector;
use api::meta::v1::LabelSelector;
use api::pod::{is_ready, is_terminal};
use api::{Json, Key, Kind, Object, Status, Str};
use collections::{OrdMap, OrdSet, StableSort};
use serde_json::json;

use super::controller_keys;
use crate::client::{Change, Cx};

const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// Objects of one kind without a controller, by namespace: the candidates for adoption. Kept from the watch, so that a
/// reconcile looks only at its own dependents and at these few.
#[derive(Clone, Debug, Default)]
pub(super) struct Orphans(OrdMap<Str, OrdSet<Str>>);

impl Orphans {
    /// Takes note of a change if it concerns an object of kind `K`.
    pub(super) fn observe<K: Kind>(&mut self, change: &Change) {
        if change.subject().view::<K>().is_none() {
            return;
        }
        let orphan = change.object.as_ref().is_some_and(|object| object.meta().controller_of().is_none());
        let key = &change.key;
        if orphan {
            self.0.entry(key.namespace.clone()).or_default().insert(key.name.clone());
        } else if let Some(names) = self.0.get_mut(&key.namespace) {
            names.remove(&key.name);
            if names.is_empty() {
                self.0.remove(&key.namespace);
            }
        }
    }

    /// True if one of them would be adopted by `owner`.
    pub(super) fn any_match<K: Kind>(&self, cx: &Cx, owner: &Object, selector: &Selector) -> bool {
        let namespace = &owner.meta().namespace;
        let adoptable = |object: Object| {
            let meta = object.meta();
            meta.controller_of().is_none() && !meta.is_deleting() && selector.matches(&meta.labels)
        };
        !owner.meta().is_deleting()
            && self.of(namespace).any(|name| cx.lister::<K>().get(namespace, name).is_some_and(adoptable))
    }

    fn of(&self, namespace: &str) -> impl Iterator<Item = &Str> {
        self.0.get(namespace).into_iter().flatten()
    }
}

/// A kind that manages what its selector matches.
pub(super) trait Manager: Kind {
    /// `spec.selector`
    fn selector(&self) -> Option<&LabelSelector>;
}

impl Manager for Deployment {
    fn selector(&self) -> Option<&LabelSelector> {
        self.spec.selector.as_deref()
    }
}

impl Manager for ReplicaSet {
    fn selector(&self) -> Option<&LabelSelector> {
        self.spec.selector.as_deref()
    }
}

impl Manager for DaemonSet {
    fn selector(&self) -> Option<&LabelSelector> {
        self.spec.selector.as_deref()
    }
}

/// A dependent wakes the `O` that manages it; one that nobody manages wakes those whose selector matches it.
pub(super) fn managers_of<O: Manager>(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    controller_keys(&O::GVK.kind, change, keys);
    let Some(dependent) = &change.object else { return };
    let meta = dependent.meta();
    if meta.controller_of().is_some() || meta.labels.is_empty() || meta.is_deleting() {
        return;
    }
    for owner in cx.lister::<O>().list(Some(&meta.namespace)) {
        if owner.view::<O>().is_some_and(|owner| selector_of(owner.selector()).matches(&meta.labels)) {
            keys.push(owner.key());
        }
    }
}

/// As [`managers_of`], for pods. Changes that no manager looks at (a pod's IP, its containers) wake nobody.
pub(super) fn managers_of_pod<O: Manager>(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if concerns_managers(change) {
        managers_of::<O>(cx, change, keys);
    }
}

fn concerns_managers(change: &Change) -> bool {
    let (Some(new), Some(old)) = (&change.object, &change.previous) else { return true };
    let (Some(new), Some(old)) = (new.view::<Pod>(), old.view::<Pod>()) else { return false };
    new.metadata.deletion_timestamp != old.metadata.deletion_timestamp
        || is_terminal(new) != is_terminal(old)
        || is_ready(new) != is_ready(old)
        || new.metadata.owner_references != old.metadata.owner_references
        || new.metadata.labels != old.metadata.labels
}

/// A workload's selector; one that is missing matches nothing.
pub(super) fn selector_of(selector: Option<&LabelSelector>) -> Selector {
    Selector::from_optional(selector).unwrap_or_else(|_| Selector::nothing())
}

/// The objects of kind `K` that `owner` manages, in key order, after adopting and releasing.
/// Errors of a release or adoption are returned after all were tried.
pub(super) fn claim<O: Kind, K: Kind>(
    cx: &mut Cx,
    owner: &Object,
    selector: &Selector,
    orphans: &Orphans,
) -> Result<Vec<Object>, Status> {
    let meta = owner.meta();
    let mut claimed = Vec::new();
    let mut failure = None;
    for object in cx.lister::<K>().owned_by(&meta.uid) {
        let controlled = object.meta().is_controlled_by(&meta.uid);
        if !controlled {
            continue;
        }
        if selector.matches(&object.meta().labels) {
            claimed.push(object);
        } else if !meta.is_deleting()
            && let Err(error) = release::<K>(cx, owner, &object)
        {
            failure = Some(error);
        }
    }
    if !meta.is_deleting() {
        adopt_orphans::<O, K>(cx, owner, selector, orphans, &mut claimed)?;
    }
    failure.map_or(Ok(claimed), Err)
}

fn adopt_orphans<O: Kind, K: Kind>(
    cx: &mut Cx,
    owner: &Object,
    selector: &Selector,
    orphans: &Orphans,
    claimed: &mut Vec<Object>,
) -> Result<(), Status> {
    let namespace = owner.meta().namespace.clone();
    let names: Vec<Str> = orphans.of(&namespace).cloned().collect();
    let mut sort = false;
    for name in names {
        let Some(object) = cx.lister::<K>().get(&namespace, &name) else { continue };
        let meta = object.meta();
        if meta.controller_of().is_some() || meta.is_deleting() || !selector.matches(&meta.labels) {
            continue;
        }
        if let Some(adopted) = adopt::<O, K>(cx, owner, &object)? {
            claimed.push(adopted);
            sort = true;
        }
    }
    if sort {
        claimed.stable_sort_by_key(Object::key);
    }
    Ok(())
}

/// Sets the owner reference; `None` if the object is gone.
fn adopt<O: Kind, K: Kind>(cx: &mut Cx, owner: &Object, object: &Object) -> Result<Option<Object>, Status> {
    can_adopt::<O>(cx, owner)?;
    let (meta, of) = (object.meta(), owner.meta());
    let reference = json!({
        "apiVersion": owner.gvk().api_version().as_str(),
        "kind": owner.gvk().kind.as_str(),
        "name": of.name.as_str(),
        "uid": of.uid.as_str(),
        "controller": true,
        "blockOwnerDeletion": true,
    });
    let patch = json!({ "metadata": { "ownerReferences": [reference], "uid": meta.uid.as_str() } });
    present(cx.patch::<K>(&meta.namespace, &meta.name, "", STRATEGIC, patch))
}

/// An owner that has just been deleted, or replaced by another of the same name, adopts nothing.
fn can_adopt<O: Kind>(cx: &mut Cx, owner: &Object) -> Result<(), Status> {
    let meta = owner.meta();
    let fresh = cx.get::<O>(&meta.namespace, &meta.name)?;
    if fresh.meta().uid != meta.uid {
        let message = format!("original {} {}/{} is gone", owner.gvk().kind, meta.namespace, meta.name);
        return Err(Status::internal_error(&message));
    }
    match fresh.meta().deletion_timestamp {
        None => Ok(()),
        Some(time) => Err(Status::internal_error(&format!(
            "{}/{} has just been deleted at {time}",
            meta.namespace, meta.name
        ))),
    }
}

fn release<K: Kind>(cx: &mut Cx, owner: &Object, object: &Object) -> Result<(), Status> {
    let meta = object.meta();
    let reference = json!({ "$patch": "delete", "uid": owner.meta().uid.as_str() });
    let patch: Json = json!({ "metadata": { "ownerReferences": [reference], "uid": meta.uid.as_str() } });
    present(cx.patch::<K>(&meta.namespace, &meta.name, "", STRATEGIC, patch)).map(|_| ())
}

/// An object that is gone, or another one of the same name (its uid does not fit), needs nothing.
fn present(result: Result<Object, Status>) -> Result<Option<Object>, Status> {
    match result {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() || error.is_invalid() => Ok(None),
        Err(error) => Err(error),
    }
}
