//! `kubectl apply`: client-side three-way merge with the last-applied annotation, or server-side apply.

use api::Json;
use api::base::yaml;
use api::http::{APPLY_YAML, MERGE_PATCH, STRATEGIC_MERGE_PATCH};
use serde_json::json;

use crate::apply_patch::{self, is_noop};
use crate::builder::{Builder, Info, Plan, Planned, finish, nested};
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::ops::{self, LAST_APPLIED, refs, with_last_applied, write_query};
use crate::print::{Printer, yaml as to_yaml};

/// How often a patch is tried when others write at the same time.
const TRIES: usize = 5;

/// Runs the command.
pub async fn apply(cx: &Cx) -> Result {
    if !cx.flags.args.is_empty() {
        return cx.usage(format!("Unexpected args: [{}]", cx.flags.args.join(" ")));
    }
    if cx.flags.list("filename").is_empty() && cx.flags.str("kustomize").is_empty() {
        return msg("must specify one of -f and -k");
    }
    if cx.flags.bool("prune") {
        if !cx.flags.bool("all") && cx.flags.str("selector").is_empty() {
            return msg(
                "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
            );
        }
        return cx.not_simulated("apply --prune");
    }
    let (server_side, dry_run) = (cx.flags.bool("server-side"), cx.dry_run()?);
    if cx.flags.bool("force-conflicts") && !server_side {
        return msg("--force-conflicts only works with --server-side");
    }
    if server_side && dry_run == DryRun::Client {
        return msg(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        );
    }
    let printer = Printer::from_flags(cx, false)?;
    let builder = Builder { validate: ops::validates(cx)?, ..Builder::from_flags(cx) };
    let Planned { plan, errors } = builder.plan(cx).await?;
    let Plan::Objects(infos) = plan else { return msg("must specify one of -f and -k") };
    if infos.is_empty() && errors.is_empty() {
        return msg("no objects passed to apply");
    }
    let mut errors = nested(errors);
    let mut done: Vec<Json> = Vec::new();
    for info in infos {
        let result =
            if server_side { server_apply(cx, &info).await } else { client_apply(cx, &info, dry_run).await };
        match result {
            Ok((what, object)) => {
                if printer.is_human() {
                    cx.line(format!("{} {what}{}", info.label(), dry_run.suffix()));
                } else {
                    done.push(object);
                }
            }
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    match done.as_slice() {
        [] => {}
        [one] => cx.out(&printer.object(one, false)?),
        _ => {
            let list = json!({ "apiVersion": "v1", "items": done, "kind": "List", "metadata": {} });
            cx.out(&printer.object(&list, false)?);
        }
    }
    finish(errors)
}

/// Names an object as errors do.
fn describe(info: &Info) -> String {
    let r = &info.resource;
    let gv = if r.group.is_empty() { format!("/{}", r.version) } else { r.api_version() };
    format!(
        "Resource: {:?}, GroupVersionKind: {:?}\nName: {:?}, Namespace: {:?}",
        format!("{gv}, Resource={}", r.plural),
        format!("{gv}, Kind={}", r.kind),
        info.name,
        info.namespace
    )
}

async fn server_apply(cx: &Cx, info: &Info) -> Result<(&'static str, Json)> {
    let manager = if cx.flags.changed("field-manager") { cx.flags.str("field-manager") } else { "kubectl" };
    let mut query = write_query(cx, manager)?;
    query.push(("force", cx.flags.bool("force-conflicts").to_string()));
    if info.name.is_empty() {
        return msg(format!("error when creating {:?}: resource name may not be empty", info.source));
    }
    match cx.client()?.patch(&info.path(), &refs(&query), APPLY_YAML, &info.object).await {
        Ok(object) => Ok(("serverside-applied", object)),
        Err(CmdError::Status(status))
            if status["reason"] == "Conflict"
                && !crate::discovery::array(&status["details"]["causes"]).is_empty() =>
        {
            msg(format!(
                "{}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n\
                 * If you intend to manage all of these fields, please re-run the apply\n  command with the `--force-conflicts` flag.\n\
                 * If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n\
                 * You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\n\
                 See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
                status["message"].as_str().unwrap_or("")
            ))
        }
        Err(e) if e.reason() == "UnsupportedMediaType" => {
            msg(format!("Server-side apply not available on the server: ({})", e.text()))
        }
        Err(e) => Err(e),
    }
}

async fn client_apply(cx: &Cx, info: &Info, dry_run: DryRun) -> Result<(&'static str, Json)> {
    let client = cx.client()?;
    let modified = with_last_applied(&info.object);
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    let current = if info.name.is_empty() {
        if info.object["metadata"]["generateName"].as_str().is_some_and(|g| !g.is_empty()) {
            let from = info.object["metadata"]["generateName"].as_str().unwrap_or("");
            return msg(format!("from {from}: cannot use generate name with apply"));
        }
        msg("resource name may not be empty")
    } else {
        client.get(&info.path(), &[]).await
    };
    let current = match current {
        Ok(current) => current,
        Err(e) if e.is_not_found() => {
            if dry_run == DryRun::Client {
                return Ok(("created", modified));
            }
            let created = client.create(&info.collection(), &refs(&query), &strip_version(modified)).await;
            return created.map(|o| ("created", o)).map_err(|e| e.with_source("creating", &info.source));
        }
        Err(e) => {
            let verb = format!("retrieving current configuration of:\n{}\nfrom server for:", describe(info));
            return Err(e.with_source(&verb, &info.source));
        }
    };
    if current["metadata"]["annotations"].get(LAST_APPLIED).is_none() {
        cx.err(format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.",
            info.resource.plural, info.name
        ));
    }
    if dry_run == DryRun::Client {
        let original = current["metadata"]["annotations"][LAST_APPLIED].as_str();
        let original = original.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null);
        let changes = !is_noop(&apply_patch::three_way(&original, &modified, &current).patch);
        return Ok((if changes { "configured" } else { "unchanged" }, current));
    }
    patch_until_done(cx, info, &modified, current, &query).await
}

