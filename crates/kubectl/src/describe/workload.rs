//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, autoscalers.

use api::Json;

use super::{Out, controller, n, or, s, selector_text, template};
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;
use crate::human;
use crate::polymorphic;
use crate::selector;

fn int_or_string(value: &Json) -> String {
    value.as_str().map_or_else(|| n(value).to_string(), String::from)
}

fn conditions(object: &Json, out: &mut Out) {
    let list = array(&object["status"]["conditions"]);
    if list.is_empty() {
        return;
    }
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tReason");
    out.line(1, "----\t------\t------");
    list.iter()
        .for_each(|c| out.line(1, format!("{} \t{}\t{}", s(&c["type"]), s(&c["status"]), s(&c["reason"]))));
}

/// Describes a Deployment.
pub async fn deployment(cx: &Cx, d: &Json, out: &mut Out) -> Result {
    let (spec, status) = (&d["spec"], &d["status"]);
    out.head(d);
    out.line(0, format!("CreationTimestamp:\t{}", human::rfc1123z(&d["metadata"]["creationTimestamp"])));
    out.tags(d);
    out.line(0, format!("Selector:\t{}", selector_text(&spec["selector"])));
    out.line(
        0,
        format!(
            "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
            n(&spec["replicas"]),
            n(&status["updatedReplicas"]),
            n(&status["replicas"]),
            n(&status["availableReplicas"]),
            n(&status["unavailableReplicas"])
        ),
    );
    out.line(0, format!("StrategyType:\t{}", s(&spec["strategy"]["type"])));
    out.line(0, format!("MinReadySeconds:\t{}", n(&spec["minReadySeconds"])));
    let rolling = &spec["strategy"]["rollingUpdate"];
    if rolling.is_object() {
        let (unavailable, surge) =
            (int_or_string(&rolling["maxUnavailable"]), int_or_string(&rolling["maxSurge"]));
        out.line(0, format!("RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge"));
    }
    template::write(&spec["template"], out);
    conditions(d, out);
    if let Ok(sets) = polymorphic::replica_sets(cx, d).await {
        let text = |list: &[&Json]| {
            let parts: Vec<String> = list
                .iter()
                .map(|r| {
                    format!(
                        "{} ({}/{} replicas created)",
                        s(&r["metadata"]["name"]),
                        n(&r["status"]["replicas"]),
                        n(&r["spec"]["replicas"])
                    )
                })
                .collect();
            if parts.is_empty() { "<none>".to_string() } else { parts.join(", ") }
        };
        let new = polymorphic::new_replica_set(d, &sets);
        let old: Vec<&Json> = sets
            .iter()
            .filter(|r| new.is_none_or(|n| n["metadata"]["uid"] != r["metadata"]["uid"]))
            .collect();
        out.line(0, format!("OldReplicaSets:\t{}", text(&old)));
        out.line(0, format!("NewReplicaSet:\t{}", text(&new.into_iter().collect::<Vec<_>>())));
    }
    Ok(())
}

/// Running, waiting, succeeded and failed pods that an object controls.
async fn pods_status(cx: &Cx, object: &Json) -> Result<String> {
    let selector = &object["spec"]["selector"];
    let text = match selector::format(selector) {
        Some(text) if selector["matchLabels"].is_object() || selector["matchExpressions"].is_array() => text,
        _ => selector::from_map(selector),
    };
    let path = format!("/api/v1/namespaces/{}/pods", s(&object["metadata"]["namespace"]));
    let pods = cx.client()?.list(&path, &[("labelSelector", &text)], None, 500).await?;
    let mine = |p: &&Json| {
        array(&p["metadata"]["ownerReferences"])
            .iter()
            .any(|o| o["controller"] == true && o["uid"] == object["metadata"]["uid"])
    };
    let count = |phase: &str| {
        array(&pods["items"]).iter().filter(mine).filter(|p| p["status"]["phase"] == phase).count()
    };
    Ok(format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    ))
}

/// Describes a ReplicaSet or ReplicationController.
pub async fn replica_set(cx: &Cx, r: &Json, out: &mut Out) -> Result {
    out.head(r);
    let selector = if r["kind"] == "ReplicationController" {
        selector::from_map(&r["spec"]["selector"])
    } else {
        selector_text(&r["spec"]["selector"])
    };
    out.line(0, format!("Selector:\t{selector}"));
    out.tags(r);
    if let Some(owner) = controller(r) {
        out.line(0, format!("Controlled By:\t{owner}"));
    }
    out.line(
        0,
        format!("Replicas:\t{} current / {} desired", n(&r["status"]["replicas"]), n(&r["spec"]["replicas"])),
    );
    match pods_status(cx, r).await {
        Ok(text) => out.line(0, format!("Pods Status:\t{text}")),
        Err(e) => out.line(0, format!("Pods Status:\terror in fetching pods: {}", e.text())),
    }
    template::write(&r["spec"]["template"], out);
    conditions(r, out);
    Ok(())
}

