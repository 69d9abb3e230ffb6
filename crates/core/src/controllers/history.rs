//! The revisions of a workload's pod template, kept as ControllerRevisions: what `kubectl rollout history` and `undo`
//! of DaemonSets show and bring back. Upstream: pkg/controller/daemon/update.go, pkg/controller/history.

use api::apps::v1::ControllerRevision;
use api::core::v1::PodTemplateSpec;
use api::meta::codec::encode_message;
use api::meta::v1::{ObjectMeta, OwnerReference};
use api::{Json, Object, Opaque, Status, Str};
use collections::{OrdSet, StableSort};
use serde_json::json;

use super::deployment::compute_hash;
use crate::client::Cx;

/// DefaultDaemonSetUniqueLabelKey: which revision a pod, or a stored revision, is of.
pub(super) const REVISION_HASH: &str = "controller-revision-hash";

/// What stands between an owner and its history.
pub(super) struct Owner<'a> {
    pub(super) meta: &'a ObjectMeta,
    pub(super) reference: OwnerReference,
    pub(super) template: &'a PodTemplateSpec,
    pub(super) collisions: Option<i32>,
}

/// The history of a workload.
pub(super) struct History {
    /// Of the present template; its `controller-revision-hash` label marks pods.
    pub(super) hash: Str,
    /// Revisions of other templates, oldest first.
    pub(super) old: Vec<Object>,
}

/// A stored revision did not fit under its name: try again with another hash.
pub(super) enum Failure {
    Collision,
    Api(Status),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure::Api(status)
    }
}

fn view(object: &Object) -> &ControllerRevision {
    object.view().expect("listers of ControllerRevisions return ControllerRevisions")
}

/// What is stored of a template: a strategic merge patch that brings it back.
fn patch_of(template: &PodTemplateSpec) -> Json {
    let mut template = encode_message(template);
    template["$patch"] = Json::from("replace");
    json!({ "spec": { "template": template } })
}

/// Finds the revision of the present template, or stores it; makes it the newest.
pub(super) fn construct(cx: &mut Cx, owner: &Owner) -> Result<History, Failure> {
    let wanted = patch_of(owner.template);
    let all = cx.lister::<ControllerRevision>().owned_by(&owner.meta.uid);
    let (mut current, mut old): (Vec<Object>, Vec<Object>) = all
        .into_iter()
        .filter(|object| object.meta().is_controlled_by(&owner.meta.uid))
        .partition(|object| *view(object).data.json() == wanted);
    old.stable_sort_by_key(|object| view(object).revision);
    current.stable_sort_by_key(|object| view(object).revision);
    let newest = old.last().map_or(0, |object| view(object).revision) + 1;
    let present = match current.pop() {
        None => snapshot(cx, owner, wanted, newest)?,
        Some(present) if view(&present).revision < newest => {
            cx.update(ControllerRevision { revision: newest, ..view(&present).clone() })?
        }
        Some(present) => present,
    };
    let hash = present.meta().labels.get(REVISION_HASH).cloned().unwrap_or_default();
    Ok(History { hash, old })
}

fn snapshot(cx: &mut Cx, owner: &Owner, wanted: Json, revision: i64) -> Result<Object, Failure> {
    let hash: Str = compute_hash(owner.template, owner.collisions).into();
    let mut labels = owner.template.metadata.labels.clone();
    labels.insert(REVISION_HASH.into(), hash.clone());
    let metadata = ObjectMeta {
        name: format!("{}-{hash}", owner.meta.name).into(),
        namespace: owner.meta.namespace.clone(),
        labels,
        annotations: owner.meta.annotations.clone(),
        owner_references: vec![owner.reference.clone()],
        ..ObjectMeta::default()
    };
    let name = metadata.name.clone();
    match cx.create(ControllerRevision { metadata, data: Opaque::from(wanted.clone()), revision }) {
        Err(error) if error.is_already_exists() => {
            let found = cx.get::<ControllerRevision>(&owner.meta.namespace, &name)?;
            if *view(&found).data.json() == wanted { Ok(found) } else { Err(Failure::Collision) }
        }
        result => Ok(result?),
    }
}

/// Deletes the oldest revisions beyond the limit that no pod is of.
pub(super) fn clean_up(cx: &mut Cx, old: &[Object], limit: i32, live: &OrdSet<Str>) -> Result<(), Status> {
    let surplus = old.len().saturating_sub(limit.max(0) as usize);
    let dead =
        |object: &&Object| object.meta().labels.get(REVISION_HASH).is_none_or(|hash| !live.contains(hash));
    for object in old.iter().filter(dead).take(surplus) {
        let meta = object.meta();
        match cx.delete::<ControllerRevision>(&meta.namespace, &meta.name, Json::Null) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
