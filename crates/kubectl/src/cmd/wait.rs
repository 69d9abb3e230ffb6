//! `kubectl wait`.

use api::Json;
use api::base::jsonpath::{self, JsonPath};

use crate::builder::{Builder, Info, Plan, Planned, finish};
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::ops;
use crate::print::Printer;
use crate::wait::{Deadline, Watch, interrupted};

/// What is waited for.
enum Condition {
    Create,
    Delete,
    Status { kind: String, value: String },
    Path { path: JsonPath, value: Option<String> },
}

impl Condition {
    fn parse(text: &str) -> Result<Condition> {
        let low = text.to_lowercase();
        if low == "delete" {
            return Ok(Condition::Delete);
        }
        if low == "create" {
            return Ok(Condition::Create);
        }
        if let Some(rest) = text.strip_prefix("condition=") {
            let (kind, value) = rest.split_once('=').unwrap_or((rest, "true"));
            return Ok(Condition::Status { kind: kind.into(), value: value.into() });
        }
        if let Some(rest) = text.strip_prefix("jsonpath=") {
            let (path, value) = match rest.find("}=") {
                Some(at) => (&rest[..=at], Some(rest[at + 2..].to_string())),
                None => (rest, None),
            };
            let path = path.trim_matches('\'').trim_matches('"');
            if value.as_deref() == Some("") {
                return msg("jsonpath wait has to have a value after equal sign");
            }
            let relaxed = jsonpath::relaxed(path).map_err(CmdError::Msg)?;
            return Ok(Condition::Path { path: JsonPath::parse(&relaxed).map_err(CmdError::Msg)?, value });
        }
        msg(format!("unrecognized condition: {text:?}"))
    }

    fn holds(&self, object: &Json) -> Result<bool> {
        match self {
            Condition::Create => Ok(true),
            Condition::Delete => Ok(false),
            Condition::Status { kind, value } => {
                let generation = object["metadata"]["generation"].as_i64();
                let found = array(&object["status"]["conditions"])
                    .iter()
                    .find(|c| c["type"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(kind)));
                let Some(found) = found else { return Ok(false) };
                if let (Some(own), Some(seen)) = (
                    generation,
                    found["observedGeneration"].as_i64().or(object["status"]["observedGeneration"].as_i64()),
                ) && seen < own
                {
                    return Ok(false);
                }
                Ok(found["status"].as_str().unwrap_or("").eq_ignore_ascii_case(value))
            }
            Condition::Path { path, value } => {
                let found: Vec<Json> = path
                    .results(object)
                    .map_err(CmdError::Msg)?
                    .into_iter()
                    .flatten()
                    .map(|v| v.into_owned())
                    .collect();
                if found.is_empty() {
                    return Ok(false);
                }
                if found.len() > 1 {
                    return msg("given jsonpath expression matches more than one value");
                }
                match value {
                    None => Ok(true),
                    Some(_) if found[0].is_object() || found[0].is_array() => {
                        msg("jsonpath leads to a nested object or list which is not supported")
                    }
                    Some(value) => {
                        Ok(jsonpath::text(&found[0]).trim()
                            == value.trim().trim_matches('\'').trim_matches('"'))
                    }
                }
            }
        }
    }
}

/// Runs the command.
pub async fn wait(cx: &Cx) -> Result {
    let wanted = cx.flags.list("for");
    if wanted.is_empty() {
        return msg("unrecognized condition: []");
    }
    let conditions = wanted.iter().map(|w| Condition::parse(w)).collect::<Result<Vec<_>>>()?;
    let printer = Printer::from_flags(cx, false)?;
    let micros = match cx.flags.duration("timeout") {
        0 => 1,
        t if t < 0 => 7 * 24 * 3600 * 1_000_000,
        t => t,
    };
    let deadline = Deadline::after(cx, micros);
    let builder = Builder { allow_empty_selector: true, ..Builder::from_flags(cx) };
    let Planned { plan, mut errors } = builder.plan(cx).await?;
    let gone = conditions.iter().any(|c| matches!(c, Condition::Delete));
    let to_come = conditions.iter().any(|c| matches!(c, Condition::Create));
    let infos = match plan {
        Plan::Names(infos) | Plan::Objects(infos) => infos,
        Plan::Lists(types) => {
            let mut all = Vec::new();
            for resource in types {
                all.extend(builder.list(cx, &resource).await?);
            }
            all
        }
    };
    if infos.is_empty() && errors.is_empty() {
        return if gone { Ok(()) } else { msg("no matching resources found") };
    }
    for info in &infos {
        for condition in &conditions {
            match one(cx, info, condition, deadline, to_come).await {
                // What was not there is not waited for.
                Ok(None) => {}
                Ok(object) => {
                    ops::done(cx, &printer, info, "condition met", &object.unwrap_or(Json::Null), false)?
                }
                Err(e @ (CmdError::Transport(_) | CmdError::Exit { .. })) => return Err(e),
                Err(e) => errors.push(e),
            }
        }
    }
    finish(errors)
}

async fn one(
    cx: &Cx,
    info: &Info,
    condition: &Condition,
    deadline: Deadline,
    to_come: bool,
) -> Result<Option<Json>> {
    let late =
        || msg(format!("timed out waiting for the condition on {}/{}", info.resource.plural, info.name));
    let name = format!("metadata.name={}", info.name);
    loop {
        let current = match cx.client()?.get(&info.path(), &[]).await {
            Ok(current) => current,
            Err(e) if e.is_not_found() && matches!(condition, Condition::Delete) => return Ok(None),
            Err(e) if e.is_not_found() && to_come => {
                if deadline.left(cx) == Some(0) {
                    return msg("timed out waiting for the condition");
                }
                cx.host.sleep(500_000).await;
                if cx.host.interrupted() {
                    return Err(interrupted());
                }
                continue;
            }
            Err(e) => return Err(e),
        };
        if condition.holds(&current)? {
            return Ok(Some(current));
        }
        let version = crate::discovery::text(&current["metadata"]["resourceVersion"]);
        let query = [("fieldSelector", name.as_str()), ("resourceVersion", version.as_str())];
        let mut watch = Watch::open(cx, &info.collection(), &query, None).await?;
        loop {
            let Some(event) = deadline.run(cx, watch.next()).await else { return late() };
            match event? {
                Some((kind, object)) if kind == "DELETED" => {
                    if matches!(condition, Condition::Delete) {
                        return Ok(Some(object));
                    }
                    return Err(CmdError::Status(Box::new(serde_json::json!({
                        "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404,
                        "message": format!("{} {:?} not found", info.resource.group_resource(), info.name),
                    }))));
                }
                Some((_, object)) if condition.holds(&object)? => return Ok(Some(object)),
                Some(_) => {}
                None if cx.host.interrupted() => return Err(interrupted()),
                None => break,
            }
        }
    }
}
