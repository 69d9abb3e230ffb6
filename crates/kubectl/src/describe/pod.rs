//! `kubectl describe pod`.

use api::Json;

use super::{Out, controller, n, s, template};
use crate::cx::Cx;
use crate::discovery::array;
use crate::human;

/// Describes a Pod.
pub fn describe(cx: &Cx, pod: &Json, out: &mut Out) {
    let (spec, status) = (&pod["spec"], &pod["status"]);
    out.head(pod);
    if let Some(priority) = spec["priority"].as_i64() {
        out.line(0, format!("Priority:\t{priority}"));
    }
    for (label, field) in [
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ] {
        if !s(&spec[field]).is_empty() {
            out.line(0, format!("{label}:\t{}", s(&spec[field])));
        }
    }
    match s(&spec["nodeName"]) {
        "" => out.line(0, "Node:\t<none>"),
        node => out.line(0, format!("Node:\t{node}/{}", s(&status["hostIP"]))),
    }
    if status["startTime"].is_string() {
        out.line(0, format!("Start Time:\t{}", human::rfc1123z(&status["startTime"])));
    }
    out.tags(pod);
    phase(cx, pod, out);
    let profile = &spec["securityContext"]["seccompProfile"];
    if profile.is_object() {
        out.line(0, format!("SeccompProfile:\t{}", s(&profile["type"])));
    }
    out.line(0, format!("IP:\t{}", s(&status["podIP"])));
    let ips = array(&status["podIPs"]);
    out.line(0, if ips.is_empty() { "IPs:\t<none>" } else { "IPs:" });
    ips.iter().for_each(|ip| out.line(1, format!("IP:\t{}", s(&ip["ip"]))));
    if let Some(owner) = controller(pod) {
        out.line(0, format!("Controlled By:\t{owner}"));
    }
    if !s(&status["nominatedNodeName"]).is_empty() {
        out.line(0, format!("NominatedNodeName:\t{}", s(&status["nominatedNodeName"])));
    }
    if spec["resources"].is_object() {
        out.line(0, "Resources:");
        template::resources(&spec["resources"], 1, out);
    }
    containers(pod, out);
    conditions(pod, out);
    template::volumes(&spec["volumes"], "", out);
    out.line(0, format!("QoS Class:\t{}", qos(pod)));
    out.labels("Node-Selectors", &spec["nodeSelector"]);
    template::tolerations("Tolerations", &spec["tolerations"], out);
    template::spread(&spec["topologySpreadConstraints"], "", out);
}

/// How far the pod is, and why.
fn phase(cx: &Cx, pod: &Json, out: &mut Out) {
    let status = &pod["status"];
    let phase = s(&status["phase"]);
    if pod["metadata"]["deletionTimestamp"].is_string() && !matches!(phase, "Failed" | "Succeeded") {
        out.line(
            0,
            format!(
                "Status:\tTerminating (lasts {})",
                human::age(&pod["metadata"]["deletionTimestamp"], cx.host.now())
            ),
        );
        out.line(
            0,
            format!("Termination Grace Period:\t{}s", n(&pod["metadata"]["deletionGracePeriodSeconds"])),
        );
    } else {
        out.line(0, format!("Status:\t{phase}"));
    }
    for (label, field) in [("Reason", "reason"), ("Message", "message")] {
        if !s(&status[field]).is_empty() {
            out.line(0, format!("{label}:\t{}", s(&status[field])));
        }
    }
}

fn containers(pod: &Json, out: &mut Out) {
    let (spec, status) = (&pod["spec"], &pod["status"]);
    if !array(&spec["initContainers"]).is_empty() {
        template::containers(
            "Init Containers",
            &spec["initContainers"],
            &status["initContainerStatuses"],
            Some(pod),
            "",
            out,
        );
    }
    template::containers("Containers", &spec["containers"], &status["containerStatuses"], Some(pod), "", out);
    if !array(&spec["ephemeralContainers"]).is_empty() {
        template::containers(
            "Ephemeral Containers",
            &spec["ephemeralContainers"],
            &status["ephemeralContainerStatuses"],
            Some(pod),
            "",
            out,
        );
    }
}

/// Readiness gates, then conditions.
fn conditions(pod: &Json, out: &mut Out) {
    let gates = array(&pod["spec"]["readinessGates"]);
    let conditions = array(&pod["status"]["conditions"]);
    if !gates.is_empty() {
        out.line(0, "Readiness Gates:");
        out.line(1, "Type\tStatus");
        for gate in gates {
            let state = conditions
                .iter()
                .find(|c| c["type"] == gate["conditionType"])
                .map_or("<none>", |c| s(&c["status"]));
            out.line(1, format!("{} \t{state} ", s(&gate["conditionType"])));
        }
    }
    if !conditions.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus");
        conditions.iter().for_each(|c| out.line(1, format!("{} \t{} ", s(&c["type"]), s(&c["status"]))));
    }
}

fn qos(pod: &Json) -> String {
    let told = s(&pod["status"]["qosClass"]);
    if !told.is_empty() {
        return told.to_string();
    }
    let containers = array(&pod["spec"]["containers"]);
    let has = |c: &Json, field: &str| c["resources"][field].as_object().is_some_and(|m| !m.is_empty());
    if !containers.iter().any(|c| has(c, "requests") || has(c, "limits")) {
        return "BestEffort".into();
    }
    let full = |c: &Json| {
        ["cpu", "memory"].iter().all(|r| {
            let (limit, request) = (&c["resources"]["limits"][*r], &c["resources"]["requests"][*r]);
            !limit.is_null() && (request.is_null() || request == limit)
        })
    };
    if containers.iter().all(full) { "Guaranteed".into() } else { "Burstable".into() }
}