async fn patch_until_done(
    cx: &Cx,
    info: &Info,
    modified: &Json,
    mut current: Json,
    query: &[(&'static str, String)],
) -> Result<(&'static str, Json)> {
    let client = cx.client()?;
    for attempt in 1.. {
        let original = current["metadata"]["annotations"][LAST_APPLIED]
            .as_str()
            .and_then(|t| serde_json::from_str(t).ok())
            .unwrap_or(Json::Null);
        let patch = apply_patch::three_way(&original, modified, &current);
        if is_noop(&patch.patch) {
            return Ok(("unchanged", current));
        }
        if current["metadata"].get("deletionTimestamp").is_some_and(|t| !t.is_null()) {
            cx.err(format!(
                "Warning: Detected changes to resource {} which is currently being deleted.",
                info.name
            ));
        }
        let content_type = if patch.strategic { STRATEGIC_MERGE_PATCH } else { MERGE_PATCH };
        match client.patch(&info.path(), &refs(query), content_type, &patch.patch).await {
            Ok(object) => return Ok(("configured", object)),
            Err(e) if e.reason() == "Conflict" && attempt < TRIES => {
                cx.host.sleep(1_000_000).await;
                current = client.get(&info.path(), &[]).await?;
            }
            Err(e) if cx.flags.bool("force") && matches!(e.reason(), "Conflict" | "Invalid") => {
                client.delete(&info.path(), &[], &json!({ "propagationPolicy": "Background" })).await?;
                crate::cmd::delete::wait_gone(
                    cx,
                    info,
                    current["metadata"]["uid"].as_str().unwrap_or(""),
                    crate::wait::Deadline(None),
                )
                .await?;
                return Ok((
                    "configured",
                    client.create(&info.collection(), &refs(query), &strip_version(modified.clone())).await?,
                ));
            }
            Err(e) => {
                let e = e.with_source("patching", &info.source);
                let verb = format!(
                    "applying patch:\n{}\nto:\n{}\nfor:",
                    api::base::json::go_compact(&patch.patch),
                    describe(info)
                );
                return Err(e.with_source(&verb, &info.source));
            }
        }
    }
    msg("the object has been modified too often")
}

/// A new object must not name a resource version.
fn strip_version(mut object: Json) -> Json {
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.shift_remove("resourceVersion");
    }
    object
}

/// `kubectl apply view-last-applied`.
pub async fn view_last_applied(cx: &Cx) -> Result {
    let (infos, errors) = Builder::from_flags(cx).infos(cx).await?;
    for info in infos {
        let Some(text) = info.object["metadata"]["annotations"][LAST_APPLIED].as_str() else {
            return msg(format!("no last-applied-configuration annotation found on resource: {}", info.name));
        };
        let value: Json = serde_json::from_str(text).map_err(|e| CmdError::Msg(e.to_string()))?;
        match cx.flags.str("output") {
            "yaml" | "" => cx.out(&to_yaml(&value)),
            "json" => cx.out(&(crate::print::json_text(&value).replace("    ", "  ") + "\n")),
            other => {
                return msg(format!(
                    "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
                ));
            }
        }
    }
    finish(errors)
}

/// `kubectl apply set-last-applied -f FILE`.
pub async fn set_last_applied(cx: &Cx) -> Result {
    let (infos, errors) = Builder::from_flags(cx).infos(cx).await?;
    let printer = Printer::from_flags(cx, false)?;
    for info in infos {
        let current = cx.client()?.get(&info.path(), &[]).await?;
        if current["metadata"]["annotations"].get(LAST_APPLIED).is_none()
            && !cx.flags.bool("create-annotation")
        {
            return msg(format!(
                "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the command with --create-annotation",
                info.name
            ));
        }
        let wanted = with_last_applied(&info.object);
        let patch = json!({ "metadata": { "annotations": { LAST_APPLIED: wanted["metadata"]["annotations"][LAST_APPLIED] } } });
        let mut object = current;
        if cx.dry_run()? != DryRun::Client {
            let query = write_query(cx, "kubectl")?;
            object = cx.client()?.patch(&info.path(), &refs(&query), MERGE_PATCH, &patch).await?;
        }
        ops::done(cx, &printer, &info, "configured", &object, false)?;
    }
    finish(errors)
}

/// `kubectl apply edit-last-applied`.
pub async fn edit_last_applied(cx: &Cx) -> Result {
    let (infos, errors) = Builder::from_flags(cx).infos(cx).await?;
    for info in infos {
        let text = info.object["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or("{}");
        let before: Json = serde_json::from_str(text).unwrap_or(Json::Null);
        let edited = cx.host.edit(&format!("{}.yaml", info.name), to_yaml(&before)).await;
        let Some(edited) = edited.map_err(CmdError::Msg)? else {
            cx.err("Edit cancelled, no changes made.");
            continue;
        };
        let after = yaml::parse(&edited)
            .map_err(|e| CmdError::Msg(format!("error converting YAML to JSON: {e}")))?
            .value;
        if after == before {
            cx.err("Edit cancelled, no changes made.");
            continue;
        }
        let patch = json!({ "metadata": { "annotations": { LAST_APPLIED: api::base::json::go_compact(&after) + "\n" } } });
        cx.client()?.patch(&info.path(), &[("fieldManager", "kubectl-edit")], MERGE_PATCH, &patch).await?;
        cx.line(format!("{} edited", info.label()));
    }
    finish(errors)
}
