//! Validation that all kinds share: metadata, labels, selectors. Mirrors k8s.io/apimachinery/pkg/api/validation and
//! apis/meta/v1/validation.

use api::Str;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use collections::OrdMap;

use super::Resource;
use super::strategy::validate_name;

/// All annotations of an object together.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// The detail of errors about negative numbers.
pub const IS_NEGATIVE: &str = "must be greater than or equal to 0";
/// The detail of errors about fields that cannot change.
pub const FIELD_IMMUTABLE: &str = "field is immutable";

/// Mirrors ValidateObjectMeta.
pub fn validate_object_meta(resource: &Resource, meta: &ObjectMeta, path: &Path) -> ErrorList {
    let rule = resource.strategy.name_rule();
    let mut errors = ErrorList::new();
    if !meta.generate_name.is_empty() {
        errors.extend(validate_name(rule, &meta.generate_name, true, &path.child("generateName")));
    }
    if meta.name.is_empty() {
        errors.push(Error::required(&path.child("name"), "name or generateName is required"));
    } else {
        errors.extend(validate_name(rule, &meta.name, false, &path.child("name")));
    }
    let namespace = path.child("namespace");
    if !resource.namespaced() {
        if !meta.namespace.is_empty() {
            errors.push(Error::forbidden(&namespace, "not allowed on this type"));
        }
    } else if meta.namespace.is_empty() {
        errors.push(Error::required(&namespace, ""));
    } else {
        for message in names::is_dns1123_label(&meta.namespace) {
            errors.push(Error::invalid(&namespace, &meta.namespace, &message));
        }
    }
    errors.extend(validate_common(meta, path));
    errors
}

fn validate_common(meta: &ObjectMeta, path: &Path) -> ErrorList {
    let mut errors = validate_labels(&meta.labels, &path.child("labels"));
    errors.extend(validate_annotations(&meta.annotations, &path.child("annotations")));
    errors.extend(validate_owner_references(&meta.owner_references, &path.child("ownerReferences")));
    errors.extend(validate_finalizers(&meta.finalizers, &path.child("finalizers")));
    errors
}

/// Mirrors ValidateObjectMetaUpdate.
pub fn validate_object_meta_update(new: &ObjectMeta, old: &ObjectMeta) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = ErrorList::new();
    if old.deletion_timestamp.is_some() {
        let added: Vec<&Str> = new.finalizers.iter().filter(|name| !old.finalizers.contains(name)).collect();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|name| format!("{:?}", name.as_str())).collect();
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                list.join(", ")
            );
            errors.push(Error::forbidden(&path.child("finalizers"), &why));
        }
    }
    if new.name != old.name {
        errors.push(Error::invalid(&path.child("name"), &new.name, FIELD_IMMUTABLE));
    }
    if new.namespace != old.namespace {
        errors.push(Error::invalid(&path.child("namespace"), &new.namespace, FIELD_IMMUTABLE));
    }
    if old.deletion_timestamp != new.deletion_timestamp {
        let given = new.deletion_timestamp.map_or(api::Json::Null, |time| time.rfc3339().into());
        errors.push(Error::invalid(&path.child("deletionTimestamp"), given, FIELD_IMMUTABLE));
    }
    if old.deletion_grace_period_seconds != new.deletion_grace_period_seconds {
        let given = new.deletion_grace_period_seconds;
        errors.push(Error::invalid(&path.child("deletionGracePeriodSeconds"), given, FIELD_IMMUTABLE));
    }
    if new.labels != old.labels {
        errors.extend(validate_labels(&new.labels, &path.child("labels")));
    }
    if new.annotations != old.annotations {
        errors.extend(validate_annotations(&new.annotations, &path.child("annotations")));
    }
    if new.owner_references != old.owner_references {
        errors.extend(validate_owner_references(&new.owner_references, &path.child("ownerReferences")));
    }
    if new.finalizers != old.finalizers {
        errors.extend(validate_finalizers(&new.finalizers, &path.child("finalizers")));
    }
    errors
}

