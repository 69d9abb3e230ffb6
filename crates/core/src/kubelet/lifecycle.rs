//! Lifecycle hooks and the end of containers: preStop, the stop signal, the grace period, SIGKILL.
//!
//! Mirrors kuberuntime's killContainer and pkg/kubelet/lifecycle. Sidecars are stopped after the other containers, the
//! last one first.

use std::rc::Rc;

use api::core::v1::{Container as Spec, LifecycleHandler};
use api::{Str, Timestamp};
use os::Signal;

use super::node::Node;
use super::pod_worker::{PodWorker, SlotKind, Work};
use super::server::Purpose;
use super::{Env, Event, PodTimer};
use crate::network::ContainerId;
use crate::runtime::Body;

/// A container gets at least this long after its preStop hook.
const MINIMUM_GRACE: i64 = 2_000_000;

/// What a pending moment of a stop is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// The preStop sleep is over.
    Sleep,
    /// The grace period is over: SIGKILL.
    Kill,
}

/// How far a container's stop has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// When SIGKILL comes.
    pub deadline: Timestamp,
    /// The preStop hook is running.
    pub hook: bool,
    /// The stop signal was sent.
    pub signalled: bool,
}

impl Node {
    // ---- hooks -------------------------------------------------------------------------------------------------

    /// Starts the postStart hook; false if there is none.
    pub(super) fn run_post_start(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        slot: usize,
        spec: &Spec,
    ) -> bool {
        let Some(handler) = spec.lifecycle.as_ref().and_then(|it| it.post_start.as_ref()) else {
            return false;
        };
        self.run_hook(env, worker, slot, spec, handler);
        true
    }

    fn run_hook(
        &mut self,
        env: &mut Env,
        worker: &PodWorker,
        slot: usize,
        spec: &Spec,
        handler: &LifecycleHandler,
    ) {
        let Some(id) = worker.slots[slot].current else { return };
        let done = |node: &Node, result: Option<Str>| {
            Event::Pod(node.id, worker.uid.clone(), 0, PodTimer::HookDone(slot, result))
        };
        if let Some(exec) = &handler.exec {
            let argv = exec.command.iter().map(|it| it.to_string()).collect();
            if let Err(error) = self.exec_for(env, id, argv, Purpose::Hook(worker.uid.clone(), slot)) {
                let event = done(self, Some(error));
                env.out.at(env.cx.now, event);
            }
        } else if let Some(get) = &handler.http_get {
            self.http_for_hook(env, worker, slot, spec, get);
        } else if let Some(sleep) = &handler.sleep {
            env.out.background(later(env.now(), sleep.seconds), done(self, None));
        } else {
            let event = done(self, None);
            env.out.at(env.cx.now, event);
        }
    }

    /// A hook ended.
    pub(super) fn hook_done(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        slot: usize,
        error: Option<Str>,
    ) {
        if worker.work == Work::PostStart(slot) {
            worker.work = Work::Idle;
            match error {
                None => self.container_up(env, worker, slot),
                Some(message) => {
                    self.container_said(
                        env,
                        worker,
                        slot,
                        "Warning",
                        "FailedPostStartHook",
                        "PostStartHook failed",
                    );
                    self.retry_later(env, worker);
                    let grace = grace_seconds(worker);
                    self.stop_container(env, worker, slot, grace, "FailedPostStartHook".into());
                    worker.slots[slot].reason = Some(("PostStartHookError".into(), message));
                }
            }
            return self.start_next(env, worker);
        }
        let Some(stop) = worker.slots[slot].stop.as_mut().filter(|stop| stop.hook) else { return };
        stop.hook = false;
        stop.deadline = stop.deadline.max(Timestamp(env.cx.now.0 + MINIMUM_GRACE));
        if error.is_some() {
            self.container_said(env, worker, slot, "Warning", "FailedPreStopHook", "PreStopHook failed");
        }
        self.send_stop_signal(env, worker, slot);
    }

    // ---- the end of a pod --------------------------------------------------------------------------------------

    pub(super) fn begin_termination(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if let Work::Starting(_, id) = worker.work {
            // Created but not started: it is removed with the sandbox.
            self.containers.remove(&id);
        }
        worker.generation += 1;
        worker.work = Work::Terminating;
        worker.starting.clear();
        self.stop_phase(env, worker);
    }

    /// Stops what still runs: first all but sidecars, then sidecars from the last to the first.
    fn stop_phase(&mut self, env: &mut Env, worker: &mut PodWorker) {
        let grace = grace_seconds(worker);
        let running: Vec<usize> = (0..worker.slots.len()).filter(|i| self.slot_runs(worker, *i)).collect();
        let (sidecars, others): (Vec<usize>, Vec<usize>) =
            running.into_iter().partition(|i| worker.slots[*i].kind == SlotKind::Sidecar);
        let now: Vec<usize> =
            if others.is_empty() { sidecars.into_iter().rev().take(1).collect() } else { others };
        if now.is_empty() {
            return self.finish_termination(env, worker);
        }
        for slot in now {
            if worker.slots[slot].stop.is_none() {
                let name = worker.slots[slot].name.clone();
                self.stop_container(env, worker, slot, grace, format!("Stopping container {name}").into());
            }
        }
    }

