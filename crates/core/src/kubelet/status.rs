//! What the API sees of a pod: from containers to phase and conditions.
//!
//! Mirrors generateAPIPodStatus, getPhase and pkg/kubelet/status/generate.go: reasons, messages and the order of
//! conditions are theirs.

use api::core::v1::{
    Container as Spec, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, ContainerUser, HostIP, LinuxContainerUser, Pod, PodCondition,
    PodIP, PodStatus, ResourceRequirements, VolumeMountStatus,
};
use api::{Str, Timestamp};

use super::pod_worker::{PodWorker, SlotKind, should_restart};
use crate::network::ContainerId;
use crate::runtime::Container;

/// What the status is made from beside the worker.
pub struct Facts<'a> {
    /// The node's internal address.
    pub host_ip: &'a str,
    /// The moment.
    pub now: Timestamp,
    /// The sandbox is gone or going: the pod is finished.
    pub finished: bool,
    /// Looks a run up; `None` if it was removed.
    pub container: &'a dyn Fn(ContainerId) -> Option<&'a Container>,
}

/// The status to report. `old` is the status in the API: unchanged conditions keep their transition times, and
/// conditions of others are kept.
pub fn generate(worker: &PodWorker, old: &PodStatus, facts: &Facts) -> PodStatus {
    let pod = worker.view();
    let mut status = PodStatus {
        observed_generation: pod.metadata.generation,
        nominated_node_name: old.nominated_node_name.clone(),
        host_ip: facts.host_ip.into(),
        host_ips: vec![HostIP { ip: facts.host_ip.into() }],
        start_time: Some(if worker.start_time.is_zero() {
            facts.now.trunc_secs()
        } else {
            worker.start_time
        }),
        qos_class: old.qos_class.clone(),
        resize: old.resize.clone(),
        resource_claim_statuses: old.resource_claim_statuses.clone(),
        extended_resource_claim_status: old.extended_resource_claim_status.clone(),
        ..PodStatus::default()
    };
    let ip = if pod.spec.host_network {
        Some(Str::new(facts.host_ip))
    } else {
        worker.ip.map(|ip| ip.to_string().into())
    };
    match ip {
        Some(ip) => {
            status.pod_ips = vec![PodIP { ip: ip.clone() }];
            status.pod_ip = ip;
        }
        None => {
            status.pod_ip = old.pod_ip.clone();
            status.pod_ips = old.pod_ips.clone();
        }
    }
    for (i, slot) in worker.slots.iter().enumerate() {
        let Some(spec) = worker.spec_of(i) else { continue };
        let of_slot = container_status(worker, i, &spec, facts);
        match slot.kind {
            SlotKind::Init | SlotKind::Sidecar => status.init_container_statuses.push(of_slot),
            SlotKind::App => status.container_statuses.push(of_slot),
            SlotKind::Ephemeral => status.ephemeral_container_statuses.push(of_slot),
        }
    }
    status.phase = phase(worker, &status, facts.finished).into();
    if let Some((reason, message)) = &worker.failure {
        status.phase = "Failed".into();
        status.reason = reason.clone();
        status.message = message.clone();
    }
    status.conditions = conditions(worker, &status, old, facts);
    share(&mut status, old);
    status
}

/// Texts that did not change are those of the old status: each state of a pod is kept for a while, and most of a new one
/// is as it was.
fn share(status: &mut PodStatus, old: &PodStatus) {
    fn same(new: &mut Str, old: &Str) {
        if new == old {
            *new = old.clone();
        }
    }
    same(&mut status.phase, &old.phase);
    same(&mut status.host_ip, &old.host_ip);
    same(&mut status.pod_ip, &old.pod_ip);
    for host in &mut status.host_ips {
        same(&mut host.ip, &status.host_ip);
    }
    for pod in &mut status.pod_ips {
        same(&mut pod.ip, &status.pod_ip);
    }
    for new in &mut status.conditions {
        let Some(old) = old.conditions.iter().find(|it| it.type_ == new.type_) else { continue };
        same(&mut new.type_, &old.type_);
        same(&mut new.status, &old.status);
        same(&mut new.reason, &old.reason);
        same(&mut new.message, &old.message);
    }
    for (new, old) in status.container_statuses.iter_mut().zip(&old.container_statuses) {
        same(&mut new.container_id, &old.container_id);
    }
}

