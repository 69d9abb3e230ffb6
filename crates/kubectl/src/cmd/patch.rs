//! `kubectl patch`, `kubectl replace`, `kubectl edit`.

use api::Json;
use api::base::yaml;
use api::http::{JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH};
use serde_json::json;

use crate::apply_patch;
use crate::builder::{Builder, Info, Plan, Planned, finish, nested};
use crate::client;
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::kubeconfig::absolute;
use crate::ops::{self, refs, with_last_applied, write_query};
use crate::print::Printer;
use crate::wait::Deadline;

/// `kubectl patch`.
pub async fn patch(cx: &Cx) -> Result {
    let (text, file) = (cx.flags.str("patch"), cx.flags.str("patch-file"));
    let text = match (text, file) {
        ("", "") => return msg("must specify --patch or --patch-file containing the contents of the patch"),
        (text, "") => text.to_string(),
        ("", file) => {
            let bytes = cx
                .host
                .read_file(&absolute(&*cx.host, file))
                .map_err(|e| CmdError::Msg(format!("unable to read patch file: open {file}: {e}")))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return msg("cannot specify --patch and --patch-file together"),
    };
    let content_type = match cx.flags.str("type") {
        "strategic" | "" => STRATEGIC_MERGE_PATCH,
        "merge" => MERGE_PATCH,
        "json" => JSON_PATCH,
        other => return msg(format!("--type must be one of [json merge strategic], not {other:?}")),
    };
    // Text that begins like JSON is sent as it is; the server says what is wrong with it.
    let text = if text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<Json>(&text).is_err()
        && text.trim_start().starts_with('{')
    {
        text
    } else {
        let value =
            yaml::parse(&text).map_err(|e| CmdError::Msg(format!("unable to parse {text:?}: {e}")))?;
        value.value.to_string()
    };
    if cx.flags.bool("local") {
        return cx.not_simulated("patch --local");
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let Planned { plan, mut errors } =
        Builder { allow_empty_selector: false, ..Builder::from_flags(cx) }.plan(cx).await?;
    let (Plan::Names(infos) | Plan::Objects(infos)) = plan else {
        return msg("resource(s) were provided, but no name was specified");
    };
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    for mut info in infos {
        let before = match info.fetch(cx).await {
            Ok(()) => info.object.clone(),
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => {
                errors.push(e);
                continue;
            }
        };
        let path = client::object(&info.resource, &info.namespace, &info.name, cx.flags.str("subresource"));
        let result = match dry_run {
            DryRun::Client => Ok(before.clone()),
            _ => ops::patch_text(cx, &path, &refs(&query), content_type, &text).await,
        };
        match result {
            Ok(after) => {
                let same = dry_run != DryRun::Client
                    && after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"];
                let words = if same { "patched (no change)" } else { "patched" };
                ops::done(cx, &printer, &info, words, &after, false)?;
            }
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) if e.reason() == "UnsupportedMediaType" => {
                let r = &info.resource;
                let gv = if r.group.is_empty() { format!("/{}", r.version) } else { r.api_version() };
                errors
                    .push(e.prefixed(&format!("{content_type} is not supported by {gv}, Kind={}: ", r.kind)));
            }
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

/// `kubectl replace`.
pub async fn replace(cx: &Cx) -> Result {
    if cx.flags.list("filename").is_empty() && cx.flags.str("kustomize").is_empty() {
        return msg("must specify one of -f and -k");
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let force = cx.flags.bool("force");
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    let builder = Builder { validate: ops::validates(cx)?, ..Builder::from_flags(cx) };
    let Planned { plan, errors: file_errors } = builder.plan(cx).await?;
    let mut errors = Vec::new();
    let Plan::Objects(infos) = plan else { return msg("must specify one of -f and -k") };
    for mut info in infos {
        if cx.flags.bool("save-config") || has_last_applied(cx, &info).await {
            info.object = with_last_applied(&info.object);
        }
        let result = match (dry_run, force) {
            (DryRun::Client, _) => Ok(info.object.clone()),
            (_, true) => recreate(cx, &info, &query).await,
            _ => put(cx, &info, &query).await,
        };
        match result {
            Ok(object) => ops::done(cx, &printer, &info, "replaced", &object, false)?,
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e.with_source("replacing", &info.source)),
        }
    }
    errors.extend(nested(file_errors));
    finish(errors)
}

/// Objects that `apply` keeps keep their annotation.
async fn has_last_applied(cx: &Cx, info: &Info) -> bool {
    let Ok(client) = cx.client() else { return false };
    let current = client.get(&info.path(), &[]).await.unwrap_or_default();
    current["metadata"]["annotations"].get(ops::LAST_APPLIED).is_some()
}

async fn put(cx: &Cx, info: &Info, query: &[(&'static str, String)]) -> Result<Json> {
    let client = cx.client()?;
    let mut object = info.object.clone();
    let subresource = cx.flags.str("subresource");
    // Without a version in the file the object is replaced whatever its version is.
    if object["metadata"]["resourceVersion"].as_str().unwrap_or("").is_empty() {
        let current = client.get(&info.path(), &[]).await?;
        object["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"].clone();
    }
    client
        .replace(
            &client::object(&info.resource, &info.namespace, &info.name, subresource),
            &refs(query),
            &object,
        )
        .await
}

async fn recreate(cx: &Cx, info: &Info, query: &[(&'static str, String)]) -> Result<Json> {
    let client = cx.client()?;
    let grace = cx.flags.int("grace-period").max(0);
    let options = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": grace, "propagationPolicy": "Background" });
    match client.delete(&info.path(), &[], &options).await {
        Ok(answer) => {
            let place = if info.namespace.is_empty() {
                String::new()
            } else {
                format!(" from {} namespace", info.namespace)
            };
            cx.line(format!("{} {:?} deleted{place}", info.resource.kind_name(), info.name));
            let uid = answer["metadata"]["uid"]
                .as_str()
                .or(answer["details"]["uid"].as_str())
                .unwrap_or("")
                .to_string();
            super::delete::wait_gone(cx, info, &uid, Deadline::after(cx, cx.flags.duration("timeout")))
                .await?;
        }
        Err(e) if e.is_not_found() => {}
        Err(e) => return Err(e),
    }
    client.create(&info.collection(), &refs(query), &info.object).await
}

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// `kubectl edit`.
pub async fn edit(cx: &Cx) -> Result {
    let builder = Builder { allow_empty_selector: true, ..Builder::from_flags(cx) };
    let (infos, mut errors) = builder.infos(cx).await?;
    if infos.is_empty() {
        if errors.is_empty() {
            return msg("edit cancelled, no objects found");
        }
        return finish(errors);
    }
    for mut info in infos {
        if !info.source.is_empty() {
            info.fetch(cx).await?;
        }
        match edit_one(cx, &info).await {
            Ok(()) => {}
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

async fn edit_one(cx: &Cx, info: &Info) -> Result {
    let mut object = info.object.clone();
    if !cx.flags.bool("show-managed-fields") {
        crate::print::drop_managed_fields(&mut object);
    }
    let as_json = cx.flags.str("output") == "json";
    let original = if as_json { crate::print::json_text(&object) + "\n" } else { yaml::to_string(&object) };
    let suffix = if as_json { "json" } else { "yaml" };
    let name = format!("kubectl-edit-{}.{suffix}", info.name);
    let mut text = format!("{HEADER}{original}");
    let mut problem = String::new();
    loop {
        let Some(edited) = cx.host.edit(&name, text.clone()).await.map_err(CmdError::Msg)? else {
            cx.err("Edit cancelled, no changes made.");
            return Ok(());
        };
        let kept: String = edited.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
        if kept.trim().is_empty() {
            cx.err("Edit cancelled, saved file was empty.");
            return Ok(());
        }
        if kept == original || (!problem.is_empty() && edited == text) {
            if problem.is_empty() {
                cx.err("Edit cancelled, no changes made.");
                return Ok(());
            }
            let copy =
                format!("/tmp/kubectl-edit-{}.{suffix}", cx.host.now().0.unsigned_abs() % 10_000_000_000);
            if cx.host.write_file(&copy, edited.as_bytes()).is_ok() {
                cx.err(format!("A copy of your changes has been stored to {copy:?}"));
            }
            return msg("Edit cancelled, no valid changes were saved.");
        }
        match save(cx, info, &object, &kept).await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                cx.err("Edit cancelled, no changes made.");
                return Ok(());
            }
            Err(e) => {
                // The editor opens again with the failure on top, as long as the user goes on changing the text.
                let who = format!("{} {:?}", info.resource.group_resource(), info.name);
                let (told, reasons) = refusal(&e, &who);
                problem = told.clone();
                cx.err(format!("error: {told}"));
                text = format!("{HEADER}{reasons}#\n{kept}");
                if cx.host.interrupted() {
                    return Err(e);
                }
            }
        }
    }
}

/// What is told about a refused edit, and the comment lines that stand on top of the file when it opens again.
/// Upstream: cmd/util/editor/editoptions.go.
fn refusal(error: &CmdError, who: &str) -> (String, String) {
    let CmdError::Status(status) = error else {
        let text = error.text();
        return (text.clone(), text.lines().map(|line| format!("# {line}\n")).collect());
    };
    let (told, head, mut reasons) = match status["reason"].as_str() {
        Some("Invalid") => (format!("{who} is invalid"), format!("{who} was not valid"), Vec::new()),
        Some("NotFound") => {
            let head = format!("{who} could not be found on the server");
            (head.clone(), head, Vec::new())
        }
        _ => {
            let why = error.text();
            (format!("{who} could not be patched: {why}"), format!("{who} could not be patched"), vec![why])
        }
    };
    for cause in status["details"]["causes"].as_array().into_iter().flatten() {
        let part = |key: &str| cause[key].as_str().unwrap_or_default().to_owned();
        reasons.push(format!("{}: {}", part("field"), part("message")));
    }
    let colon = if reasons.is_empty() { "" } else { ":" };
    let list: String = reasons.iter().map(|reason| format!("# * {reason}\n")).collect();
    (told, format!("# {head}{colon}\n{list}"))
}

async fn save(cx: &Cx, info: &Info, before: &Json, text: &str) -> Result<bool> {
    let parsed = yaml::parse(text).map_err(|e| {
        CmdError::Msg(format!("error parsing edited-file: error converting YAML to JSON: {e}"))
    })?;
    let mut after = parsed.value;
    if &after == before {
        return Ok(false);
    }
    if after["kind"] != before["kind"] || after["metadata"]["name"] != before["metadata"]["name"] {
        return msg("At least one of apiVersion, kind and name was changed");
    }
    let applied = before["metadata"]["annotations"].get(ops::LAST_APPLIED).is_some();
    if cx.flags.bool("save-config") && applied {
        after = with_last_applied(&after);
    }
    let patch = apply_patch::two_way(before, &after);
    if apply_patch::is_noop(&patch.patch) {
        return Ok(false);
    }
    let content_type = if patch.strategic { STRATEGIC_MERGE_PATCH } else { MERGE_PATCH };
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    let path = client::object(&info.resource, &info.namespace, &info.name, cx.flags.str("subresource"));
    let object = cx.client()?.patch(&path, &refs(&query), content_type, &patch.patch).await?;
    let printer = Printer::from_flags(cx, false)?;
    ops::done(cx, &printer, info, "edited", &object, false)?;
    Ok(true)
}
