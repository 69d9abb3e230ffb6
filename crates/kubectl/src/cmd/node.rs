//! `kubectl cordon|uncordon|drain|taint`.

use api::Json;
use api::http::{MERGE_PATCH, STRATEGIC_MERGE_PATCH};
use serde_json::json;

use crate::builder::{Builder, Info, finish};
use crate::cx::{Cx, DryRun};
use crate::describe::s;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::ops::{self, refs, write_query};
use crate::print::Printer;
use crate::wait::{Deadline, interrupted};

async fn nodes(cx: &Cx) -> Result<(Vec<Info>, Vec<CmdError>)> {
    let selector = cx.flags.str("selector");
    let usage = || {
        cx.usage(format!(
            "USAGE: {} [flags]",
            cx.command
                .usage
                .trim_start_matches("kubectl ")
                .trim_end_matches(" [options]")
                .trim_end_matches(" [flags]")
        ))
    };
    if cx.flags.args.is_empty() && selector.is_empty() {
        return usage();
    }
    if !cx.flags.args.is_empty() && !selector.is_empty() {
        return msg("error: cannot specify both a node name and a --selector option");
    }
    let mut args = vec!["nodes".to_string()];
    args.extend(
        cx.flags.args.iter().map(|a| a.trim_start_matches("node/").trim_start_matches("nodes/").to_string()),
    );
    let builder = Builder {
        args,
        selector: Some(selector.to_string()).filter(|x| !x.is_empty()),
        ..Builder::default()
    };
    builder.infos(cx).await
}

/// `kubectl cordon` and `kubectl uncordon`.
pub async fn cordon(cx: &Cx, on: bool) -> Result {
    let dry_run = cx.dry_run()?;
    let (infos, mut errors) = nodes(cx).await?;
    for info in &infos {
        if let Err(e) = set_unschedulable(cx, info, on, dry_run).await {
            errors.push(e.prefixed(&format!(
                "unable to {} node {:?}: ",
                if on { "cordon" } else { "uncordon" },
                info.name
            )));
        }
    }
    finish(errors)
}

async fn set_unschedulable(cx: &Cx, info: &Info, on: bool, dry_run: DryRun) -> Result {
    let word = if on { "cordoned" } else { "uncordoned" };
    if (info.object["spec"]["unschedulable"] == true) == on {
        cx.line(format!("node/{} already {word}{}", info.name, dry_run.suffix()));
        return Ok(());
    }
    if dry_run != DryRun::Client {
        let value = if on { Json::Bool(true) } else { Json::Null };
        let patch = json!({ "spec": { "unschedulable": value } });
        cx.client()?
            .patch(&info.path(), &[("dryRun", dry_run.query())], STRATEGIC_MERGE_PATCH, &patch)
            .await?;
    }
    cx.line(format!("node/{} {word}{}", info.name, dry_run.suffix()));
    Ok(())
}

/// `kubectl drain`.
pub async fn drain(cx: &Cx) -> Result {
    let dry_run = cx.dry_run()?;
    let (infos, errors) = nodes(cx).await?;
    finish(errors)?;
    for info in &infos {
        set_unschedulable(cx, info, true, dry_run).await?;
    }
    let (mut fatal, mut pending) = (Vec::new(), Vec::new());
    for info in &infos {
        match drain_one(cx, info, dry_run).await {
            Ok(()) => cx.line(format!("node/{} drained{}", info.name, dry_run.suffix())),
            Err(e @ (CmdError::Transport(_) | CmdError::Exit { .. })) => return Err(e),
            Err(e) => {
                let (name, why) = (&info.name, e.text());
                cx.err(format!(
                    "error: unable to drain node {name:?} due to error: {why}, continuing command..."
                ));
                // These are errors of several pods in one: they are printed without `error: `.
                fatal.push(why);
                pending.push(name.as_str());
            }
        }
    }
    if fatal.is_empty() {
        return Ok(());
    }
    cx.err(format!("There are pending nodes to be drained:\n {}", pending.join("\n ")));
    Err(CmdError::Exit { code: 1, message: fatal.join("\n") })
}

/// Why pods may not be evicted, by reason.
#[derive(Default)]
struct Verdict {
    evict: Vec<Json>,
    daemon_sets: Vec<String>,
    local_storage: Vec<String>,
    unmanaged: Vec<String>,
}

fn judge(cx: &Cx, pods: &[Json]) -> Verdict {
    let mut v = Verdict::default();
    for pod in pods {
        let meta = &pod["metadata"];
        let name = format!("{}/{}", s(&meta["namespace"]), s(&meta["name"]));
        let done = matches!(s(&pod["status"]["phase"]), "Succeeded" | "Failed");
        let owner = array(&meta["ownerReferences"]).iter().find(|o| o["controller"] == true);
        if meta["annotations"].get("kubernetes.io/config.mirror").is_some() {
            continue;
        }
        if owner.is_some_and(|o| o["kind"] == "DaemonSet") && !done {
            v.daemon_sets.push(name);
            continue;
        }
        let empty_dir = array(&pod["spec"]["volumes"]).iter().any(|vol| vol["emptyDir"].is_object());
        if empty_dir && !done {
            v.local_storage.push(name.clone());
            if !cx.flags.bool("delete-emptydir-data") {
                continue;
            }
        }
        if owner.is_none() && !done {
            v.unmanaged.push(name);
            if !cx.flags.bool("force") {
                continue;
            }
        }
        v.evict.push(pod.clone());
    }
    v
}