fn container_status(worker: &PodWorker, i: usize, spec: &Spec, facts: &Facts) -> ContainerStatus {
    let (pod, slot) = (worker.view(), &worker.slots[i]);
    let current = slot.current.and_then(|id| (facts.container)(id));
    let previous = slot.previous.and_then(|id| (facts.container)(id));
    let mut status = ContainerStatus {
        name: slot.name.clone(),
        image: spec.image.clone(),
        restart_count: slot.restarts,
        volume_mounts: mounts(spec),
        ..ContainerStatus::default()
    };
    if let Some(container) = current {
        status.image = container.image.name.clone();
        status.image_id = container.image.id.clone();
        status.container_id = container.api_id();
        status.resources = Some(Box::new(resources(spec)));
        status.user = Some(Box::new(user(pod, spec, container)));
    }
    status.state = match current {
        None => waiting(default_reason(worker), ""),
        Some(container) => state_of(container),
    };
    status.last_state = previous.map(state_of).filter(|state| state.terminated.is_some()).unwrap_or_default();
    // The reason cache speaks for containers that are to be started and could not be.
    let restartable = match current.and_then(|it| it.exit.as_ref()) {
        Some(exit) => should_restart(pod, slot.kind, spec, exit.code),
        None => current.is_none(),
    };
    if let Some((reason, message)) = slot.reason.as_ref().filter(|_| restartable && !worker.is_terminating())
    {
        if status.state.terminated.is_some() {
            status.last_state = std::mem::take(&mut status.state);
        }
        status.state = waiting(reason, message);
    }
    let running = status.state.running.is_some();
    status.started = Some(running && slot.started);
    status.ready = match slot.kind {
        SlotKind::Init => status.state.terminated.as_ref().is_some_and(|it| it.exit_code == 0),
        SlotKind::Ephemeral => false,
        _ => running && slot.started && slot.ready,
    };
    if slot.kind == SlotKind::Ephemeral {
        status.started = None;
    }
    status
}

fn default_reason(worker: &PodWorker) -> &'static str {
    if worker.view().spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" }
}

fn waiting(reason: &str, message: &str) -> ContainerState {
    let waiting = ContainerStateWaiting { reason: reason.into(), message: message.into() };
    ContainerState { waiting: Some(Box::new(waiting)), ..Default::default() }
}

fn state_of(container: &Container) -> ContainerState {
    match &container.exit {
        Some(exit) => ContainerState {
            terminated: Some(Box::new(ContainerStateTerminated {
                exit_code: exit.code,
                reason: exit.reason.clone(),
                message: exit.message.clone(),
                // A container that never ran has the epoch, as containerd reports it.
                started_at: container.started.trunc_secs().max(Timestamp(1)),
                finished_at: exit.at.trunc_secs(),
                container_id: container.api_id(),
                ..Default::default()
            })),
            ..Default::default()
        },
        None if container.started.is_zero() => waiting("ContainerCreating", ""),
        None => ContainerState {
            running: Some(Box::new(ContainerStateRunning { started_at: container.started.trunc_secs() })),
            ..Default::default()
        },
    }
}

fn resources(spec: &Spec) -> ResourceRequirements {
    ResourceRequirements {
        limits: spec.resources.limits.clone(),
        requests: spec.resources.requests.clone(),
        ..Default::default()
    }
}

