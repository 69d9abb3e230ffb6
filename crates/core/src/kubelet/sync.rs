//! One sync of a pod: report what is, decide what should be, do it step by step.
//!
//! Mirrors Kubelet.SyncPod and kuberuntime's SyncPod and startContainer: the order of events, the errors and their
//! texts are theirs.

use std::rc::Rc;

use api::core::v1::{ObjectReference, Pod};
use api::{Str, Timestamp};
use serde_json::json;

use super::node::Node;
use super::pod_worker::{Backoff, PodWorker, RETRY, Run, Work, is_finished, slots_to_start};
use super::{Env, Event, PodTimer, env as environment, status, volumes};
use crate::client::recorder::container_reference;
use crate::network::{ContainerId, NetnsId};
use crate::runtime::container::exit_reason;
use crate::runtime::{Body, Container, Exit, Reference, Sandbox, catalogue};

/// What the runtime needs to stop and remove a sandbox.
const STOP_SANDBOX: i64 = 150_000;

impl Node {
    /// Syncs a pod, or remembers to if its worker is busy.
    pub(super) fn sync(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if worker.is_terminating() {
            return self.sync_terminating(env, worker);
        }
        let must_stop = worker.orphan || worker.is_deleting() || worker.failure.is_some();
        if worker.work != Work::Idle && !must_stop {
            worker.pending = true;
            return;
        }
        worker.pending = false;
        worker.acted = false;
        worker.retry = None;
        worker.generation += 1;
        if worker.start_time.is_zero() {
            worker.start_time = worker.view().status.start_time.unwrap_or(env.now().trunc_secs());
            for slot in &mut worker.slots {
                let known = worker.pod.view::<Pod>().map(|pod| &pod.status.container_statuses);
                if let Some(known) = known.and_then(|all| all.iter().find(|it| it.name == slot.name)) {
                    slot.restarts = slot.restarts.max(known.restart_count);
                }
            }
        }
        if worker.generation == 1 && !must_stop {
            super::admission::admit(self, env, worker);
        }
        let must_stop = must_stop || worker.failure.is_some();
        let runs = self.runs(worker);
        if must_stop || worker.terminal || is_finished(worker, &runs) {
            return self.begin_termination(env, worker);
        }
        self.report(env, worker, false);
        if !worker.deadline_set
            && let Some(seconds) = worker.view().spec.active_deadline_seconds
        {
            worker.deadline_set = true;
            let due = super::lifecycle::later(worker.start_time, seconds);
            env.out.background(due.max(env.now()), self.pod_event(worker, PodTimer::Deadline));
        }
        if let Err(error) = volumes::mount(self, env, worker) {
            return self.volumes_failed(env, worker, &error);
        }
        if worker.sandbox.is_none() {
            return self.create_sandbox(env, worker, &runs);
        }
        self.apply_changes(env, worker);
        self.start_containers(env, worker);
    }

