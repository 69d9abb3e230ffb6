//! The pods of each ReplicaSet, counted as they change: a reconcile of a set with 10,000 pods must not look at them all
//! because one has become ready.
//!
//! Before each reconcile the index reads the commits that it has not seen yet, so it is never older than the store.

use api::apps::v1::ReplicaSet;
use api::core::v1::Pod;
use api::meta::labels::Selector;
use api::pod::{is_active, is_terminating, ready_since};
use api::{Str, Timestamp};
use collections::OrdMap;

use crate::client::{Change, Cx};
use crate::sim::Duration;

/// All pods that ReplicaSets manage, by the set's uid.
#[derive(Clone, Debug, Default)]
pub(super) struct PodIndex {
    /// The newest commit that was counted; `None` before the first list.
    revision: Option<u64>,
    by_owner: OrdMap<Str, Children>,
}

/// The pods of one ReplicaSet. Those with the same labels, usually all, are counted together.
#[derive(Clone, Debug, Default)]
struct Children {
    groups: Vec<Group>,
    pods: usize,
}

#[derive(Clone, Debug, Default)]
struct Group {
    labels: OrdMap<Str, Str>,
    active: usize,
    terminating: usize,
    /// Active and ready pods, by the moment since which they are.
    ready: OrdMap<Timestamp, usize>,
}

/// What a ReplicaSet's status says of its pods.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) active: usize,
    pub(super) terminating: usize,
    pub(super) fully_labeled: usize,
    pub(super) ready: usize,
    pub(super) available: usize,
    /// When the next ready pod will count as available.
    pub(super) next_available: Option<Timestamp>,
}

impl PodIndex {
    /// Counts the commits since the last call; lists all pods if those are no longer in the log.
    pub(super) fn catch_up(&mut self, cx: &Cx) {
        let (storage, pods) = (cx.storage(), cx.registry().id_of::<Pod>());
        match self.revision.and_then(|revision| storage.log_since(revision)) {
            Some(changes) => {
                for change in changes.filter(|change| Some(change.resource) == pods) {
                    self.apply(change);
                }
            }
            None => {
                self.by_owner.clear();
                for object in cx.lister::<Pod>().list(None) {
                    if let Some(pod) = object.view::<Pod>() {
                        self.count(pod, true);
                    }
                }
            }
        }
        self.revision = Some(storage.revision());
    }

    fn apply(&mut self, change: &Change) {
        if let Some(old) = change.previous.as_ref().and_then(|object| object.view::<Pod>()) {
            self.count(old, false);
        }
        if let Some(new) = change.object.as_ref().and_then(|object| object.view::<Pod>()) {
            self.count(new, true);
        }
    }

    fn count(&mut self, pod: &Pod, present: bool) {
        let Some(owner) = pod.metadata.controller_of().filter(|owner| owner.kind == "ReplicaSet") else {
            return;
        };
        let children = self.by_owner.entry(owner.uid.clone()).or_default();
        children.count(pod, present);
        if children.pods == 0 {
            self.by_owner.remove(&owner.uid);
        }
    }

    /// True if a pod of the set no longer matches its selector and is to be released.
    pub(super) fn has_strays(&self, set: &ReplicaSet, selector: &Selector) -> bool {
        let stray = |group: &Group| group.active + group.terminating > 0 && !selector.matches(&group.labels);
        self.by_owner.get(&set.metadata.uid).is_some_and(|children| children.groups.iter().any(stray))
    }

    /// The counts of a set's pods that match its selector.
    pub(super) fn counts(&self, set: &ReplicaSet, selector: &Selector, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        let Some(children) = self.by_owner.get(&set.metadata.uid) else { return counts };
        let template = &set.spec.template.metadata.labels;
        let wait = Duration::secs(i64::from(set.spec.min_ready_seconds));
        for group in children.groups.iter().filter(|group| selector.matches(&group.labels)) {
            counts.active += group.active;
            counts.terminating += group.terminating;
            if template.iter().all(|(key, value)| group.labels.get(key) == Some(value)) {
                counts.fully_labeled += group.active;
            }
            for (since, pods) in &group.ready {
                counts.ready += pods;
                let due = *since + wait;
                if wait.is_zero() || due <= now {
                    counts.available += pods;
                } else {
                    counts.next_available = Some(counts.next_available.map_or(due, |next| next.min(due)));
                }
            }
        }
        counts
    }
}

impl Children {
    fn count(&mut self, pod: &Pod, present: bool) {
        let index = match self.groups.iter().position(|group| group.labels == pod.metadata.labels) {
            Some(index) => index,
            None => {
                self.groups.retain(|group| group.active + group.terminating > 0);
                self.groups.push(Group { labels: pod.metadata.labels.clone(), ..Default::default() });
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[index];
        let step = |count: &mut usize| *count = if present { *count + 1 } else { count.saturating_sub(1) };
        step(&mut self.pods);
        if is_active(pod) {
            step(&mut group.active);
            if let Some(since) = ready_since(pod) {
                let ready = group.ready.entry(since).or_insert(0);
                step(ready);
                if *ready == 0 {
                    group.ready.remove(&since);
                }
            }
        } else if is_terminating(pod) {
            step(&mut group.terminating);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::PodCondition;
    use api::meta::v1::OwnerReference;

    fn pod(ready: Option<i64>) -> Pod {
        let mut pod = Pod::default();
        let (kind, uid, controller) = ("ReplicaSet".into(), "u".into(), Some(true));
        pod.metadata.owner_references.push(OwnerReference { kind, uid, controller, ..Default::default() });
        if let Some(since) = ready {
            let (type_, status) = ("Ready".into(), "True".into());
            let last_transition_time = Timestamp::from_secs(since);
            pod.status.conditions.push(PodCondition {
                type_,
                status,
                last_transition_time,
                ..Default::default()
            });
        }
        pod
    }

    #[test]
    fn ready_and_available_pods_are_counted_as_they_change() {
        let mut set = ReplicaSet::default();
        set.metadata.uid = "u".into();
        set.spec.min_ready_seconds = 10;
        let mut index = PodIndex::default();
        let pods = [pod(None), pod(Some(100)), pod(Some(95)), pod(Some(90))];
        pods.iter().for_each(|pod| index.count(pod, true));
        let now = Timestamp::from_secs(105);
        let everything = Selector::everything();
        let counts = index.counts(&set, &everything, now);
        assert_eq!((counts.active, counts.ready, counts.available), (4, 3, 2));
        assert_eq!(counts.next_available, Some(Timestamp::from_secs(110)));
        index.count(&pods[1], false);
        let counts = index.counts(&set, &everything, now);
        assert_eq!((counts.active, counts.ready, counts.next_available), (3, 2, None));
        pods.iter().filter(|pod| **pod != pods[1]).for_each(|pod| index.count(pod, false));
        assert!(index.by_owner.is_empty());
    }
}
