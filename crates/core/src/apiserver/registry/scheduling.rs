//! Resources of the group `scheduling.k8s.io`.

pub mod priority_class;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![priority_class::resource()]
}
