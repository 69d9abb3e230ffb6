//! RollingUpdate. Upstream: pkg/controller/deployment/rolling.go.

use api::{Object, Status};
use collections::StableSort;

use super::util::{
    active, available_count, by_creation, deployment_complete, max_unavailable, new_rs_new_replicas,
    replica_count, size,
};
use super::{Outcome, Rollout, Sets, rs};

impl Rollout<'_, '_, '_> {
    /// One step of a rolling update: the new set grows as far as surge allows, or old ones shrink as far as
    /// availability allows.
    pub(super) fn rollout_rolling(&mut self, list: Vec<Object>) -> Result<Outcome, Status> {
        let sets = self.get_all_replica_sets_and_sync_revision(&list, true)?;
        let Some(new) = sets.new.clone() else { return Ok(Outcome::Done) };
        if self.reconcile_new_replica_set(&sets, &new)? {
            return self.sync_rollout_status(&sets);
        }
        if self.reconcile_old_replica_sets(&sets, &new)? {
            return self.sync_rollout_status(&sets);
        }
        if deployment_complete(&self.d, &self.d.status) {
            self.cleanup_deployment(&sets.old)?;
        }
        self.sync_rollout_status(&sets)
    }

    /// True if the new set was scaled.
    fn reconcile_new_replica_set(&mut self, sets: &Sets, new: &Object) -> Result<bool, Status> {
        let (present, desired) = (size(rs(new)), self.replicas());
        if present == desired {
            return Ok(false);
        }
        let target =
            if present > desired { desired } else { new_rs_new_replicas(&self.d, &sets.all(), present) };
        self.scale_replica_set(new, target).map(|(scaled, _)| scaled)
    }

    /// True if an old set was scaled down.
    fn reconcile_old_replica_sets(&mut self, sets: &Sets, new: &Object) -> Result<bool, Status> {
        let mut old = active(&sets.old);
        if old.is_empty() {
            return Ok(false);
        }
        // What new pods are still missing counts against availability, so that a rollout that fails stops here.
        let min_available = self.replicas() - max_unavailable(&self.d);
        let new_unavailable = size(rs(new)) - rs(new).status.available_replicas;
        let max_scaled_down = replica_count(&sets.all()) - min_available - new_unavailable;
        if max_scaled_down <= 0 {
            return Ok(false);
        }
        let cleaned = self.cleanup_unhealthy_replicas(&mut old, max_scaled_down)?;
        let scaled = self.scale_down_old_replica_sets_for_rolling_update(&mut old, new)?;
        Ok(cleaned + scaled > 0)
    }

    /// Old pods that are not available go first: they serve nobody.
    fn cleanup_unhealthy_replicas(&mut self, old: &mut [Object], max: i32) -> Result<i32, Status> {
        old.stable_sort_by(by_creation);
        let mut total = 0;
        for set in old.iter_mut() {
            let (present, available) = (size(rs(set)), rs(set).status.available_replicas);
            if total >= max {
                break;
            }
            if present == 0 || present == available {
                continue;
            }
            let count = (max - total).min(present - available);
            if count <= 0 {
                continue;
            }
            let (_, updated) = self.scale_replica_set(set, present - count)?;
            *set = updated;
            total += count;
        }
        Ok(total)
    }

    /// Old pods go as far as the available ones exceed what must stay available.
    fn scale_down_old_replica_sets_for_rolling_update(
        &mut self,
        old: &mut [Object],
        new: &Object,
    ) -> Result<i32, Status> {
        let min_available = self.replicas() - max_unavailable(&self.d);
        let available = available_count(old.iter()) + rs(new).status.available_replicas;
        let wanted = available - min_available;
        if wanted <= 0 {
            return Ok(0);
        }
        old.stable_sort_by(by_creation);
        let mut total = 0;
        for set in old.iter() {
            let present = size(rs(set));
            if total >= wanted {
                break;
            }
            if present == 0 {
                continue;
            }
            let count = present.min(wanted - total);
            self.scale_replica_set(set, present - count)?;
            total += count;
        }
        Ok(total)
    }
}
