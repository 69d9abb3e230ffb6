//! The ReplicaSet controller: keeps as many pods of a template as were asked for.
//!
//! Upstream: pkg/controller/replicaset. Which pods to delete is in `rank`.

mod index;
mod rank;

use api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use api::core::v1::Pod;
use api::meta::v1::OwnerReference;
use api::pod::is_active;
use api::{Key, Object, Status};

use self::index::{Counts, PodIndex};
use self::rank::pods_to_delete;
use super::pod_control::{create_pod, delete_pod, slow_start_batch};
use super::ref_manager::{Orphans, claim, managers_of_pod, selector_of};
use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Change;
use crate::client::Cx;
use crate::sim::Timestamp;

/// BurstReplicas: at most so many pods are created or deleted in one reconcile.
const BURST_REPLICAS: usize = 500;
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// See the module's documentation.
#[derive(Clone, Default)]
pub struct ReplicaSetController {
    orphans: Orphans,
    pods: PodIndex,
}

impl Controller for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] =
            &[Watch::on::<ReplicaSet>(own_key), Watch::on::<Pod>(managers_of_pod::<ReplicaSet>)];
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

impl ReplicaSetController {
    fn sync_replica_set(&mut self, cx: &mut Cx, work: &mut Work, object: &Object) -> Result<Outcome, Status> {
        let Some(set) = object.view::<ReplicaSet>() else { return Ok(Outcome::Done) };
        let selector = selector_of(set.spec.selector.as_deref());
        self.pods.catch_up(cx);
        if self.pods.has_strays(set, &selector) || self.orphans.any_match::<Pod>(cx, object, &selector) {
            claim::<ReplicaSet, Pod>(cx, object, &selector, &self.orphans)?;
            self.pods.catch_up(cx);
        }
        let counts = self.pods.counts(set, &selector, cx.now);
        work.read(counts.active);
        let managed = if set.metadata.is_deleting() {
            Ok(())
        } else {
            manage_replicas(cx, work, object, set, counts.active)
        };
        let status = calculate_status(set, &counts, managed.as_ref().err(), cx.now);
        update_replica_set_status(cx, set, status)?;
        managed?;
        Ok(counts.next_available.map_or(Outcome::Done, |time| Outcome::Pending(time - cx.now)))
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
    active: usize,
) -> Result<(), Status> {
    let desired = replicas(set);
    if active < desired {
        let owner_ref = OwnerReference::controller(set);
        let missing = (desired - active).min(BURST_REPLICAS);
        return slow_start_batch(missing, || {
            match create_pod(cx, work, object, &owner_ref, &set.spec.template) {
                // The pods of a namespace that is going away are not missed.
                Err(error) if error.has_cause("NamespaceTerminating") => Ok(()),
                result => result.map(|_| ()),
            }
        });
    }
    let excess = (active - desired).min(BURST_REPLICAS);
    if excess == 0 {
        return Ok(());
    }
    let mut pods = cx.lister::<Pod>().owned_by(&set.metadata.uid);
    pods.retain(|pod| view(pod).is_some_and(is_active) && pod.meta().is_controlled_by(&set.metadata.uid));
    let related = if excess < pods.len() { indirectly_related_pods(cx, object) } else { Vec::new() };
    work.read(related.len());
    let mut failure = None;
    for pod in pods_to_delete(&pods, &related, excess, cx.now) {
        if let Err(error) = delete_pod(cx, work, object, &pod) {
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
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
    counts: &Counts,
    failure: Option<&Status>,
    now: Timestamp,
) -> ReplicaSetStatus {
    let mut status = ReplicaSetStatus {
        replicas: counts.active as i32,
        fully_labeled_replicas: counts.fully_labeled as i32,
        ready_replicas: counts.ready as i32,
        available_replicas: counts.available as i32,
        terminating_replicas: Some(counts.terminating as i32),
        conditions: set.status.conditions.clone(),
        observed_generation: set.status.observed_generation,
    };
    let failing = status.conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE);
    match failure {
        Some(failure) if !failing => status.conditions.push(ReplicaSetCondition {
            type_: REPLICA_FAILURE.into(),
            status: "True".into(),
            last_transition_time: now,
            reason: if counts.active < replicas(set) { "FailedCreate" } else { "FailedDelete" }.into(),
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
