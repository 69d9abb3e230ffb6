//! How a pod looks at a glance: the STATUS word that kubectl prints, and one of a few states with a shape each.
//!
//! The word follows upstream's `printPod` (pkg/printers/internalversion/printers.go).

use kubarium_protocol::Json;

use crate::model::collection::{list, number, text};

/// States that are told apart by colour and by shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Running and ready: a filled square.
    Ready,
    /// Running, not (yet) ready: a half-filled square.
    Unready,
    /// On its node, containers being made: a ring.
    #[default]
    Starting,
    /// No node yet: a diamond.
    Waiting,
    /// Failing or backing off: a triangle.
    Failing,
    /// Being deleted: a cross.
    Leaving,
    /// All containers ended well: a check mark.
    Done,
    /// Nobody knows (its node is silent): a question mark.
    Unknown,
}

/// Every look, in the order of the legend.
pub const LOOKS: [Look; 8] = [
    Look::Ready,
    Look::Unready,
    Look::Starting,
    Look::Waiting,
    Look::Failing,
    Look::Leaving,
    Look::Done,
    Look::Unknown,
];

impl Look {
    /// The word for people and for CSS classes.
    pub fn word(self) -> &'static str {
        match self {
            Look::Ready => "ready",
            Look::Unready => "not ready",
            Look::Starting => "starting",
            Look::Waiting => "waiting",
            Look::Failing => "failing",
            Look::Leaving => "leaving",
            Look::Done => "done",
            Look::Unknown => "unknown",
        }
    }

    /// One word, for CSS classes and tests.
    pub fn class(self) -> &'static str {
        match self {
            Look::Unready => "unready",
            look => look.word(),
        }
    }
}

/// The STATUS column: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`, …
pub fn status_word(pod: &Json) -> String {
    let mut reason = match text(pod, "/status/reason") {
        "" => text(pod, "/status/phase").to_string(),
        reason => reason.to_string(),
    };
    let gated = |it: &&Json| text(it, "/type") == "PodScheduled" && text(it, "/reason") == "SchedulingGated";
    if list(pod, "/status/conditions").iter().find(gated).is_some() {
        reason = "SchedulingGated".into();
    }
    match init_word(pod) {
        Some(word) => reason = word,
        None => {
            if let Some(word) = container_word(pod, &reason) {
                reason = word;
            }
        }
    }
    if !text(pod, "/metadata/deletionTimestamp").is_empty() && !ended(pod) {
        return if text(pod, "/status/reason") == "NodeLost" {
            "Unknown".into()
        } else {
            "Terminating".into()
        };
    }
    reason
}

fn ended(pod: &Json) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// What init containers have to say; none when all are through.
fn init_word(pod: &Json) -> Option<String> {
    let statuses = list(pod, "/status/initContainerStatuses");
    for (i, status) in statuses.iter().enumerate() {
        if let Some(terminated) = status.pointer("/state/terminated") {
            if number(terminated, "/exitCode") == 0 {
                continue;
            }
            return Some(format!("Init:{}", terminated_word(terminated)));
        }
        let waiting = text(status, "/state/waiting/reason");
        return Some(match waiting {
            "" | "PodInitializing" => format!("Init:{i}/{}", statuses.len()),
            waiting => format!("Init:{waiting}"),
        });
    }
    None
}

fn terminated_word(terminated: &Json) -> String {
    match (text(terminated, "/reason"), number(terminated, "/signal")) {
        ("", 0) => format!("ExitCode:{}", number(terminated, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.into(),
    }
}

fn container_word(pod: &Json, phase: &str) -> Option<String> {
    let mut word = None;
    let mut running = false;
    for status in list(pod, "/status/containerStatuses").iter().rev() {
        let waiting = text(status, "/state/waiting/reason");
        if !waiting.is_empty() {
            word = Some(waiting.to_string());
        } else if let Some(terminated) = status.pointer("/state/terminated") {
            word = Some(terminated_word(terminated));
        } else if status.get("ready").and_then(Json::as_bool) == Some(true)
            && status.pointer("/state/running").is_some()
        {
            running = true;
        }
    }
    // A pod that goes on although a container has completed.
    let shown = word.as_deref().unwrap_or(phase);
    if shown == "Completed" && running {
        return Some(if is_ready(pod) { "Running".into() } else { "NotReady".into() });
    }
    word
}

/// Whether the Ready condition holds.
pub fn is_ready(pod: &Json) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|it| text(it, "/type") == "Ready" && text(it, "/status") == "True")
}

/// Restarts of all containers.
pub fn restarts(pod: &Json) -> i64 {
    list(pod, "/status/containerStatuses").iter().map(|it| number(it, "/restartCount")).sum()
}

/// The look that goes with the state.
pub fn look(pod: &Json, word: &str) -> Look {
    const FAILING: [&str; 9] = [
        "Error",
        "OOMKilled",
        "ErrImagePull",
        "InvalidImageName",
        "ContainerCannotRun",
        "RunContainerError",
        "Evicted",
        "Failed",
        "DeadlineExceeded",
    ];
    let failing = word.ends_with("BackOff")
        || word.ends_with("Error")
        || FAILING.contains(&word)
        || word.contains("ExitCode:");
    match word {
        "Terminating" => Look::Leaving,
        "Unknown" | "NodeLost" => Look::Unknown,
        _ if failing => Look::Failing,
        "Succeeded" | "Completed" => Look::Done,
        _ if text(pod, "/spec/nodeName").is_empty() => Look::Waiting,
        "Running" if is_ready(pod) => Look::Ready,
        "Running" | "NotReady" => Look::Unready,
        _ => Look::Starting,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pod: Json, word: &str, expected: Look) {
        assert_eq!(status_word(&pod), word);
        assert_eq!(look(&pod, word), expected);
    }

    #[test]
    fn each_state_has_its_word_and_look() {
        check(json!({"status": {"phase": "Pending"}}), "Pending", Look::Waiting);
        let on_node = |status: Json| json!({"spec": {"nodeName": "n"}, "status": status});
        let waiting = |reason: &str| json!({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": reason}}}]});
        check(on_node(waiting("ContainerCreating")), "ContainerCreating", Look::Starting);
        check(on_node(waiting("ImagePullBackOff")), "ImagePullBackOff", Look::Failing);
        check(on_node(waiting("CrashLoopBackOff")), "CrashLoopBackOff", Look::Failing);
        let ready = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        check(on_node(ready), "Running", Look::Ready);
        check(on_node(json!({"phase": "Running"})), "Running", Look::Unready);
        check(
            json!({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Running"}}),
            "Terminating",
            Look::Leaving,
        );
        check(on_node(json!({"phase": "Succeeded"})), "Succeeded", Look::Done);
        let init = json!({"phase": "Pending", "initContainerStatuses": [{"state": {"terminated": {"exitCode": 0}}}, {"state": {"running": {}}}]});
        check(on_node(init), "Init:1/2", Look::Starting);
    }
}
