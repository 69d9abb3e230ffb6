//! client-go's rate-limited work queue in virtual time: de-duplicating, with exponential back-off per key.
//!
//! Mirrors k8s.io/client-go/util/workqueue: a key that is queued twice is handled once; a key that becomes dirty while
//! it is being handled is handled again; a failed key comes back after 5 ms · 2ⁿ, at most 1,000 s.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use api::Timestamp;

use crate::sim::Duration;
use crate::store::{Due, Trigger};

/// Base delay and ceiling of DefaultControllerRateLimiter.
const BASE_DELAY: Duration = Duration::millis(5);
const MAX_DELAY: Duration = Duration::secs(1000);

/// Keys waiting to be reconciled.
#[derive(Clone, Debug)]
pub struct WorkQueue<K: Ord + Clone> {
    ready: VecDeque<K>,
    /// Everything in `ready`, with what made it dirty first.
    dirty: BTreeMap<K, Trigger>,
    delayed: BTreeSet<(Timestamp, K)>,
    failures: BTreeMap<K, u32>,
}

impl<K: Ord + Clone> Default for WorkQueue<K> {
    fn default() -> Self {
        WorkQueue {
            ready: VecDeque::new(),
            dirty: BTreeMap::new(),
            delayed: BTreeSet::new(),
            failures: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// Marks a key dirty.
    pub fn add(&mut self, key: K, trigger: Trigger) {
        if !self.dirty.contains_key(&key) {
            self.dirty.insert(key.clone(), trigger);
            self.ready.push_back(key);
        }
    }

    /// Marks a key dirty at `time`. The caller wakes the queue then: see [`WorkQueue::next_delayed`].
    pub fn add_at(&mut self, key: K, time: Timestamp) {
        self.delayed.insert((time, key));
    }

    /// Queues a failed key again after its back-off; returns when.
    pub fn add_rate_limited(&mut self, key: K, now: Timestamp) -> Timestamp {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let delay = Duration(BASE_DELAY.0 << (*failures).min(18)).min(MAX_DELAY);
        *failures += 1;
        let time = now + delay;
        self.add_at(key, time);
        time
    }

    /// Resets the back-off of a key after a success.
    pub fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// How often a key failed in a row.
    pub fn retries(&self, key: &K) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// Moves keys whose delay has passed to the ready list.
    pub fn release(&mut self, now: Timestamp) {
        while let Some((time, _)) = self.delayed.first() {
            if *time > now {
                break;
            }
            if let Some((_, key)) = self.delayed.pop_first() {
                self.add(key, Trigger::Due(Due::Requeue));
            }
        }
    }

    /// Takes the next ready key and what made it dirty.
    pub fn pop(&mut self) -> Option<(K, Trigger)> {
        let key = self.ready.pop_front()?;
        let trigger = self.dirty.remove(&key).unwrap_or(Trigger::Timer);
        Some((key, trigger))
    }

    /// When the earliest delayed key is due.
    pub fn next_delayed(&self) -> Option<Timestamp> {
        self.delayed.first().map(|(time, _)| *time)
    }

    /// Ready keys, the number that `workqueue_depth` reports.
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// True if no key is ready; some may wait for their time.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_queued_twice_is_handled_once() {
        let mut q = WorkQueue::default();
        q.add("a", Trigger::Revision(1));
        q.add("a", Trigger::Revision(2));
        assert_eq!(q.pop(), Some(("a", Trigger::Revision(1))));
        assert_eq!(q.pop(), None);
    }

    #[test]
    fn failures_back_off_from_5_ms_doubling() {
        let mut q = WorkQueue::default();
        let now = Timestamp(0);
        let delays: Vec<_> = (0..4).map(|_| q.add_rate_limited("a", now).micros() / 1000).collect();
        assert_eq!(delays, [5, 10, 20, 40]);
        q.forget(&"a");
        assert_eq!(q.add_rate_limited("a", now).micros(), 5000);
    }
}
