//! The lifecycle of a pod on its node.
//!
//! | work               | ends when                          | then                                               |
//! |--------------------|------------------------------------|----------------------------------------------------|
//! | `Idle`             | something changed, a retry is due  | sync: report, decide, start what is missing        |
//! | `Sandbox`          | the sandbox is ready               | start containers                                   |
//! | `Pulling(i)`       | the node's pull queue did it       | create container i, or note the error; next one    |
//! | `Starting(i)`      | the runtime created it             | start it, run postStart; next one                  |
//! | `PostStart(i)`     | the hook ended                     | next one, or kill container i                      |
//! | `Terminating`      | every container has ended          | report, stop the sandbox                           |
//! | `StoppingSandbox`  | the sandbox is gone                | delete the pod from the API if it is being deleted |
//! | `Terminated`       | the pod is deleted                 | forget it                                          |
//!
//! Mirrors pkg/kubelet/{pod_workers,kubelet}.go and kuberuntime's computePodActions and SyncPod. As there, a worker is
//! busy from the beginning of a sync to its end (a pull blocks it), and changes that come meanwhile lead to one more sync.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;

use api::core::v1::{Container as Spec, Pod};
use api::{Object, Str, Timestamp};
use collections::OrdMap;

use super::lifecycle::Stop;
use crate::network::{ContainerId, SandboxId};
use crate::runtime::{Container, Exit};

/// The first back-off of crashing containers and failed pulls, in µs.
pub const BACKOFF_BASE: i64 = 10_000_000;
/// It doubles up to this, in µs (`MaxContainerBackOff`).
pub const BACKOFF_MAX: i64 = 300_000_000;
/// A worker whose sync failed tries again after this time, up to half as much later.
pub const RETRY: i64 = 10_000_000;

/// What a worker is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Nothing is under way.
    Idle,
    /// The sandbox is being made.
    Sandbox,
    /// The image of this slot is being pulled.
    Pulling(usize),
    /// The container of this slot is being started.
    Starting(usize, ContainerId),
    /// The postStart hook of this slot runs; nothing else starts meanwhile.
    PostStart(usize),
    /// Containers are being stopped.
    Terminating,
    /// The last container ended; the sandbox is being stopped.
    StoppingSandbox,
    /// Nothing of the pod runs any more.
    Terminated,
}

/// Which list of the spec a container is in, and how it is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// `initContainers`: runs to its end before the next one.
    Init,
    /// An init container with restartPolicy Always.
    Sidecar,
    /// `containers`
    App,
    /// `ephemeralContainers`: started when added, never again.
    Ephemeral,
}

/// flowcontrol.Backoff's entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// In µs.
    pub delay: i64,
    /// When it was set.
    pub updated: Timestamp,
}

impl Backoff {
    /// The entry after one more failure at `event`.
    pub fn next(old: Option<Backoff>, event: Timestamp, now: Timestamp) -> Backoff {
        match old {
            Some(old) if event.0 - old.updated.0 <= 2 * BACKOFF_MAX => {
                Backoff { delay: (old.delay * 2).min(BACKOFF_MAX), updated: now }
            }
            _ => Backoff { delay: BACKOFF_BASE, updated: now },
        }
    }

    /// When the back-off since `event` is over; `None` if it is not in force.
    pub fn until(entry: Option<Backoff>, event: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let entry = entry?;
        let end = event.0 + entry.delay;
        let expired = event.0 - entry.updated.0 > 2 * BACKOFF_MAX;
        (!expired && now.0 < end).then_some(Timestamp(end))
    }
}

/// A container of the spec with its runs.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The container's name.
    pub name: Str,
    /// Where it is in the spec.
    pub kind: SlotKind,
    /// Position in its list of the spec.
    pub index: usize,
    /// The newest run.
    pub current: Option<ContainerId>,
    /// The run before, for lastState and `logs --previous`.
    pub previous: Option<ContainerId>,
    /// `restartCount`
    pub restarts: i32,
    /// The reason cache: why it could not be started ("ErrImagePull", message).
    pub reason: Option<(Str, Str)>,
    /// Set once it has crashed.
    pub crash: Option<Backoff>,
    /// The startup probe succeeded, or there is none (and postStart is over).
    pub started: bool,
    /// The readiness probe's opinion; true without one.
    pub ready: bool,
    /// How it is being stopped.
    pub stop: Option<Stop>,
}

