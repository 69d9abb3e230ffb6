//! Resources of the group `scheduling.k8s.io`.

pub mod priority_class;

use crate::apiserver::Resource;

pub fn resources() -> Vec<Resource> {
    vec![priority_class::resource()]
}
