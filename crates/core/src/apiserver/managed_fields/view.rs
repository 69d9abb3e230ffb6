//! What a person sees of the fields that the cluster's components manage.
//!
//! Components' writes note who, how and when (see `record`); which fields is worked out when somebody looks: what nobody
//! else's entry holds is theirs, status fields go to who writes the status.

use api::core::v1::{Node, Pod};
use api::{Json, Object, Opaque};
use serde_json::json;

use super::set::{FieldSet, Path, Step};
use super::{compare, fields_v1, part_of};
use crate::apiserver::call::Call;

/// The object with the sets of all its managers.
pub fn told(call: &Call, object: Object) -> Object {
    let untold = |object: &Object| object.meta().managed_fields.iter().any(|entry| entry.fields_v1.is_none());
    let strategy = &call.resource.strategy;
    let Some(mut draft) = strategy.open(&object).filter(|_| untold(&object)) else { return object };
    let mut owned = FieldSet::default();
    for entry in object.meta().managed_fields.iter().filter(|entry| entry.fields_v1.is_some()) {
        owned.extend(&fields_v1(entry));
    }
    let empty = strategy.decode(&json!({})).map_or(Json::Null, |draft| draft.to_json());
    let schema = strategy.schema();
    let has_status = call.resource.subresource("status").is_some();
    let fields = |status: bool| {
        let part = |json: Json| part_of(has_status, status, json);
        let changes = compare(&part(empty.clone()), &part(object.to_json()), schema.as_ref());
        let mut set = changes.added;
        set.extend(&changes.modified);
        set.remove_all(&owned);
        set
    };
    let mut main = fields(false);
    if let Some(pod) = object.view::<Pod>() {
        main.0.retain(|path| !set_by_admission(pod, path));
    }
    let mut status = if has_status { fields(true) } else { FieldSet::default() };
    status.remove_all(&main);
    share_out(&mut draft.meta_mut().managed_fields, main, status, object.view::<Node>().is_some());
    draft.seal()
}

/// Gives the fields to the entries that have none; entries that get nothing are left out.
fn share_out(
    entries: &mut Vec<api::meta::v1::ManagedFieldsEntry>,
    main: FieldSet,
    status: FieldSet,
    node: bool,
) {
    let untold = |entries: &[api::meta::v1::ManagedFieldsEntry], part: &str| -> Vec<usize> {
        (0..entries.len())
            .filter(|i| entries[*i].fields_v1.is_none() && entries[*i].subresource == part)
            .collect()
    };
    let (mains, statuses) = (untold(entries, ""), untold(entries, "status"));
    let mut sets = vec![FieldSet::default(); entries.len()];
    let named = |among: &[usize], name: &str| among.iter().copied().find(|i| entries[*i].manager == name);
    if let Some(i) = named(&statuses, "kubelet").or(statuses.first().copied()).or(mains.first().copied()) {
        sets[i].extend(&status);
    }
    for path in main.0 {
        // A node registers itself with its labels; its addresses and taints come from the controllers.
        let wanted = match path.first() {
            Some(Step::Field(name)) if node && name == "spec" => "kube-controller-manager",
            _ if node => "kubelet",
            _ => "",
        };
        let owner = named(&mains, wanted).or(mains.first().copied()).or(statuses.first().copied());
        if let Some(i) = owner {
            sets[i].insert(&path);
        }
    }
    let mut sets = sets.into_iter();
    entries.retain_mut(|entry| {
        let set = sets.next().unwrap_or_default();
        if entry.fields_v1.is_none() && !set.is_empty() {
            entry.fields_type = "FieldsV1".into();
            entry.fields_v1 = Opaque::from(set.to_json());
        }
        entry.fields_v1.is_some()
    });
}

/// Fields of a pod that nobody manages: admission and binding set them, behind the back of the bookkeeping.
fn set_by_admission(pod: &Pod, path: &Path) -> bool {
    const TOKEN: &str = "kube-api-access-";
    let [Step::Field(spec), Step::Field(field), rest @ ..] = path.as_slice() else { return false };
    let token_only = pod.spec.volumes.iter().all(|volume| volume.name.starts_with(TOKEN));
    if spec != "spec" {
        return false;
    }
    match (field.as_str(), rest) {
        ("nodeName" | "priority" | "preemptionPolicy", _) => true,
        ("serviceAccount" | "serviceAccountName", _) => pod.spec.service_account_name == "default",
        ("tolerations", _) => pod.spec.tolerations.len() == 2,
        ("volumes", []) => token_only,
        ("volumes", [Step::Key(key), ..]) => key.contains(TOKEN),
        ("containers" | "initContainers", [_, Step::Field(mounts), rest @ ..])
            if mounts == "volumeMounts" =>
        {
            match rest {
                [] => token_only,
                [Step::Key(key), ..] => key.contains("/var/run/secrets/kubernetes.io/serviceaccount"),
                _ => false,
            }
        }
        _ => false,
    }
}