/// The worker of one pod.
#[derive(Clone, Debug)]
pub struct PodWorker {
    /// The pod as last seen.
    pub pod: Object,
    /// The pod's uid: a new pod of the same name has another worker.
    pub uid: Str,
    /// What is under way; one thing at a time.
    pub work: Work,
    /// Raised at each sync: `Sync` timers of older ones are stale.
    pub generation: u32,
    /// All containers of the spec: init, app, ephemeral.
    pub slots: Vec<Slot>,
    /// The newest sandbox, if there is one.
    pub sandbox: Option<SandboxId>,
    /// How many sandboxes the pod has had.
    pub attempts: u32,
    /// The sandbox's address.
    pub ip: Option<IpAddr>,
    /// `status.startTime`: when the kubelet took the pod.
    pub start_time: Timestamp,
    /// Slots to start in this sync, in order.
    pub starting: VecDeque<usize>,
    /// Something happened while the worker was busy.
    pub pending: bool,
    /// The sync did something that the runtime will tell of.
    pub acted: bool,
    /// The earliest moment at which what failed in this sync may be tried again.
    pub retry: Option<Timestamp>,
    /// Pulls by image.
    pub pulls: OrdMap<Str, PullBackoff>,
    /// The kubelet itself failed the pod: (reason, message).
    pub failure: Option<(Str, Str)>,
    /// Seconds of grace that the kubelet itself decided on (eviction).
    pub grace: Option<i64>,
    /// A timer for `activeDeadlineSeconds` is set.
    pub deadline_set: bool,
    /// Volumes are set up; `None` until then.
    pub volumes: Option<Rc<super::volumes::Mounted>>,
    /// Failures in a row to set volumes up; the wait doubles from 0.5 s to 122 s.
    pub volume_retries: u32,
    /// Gone from the API: nothing is reported any more.
    pub orphan: bool,
    /// Phase reported as final.
    pub terminal: bool,
}

/// Failed pulls of one image for one pod.
#[derive(Clone, Debug)]
pub struct PullBackoff {
    /// How long to wait.
    pub backoff: Backoff,
    /// "ErrImagePull: …"
    pub last: Str,
}

impl PodWorker {
    /// A worker that has done nothing yet.
    pub fn new(object: Object) -> PodWorker {
        let uid = object.meta().uid.clone();
        let mut worker = PodWorker {
            pod: object,
            uid,
            work: Work::Idle,
            generation: 0,
            slots: Vec::new(),
            sandbox: None,
            attempts: 0,
            ip: None,
            start_time: Timestamp(0),
            starting: VecDeque::new(),
            pending: false,
            acted: false,
            retry: None,
            pulls: OrdMap::new(),
            failure: None,
            grace: None,
            deadline_set: false,
            volumes: None,
            volume_retries: 0,
            orphan: false,
            terminal: false,
        };
        worker.add_slots();
        worker
    }

    /// The pod's spec and status.
    pub fn view(&self) -> &Pod {
        self.pod.view::<Pod>().expect("workers are made for pods only")
    }

    /// Adds slots for containers that the spec has and the worker does not know yet (ephemeral ones come later).
    pub fn add_slots(&mut self) {
        let object = self.pod.clone();
        let Some(pod) = object.view::<Pod>() else { return };
        let init = pod.spec.init_containers.iter().enumerate().map(|(index, spec)| {
            let sidecar = spec.restart_policy.as_ref().is_some_and(|policy| *policy == "Always");
            (spec.name.clone(), if sidecar { SlotKind::Sidecar } else { SlotKind::Init }, index)
        });
        let app = pod
            .spec
            .containers
            .iter()
            .enumerate()
            .map(|(index, spec)| (spec.name.clone(), SlotKind::App, index));
        let ephemeral = pod.spec.ephemeral_containers.iter().enumerate();
        let ephemeral = ephemeral.map(|(index, spec)| (spec.name.clone(), SlotKind::Ephemeral, index));
        for (name, kind, index) in init.chain(app).chain(ephemeral) {
            if !self.slots.iter().any(|slot| slot.name == name) {
                self.slots.push(Slot {
                    name,
                    kind,
                    index,
                    current: None,
                    previous: None,
                    restarts: 0,
                    reason: None,
                    crash: None,
                    started: false,
                    ready: false,
                    stop: None,
                });
            }
        }
    }

