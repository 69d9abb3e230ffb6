//! Pod. Mirrors pkg/registry/core/pod and its parts of defaults, validation and printers. It outgrew one file.

mod diff;
mod print;
mod warnings;

pub use warnings::for_pod_spec as template_warnings;

use api::core::v1::Pod;
use api::meta::field::ErrorList;
use api::{Str, Timestamp};

use crate::apiserver::pod_spec;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind Pod.
pub struct PodStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<PodStrategy>().short(&["po"]).in_all().with(&[
        Subresource::ATTACH,
        Subresource::BINDING,
        Subresource::EVICTION,
        Subresource::EXEC,
        Subresource::LOG,
        Subresource::PORT_FORWARD,
        Subresource::STATUS,
    ])
}

impl KindStrategy for PodStrategy {
    type Kind = Pod;
    const RETURNS_DELETED_OBJECT: bool = true;
    const SELECTABLE: &'static [&'static str] = &[
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ];
    const COLUMNS: &'static [Column] = print::COLUMNS;

    fn set_defaults(pod: &mut Pod) {
        pod_spec::set_defaults_pod(pod);
    }

    fn has_defaults_of(pod: &Pod, old: &Pod) -> bool {
        pod.spec.ptr_eq(&old.spec)
    }

    fn prepare_for_create(_cx: &mut StrategyContext, pod: &mut Pod) {
        pod.metadata.generation = 1;
        pod.status = Default::default();
        pod.status.phase = "Pending".into();
        pod.status.qos_class = api::pod::compute_qos(&pod.spec).into();
    }

    fn validate(_cx: &StrategyContext, pod: &Pod) -> ErrorList {
        pod_spec::validate_pod_create(pod)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, pod: &mut Pod, old: &Pod) {
        pod.status = old.status.clone();
        if pod.spec != old.spec {
            pod.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, pod: &Pod, old: &Pod) -> ErrorList {
        let mut errors = pod_spec::validate_pod_update(pod, old);
        for error in &mut errors.0 {
            if error.detail.starts_with("pod updates may not change fields other than") {
                let diff = diff::spec_diff(&pod.spec, &old.spec);
                error.detail = format!("{}{diff}", error.detail).into();
            }
        }
        errors
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, pod: &mut Pod, old: &Pod) {
        pod.spec = old.spec.clone();
        // The status endpoint does not touch owners, and does not begin a deletion.
        pod.metadata.owner_references = old.metadata.owner_references.clone();
        pod.metadata.deletion_timestamp = old.metadata.deletion_timestamp;
        if pod.status.qos_class.is_empty() {
            pod.status.qos_class = old.status.qos_class.clone();
        }
    }

    fn validate_status_update(_cx: &StrategyContext, pod: &Pod, old: &Pod) -> ErrorList {
        pod_spec::validate_pod_status_update(pod, old)
    }

    fn warnings(pod: &Pod, old: Option<&Pod>) -> Vec<Str> {
        if old.is_some_and(|old| old.metadata.generation == pod.metadata.generation) {
            return Vec::new();
        }
        warnings::for_pod(pod)
    }

    fn check_graceful_delete(pod: &Pod, requested: Option<i64>) -> Option<i64> {
        let mut seconds = requested.or(pod.spec.termination_grace_period_seconds).unwrap_or(0);
        // Not on a node, or over: nothing to wait for.
        if pod.spec.node_name.is_empty() || matches!(pod.status.phase.as_str(), "Failed" | "Succeeded") {
            seconds = 0;
        }
        Some(if seconds < 0 { 1 } else { seconds })
    }

    fn print(now: Timestamp, pod: &Pod) -> Row {
        print::print_pod(now, pod)
    }

    fn select(pod: &Pod, field: &str) -> Str {
        match field {
            "spec.nodeName" => pod.spec.node_name.clone(),
            "spec.restartPolicy" => pod.spec.restart_policy.clone(),
            "spec.schedulerName" => pod.spec.scheduler_name.clone(),
            "spec.serviceAccountName" => pod.spec.service_account_name.clone(),
            "spec.hostNetwork" => (if pod.spec.host_network { "true" } else { "false" }).into(),
            "status.phase" => pod.status.phase.clone(),
            "status.podIP" => pod.status.pod_ip.clone(),
            _ => pod.status.nominated_node_name.clone(),
        }
    }
}
