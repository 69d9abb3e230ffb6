//! StorageClass. Mirrors pkg/registry/storage/storageclass and its parts of defaults, validation and printers.

use api::meta::field::{Error, ErrorList, Path};
use api::storage::v1::StorageClass;
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};

/// Annotation of the class that claims get which ask for none.
pub const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const IS_DEFAULT_BETA: &str = "storageclass.beta.kubernetes.io/is-default-class";

/// What is particular to the kind StorageClass.
pub struct StorageClassStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<StorageClassStrategy>().short(&["sc"])
}

impl KindStrategy for StorageClassStrategy {
    type Kind = StorageClass;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Provisioner"),
        Column::text("ReclaimPolicy"),
        Column::text("VolumeBindingMode"),
        Column::text("AllowVolumeExpansion"),
        Column::text("Age"),
    ];

    fn set_defaults(class: &mut StorageClass) {
        class.reclaim_policy.get_or_insert_with(|| "Delete".into());
        class.volume_binding_mode.get_or_insert_with(|| "Immediate".into());
    }

    fn validate(_cx: &StrategyContext, class: &StorageClass) -> ErrorList {
        let mut errors = ErrorList::new();
        if class.provisioner.is_empty() {
            errors.push(Error::required(&Path::new("provisioner"), ""));
        }
        if class.parameters.contains_key("") {
            errors.push(Error::invalid(&Path::new("parameters"), "", "field can not be empty."));
        }
        for (name, value, supported) in [
            ("reclaimPolicy", &class.reclaim_policy, ["Delete", "Retain"]),
            ("volumeBindingMode", &class.volume_binding_mode, ["Immediate", "WaitForFirstConsumer"]),
        ] {
            let value = value.as_ref().map_or("", |value| value.as_str());
            if !supported.contains(&value) {
                errors.push(Error::not_supported(&Path::new(name), value, &supported));
            }
        }
        errors
    }

    fn validate_update(_cx: &StrategyContext, class: &StorageClass, old: &StorageClass) -> ErrorList {
        let mut errors = ErrorList::new();
        for (name, changed) in [
            ("parameters", class.parameters != old.parameters),
            ("provisioner", class.provisioner != old.provisioner),
            ("reclaimPolicy", class.reclaim_policy != old.reclaim_policy),
        ] {
            if changed {
                errors.push(Error::forbidden(&Path::new(name), &format!("updates to {name} are forbidden.")));
            }
        }
        if class.volume_binding_mode != old.volume_binding_mode {
            let given = class.volume_binding_mode.as_ref().map_or(Json::Null, Json::from);
            errors.push(Error::invalid(&Path::new("volumeBindingMode"), given, "field is immutable"));
        }
        errors
    }

    fn print(now: Timestamp, class: &StorageClass) -> Row {
        let default = if is_default(class) { " (default)" } else { "" };
        let or = |text: &Option<api::Str>, other: &str| {
            Json::from(text.as_ref().map_or(other, |text| text.or(other)))
        };
        Row::new(vec![
            Json::from(format!("{}{default}", class.metadata.name)),
            Json::from(&class.provisioner),
            or(&class.reclaim_policy, "Delete"),
            or(&class.volume_binding_mode, "<unset>"),
            Json::from(class.allow_volume_expansion.unwrap_or(false)),
            age(now, &class.metadata),
        ])
    }
}

/// True for the class that claims get which ask for none.
pub fn is_default(class: &StorageClass) -> bool {
    let says = |key: &str| class.metadata.annotation(key) == "true";
    says(IS_DEFAULT) || says(IS_DEFAULT_BETA)
}
