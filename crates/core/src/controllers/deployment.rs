//! The deployment controller: rolls a Deployment's ReplicaSets from one pod template to the next.
//!
//! Upstream: pkg/controller/deployment. One file per upstream file: `sync` (revisions, new ReplicaSet, scaling, status),
//! `rolling`, `recreate`, `progress`, `util` (arithmetic, annotations, conditions; pure and tested as tables).

mod progress;
mod recreate;
mod rolling;
mod sync;
mod util;

pub(super) use util::compute_hash;

use api::apps::v1::{Deployment, ReplicaSet};
use api::core::v1::Pod;
use api::{Key, Object, Status, Str};

use super::ref_manager::{Orphans, claim, managers_of, selector_of};
use super::{Controller, Outcome, Watch, Work, own_key};
use crate::client::Cx;
use crate::client::{Change, Operation};

/// See the module's documentation.
#[derive(Clone, Default)]
pub struct DeploymentController {
    orphans: Orphans,
}

impl Controller for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[
            Watch::on::<Deployment>(own_key),
            Watch::on::<ReplicaSet>(managers_of::<Deployment>),
            Watch::on::<Pod>(of_deleted_pod),
        ];
        WATCHES
    }

    fn observe(&mut self, _cx: &Cx, change: &Change) {
        self.orphans.observe::<ReplicaSet>(change);
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let Some(deployment) = cx.lister::<Deployment>().get_key(key) else { return Ok(Outcome::Done) };
        Rollout::new(cx, work, &self.orphans, deployment)
            .map_or(Ok(Outcome::Done), |mut rollout| rollout.sync_deployment())
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// A deleted pod wakes a Deployment that waits for its old pods to be gone (Recreate).
fn of_deleted_pod(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if change.operation != Operation::Delete {
        return;
    }
    let meta = change.subject().meta();
    let Some(owner) = meta.controller_of() else { return };
    let Some(rs) = cx.lister::<ReplicaSet>().get(&meta.namespace, &owner.name) else { return };
    let Some(owner) = rs.meta().controller_of() else { return };
    let Some(deployment) = cx.lister::<Deployment>().get(&meta.namespace, &owner.name) else { return };
    if deployment.view::<Deployment>().is_some_and(|d| d.spec.strategy.type_ == "Recreate") {
        keys.push(deployment.key());
    }
}

/// One reconcile of one Deployment.
struct Rollout<'a, 'b, 'c> {
    cx: &'a mut Cx<'b>,
    work: &'a mut Work<'c>,
    orphans: &'a Orphans,
    /// As it was read; what events are about.
    object: Object,
    /// The working copy: its status and annotations change.
    d: Deployment,
}

/// The ReplicaSets of a Deployment: the one with its present template, if there is one, and all others.
struct Sets {
    new: Option<Object>,
    old: Vec<Object>,
}

impl Sets {
    /// Old ones first, as upstream's `append(oldRSs, newRS)`.
    fn all(&self) -> Vec<Object> {
        self.old.iter().chain(&self.new).cloned().collect()
    }

    fn new_set(&self) -> Option<&ReplicaSet> {
        self.new.as_ref().map(rs)
    }
}

/// The struct of an object that is known to be a ReplicaSet.
fn rs(object: &Object) -> &ReplicaSet {
    object.view::<ReplicaSet>().expect("listers of ReplicaSets return ReplicaSets")
}

impl<'a, 'b, 'c> Rollout<'a, 'b, 'c> {
    fn new(
        cx: &'a mut Cx<'b>,
        work: &'a mut Work<'c>,
        orphans: &'a Orphans,
        object: Object,
    ) -> Option<Rollout<'a, 'b, 'c>> {
        let d = object.view::<Deployment>()?.clone();
        Some(Rollout { cx, work, orphans, object, d })
    }

    /// Reconciles the Deployment with its spec.
    fn sync_deployment(&mut self) -> Result<Outcome, Status> {
        let sets = self.get_replica_sets_for_deployment()?;
        self.work.read(sets.len());
        if self.d.metadata.is_deleting() {
            return self.sync_status_only(sets);
        }
        // Pausing and resuming leave a condition, so that a long pause is not reported as lack of progress.
        self.check_paused_conditions()?;
        if self.d.spec.paused || self.is_scaling_event(&sets)? {
            return self.sync(sets);
        }
        match self.d.spec.strategy.type_.as_str() {
            "Recreate" => self.rollout_recreate(sets),
            _ => self.rollout_rolling(sets),
        }
    }

    /// The ReplicaSets that this Deployment manages, after adopting matching orphans and releasing strays.
    fn get_replica_sets_for_deployment(&mut self) -> Result<Vec<Object>, Status> {
        let selector = selector_of(self.d.spec.selector.as_deref());
        claim::<Deployment, ReplicaSet>(self.cx, &self.object, &selector, self.orphans)
    }

    fn replicas(&self) -> i32 {
        self.d.spec.replicas.unwrap_or(1)
    }

    fn event(&mut self, kind: &str, reason: &str, message: String) {
        self.work.events.event(self.cx, &self.object, kind, reason, Str::from(message));
    }

    /// Writes the status (and the revision annotation, which the status endpoint lets pass).
    fn update_status(&mut self) -> Result<(), Status> {
        let updated = self.cx.update_status(self.d.clone())?;
        self.d.metadata.resource_version = updated.meta().resource_version.clone();
        Ok(())
    }
}