fn user(pod: &Pod, spec: &Spec, container: &Container) -> ContainerUser {
    let (uid, gid, groups) = super::env::user_of(pod, spec, &container.image);
    let linux = LinuxContainerUser {
        uid: i64::from(uid),
        gid: i64::from(gid),
        supplemental_groups: groups.iter().map(|it| i64::from(*it)).collect(),
    };
    ContainerUser { linux: Some(Box::new(linux)) }
}

fn mounts(spec: &Spec) -> Vec<VolumeMountStatus> {
    let mount = |it: &api::core::v1::VolumeMount| VolumeMountStatus {
        name: it.name.clone(),
        mount_path: it.mount_path.clone(),
        read_only: it.read_only,
        recursive_read_only: it
            .read_only
            .then(|| it.recursive_read_only.clone().unwrap_or_else(|| "Disabled".into())),
        ..Default::default()
    };
    spec.volume_mounts.iter().map(mount).collect()
}

/// Mirrors getPhase.
fn phase(worker: &PodWorker, status: &PodStatus, finished: bool) -> &'static str {
    let pod = worker.view();
    let mut pending_init = 0;
    let mut failed_init = 0;
    for (i, slot) in worker
        .slots
        .iter()
        .enumerate()
        .filter(|(_, slot)| matches!(slot.kind, SlotKind::Init | SlotKind::Sidecar))
    {
        let Some(state) = status.init_container_statuses.get(slot.index) else { continue };
        let spec = worker.spec_of(i);
        match (&state.state.terminated, &state.last_state.terminated) {
            _ if slot.kind == SlotKind::Sidecar => {
                pending_init +=
                    usize::from(state.state.running.is_none() && state.last_state.terminated.is_none());
            }
            (Some(end), _) if end.exit_code == 0 => {}
            (Some(end), _) => {
                let again = spec.is_some_and(|spec| should_restart(pod, slot.kind, &spec, end.exit_code));
                if again { pending_init += 1 } else { failed_init += 1 }
            }
            _ => pending_init += 1,
        }
    }
    let (mut running, mut waiting, mut stopped, mut failed, mut unknown) = (0, 0, 0, 0, 0);
    for (i, slot) in worker.slots.iter().enumerate().filter(|(_, slot)| slot.kind == SlotKind::App) {
        let Some(state) = status.container_statuses.get(slot.index) else {
            unknown += 1;
            continue;
        };
        if state.state.running.is_some() {
            running += 1;
        } else if let Some(end) = &state.state.terminated {
            let again =
                worker.spec_of(i).is_some_and(|spec| should_restart(pod, slot.kind, &spec, end.exit_code));
            stopped += usize::from(!again || finished);
            running += usize::from(again && !finished);
            failed += usize::from(end.exit_code != 0);
        } else if state.last_state.terminated.is_some() {
            // It ran and will run again.
            running += 1;
        } else {
            waiting += 1;
        }
    }
    if failed_init > 0 {
        return "Failed";
    }
    if finished {
        return if failed > 0 || unknown > 0 || waiting > 0 { "Failed" } else { "Succeeded" };
    }
    match () {
        _ if pending_init > 0 && running == 0 && stopped == 0 => "Pending",
        _ if waiting > 0 && running == 0 && stopped == 0 => "Pending",
        _ if waiting > 0 => "Pending",
        _ if running > 0 => "Running",
        _ if stopped > 0 && failed == 0 => "Succeeded",
        _ if stopped > 0 => "Failed",
        _ => "Pending",
    }
}