    /// What may change in a running pod's containers: the image (the container is restarted) and the resources.
    fn apply_changes(&mut self, env: &mut Env, worker: &mut PodWorker) {
        for slot in 0..worker.slots.len() {
            let Some(spec) = worker.spec_of(slot).map(|it| it.into_owned()) else { continue };
            let Some(id) = worker.slots[slot].current else { continue };
            let limits = environment::limits(self, &spec);
            let Some(container) = self.containers.get(&id).filter(|it| it.is_running()) else { continue };
            let other = Reference::parse(&spec.image).is_some_and(|it| *it.full() != *container.image.name);
            if other && worker.slots[slot].stop.is_none() {
                let message = format!("Container {} definition changed, will be restarted", spec.name);
                let grace = super::lifecycle::grace_seconds(worker);
                self.stop_container(env, worker, slot, grace, message.into());
            } else if container.config.as_ref().is_some_and(|it| it.limits != limits)
                && let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut)
            {
                if let Some(config) = &mut container.config {
                    Rc::make_mut(config).limits = limits.clone();
                }
                if let Some(instance) = container.machine_mut() {
                    instance.os.set_limits(limits);
                }
            }
        }
    }

    /// The newest run of each slot.
    pub(super) fn runs(&self, worker: &PodWorker) -> Vec<Run> {
        let run =
            |id: Option<ContainerId>| Run::of(id.and_then(|id| self.containers.get(&id)).map(|it| &**it));
        worker.slots.iter().map(|slot| run(slot.current)).collect()
    }

    pub(super) fn pod_event(&self, worker: &PodWorker, timer: PodTimer) -> Event {
        Event::Pod(self.id, worker.uid.clone(), worker.generation, timer)
    }

    /// Writes the pod's status if it differs from what the API has.
    pub(super) fn report(&mut self, env: &mut Env, worker: &PodWorker, finished: bool) {
        if worker.orphan || !self.kubelet_runs() {
            return;
        }
        let key = worker.pod.key();
        let Some(stored) = env.cx.lister::<Pod>().get_key(&key) else { return };
        let Some(pod) = stored.view::<Pod>().filter(|pod| pod.metadata.uid == worker.uid) else { return };
        let container = |id: ContainerId| self.containers.get(&id).map(|it| &**it);
        let facts = status::Facts {
            host_ip: &self.spec.internal_ip,
            now: env.now(),
            finished,
            container: &container,
        };
        let status = status::generate(worker, &pod.status, &facts);
        if status == pod.status {
            return;
        }
        let mut pod = pod.clone();
        pod.status = status;
        // A refused status (the pod is gone, or somebody was faster) is written at the next sync.
        let _refused = env.cx.update_status(pod);
    }

    // ---- events ------------------------------------------------------------------------------------------------

    pub(super) fn pod_said(
        &mut self,
        env: &mut Env,
        worker: &PodWorker,
        kind: &str,
        reason: &str,
        message: impl Into<Str>,
    ) {
        let object = worker.pod.clone();
        self.recorder.event(env.cx, &object, kind, reason, message);
    }

    pub(super) fn container_said(
        &mut self,
        env: &mut Env,
        worker: &PodWorker,
        slot: usize,
        kind: &str,
        reason: &str,
        message: impl Into<Str>,
    ) {
        let reference: ObjectReference =
            container_reference(&worker.pod, worker.list_of(slot), &worker.slots[slot].name);
        self.recorder.event_for(env.cx, &reference, kind, reason, message);
    }

    // ---- volumes and sandbox -----------------------------------------------------------------------------------

    fn volumes_failed(&mut self, env: &mut Env, worker: &mut PodWorker, error: &volumes::MountError) {
        self.pod_said(env, worker, "Warning", "FailedMount", error.message());
        // nestedpendingoperations: 500 ms doubling to 2 m 2 s.
        let wait = (500_000i64 << worker.volume_retries.min(8)).min(122_000_000);
        worker.volume_retries += 1;
        let due = Timestamp(env.now().0 + wait);
        let event = self.pod_event(worker, PodTimer::Sync);
        env.out.background(due, event);
    }

    fn create_sandbox(&mut self, env: &mut Env, worker: &mut PodWorker, runs: &[Run]) {
        if runs.iter().any(|run| *run != Run::Never) {
            self.pod_said(
                env,
                worker,
                "Normal",
                "SandboxChanged",
                "Pod sandbox changed, it will be killed and re-created.",
            );
        }
        worker.work = Work::Sandbox;
        let delay = env.cx.rng.jitter(env.cx.profile.sandbox.as_micros() as u64, 25) as i64;
        env.out.at(Timestamp(env.now().0 + delay), self.pod_event(worker, PodTimer::SandboxReady));
    }

    pub(super) fn sandbox_ready(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if worker.work != Work::Sandbox {
            return;
        }
        worker.work = Work::Idle;
        let host_network = worker.view().spec.host_network;
        let ip = if host_network { self.spec.internal_ip.parse().ok() } else { self.allocate_ip() };
        let Some(ip) = ip else {
            let message = format!(
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{}\": \
                 plugin type=\"host-local\" failed (add): failed to allocate for range 0: no IP addresses available in range set: {}",
                &catalogue::digest(&worker.uid, "sandbox")[7..],
                self.spec.pod_cidr
            );
            self.pod_said(env, worker, "Warning", "FailedCreatePodSandBox", message);
            self.retry_later(env, worker);
            return self.finish_sync(env, worker);
        };
        let id = self.new_sandbox();
        let netns = if host_network { self.host_netns() } else { NetnsId { node: self.id, sandbox: id } };
        if !host_network {
            let key = worker.pod.key();
            env.net.add_netns(netns, ip, format!("{}/{}", key.namespace, key.name).into());
            for port in
                worker.view().spec.containers.iter().flat_map(|it| &it.ports).filter(|it| it.host_port > 0)
            {
                env.net.add_host_port(port.host_port as u16, netns, port.container_port as u16);
            }
        }
        let cri_id: Str = catalogue::digest(&worker.uid, &format!("sandbox {}", worker.attempts))[7..].into();
        self.sandboxes.insert(
            id,
            Sandbox { id, cri_id, pod_uid: worker.uid.clone(), netns, ip, attempt: worker.attempts },
        );
        worker.attempts += 1;
        worker.sandbox = Some(id);
        worker.ip = Some(ip);
        worker.acted = true;
        self.start_containers(env, worker);
    }

    // ---- containers --------------------------------------------------------------------------------------------

    fn start_containers(&mut self, env: &mut Env, worker: &mut PodWorker) {
        let runs = self.runs(worker);
        worker.starting = slots_to_start(worker, &runs).into();
        self.start_next(env, worker);
    }

    /// Goes on with the containers of this sync until one takes time.
    pub(super) fn start_next(&mut self, env: &mut Env, worker: &mut PodWorker) {
        while let Some(slot) = worker.starting.pop_front() {
            if self.backs_off(env, worker, slot) {
                continue;
            }
            match self.ensure_image(env, worker, slot) {
                super::images::Ensured::Present => self.create_container(env, worker, slot),
                super::images::Ensured::Pulling => worker.work = Work::Pulling(slot),
                super::images::Ensured::Failed(reason, message) => {
                    self.start_failed(env, worker, slot, &reason, message)
                }
            }
            if worker.work != Work::Idle {
                return;
            }
        }
        self.finish_sync(env, worker);
    }

    /// Mirrors doBackOff: whether a container that exited has to wait before its next start.
    fn backs_off(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize) -> bool {
        let exited =
            worker.slots[slot].current.and_then(|id| self.containers.get(&id)).and_then(|it| it.exit.clone());
        let Some(exit) = exited else { return false };
        let now = env.now();
        let entry = worker.slots[slot].crash;
        let Some(until) = Backoff::until(entry, exit.at, now) else {
            worker.slots[slot].crash = Some(Backoff::next(entry, exit.at, now));
            return false;
        };
        let name = worker.slots[slot].name.clone();
        let delay = entry.map_or(0, |it| it.delay);
        let pod = worker.format();
        self.container_said(
            env,
            worker,
            slot,
            "Warning",
            "BackOff",
            format!("Back-off restarting failed container {name} in pod {pod}"),
        );
        let message = format!("back-off {} restarting failed container={name} pod={pod}", go_duration(delay));
        worker.slots[slot].reason = Some(("CrashLoopBackOff".into(), message.into()));
        let retry = Timestamp(now.0 + env.cx.rng.jitter(RETRY as u64 * 5 / 4, 20) as i64);
        worker.retry_at(retry.min(Timestamp(until.0 + env.cx.rng.below(1_000_000) as i64)));
        true
    }

    /// A container could not be started; upstream words the event "Error: <reason or message>".
    pub(super) fn start_failed(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        slot: usize,
        reason: &str,
        message: Str,
    ) {
        let said = match reason {
            "CreateContainerConfigError" | "RunContainerError" | "CreateContainerError" => {
                format!("Error: {message}")
            }
            _ => format!("Error: {reason}"),
        };
        // An image name that cannot be parsed has had its own event already.
        if reason != "InvalidImageName"
            || worker.slots[slot].reason.as_ref().is_none_or(|(it, _)| it != reason)
        {
            self.container_said(env, worker, slot, "Warning", "Failed", said);
        }
        worker.slots[slot].reason = Some((reason.into(), message));
        self.retry_later(env, worker);
    }

    pub(super) fn retry_later(&mut self, env: &mut Env, worker: &mut PodWorker) {
        let wait = RETRY + env.cx.rng.below(RETRY as u64 / 2) as i64;
        worker.retry_at(Timestamp(env.now().0 + wait));
    }

    /// The image is there: the runtime creates the container, which takes a moment.
    pub(super) fn create_container(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize) {
        let Some(spec) = worker.spec_of(slot).map(|it| it.into_owned()) else { return };
        let Some(image) = self.images.get(&spec.image) else { return };
        if let Err(message) = environment::check(self, env, worker, &spec, &image) {
            return self.start_failed(env, worker, slot, "CreateContainerConfigError", message);
        }
        let (Some(sandbox), true) = (worker.sandbox, worker.volumes.is_some()) else { return };
        let Some(netns) = self.sandboxes.get(&sandbox).map(|it| it.netns) else { return };
        let id = self.new_container();
        let attempt = worker.slots[slot].restarts;
        let cri_id = catalogue::digest(&worker.uid, &format!("{} {attempt} {}", spec.name, id.0))[7..].into();
        let container = Container {
            id,
            cri_id,
            name: spec.name.clone(),
            pod_uid: worker.uid.clone(),
            sandbox,
            netns,
            image,
            created: env.now(),
            started: Timestamp(0),
            exit: None,
            body: Body::Dormant,
            config: None,
            log: Default::default(),
            wake: None,
            stopping: false,
            oom: false,
            memory_seen: 0,
        };
        self.containers.insert(id, Rc::new(container));
        worker.work = Work::Starting(slot, id);
        let delay = env.cx.rng.jitter(env.cx.profile.container_start.as_micros() as u64, 25) as i64;
        env.out.at(Timestamp(env.now().0 + delay), self.pod_event(worker, PodTimer::ContainerStarted(id)));
    }

    pub(super) fn container_created(&mut self, env: &mut Env, worker: &mut PodWorker, id: ContainerId) {
        let Work::Starting(slot, expected) = worker.work else { return };
        if expected != id {
            return;
        }
        worker.work = Work::Idle;
        worker.acted = true;
        let Some(spec) = worker.spec_of(slot).map(|it| it.into_owned()) else { return };
        self.replace_run(env, worker, slot, id);
        self.container_said(env, worker, slot, "Normal", "Created", "Container created");
        if let Err(message) = self.start_container(env, worker, slot, &spec, id) {
            if let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) {
                let exit =
                    Exit { code: 128, reason: "StartError".into(), message: message.clone(), at: env.now() };
                container.exit = Some(Rc::new(exit));
                container.body = Body::Gone;
            }
            self.start_failed(env, worker, slot, "RunContainerError", message);
            return self.start_next(env, worker);
        }
        self.container_said(env, worker, slot, "Normal", "Started", "Container started");
        worker.slots[slot].reason = None;
        if self.run_post_start(env, worker, slot, &spec) {
            worker.work = Work::PostStart(slot);
            return;
        }
        self.container_up(env, worker, slot);
        self.start_next(env, worker);
    }

    /// Makes `id` the newest run of the slot; of the older ones only the last is kept.
    fn replace_run(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize, id: ContainerId) {
        let slot = &mut worker.slots[slot];
        if let Some(old) = slot.current.replace(id) {
            slot.restarts += 1;
            if let Some(oldest) = slot.previous.replace(old) {
                self.containers.remove(&oldest);
            }
            let now = env.now();
            let machine = self.machine_id(old);
            env.net.remove_machine(now, machine, false);
            if let Some(old) = self.containers.get_mut(&old).map(Rc::make_mut) {
                old.body = Body::Gone;
            }
        }
        (slot.started, slot.ready, slot.stop) = (false, false, None);
    }

    /// The container runs and its postStart hook, if any, is over: probes begin.
    pub(super) fn container_up(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize) {
        let Some(spec) = worker.spec_of(slot).map(|it| it.into_owned()) else { return };
        worker.slots[slot].started = spec.startup_probe.is_none();
        worker.slots[slot].ready = spec.readiness_probe.is_none();
        self.add_probes(env, worker, slot, &spec);
    }

    /// The sync is over. If it did something, the runtime tells of it at once and the pod is synced again.
    pub(super) fn finish_sync(&mut self, env: &mut Env, worker: &mut PodWorker) {
        worker.work = Work::Idle;
        worker.starting.clear();
        self.dirty.remove(&worker.uid);
        if worker.acted || worker.pending {
            return self.sync(env, worker);
        }
        if let Some(due) = worker.retry {
            env.out.background(due, self.pod_event(worker, PodTimer::Sync));
        } else if volumes::needs_refresh(worker) {
            // The periodic sync: every minute, up to half as much later.
            let wait = 60_000_000 + env.cx.rng.below(30_000_000) as i64;
            env.out.background(Timestamp(env.now().0 + wait), self.pod_event(worker, PodTimer::Sync));
        }
    }

    pub(super) fn deadline_passed(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if worker.is_terminating() {
            return;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        worker.failure = Some(("DeadlineExceeded".into(), message.into()));
        self.pod_said(env, worker, "Normal", "DeadlineExceeded", message);
        self.sync(env, worker);
    }

    // ---- the end -----------------------------------------------------------------------------------------------

    /// All containers have ended: the final status, then the sandbox.
    pub(super) fn finish_termination(&mut self, env: &mut Env, worker: &mut PodWorker) {
        worker.work = Work::StoppingSandbox;
        if !worker.terminal {
            self.report(env, worker, true);
            worker.terminal = true;
        }
        let delay = if worker.sandbox.is_some() { STOP_SANDBOX } else { 0 };
        env.out.at(Timestamp(env.now().0 + delay), self.pod_event(worker, PodTimer::SandboxStopped));
    }

    pub(super) fn sandbox_stopped(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if worker.work != Work::StoppingSandbox {
            return;
        }
        if let Some(sandbox) = worker.sandbox.take().and_then(|id| self.sandboxes.remove(&id))
            && sandbox.netns != self.host_netns()
        {
            env.net.remove_netns(sandbox.netns);
            self.release_ip(sandbox.ip);
        }
        worker.work = Work::Terminated;
        volumes::unmount(self, env, worker);
        self.sync_terminating(env, worker);
    }

    /// A terminated pod that is being deleted leaves the API.
    fn sync_terminating(&mut self, env: &mut Env, worker: &mut PodWorker) {
        if worker.work == Work::Terminating {
            // A second deletion may shorten the grace period.
            return self.shorten_grace(env, worker);
        }
        if worker.work != Work::Terminated || !(worker.orphan || worker.is_deleting()) {
            return;
        }
        let ids: Vec<ContainerId> =
            worker.slots.iter().flat_map(|it| [it.current, it.previous]).flatten().collect();
        let now = env.now();
        for id in ids {
            env.net.remove_machine(now, self.machine_id(id), false);
            self.containers.remove(&id);
        }
        if !worker.orphan {
            let options = json!({
                "kind": "DeleteOptions", "apiVersion": "v1",
                "gracePeriodSeconds": 0, "preconditions": { "uid": worker.uid.as_str() },
            });
            let meta = worker.pod.meta();
            // Finalizers keep the object; a pod that is gone already needs no deletion.
            let _gone = env.cx.delete::<Pod>(&meta.namespace, &meta.name, options);
        }
    }

    /// Records how a container ended.
    pub(super) fn container_exited(&mut self, env: &mut Env, id: ContainerId, code: i32) {
        let now = env.now();
        let machine = self.machine_id(id);
        let Some(container) = self.containers.get_mut(&id).map(Rc::make_mut) else { return };
        if container.exit.is_some() {
            return;
        }
        container.log.finish(now);
        let message = super::machines::termination_message(container, &mut self.volumes, code);
        let reason = exit_reason(code, container.oom);
        container.exit = Some(Rc::new(Exit { code, reason: reason.into(), message, at: now }));
        container.body = Body::Gone;
        container.wake = None;
        let (uid, stopping) = (container.pod_uid.clone(), container.stopping);
        env.net.remove_machine(now, machine, false);
        self.sessions_of_ended(id, now);
        self.probes.retain(|key, _| key.container != id);
        if stopping {
            // The kubelet waits for the end of a container that it stops.
            env.out.at(now, Event::Pod(self.id, uid, 0, PodTimer::Stopped));
        } else {
            self.changed(env, &uid);
        }
    }
}

/// Go's duration of whole seconds: "10s", "2m40s", "5m0s".
pub fn go_duration(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}
