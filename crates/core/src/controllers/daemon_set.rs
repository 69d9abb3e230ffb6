//! The DaemonSet controller: one pod on every node that fits, and none elsewhere.
//!
//! The pods go through the scheduler: each is made with an affinity for its one node. Upstream: pkg/controller/daemon.
//! `placement` says where pods belong, `index` counts what there is, `update` rolls a new template out.

mod index;
mod placement;
mod update;

use api::apps::v1::{ControllerRevision, DaemonSet, DaemonSetStatus};
use api::core::v1::{Node, Pod};
use api::meta::v1::OwnerReference;
use api::{Key, Object, Status, Str};
use collections::{OrdMap, OrdSet};

use self::index::Index;
use super::history::{self, Failure, REVISION_HASH};
use super::pod_control::{create_pod, delete_pod, slow_start_batch};
use super::ref_manager::{Orphans, claim, managers_of_pod, selector_of};
use super::{Controller, Outcome, Watch, Work, controller_keys, own_key};
use crate::client::{Change, Cx};
use crate::sim::{Duration, Timestamp};

/// BurstReplicas: at most so many pods are created or deleted in one reconcile.
const BURST_REPLICAS: usize = 250;
/// How long to wait before a failed pod of a node is deleted again: at first, and at most.
const FAILED_POD_BACK_OFF: (Duration, Duration) = (Duration::secs(1), Duration::secs(900));

/// See the module's documentation.
#[derive(Clone, Default)]
pub struct DaemonSetController {
    orphans: Orphans,
    sets: OrdMap<Key, Index>,
}

impl Controller for DaemonSetController {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn service_account(&self) -> &'static str {
        "daemon-set-controller"
    }

    fn workers(&self) -> u32 {
        2
    }

    fn watches(&self) -> &'static [Watch] {
        const WATCHES: &[Watch] = &[
            Watch::on::<DaemonSet>(own_key),
            Watch::on::<ControllerRevision>(of_revision),
            Watch::on::<Pod>(managers_of_pod::<DaemonSet>),
            Watch::on::<Node>(of_node),
        ];
        WATCHES
    }

    fn observe(&mut self, _cx: &Cx, change: &Change) {
        self.orphans.observe::<Pod>(change);
        let subject = change.subject();
        if subject.view::<Node>().is_some() {
            if node_matters(change) {
                for index in self.sets.values_mut() {
                    index.dirty.insert(change.key.name.clone());
                }
            }
            return;
        }
        let pod = subject.view::<Pod>().is_some();
        if !pod && subject.view::<ControllerRevision>().is_none() {
            return;
        }
        for key in owners(change) {
            let Some(index) = self.sets.get_mut(&key) else { continue };
            if pod {
                index.observe_pod(change);
            } else {
                index.history_known = false;
            }
        }
    }

    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status> {
        let object = cx.lister::<DaemonSet>().get_key(key);
        let Some(object) = object else {
            self.sets.remove(key);
            return Ok(Outcome::Done);
        };
        let Some(set) = object.view::<DaemonSet>() else { return Ok(Outcome::Done) };
        if set.metadata.is_deleting() {
            return Ok(Outcome::Done);
        }
        let mut index = self.sets.remove(key).unwrap_or_default();
        let result =
            Sync { cx, work, object: &object, set, index: &mut index, wake: None }.run(&self.orphans);
        self.sets.insert(key.clone(), index);
        result
    }

    fn boxed(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

fn owners(change: &Change) -> Vec<Key> {
    let mut keys = Vec::new();
    controller_keys("DaemonSet", change, &mut keys);
    keys
}

fn of_revision(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    controller_keys("DaemonSet", change, keys);
}

/// A node that comes, goes, or fits otherwise than before wakes all; its heartbeats wake none.
fn of_node(cx: &Cx, change: &Change, keys: &mut Vec<Key>) {
    if node_matters(change) {
        keys.extend(cx.lister::<DaemonSet>().list(None).iter().map(Object::key));
    }
}

fn node_matters(change: &Change) -> bool {
    let (Some(new), Some(old)) = (&change.object, &change.previous) else { return true };
    let (Some(new), Some(old)) = (new.view::<Node>(), old.view::<Node>()) else { return false };
    new.metadata.labels != old.metadata.labels || new.spec.taints != old.spec.taints
}

/// One reconcile of one DaemonSet.
struct Sync<'a, 'b, 'c> {
    cx: &'a mut Cx<'b>,
    work: &'a mut Work<'c>,
    /// As it was read; what events are about.
    object: &'a Object,
    set: &'a DaemonSet,
    index: &'a mut Index,
    /// When to look again though nothing happens.
    wake: Option<Timestamp>,
}

/// What is to be done about the nodes that were looked at.
#[derive(Default)]
struct Plan {
    create: Vec<Str>,
    delete: Vec<Object>,
}

