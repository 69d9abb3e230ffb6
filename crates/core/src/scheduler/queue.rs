//! Pods that wait for a node. Upstream: pkg/scheduler/backend/queue.
//!
//! Three parts: *active* (in order of priority, then of arrival), *backoff* (failed a short while ago, but something has
//! changed since) and *unschedulable* (nothing has changed that could help). A change of the cluster moves only those
//! pods for which a plugin that refused them says that it may help: its queueing hint.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::core::v1::Pod;
use api::{Object, Str, Timestamp};

use super::plugins::scheduling_gates::pre_enqueue;
use crate::client::{Due, Trigger};
use crate::sim::Duration;

/// podInitialBackoffDuration, podMaxBackoffDuration.
const INITIAL_BACKOFF: Duration = Duration::secs(1);
const MAX_BACKOFF: Duration = Duration::secs(10);
/// DefaultPodMaxInUnschedulablePodsDuration.
const MAX_IN_UNSCHEDULABLE: Duration = Duration::mins(5);

/// A pod in the queue.
#[derive(Clone, Debug)]
pub struct QueuedPod {
    /// The pod as last seen.
    pub object: Object,
    /// Cycles that it has been through.
    pub attempts: u32,
    /// What made it (ready to be) scheduled: goes into the cause of its binding.
    pub trigger: Trigger,
    /// When it was queued or failed last.
    timestamp: Timestamp,
    sequence: u64,
    /// Plugins that refused it in the last cycle.
    pub rejected_by: Vec<&'static str>,
    /// The last failure was an error, not a lack of room: then its back-off is kept.
    failed: bool,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Gated,
    Active,
    Backoff(Timestamp),
    Unschedulable,
}

type ActiveKey = (Reverse<i32>, Timestamp, u64, Str);

/// See the module's documentation.
#[derive(Clone, Debug, Default)]
pub struct SchedulingQueue {
    pods: BTreeMap<Str, QueuedPod>,
    active: BTreeSet<ActiveKey>,
    backoff: BTreeSet<(Timestamp, Str)>,
    /// By time of failure.
    unschedulable: BTreeSet<(Timestamp, Str)>,
    next_sequence: u64,
}

impl QueuedPod {
    fn active_key(&self) -> ActiveKey {
        let priority = self.object.view::<Pod>().and_then(|pod| pod.spec.priority).unwrap_or(0);
        (Reverse(priority), self.timestamp, self.sequence, self.object.meta().uid.clone())
    }

    /// When the pod may be tried again.
    fn backoff_until(&self) -> Timestamp {
        if self.attempts == 0 {
            return self.timestamp;
        }
        let factor = 1i64 << (self.attempts - 1).min(10);
        self.timestamp + Duration(INITIAL_BACKOFF.0 * factor).min(MAX_BACKOFF)
    }
}

impl SchedulingQueue {
    /// A pod without a node has appeared.
    pub fn add(&mut self, object: Object, trigger: Trigger, now: Timestamp) {
        let gated = object.view::<Pod>().and_then(pre_enqueue).is_some();
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let rejected_by = if gated { vec!["SchedulingGates"] } else { Vec::new() };
        let place = if gated { Place::Gated } else { Place::Active };
        self.insert(QueuedPod {
            object,
            attempts: 0,
            trigger,
            timestamp: now,
            sequence,
            rejected_by,
            failed: false,
            place,
        });
    }

    fn insert(&mut self, pod: QueuedPod) {
        let uid = pod.object.meta().uid.clone();
        self.delete(&uid);
        match pod.place {
            Place::Gated => {}
            Place::Active => {
                self.active.insert(pod.active_key());
            }
            Place::Backoff(until) => {
                self.backoff.insert((until, uid.clone()));
            }
            Place::Unschedulable => {
                self.unschedulable.insert((pod.timestamp, uid.clone()));
            }
        }
        self.pods.insert(uid, pod);
    }