/// Describes a StatefulSet.
pub async fn stateful_set(cx: &Cx, set: &Json, out: &mut Out) -> Result {
    let spec = &set["spec"];
    out.head(set);
    out.line(0, format!("CreationTimestamp:\t{}", human::rfc1123z(&set["metadata"]["creationTimestamp"])));
    out.line(0, format!("Selector:\t{}", selector_text(&spec["selector"])));
    out.tags(set);
    out.line(
        0,
        format!("Replicas:\t{} desired | {} total", n(&spec["replicas"]), n(&set["status"]["replicas"])),
    );
    out.line(0, format!("Update Strategy:\t{}", s(&spec["updateStrategy"]["type"])));
    if let Some(partition) = spec["updateStrategy"]["rollingUpdate"]["partition"].as_i64() {
        out.line(1, format!("Partition:\t{partition}"));
    }
    out.line(0, format!("Pods Status:\t{}", pods_status(cx, set).await?));
    template::write(&spec["template"], out);
    let claims = array(&spec["volumeClaimTemplates"]);
    if claims.is_empty() {
        out.line(0, "Volume Claims:\t<none>");
        return Ok(());
    }
    out.line(0, "Volume Claims:");
    for claim in claims {
        out.line(1, format!("Name:\t{}", s(&claim["metadata"]["name"])));
        out.line(1, format!("StorageClass:\t{}", s(&claim["spec"]["storageClassName"])));
        out.labels("  Labels", &claim["metadata"]["labels"]);
        out.annotations("  Annotations", &claim["metadata"]["annotations"]);
        out.line(
            1,
            format!("Capacity:\t{}", or(&claim["spec"]["resources"]["requests"]["storage"], "<default>")),
        );
        let modes: Vec<&str> = array(&claim["spec"]["accessModes"]).iter().map(s).collect();
        out.line(1, format!("Access Modes:\t[{}]", modes.join(" ")));
    }
    Ok(())
}

/// Describes a DaemonSet.
pub async fn daemon_set(cx: &Cx, d: &Json, out: &mut Out) -> Result {
    let status = &d["status"];
    out.head(d);
    out.line(0, format!("Selector:\t{}", selector_text(&d["spec"]["selector"])));
    out.labels("Node-Selector", &d["spec"]["template"]["spec"]["nodeSelector"]);
    out.tags(d);
    for (label, field) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        out.line(0, format!("{label}: {}", n(&status[field])));
    }
    out.line(0, format!("Pods Status:\t{}", pods_status(cx, d).await?));
    template::write(&d["spec"]["template"], out);
    Ok(())
}

/// Describes a Job.
pub async fn job(cx: &Cx, job: &Json, out: &mut Out) -> Result {
    let (spec, status) = (&job["spec"], &job["status"]);
    out.head(job);
    out.line(0, format!("Selector:\t{}", selector_text(&spec["selector"])));
    out.tags(job);
    if let Some(owner) = controller(job) {
        out.line(0, format!("Controlled By:\t{owner}"));
    }
    out.line(0, format!("Parallelism:\t{}", n(&spec["parallelism"])));
    out.line(
        0,
        format!("Completions:\t{}", spec["completions"].as_i64().map_or("<unset>".into(), |c| c.to_string())),
    );
    if spec["completionMode"].is_string() {
        out.line(0, format!("Completion Mode:\t{}", s(&spec["completionMode"])));
    }
    if spec["suspend"].is_boolean() {
        out.line(0, format!("Suspend:\t{}", spec["suspend"] == true));
    }
    if let Some(limit) = spec["backoffLimit"].as_i64() {
        out.line(0, format!("Backoff Limit:\t{limit}"));
    }
    if let Some(ttl) = spec["ttlSecondsAfterFinished"].as_i64() {
        out.line(0, format!("TTL Seconds After Finished:\t{ttl}"));
    }
    let time = |field: &str| status[field].as_str().and_then(api::Timestamp::parse);
    if status["startTime"].is_string() {
        out.line(0, format!("Start Time:\t{}", human::rfc1123z(&status["startTime"])));
    }
    if status["completionTime"].is_string() {
        out.line(0, format!("Completed At:\t{}", human::rfc1123z(&status["completionTime"])));
    }
    if let (Some(start), Some(end)) = (time("startTime"), time("completionTime")) {
        out.line(0, format!("Duration:\t{}", human::duration(end.micros() - start.micros())));
    }
    if let Some(limit) = spec["activeDeadlineSeconds"].as_i64() {
        out.line(0, format!("Active Deadline Seconds:\t{limit}s"));
    }
    let ready = status["ready"].as_i64().map_or(String::new(), |r| format!(" ({r} Ready)"));
    out.line(
        0,
        format!(
            "Pods Statuses:\t{} Active{ready} / {} Succeeded / {} Failed",
            n(&status["active"]),
            n(&status["succeeded"]),
            n(&status["failed"])
        ),
    );
    if spec["completionMode"] == "Indexed" {
        out.line(0, format!("Completed Indexes:\t{}", or(&status["completedIndexes"], "<none>")));
    }
    template::write(&spec["template"], out);
    let _ = cx;
    Ok(())
}

