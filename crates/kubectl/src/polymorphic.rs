//! What several commands ask of different kinds: history, rollout status, pods behind a workload (mirrors
//! `k8s.io/kubectl/pkg/polymorphichelpers`).

use api::Json;
use collections::StableSort;

use crate::builder::Info;
use crate::cx::Cx;
use crate::describe::{n, s};
use crate::discovery::array;
use crate::error::{Result, msg};
use crate::selector;

/// The annotation that numbers ReplicaSets.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label that tells a Deployment's ReplicaSets apart.
pub const HASH: &str = "pod-template-hash";

/// Returns the selector of a workload or service in its text form.
///
/// # Errors
/// The kind has no selector.
pub fn selector_of(object: &Json) -> Result<String> {
    let selector = &object["spec"]["selector"];
    match object["kind"].as_str().unwrap_or("") {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => {
            Ok(selector::format(selector).unwrap_or_default())
        }
        "Service" | "ReplicationController" if selector.as_object().is_some_and(|m| !m.is_empty()) => {
            Ok(selector::from_map(selector))
        }
        "Service" => msg(format!(
            "invalid service '{}': Service is defined without a selector",
            s(&object["metadata"]["name"])
        )),
        kind => msg(format!("selector for {kind} not implemented")),
    }
}

/// Returns the ReplicaSets that a Deployment controls, oldest first.
pub async fn replica_sets(cx: &Cx, deployment: &Json) -> Result<Vec<Json>> {
    let path = format!("/apis/apps/v1/namespaces/{}/replicasets", s(&deployment["metadata"]["namespace"]));
    let selector = selector::format(&deployment["spec"]["selector"]).unwrap_or_default();
    let list = cx.client()?.list(&path, &[("labelSelector", &selector)], None, 500).await?;
    let uid = &deployment["metadata"]["uid"];
    let mine = |r: &&Json| {
        array(&r["metadata"]["ownerReferences"]).iter().any(|o| o["controller"] == true && o["uid"] == *uid)
    };
    let mut sets: Vec<Json> = array(&list["items"]).iter().filter(mine).cloned().collect();
    let key = |r: &Json| {
        (s(&r["metadata"]["creationTimestamp"]).to_string(), s(&r["metadata"]["name"]).to_string())
    };
    sets.stable_sort_by_key(key);
    Ok(sets)
}

/// Returns the ReplicaSet whose template is the Deployment's.
pub fn new_replica_set<'a>(deployment: &Json, sets: &'a [Json]) -> Option<&'a Json> {
    sets.iter().find(|r| same_template(&r["spec"]["template"], &deployment["spec"]["template"]))
}

/// Compares templates without the hash label.
pub fn same_template(a: &Json, b: &Json) -> bool {
    without_hash(a) == without_hash(b)
}

/// Returns a template without the hash label.
pub fn without_hash(template: &Json) -> Json {
    let mut template = template.clone();
    if let Some(labels) = template["metadata"].get_mut("labels").and_then(Json::as_object_mut) {
        labels.shift_remove(HASH);
    }
    if let Some(meta) = template["metadata"].as_object_mut() {
        meta.retain(|k, v| !(v.is_null() && k == "creationTimestamp"));
    }
    template
}

/// Returns the revision number of a ReplicaSet or Deployment.
pub fn revision(object: &Json) -> i64 {
    object["metadata"]["annotations"][REVISION].as_str().and_then(|r| r.parse().ok()).unwrap_or(0)
}

/// A rollout's state: what to print, and whether it is complete.
///
/// # Errors
/// It failed, or the kind rolls nothing out.
pub fn rollout_status(info: &Info, object: &Json, wanted: i64) -> Result<(String, bool)> {
    let (spec, status, name) = (&object["spec"], &object["status"], s(&object["metadata"]["name"]));
    let observed = n(&object["metadata"]["generation"]) <= n(&status["observedGeneration"]);
    match (info.resource.group.as_str(), info.resource.kind.as_str()) {
        ("apps", "Deployment") => {
            if wanted > 0 && revision(object) != wanted {
                return msg(format!(
                    "desired revision ({wanted}) is different from the running revision ({})",
                    revision(object)
                ));
            }
            if !observed {
                return Ok(("Waiting for deployment spec update to be observed...\n".into(), false));
            }
            deployment_status(object, name)
        }
        ("apps", "DaemonSet") => {
            let kind = s(&spec["updateStrategy"]["type"]);
            if kind != "RollingUpdate" {
                return msg("rollout status is only available for RollingUpdate strategy type");
            }
            if !observed {
                return Ok(("Waiting for daemon set spec update to be observed...\n".into(), false));
            }
            let (updated, desired, available) = (
                n(&status["updatedNumberScheduled"]),
                n(&status["desiredNumberScheduled"]),
                n(&status["numberAvailable"]),
            );
            let wait = format!("Waiting for daemon set {name:?} rollout to finish: ");
            Ok(if updated < desired {
                (format!("{wait}{updated} out of {desired} new pods have been updated...\n"), false)
            } else if available < desired {
                (format!("{wait}{available} of {desired} updated pods are available...\n"), false)
            } else {
                (format!("daemon set {name:?} successfully rolled out\n"), true)
            })
        }
        ("apps", "StatefulSet") => stateful_set_status(object, observed),
        _ => msg(format!("no status viewer has been implemented for {}", info.resource.kind)),
    }
}

