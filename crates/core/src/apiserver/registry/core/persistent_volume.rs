//! PersistentVolume. Mirrors pkg/registry/core/persistentvolume and its parts of defaults, validation and printers.

use api::core::v1::{PersistentVolume, PersistentVolumeSpec};
use api::meta::field::{Error, ErrorList, Path};
use api::{Json, Str, Timestamp};

use super::persistent_volume_claim::{
    STORAGE_CLASS, access_modes, validate_access_modes, validate_volume_mode,
};
use crate::apiserver::pod_spec;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind PersistentVolume.
pub struct PersistentVolumeStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<PersistentVolumeStrategy>().short(&["pv"]).with(&[Subresource::STATUS])
}

impl KindStrategy for PersistentVolumeStrategy {
    type Kind = PersistentVolume;
    const RETURNS_DELETED_OBJECT: bool = true;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Capacity"),
        Column::text("Access Modes"),
        Column::text("Reclaim Policy"),
        Column::text("Status"),
        Column::text("Claim"),
        Column::text("StorageClass"),
        Column::text("VolumeAttributesClass"),
        Column::text("Reason"),
        Column::text("Age"),
        Column::wide("VolumeMode"),
    ];

    fn set_defaults(volume: &mut PersistentVolume) {
        if volume.status.phase.is_empty() {
            volume.status.phase = "Pending".into();
        }
        if volume.spec.persistent_volume_reclaim_policy.is_empty() {
            volume.spec.persistent_volume_reclaim_policy = "Retain".into();
        }
        volume.spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
        if let Some(host_path) = &mut volume.spec.host_path {
            host_path.type_.get_or_insert_default();
        }
    }

    fn prepare_for_create(cx: &mut StrategyContext, volume: &mut PersistentVolume) {
        volume.status = Default::default();
        volume.status.phase = "Pending".into();
        volume.status.last_phase_transition_time = Some(cx.now);
    }

    fn validate(_cx: &StrategyContext, volume: &PersistentVolume) -> ErrorList {
        validate_volume_spec(&volume.spec, &Path::new("spec"))
    }

    fn prepare_for_update(_cx: &mut StrategyContext, volume: &mut PersistentVolume, old: &PersistentVolume) {
        volume.status = old.status.clone();
    }

    fn validate_update(
        _cx: &StrategyContext,
        volume: &PersistentVolume,
        old: &PersistentVolume,
    ) -> ErrorList {
        let path = Path::new("spec");
        let mut errors = validate_volume_spec(&volume.spec, &path);
        if source_of(&volume.spec) != source_of(&old.spec) {
            let why = "spec.persistentvolumesource is immutable after creation\n";
            errors.push(Error::forbidden(&path.child("persistentvolumesource"), why));
        }
        if volume.spec.volume_mode != old.spec.volume_mode {
            let given = volume.spec.volume_mode.as_ref().map_or(Json::Null, Json::from);
            errors.push(Error::invalid(&Path::new("volumeMode"), given, "field is immutable"));
        }
        errors
    }

    fn prepare_for_status_update(
        cx: &mut StrategyContext,
        volume: &mut PersistentVolume,
        old: &PersistentVolume,
    ) {
        volume.spec = old.spec.clone();
        if volume.status.phase != old.status.phase {
            volume.status.last_phase_transition_time = Some(cx.now);
        }
    }

    fn print(now: Timestamp, volume: &PersistentVolume) -> Row {
        let (spec, status) = (&volume.spec, &volume.status);
        let claim = spec.claim_ref.as_ref();
        let claim = claim.map_or_else(String::new, |claim| format!("{}/{}", claim.namespace, claim.name));
        let capacity = spec.capacity.get("storage").map_or_else(String::new, ToString::to_string);
        let phase = if volume.metadata.is_deleting() { "Terminating" } else { status.phase.as_str() };
        let attributes = spec.volume_attributes_class_name.as_ref().map_or("<unset>", Str::as_str);
        Row::new(vec![
            Json::from(&volume.metadata.name),
            Json::from(capacity),
            Json::from(access_modes(&spec.access_modes)),
            Json::from(&spec.persistent_volume_reclaim_policy),
            Json::from(phase),
            Json::from(claim),
            Json::from(class_of(volume)),
            Json::from(attributes),
            Json::from(&status.reason),
            age(now, &volume.metadata),
            Json::from(spec.volume_mode.as_ref().map_or("<unset>", Str::as_str)),
        ])
    }
}