    /// The index of the container of that name.
    pub fn slot_named(&self, name: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.name == name)
    }

    /// The container spec of a slot. An ephemeral container's spec has the same fields.
    pub fn spec_of(&self, slot: usize) -> Option<std::borrow::Cow<'_, Spec>> {
        let spec = &self.view().spec;
        let slot = self.slots.get(slot)?;
        match slot.kind {
            SlotKind::Init | SlotKind::Sidecar => {
                spec.init_containers.get(slot.index).map(std::borrow::Cow::Borrowed)
            }
            SlotKind::App => spec.containers.get(slot.index).map(std::borrow::Cow::Borrowed),
            SlotKind::Ephemeral => {
                spec.ephemeral_containers.get(slot.index).map(|it| std::borrow::Cow::Owned(ephemeral(it)))
            }
        }
    }

    /// The pod has a deletionTimestamp.
    pub fn is_deleting(&self) -> bool {
        self.pod.meta().is_deleting()
    }

    /// Nothing of the pod will be started again.
    pub fn is_terminating(&self) -> bool {
        matches!(self.work, Work::Terminating | Work::StoppingSandbox | Work::Terminated)
    }

    /// "name_namespace(uid)" as the kubelet writes pods in messages.
    pub fn format(&self) -> String {
        let meta = self.pod.meta();
        format!("{}_{}({})", meta.name, meta.namespace, meta.uid)
    }

    /// Remembers that a sync failed: it is tried again at `at`, or earlier if something else failed too.
    pub fn retry_at(&mut self, at: Timestamp) {
        self.retry = Some(self.retry.map_or(at, |it| it.min(at)));
    }

    /// Field path list of a slot in event references.
    pub fn list_of(&self, slot: usize) -> &'static str {
        match self.slots[slot].kind {
            SlotKind::Init | SlotKind::Sidecar => "initContainers",
            SlotKind::App => "containers",
            SlotKind::Ephemeral => "ephemeralContainers",
        }
    }
}

fn ephemeral(it: &api::core::v1::EphemeralContainer) -> Spec {
    Spec {
        name: it.name.clone(),
        image: it.image.clone(),
        command: it.command.clone(),
        args: it.args.clone(),
        working_dir: it.working_dir.clone(),
        env_from: it.env_from.clone(),
        env: it.env.clone(),
        volume_mounts: it.volume_mounts.clone(),
        termination_message_path: it.termination_message_path.clone(),
        termination_message_policy: it.termination_message_policy.clone(),
        image_pull_policy: it.image_pull_policy.clone(),
        security_context: it.security_context.clone(),
        stdin: it.stdin,
        stdin_once: it.stdin_once,
        tty: it.tty,
        ..Default::default()
    }
}

/// What a slot's newest run is doing, as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    /// It was never started.
    Never,
    /// It runs.
    Running,
    /// It ended so.
    Exited(Rc<Exit>),
}

impl Run {
    /// What the runtime says of the slot's newest container.
    pub fn of(container: Option<&Container>) -> Run {
        match container {
            None => Run::Never,
            Some(container) => match &container.exit {
                Some(exit) => Run::Exited(exit.clone()),
                None => Run::Running,
            },
        }
    }
}

/// Whether a container that exited is to be started again. Mirrors ShouldContainerBeRestarted.
pub fn should_restart(pod: &Pod, kind: SlotKind, spec: &Spec, code: i32) -> bool {
    if kind == SlotKind::Ephemeral {
        return false;
    }
    for rule in &spec.restart_policy_rules {
        let matches =
            rule.exit_codes.as_ref().is_some_and(|it| (it.operator == "In") == it.values.contains(&code));
        if matches && rule.action == "Restart" {
            return true;
        }
    }
    let policy: &str = match &spec.restart_policy {
        Some(policy) => policy,
        None if pod.spec.restart_policy.is_empty() => "Always",
        None => &pod.spec.restart_policy,
    };
    match (policy, kind) {
        // A regular init container that succeeded is done whatever the policy.
        (_, SlotKind::Init) if code == 0 => false,
        ("Always", _) => true,
        ("OnFailure", _) => code != 0,
        _ => false,
    }
}

/// Which slots to start now, in order. Mirrors computePodActions and computeInitContainerActions.
pub fn slots_to_start(worker: &PodWorker, runs: &[Run]) -> Vec<usize> {
    let pod = worker.view();
    let wants = |i: usize| match (&runs[i], worker.spec_of(i)) {
        (Run::Never, _) => true,
        (Run::Exited(exit), Some(spec)) => should_restart(pod, worker.slots[i].kind, &spec, exit.code),
        _ => false,
    };
    let mut start: Vec<usize> =
        indexes(worker, |kind| kind == SlotKind::Ephemeral).filter(|i| runs[*i] == Run::Never).collect();
    let initialized = indexes(worker, |kind| kind == SlotKind::App).any(|i| runs[i] != Run::Never);
    if initialized {
        start.extend(indexes(worker, |kind| kind == SlotKind::Sidecar).filter(|i| wants(*i)));
    } else {
        for i in indexes(worker, |kind| matches!(kind, SlotKind::Init | SlotKind::Sidecar)) {
            let slot = &worker.slots[i];
            match (slot.kind, &runs[i]) {
                (SlotKind::Init, Run::Exited(exit)) if exit.code == 0 => {}
                (SlotKind::Sidecar, Run::Running) if slot.started => {}
                (_, Run::Running) => return start,
                // Sidecars behind a running regular init container are kept running too.
                _ => {
                    if wants(i) {
                        start.push(i);
                    }
                    return start;
                }
            }
        }
    }
    start.extend(indexes(worker, |kind| kind == SlotKind::App).filter(|i| wants(*i)));
    start
}

