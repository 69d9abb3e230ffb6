//! `kubectl set image|env|resources|serviceaccount|selector|subject`: changes to pod templates and a few fields.

use api::Json;
use api::http::{MERGE_PATCH, STRATEGIC_MERGE_PATCH};
use collections::StableSort;
use serde_json::json;

use crate::apply_patch;
use crate::builder::{Builder, Info, finish};
use crate::cx::{Cx, DryRun};
use crate::error::{CmdError, Result, msg};
use crate::generate;
use crate::ops::{self, refs, write_query};
use crate::print::Printer;

/// Returns the pod spec inside an object.
fn pod_spec(object: &mut Json) -> Option<&mut Json> {
    let path = match object["kind"].as_str()? {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    object.pointer_mut(path)
}

/// Splits arguments into resources and `KEY=VALUE` updates.
fn split(cx: &Cx, is_update: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    cx.flags.args.iter().cloned().partition(|a| !is_update(a))
}

/// Applies `edit` to all objects and patches those that changed. `edit` returns the errors it met.
async fn update(cx: &Cx, args: Vec<String>, done: &str, edit: impl Fn(&mut Json) -> Vec<String>) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    let dry_run = cx.dry_run()?;
    let builder = Builder { args, allow_empty_selector: true, ..Builder::from_flags(cx) };
    let (infos, mut errors) = builder.infos(cx).await?;
    let local = cx.flags.bool("local");
    for info in infos {
        let mut info: Info = info;
        if !info.source.is_empty() && !local {
            info.fetch(cx).await?;
        }
        let mut after = info.object.clone();
        let problems = edit(&mut after);
        // What could be changed is, also when something else could not.
        errors.extend(problems.into_iter().map(CmdError::Msg));
        let patch = apply_patch::two_way(&info.object, &after);
        if apply_patch::is_noop(&patch.patch) && !local {
            continue;
        }
        if local || dry_run == DryRun::Client {
            ops::done(cx, &printer, &info, done, &after, false)?;
            continue;
        }
        let content_type = if patch.strategic { STRATEGIC_MERGE_PATCH } else { MERGE_PATCH };
        let query = write_query(cx, cx.flags.str("field-manager"))?;
        match cx.client()?.patch(&info.path(), &refs(&query), content_type, &patch.patch).await {
            Ok(object) => ops::done(cx, &printer, &info, done, &object, false)?,
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

fn containers(spec: &mut Json) -> Vec<&mut Json> {
    let Some(map) = spec.as_object_mut() else { return Vec::new() };
    let mut out = Vec::new();
    for (key, list) in map.iter_mut() {
        if (key == "containers" || key == "initContainers")
            && let Some(items) = list.as_array_mut()
        {
            out.extend(items.iter_mut());
        }
    }
    out
}

/// `kubectl set image`.
pub async fn image(cx: &Cx) -> Result {
    let (args, images) = split(cx, |a| a.contains('='));
    if args.is_empty() && cx.flags.list("filename").is_empty() {
        return msg(
            "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
        );
    }
    if images.is_empty() {
        return msg("at least one image update is required");
    }
    let pairs: Vec<(String, String)> = images
        .iter()
        .filter_map(|i| i.split_once('='))
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    if pairs.iter().any(|(k, _)| k == "*") && pairs.len() > 1 {
        return msg(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        );
    }
    update(cx, args, "image updated", |object| {
        let name = object["metadata"]["name"].as_str().unwrap_or("").to_string();
        let kind = object["kind"].as_str().unwrap_or("").to_lowercase();
        let Some(spec) = pod_spec(object) else {
            return vec![format!("{kind}/{name} does not have a pod spec")];
        };
        let mut problems = Vec::new();
        for (container, image) in &pairs {
            let mut found = false;
            for c in containers(spec) {
                if container == "*" || c["name"] == container.as_str() {
                    c["image"] = image.as_str().into();
                    found = true;
                }
            }
            if !found {
                problems.push(format!("error: unable to find container named {container:?}"));
            }
        }
        problems
    })
    .await
}

/// `kubectl set env`.
pub async fn env(cx: &Cx) -> Result {
    let (args, updates) =
        split(cx, |a| (a.contains('=') && !a.starts_with('=')) || (a.ends_with('-') && !a.contains('/')));
    if args.is_empty() && cx.flags.list("filename").is_empty() {
        return msg("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    let mut updates = updates;
    updates.extend(cx.flags.list("env").iter().cloned());
    let from = cx.flags.str("from").to_string();
    let list = cx.flags.bool("list");
    if updates.is_empty() && from.is_empty() && !list {
        return msg("at least one environment variable must be provided");
    }
    let mut entries: Vec<Json> = from_source(cx, &from).await?;
    let (sets, removes): (Vec<String>, Vec<String>) = updates.into_iter().partition(|u| u.contains('='));
    entries.extend(generate::env(&sets)?);
    let wanted = cx.flags.str("containers").to_string();
    if list {
        return list_env(cx, args).await;
    }
    let overwrite = cx.flags.bool("overwrite");
    update(cx, args, "env updated", |object| {
        let Some(spec) = pod_spec(object) else {
            return vec!["the object does not have a pod template".into()];
        };
        let mut problems = Vec::new();
        for c in containers(spec) {
            if wanted != "*" && !wanted.is_empty() && c["name"] != wanted.as_str() {
                continue;
            }
            if !c["env"].is_array() {
                c["env"] = json!([]);
            }
            let Some(vars) = c["env"].as_array_mut() else { continue };
            for entry in &entries {
                match vars.iter_mut().find(|v| v["name"] == entry["name"]) {
                    Some(old) if !overwrite && old["value"] != entry["value"] => {
                        problems.push(format!(
                            "error: '{}' already has a value ({}), and --overwrite is false",
                            entry["name"].as_str().unwrap_or(""),
                            old["value"].as_str().unwrap_or("")
                        ));
                    }
                    Some(old) => *old = entry.clone(),
                    None => vars.push(entry.clone()),
                }
            }
            vars.retain(|v| !removes.iter().any(|r| v["name"] == r.trim_end_matches('-')));
            if vars.is_empty()
                && let Some(map) = c.as_object_mut()
            {
                map.shift_remove("env");
            }
        }
        problems
    })
    .await
}

async fn from_source(cx: &Cx, from: &str) -> Result<Vec<Json>> {
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let (infos, errors) = Builder { args: vec![from.to_string()], ..Builder::default() }.infos(cx).await?;
    finish(errors)?;
    let Some(info) = infos.first() else { return Ok(Vec::new()) };
    let reference = match info.resource.kind.as_str() {
        "ConfigMap" => "configMapKeyRef",
        "Secret" => "secretKeyRef",
        _ => return msg("unsupported resource specified in --from"),
    };
    let keys = cx.flags.list("keys");
    let prefix = cx.flags.str("prefix");
    let mut names: Vec<&String> =
        info.object["data"].as_object().into_iter().flatten().map(|(k, _)| k).collect();
    names.stable_sort();
    Ok(names
        .into_iter()
        .filter(|k| keys.is_empty() || keys.contains(k))
        .map(|key| {
            let name: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
            if name != *key {
                cx.err(format!("Warning: key {key} transferred to {name}"));
            }
            json!({ "name": format!("{prefix}{name}"), "valueFrom": { reference: { "name": info.name, "key": key } } })
        })
        .collect())
}

async fn list_env(cx: &Cx, args: Vec<String>) -> Result {
    let (infos, errors) =
        Builder { args, allow_empty_selector: true, ..Builder::from_flags(cx) }.infos(cx).await?;
    for mut info in infos {
        let label = format!("{} {}", info.resource.kind, info.name);
        let Some(spec) = pod_spec(&mut info.object) else { continue };
        for c in containers(spec) {
            cx.line(format!("# {label}, container {}", c["name"].as_str().unwrap_or("")));
            for v in crate::discovery::array(&c["env"]) {
                match v["value"].as_str() {
                    Some(value) => cx.line(format!("{}={value}", v["name"].as_str().unwrap_or(""))),
                    None => cx.line(format!(
                        "# {} from {}",
                        v["name"].as_str().unwrap_or(""),
                        source(&v["valueFrom"])
                    )),
                }
            }
        }
    }
    finish(errors)
}

fn source(from: &Json) -> String {
    let part = |f: &str, k: &str| from[f][k].as_str().unwrap_or("").to_string();
    if from["secretKeyRef"].is_object() {
        format!("secret {}, key {}", part("secretKeyRef", "name"), part("secretKeyRef", "key"))
    } else if from["configMapKeyRef"].is_object() {
        format!("configmap {}, key {}", part("configMapKeyRef", "name"), part("configMapKeyRef", "key"))
    } else if from["fieldRef"].is_object() {
        format!("field path {}", part("fieldRef", "fieldPath"))
    } else {
        format!("resource field {}", part("resourceFieldRef", "resource"))
    }
}

/// `kubectl set resources`.
pub async fn resources(cx: &Cx) -> Result {
    let (limits, requests) = (cx.flags.str("limits"), cx.flags.str("requests"));
    if limits.is_empty() && requests.is_empty() {
        return msg("you must specify an update to requests or limits (in the form of --requests/--limits)");
    }
    let parse = |text: &str| if text.is_empty() { Ok(Json::Null) } else { generate::quantities(text) };
    let (limits, requests) = (parse(limits)?, parse(requests)?);
    let wanted = cx.flags.str("containers").to_string();
    update(cx, cx.flags.args.clone(), "resource requirements updated", |object| {
        let Some(spec) = pod_spec(object) else {
            return vec!["the object does not have a pod template".into()];
        };
        let mut found = false;
        for c in containers(spec) {
            if wanted != "*" && !wanted.is_empty() && c["name"] != wanted.as_str() {
                continue;
            }
            found = true;
            for (list, values) in [("limits", &limits), ("requests", &requests)] {
                for (name, value) in values.as_object().into_iter().flatten() {
                    c["resources"][list][name] = value.clone();
                }
            }
        }
        if found { Vec::new() } else { vec![format!("error: unable to find container named {wanted}")] }
    })
    .await
}

/// `kubectl set serviceaccount`.
pub async fn service_account(cx: &Cx) -> Result {
    let Some((account, args)) = cx.flags.args.split_last() else { return msg("serviceaccount is required") };
    update(cx, args.to_vec(), "serviceaccount updated", |object| {
        let Some(spec) = pod_spec(object) else {
            return vec!["the object does not have a pod template".into()];
        };
        spec["serviceAccountName"] = account.as_str().into();
        Vec::new()
    })
    .await
}

/// `kubectl set selector`.
pub async fn selector(cx: &Cx) -> Result {
    let (args, selectors) = split(cx, |a| a.contains('='));
    let [text] = selectors.as_slice() else { return msg("one selector is required") };
    let wanted = generate::pairs(text)?;
    update(cx, args, "selector updated", |object| {
        if object["kind"] != "Service" {
            return vec!["setting a selector is only supported for Services".into()];
        }
        object["spec"]["selector"] = wanted.clone();
        Vec::new()
    })
    .await
}

/// `kubectl set subject`.
pub async fn subject(cx: &Cx) -> Result {
    let wanted = super::create::rbac::subjects(cx)?;
    if wanted.is_empty() && !cx.flags.args.is_empty() {
        return msg("you must specify at least one value of user, group or serviceaccount");
    }
    update(cx, cx.flags.args.clone(), "subjects updated", |object| {
        if !object["roleRef"].is_object() {
            return vec!["setting subjects is only supported for RoleBinding/ClusterRoleBinding".into()];
        }
        if !object["subjects"].is_array() {
            object["subjects"] = json!([]);
        }
        if let Some(list) = object["subjects"].as_array_mut() {
            for subject in &wanted {
                if !list.contains(subject) {
                    list.push(subject.clone());
                }
            }
        }
        Vec::new()
    })
    .await
}
