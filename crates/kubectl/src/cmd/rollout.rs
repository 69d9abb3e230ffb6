//! `kubectl rollout status|history|undo|pause|resume|restart`.

use api::base::tabwriter::TabWriter;
use api::http::{JSON_PATCH, STRATEGIC_MERGE_PATCH};
use api::{Json, JsonMap};
use collections::StableSort;
use serde_json::json;

use crate::builder::{Builder, Info, finish};
use crate::cx::{Cx, DryRun};
use crate::describe::{self, s, template};
use crate::error::{CmdError, Result, msg};
use crate::ops::{self, LAST_APPLIED, refs, write_query};
use crate::polymorphic::{self, REVISION, replica_sets, revision, same_template, without_hash};
use crate::print::Printer;
use crate::wait::{Deadline, Watch, interrupted};

const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

async fn infos(cx: &Cx) -> Result<(Vec<Info>, Vec<CmdError>)> {
    if cx.flags.args.is_empty()
        && cx.flags.list("filename").is_empty()
        && cx.flags.str("kustomize").is_empty()
    {
        return msg("required resource not specified");
    }
    let builder = Builder { allow_empty_selector: true, ..Builder::from_flags(cx) };
    let (mut infos, errors) = builder.infos(cx).await?;
    // Files only name what is on the server.
    for info in infos.iter_mut().filter(|i| !i.source.is_empty()) {
        info.fetch(cx).await?;
    }
    Ok((infos, errors))
}

/// `rollout status`.
pub async fn status(cx: &Cx) -> Result {
    let (infos, errors) = infos(cx).await?;
    if infos.is_empty() && errors.is_empty() {
        cx.err(format!("No resources found in {} namespace.", cx.namespace()?));
        return Ok(());
    }
    let deadline = Deadline::after(cx, cx.flags.duration("timeout"));
    let wanted = cx.flags.int("revision");
    for info in &infos {
        follow(cx, info, wanted, deadline).await?;
    }
    finish(errors)
}

async fn follow(cx: &Cx, info: &Info, wanted: i64, deadline: Deadline) -> Result {
    let name = format!("metadata.name={}", info.name);
    let mut object = cx.client()?.get(&info.path(), &[]).await?;
    loop {
        let (text, done) = polymorphic::rollout_status(info, &object, wanted)?;
        cx.out(&text);
        if done || !cx.flags.bool("watch") {
            return Ok(());
        }
        let version = s(&object["metadata"]["resourceVersion"]).to_string();
        let query = [("fieldSelector", name.as_str()), ("resourceVersion", version.as_str())];
        let mut watch = Watch::open(cx, &info.collection(), &query, None).await?;
        loop {
            let Some(event) = deadline.run(cx, watch.next()).await else {
                return msg("timed out waiting for the condition");
            };
            match event? {
                Some((kind, _)) if kind == "DELETED" => return msg("object has been deleted"),
                Some((_, next)) => {
                    let (text, done) = polymorphic::rollout_status(info, &next, wanted)?;
                    cx.out(&text);
                    if done {
                        return Ok(());
                    }
                }
                None if cx.host.interrupted() => return Err(interrupted()),
                None => break,
            }
        }
        object = cx.client()?.get(&info.path(), &[]).await?;
    }
}

/// `rollout history`.
pub async fn history(cx: &Cx) -> Result {
    let wanted = cx.flags.int("revision");
    if wanted < 0 {
        return msg(format!("revision must be a positive integer: {wanted}"));
    }
    let (infos, errors) = infos(cx).await?;
    for info in &infos {
        let revisions = revisions(cx, info).await?;
        if wanted > 0 {
            let Some((_, template, _)) = revisions.iter().find(|(r, _, _)| *r == wanted) else {
                return msg("unable to find the specified revision");
            };
            let mut out = describe::Out::default();
            template::write(template, &mut out);
            cx.out(&format!("{} with revision #{wanted}\n{}\n", info.label(), out.raw()));
            continue;
        }
        let mut table = TabWriter::describe();
        if revisions.is_empty() {
            table.write("No rollout history found.");
        } else {
            table.write("REVISION\tCHANGE-CAUSE\n");
            for (number, _, cause) in &revisions {
                table.write(&format!("{number}\t{}\n", if cause.is_empty() { "<none>" } else { cause }));
            }
        }
        cx.out(&format!("{} \n{}\n", info.label(), table.flush()));
    }
    finish(errors)
}

