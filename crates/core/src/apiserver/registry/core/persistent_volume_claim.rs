//! PersistentVolumeClaim. Mirrors pkg/registry/core/persistentvolumeclaim and its parts of defaults, validation and
//! printers.

use api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{Json, Str, Timestamp};

use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::validate_label_selector;
use crate::apiserver::{Resource, Subresource};

/// Annotation that named the storage class before there was a field.
pub const STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// What is particular to the kind PersistentVolumeClaim.
pub struct PersistentVolumeClaimStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<PersistentVolumeClaimStrategy>().short(&["pvc"]).with(&[Subresource::STATUS])
}

impl KindStrategy for PersistentVolumeClaimStrategy {
    type Kind = PersistentVolumeClaim;
    const RETURNS_DELETED_OBJECT: bool = true;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Status"),
        Column::text("Volume"),
        Column::text("Capacity"),
        Column::text("Access Modes"),
        Column::text("StorageClass"),
        Column::text("VolumeAttributesClass"),
        Column::text("Age"),
        Column::wide("VolumeMode"),
    ];

    fn set_defaults(claim: &mut PersistentVolumeClaim) {
        if claim.status.phase.is_empty() {
            claim.status.phase = "Pending".into();
        }
        claim.spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
    }

    fn prepare_for_create(_cx: &mut StrategyContext, claim: &mut PersistentVolumeClaim) {
        claim.status = Default::default();
        claim.status.phase = "Pending".into();
    }

    fn validate(_cx: &StrategyContext, claim: &PersistentVolumeClaim) -> ErrorList {
        validate_claim_spec(&claim.spec, &Path::new("spec"))
    }

    fn prepare_for_update(
        _cx: &mut StrategyContext,
        claim: &mut PersistentVolumeClaim,
        old: &PersistentVolumeClaim,
    ) {
        claim.status = old.status.clone();
    }

    fn validate_update(
        _cx: &StrategyContext,
        claim: &PersistentVolumeClaim,
        old: &PersistentVolumeClaim,
    ) -> ErrorList {
        validate_claim_update(claim, old)
    }

    fn prepare_for_status_update(
        _cx: &mut StrategyContext,
        claim: &mut PersistentVolumeClaim,
        old: &PersistentVolumeClaim,
    ) {
        claim.spec = old.spec.clone();
    }

    fn print(now: Timestamp, claim: &PersistentVolumeClaim) -> Row {
        let bound = !claim.spec.volume_name.is_empty();
        let capacity = claim.status.capacity.get("storage").filter(|_| bound);
        let modes = if bound { access_modes(&claim.status.access_modes) } else { String::new() };
        let phase = if claim.metadata.is_deleting() { "Terminating" } else { claim.status.phase.as_str() };
        let attributes = claim.spec.volume_attributes_class_name.as_ref().map_or("<unset>", Str::as_str);
        Row::new(vec![
            Json::from(&claim.metadata.name),
            Json::from(phase),
            Json::from(&claim.spec.volume_name),
            Json::from(capacity.map_or_else(String::new, ToString::to_string)),
            Json::from(modes),
            Json::from(class_of(claim)),
            Json::from(attributes),
            age(now, &claim.metadata),
            Json::from(claim.spec.volume_mode.as_ref().map_or("<unset>", Str::as_str)),
        ])
    }
}

/// The class that the claim asks for; empty for none (`GetPersistentVolumeClaimClass`).
pub fn class_of(claim: &PersistentVolumeClaim) -> &str {
    match claim.metadata.annotations.get(STORAGE_CLASS) {
        Some(class) => class.as_str(),
        None => claim.spec.storage_class_name.as_ref().map_or("", Str::as_str),
    }
}

/// `RWO,ROX`: modes in short, each once, in upstream's order (`GetAccessModesAsString`).
pub fn access_modes(modes: &[Str]) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let given = short.iter().filter(|(mode, _)| modes.iter().any(|given| given == mode));
    given.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// Access modes as claims and volumes must have them.
pub(super) fn validate_access_modes(modes: &[Str], path: &Path, errors: &mut ErrorList) {
    for mode in modes.iter().filter(|mode| !ACCESS_MODES.contains(&mode.as_str())) {
        errors.push(Error::not_supported(path, mode, &ACCESS_MODES));
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        let why = "may not use ReadWriteOncePod with other access modes";
        errors.push(Error::forbidden(path, why));
    }
}

