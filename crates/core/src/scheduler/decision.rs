//! What was decided for a pod and why, kept so that it can be shown.

use std::collections::VecDeque;
use std::rc::Rc;

use api::{Key, Str, Timestamp};

use crate::sim::SharedMap;

/// Decisions remembered; the oldest are forgotten first.
const MAX_DECISIONS: usize = 1000;
/// Nodes remembered of each: the best ones, then some that were refused.
pub const MAX_NODES: usize = 10;

/// The outcome of one scheduling cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Namespace and name.
    pub pod: Key,
    /// When the cycle ended.
    pub time: Timestamp,
    /// 1 for the first try.
    pub attempt: u32,
    /// What it came to.
    pub outcome: Outcome,
    /// Nodes in the cluster.
    pub total: usize,
    /// How many of them were looked at: in large clusters enough is enough (`numFeasibleNodesToFind`).
    pub evaluated: usize,
    /// How many of those fitted.
    pub feasible: usize,
    /// What was thought of the best nodes, best first, then of refused ones; not of all in large clusters.
    pub nodes: Vec<NodeVerdict>,
}

/// How a scheduling cycle ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The node it was bound to.
    Bound(Str),
    /// The message of the FailedScheduling event.
    Unschedulable(Str),
    /// The binding was refused.
    Error(Str),
}

/// What was thought of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeVerdict {
    /// The node's name.
    pub node: Str,
    /// The plugin that refused it, with its reasons.
    pub refused: Option<(&'static str, Vec<String>)>,
    /// Weighted scores by plugin; empty if only one node fitted, which then needs no scores.
    pub scores: Vec<(&'static str, i64)>,
    /// The weighted sum; the highest wins.
    pub total: i64,
}

/// The last decisions, by the pod's uid.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    by_pod: SharedMap<Str, Rc<Decision>>,
    order: VecDeque<Str>,
}

impl Decisions {
    /// The last decision about a pod.
    pub fn get(&self, uid: &str) -> Option<&Decision> {
        self.by_pod.get(uid).map(|decision| &**decision)
    }

    /// Keeps a decision; of the oldest pods it forgets.
    pub fn keep(&mut self, uid: Str, decision: Decision) {
        if self.by_pod.insert(uid.clone(), Rc::new(decision)).is_none() {
            self.order.push_back(uid);
        }
        while self.order.len() > MAX_DECISIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_pod.remove(&oldest);
        }
    }
}