fn conditions(worker: &PodWorker, status: &PodStatus, old: &PodStatus, facts: &Facts) -> Vec<PodCondition> {
    const OWN: [&str; 5] =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    let mut all: Vec<PodCondition> =
        old.conditions.iter().filter(|it| !OWN.contains(&it.type_.as_str())).cloned().collect();
    let mut push = |type_: &str, holds: bool, reason: &str, message: String| {
        let before = old.conditions.iter().find(|it| it.type_ == type_);
        let value: Str = if holds { "True" } else { "False" }.into();
        let since = before.filter(|it| it.status == value).map(|it| it.last_transition_time);
        all.push(PodCondition {
            type_: type_.into(),
            observed_generation: worker.view().metadata.generation,
            status: value,
            last_transition_time: since.unwrap_or(facts.now.trunc_secs()),
            reason: reason.into(),
            message: message.into(),
            ..Default::default()
        });
    };
    let sandbox = worker.sandbox.is_some() && worker.ip.is_some() && !facts.finished;
    push("PodReadyToStartContainers", sandbox, "", String::new());
    let (initialized, reason, message) = initialized(worker, status);
    push("Initialized", initialized, reason, message);
    let (containers_ready, reason, message) = containers_ready(worker, status);
    let gates = ungated(worker, old);
    if containers_ready && !gates.is_empty() {
        push("Ready", false, "ReadinessGatesNotReady", gates.join(", "));
    } else {
        push("Ready", containers_ready, reason, message.clone());
    }
    push("ContainersReady", containers_ready, reason, message);
    push("PodScheduled", true, "", String::new());
    if let Some((_, message)) = worker.failure.as_ref().filter(|(reason, _)| reason == "Evicted") {
        push("DisruptionTarget", true, "TerminationByKubelet", message.to_string());
    }
    all
}

fn initialized(worker: &PodWorker, status: &PodStatus) -> (bool, &'static str, String) {
    if status.phase == "Succeeded" {
        return (true, "PodCompleted", String::new());
    }
    // A pod whose containers have begun has been initialized, whatever its sidecars do now.
    if status
        .container_statuses
        .iter()
        .any(|it| it.state.running.is_some() || it.state.terminated.is_some() || it.restart_count > 0)
    {
        return (true, "", String::new());
    }
    let incomplete: Vec<&str> = worker
        .slots
        .iter()
        .filter(|slot| matches!(slot.kind, SlotKind::Init | SlotKind::Sidecar))
        .filter(|slot| {
            let state = status.init_container_statuses.get(slot.index);
            match slot.kind {
                SlotKind::Sidecar => state.is_none_or(|it| it.started != Some(true)),
                _ => !state.is_some_and(|it| it.ready),
            }
        })
        .map(|slot| slot.name.as_str())
        .collect();
    if incomplete.is_empty() {
        (true, "", String::new())
    } else {
        (
            false,
            "ContainersNotInitialized",
            format!("containers with incomplete status: [{}]", incomplete.join(" ")),
        )
    }
}

fn containers_ready(worker: &PodWorker, status: &PodStatus) -> (bool, &'static str, String) {
    match status.phase.as_str() {
        "Succeeded" => return (false, "PodCompleted", String::new()),
        "Failed" => return (false, "PodFailed", String::new()),
        _ => {}
    }
    let sidecars = worker.slots.iter().filter(|slot| slot.kind == SlotKind::Sidecar);
    let sidecars = sidecars.filter_map(|slot| status.init_container_statuses.get(slot.index));
    let unready: Vec<&str> = sidecars
        .chain(&status.container_statuses)
        .filter(|it| !it.ready)
        .map(|it| it.name.as_str())
        .collect();
    if unready.is_empty() {
        (true, "", String::new())
    } else {
        (false, "ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
    }
}

fn ungated(worker: &PodWorker, old: &PodStatus) -> Vec<String> {
    let gate = |type_: &Str| match old.conditions.iter().find(|it| it.type_ == *type_) {
        None => Some(format!("corresponding condition of pod readiness gate \"{type_}\" does not exist.")),
        Some(it) if it.status != "True" => {
            Some(format!("the status of pod readiness gate \"{type_}\" is not \"True\", but {}", it.status))
        }
        Some(_) => None,
    };
    worker.view().spec.readiness_gates.iter().filter_map(|it| gate(&it.condition_type)).collect()
}