pub(super) fn validate_volume_mode(mode: Option<&Str>, path: &Path, errors: &mut ErrorList) {
    if let Some(mode) = mode.filter(|mode| !matches!(mode.as_str(), "Block" | "Filesystem")) {
        errors.push(Error::not_supported(path, mode, &["Block", "Filesystem"]));
    }
}

/// Mirrors ValidatePersistentVolumeClaimSpec.
fn validate_claim_spec(spec: &PersistentVolumeClaimSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if spec.access_modes.is_empty() {
        errors.push(Error::required(&path.child("accessModes"), "at least 1 access mode is required"));
    }
    errors.extend(validate_label_selector(spec.selector.as_deref(), &path.child("selector")));
    validate_access_modes(&spec.access_modes, &path.child("accessModes"), &mut errors);
    match spec.resources.requests.get("storage") {
        None => errors.push(Error::required(&path.child("resources").key("storage"), "")),
        Some(size) if size.sign() <= 0 => {
            let at = path.child("resources").key("storage");
            errors.push(Error::invalid(&at, size.to_string(), "must be greater than zero"));
        }
        Some(_) => {}
    }
    if let Some(class) = spec.storage_class_name.as_ref().filter(|class| !class.is_empty()) {
        for complaint in names::is_dns1123_subdomain(class) {
            errors.push(Error::invalid(&path.child("storageClassName"), class, &complaint));
        }
    }
    validate_volume_mode(spec.volume_mode.as_ref(), &path.child("volumeMode"), &mut errors);
    errors
}

/// Mirrors ValidatePersistentVolumeClaimUpdate: a claim may be bound, and a bound one may grow.
fn validate_claim_update(claim: &PersistentVolumeClaim, old: &PersistentVolumeClaim) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_claim_spec(&claim.spec, &path);
    let mut allowed = old.spec.clone();
    if allowed.volume_name.is_empty() {
        allowed.volume_name = claim.spec.volume_name.clone();
    }
    if allowed.storage_class_name.is_none() {
        allowed.storage_class_name = claim.spec.storage_class_name.clone();
    }
    let storage = |claim: &PersistentVolumeClaim| claim.spec.resources.requests.get("storage").copied();
    let (new_size, old_size) = (storage(claim).unwrap_or_default(), storage(old).unwrap_or_default());
    if claim.status.phase == "Bound" {
        allowed.resources.requests.insert("storage".into(), new_size);
        allowed.volume_attributes_class_name = claim.spec.volume_attributes_class_name.clone();
    }
    if allowed != claim.spec {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
        errors.push(Error::forbidden(&path, why));
    }
    let held = old.status.capacity.get("storage").copied().unwrap_or_default();
    if new_size < old_size && new_size <= held {
        let at = path.child("resources").child("requests").child("storage");
        errors.push(Error::forbidden(&at, "field can not be less than status.capacity"));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    fn claim(spec: Json) -> PersistentVolumeClaim {
        let mut claim =
            PersistentVolumeClaim::decode(&json!({"metadata": {"name": "data"}, "spec": spec})).unwrap();
        PersistentVolumeClaimStrategy::set_defaults(&mut claim);
        claim
    }

    #[test]
    fn claims_need_a_size_and_a_mode() {
        assert_eq!(
            validate_claim_spec(&claim(json!({})).spec, &Path::new("spec")).to_string(),
            "[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]"
        );
    }

    #[test]
    fn only_bound_claims_grow() {
        let spec = |size: &str| json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}});
        let mut old = claim(spec("1Gi"));
        let refused = validate_claim_update(&claim(spec("2Gi")), &old).to_string();
        assert!(
            refused
                .starts_with("spec: Forbidden: spec is immutable after creation except resources.requests")
        );
        old.status.phase = "Bound".into();
        let mut new = claim(spec("2Gi"));
        new.status.phase = "Bound".into();
        assert!(validate_claim_update(&new, &old).is_empty());
        assert_eq!(access_modes(&["ReadWriteMany".into(), "ReadWriteOnce".into()]), "RWO,RWX");
    }
}