/// Whether nothing of the pod runs or will be started again: its phase is final.
pub fn is_finished(worker: &PodWorker, runs: &[Run]) -> bool {
    let pod = worker.view();
    let over = |i: usize| match (&runs[i], worker.spec_of(i)) {
        (Run::Exited(exit), Some(spec)) => !should_restart(pod, worker.slots[i].kind, &spec, exit.code),
        _ => false,
    };
    let failed_init = indexes(worker, |kind| kind == SlotKind::Init)
        .any(|i| over(i) && matches!(&runs[i], Run::Exited(exit) if exit.code != 0));
    failed_init || indexes(worker, |kind| kind == SlotKind::App).all(over)
}

fn indexes(worker: &PodWorker, kind: impl Fn(SlotKind) -> bool) -> impl Iterator<Item = usize> {
    worker.slots.iter().enumerate().filter(move |(_, slot)| kind(slot.kind)).map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(policy: &str, init: &[(&str, bool)], apps: &[&str]) -> PodWorker {
        let container = |name: &str| Spec { name: name.into(), ..Default::default() };
        let mut pod = Pod::default();
        pod.spec.restart_policy = policy.into();
        pod.spec.containers = apps.iter().map(|name| container(name)).collect();
        pod.spec.init_containers = init
            .iter()
            .map(|(name, sidecar)| Spec {
                restart_policy: sidecar.then(|| "Always".into()),
                ..container(name)
            })
            .collect();
        PodWorker::new(Object::of(pod))
    }

    fn exited(code: i32) -> Run {
        Run::Exited(Rc::new(Exit { code, reason: Str::EMPTY, message: Str::EMPTY, at: Timestamp(0) }))
    }

    #[test]
    fn init_containers_start_one_after_another_and_before_the_others() {
        let worker = worker("Always", &[("a", false), ("b", false)], &["web"]);
        let table: &[([Run; 3], &[usize])] = &[
            ([Run::Never, Run::Never, Run::Never], &[0]),
            ([Run::Running, Run::Never, Run::Never], &[]),
            ([exited(0), Run::Never, Run::Never], &[1]),
            ([exited(1), Run::Never, Run::Never], &[0]),
            ([exited(0), exited(0), Run::Never], &[2]),
            ([exited(0), exited(0), exited(1)], &[2]),
        ];
        for (runs, expected) in table {
            assert_eq!(slots_to_start(&worker, runs), *expected, "{runs:?}");
        }
    }

    #[test]
    fn a_started_sidecar_lets_the_next_container_start() {
        let mut worker = worker("Always", &[("proxy", true)], &["web"]);
        assert_eq!(slots_to_start(&worker, &[Run::Running, Run::Never]), [] as [usize; 0]);
        worker.slots[0].started = true;
        assert_eq!(slots_to_start(&worker, &[Run::Running, Run::Never]), [1]);
        assert_eq!(slots_to_start(&worker, &[exited(1), Run::Running]), [0]);
    }

    #[test]
    fn restart_policies() {
        for (policy, code, again) in
            [("Always", 0, true), ("OnFailure", 0, false), ("OnFailure", 1, true), ("Never", 1, false)]
        {
            let worker = worker(policy, &[], &["web"]);
            assert_eq!(slots_to_start(&worker, &[exited(code)]).len() == 1, again, "{policy} {code}");
            assert_eq!(is_finished(&worker, &[exited(code)]), !again, "{policy} {code}");
        }
    }

    #[test]
    fn crash_back_off_is_ten_seconds_doubling_to_five_minutes() {
        let mut entry = None;
        let mut delays = Vec::new();
        for i in 0..7 {
            let now = Timestamp(i * 1_000_000);
            entry = Some(Backoff::next(entry, now, now));
            delays.extend(entry.map(|it| it.delay / 1_000_000));
        }
        assert_eq!(delays, [10, 20, 40, 80, 160, 300, 300]);
    }
}
