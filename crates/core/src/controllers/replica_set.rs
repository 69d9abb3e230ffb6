//! The ReplicaSet controller: keeps as many pods of a template as were asked for.
//!
//! Upstream: pkg/controller/replicaset. Which pods to delete is in `rank`.

mod rank;

use api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use api::core::v1::Pod;
use api::meta::v1::OwnerReference;
use api::{Key, Object, Status};

use self::rank::pods_to_delete;
use super::pod_control::{create_pod, delete_pod};
use super::pod_util::{available_at, is_active, is_ready, is_terminal, is_terminating};
use super::ref_manager::{Orphans, claim, selector_of};
use super::{Controller, Outcome, Watch, Work, controller_keys, own_key};
use crate::client::Change;
use crate::client::Cx;
use crate::sim::{Duration, Timestamp};

/// BurstReplicas: at most so many pods are created or deleted in one reconcile.
const BURST_REPLICAS: usize = 500;
/// SlowStartInitialBatchSize: batches double from here, so that a failure that all would share costs few requests.
const SLOW_START_INITIAL_BATCH_SIZE: usize = 1;
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// See the module's documentation.
#[derive(Clone, Default)]
pub struct ReplicaSetController {
    orphans: Orphans,
}

impl Controller for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[Watch::on::<ReplicaSet>(own_key), Watch::on::<Pod>(of_pod)];
        WATCHES
    }

    fn observe(&mut self, _cx: &Cx, change: &Change) {
        self.orphans.observe::<Pod>(change);
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(set) = cx.lister::<ReplicaSet>().get_key(key) else { return Ok(Outcome::Done) };
        self.sync_replica_set(cx, work, &set)
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// A pod wakes the ReplicaSet that manages it; one that nobody manages wakes those whose selector matches it. Changes
/// that a ReplicaSet does not look at (a pod's IP, its containers) wake nobody.
fn of_pod(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if !matters(change) {
        return;
    }
    controller_keys("ReplicaSet", change, keys);
    let Some(pod) = &change.object else { return };
    let meta = pod.meta();
    if meta.controller_of().is_some() || meta.labels.is_empty() || meta.is_deleting() {
        return;
    }
    for set in cx.lister::<ReplicaSet>().list(Some(&meta.namespace)) {
        let Some(view) = set.view::<ReplicaSet>() else { continue };
        if selector_of(view.spec.selector.as_deref()).matches(&meta.labels) {
            keys.push(set.key());
        }
    }
}

fn matters(change: &Change) -> bool {
    let (Some(new), Some(old)) = (&change.object, &change.previous) else { return true };
    let (Some(new), Some(old)) = (new.view::<Pod>(), old.view::<Pod>()) else { return false };
    new.metadata.deletion_timestamp != old.metadata.deletion_timestamp
        || is_terminal(new) != is_terminal(old)
        || is_ready(new) != is_ready(old)
        || new.metadata.owner_references != old.metadata.owner_references
        || new.metadata.labels != old.metadata.labels
}

impl ReplicaSetController {
    fn sync_replica_set(&mut self, cx: &mut Cx, work: &mut Work, object: &Object) -> Result<Outcome, Status> {
        let Some(set) = object.view::<ReplicaSet>() else { return Ok(Outcome::Done) };
        let selector = selector_of(set.spec.selector.as_deref());
        let mut pods = claim::<ReplicaSet, Pod>(cx, object, &selector, &self.orphans)?;
        work.read(pods.len());
        let terminating = pods.iter().filter(|pod| view(pod).is_some_and(is_terminating)).count();
        pods.retain(|pod| view(pod).is_some_and(is_active));
        let managed =
            if set.metadata.is_deleting() { Ok(()) } else { manage_replicas(cx, work, object, set, &pods) };
        let status = calculate_status(set, &pods, terminating, managed.as_ref().err(), cx.now);
        update_replica_set_status(cx, set, status)?;
        managed?;
        Ok(next_availability_check(set, &pods, cx.now))
    }
}

fn view(pod: &Object) -> Option<&Pod> {
    pod.view::<Pod>()
}

fn replicas(set: &ReplicaSet) -> usize {
    set.spec.replicas.unwrap_or(1).max(0) as usize
}

/// Creates or deletes what is missing or too much.
fn manage_replicas(
    cx: &mut Cx,
    work: &mut Work,
    object: &Object,
    set: &ReplicaSet,
    active: &[Object],
) -> Result<(), Status> {
    let desired = replicas(set);
    if active.len() < desired {
        let owner_ref = OwnerReference::controller(set);
        let missing = (desired - active.len()).min(BURST_REPLICAS);
        return slow_start_batch(missing, || {
            match create_pod(cx, work, object, &owner_ref, &set.spec.template) {
                // The pods of a namespace that is going away are not missed.
                Err(error) if error.has_cause("NamespaceTerminating") => Ok(()),
                result => result,
            }
        });
    }
    let excess = (active.len() - desired).min(BURST_REPLICAS);
    if excess == 0 {
        return Ok(());
    }
    let related = if excess < active.len() { indirectly_related_pods(cx, object) } else { Vec::new() };
    work.read(related.len());
    let mut failure = None;
    for pod in pods_to_delete(active, &related, excess, cx.now) {
        if let Err(error) = delete_pod(cx, work, object, &pod) {
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

/// Does `step` `count` times in batches that double; stops after the first batch with a failure.
fn slow_start_batch(count: usize, mut step: impl FnMut() -> Result<(), Status>) -> Result<(), Status> {
    let mut remaining = count;
    let mut batch = remaining.min(SLOW_START_INITIAL_BATCH_SIZE);
    while batch > 0 {
        let mut failure = None;
        for _ in 0..batch {
            if let Err(error) = step() {
                failure.get_or_insert(error);
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        remaining -= batch;
        batch = (2 * batch).min(remaining);
    }
    Ok(())
}

/// The active pods of all ReplicaSets with the same owner: a pod on a node with many of them goes first.
fn indirectly_related_pods(cx: &Cx, set: &Object) -> Vec<Object> {
    let siblings = match set.meta().controller_of() {
        Some(owner) => cx.lister::<ReplicaSet>().owned_by(&owner.uid),
        None => vec![set.clone()],
    };
    let pods = cx.lister::<Pod>();
    let of = |set: &Object| pods.owned_by(&set.meta().uid);
    siblings.iter().flat_map(of).filter(|pod| view(pod).is_some_and(is_active)).collect()
}

fn calculate_status(
    set: &ReplicaSet,
    active: &[Object],
    terminating: usize,
    failure: Option<&Status>,
    now: Timestamp,
) -> ReplicaSetStatus {
    let mut status = ReplicaSetStatus {
        replicas: active.len() as i32,
        terminating_replicas: Some(terminating as i32),
        conditions: set.status.conditions.clone(),
        observed_generation: set.status.observed_generation,
        ..Default::default()
    };
    let template = &set.spec.template.metadata.labels;
    for pod in active.iter().filter_map(view) {
        let labels = &pod.metadata.labels;
        status.fully_labeled_replicas +=
            i32::from(template.iter().all(|(key, value)| labels.get(key) == Some(value)));
        if let Some(time) = available_at(pod, set.spec.min_ready_seconds) {
            status.ready_replicas += 1;
            status.available_replicas += i32::from(time <= now);
        }
    }
    let failing = status.conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE);
    match failure {
        Some(failure) if !failing => status.conditions.push(ReplicaSetCondition {
            type_: REPLICA_FAILURE.into(),
            status: "True".into(),
            last_transition_time: now,
            reason: if active.len() < replicas(set) { "FailedCreate" } else { "FailedDelete" }.into(),
            message: failure.message.clone(),
        }),
        None => status.conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        Some(_) => {}
    }
    status
}

/// Writes the status if it says something new.
fn update_replica_set_status(
    cx: &mut Cx,
    set: &ReplicaSet,
    mut status: ReplicaSetStatus,
) -> Result<(), Status> {
    if status == set.status && set.metadata.generation == set.status.observed_generation {
        return Ok(());
    }
    status.observed_generation = set.metadata.generation;
    cx.update_status(ReplicaSet { status, ..set.clone() }).map(|_| ())
}

/// When the next ready pod will count as available.
fn next_availability_check(set: &ReplicaSet, active: &[Object], now: Timestamp) -> Outcome {
    let due = active.iter().filter_map(view).filter_map(|pod| available_at(pod, set.spec.min_ready_seconds));
    let next: Option<Duration> = due.filter(|time| *time > now).min().map(|time| time - now);
    next.map_or(Outcome::Done, Outcome::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_start_stops_after_the_batch_that_fails() {
        // how many are asked for, which call fails → how many calls were made
        let table = [(10, 0, 10), (10, 1, 1), (10, 2, 3), (10, 4, 7), (10, 9, 10), (0, 0, 0)];
        for (count, failing, want) in table {
            let mut calls = 0;
            let result = slow_start_batch(count, || {
                calls += 1;
                if calls == failing { Err(Status::internal_error("full")) } else { Ok(()) }
            });
            assert_eq!((calls, result.is_err()), (want, failing > 0), "{count} {failing}");
        }
    }

    #[test]
    fn a_status_counts_ready_and_available_pods() {
        let mut set = ReplicaSet::default();
        set.spec.min_ready_seconds = 10;
        let pod = |ready: Option<i64>| {
            let mut pod = Pod::default();
            if let Some(since) = ready {
                pod.status.conditions.push(api::core::v1::PodCondition {
                    type_: "Ready".into(),
                    status: "True".into(),
                    last_transition_time: Timestamp::from_secs(since),
                    ..Default::default()
                });
            }
            Object::of(pod)
        };
        let pods = [pod(None), pod(Some(100)), pod(Some(95)), pod(Some(90))];
        let now = Timestamp::from_secs(105);
        let status = calculate_status(&set, &pods, 2, None, now);
        assert_eq!((status.replicas, status.ready_replicas, status.available_replicas), (4, 3, 2));
        assert_eq!(status.terminating_replicas, Some(2));
        assert_eq!(next_availability_check(&set, &pods, now), Outcome::Pending(Duration::secs(5)));
    }
}
