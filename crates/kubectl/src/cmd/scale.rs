//! `kubectl scale` and `kubectl autoscale`.

use api::Json;
use api::http::MERGE_PATCH;
use serde_json::json;

use crate::builder::{Builder, Info, finish};
use crate::cmd::create;
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::ops;
use crate::print::Printer;
use crate::wait::Deadline;

/// `kubectl scale`.
pub async fn scale(cx: &Cx) -> Result {
    let replicas = cx.flags.int("replicas");
    if replicas < 0 {
        return msg("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    }
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let (mut infos, mut errors) = Builder::from_flags(cx).infos(cx).await?;
    if infos.is_empty() && errors.is_empty() {
        return msg("no objects passed to scale");
    }
    let version = cx.flags.str("resource-version");
    if infos.len() > 1 && !version.is_empty() {
        return msg("cannot use --resource-version with multiple resources");
    }
    for info in &mut infos {
        match scale_one(cx, info, replicas, version, dry_run).await {
            Ok(object) => ops::done(cx, &printer, info, "scaled", &object, false)?,
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

async fn scale_one(cx: &Cx, info: &Info, replicas: i64, version: &str, dry_run: DryRun) -> Result<Json> {
    let client = cx.client()?;
    if dry_run == DryRun::Client {
        return Ok(info.object.clone());
    }
    let path = info.subpath("scale");
    let expected = cx.flags.int("current-replicas");
    let query = [("fieldManager", "kubectl"), ("dryRun", dry_run.query())];
    let answer = if expected >= 0 || !version.is_empty() {
        let mut scale = client.get(&path, &[]).await?;
        let now = scale["spec"]["replicas"].as_i64().unwrap_or(0);
        if expected >= 0 && now != expected {
            return msg(format!("Expected replicas to be {expected}, was {now}"));
        }
        let has = scale["metadata"]["resourceVersion"].as_str().unwrap_or("");
        if !version.is_empty() && has != version {
            return msg(format!("Expected resource version to be {version}, was {has}"));
        }
        scale["spec"]["replicas"] = replicas.into();
        client.replace(&path, &query, &scale).await?
    } else {
        client.patch(&path, &query, MERGE_PATCH, &json!({ "spec": { "replicas": replicas } })).await?
    };
    let timeout = cx.flags.duration("timeout");
    if timeout > 0 {
        let deadline = Deadline::after(cx, timeout);
        // Looks once a second, and at first after a second.
        loop {
            cx.host.sleep(1_000_000).await;
            if cx.host.interrupted() {
                return Err(crate::wait::interrupted());
            }
            if deadline.left(cx) == Some(0) {
                return msg(format!("timed out waiting for {:?} to be synced", info.name));
            }
            if client.get(&path, &[]).await?["status"]["replicas"].as_i64().unwrap_or(0) == replicas {
                break;
            }
        }
    }
    Ok(answer)
}

/// `kubectl autoscale`.
pub async fn autoscale(cx: &Cx) -> Result {
    let (min, max) = (cx.flags.int("min"), cx.flags.int("max"));
    if max < 1 {
        return msg(format!("--max=MAXPODS is required and must be at least 1, max: {max}"));
    }
    if max < min {
        return msg(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        ));
    }
    let metrics = metrics(cx)?;
    let (infos, errors) = Builder::from_flags(cx).infos(cx).await?;
    if infos.is_empty() && errors.is_empty() {
        return msg("could not find any matching resource to autoscale");
    }
    for info in &infos {
        if !info.resource.subresources.iter().any(|sub| sub == "scale") {
            return msg(format!("cannot autoscale a {}: the object is not scalable", info.resource.kind));
        }
        let name = if cx.flags.str("name").is_empty() { info.name.as_str() } else { cx.flags.str("name") };
        let mut spec = json!({
            "scaleTargetRef": { "kind": info.resource.kind, "name": info.name, "apiVersion": info.resource.api_version() },
        });
        if min > 0 {
            spec["minReplicas"] = min.into();
        }
        spec["maxReplicas"] = max.into();
        if !metrics.is_empty() {
            spec["metrics"] = json!(metrics);
        }
        let object = json!({
            "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": { "name": name }, "spec": spec,
            "status": { "desiredReplicas": 0, "currentMetrics": null },
        });
        submit_autoscaler(cx, object).await?;
    }
    finish(errors)
}

async fn submit_autoscaler(cx: &Cx, object: Json) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    create::send(cx, &printer, &object, cx.namespace()?, "autoscaled", "").await
}

fn metrics(cx: &Cx) -> Result<Vec<Json>> {
    let mut out = Vec::new();
    let percent = cx.flags.int("cpu-percent");
    if percent > 0 {
        out.push(utilization("cpu", percent));
    }
    for name in ["cpu", "memory"] {
        let text = cx.flags.str(name);
        if text.is_empty() {
            continue;
        }
        match text.strip_suffix('%') {
            Some(number) => match number.parse::<i64>() {
                Ok(value) if value > 0 => out.push(utilization(name, value)),
                _ => return msg(format!("invalid value for --{name}: {text}")),
            },
            None => {
                let quantity = api::meta::quantity::Quantity::parse(text)
                    .map_err(|e| CmdError::Msg(format!("invalid value for --{name}: {e}")))?;
                out.push(json!({ "type": "Resource", "resource": { "name": name, "target": { "type": "AverageValue", "averageValue": quantity.to_string() } } }));
            }
        }
    }
    Ok(out)
}

fn utilization(name: &str, percent: i64) -> Json {
    json!({ "type": "Resource", "resource": { "name": name, "target": { "type": "Utilization", "averageUtilization": percent } } })
}
