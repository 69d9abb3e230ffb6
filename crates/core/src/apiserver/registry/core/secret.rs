//! Secret. Mirrors pkg/registry/core/secret and its parts of conversion, validation and printers.

use api::core::v1::Secret;
use api::meta::field::{Error, ErrorList, Path};
use api::{Bytes, Json, Str, Timestamp};

use super::config_map::{MAX_SIZE, WHEN_IMMUTABLE, validate_immutable, validate_key};
use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};

/// What is particular to the kind Secret.
pub struct SecretStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<SecretStrategy>()
}

impl KindStrategy for SecretStrategy {
    type Kind = Secret;
    const SELECTABLE: &'static [&'static str] = &["type"];
    const COLUMNS: &'static [Column] =
        &[Column::text("Name"), Column::text("Type"), Column::integer("Data"), Column::text("Age")];

    fn set_defaults(secret: &mut Secret) {
        // `stringData` is for writing only.
        for (key, text) in std::mem::take(&mut secret.string_data) {
            secret.data.insert(key, Bytes::new(text.as_bytes()));
        }
        if secret.type_.is_empty() {
            secret.type_ = "Opaque".into();
        }
    }

    fn validate(_cx: &StrategyContext, secret: &Secret) -> ErrorList {
        validate_secret(secret)
    }

    fn validate_update(_cx: &StrategyContext, secret: &Secret, old: &Secret) -> ErrorList {
        let mut errors = ErrorList::new();
        if secret.type_ != old.type_ {
            let why = crate::apiserver::validation::FIELD_IMMUTABLE;
            errors.push(Error::invalid(&Path::new("type"), &secret.type_, why));
        }
        if old.immutable == Some(true) {
            errors.extend(validate_immutable(secret.immutable));
            if secret.data != old.data {
                errors.push(Error::forbidden(&Path::new("data"), WHEN_IMMUTABLE));
            }
        }
        errors.extend(validate_secret(secret));
        errors
    }

    fn print(now: Timestamp, secret: &Secret) -> Row {
        let meta = &secret.metadata;
        let count = Json::from(secret.data.len());
        Row::new(vec![Json::from(&meta.name), Json::from(&secret.type_), count, age(now, meta)])
    }

    fn select(secret: &Secret, _field: &str) -> Str {
        secret.type_.clone()
    }
}

/// Mirrors validation.ValidateSecret.
fn validate_secret(secret: &Secret) -> ErrorList {
    let mut errors = ErrorList::new();
    let data = Path::new("data");
    let mut total = 0;
    for (key, value) in &secret.data {
        errors.extend(validate_key(key, "data"));
        total += value.as_slice().len();
    }
    if total > MAX_SIZE {
        errors.push(Error::too_long(&data, MAX_SIZE));
    }
    let mut require = |key: &str| {
        if !secret.data.contains_key(key) {
            errors.push(Error::required(&data.key(key), ""));
        }
    };
    match secret.type_.as_str() {
        "kubernetes.io/tls" => {
            require("tls.crt");
            require("tls.key");
        }
        "kubernetes.io/ssh-auth" => require("ssh-privatekey"),
        "kubernetes.io/basic-auth" => {
            let has = |key: &str| secret.data.contains_key(key);
            if !has("username") && !has("password") {
                require("username");
                require("password");
            }
        }
        "kubernetes.io/service-account-token"
            if secret.metadata.annotation("kubernetes.io/service-account.name").is_empty() =>
        {
            let path = Path::new("metadata").child("annotations").key("kubernetes.io/service-account.name");
            errors.push(Error::required(&path, ""));
        }
        "kubernetes.io/dockerconfigjson" => require_json(secret, ".dockerconfigjson", &mut errors),
        "kubernetes.io/dockercfg" => require_json(secret, ".dockercfg", &mut errors),
        _ => {}
    }
    errors
}

fn require_json(secret: &Secret, key: &str, errors: &mut ErrorList) {
    let path = Path::new("data").key(key);
    match secret.data.get(key) {
        None => errors.push(Error::required(&path, "")),
        Some(value) => {
            if let Err(why) = api::base::json::parse(value.as_slice()) {
                errors.push(Error::invalid(&path, "<secret contents redacted>", &why));
            }
        }
    }
}
