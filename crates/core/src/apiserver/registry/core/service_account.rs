//! ServiceAccount. Mirrors pkg/registry/core/serviceaccount.

use api::core::v1::ServiceAccount;
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::KindStrategy;
use crate::apiserver::table::{Column, Row, age};

/// What is particular to the kind ServiceAccount.
pub struct ServiceAccountStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<ServiceAccountStrategy>().short(&["sa"])
}

impl KindStrategy for ServiceAccountStrategy {
    type Kind = ServiceAccount;
    const RETURNS_DELETED_OBJECT: bool = true;
    const COLUMNS: &'static [Column] =
        &[Column::text("Name"), Column::integer("Secrets"), Column::text("Age")];

    fn print(now: Timestamp, account: &ServiceAccount) -> Row {
        let meta = &account.metadata;
        Row::new(vec![Json::from(&meta.name), Json::from(account.secrets.len()), age(now, meta)])
    }
}
