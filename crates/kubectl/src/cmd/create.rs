//! `kubectl create`: from files, and the generators in `create/`.

pub mod data;
pub mod network;
pub mod rbac;
pub mod simple;
pub mod workload;

use std::rc::Rc;

use api::meta::object::kind_info;
use api::{Gvk, Json};

use crate::builder::{Builder, Info, Plan, Planned, finish, nested};
use crate::cx::{Cx, DryRun};
use crate::discovery::{Resource, split};
use crate::error::{CmdError, Result, msg};
use crate::ops::{self, LAST_APPLIED, refs, with_last_applied, write_query};
use crate::print::Printer;

/// Creates what files describe.
pub async fn create(cx: &Cx) -> Result {
    if let Some(word) = cx.flags.args.first() {
        return cx.usage(format!("unknown command {word:?}"));
    }
    if cx.flags.list("filename").is_empty() && cx.flags.str("kustomize").is_empty() {
        return msg("must specify one of -f and -k");
    }
    if cx.flags.bool("edit") {
        return cx.not_simulated("create --edit");
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    let builder = Builder { validate: ops::validates(cx)?, ..Builder::from_flags(cx) };
    let Planned { plan, errors: file_errors } = builder.plan(cx).await?;
    let mut errors = Vec::new();
    let Plan::Objects(infos) = plan else { return msg("must specify one of -f and -k") };
    if infos.is_empty() && file_errors.is_empty() {
        return msg("no objects passed to create");
    }
    for mut info in infos {
        if cx.flags.bool("save-config") {
            info.object = with_last_applied(&info.object);
        }
        // What is new has no version yet.
        if let Some(meta) = info.object["metadata"].as_object_mut() {
            meta.shift_remove("resourceVersion");
        }
        let object = match dry_run {
            DryRun::Client => Ok(info.object.clone()),
            _ => cx.client()?.create(&info.collection(), &refs(&query), &info.object).await,
        };
        match object {
            Ok(object) => {
                // A generated name is known only now.
                if let Some(name) = object["metadata"]["name"].as_str() {
                    info.name = name.to_string();
                }
                ops::done(cx, &printer, &info, "created", &object, false)?;
            }
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e.with_source("creating", &info.source)),
        }
    }
    errors.extend(nested(file_errors));
    finish(errors)
}

/// Returns the one NAME argument.
///
/// # Errors
/// There is none, or more than one.
pub fn name(cx: &Cx) -> Result<String> {
    match cx.flags.args.as_slice() {
        [name] => Ok(name.clone()),
        more => cx.usage(format!("exactly one NAME is required, got {}", more.len())),
    }
}

/// Returns NAME and the command behind it (`create deployment NAME -- COMMAND`).
///
/// # Errors
/// There is no NAME, or more than one.
pub fn name_and_command(cx: &Cx) -> Result<(String, Vec<String>)> {
    let at = cx.flags.dash.unwrap_or(cx.flags.args.len());
    let (names, command) = cx.flags.args.split_at(at);
    match names {
        [name] => Ok((name.clone(), command.to_vec())),
        more => cx.usage(format!("exactly one NAME is required, got {}", more.len())),
    }
}

/// Returns the resource of a built-in object without asking the server, as the typed clients do.
pub fn builtin(object: &Json) -> Option<Rc<Resource>> {
    let (group, version) = split(object["apiVersion"].as_str()?);
    let kind = object["kind"].as_str()?;
    let known = kind_info(&Gvk::new(group, version, kind))?;
    Some(Rc::new(Resource {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        plural: known.plural.into(),
        namespaced: known.namespaced,
        ..Resource::default()
    }))
}

/// Sends a generated object (in Go's order of fields) and prints the outcome. `failed` is put before an error.
pub async fn submit(cx: &Cx, mut object: Json, failed: &str) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    // A flag that has no meaning is told before anything is made.
    cx.dry_run()?;
    let Some(resource) = builtin(&object) else { return msg("no such kind") };
    let namespace = if resource.namespaced { cx.namespace()? } else { String::new() };
    if resource.namespaced && cx.namespace_enforced() {
        put_namespace(&mut object, &namespace);
    }
    if cx.flags.bool("save-config") {
        let text = object.to_string() + "\n";
        object["metadata"]["annotations"][LAST_APPLIED] = text.into();
    }
    send(cx, &printer, &object, namespace, "created", failed).await
}

/// Sends a built-in object, or only prints it with `--dry-run=client`, and tells the outcome in the word `done`.
/// `failed` is put before the server's error.
pub async fn send(
    cx: &Cx,
    printer: &Printer,
    object: &Json,
    namespace: String,
    done: &str,
    failed: &str,
) -> Result {
    let Some(resource) = builtin(object) else { return msg("no such kind") };
    let name = object["metadata"]["name"].as_str().unwrap_or("").to_string();
    let info = Info { resource, namespace, name, source: String::new(), object: Json::Null };
    if cx.dry_run()? == DryRun::Client {
        return ops::done(cx, printer, &info, done, object, true);
    }
    let query = write_query(cx, cx.flags.str("field-manager"))?;
    let created = cx.client()?.create(&info.collection(), &refs(&query), object).await;
    let created = created.map_err(|e| if failed.is_empty() { e } else { e.prefixed(failed) })?;
    ops::done(cx, printer, &info, done, &created, false)
}

/// Sets `metadata.namespace`, right behind the name.
pub fn put_namespace(object: &mut Json, namespace: &str) {
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.shift_remove("namespace");
        let at = usize::from(meta.contains_key("name"));
        meta.shift_insert(at, "namespace".into(), namespace.into());
    }
}
