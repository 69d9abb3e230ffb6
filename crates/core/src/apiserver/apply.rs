//! Server-side apply: a manager says which fields it wants to have which values, and the server merges, finds conflicts
//! with other managers and takes away what the manager wanted before and wants no more.
//! Mirrors managedfields.FieldManager.Apply and structured-merge-diff/merge.

use api::http::Response;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::schema::Schema;
use api::meta::status::Cause;
use api::meta::v1::ManagedFieldsEntry;
use api::{Gvk, Json, Object, Status, Str};

use super::call::Call;
use super::managed_fields::{self as managed, FieldSet, path_text};
use super::store::Part;
use super::{ApiServer, RequestContext, body};

impl ApiServer {
    /// PATCH with `application/apply-patch+yaml`.
    pub(super) fn apply(
        &mut self,
        cx: &mut RequestContext,
        call: &mut Call,
        patch: &Json,
    ) -> Result<Response, Status> {
        check_configuration(call, patch)?;
        let schema = managed::schema(call);
        let mut config = patch.clone();
        config["metadata"]["name"] = Json::from(call.info.name);
        if call.resource.namespaced() {
            config["metadata"]["namespace"] = Json::from(call.info.namespace);
        }
        let live = self.storage.get(call.resource.id, &call.key()).cloned();
        let entries = live.as_ref().map_or_else(Vec::new, |live| live.meta().managed_fields.clone());
        let part = managed::subresource(call);
        let manager: Str = call.request.param("fieldManager").into();
        let own = |entry: &ManagedFieldsEntry| {
            entry.manager == manager && entry.operation == "Apply" && entry.subresource == part
        };
        let wanted = managed::fields_of(&managed::managed_part(call, config.clone()), schema.as_ref());
        let before = entries.iter().find(|entry| own(entry)).map(managed::fields_v1).unwrap_or_default();
        let live_json = live.as_ref().map(Object::to_json);
        let mut merged = managed::merge(live_json.as_ref(), &config, schema.as_ref());
        let others: Vec<ManagedFieldsEntry> = entries.iter().filter(|entry| !own(entry)).cloned().collect();
        prune(&mut merged, schema.as_ref(), &before, &wanted, &others);
        let others = self.settle(call, live_json.as_ref(), &merged, schema.as_ref(), others)?;
        let same = entries.iter().find(|entry| own(entry)).filter(|_| before == wanted).cloned();
        let version = call.resource.gvk.api_version();
        let mine = same.unwrap_or_else(|| {
            managed::entry(manager.clone(), "Apply", version, cx.now.trunc_secs(), part, Some(&wanted))
        });
        let mut entries = others;
        entries.push(mine);
        managed::sort(&mut entries);
        call.applied = Some(entries);
        let mut problems = Vec::new();
        body::report_unknown(call, patch, &mut problems)?;
        let draft = body::decode_merged(call, &merged)?;
        match live {
            Some(old) => {
                let part = if call.info.subresource.is_empty() { Part::Main } else { Part::Status };
                let (object, _) = self.update_draft(cx, call, &old, draft, part)?;
                Ok(call.respond(cx, 200, object))
            }
            None if !call.info.subresource.is_empty() => Err(call.not_found()),
            None => {
                let object = self.create_draft(cx, call, draft)?;
                Ok(call.respond(cx, 201, object))
            }
        }
    }