impl Sync<'_, '_, '_> {
    fn run(mut self, orphans: &Orphans) -> Result<Outcome, Status> {
        let set = self.set;
        let selector = set.spec.selector.as_deref();
        if selector
            .is_none_or(|selector| selector.match_labels.is_empty() && selector.match_expressions.is_empty())
        {
            let why = "This daemon set is selecting all pods. A non-empty selector is required.";
            self.work.events.event(self.cx, self.object, "Warning", "SelectingAll", why);
            return Ok(Outcome::Done);
        }
        let selector = selector_of(selector);
        if orphans.any_match::<Pod>(self.cx, self.object, &selector) {
            for pod in claim::<DaemonSet, Pod>(self.cx, self.object, &selector, orphans)? {
                self.index.place(&pod);
            }
        }
        if self.index.is_stale(set) {
            self.start_anew()?;
        }
        let next = self.index.wake_available(self.cx, set);
        self.wake = self.wake.into_iter().chain(next).min();
        let managed = self.manage().and_then(|()| self.roll());
        self.update_status()?;
        managed?;
        Ok(self.wake.map_or(Outcome::Done, |time| Outcome::Pending(time - self.cx.now)))
    }

    /// The spec has changed, or what was stored of it: finds the revision, tidies up, counts from the start.
    fn start_anew(&mut self) -> Result<(), Status> {
        let set = self.set;
        let owner = history::Owner {
            meta: &set.metadata,
            reference: OwnerReference::controller(set),
            template: &set.spec.template,
            collisions: set.status.collision_count,
        };
        let history = match history::construct(self.cx, &owner) {
            Ok(history) => history,
            Err(Failure::Api(error)) => return Err(error),
            Err(Failure::Collision) => {
                let mut status = set.status.clone();
                *status.collision_count.get_or_insert(0) += 1;
                self.cx.update_status(DaemonSet { status, ..set.clone() })?;
                return Err(Status::internal_error(
                    "found a stored revision of the same name, retrying with another",
                ));
            }
        };
        let spec = placement::template(set, &history.hash).spec;
        self.index.rebuild(self.cx, set, history.hash, spec);
        let pods = self.cx.lister::<Pod>().owned_by(&set.metadata.uid);
        self.work.read(self.index.nodes.len() + pods.len());
        let live: OrdSet<Str> =
            pods.iter().filter_map(|pod| pod.meta().labels.get(REVISION_HASH).cloned()).collect();
        history::clean_up(self.cx, &history.old, set.spec.revision_history_limit.unwrap_or(10), &live)
    }

    /// Brings the nodes that changed to what they should have.
    fn manage(&mut self) -> Result<(), Status> {
        let names = std::mem::take(&mut self.index.dirty);
        self.work.read(names.len());
        let mut plan = Plan::default();
        for name in &names {
            self.look_at(name, &mut plan);
        }
        self.carry_out(plan)
    }

    /// podsShouldBeOnNode.
    fn look_at(&mut self, name: &Str, plan: &mut Plan) {
        let pods = self.index.refresh(self.cx, self.set, name);
        let Some(on) = self.index.nodes.get(name) else { return };
        let (fit, exists) = (on.fit, on.exists);
        let alive = |pod: &&Object| !pod.meta().is_deleting();
        if !exists {
            // What waits to be scheduled on a node that is gone would wait for ever.
            let unscheduled =
                |pod: &&Object| pod.view::<Pod>().is_some_and(|pod| pod.spec.node_name.is_empty());
            plan.delete.extend(pods.iter().filter(alive).filter(unscheduled).cloned());
        } else if fit.run && pods.is_empty() {
            plan.create.push(name.clone());
        } else if !fit.stay {
            plan.delete.extend(pods.iter().filter(alive).cloned());
        } else {
            let mut running = Vec::new();
            for pod in pods.iter().filter(alive) {
                if !self.ended(name, pod, plan) {
                    running.push(pod);
                }
            }
            self.prune(&running, plan);
        }
    }

    /// True for a pod that has ended: it is deleted, so that the next reconcile makes a new one.
    fn ended(&mut self, node: &Str, object: &Object, plan: &mut Plan) -> bool {
        let Some(pod) = object.view::<Pod>() else { return true };
        let (kind, reason, what) = match pod.status.phase.as_str() {
            "Failed" => ("Warning", "FailedDaemonPod", "failed daemon pod"),
            "Succeeded" => ("Normal", "SucceededDaemonPod", "succeeded daemon pod"),
            _ => return false,
        };
        if kind == "Warning" && !self.may_kill(node) {
            return true;
        }
        let act = if kind == "Warning" { "kill" } else { "delete" };
        let message = format!("Found {what} {} on node {node}, will try to {act} it", object.key());
        self.work.events.event(self.cx, self.object, kind, reason, message);
        plan.delete.push(object.clone());
        true
    }

    /// A kubelet that refuses a pod is not asked again and again: waits twice as long each time.
    fn may_kill(&mut self, node: &Str) -> bool {
        let now = self.cx.now;
        let (first, longest) = FAILED_POD_BACK_OFF;
        let Some(on) = self.index.nodes.get_mut(node) else { return true };
        let wait = match on.failed {
            Some((since, wait)) if now < since + wait => {
                let due = since + wait;
                self.wake = Some(self.wake.map_or(due, |wake| wake.min(due)));
                self.index.dirty.insert(node.clone());
                return false;
            }
            Some((since, wait)) if now < since + wait + wait => (wait + wait).min(longest),
            _ => first,
        };
        on.failed = Some((now, wait));
        true
    }

    /// More than one pod on a node: the oldest stays. While surging, the oldest of each template may stay for as long as
    /// the new one is not ready and the old one is.
    fn prune(&self, running: &[&Object], plan: &mut Plan) {
        if running.len() <= 1 {
            return;
        }
        let (surge, _) = update::bounds(self.set, self.index.total.desired);
        if surge == 0 {
            plan.delete.extend(running[1..].iter().map(|pod| (*pod).clone()));
            return;
        }
        let updated = |object: &Object| {
            object.view::<Pod>().is_some_and(|pod| placement::is_updated(pod, self.set, &self.index.hash))
        };
        let available = |object: &Object| {
            let pod = object.view::<Pod>();
            pod.is_some_and(|pod| api::pod::is_available(pod, self.set.spec.min_ready_seconds, self.cx.now))
        };
        let new = running.iter().find(|pod| updated(pod));
        let old = running.iter().find(|pod| !updated(pod));
        let keep_both = new.zip(old).is_some_and(|(new, old)| !available(new) && available(old));
        let keep = |pod: &&Object| {
            if keep_both {
                [new, old].into_iter().flatten().any(|kept| kept.meta().name == pod.meta().name)
            } else {
                new.or(old).is_some_and(|kept| kept.meta().name == pod.meta().name)
            }
        };
        plan.delete.extend(running.iter().filter(|pod| !keep(pod)).map(|pod| (*pod).clone()));
    }

    /// The step of a rolling update that is due, if pods of an older template are left.
    fn roll(&mut self) -> Result<(), Status> {
        if self.set.spec.update_strategy.type_ != "RollingUpdate" || self.index.total.outdated == 0 {
            return Ok(());
        }
        self.work.read(self.index.nodes.len());
        let step = update::next(self.cx, self.set, self.index);
        self.carry_out(Plan { create: step.create, delete: step.delete })
    }

    /// syncNodes: creates and deletes, and counts again where it did.
    fn carry_out(&mut self, mut plan: Plan) -> Result<(), Status> {
        let left = plan.create.split_off(plan.create.len().min(BURST_REPLICAS));
        plan.delete.truncate(BURST_REPLICAS);
        self.index.dirty.extend(left);
        let reference = OwnerReference::controller(self.set);
        let template = placement::template(self.set, &self.index.hash);
        let (cx, work, index) = (&mut *self.cx, &mut *self.work, &mut *self.index);
        let mut nodes = plan.create.iter();
        let created = slow_start_batch(plan.create.len(), || {
            let Some(node) = nodes.next() else { return Ok(()) };
            match create_pod(cx, work, self.object, &reference, &placement::for_node(&template, node)) {
                Ok(pod) => index.place(&pod),
                // The pods of a namespace that is going away are not missed.
                Err(error) if error.has_cause("NamespaceTerminating") => {}
                Err(error) => {
                    index.dirty.insert(node.clone());
                    return Err(error);
                }
            }
            Ok(())
        });
        self.index.dirty.extend(nodes.cloned());
        let mut failure = created.err();
        let mut touched: OrdSet<Str> = plan.create.into_iter().collect();
        for pod in &plan.delete {
            if let Err(error) = delete_pod(self.cx, self.work, self.object, pod) {
                failure.get_or_insert(error);
            }
            touched.extend(pod.view::<Pod>().and_then(placement::target_node).cloned());
        }
        for node in &touched {
            self.index.refresh(self.cx, self.set, node);
        }
        failure.map_or(Ok(()), Err)
    }

    fn update_status(&mut self) -> Result<(), Status> {
        let (set, total) = (self.set, &self.index.total);
        let status = DaemonSetStatus {
            desired_number_scheduled: total.desired,
            current_number_scheduled: total.current,
            number_misscheduled: total.misscheduled,
            number_ready: total.ready,
            updated_number_scheduled: total.updated,
            number_available: total.available,
            number_unavailable: total.desired - total.available,
            observed_generation: set.metadata.generation,
            ..set.status.clone()
        };
        if status == set.status {
            return Ok(());
        }
        self.cx.update_status(DaemonSet { status, ..set.clone() }).map(|_| ())
    }
}
