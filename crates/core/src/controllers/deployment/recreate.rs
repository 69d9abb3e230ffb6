//! Recreate: all old pods go before the first new one comes. Upstream: pkg/controller/deployment/recreate.go.

use api::core::v1::Pod;
use api::{Object, Status};

use super::util::{active, actual_count, deployment_complete};
use super::{Outcome, Rollout, Sets};

impl Rollout<'_, '_, '_> {
    pub(super) fn rollout_recreate(&mut self, list: Vec<Object>) -> Result<Outcome, Status> {
        let mut sets = self.get_all_replica_sets_and_sync_revision(&list, false)?;
        let mut scaled = false;
        for old in active(&sets.old) {
            scaled |= self.scale_replica_set(&old, 0)?.0;
        }
        if scaled || self.old_pods_running(&sets) {
            return self.sync_rollout_status(&sets);
        }
        if sets.new.is_none() {
            sets = self.get_all_replica_sets_and_sync_revision(&list, true)?;
        }
        if let Some(new) = sets.new.clone() {
            self.scale_replica_set(&new, self.replicas())?;
        }
        if deployment_complete(&self.d, &self.d.status) {
            self.cleanup_deployment(&sets.old)?;
        }
        self.sync_rollout_status(&sets)
    }

    /// True while a pod of an old set has not ended.
    fn old_pods_running(&mut self, sets: &Sets) -> bool {
        if actual_count(&sets.old) > 0 {
            return true;
        }
        let lister = self.cx.lister::<Pod>();
        let running = |pod: &Object| {
            pod.view::<Pod>()
                .is_some_and(|pod| pod.status.phase != "Failed" && pod.status.phase != "Succeeded")
        };
        sets.old.iter().any(|set| {
            let uid = &set.meta().uid;
            lister.owned_by(uid).iter().any(|pod| pod.meta().is_controlled_by(uid) && running(pod))
        })
    }
}