/// Returns revision, pod template and change cause, oldest first.
async fn revisions(cx: &Cx, info: &Info) -> Result<Vec<(i64, Json, String)>> {
    let mut out: Vec<(i64, Json, String)> = Vec::new();
    match (info.resource.group.as_str(), info.resource.kind.as_str()) {
        ("apps", "Deployment") => {
            for set in replica_sets(cx, &info.object).await? {
                let cause = s(&set["metadata"]["annotations"][CHANGE_CAUSE]).to_string();
                let mut template = set["spec"]["template"].clone();
                if !cause.is_empty() {
                    template["metadata"]["annotations"][CHANGE_CAUSE] = cause.as_str().into();
                }
                out.push((revision(&set), template, cause));
            }
        }
        ("apps", "StatefulSet" | "DaemonSet") => {
            let path = format!("/apis/apps/v1/namespaces/{}/controllerrevisions", info.namespace);
            let selector = polymorphic::selector_of(&info.object)?;
            let list = cx.client()?.list(&path, &[("labelSelector", &selector)], None, 500).await?;
            for item in crate::discovery::array(&list["items"]) {
                let owners = crate::discovery::array(&item["metadata"]["ownerReferences"]);
                if owners.iter().any(|o| o["uid"] == info.object["metadata"]["uid"]) {
                    let cause = s(&item["metadata"]["annotations"][CHANGE_CAUSE]).to_string();
                    out.push((
                        item["revision"].as_i64().unwrap_or(0),
                        item["data"]["spec"]["template"].clone(),
                        cause,
                    ));
                }
            }
        }
        _ => return msg(format!("no history viewer has been implemented for {:?}", info.resource.kind)),
    }
    out.stable_sort_by_key(|(r, _, _)| *r);
    Ok(out)
}