    /// A waiting pod was changed; `may_help` says whether the change may make a plugin content.
    pub fn update(
        &mut self,
        object: Object,
        trigger: Trigger,
        now: Timestamp,
        may_help: impl Fn(&str) -> bool,
    ) {
        let uid = object.meta().uid.clone();
        let Some(mut pod) = self.take(&uid) else { return self.add(object, trigger, now) };
        pod.object = object;
        let helped = pod.rejected_by.iter().any(|plugin| may_help(plugin));
        if helped && matches!(pod.place, Place::Gated | Place::Unschedulable) {
            pod.trigger = trigger;
            self.requeue(pod, now);
        } else {
            self.insert(pod);
        }
    }

    /// Forgets a pod; true if it was waiting.
    pub fn delete(&mut self, uid: &str) -> bool {
        self.take(uid).is_some()
    }

    fn take(&mut self, uid: &str) -> Option<QueuedPod> {
        let pod = self.pods.remove(uid)?;
        let uid = pod.object.meta().uid.clone();
        match pod.place {
            Place::Gated => {}
            Place::Active => {
                self.active.remove(&pod.active_key());
            }
            Place::Backoff(until) => {
                self.backoff.remove(&(until, uid));
            }
            Place::Unschedulable => {
                self.unschedulable.remove(&(pod.timestamp, uid));
            }
        }
        Some(pod)
    }

    /// Into the active part, or into backoff while that lasts.
    fn requeue(&mut self, mut pod: QueuedPod, now: Timestamp) {
        let until = pod.backoff_until();
        pod.place = if until > now { Place::Backoff(until) } else { Place::Active };
        self.insert(pod);
    }

    /// The next pod to be scheduled. When nothing is active, a pod that backs off is taken early, unless it does so
    /// because of an error (SchedulerPopFromBackoffQ).
    pub fn pop(&mut self) -> Option<QueuedPod> {
        let uid = match self.active.first() {
            Some((.., uid)) => uid.clone(),
            None => self.early()?,
        };
        let mut pod = self.take(&uid)?;
        pod.attempts += 1;
        Some(pod)
    }

    fn early(&self) -> Option<Str> {
        let patient = |uid: &Str| self.pods.get(uid).is_some_and(|pod| !pod.failed);
        self.backoff.iter().map(|(_, uid)| uid).find(|uid| patient(uid)).cloned()
    }

    /// True if [`SchedulingQueue::pop`] has something to give.
    pub fn has_next(&self) -> bool {
        !self.active.is_empty() || self.early().is_some()
    }

    /// A pod has found no node: it waits for something to change.
    pub fn add_unschedulable(&mut self, mut pod: QueuedPod, rejected_by: Vec<&'static str>, now: Timestamp) {
        (pod.timestamp, pod.rejected_by, pod.failed, pod.place) =
            (now, rejected_by, false, Place::Unschedulable);
        self.insert(pod);
    }

    /// Scheduling a pod has failed with an error: it is tried again after its back-off.
    pub fn add_failed(&mut self, mut pod: QueuedPod, now: Timestamp) {
        (pod.timestamp, pod.failed) = (now, true);
        pod.rejected_by.clear();
        self.requeue(pod, now);
    }

    /// Moves the pods that the change may help. `may_help` is asked for each plugin that refused a pod.
    pub fn move_on_event(&mut self, trigger: Trigger, now: Timestamp, may_help: impl Fn(&Pod, &str) -> bool) {
        let helped = |uid: &Str| {
            let queued = self.pods.get(uid)?;
            let pod = queued.object.view::<Pod>()?;
            queued.rejected_by.iter().any(|plugin| may_help(pod, plugin)).then(|| uid.clone())
        };
        let moved: Vec<Str> = self.unschedulable.iter().filter_map(|(_, uid)| helped(uid)).collect();
        for uid in moved {
            if let Some(mut pod) = self.take(&uid) {
                pod.trigger = trigger;
                self.requeue(pod, now);
            }
        }
    }

