//! Resources of the group `coordination.k8s.io`.

pub mod lease;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![lease::resource()]
}