/// `rollout undo`.
pub async fn undo(cx: &Cx) -> Result {
    let to = cx.flags.int("to-revision");
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let (infos, mut errors) = infos(cx).await?;
    for info in &infos {
        if info.object["metadata"]["annotations"].get(LAST_APPLIED).is_some() {
            cx.err(format!(
                "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.",
                info.resource.plural, info.name
            ));
        }
        let result = match (info.resource.group.as_str(), info.resource.kind.as_str()) {
            ("apps", "Deployment") => undo_deployment(cx, info, to, dry_run).await,
            ("apps", "StatefulSet" | "DaemonSet") => undo_revision(cx, info, to, dry_run).await,
            _ => msg(format!("no rollbacker has been implemented for {:?}", info.resource.kind)),
        };
        match result {
            Ok(text) => {
                if printer.is_human() {
                    let suffix = if dry_run == DryRun::Client { " (dry run)" } else { dry_run.suffix() };
                    cx.line(format!("{} {text}{suffix}", info.label()));
                } else {
                    cx.out(&printer.object(&info.object, false)?);
                }
            }
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

async fn undo_deployment(cx: &Cx, info: &Info, to: i64, dry_run: DryRun) -> Result<String> {
    let deployment = &info.object;
    let no_revision = || msg(format!("unable to find specified revision {to} in history"));
    if to < 0 {
        return no_revision();
    }
    let mut sets = replica_sets(cx, deployment).await?;
    sets.stable_sort_by_key(revision);
    let target = match to {
        0 if sets.len() < 2 => {
            return msg(format!("no rollout history found for deployment {:?}", info.name));
        }
        0 => sets[sets.len() - 2].clone(),
        _ => match sets.iter().find(|r| revision(r) == to) {
            Some(set) => set.clone(),
            None => return no_revision(),
        },
    };
    let wanted = without_hash(&target["spec"]["template"]);
    if dry_run == DryRun::Client {
        let mut out = describe::Out::default();
        template::write(&target["spec"]["template"], &mut out);
        return Ok(out.raw());
    }
    if deployment["spec"]["paused"] == true {
        return msg(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        );
    }
    if same_template(&wanted, &deployment["spec"]["template"]) {
        return Ok(format!("skipped rollback (current template already matches revision {to})"));
    }
    let own = |key: &str| {
        let prefix = "deployment.kubernetes.io/";
        key == LAST_APPLIED
            || key == REVISION
            || [
                format!("{prefix}revision-history"),
                format!("{prefix}desired-replicas"),
                format!("{prefix}max-replicas"),
            ]
            .iter()
            .any(|k| k == key)
    };
    let entries = |object: &Json| object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    let mut annotations: JsonMap = entries(deployment).into_iter().filter(|(k, _)| own(k)).collect();
    annotations.extend(entries(&target).into_iter().filter(|(k, _)| !own(k)));
    let patch = json!([
        { "op": "replace", "path": "/spec/template", "value": wanted },
        { "op": "replace", "path": "/metadata/annotations", "value": annotations },
    ]);
    let query = [("dryRun", dry_run.query())];
    cx.client()?
        .patch(&info.path(), &query, JSON_PATCH, &patch)
        .await
        .map_err(|e| e.prefixed("failed restoring revision: "))?;
    Ok("rolled back".into())
}

/// StatefulSets and DaemonSets: the stored revision is itself a patch.
async fn undo_revision(cx: &Cx, info: &Info, to: i64, dry_run: DryRun) -> Result<String> {
    let all = revisions(cx, info).await?;
    let found = match to {
        0 if all.len() < 2 => return msg("no last revision to roll back to"),
        0 => &all[all.len() - 2],
        _ => match all.iter().find(|(r, _, _)| *r == to) {
            Some(found) => found,
            None => return msg(format!("unable to find specified revision {to} in history")),
        },
    };
    let mut wanted = found.1.clone();
    wanted["$patch"] = "replace".into();
    if without_hash(&found.1) == without_hash(&info.object["spec"]["template"]) {
        return Ok(format!("skipped rollback (current template already matches revision {to})"));
    }
    if dry_run != DryRun::Client {
        let patch = json!({ "spec": { "template": wanted } });
        cx.client()?
            .patch(&info.path(), &[("dryRun", dry_run.query())], STRATEGIC_MERGE_PATCH, &patch)
            .await?;
    }
    Ok("rolled back".into())
}

/// `rollout pause` and `rollout resume`.
pub async fn pause(cx: &Cx, paused: bool) -> Result {
    let (done, already, verb) = if paused {
        ("paused", "is already paused", "pausing")
    } else {
        ("resumed", "is not paused", "resuming")
    };
    change(cx, done, |info| {
        if !info.resource.is("apps", "Deployment") {
            return Err(format!("{verb} is not supported"));
        }
        if (info.object["spec"]["paused"] == true) == paused {
            return Err(already.into());
        }
        Ok(json!({ "spec": { "paused": if paused { Json::Bool(true) } else { Json::Null } } }))
    })
    .await
}

/// `rollout restart`.
pub async fn restart(cx: &Cx) -> Result {
    let now = cx.host.now().rfc3339();
    change(cx, "restarted", |info| {
        let known = info.resource.group == "apps" && matches!(info.resource.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet");
        if !known {
            return Err("restarting is not supported".into());
        }
        if info.object["spec"]["paused"] == true {
            return Err("can't restart paused deployment (run rollout resume first)".into());
        }
        let key = "kubectl.kubernetes.io/restartedAt";
        if info.object["spec"]["template"]["metadata"]["annotations"][key] == now.as_str() {
            return Err("if restart has already been triggered within the past second, please wait before attempting to trigger another".into());
        }
        Ok(json!({ "spec": { "template": { "metadata": { "annotations": { key: now } } } } }))
    })
    .await
}

async fn change(
    cx: &Cx,
    done: &str,
    patch_of: impl Fn(&Info) -> std::result::Result<Json, String>,
) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    let (infos, mut errors) = infos(cx).await?;
    if infos.is_empty() && errors.is_empty() {
        cx.err("No resources found");
        return Ok(());
    }
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    for info in &infos {
        let patch = match patch_of(info) {
            Ok(patch) => patch,
            Err(text) if text.starts_with("if restart") => {
                errors.push(CmdError::Msg(format!("failed to create patch for {}: {text}", info.name)));
                continue;
            }
            Err(text) => {
                errors.push(CmdError::Msg(format!(
                    "error: {} {:?} {text}",
                    info.resource.group_resource(),
                    info.name
                )));
                continue;
            }
        };
        match cx.client()?.patch(&info.path(), &refs(&query), STRATEGIC_MERGE_PATCH, &patch).await {
            Ok(object) => ops::done(cx, &printer, info, done, &object, false)?,
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e.prefixed("failed to patch: ")),
        }
    }
    finish(errors)
}
