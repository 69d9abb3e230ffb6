//! `kubectl label` and `kubectl annotate`.

use api::Json;
use api::http::MERGE_PATCH;
use collections::StableSort;

use crate::builder::{Builder, Info, Plan, Planned, finish};
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::ops::{self, merge_patch, refs, write_query};
use crate::print::Printer;

const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Which of the two commands runs.
struct Words {
    /// `labels` or `annotations`.
    field: &'static str,
    one: &'static str,
    done: &'static str,
}

/// `kubectl label`.
pub async fn label(cx: &Cx) -> Result {
    run(cx, Words { field: "labels", one: "label", done: "labeled" }).await
}

/// `kubectl annotate`.
pub async fn annotate(cx: &Cx) -> Result {
    run(cx, Words { field: "annotations", one: "annotation", done: "annotated" }).await
}

async fn run(cx: &Cx, words: Words) -> Result {
    let is_update = |a: &String| (a.contains('=') && !a.starts_with('=')) || a.ends_with('-');
    let first = cx.flags.args.iter().position(is_update).unwrap_or(cx.flags.args.len());
    let (resources, updates) = cx.flags.args.split_at(first);
    if resources.is_empty() && cx.flags.list("filename").is_empty() && cx.flags.str("kustomize").is_empty() {
        return msg("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    let (mut set, mut remove): (Vec<(String, String)>, Vec<String>) = (Vec::new(), Vec::new());
    for update in updates {
        if let Some((key, value)) = update.split_once('=').filter(|(k, _)| !k.is_empty()) {
            if words.field == "labels" && !valid_value(value) {
                return msg(format!("invalid label value: {update:?}: {VALUE_RULE}"));
            }
            set.push((key.into(), value.into()));
        } else if let Some(key) = update.strip_suffix('-') {
            remove.push(key.into());
        } else {
            return msg(format!("all resources must be specified before {} changes: {update}", words.one));
        }
    }
    if let Some((key, _)) = set.iter().find(|(k, _)| remove.contains(k)) {
        let _ = key;
        return msg(format!(
            "can not both modify and remove a{} {} in the same command",
            if words.one == "label" { "" } else { "n" },
            words.one
        ));
    }
    if set.is_empty() && remove.is_empty() && !cx.flags.bool("list") {
        return msg(format!("at least one {} update is required", words.one));
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let builder = Builder { args: resources.to_vec(), ..Builder::from_flags(cx) };
    let (infos, mut errors) = fetched(cx, &builder).await?;
    for info in &infos {
        match change(cx, info, &words, &set, &remove, &printer, dry_run).await {
            Ok(()) => {}
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

/// The objects as they are on the server; files only name them.
async fn fetched(cx: &Cx, builder: &Builder) -> Result<(Vec<Info>, Vec<CmdError>)> {
    let Planned { plan, mut errors } = builder.plan(cx).await?;
    let Plan::Objects(named) = plan else { return builder.infos(cx).await };
    let mut infos = Vec::new();
    for mut info in named {
        if cx.flags.bool("local") {
            infos.push(info);
            continue;
        }
        match info.fetch(cx).await {
            Ok(()) => infos.push(info),
            Err(e) => errors.push(e),
        }
    }
    Ok((infos, errors))
}

fn valid_value(value: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    value.len() <= 63
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && edge(value.chars().next())
        && edge(value.chars().last())
}

async fn change(
    cx: &Cx,
    info: &Info,
    words: &Words,
    set: &[(String, String)],
    remove: &[String],
    printer: &Printer,
    dry_run: DryRun,
) -> Result {
    let overwrite = cx.flags.bool("overwrite");
    let current = &info.object["metadata"][words.field];
    if cx.flags.bool("list") {
        let mut lines: Vec<String> = current
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("")))
            .collect();
        lines.stable_sort();
        lines.iter().for_each(|l| cx.line(l));
        if set.is_empty() && remove.is_empty() {
            return Ok(());
        }
    }
    if !overwrite {
        let taken: Vec<String> = set
            .iter()
            .filter_map(|(k, v)| {
                current
                    .get(k)
                    .and_then(Json::as_str)
                    .filter(|old| old != v)
                    .map(|old| format!("'{k}' already has a value ({old})"))
            })
            .collect();
        if !taken.is_empty() {
            return msg(match words.one {
                "label" => format!("{}, and --overwrite is false", taken[0]),
                _ => format!(
                    "--overwrite is false but found the following declared annotation(s): {}",
                    taken.join("; ")
                ),
            });
        }
    }
    let mut after = info.object.clone();
    if !after["metadata"][words.field].is_object() {
        after["metadata"][words.field] = serde_json::json!({});
    }
    for (key, value) in set {
        after["metadata"][words.field][key] = value.as_str().into();
    }
    for key in remove {
        let map = after["metadata"][words.field].as_object_mut();
        if map.is_some_and(|m| m.shift_remove(key).is_none()) && words.one == "label" {
            cx.line(format!("label {key:?} not found."));
        }
    }
    if current.is_null() && after["metadata"][words.field].as_object().is_some_and(|m| m.is_empty()) {
        after = info.object.clone();
    }
    let changed = after != info.object;
    let done = match (words.one, changed) {
        ("label", false) => "not labeled",
        ("label", true) if !overwrite && after.to_string().len() < info.object.to_string().len() => {
            "unlabeled"
        }
        _ => words.done,
    };
    let mut object = after.clone();
    if dry_run != DryRun::Client && !cx.flags.bool("local") && (changed || words.one != "label") {
        let query = write_query(cx, cx.flags.str("field-manager"))?;
        let mut patch = merge_patch(&info.object, &after);
        if !cx.flags.str("resource-version").is_empty() {
            patch["metadata"]["resourceVersion"] = cx.flags.str("resource-version").into();
        }
        object = cx.client()?.patch(&info.path(), &refs(&query), MERGE_PATCH, &patch).await?;
    }
    ops::done(cx, printer, info, done, &object, false)
}
