//! Resources of the group `discovery.k8s.io`.

pub mod endpoint_slice;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![endpoint_slice::resource()]
}