async fn drain_one(cx: &Cx, info: &Info, dry_run: DryRun) -> Result {
    let client = cx.client()?;
    let fields = format!("spec.nodeName={}", info.name);
    let query = [("labelSelector", cx.flags.str("pod-selector")), ("fieldSelector", fields.as_str())];
    let list = client.list("/api/v1/pods", &query, None, cx.flags.int("chunk-size")).await?;
    let v = judge(cx, array(&list["items"]));
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    for (names, allowed, problem, warning) in [
        (
            &v.daemon_sets,
            cx.flags.bool("ignore-daemonsets"),
            "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
            "ignoring DaemonSet-managed Pods",
        ),
        (
            &v.local_storage,
            cx.flags.bool("delete-emptydir-data"),
            "cannot delete Pods with local storage (use --delete-emptydir-data to override)",
            "",
        ),
        (
            &v.unmanaged,
            cx.flags.bool("force"),
            "cannot delete Pods that declare no controller (use --force to override)",
            "deleting Pods that declare no controller",
        ),
    ] {
        if names.is_empty() {
            continue;
        }
        if !allowed {
            problems.push(format!("{problem}: {}", names.join(", ")));
        } else if !warning.is_empty() {
            warnings.push(format!("{warning}: {}", names.join(", ")));
        }
    }
    if !problems.is_empty() {
        return msg(if problems.len() == 1 {
            problems[0].clone()
        } else {
            format!("[{}]", problems.join(", "))
        });
    }
    if !warnings.is_empty() {
        cx.err(format!("Warning: {}", warnings.join("; ")));
    }
    for pod in &v.evict {
        cx.line(format!(
            "evicting pod {}/{}{}",
            s(&pod["metadata"]["namespace"]),
            s(&pod["metadata"]["name"]),
            dry_run.suffix()
        ));
    }
    if dry_run == DryRun::Client {
        return Ok(());
    }
    let deadline = Deadline::after(cx, cx.flags.duration("timeout"));
    for pod in &v.evict {
        evict(cx, pod, dry_run, deadline).await?;
    }
    for pod in v.evict.iter().filter(|_| dry_run == DryRun::None) {
        gone(cx, pod, deadline).await?;
        cx.line(format!(
            "pod/{} {}",
            s(&pod["metadata"]["name"]),
            if cx.flags.bool("disable-eviction") { "deleted" } else { "evicted" }
        ));
    }
    Ok(())
}

fn pod_path(pod: &Json) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", s(&pod["metadata"]["namespace"]), s(&pod["metadata"]["name"]))
}

async fn evict(cx: &Cx, pod: &Json, dry_run: DryRun, deadline: Deadline) -> Result {
    let client = cx.client()?;
    let mut options = json!({});
    if cx.flags.int("grace-period") >= 0 {
        options["gracePeriodSeconds"] = cx.flags.int("grace-period").into();
    }
    loop {
        let query = [("dryRun", dry_run.query())];
        let result = if cx.flags.bool("disable-eviction") {
            client.delete(&pod_path(pod), &query, &options).await
        } else {
            let eviction = json!({
                "kind": "Eviction", "apiVersion": "policy/v1",
                "metadata": { "name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"] }, "deleteOptions": options,
            });
            client.create(&format!("{}/eviction", pod_path(pod)), &query, &eviction).await
        };
        match result {
            Ok(_) => return Ok(()),
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) if e.reason() == "TooManyRequests" => {
                let name = s(&pod["metadata"]["name"]);
                cx.err(format!(
                    "error when evicting pods/{name:?} -n {:?} (will retry after 5s): {}",
                    s(&pod["metadata"]["namespace"]),
                    e.text()
                ));
                if deadline.left(cx) == Some(0) {
                    return msg(format!("global timeout reached: {}", cx.flags.str("timeout")));
                }
                cx.host.sleep(5_000_000).await;
                if cx.host.interrupted() {
                    return Err(interrupted());
                }
            }
            Err(e) => {
                return Err(e.prefixed(&format!(
                    "error when evicting pods/{:?} -n {:?}: ",
                    s(&pod["metadata"]["name"]),
                    s(&pod["metadata"]["namespace"])
                )));
            }
        }
    }
}

async fn gone(cx: &Cx, pod: &Json, deadline: Deadline) -> Result {
    loop {
        match cx.client()?.get(&pod_path(pod), &[]).await {
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) => return Err(e),
            Ok(now) if now["metadata"]["uid"] != pod["metadata"]["uid"] => return Ok(()),
            Ok(_) => {}
        }
        if deadline.left(cx) == Some(0) {
            return msg(format!(
                "error when waiting for pod {:?} in namespace {:?} to terminate: global timeout reached: {}",
                s(&pod["metadata"]["name"]),
                s(&pod["metadata"]["namespace"]),
                cx.flags.str("timeout")
            ));
        }
        cx.host.sleep(1_000_000).await;
        if cx.host.interrupted() {
            return Err(interrupted());
        }
    }
}

