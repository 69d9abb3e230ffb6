//! The strategy of custom resources: JSON without a struct. Their schema, columns and validation will come from
//! CustomResourceDefinitions; a resource without a schema keeps every field.

use api::meta::field::ErrorList;
use api::meta::schema::{Schema, TypeInfo};
use api::{DecodeError, Gvk, Json, Object, Status, Str, Timestamp};

use super::{NameRule, Scale, Strategy, StrategyContext};
use crate::apiserver::draft::Draft;
use crate::apiserver::table::{Column, NAME_AND_AGE, Row};

/// Mirrors k8s.io/apiextensions-apiserver/pkg/registry/customresource.
pub struct CustomStrategy {
    /// What its objects say they are.
    pub gvk: Gvk,
    /// With a status subresource, the main endpoint ignores `status` and the status endpoint everything else.
    pub has_status: bool,
    /// From the definition's `openAPIV3Schema`, if it has one.
    pub schema: Option<Schema>,
}

impl CustomStrategy {
    fn content(object: &Object) -> &Json {
        object.json()
    }

    /// Copies one top-level field of `from` over, or removes it.
    fn restore(draft: &mut Draft, from: &Json, field: &str) {
        let Some(Json::Object(content)) = draft.content_mut() else { return };
        match from.get(field) {
            Some(value) => {
                content.insert(field.to_owned(), value.clone());
            }
            None => {
                content.shift_remove(field);
            }
        }
    }
}

/// True if anything but metadata and status differs.
fn spec_differs(new: &Json, old: &Json) -> bool {
    let (Json::Object(new), Json::Object(old)) = (new, old) else { return new != old };
    let counted = |key: &&String| !matches!(key.as_str(), "metadata" | "status");
    new.keys().chain(old.keys()).filter(counted).any(|key| new.get(key) != old.get(key))
}

impl Strategy for CustomStrategy {
    fn open(&self, object: &Object) -> Option<Draft> {
        (*object.gvk() == self.gvk).then(|| Draft::open_custom(object))
    }
    fn decode(&self, json: &Json) -> Result<Draft, DecodeError> {
        Draft::custom(&self.gvk, json.clone())
    }
    fn info(&self) -> Option<&'static TypeInfo> {
        None
    }
    fn schema(&self) -> Option<Schema> {
        self.schema.clone()
    }
    fn name_rule(&self) -> NameRule {
        NameRule::Subdomain
    }
    fn set_defaults(&self, _draft: &mut Draft) {}
    fn prepare_for_create(&self, _cx: &mut StrategyContext, draft: &mut Draft) {
        if self.has_status {
            CustomStrategy::restore(draft, &Json::Null, "status");
        }
        draft.meta_mut().generation = 1;
    }
    fn validate(&self, _cx: &StrategyContext, _draft: &Draft) -> ErrorList {
        ErrorList::default()
    }
    fn prepare_for_update(&self, _cx: &mut StrategyContext, draft: &mut Draft, old: &Object) {
        let before = CustomStrategy::content(old);
        if self.has_status {
            CustomStrategy::restore(draft, before, "status");
        }
        if draft.content().is_some_and(|content| spec_differs(content, before)) {
            draft.meta_mut().generation += 1;
        }
    }
    fn validate_update(&self, _cx: &StrategyContext, _draft: &Draft, _old: &Object) -> ErrorList {
        ErrorList::default()
    }
    fn prepare_for_status_update(&self, _cx: &mut StrategyContext, draft: &mut Draft, old: &Object) {
        let Some(mut kept) = self.open(old) else { return };
        let status = draft.content().and_then(|content| content.get("status")).cloned();
        let given = draft.meta().clone();
        CustomStrategy::restore(&mut kept, &serde_json::json!({ "status": status }), "status");
        if status.is_none() {
            CustomStrategy::restore(&mut kept, &Json::Null, "status");
        }
        let meta = kept.meta_mut();
        meta.managed_fields = given.managed_fields;
        meta.resource_version = given.resource_version;
        *draft = kept;
    }
    fn validate_status_update(&self, _cx: &StrategyContext, _draft: &Draft, _old: &Object) -> ErrorList {
        ErrorList::default()
    }
    fn begin(&self, _: &mut StrategyContext, _: &mut Draft, _: Option<&Object>) -> Result<(), Status> {
        Ok(())
    }
    fn warnings(&self, _draft: &Draft, _old: Option<&Object>) -> Vec<Str> {
        Vec::new()
    }
    fn allow_create_on_update(&self) -> bool {
        false
    }
    fn allow_unconditional_update(&self) -> bool {
        false
    }
    fn check_graceful_delete(&self, _object: &Object, _requested: Option<i64>) -> Option<i64> {
        None
    }
    fn returns_deleted_object(&self) -> bool {
        false
    }
    fn may_delete_during_update(&self, _draft: &Draft) -> bool {
        true
    }
    fn columns(&self) -> &[Column] {
        NAME_AND_AGE
    }
    fn print(&self, now: Timestamp, object: &Object) -> Row {
        Row::name_and_age(now, object.meta())
    }
    fn select(&self, _object: &Object, _field: &str) -> Option<Str> {
        None
    }
    fn selectable(&self, _field: &str) -> bool {
        false
    }
    fn scale(&self, _object: &Object) -> Option<Scale> {
        None
    }
    fn set_scale(&self, _draft: &mut Draft, _replicas: i32) {}
}
