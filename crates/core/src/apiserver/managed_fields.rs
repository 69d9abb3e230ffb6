//! Who changed an object last, through which endpoint: `metadata.managedFields` without the sets of fields.
//!
//! Upstream also keeps which fields each manager owns (`fieldsV1`), for server-side apply. That is not tracked here
//! yet; entries say truthfully who, how and when, and leave `fieldsV1` out.

use api::Object;
use api::Str;
use api::meta::v1::ManagedFieldsEntry;

use super::RequestContext;
use super::call::Call;
use super::draft::Draft;

/// Notes the call's manager on an object that is about to be written.
pub(super) fn record(cx: &RequestContext, call: &Call, draft: &mut Draft, _old: Option<&Object>) {
    let manager = match call.manager() {
        manager if manager.is_empty() => Str::new("unknown"),
        manager => manager,
    };
    let subresource = match call.info.subresource {
        "scale" => "scale",
        "status" => "status",
        _ => "",
    };
    let now = cx.now.trunc_secs();
    let api_version = call.resource.gvk.api_version();
    let entries = &mut draft.meta_mut().managed_fields;
    let same = |entry: &&mut ManagedFieldsEntry| {
        entry.manager == manager && entry.operation == "Update" && entry.subresource == subresource
    };
    match entries.iter_mut().find(same) {
        Some(entry) => entry.time = Some(now),
        None => entries.push(ManagedFieldsEntry {
            manager,
            operation: "Update".into(),
            api_version,
            time: Some(now),
            fields_type: "FieldsV1".into(),
            subresource: subresource.into(),
            ..ManagedFieldsEntry::default()
        }),
    }
}
