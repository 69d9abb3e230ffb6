//! Columns of pods. Mirrors printPod in pkg/printers/internalversion/printers.go.

use api::core::v1::{ContainerStatus, Pod};
use api::{Json, Timestamp};

use crate::apiserver::table::{Column, Completed, Row, age};

pub(super) const COLUMNS: &[Column] = &[
    Column::text("Name"),
    Column::text("Ready"),
    Column::text("Status"),
    Column::text("Restarts"),
    Column::text("Age"),
    Column::wide("IP"),
    Column::wide("Node"),
    Column::wide("Nominated Node"),
    Column::wide("Readiness Gates"),
];

/// What the containers' states come to.
struct Summary {
    reason: String,
    ready: usize,
    restarts: i32,
    last_restart: Timestamp,
}

pub(super) fn print_pod(now: Timestamp, pod: &Pod) -> Row {
    let restartable = |name: &str| {
        pod.spec.init_containers.iter().any(|c| c.name == name && api::pod::is_restartable_init(c))
    };
    let restartable_count =
        pod.spec.init_containers.iter().filter(|c| api::pod::is_restartable_init(c)).count();
    let total = pod.spec.containers.len() + restartable_count;
    let summary = summarize(pod, &restartable);
    let restarts = if summary.restarts != 0 && !summary.last_restart.is_zero() {
        format!("{} ({} ago)", summary.restarts, api::base::time::human_age(now, summary.last_restart))
    } else {
        summary.restarts.to_string()
    };
    let none = |text: &str| Json::from(if text.is_empty() { "<none>" } else { text });
    let ip = pod.status.pod_ips.first().map_or(pod.status.pod_ip.as_str(), |ip| ip.ip.as_str());
    let cells = vec![
        Json::from(&pod.metadata.name),
        Json::from(format!("{}/{total}", summary.ready)),
        Json::from(summary.reason),
        Json::from(restarts),
        age(now, &pod.metadata),
        none(ip),
        none(&pod.spec.node_name),
        none(&pod.status.nominated_node_name),
        Json::from(readiness_gates(pod)),
    ];
    let completed = match pod.status.phase.as_str() {
        "Succeeded" => {
            Some(Completed { reason: "Succeeded", message: "The pod has completed successfully." })
        }
        "Failed" => Some(Completed { reason: "Failed", message: "The pod failed." }),
        _ => None,
    };
    Row { cells, completed }
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = &pod.spec.readiness_gates;
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let holds = |kind: &str| {
        api::pod::condition(&pod.status, kind).is_some_and(|condition| condition.status == "True")
    };
    let true_count = gates.iter().filter(|gate| holds(&gate.condition_type)).count();
    format!("{true_count}/{}", gates.len())
}

fn finished_before(status: &ContainerStatus) -> Timestamp {
    status.last_state.terminated.as_ref().map_or(Timestamp::ZERO, |state| state.finished_at)
}

fn summarize(pod: &Pod, restartable: &dyn Fn(&str) -> bool) -> Summary {
    let phase = if pod.status.phase.is_empty() { "Pending" } else { &pod.status.phase };
    let mut summary = Summary {
        reason: if pod.status.reason.is_empty() { phase.to_owned() } else { pod.status.reason.to_string() },
        ready: 0,
        restarts: 0,
        last_restart: Timestamp::ZERO,
    };
    let gated = |condition: &api::core::v1::PodCondition| {
        condition.type_ == "PodScheduled" && condition.reason == "SchedulingGated"
    };
    if pod.status.conditions.iter().any(gated) {
        summary.reason = "SchedulingGated".to_owned();
    }
    let mut sidecar_restarts = 0;
    let mut last_sidecar_restart = Timestamp::ZERO;
    let mut initializing = false;
    for (index, status) in pod.status.init_container_statuses.iter().enumerate() {
        summary.restarts += status.restart_count;
        summary.last_restart = summary.last_restart.max(finished_before(status));
        let sidecar = restartable(&status.name);
        if sidecar {
            sidecar_restarts += status.restart_count;
            last_sidecar_restart = last_sidecar_restart.max(finished_before(status));
        }
        let state = &status.state;
        match (&state.terminated, &state.waiting) {
            (Some(ended), _) if ended.exit_code == 0 => continue,
            (None, None) if sidecar && status.started == Some(true) => {
                summary.ready += usize::from(status.ready);
                continue;
            }
            (Some(ended), _) if ended.reason.is_empty() => {
                summary.reason = match ended.signal {
                    0 => format!("Init:ExitCode:{}", ended.exit_code),
                    signal => format!("Init:Signal:{signal}"),
                };
            }
            (Some(ended), _) => summary.reason = format!("Init:{}", ended.reason),
            (None, Some(waiting)) if !matches!(waiting.reason.as_str(), "" | "PodInitializing") => {
                summary.reason = format!("Init:{}", waiting.reason);
            }
            _ => summary.reason = format!("Init:{index}/{}", pod.spec.init_containers.len()),
        }
        initializing = true;
        break;
    }
    let initialized =
        api::pod::condition(&pod.status, "Initialized").is_some_and(|condition| condition.status == "True");
    if !initializing || initialized {
        summary.restarts = sidecar_restarts;
        summary.last_restart = last_sidecar_restart;
        summarize_containers(pod, &mut summary);
    }
    if pod.metadata.is_deleting() {
        if pod.status.reason == "NodeLost" {
            summary.reason = "Unknown".to_owned();
        } else if !api::pod::is_terminal(pod) {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary
}

fn summarize_containers(pod: &Pod, summary: &mut Summary) {
    let mut running = false;
    for status in pod.status.container_statuses.iter().rev() {
        summary.restarts += status.restart_count;
        summary.last_restart = summary.last_restart.max(finished_before(status));
        let state = &status.state;
        match (&state.waiting, &state.terminated) {
            (Some(waiting), _) if !waiting.reason.is_empty() => summary.reason = waiting.reason.to_string(),
            (_, Some(ended)) if !ended.reason.is_empty() => summary.reason = ended.reason.to_string(),
            (_, Some(ended)) => {
                summary.reason = match ended.signal {
                    0 => format!("ExitCode:{}", ended.exit_code),
                    signal => format!("Signal:{signal}"),
                };
            }
            _ if status.ready && state.running.is_some() => {
                running = true;
                summary.ready += 1;
            }
            _ => {}
        }
    }
    // A pod of which one container ended and another runs, runs.
    if summary.reason == "Completed" && running {
        let ready =
            api::pod::condition(&pod.status, "Ready").is_some_and(|condition| condition.status == "True");
        summary.reason = if ready { "Running".to_owned() } else { "NotReady".to_owned() };
    }
}