    /// True if no pod waits for a change.
    pub fn nobody_waits(&self) -> bool {
        self.unschedulable.is_empty()
    }

    /// Moves pods whose back-off is over, and those that have been unschedulable for five minutes.
    pub fn flush(&mut self, now: Timestamp) {
        while let Some((until, uid)) = self.backoff.first().cloned()
            && until <= now
        {
            self.activate(&uid, Due::SchedulingBackOff);
        }
        while let Some((since, uid)) = self.unschedulable.first().cloned()
            && since + MAX_IN_UNSCHEDULABLE <= now
        {
            self.activate(&uid, Due::SchedulingLeftover);
        }
    }

    fn activate(&mut self, uid: &str, due: Due) {
        if let Some(mut pod) = self.take(uid) {
            (pod.place, pod.trigger) = (Place::Active, Trigger::Due(due));
            self.insert(pod);
        }
    }

    /// When the next back-off ends, and when the next pod has been unschedulable for long.
    pub fn next_flush(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let backoff = self.backoff.first().map(|(until, _)| *until);
        (backoff, self.unschedulable.first().map(|(since, _)| *since + MAX_IN_UNSCHEDULABLE))
    }

    /// Pods in the active, backoff and unschedulable parts (`scheduler_pending_pods`), and behind gates.
    pub fn pending(&self) -> [usize; 4] {
        let gated = self.pods.values().filter(|pod| pod.place == Place::Gated).count();
        [self.active.len(), self.backoff.len(), self.unschedulable.len(), gated]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(uid: &str, priority: i32) -> Object {
        let mut pod = Pod::default();
        pod.metadata.uid = uid.into();
        pod.spec.priority = Some(priority);
        Object::of(pod)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn pop(queue: &mut SchedulingQueue) -> Option<String> {
        queue.pop().map(|pod| pod.object.meta().uid.to_string())
    }

    #[test]
    fn higher_priority_first_then_arrival() {
        let mut queue = SchedulingQueue::default();
        for (uid, priority) in [("b", 0), ("a", 0), ("c", 10)] {
            queue.add(pod(uid, priority), Trigger::Timer, at(1));
        }
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut queue)).collect();
        assert_eq!(order, ["c", "b", "a"]);
    }

    #[test]
    fn a_refused_pod_waits_until_a_change_may_help() {
        let mut queue = SchedulingQueue::default();
        queue.add(pod("a", 0), Trigger::Timer, at(1));
        let refused = queue.pop().unwrap();
        queue.add_unschedulable(refused, vec!["NodeResourcesFit"], at(1));
        queue.move_on_event(Trigger::Timer, at(2), |_, plugin| plugin == "TaintToleration");
        assert!(!queue.has_next());
        queue.move_on_event(Trigger::Timer, at(2), |_, plugin| plugin == "NodeResourcesFit");
        assert_eq!(pop(&mut queue).as_deref(), Some("a"));
    }

    #[test]
    fn errors_back_off_from_1_s_to_10_s() {
        let mut queue = SchedulingQueue::default();
        queue.add(pod("a", 0), Trigger::Timer, at(0));
        let mut waits = Vec::new();
        for _ in 0..6 {
            queue.flush(at(100));
            let failed = queue.pop().unwrap();
            queue.add_failed(failed, at(100));
            assert!(!queue.has_next());
            let until = queue.next_flush().0.unwrap();
            waits.push((until - at(100)).as_secs());
            queue.flush(until);
            // The next failure is at 100 again: only the number of attempts counts.
        }
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn after_five_minutes_an_unschedulable_pod_is_tried_anyway() {
        let mut queue = SchedulingQueue::default();
        queue.add(pod("a", 0), Trigger::Timer, at(0));
        let refused = queue.pop().unwrap();
        queue.add_unschedulable(refused, vec!["NodeName"], at(0));
        assert_eq!(queue.next_flush(), (None, Some(at(300))));
        queue.flush(at(300));
        assert_eq!(pop(&mut queue).as_deref(), Some("a"));
    }
}