    fn slot_runs(&self, worker: &PodWorker, slot: usize) -> bool {
        worker.slots[slot].current.and_then(|id| self.containers.get(&id)).is_some_and(|it| it.is_running())
    }

    /// A container that the kubelet stopped has ended.
    pub(super) fn container_stopped(&mut self, env: &mut Env, worker: &mut PodWorker) {
        for slot in 0..worker.slots.len() {
            if worker.slots[slot].stop.is_some() && !self.slot_runs(worker, slot) {
                worker.slots[slot].stop = None;
            }
        }
        if worker.work == Work::Terminating { self.stop_phase(env, worker) } else { self.sync(env, worker) }
    }

    /// Begins to stop one container: preStop, signal, and SIGKILL when `grace` seconds are over.
    pub(super) fn stop_container(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        slot: usize,
        grace: i64,
        message: Str,
    ) {
        let (Some(id), Some(spec)) =
            (worker.slots[slot].current, worker.spec_of(slot).map(|it| it.into_owned()))
        else {
            return;
        };
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        container.stopping = true;
        self.probes.retain(|key, _| key.container != id);
        self.container_said(env, worker, slot, "Normal", "Killing", message);
        let deadline = later(env.now(), grace.max(1));
        let hook = spec.lifecycle.as_ref().and_then(|it| it.pre_stop.clone()).filter(|_| grace > 0);
        worker.slots[slot].stop = Some(Stop { deadline, hook: hook.is_some(), signalled: false });
        let kill = Event::Pod(self.id, worker.uid.clone(), 0, PodTimer::Grace(id, Grace::Kill));
        match hook {
            Some(handler) => {
                env.out.background(deadline, kill);
                self.run_hook(env, worker, slot, &spec, &handler);
            }
            None => {
                self.send_stop_signal(env, worker, slot);
                if self.slot_runs(worker, slot) {
                    env.out.background(deadline, kill);
                }
            }
        }
    }

    fn send_stop_signal(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize) {
        let Some(id) = worker.slots[slot].current else { return };
        if let Some(stop) = &mut worker.slots[slot].stop {
            stop.signalled = true;
        }
        let custom = worker
            .spec_of(slot)
            .and_then(|spec| spec.lifecycle.as_ref().and_then(|it| it.stop_signal.clone()));
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut).filter(|it| it.is_running())
        else {
            return;
        };
        let signal = custom.unwrap_or_else(|| container.image.stop_signal.clone());
        let signal = Signal::parse(&signal).unwrap_or(Signal::TERM);
        match &container.body {
            Body::Dormant => {
                if let Some(code) = container.image.on_stop {
                    self.container_exited(env, id, code);
                }
            }
            Body::Machine(_) => self.signal_container(env, id, signal),
            Body::Gone => {}
        }
    }

    pub(super) fn grace_over(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        id: ContainerId,
        grace: Grace,
    ) {
        let Some(slot) = worker.slots.iter().position(|it| it.current == Some(id)) else { return };
        let Some(stop) = worker.slots[slot].stop.clone() else { return };
        match grace {
            Grace::Sleep => self.send_stop_signal(env, worker, slot),
            Grace::Kill if stop.deadline > env.now() => {
                let event = Event::Pod(self.id, worker.uid.clone(), 0, PodTimer::Grace(id, Grace::Kill));
                env.out.background(stop.deadline, event);
            }
            Grace::Kill => {
                if stop.hook {
                    let message =
                        format!("PreStop hook did not complete in {} seconds", grace_seconds(worker));
                    self.container_said(env, worker, slot, "Warning", "UnfinishedPreStopHook", message);
                }
                self.container_exited(env, id, 137);
            }
        }
    }

    /// The pod was deleted again with a shorter grace period.
    pub(super) fn shorten_grace(&mut self, env: &mut Env, worker: &mut PodWorker) {
        let deadline = later(env.now(), grace_seconds(worker).max(1));
        for slot in 0..worker.slots.len() {
            let Some(id) = worker.slots[slot].current else { continue };
            if let Some(stop) = worker.slots[slot].stop.as_mut().filter(|stop| stop.deadline > deadline) {
                stop.deadline = deadline;
                env.out.background(
                    deadline,
                    Event::Pod(self.id, worker.uid.clone(), 0, PodTimer::Grace(id, Grace::Kill)),
                );
            }
        }
    }

    /// Kills a container's processes behind the kubelet's back.
    pub fn kill_container_process(&mut self, env: &mut Env, uid: &str, name: &str) {
        let found =
            self.containers.values().find(|it| it.pod_uid == uid && it.name == name && it.is_running());
        if let Some(id) = found.map(|it| it.id) {
            self.container_exited(env, id, 137);
        }
    }
}

/// Seconds that a pod's containers have to end.
pub(super) fn grace_seconds(worker: &PodWorker) -> i64 {
    if let Some(seconds) = worker.grace {
        return seconds;
    }
    let meta = worker.pod.meta();
    let spec = worker.view().spec.termination_grace_period_seconds.unwrap_or(30);
    if meta.is_deleting() { meta.deletion_grace_period_seconds.unwrap_or(spec) } else { spec }
}

/// The moment so many seconds later; people may write any number.
pub(super) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(now.0.saturating_add(seconds.saturating_mul(1_000_000)))
}