/// Mirrors unversionedvalidation.ValidateLabels.
pub fn validate_labels(labels: &OrdMap<Str, Str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (key, value) in labels {
        for message in names::is_qualified_name(key) {
            errors.push(Error::invalid(path, key, &message));
        }
        for message in names::is_valid_label_value(value) {
            errors.push(Error::invalid(path, value, &message));
        }
    }
    errors
}

/// Mirrors ValidateAnnotations.
pub fn validate_annotations(annotations: &OrdMap<Str, Str>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut total = 0;
    for (key, value) in annotations {
        // The rule is checked on the lower-case name.
        for message in names::is_qualified_name(&key.to_lowercase()) {
            errors.push(Error::invalid(path, key, &message));
        }
        total += key.len() + value.len();
    }
    if total > ANNOTATIONS_MAX {
        errors.push(Error::too_long(path, ANNOTATIONS_MAX));
    }
    errors
}

/// Mirrors ValidateOwnerReferences.
fn validate_owner_references(owners: &[OwnerReference], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut controller: Option<&OwnerReference> = None;
    for (index, owner) in owners.iter().enumerate() {
        let at = path.index(index);
        if owner.api_version.is_empty() {
            errors.push(Error::invalid(
                &at.child("apiVersion"),
                &owner.api_version,
                "version must not be empty",
            ));
        }
        if owner.kind.is_empty() {
            errors.push(Error::invalid(&at.child("kind"), &owner.kind, "must not be empty"));
        }
        if owner.name.is_empty() {
            errors.push(Error::invalid(&at.child("name"), &owner.name, "must not be empty"));
        }
        if owner.uid.is_empty() {
            errors.push(Error::invalid(&at.child("uid"), &owner.uid, "must not be empty"));
        }
        if owner.kind == "Event" && owner.api_version == "v1" {
            let why = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(Error::invalid(&at, &owner.kind, why));
        }
        if owner.controller == Some(true) {
            if let Some(first) = controller {
                let why = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                    first.name, owner.name
                );
                errors.push(Error::invalid(path, api::Json::Null, &why));
            }
            controller = Some(owner);
        }
    }
    errors
}

/// Mirrors ValidateFinalizers.
fn validate_finalizers(finalizers: &[Str], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let has = |name: &str| finalizers.iter().any(|known| known == name);
    for finalizer in finalizers {
        for message in names::is_qualified_name(finalizer) {
            errors.push(Error::invalid(path, finalizer, &message));
        }
        let standard = matches!(finalizer.as_str(), "kubernetes" | "orphan" | "foregroundDeletion");
        if !finalizer.contains('/') && !standard {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(Error::invalid(path, finalizer, why));
        }
    }
    if has("orphan") && has("foregroundDeletion") {
        let list: Vec<&str> = finalizers.iter().map(Str::as_str).collect();
        errors.push(Error::invalid(
            path,
            list,
            "finalizer orphan and finalizer foregroundDeletion cannot be both set",
        ));
    }
    errors
}

/// Mirrors ValidateNonnegativeField.
pub fn validate_nonnegative(value: i64, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if value < 0 {
        errors.push(Error::invalid(path, value, IS_NEGATIVE));
    }
    errors
}

/// Mirrors unversionedvalidation.ValidateLabelSelector.
pub fn validate_label_selector(selector: Option<&LabelSelector>, path: &Path) -> ErrorList {
    let Some(selector) = selector else { return ErrorList::new() };
    let mut errors = validate_labels(&selector.match_labels, &path.child("matchLabels"));
    for (index, expression) in selector.match_expressions.iter().enumerate() {
        let at = path.child("matchExpressions").index(index);
        match expression.operator.as_str() {
            "In" | "NotIn" if expression.values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(Error::required(&at.child("values"), why));
            }
            "Exists" | "DoesNotExist" if !expression.values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(Error::forbidden(&at.child("values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                errors.push(Error::invalid(&at.child("operator"), other, "not a valid selector operator"))
            }
        }
        for message in names::is_qualified_name(&expression.key) {
            errors.push(Error::invalid(&at.child("key"), &expression.key, &message));
        }
        for (index, value) in expression.values.iter().enumerate() {
            for message in names::is_valid_label_value(value) {
                errors.push(Error::invalid(&at.child("values").index(index), value, &message));
            }
        }
    }
    errors
}
