//! Resources of the group `coordination.k8s.io`.

pub mod lease;

use crate::apiserver::Resource;

pub fn resources() -> Vec<Resource> {
    vec![lease::resource()]
}
