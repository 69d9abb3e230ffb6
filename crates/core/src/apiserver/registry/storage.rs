//! Resources of the group `storage.k8s.io`.

pub mod storage_class;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![storage_class::resource().stored_only()]
}
