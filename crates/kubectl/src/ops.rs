//! What commands that write have in common: query parameters, success lines, `-o`, last-applied.

use api::Json;
use api::base::json::go_compact;
use api::http::{Body, Method};
use serde_json::json;

use crate::builder::Info;
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result};
use crate::print::Printer;

/// The annotation that `kubectl apply` keeps its last input in.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns the query of a write: field manager, validation, dry run.
///
/// # Errors
/// `--validate` or `--dry-run` has a value it does not know.
pub fn write_query(cx: &Cx, manager: &str) -> Result<Vec<(&'static str, String)>> {
    let mut query =
        vec![("fieldManager", if manager.is_empty() { "kubectl".into() } else { manager.to_string() })];
    if cx.command.flags.iter().any(|f| f.name == "validate") {
        query.push(("fieldValidation", validation(cx)?.into()));
    }
    query.push(("dryRun", cx.dry_run()?.query().into()));
    Ok(query)
}

/// Returns the query's form that the client takes.
pub fn refs<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(k, v)| (*k, v.as_str())).collect()
}

/// Returns the directive of `--validate`.
pub fn validation(cx: &Cx) -> Result<&'static str> {
    match cx.flags.str("validate") {
        "strict" | "true" | "" => Ok("Strict"),
        "warn" => Ok("Warn"),
        "ignore" | "false" => Ok("Ignore"),
        other => Err(CmdError::Msg(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

/// Tells whether objects are to be checked before they are sent.
pub fn validates(cx: &Cx) -> Result<bool> {
    Ok(validation(cx)? != "Ignore")
}

/// Prints the object by `-o`, or `deployment.apps/web created (dry run)`.
pub fn done(cx: &Cx, printer: &Printer, info: &Info, what: &str, object: &Json, typed: bool) -> Result {
    let dry_run = cx.dry_run().unwrap_or(DryRun::None);
    if printer.is_human() {
        cx.line(format!("{} {what}{}", info.label(), dry_run.suffix()));
    } else {
        cx.out(&printer.object(object, typed)?);
    }
    Ok(())
}

/// Sends a patch that may be no JSON; the server says so then.
pub async fn patch_text(
    cx: &Cx,
    path: &str,
    query: &[(&str, &str)],
    content_type: &str,
    text: &str,
) -> Result<Json> {
    let client = cx.client()?;
    let mut req = client.build(Method::Patch, path, query);
    req.set_header("content-type", content_type);
    req.body = match serde_json::from_str::<Json>(text) {
        Ok(value) => Body::json(value),
        Err(_) => Body::text(text),
    };
    client.json(req).await
}

/// Returns the object with its own configuration in the last-applied annotation.
pub fn with_last_applied(object: &Json) -> Json {
    let mut object = object.clone();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let annotations = &mut object["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = json!({});
    }
    if let Some(map) = annotations.as_object_mut() {
        map.shift_remove(LAST_APPLIED);
    }
    let text = go_compact(&object) + "\n";
    object["metadata"]["annotations"][LAST_APPLIED] = text.into();
    object
}

/// The RFC 7386 patch that makes `after` of `before`.
pub fn merge_patch(before: &Json, after: &Json) -> Json {
    let (Some(before), Some(after_map)) = (before.as_object(), after.as_object()) else {
        return after.clone();
    };
    let mut patch = api::JsonMap::new();
    for (key, value) in after_map {
        match before.get(key) {
            Some(old) if old == value => {}
            Some(old) if old.is_object() && value.is_object() => {
                patch.insert(key.clone(), merge_patch(old, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in before.keys().filter(|k| !after_map.contains_key(*k)) {
        patch.insert(key.clone(), Json::Null);
    }
    Json::Object(patch)
}