/// The class that the volume belongs to; empty for none (`GetPersistentVolumeClass`).
pub fn class_of(volume: &PersistentVolume) -> &str {
    match volume.metadata.annotations.get(STORAGE_CLASS) {
        Some(class) => class.as_str(),
        None => volume.spec.storage_class_name.as_str(),
    }
}

/// The spec without all that is not the volume's source.
fn source_of(spec: &PersistentVolumeSpec) -> PersistentVolumeSpec {
    PersistentVolumeSpec {
        capacity: Default::default(),
        access_modes: Vec::new(),
        claim_ref: None,
        persistent_volume_reclaim_policy: Str::EMPTY,
        storage_class_name: Str::EMPTY,
        mount_options: Vec::new(),
        volume_mode: None,
        node_affinity: None,
        volume_attributes_class_name: None,
        ..spec.clone()
    }
}

/// Mirrors ValidatePersistentVolumeSpec.
fn validate_volume_spec(spec: &PersistentVolumeSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if spec.access_modes.is_empty() {
        errors.push(Error::required(&path.child("accessModes"), ""));
    }
    validate_access_modes(&spec.access_modes, &path.child("accessModes"), &mut errors);
    if spec.capacity.is_empty() {
        errors.push(Error::required(&path.child("capacity"), ""));
    } else if !spec.capacity.contains_key("storage") || spec.capacity.len() > 1 {
        errors.push(Error::not_supported(&path.child("capacity"), capacity_json(spec), &["storage"]));
    }
    for (name, amount) in spec.capacity.iter().filter(|(_, amount)| amount.sign() <= 0) {
        let at = path.child("capacity").key(name);
        errors.push(Error::invalid(&at, amount.to_string(), "must be greater than zero"));
    }
    let policies = ["Delete", "Recycle", "Retain"];
    if !policies.contains(&spec.persistent_volume_reclaim_policy.as_str()) {
        let at = path.child("persistentVolumeReclaimPolicy");
        errors.push(Error::not_supported(&at, &spec.persistent_volume_reclaim_policy, &policies));
    }
    if let Some(required) = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref()) {
        errors.extend(pod_spec::validate_node_selector(
            required,
            &path.child("nodeAffinity").child("required"),
        ));
    }
    validate_source(spec, path, &mut errors);
    validate_volume_mode(spec.volume_mode.as_ref(), &path.child("volumeMode"), &mut errors);
    errors
}

fn capacity_json(spec: &PersistentVolumeSpec) -> Json {
    Json::Object(
        spec.capacity.iter().map(|(name, amount)| (name.to_string(), amount.to_string().into())).collect(),
    )
}

fn validate_source(spec: &PersistentVolumeSpec, path: &Path, errors: &mut ErrorList) {
    if source_of(spec) == PersistentVolumeSpec::default() {
        errors.push(Error::required(path, "must specify a volume type"));
    }
    if let Some(host_path) = &spec.host_path {
        if host_path.path.is_empty() {
            errors.push(Error::required(&path.child("hostPath").child("path"), ""));
        }
        if host_path.path == "/" && spec.persistent_volume_reclaim_policy == "Recycle" {
            let why = "may not be 'recycle' for a hostPath mount of '/'";
            errors.push(Error::forbidden(&path.child("persistentVolumeReclaimPolicy"), why));
        }
    }
    if let Some(nfs) = &spec.nfs {
        for (name, value) in [("server", &nfs.server), ("path", &nfs.path)] {
            if value.is_empty() {
                errors.push(Error::required(&path.child("nfs").child(name), ""));
            }
        }
    }
    if let Some(local) = &spec.local {
        if local.path.is_empty() {
            errors.push(Error::required(&path.child("local").child("path"), ""));
        }
        if spec.node_affinity.is_none() {
            errors.push(Error::required(&path.child("nodeAffinity"), "Local volume requires node affinity"));
        }
    }
    if let Some(csi) = &spec.csi {
        for (name, value) in [("driver", &csi.driver), ("volumeHandle", &csi.volume_handle)] {
            if value.is_empty() {
                errors.push(Error::required(&path.child("csi").child(name), ""));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    #[test]
    fn volumes_need_a_size_a_mode_and_a_source() {
        let check = |spec: Json, expected: &str| {
            let mut volume = PersistentVolume::decode(&json!({"spec": spec})).unwrap();
            PersistentVolumeStrategy::set_defaults(&mut volume);
            assert_eq!(validate_volume_spec(&volume.spec, &Path::new("spec")).to_string(), expected);
        };
        let good = json!({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}});
        check(good, "[]");
        check(
            json!({}),
            "[spec.accessModes: Required value, spec.capacity: Required value, spec: Required value: must specify a volume type]",
        );
    }
}
