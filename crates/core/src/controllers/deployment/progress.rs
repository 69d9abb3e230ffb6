//! Progress of a rollout as conditions. Upstream: pkg/controller/deployment/progress.go.

use api::Status;
use api::apps::v1::{DeploymentCondition, DeploymentStatus, ReplicaSetCondition};

use super::util::{
    NEW_RS_AVAILABLE, PROGRESSING, REPLICA_FAILURE, REPLICA_SET_UPDATED, TIMED_OUT, deployment_complete,
    deployment_progressing, deployment_timed_out, get_condition, has_progress_deadline, new_condition,
    remove_condition, set_condition,
};
use super::{Outcome, Rollout, Sets, rs};
use crate::sim::Duration;

impl Rollout<'_, '_, '_> {
    /// Writes the status at the end of a step of a rollout, with the Progressing condition.
    pub(super) fn sync_rollout_status(&mut self, sets: &Sets) -> Result<Outcome, Status> {
        let mut status = self.calculate_status(sets);
        if !has_progress_deadline(&self.d) {
            remove_condition(&mut status, PROGRESSING);
        }
        let current = get_condition(&self.d.status, PROGRESSING).cloned();
        let complete = status.replicas == status.updated_replicas
            && current.as_ref().is_some_and(|condition| condition.reason == NEW_RS_AVAILABLE);
        if has_progress_deadline(&self.d) && !complete {
            self.estimate_progress(sets, &mut status, current.as_ref());
        }
        match get_replica_failures(sets) {
            Some(failure) => set_condition(&mut status, failure),
            None => remove_condition(&mut status, REPLICA_FAILURE),
        }
        if status == self.d.status {
            return Ok(self.requeue_stuck_deployment(&status));
        }
        self.d.status = status;
        self.update_status()?;
        Ok(Outcome::Done)
    }

    fn estimate_progress(
        &self,
        sets: &Sets,
        status: &mut DeploymentStatus,
        current: Option<&DeploymentCondition>,
    ) {
        let now = self.cx.now;
        let about = |verb: &str| match sets.new_set() {
            Some(set) => format!("ReplicaSet \"{}\" {verb} progress", set.metadata.name),
            None => format!("Deployment \"{}\" {verb} progress", self.d.metadata.name),
        };
        if deployment_complete(&self.d, status) {
            let message = format!("{}ed.", about("has successfully"));
            set_condition(status, new_condition(PROGRESSING, "True", NEW_RS_AVAILABLE, message, now));
        } else if deployment_progressing(&self.d, status) {
            let message = format!("{}ing.", about("is"));
            let mut condition = new_condition(PROGRESSING, "True", REPLICA_SET_UPDATED, message, now);
            // Progress moves lastUpdateTime even when nothing else changes: the deadline counts from it.
            if let Some(current) = current {
                if current.status == "True" {
                    condition.last_transition_time = current.last_transition_time;
                }
                remove_condition(status, PROGRESSING);
            }
            set_condition(status, condition);
        } else if deployment_timed_out(&self.d, status, now) {
            let message = format!("{}ing.", about("has timed out"));
            set_condition(status, new_condition(PROGRESSING, "False", TIMED_OUT, message, now));
        }
    }

    /// A rollout that shows no progress is looked at again when its deadline has passed.
    fn requeue_stuck_deployment(&self, status: &DeploymentStatus) -> Outcome {
        let Some(current) = get_condition(&self.d.status, PROGRESSING) else { return Outcome::Done };
        if !has_progress_deadline(&self.d)
            || deployment_complete(&self.d, status)
            || current.reason == TIMED_OUT
        {
            return Outcome::Done;
        }
        let deadline = Duration::secs(i64::from(self.d.spec.progress_deadline_seconds.unwrap_or(600)));
        let after = current.last_update_time + deadline - self.cx.now;
        Outcome::After(after.max(Duration::ZERO) + Duration::secs(1))
    }
}

/// The failure condition of the new set, or else of the first old one that has it.
fn get_replica_failures(sets: &Sets) -> Option<DeploymentCondition> {
    let failure =
        |set: &api::Object| rs(set).status.conditions.iter().find(|c| c.type_ == REPLICA_FAILURE).cloned();
    let condition: ReplicaSetCondition = sets.new.iter().chain(&sets.old).find_map(failure)?;
    Some(DeploymentCondition {
        type_: condition.type_,
        status: condition.status,
        last_update_time: condition.last_transition_time,
        last_transition_time: condition.last_transition_time,
        reason: condition.reason,
        message: condition.message,
    })
}
