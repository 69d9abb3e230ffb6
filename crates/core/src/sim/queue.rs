//! A priority queue of events ordered by (time, class, sequence), with cancellation.
//!
//! A `BTreeMap` keeps it a plain value: cloning it is a snapshot, iterating it is the schedule in order, and cancelling
//! is a removal by key rather than a tombstone. The class separates work that matters for "run until idle" from
//! background timers (heartbeats, probes, back-offs that never end).

use std::collections::BTreeMap;

use api::Timestamp;

/// What an event is for; at equal times lower classes run first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Work in progress: watch deliveries, reconciles, messages, container starts. "Idle" means none of these is left.
    Work,
    /// Periodic or open-ended timers: heartbeats, probes, resyncs, crash back-off. They do not keep the world busy.
    Background,
}

/// Names one scheduled event; becomes stale when the event has run or was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId {
    /// When it is due.
    pub time: Timestamp,
    /// Among events of one moment the lower class goes first.
    pub class: Class,
    /// Among those of one class the earlier scheduled goes first.
    pub sequence: u64,
}

/// The schedule. `E` is the closed enum of everything that can happen.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    events: BTreeMap<TimerId, E>,
    next_sequence: u64,
    /// Events of class `Input` and `Work` still queued; zero means idle.
    busy: usize,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { events: BTreeMap::new(), next_sequence: 0, busy: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Schedules `event` at `time`.
    pub fn push(&mut self, time: Timestamp, class: Class, event: E) -> TimerId {
        let id = TimerId { time, class, sequence: self.next_sequence };
        self.next_sequence += 1;
        self.busy += usize::from(class != Class::Background);
        self.events.insert(id, event);
        id
    }

    /// Removes a scheduled event; returns it unless it has already run or was cancelled.
    pub fn cancel(&mut self, id: TimerId) -> Option<E> {
        let event = self.events.remove(&id)?;
        self.busy -= usize::from(id.class != Class::Background);
        Some(event)
    }

    /// Drops every scheduled event that `keep` refuses: what a stopped process had planned.
    pub fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        let busy = &mut self.busy;
        self.events.retain(|id, event| {
            let keep = keep(event);
            *busy -= usize::from(!keep && id.class != Class::Background);
            keep
        });
    }

    /// Takes the next event due at or before `until`.
    pub fn pop_due(&mut self, until: Timestamp) -> Option<(TimerId, E)> {
        let entry = self.events.first_entry()?;
        if entry.key().time > until {
            return None;
        }
        let (id, event) = entry.remove_entry();
        self.busy -= usize::from(id.class != Class::Background);
        Some((id, event))
    }

    /// When the next event is due.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.events.keys().next().map(|id| id.time)
    }

    /// True when only background timers are left.
    pub fn is_idle(&self) -> bool {
        self.busy == 0
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True if no event waits.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The schedule in order, for inspection.
    pub fn iter(&self) -> impl Iterator<Item = (&TimerId, &E)> {
        self.events.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_run_by_class_then_sequence() {
        let mut q = EventQueue::default();
        let t = Timestamp(5);
        q.push(t, Class::Background, "beat");
        q.push(t, Class::Work, "a");
        q.push(t, Class::Work, "b");
        let mut order = vec![];
        while let Some((_, e)) = q.pop_due(t) {
            order.push(e);
        }
        assert_eq!(order, ["a", "b", "beat"]);
    }

    #[test]
    fn cancelled_events_do_not_run_and_do_not_keep_the_world_busy() {
        let mut q = EventQueue::default();
        let id = q.push(Timestamp(1), Class::Work, 1);
        assert!(!q.is_idle());
        assert_eq!(q.cancel(id), Some(1));
        assert_eq!(q.cancel(id), None);
        assert!(q.is_idle() && q.is_empty());
    }
}
