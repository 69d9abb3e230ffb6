//! Resources of the group `apps`, one file per kind.

pub mod controller_revision;
pub mod daemon_set;
pub mod deployment;
pub mod replica_set;
pub mod stateful_set;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![
        deployment::resource(),
        replica_set::resource(),
        stateful_set::resource().stored_only(),
        daemon_set::resource(),
        controller_revision::resource(),
    ]
}
