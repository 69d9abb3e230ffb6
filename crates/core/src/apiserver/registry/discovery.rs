//! Resources of the group `discovery.k8s.io`.

pub mod endpoint_slice;

use crate::apiserver::Resource;

pub fn resources() -> Vec<Resource> {
    vec![endpoint_slice::resource()]
}