    /// Finds conflicts: fields that this would change and others manage. With `force` the others lose them.
    fn settle(
        &self,
        call: &Call,
        live: Option<&Json>,
        merged: &Json,
        schema: Option<&Schema>,
        mut others: Vec<ManagedFieldsEntry>,
    ) -> Result<Vec<ManagedFieldsEntry>, Status> {
        let before = managed::managed_part(call, live.cloned().unwrap_or_else(|| serde_json::json!({})));
        let changes = managed::compare(&before, &managed::managed_part(call, merged.clone()), schema);
        let mut changed = changes.modified;
        changed.extend(&changes.added);
        let conflicts: Vec<(String, FieldSet)> = others
            .iter()
            .map(|entry| (manager_text(entry), managed::fields_v1(entry).intersection(&changed)))
            .filter(|(_, set)| !set.is_empty())
            .collect();
        if !conflicts.is_empty() && !call.request.flag("force") {
            return Err(conflict(&conflicts));
        }
        let mut taken = changed;
        taken.extend(&changes.removed);
        for entry in &mut others {
            managed::take(entry, &taken);
        }
        others.retain(|entry| entry.fields_v1.is_none() || !managed::fields_v1(entry).is_empty());
        Ok(others)
    }
}

/// What an apply must say, and may not say.
fn check_configuration(call: &Call, patch: &Json) -> Result<(), Status> {
    let options = Gvk::of("meta.k8s.io", "v1", "PatchOptions");
    if call.request.param("fieldManager").is_empty() {
        let errors: ErrorList =
            vec![Error::required(&Path::new("fieldManager"), "is required for apply patch")].into();
        return Err(Status::invalid(&options, "", &errors));
    }
    if !patch.is_object() {
        let what = api::base::json::go_type(patch);
        let why = format!(
            "error decoding YAML: json: cannot unmarshal {what} into Go value of type map[string]interface {{}}"
        );
        return Err(Status::bad_request(why));
    }
    let text = |pointer: &str| patch.pointer(pointer).and_then(Json::as_str).unwrap_or("");
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    if *call.resource.gvk.api_version() != *api_version || call.resource.gvk.kind != kind {
        let given = Gvk::parse(api_version, kind).map_err(Status::bad_request)?;
        return Err(Status::bad_request(format!(
            "invalid object type: {given}: expected {}",
            call.resource.gvk
        )));
    }
    let name = text("/metadata/name");
    if !name.is_empty() && name != call.info.name {
        let url = call.info.name;
        let why = format!("the name of the object ({name}) does not match the name on the URL ({url})");
        return Err(Status::bad_request(why));
    }
    if patch
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| fields.as_array().is_some_and(|list| !list.is_empty()))
    {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    Ok(())
}

/// Takes away what this manager wanted before and does not want now, unless another manager wants it.
fn prune(
    merged: &mut Json,
    schema: Option<&Schema>,
    before: &FieldSet,
    wanted: &FieldSet,
    others: &[ManagedFieldsEntry],
) {
    let mut gone = before.clone();
    gone.remove_all(wanted);
    let mut kept = wanted.clone();
    for entry in others {
        kept.extend(&managed::fields_v1(entry));
    }
    gone.remove_all(&kept);
    if !gone.is_empty() {
        managed::remove(merged, schema, &gone, &kept);
    }
}

/// `"kubectl" with subresource "scale" using apps/v1` (`printManager`).
fn manager_text(entry: &ManagedFieldsEntry) -> String {
    let mut text = format!("{:?}", entry.manager.as_str());
    if !entry.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", entry.subresource.as_str()));
    }
    if entry.operation == "Update" {
        text.push_str(&format!(" using {}", entry.api_version));
    }
    text
}

/// Mirrors NewConflictError.
fn conflict(conflicts: &[(String, FieldSet)]) -> Status {
    let mut causes = Vec::new();
    let mut lines = Vec::new();
    for (manager, set) in conflicts {
        lines.push(format!("conflicts with {manager}:"));
        for path in &set.0 {
            lines.push(format!("- {}", path_text(path)));
            causes.push(Cause {
                reason: "FieldManagerConflict".into(),
                message: format!("conflict with {manager}").into(),
                field: path_text(path).into(),
            });
        }
    }
    let message = match causes.as_slice() {
        [only] => format!("Apply failed with 1 conflict: {}: {}", only.message, only.field),
        many => format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n")),
    };
    Status::apply_conflict(causes, message)
}
