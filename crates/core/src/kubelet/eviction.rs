//! Node-pressure eviction: what happens when a machine runs out of memory.
//!
//! Mirrors pkg/kubelet/eviction with the default hard threshold `memory.available<100Mi`: the kubelet looks every ten
//! seconds, sets the MemoryPressure condition (for at least five minutes), and fails one pod at a time, those first that
//! use more than they asked for, then by priority, then by how much more they use.

use api::core::v1::Pod;
use api::{Quantity, Str, Timestamp};

use super::node::Node;
use super::node_status::usable;
use super::{Env, Event, NodeTimer};

/// memory.available below this is too little.
const THRESHOLD: u64 = 100 << 20;
/// The monitoring interval.
const INTERVAL: i64 = 10_000_000;
/// evictionPressureTransitionPeriod
const TRANSITION: i64 = 300_000_000;
/// What the machine's own processes use.
const SYSTEM: u64 = 420 << 20;
/// Pods of system priority are not evicted.
const CRITICAL: i32 = 2_000_000_000;
/// Growth that is worth a look.
pub const NOTICEABLE: u64 = 16 << 20;

impl Node {
    /// Memory that no process uses, as the kubelet computes memory.available.
    pub fn available_memory(&self) -> u64 {
        let used: u64 =
            self.containers.keys().filter_map(|id| self.usage(*id)).map(|(memory, _)| memory).sum();
        usable(self.spec.memory).saturating_sub(SYSTEM + used)
    }

    /// A container has grown: if memory is short, the next look of the eviction manager will act.
    pub(super) fn memory_grew(&mut self, env: &mut Env) {
        if self.eviction_due || !self.kubelet || self.available_memory() >= THRESHOLD {
            return;
        }
        self.eviction_due = true;
        let now = env.now().0;
        let phase = (now - self.started.0).rem_euclid(INTERVAL);
        env.out.at(Timestamp(now - phase + INTERVAL), Event::Node(self.id, NodeTimer::Eviction));
    }

    /// Whether the MemoryPressure condition holds.
    pub(super) fn under_pressure(&self, now: Timestamp) -> bool {
        now < self.pressure_until
    }

    /// The eviction manager's look.
    pub(super) fn evict(&mut self, env: &mut Env) {
        self.eviction_due = false;
        if !self.kubelet_runs() {
            return;
        }
        let available = self.available_memory();
        if available >= THRESHOLD {
            return;
        }
        let began = !self.under_pressure(env.now());
        self.pressure_until = Timestamp(env.now().0 + TRANSITION);
        self.say(env, "Warning", "EvictionThresholdMet", "Attempting to reclaim memory");
        if began {
            let text = format!("Node {} status is now: NodeHasInsufficientMemory", self.spec.name);
            self.say(env, "Normal", "NodeHasInsufficientMemory", text);
            self.report_status(env);
        }
        if let Some(uid) = self.first_to_go() {
            let message = self.eviction_message(&uid, available);
            self.with_pod(env, &uid, |node, env, worker| {
                node.pod_said(env, worker, "Warning", "Evicted", message.clone());
                worker.failure = Some(("Evicted".into(), message.into()));
                worker.grace = Some(1);
                node.sync(env, worker);
            });
        }
        // It looks again, for as long as memory is short; and once more when the pressure may be over.
        self.eviction_due = true;
        let next = if self.available_memory() < THRESHOLD { INTERVAL } else { TRANSITION };
        env.out.background(Timestamp(env.now().0 + next), Event::Node(self.id, NodeTimer::Eviction));
    }

    fn memory_of(&self, uid: &str) -> (i64, i64) {
        let used: u64 = self
            .containers
            .values()
            .filter(|it| it.pod_uid == uid)
            .filter_map(|it| self.usage(it.id))
            .map(|(memory, _)| memory)
            .sum();
        let request: i64 = self.worker(uid).map_or(0, |worker| {
            worker
                .view()
                .spec
                .containers
                .iter()
                .filter_map(|it| it.resources.requests.get("memory"))
                .map(|it| it.value())
                .sum()
        });
        (used as i64, request)
    }

    /// The pod that is evicted first. Mirrors rankMemoryPressure.
    fn first_to_go(&self) -> Option<Str> {
        let candidates = self.pods.values().filter(|it| !it.is_terminating() && it.failure.is_none());
        let candidates = candidates.filter(|it| it.view().spec.priority.unwrap_or(0) < CRITICAL);
        let ranked = candidates.map(|it| {
            let (used, request) = self.memory_of(&it.uid);
            ((used <= request, it.view().spec.priority.unwrap_or(0), request - used), it.uid.clone())
        });
        ranked.min().map(|(_, uid)| uid)
    }

    fn eviction_message(&self, uid: &str, available: u64) -> String {
        let kibi = |bytes: u64| Quantity::bytes((bytes / 1024 * 1024) as i64);
        let mut text = format!(
            "The node was low on resource: memory. Threshold quantity: {}, available: {}. ",
            Quantity::bytes(THRESHOLD as i64),
            kibi(available)
        );
        let empty = Pod::default();
        let pod = self.worker(uid).map_or(&empty, |it| it.view());
        for spec in &pod.spec.containers {
            let running = self
                .containers
                .values()
                .find(|it| it.pod_uid == uid && it.name == spec.name && it.is_running());
            let used = running.and_then(|it| self.usage(it.id)).map_or(0, |(memory, _)| memory);
            let request = spec.resources.requests.get("memory").copied().unwrap_or(Quantity::new(0));
            if used as i64 > request.value() {
                text.push_str(&format!(
                    "Container {} was using {}, request is {request}, has larger consumption of memory. ",
                    spec.name,
                    kibi(used)
                ));
            }
        }
        text
    }
}
