//! Kinds of `batch/v1`: what is filled in, generated and refused. Mirrors `k8s.io/kubernetes/pkg/apis/batch` and
//! `pkg/registry/batch`.

pub mod cron_job;
pub mod job;

use crate::apiserver::Resource;

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![job::resource().stored_only(), cron_job::resource().stored_only()]
}
