//! kube-scheduler: gives each pod a node, one pod at a time: snapshot → filter → score → bind.
//!
//! Upstream: pkg/scheduler. The framework's extension points, plugins, weights and reasons are upstream's; the queue
//! with its three parts and queueing hints too. What was decided for a pod and why is kept ([`Decision`]).

use api::Str;

use crate::client::Change;
use crate::client::{Cx, Outbox};

/// What happens inside the process.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The scheduler is free and a pod waits.
    Cycle,
    /// Back-offs have ended, or pods have been unschedulable for long.
    Flush,
}

/// Why a pod got its node, or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    pub pod: Str,
}

/// The kube-scheduler process.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {}

impl Scheduler {
    /// A process that has not started yet.
    pub fn new() -> Scheduler {
        Scheduler::default()
    }

    /// True if a running process hears of this change.
    pub fn wants(&self, _change: &Change) -> bool {
        false
    }

    /// Starts the process: lists everything.
    pub fn start(&mut self, _cx: &mut Cx, _out: &mut Outbox<Event>) {}

    /// Changes arrive on the watches.
    pub fn observe(&mut self, _cx: &mut Cx, _changes: &[Change], _out: &mut Outbox<Event>) {}

    /// Handles one event: at most one scheduling cycle.
    pub fn handle(&mut self, _cx: &mut Cx, _event: Event, _out: &mut Outbox<Event>) {}

    /// The last decision about a pod, while it is remembered.
    pub fn decision(&self, _pod_uid: &str) -> Option<&Decision> {
        None
    }
}
