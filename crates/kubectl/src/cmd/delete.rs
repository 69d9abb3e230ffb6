//! `kubectl delete`: by name, file, selector; waits until the objects are gone.

use serde_json::json;

use crate::builder::{Builder, Info, Plan, Planned, finish, nested};
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::wait::{Deadline, Watch, interrupted};

/// Runs the command.
pub async fn delete(cx: &Cx) -> Result {
    if !cx.flags.str("raw").is_empty() {
        let answer = cx.client()?.delete(cx.flags.str("raw"), &[], &json!({})).await?;
        cx.out(&crate::print::json_text(&answer));
        return Ok(());
    }
    let builder = Builder::from_flags(cx);
    let dry_run = cx.dry_run()?;
    let how = How::read(cx)?;
    check_flags(cx, &builder).await?;
    let mut ignore = cx.flags.bool("ignore-not-found");
    if (builder.all || builder.selector.is_some()) && !cx.flags.changed("ignore-not-found") {
        ignore = true;
    }
    if how.force {
        cx.err("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
    }
    let Planned { plan, errors: file_errors } = builder.plan(cx).await?;
    let mut errors = Vec::new();
    let infos = match plan {
        Plan::Objects(infos) | Plan::Names(infos) => infos,
        Plan::Lists(_) => {
            let (infos, more) = builder.infos(cx).await?;
            errors.extend(more);
            infos
        }
    };
    if cx.flags.bool("interactive") && !confirmed(cx, &infos).await? {
        cx.line("deletion is cancelled");
        return Ok(());
    }
    let options = how.options();
    let mut gone = Vec::new();
    let mut found = 0;
    for info in infos {
        match delete_one(cx, &info, &options, dry_run).await {
            Ok(uid) => {
                found += 1;
                announce(cx, &info, how.force, dry_run);
                gone.push((info, uid));
            }
            Err(e) if e.is_not_found() && ignore => {}
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => {
                found += 1;
                errors.push(e.with_source("deleting", &info.source));
            }
        }
    }
    errors.extend(nested(file_errors));
    if found == 0 && errors.is_empty() && !(cx.flags.bool("ignore-not-found")) {
        cx.line("No resources found");
        return Ok(());
    }
    if dry_run == DryRun::None && how.waits(cx) {
        wait_all_gone(cx, &gone, &mut errors).await?;
    }
    finish(errors)
}

/// How objects are deleted: what `--force`, `--now`, `--grace-period` and `--cascade` come to.
struct How {
    force: bool,
    /// Seconds; negative for the object's own grace period.
    grace: i64,
    /// As in DeleteOptions.
    propagation: &'static str,
}

impl How {
    fn read(cx: &Cx) -> Result<How> {
        let (force, now) = (cx.flags.bool("force"), cx.flags.bool("now"));
        let mut grace = cx.flags.int("grace-period");
        if now {
            if grace != -1 {
                return msg("--now and --grace-period cannot be specified together");
            }
            grace = 1;
        }
        if grace == 0 && !force {
            // kubectl turns an unforced 0 into 1, so that nothing is lost by accident.
            grace = 1;
        }
        if force && grace < 0 {
            grace = 0;
        }
        let propagation = match cx.flags.str("cascade") {
            "background" | "true" => "Background",
            "orphan" | "false" => "Orphan",
            "foreground" => "Foreground",
            other => {
                return msg(format!(
                    "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
                ));
            }
        };
        if force && grace > 0 {
            return msg("--force and --grace-period greater than 0 cannot be specified together");
        }
        Ok(How { force, grace, propagation })
    }

    /// `v1 DeleteOptions`
    fn options(&self) -> api::Json {
        let mut options =
            json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": self.propagation });
        if self.grace >= 0 {
            options["gracePeriodSeconds"] = self.grace.into();
        }
        options
    }

    /// Forced deletion has nothing to wait for, unless asked.
    fn waits(&self, cx: &Cx) -> bool {
        cx.flags.bool("wait") && !(self.force && !cx.flags.changed("wait") && self.grace == 0)
    }
}

/// What flags and arguments may not say together.
async fn check_flags(cx: &Cx, builder: &Builder) -> Result {
    if !matches!(cx.flags.str("output"), "" | "name") {
        return msg(format!(
            "unexpected -o output mode: {}. We only support '-o name'",
            cx.flags.str("output")
        ));
    }
    if builder.all && builder.field_selector.is_some() {
        return msg("cannot use --all with --field-selector");
    }
    if builder.all && builder.selector.is_some() {
        return msg("cannot use --all with --selector");
    }
    let by_name = builder.args.len() > 1
        || builder.args.iter().any(|a| a.contains('/'))
        || !builder.filenames.is_empty();
    let selected = builder.all || builder.selector.is_some() || builder.field_selector.is_some();
    if !by_name && !selected && !builder.args.is_empty() {
        crate::builder::resource_types(cx, &builder.args[0]).await?;
        return msg("resource(s) were provided, but no name was specified");
    }
    Ok(())
}

/// Waits for all of them until `--timeout`; those that stay are errors.
async fn wait_all_gone(cx: &Cx, gone: &[(Info, String)], errors: &mut Vec<CmdError>) -> Result {
    let deadline = Deadline::after(cx, cx.flags.duration("timeout"));
    for (info, uid) in gone {
        if let Err(e) = wait_gone(cx, info, uid, deadline).await {
            errors.push(e);
        }
        if cx.host.interrupted() {
            return Err(interrupted());
        }
    }
    Ok(())
}

async fn confirmed(cx: &Cx, infos: &[Info]) -> Result<bool> {
    cx.line(format!("You are about to delete the following {} resource(s):", infos.len()));
    for info in infos {
        cx.line(format!("{}/{}", info.resource.kind_name(), info.name));
    }
    cx.out("Do you want to continue? (y/n): ");
    match cx.host.stdin().await {
        crate::host::StdinEvent::Data(bytes) => {
            Ok(bytes.first().is_some_and(|b| b.eq_ignore_ascii_case(&b'y')))
        }
        _ => Ok(false),
    }
}

/// Deletes; returns the object's uid.
async fn delete_one(cx: &Cx, info: &Info, options: &api::Json, dry_run: DryRun) -> Result<String> {
    if info.name.is_empty() {
        return msg("resource name may not be empty");
    }
    let client = cx.client()?;
    if dry_run == DryRun::Client {
        let object = client.get(&info.path(), &[]).await?;
        return Ok(crate::discovery::text(&object["metadata"]["uid"]));
    }
    let answer = client.delete(&info.path(), &[("dryRun", dry_run.query())], options).await?;
    let uid = answer["metadata"]["uid"].as_str().or(answer["details"]["uid"].as_str()).unwrap_or("");
    Ok(uid.to_string())
}

fn announce(cx: &Cx, info: &Info, force: bool, dry_run: DryRun) {
    if cx.flags.str("output") == "name" {
        cx.line(info.label());
        return;
    }
    let verb = if force { "force deleted" } else { "deleted" };
    let place =
        if info.resource.namespaced { format!(" from {} namespace", info.namespace) } else { String::new() };
    cx.line(format!("{} {:?} {verb}{place}{}", info.resource.kind_name(), info.name, dry_run.suffix()));
}

/// Waits until the object is gone or another has its name.
///
/// # Errors
/// The deadline has passed.
pub async fn wait_gone(cx: &Cx, info: &Info, uid: &str, deadline: Deadline) -> Result {
    let path = info.path();
    loop {
        let current = match cx.client()?.get(&path, &[]).await {
            Ok(current) => current,
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) => return Err(e),
        };
        if !uid.is_empty() && current["metadata"]["uid"] != uid {
            return Ok(());
        }
        let name = format!("metadata.name={}", info.name);
        let version = crate::discovery::text(&current["metadata"]["resourceVersion"]);
        let query = [("fieldSelector", name.as_str()), ("resourceVersion", version.as_str())];
        let mut watch = Watch::open(cx, &info.collection(), &query, None).await?;
        loop {
            let Some(event) = deadline.run(cx, watch.next()).await else {
                return msg(format!(
                    "timed out waiting for the condition on {}/{}",
                    info.resource.plural, info.name
                ));
            };
            match event {
                Ok(Some((kind, object)))
                    if kind == "DELETED" || (!uid.is_empty() && object["metadata"]["uid"] != uid) =>
                {
                    return Ok(());
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        if cx.host.interrupted() {
            return Err(interrupted());
        }
        cx.host.sleep(100_000).await;
    }
}
