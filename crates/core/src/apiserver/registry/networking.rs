//! Resources of the group `networking.k8s.io`.

pub mod ingress;
pub mod ingress_class;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![ingress::resource().stored_only(), ingress_class::resource().stored_only()]
}
