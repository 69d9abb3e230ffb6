//! What is particular to a kind when it is created, changed, deleted and printed. Method names are Kubernetes' own
//! (k8s.io/apiserver/pkg/registry/rest).

use api::meta::field::ErrorList;
use api::{Object, Timestamp};

/// Everything a strategy may know besides the objects.
pub struct StrategyContext<'a> {
    pub now: Timestamp,
    /// Read-only view of the rest of the cluster (IP allocation, namespaces).
    pub storage: &'a crate::store::Storage,
    pub registry: &'a super::Registry,
}

/// Behaviour of one resource. Implementations hold no state.
pub trait Strategy {
    /// Fills in defaults (SetDefaults_*).
    fn default(&self, object: Object) -> Object {
        object
    }
    /// Drops what clients may not set, sets generation and initial status.
    fn prepare_for_create(&self, _cx: &StrategyContext, object: Object) -> Object {
        object
    }
    fn validate(&self, _cx: &StrategyContext, _object: &Object) -> ErrorList {
        ErrorList::default()
    }
    fn prepare_for_update(&self, _cx: &StrategyContext, object: Object, _old: &Object) -> Object {
        object
    }
    fn validate_update(&self, _cx: &StrategyContext, _object: &Object, _old: &Object) -> ErrorList {
        ErrorList::default()
    }
    /// Warning headers (299) for odd but valid objects.
    fn warnings(&self, _object: &Object, _old: Option<&Object>) -> Vec<String> {
        Vec::new()
    }
}
