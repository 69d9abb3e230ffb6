//! Resources of the group `apps`, one file per kind.

pub mod deployment;
pub mod replica_set;

use crate::apiserver::Resource;

pub fn resources() -> Vec<Resource> {
    vec![deployment::resource(), replica_set::resource()]
}