/// One taint of the command line.
struct Taint {
    key: String,
    value: String,
    effect: String,
}

const NAME_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

fn parse_taint(cx: &Cx, spec: &str) -> Result<Taint> {
    let (body, effect) = spec.split_once(':').unwrap_or((spec, ""));
    let (key, value) = body.split_once('=').unwrap_or((body, ""));
    if effect.is_empty() && spec.contains('=') {
        return cx.usage(format!("invalid taint spec: {spec}, {NAME_RULE}"));
    }
    if !effect.is_empty() && !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
        return cx.usage(format!("invalid taint effect: {effect}, unsupported taint effect"));
    }
    Ok(Taint { key: key.into(), value: value.into(), effect: effect.into() })
}

/// `kubectl taint`.
pub async fn taint(cx: &Cx) -> Result {
    let is_taint = |a: &String| a.contains('=') || a.contains(':') || a.ends_with('-');
    let first = cx.flags.args.iter().position(is_taint).unwrap_or(cx.flags.args.len());
    let (resources, specs) = cx.flags.args.split_at(first);
    if resources.is_empty() {
        return msg("one or more resources must be specified as <resource> <name>");
    }
    if specs.is_empty() {
        return msg("at least one taint update is required");
    }
    let (mut add, mut remove): (Vec<Taint>, Vec<Taint>) = (Vec::new(), Vec::new());
    for spec in specs {
        match spec.strip_suffix('-') {
            Some(spec) => remove.push(parse_taint(cx, spec)?),
            None => {
                let taint = parse_taint(cx, spec)?;
                if taint.effect.is_empty() {
                    return cx.usage(format!("invalid taint spec: {spec}"));
                }
                add.push(taint);
            }
        }
    }
    if !cx.resource(resources[0].split('/').next().unwrap_or("")).await?.is("", "Node") {
        return msg(format!(
            "invalid resource type {}, only [\"node\" \"nodes\"] are supported",
            resources[0]
        ));
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let builder = Builder { args: resources.to_vec(), ..Builder::from_flags(cx) };
    let (infos, mut errors) = builder.infos(cx).await?;
    for info in &infos {
        match taint_one(cx, info, &add, &remove, &printer, dry_run).await {
            Ok(()) => {}
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

async fn taint_one(
    cx: &Cx,
    info: &Info,
    add: &[Taint],
    remove: &[Taint],
    printer: &Printer,
    dry_run: DryRun,
) -> Result {
    let mut taints: Vec<Json> = array(&info.object["spec"]["taints"]).to_vec();
    let overwrite = cx.flags.bool("overwrite");
    if !overwrite {
        let clash: Vec<String> = add
            .iter()
            .filter(|a| taints.iter().any(|t| t["key"] == a.key.as_str() && t["effect"] == a.effect.as_str()))
            .map(|a| format!("{{\"{}\" \"{}\"}}", a.key, a.effect))
            .collect();
        if !clash.is_empty() {
            return msg(format!(
                "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
                info.name,
                add.iter().map(|a| a.key.as_str()).collect::<Vec<_>>().join(",")
            ));
        }
    }
    for r in remove {
        let before = taints.len();
        taints.retain(|t| {
            !(t["key"] == r.key.as_str() && (r.effect.is_empty() || t["effect"] == r.effect.as_str()))
        });
        if before == taints.len() {
            let shown = if r.effect.is_empty() { r.key.clone() } else { format!("{}:{}", r.key, r.effect) };
            return msg(format!("taint {shown:?} not found"));
        }
    }
    for a in add {
        let mut taint = json!({ "key": a.key });
        if !a.value.is_empty() {
            taint["value"] = a.value.as_str().into();
        }
        taint["effect"] = a.effect.as_str().into();
        taints.retain(|t| !(t["key"] == a.key.as_str() && t["effect"] == a.effect.as_str()));
        taints.push(taint);
    }
    let done = match (add.is_empty(), remove.is_empty()) {
        (false, false) => "modified",
        (true, _) => "untainted",
        _ if overwrite
            && add.iter().any(|a| {
                array(&info.object["spec"]["taints"]).iter().any(|t| t["key"] == a.key.as_str())
            }) =>
        {
            "modified"
        }
        _ => "tainted",
    };
    let value = if taints.is_empty() { Json::Null } else { json!(taints) };
    let mut object = info.object.clone();
    if dry_run != DryRun::Client {
        let query = write_query(cx, cx.flags.str("field-manager"))?;
        object = cx
            .client()?
            .patch(&info.path(), &refs(&query), MERGE_PATCH, &json!({ "spec": { "taints": value } }))
            .await?;
    }
    // Here kubectl does not say that nothing was sent.
    if dry_run == DryRun::Client && printer.is_human() {
        cx.line(format!("{} {done}", info.label()));
        return Ok(());
    }
    ops::done(cx, printer, info, done, &object, false)
}
