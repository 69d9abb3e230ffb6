//! Lease. Mirrors pkg/registry/coordination/lease.

use api::coordination::v1::Lease;
use api::meta::field::{Error, ErrorList, Path};
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};

/// What is particular to the kind Lease.
pub struct LeaseStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<LeaseStrategy>()
}

impl KindStrategy for LeaseStrategy {
    type Kind = Lease;
    const ALLOW_CREATE_ON_UPDATE: bool = true;
    const ALLOW_UNCONDITIONAL_UPDATE: bool = false;
    const COLUMNS: &'static [Column] = &[Column::text("Name"), Column::text("Holder"), Column::text("Age")];

    fn validate(_cx: &StrategyContext, lease: &Lease) -> ErrorList {
        validate_lease(lease)
    }

    fn validate_update(_cx: &StrategyContext, lease: &Lease, _old: &Lease) -> ErrorList {
        validate_lease(lease)
    }

    fn print(now: Timestamp, lease: &Lease) -> Row {
        let meta = &lease.metadata;
        let holder = lease.spec.holder_identity.clone().unwrap_or_default();
        Row::new(vec![Json::from(&meta.name), Json::from(holder), age(now, meta)])
    }
}

/// Mirrors validation.ValidateLeaseSpec.
fn validate_lease(lease: &Lease) -> ErrorList {
    let mut errors = ErrorList::new();
    let spec = Path::new("spec");
    if let Some(seconds) = lease.spec.lease_duration_seconds.filter(|seconds| *seconds <= 0) {
        errors.push(Error::invalid(&spec.child("leaseDurationSeconds"), seconds, "must be greater than 0"));
    }
    if let Some(count) = lease.spec.lease_transitions.filter(|count| *count < 0) {
        let why = "must be greater than or equal to 0";
        errors.push(Error::invalid(&spec.child("leaseTransitions"), count, why));
    }
    errors
}