/// Describes a CronJob.
pub fn cron_job(c: &Json, out: &mut Out) {
    let (spec, job) = (&c["spec"], &c["spec"]["jobTemplate"]["spec"]);
    out.head(c);
    out.tags(c);
    out.line(0, format!("Schedule:\t{}", s(&spec["schedule"])));
    out.line(0, format!("Concurrency Policy:\t{}", s(&spec["concurrencyPolicy"])));
    out.line(0, format!("Suspend:\t{}", if spec["suspend"] == true { "True" } else { "False" }));
    let number = |value: &Json| value.as_i64().map_or("<unset>".to_string(), |v| v.to_string());
    out.line(0, format!("Successful Job History Limit:\t{}", number(&spec["successfulJobsHistoryLimit"])));
    out.line(0, format!("Failed Job History Limit:\t{}", number(&spec["failedJobsHistoryLimit"])));
    let deadline = spec["startingDeadlineSeconds"].as_i64().map_or("<unset>".into(), |d| format!("{d}s"));
    out.line(0, format!("Starting Deadline Seconds:\t{deadline}"));
    out.line(0, format!("Selector:\t{}", selector_text(&job["selector"])));
    out.line(0, format!("Parallelism:\t{}", number(&job["parallelism"])));
    out.line(0, format!("Completions:\t{}", number(&job["completions"])));
    template::write(&job["template"], out);
    let last = &c["status"]["lastScheduleTime"];
    out.line(
        0,
        format!(
            "Last Schedule Time:\t{}",
            if last.is_string() { human::rfc1123z(last) } else { "<unset>".into() }
        ),
    );
    let active: Vec<&str> = array(&c["status"]["active"]).iter().map(|a| s(&a["name"])).collect();
    out.line(
        0,
        format!("Active Jobs:\t{}", if active.is_empty() { "<none>".into() } else { active.join(", ") }),
    );
}

/// Describes a HorizontalPodAutoscaler (v2).
pub fn autoscaler(h: &Json, out: &mut Out) {
    let (spec, status) = (&h["spec"], &h["status"]);
    out.head(h);
    out.tags(h);
    out.line(0, format!("CreationTimestamp:\t{}", human::rfc1123z(&h["metadata"]["creationTimestamp"])));
    out.line(
        0,
        format!("Reference:\t{}/{}", s(&spec["scaleTargetRef"]["kind"]), s(&spec["scaleTargetRef"]["name"])),
    );
    out.line(0, "Metrics:\t( current / target )");
    for (i, metric) in array(&spec["metrics"]).iter().enumerate() {
        let resource = &metric["resource"];
        let current = &status["currentMetrics"][i]["resource"]["current"];
        let name = s(&resource["name"]);
        if let Some(target) = resource["target"]["averageUtilization"].as_i64() {
            let now = match current["averageUtilization"].as_i64() {
                Some(percent) => format!("{percent}% ({})", s(&current["averageValue"])),
                None => "<unknown>".into(),
            };
            out.line(1, format!("resource {name} on pods  (as a percentage of request):\t{now} / {target}%"));
        } else {
            out.line(
                1,
                format!(
                    "resource {name} on pods:\t{} / {}",
                    or(&current["averageValue"], "<unknown>"),
                    s(&resource["target"]["averageValue"])
                ),
            );
        }
    }
    out.line(
        0,
        format!(
            "Min replicas:\t{}",
            spec["minReplicas"].as_i64().map_or("<unset>".into(), |m| m.to_string())
        ),
    );
    out.line(0, format!("Max replicas:\t{}", n(&spec["maxReplicas"])));
    let kind = s(&spec["scaleTargetRef"]["kind"]);
    out.line(
        0,
        format!(
            "{kind} pods:\t{} current / {} desired",
            n(&status["currentReplicas"]),
            n(&status["desiredReplicas"])
        ),
    );
    let list = array(&status["conditions"]);
    if !list.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus\tReason\tMessage");
        out.line(1, "----\t------\t------\t-------");
        list.iter().for_each(|c| {
            out.line(
                1,
                format!("{}\t{}\t{}\t{}", s(&c["type"]), s(&c["status"]), s(&c["reason"]), s(&c["message"])),
            )
        });
    }
}