fn deployment_status(object: &Json, name: &str) -> Result<(String, bool)> {
    let status = &object["status"];
    let late = |c: &Json| c["type"] == "Progressing" && c["reason"] == "ProgressDeadlineExceeded";
    if array(&status["conditions"]).iter().any(late) {
        return msg(format!("deployment {name:?} exceeded its progress deadline"));
    }
    let (desired, updated) = (n(&object["spec"]["replicas"]), n(&status["updatedReplicas"]));
    let (all, available) = (n(&status["replicas"]), n(&status["availableReplicas"]));
    let wait = format!("Waiting for deployment {name:?} rollout to finish: ");
    Ok(if updated < desired {
        (format!("{wait}{updated} out of {desired} new replicas have been updated...\n"), false)
    } else if all > updated {
        (format!("{wait}{} old replicas are pending termination...\n", all - updated), false)
    } else if available < updated {
        (format!("{wait}{available} of {updated} updated replicas are available...\n"), false)
    } else {
        (format!("deployment {name:?} successfully rolled out\n"), true)
    })
}

fn stateful_set_status(object: &Json, observed: bool) -> Result<(String, bool)> {
    let (spec, status) = (&object["spec"], &object["status"]);
    if spec["updateStrategy"]["type"] != "RollingUpdate" {
        return msg("rollout status is only available for RollingUpdate strategy type");
    }
    if n(&status["observedGeneration"]) == 0 || !observed {
        return Ok(("Waiting for statefulset spec update to be observed...\n".into(), false));
    }
    let (desired, ready, updated) =
        (n(&spec["replicas"]), n(&status["readyReplicas"]), n(&status["updatedReplicas"]));
    if ready < desired {
        return Ok((format!("Waiting for {} pods to be ready...\n", desired - ready), false));
    }
    if let Some(partition) = spec["updateStrategy"]["rollingUpdate"]["partition"].as_i64() {
        if updated < desired - partition {
            let text = format!(
                "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...\n",
                desired - partition
            );
            return Ok((text, false));
        }
        return Ok((
            format!("partitioned roll out complete: {updated} new pods have been updated...\n"),
            true,
        ));
    }
    if status["updateRevision"] != status["currentRevision"] {
        let text = format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {}...\n",
            s(&status["updateRevision"])
        );
        return Ok((text, false));
    }
    let text = format!(
        "statefulset rolling update complete {} pods at revision {}...\n",
        n(&status["currentReplicas"]),
        s(&status["currentRevision"])
    );
    Ok((text, true))
}

/// Returns the pods that an object stands for: itself, or those its selector finds, the best one first.
pub async fn pods_of(cx: &Cx, info: &Info) -> Result<Vec<Json>> {
    if info.resource.is("", "Pod") {
        return Ok(vec![info.object.clone()]);
    }
    let kind = &info.resource.kind;
    let Ok(selector) = selector_of(&info.object) else {
        return msg(format!(
            "cannot attach to *unstructured.Unstructured: selector for {kind} not implemented"
        )
        .replace("*unstructured.Unstructured", kind));
    };
    let path = format!("/api/v1/namespaces/{}/pods", info.namespace);
    let list = cx.client()?.list(&path, &[("labelSelector", &selector)], None, 500).await?;
    let mut pods: Vec<Json> = array(&list["items"]).to_vec();
    // Running and ready ones first, the longest-lived before the others (podutils.ByLogging).
    let ready = |p: &Json| {
        array(&p["status"]["conditions"]).iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
    };
    pods.stable_sort_by_key(|p| {
        let unassigned = s(&p["spec"]["nodeName"]).is_empty();
        let phase = match s(&p["status"]["phase"]) {
            "Running" => 0,
            "Unknown" => 1,
            _ => 2,
        };
        (unassigned, phase, !ready(p), s(&p["metadata"]["creationTimestamp"]).to_string())
    });
    Ok(pods)
}

/// Picks the container that a command means, telling the user when it had to choose.
///
/// # Errors
/// The named container is not in the pod.
pub fn container_of(cx: &Cx, pod: &Json, wanted: &str) -> Result<String> {
    let names = |field: &str| {
        array(&pod["spec"][field]).iter().map(|c| s(&c["name"]).to_string()).collect::<Vec<_>>()
    };
    let (main, init, ephemeral) =
        (names("containers"), names("initContainers"), names("ephemeralContainers"));
    let pod_name = s(&pod["metadata"]["name"]);
    let mut all = main.clone();
    all.extend(ephemeral.iter().map(|e| format!("{e} (ephem)")));
    all.extend(init.iter().map(|i| format!("{i} (init)")));
    if !wanted.is_empty() {
        if main.iter().chain(&init).chain(&ephemeral).any(|n| n == wanted) {
            return Ok(wanted.to_string());
        }
        return msg(format!("container {wanted} is not valid for pod {pod_name} out of: {}", all.join(", ")));
    }
    let annotated = s(&pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"]);
    if main.iter().any(|n| n == annotated) {
        return Ok(annotated.to_string());
    }
    let Some(first) = main.first() else {
        return msg(format!("pod {pod_name} does not have any containers"));
    };
    if all.len() > 1 {
        cx.err(format!("Defaulted container {first:?} out of: {}", all.join(", ")));
    }
    Ok(first.clone())
}
