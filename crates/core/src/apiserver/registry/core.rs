//! Resources of the core group, one file per kind.

pub mod config_map;
pub mod endpoints;
pub mod event;
pub mod namespace;
pub mod node;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod;
pub mod secret;
pub mod service;
pub mod service_account;

use crate::apiserver::Resource;

/// In the order in which they get their numbers.
pub fn resources() -> Vec<Resource> {
    vec![
        namespace::resource(),
        node::resource(),
        pod::resource(),
        service::resource(),
        endpoints::resource(),
        config_map::resource(),
        secret::resource(),
        service_account::resource(),
        event::resource(),
        persistent_volume_claim::resource().stored_only(),
        persistent_volume::resource().stored_only(),
    ]
}
