//! ConfigMap. Mirrors pkg/registry/core/configmap and its parts of validation and printers.

use api::core::v1::ConfigMap;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{Json, Str, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};

/// Keys and values of ConfigMaps and Secrets together.
pub(super) const MAX_SIZE: usize = 1024 * 1024;

/// What is particular to the kind ConfigMap.
pub struct ConfigMapStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<ConfigMapStrategy>().short(&["cm"])
}

impl KindStrategy for ConfigMapStrategy {
    type Kind = ConfigMap;
    const COLUMNS: &'static [Column] = &[Column::text("Name"), Column::text("Data"), Column::text("Age")];

    fn validate(_cx: &StrategyContext, map: &ConfigMap) -> ErrorList {
        validate_config_map(map)
    }

    fn validate_update(_cx: &StrategyContext, map: &ConfigMap, old: &ConfigMap) -> ErrorList {
        let mut errors = ErrorList::new();
        if old.immutable == Some(true) {
            errors.extend(validate_immutable(map.immutable));
            if map.data != old.data {
                errors.push(Error::forbidden(&Path::new("data"), WHEN_IMMUTABLE));
            }
            if map.binary_data != old.binary_data {
                errors.push(Error::forbidden(&Path::new("binaryData"), WHEN_IMMUTABLE));
            }
        }
        errors.extend(validate_config_map(map));
        errors
    }

    fn print(now: Timestamp, map: &ConfigMap) -> Row {
        let count = map.data.len() + map.binary_data.len();
        Row::new(vec![Json::from(&map.metadata.name), Json::from(count), age(now, &map.metadata)])
    }
}

pub(super) const WHEN_IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// `immutable` cannot be taken back.
pub(super) fn validate_immutable(immutable: Option<bool>) -> ErrorList {
    let mut errors = ErrorList::new();
    if immutable != Some(true) {
        errors.push(Error::forbidden(&Path::new("immutable"), WHEN_IMMUTABLE));
    }
    errors
}

/// Mirrors validation.ValidateConfigMap.
fn validate_config_map(map: &ConfigMap) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut total = 0;
    for (key, value) in &map.data {
        errors.extend(validate_key(key, "data"));
        if map.binary_data.contains_key(key) {
            let why = "duplicate of key present in binaryData";
            errors.push(Error::invalid(&Path::new("data").key(key), key, why));
        }
        total += value.len();
    }
    for (key, value) in &map.binary_data {
        errors.extend(validate_key(key, "binaryData"));
        total += value.as_slice().len();
    }
    if total > MAX_SIZE {
        errors.push(Error::too_long(&Path::new(""), MAX_SIZE));
    }
    errors
}

pub(super) fn validate_key(key: &Str, field: &str) -> ErrorList {
    let path = Path::new(field).key(key);
    let messages = names::is_config_map_key(key);
    messages.into_iter().map(|message| Error::invalid(&path, key, &message)).collect::<Vec<_>>().into()
}
