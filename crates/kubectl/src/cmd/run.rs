//! `kubectl run` and `kubectl expose`.

use api::Json;
use serde_json::json;

use crate::builder::{Builder, Info, finish};
use crate::cmd::{create, exec};
use crate::cx::{Cx, DryRun};
use crate::describe::s;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::generate;
use crate::ops::{refs, write_query};
use crate::print::Printer;
use crate::session;
use crate::wait::{Deadline, Watch, interrupted};

/// `kubectl run`.
pub async fn run(cx: &Cx) -> Result {
    let flags = &cx.flags;
    let Some(name) = flags.args.first().cloned() else { return cx.usage("NAME is required for run") };
    let (stdin, tty) = (flags.bool("stdin"), flags.bool("tty"));
    let attach = flags.bool("attach") || ((stdin || tty) && !flags.changed("attach"));
    let dry_run = cx.dry_run()?;
    let image = flags.str("image");
    if image.is_empty() {
        return msg("--image is required");
    }
    if !is_image(image) {
        return msg(format!("Invalid image name {image:?}: invalid reference format"));
    }
    if tty && !stdin {
        return cx.usage("-i/--stdin is required for containers with -t/--tty=true");
    }
    if flags.bool("expose") && flags.str("port").is_empty() {
        return cx.usage("--port must be set when exposing a service");
    }
    if flags.bool("rm") && !attach {
        return cx.usage("--rm should only be used for attached containers");
    }
    if attach && dry_run != DryRun::None {
        return cx.usage("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)");
    }
    let restart = match flags.str("restart") {
        "" => "Always",
        known @ ("Always" | "OnFailure" | "Never") => known,
        other => return cx.usage(format!("invalid restart policy: {other}")),
    };
    let pod = pod_of(cx, &name, restart, attach)?;
    // The service comes first: a pod knows only of services that are older than itself.
    expose_run(cx, &name).await?;
    if !attach {
        return submit(cx, pod, "created").await;
    }
    let Some(resource) = create::builtin(&pod) else { return msg("no such kind") };
    let namespace = cx.namespace()?;
    let info = Info { resource, namespace, name: name.clone(), source: String::new(), object: Json::Null };
    let query = write_query(cx, flags.str("field-manager"))?;
    cx.client()?.create(&info.collection(), &refs(&query), &pod).await?;
    let result = attached(cx, &info, restart).await;
    if flags.bool("rm") {
        remove(cx, &info).await?;
    }
    result
}

fn pod_of(cx: &Cx, name: &str, restart: &str, attach: bool) -> Result<Json> {
    let flags = &cx.flags;
    let words = &flags.args[1..];
    let mut container = json!({ "name": name, "image": flags.str("image") });
    if !words.is_empty() {
        container[if flags.bool("command") { "command" } else { "args" }] = json!(words);
    }
    let port = flags.str("port");
    if !port.is_empty() {
        let number: i64 = port
            .parse()
            .map_err(|_| CmdError::Msg(format!("strconv.Atoi: parsing {port:?}: invalid syntax")))?;
        container["ports"] = json!([{ "containerPort": number }]);
    }
    let env = generate::env(flags.list("env"))?;
    if !env.is_empty() {
        container["env"] = json!(env);
    }
    container["resources"] = json!({});
    if !flags.str("image-pull-policy").is_empty() {
        container["imagePullPolicy"] = flags.str("image-pull-policy").into();
    }
    if flags.bool("privileged") {
        container["securityContext"] = json!({ "privileged": true });
    }
    if flags.bool("stdin") {
        container["stdin"] = true.into();
        if !flags.bool("leave-stdin-open") && attach {
            container["stdinOnce"] = true.into();
        }
    }
    if flags.bool("tty") {
        container["tty"] = true.into();
    }
    let labels = match flags.str("labels") {
        "" => json!({ "run": name }),
        given => generate::pairs(given)?,
    };
    let mut meta = json!({ "name": name });
    if cx.namespace_enforced() {
        meta["namespace"] = cx.namespace()?.into();
    }
    meta["labels"] = labels;
    for annotation in flags.list("annotations") {
        let Some((key, value)) = annotation.split_once('=') else {
            return msg(format!("invalid annotation: {annotation}"));
        };
        meta["annotations"][key] = value.into();
    }
    let mut pod = json!({
        "kind": "Pod", "apiVersion": "v1", "metadata": meta,
        "spec": { "containers": [container], "restartPolicy": restart, "dnsPolicy": "ClusterFirst" },
        "status": {},
    });
    let overrides = flags.str("overrides");
    if !overrides.is_empty() {
        let over: Json =
            serde_json::from_str(overrides).map_err(|e| CmdError::Msg(format!("Invalid JSON Patch: {e}")))?;
        let strategic = flags.str("override-type") == "strategic";
        overlay(&mut pod, over, strategic);
    }
    Ok(pod)
}

/// RFC 7386; with `strategic`, containers merge by name.
fn overlay(base: &mut Json, over: Json, strategic: bool) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    base.shift_remove(&key);
                } else {
                    overlay(base.entry(key).or_insert(Json::Null), value, strategic);
                }
            }
        }
        (Json::Array(base), Json::Array(over)) if strategic && over.iter().all(|o| o["name"].is_string()) => {
            for item in over {
                match base.iter_mut().find(|b| b["name"] == item["name"]) {
                    Some(old) => overlay(old, item, strategic),
                    None => base.push(item),
                }
            }
        }
        (base, over) => *base = over,
    }
}

async fn submit(cx: &Cx, object: Json, done: &str) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    create::send(cx, &printer, &object, cx.namespace()?, done, "").await
}

async fn expose_run(cx: &Cx, name: &str) -> Result {
    if !cx.flags.bool("expose") {
        return Ok(());
    }
    let port: i64 = cx.flags.str("port").parse().unwrap_or(0);
    let selector = match cx.flags.str("labels") {
        "" => json!({ "run": name }),
        given => generate::pairs(given)?,
    };
    let service = json!({
        "kind": "Service", "apiVersion": "v1", "metadata": { "name": name },
        "spec": { "ports": [{ "protocol": "TCP", "port": port, "targetPort": port }], "selector": selector },
        "status": { "loadBalancer": {} },
    });
    submit(cx, service, "created").await?;
    if cx.flags.str("output") == "yaml" {
        cx.out("---\n---\n");
    }
    Ok(())
}

/// Whether a text is an image reference: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` (distribution/reference's grammar).
fn is_image(text: &str) -> bool {
    let alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let (text, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let hex = |digest: &str| digest.len() >= 32 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if digest.is_some_and(|digest| !digest.split_once(':').is_some_and(|(_, value)| hex(value))) {
        return false;
    }
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_tag = |tag: &str| {
        tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
    };
    if !tag.is_none_or(is_tag) {
        return false;
    }
    // Separators stand alone between letters: one dot, one or two underscores, any dashes.
    let component = |part: &str| {
        let apart = part.replace("__", "_").replace('-', " ");
        let words = apart.split_whitespace().flat_map(|word| word.split(['.', '_']));
        part.chars().all(|c| alnum(c) || matches!(c, '.' | '_' | '-'))
            && part.starts_with(alnum)
            && part.ends_with(alnum)
            && words.clone().all(|word| !word.is_empty() && word.chars().all(alnum))
    };
    let host = |part: &str| {
        let (name, port) = part.split_once(':').map_or((part, "0"), |(name, port)| (name, port));
        let label = |label: &str| {
            let edge = |c: char| c.is_ascii_alphanumeric();
            label.starts_with(edge) && label.ends_with(edge) && label.chars().all(|c| edge(c) || c == '-')
        };
        !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && name.split('.').all(label)
    };
    match name.split_once('/') {
        Some((first, rest)) if host(first) => rest.split('/').all(component),
        _ => name.split('/').all(component),
    }
}

/// Waits until the container runs or has ended, shows its output, returns its exit code.
async fn attached(cx: &Cx, info: &Info, restart: &str) -> Result {
    let deadline = Deadline::after(cx, cx.flags.duration("pod-running-timeout"));
    let running = |p: &Json| {
        matches!(s(&p["status"]["phase"]), "Succeeded" | "Failed")
            || array(&p["status"]["containerStatuses"])
                .first()
                .is_some_and(|c| c["state"]["running"].is_object())
    };
    let pod = until(cx, info, deadline, running).await?;
    let streams = session::streams(cx);
    if matches!(s(&pod["status"]["phase"]), "Succeeded" | "Failed") {
        log(cx, info).await?;
    } else if let Err(e) = exec::attach_to(cx, &pod, &info.name, streams).await {
        match e {
            CmdError::Exit { .. } => return Err(e),
            other => {
                cx.err(format!(
                    "warning: couldn't attach to pod/{}, falling back to streaming logs: {}",
                    info.name,
                    other.text()
                ));
                log(cx, info).await?;
            }
        }
    }
    if restart == "Always" {
        if streams.tty {
            cx.line(format!("Session ended, resume using 'kubectl attach {} -c {} -n {} -i -t' command when the pod is running", info.name, info.name, info.namespace));
        }
        return Ok(());
    }
    let ended = |p: &Json| matches!(s(&p["status"]["phase"]), "Succeeded" | "Failed");
    let pod = until(cx, info, Deadline(None), ended).await?;
    let state = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
    match (s(&pod["status"]["phase"]), state["exitCode"].as_i64()) {
        ("Succeeded", _) => Ok(()),
        (_, Some(code)) if code != 0 => Err(CmdError::Exit {
            code: code as i32,
            message: format!(
                "pod {}/{} terminated ({})\n{}",
                info.namespace,
                info.name,
                s(&state["reason"]),
                s(&state["message"])
            ),
        }),
        _ => msg(format!("pod {}/{} failed with unknown exit code", info.namespace, info.name)),
    }
}

async fn log(cx: &Cx, info: &Info) -> Result {
    let client = cx.client()?;
    let req = client.build(api::http::Method::Get, &info.subpath("log"), &[("container", &info.name)]);
    let response = client.send(req).await?;
    cx.host.stdout(&response.body.to_bytes());
    Ok(())
}

async fn until(cx: &Cx, info: &Info, deadline: Deadline, done: impl Fn(&Json) -> bool) -> Result<Json> {
    let name = format!("metadata.name={}", info.name);
    loop {
        let pod = cx.client()?.get(&info.path(), &[]).await?;
        if done(&pod) {
            return Ok(pod);
        }
        let version = s(&pod["metadata"]["resourceVersion"]).to_string();
        let mut watch = Watch::open(
            cx,
            &info.collection(),
            &[("fieldSelector", &name), ("resourceVersion", &version)],
            None,
        )
        .await?;
        loop {
            let Some(event) = deadline.run(cx, watch.next()).await else {
                return msg("timed out waiting for the condition");
            };
            match event? {
                Some((kind, _)) if kind == "DELETED" => {
                    return msg(format!("pods {:?} not found", info.name));
                }
                Some((_, pod)) if done(&pod) => return Ok(pod),
                Some(_) => {}
                None if cx.host.interrupted() => return Err(interrupted()),
                None => break,
            }
        }
    }
}

async fn remove(cx: &Cx, info: &Info) -> Result {
    let options = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background" });
    match cx.client()?.delete(&info.path(), &[], &options).await {
        Ok(_) => {
            cx.line(format!("pod {:?} deleted from {} namespace", info.name, info.namespace));
            Ok(())
        }
        Err(e) if e.is_not_found() => Ok(()),
        Err(e) => Err(e),
    }
}

/// `kubectl expose`.
pub async fn expose(cx: &Cx) -> Result {
    let printer = Printer::from_flags(cx, false)?;
    // A flag that has no meaning is told before anything is looked for.
    cx.dry_run()?;
    let (infos, mut errors) = Builder { selector: None, ..Builder::from_flags(cx) }.infos(cx).await?;
    for info in infos {
        match expose_one(cx, &info, &printer).await {
            Ok(()) => {}
            Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
            Err(e) => errors.push(e),
        }
    }
    finish(errors)
}

async fn expose_one(cx: &Cx, info: &Info, printer: &Printer) -> Result {
    let flags = &cx.flags;
    let object = &info.object;
    if !matches!(
        info.resource.kind.as_str(),
        "ReplicationController" | "Service" | "Pod" | "Deployment" | "ReplicaSet"
    ) {
        let kind = if info.resource.group.is_empty() {
            info.resource.kind.clone()
        } else {
            format!("{}.{}", info.resource.kind, info.resource.group)
        };
        return msg(format!("cannot expose a {kind}"));
    }
    let name: String = match flags.str("name") {
        "" => info.name.chars().take(63).collect(),
        given => given.to_string(),
    };
    let selector = match flags.str("selector") {
        "" => selector_of(object)?,
        given => generate::pairs(given)?,
    };
    let labels = match flags.str("labels") {
        "" => object["metadata"]["labels"].clone(),
        given => generate::pairs(given)?,
    };
    let ports = ports(cx, object)?;
    let mut meta = json!({ "name": name });
    if cx.namespace_enforced() {
        meta["namespace"] = info.namespace.as_str().into();
    }
    if labels.as_object().is_some_and(|l| !l.is_empty()) {
        meta["labels"] = labels;
    }
    let mut spec = json!({ "ports": ports, "selector": selector });
    if !flags.str("cluster-ip").is_empty() {
        spec["clusterIP"] = flags.str("cluster-ip").into();
    }
    if !flags.str("type").is_empty() {
        spec["type"] = flags.str("type").into();
    }
    if !flags.str("external-ip").is_empty() {
        spec["externalIPs"] = json!([flags.str("external-ip")]);
    }
    if !flags.str("load-balancer-ip").is_empty() {
        spec["loadBalancerIP"] = flags.str("load-balancer-ip").into();
    }
    if !flags.str("session-affinity").is_empty() {
        spec["sessionAffinity"] = flags.str("session-affinity").into();
    }
    let mut service = json!({ "kind": "Service", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": { "loadBalancer": {} } });
    if !flags.str("overrides").is_empty() {
        let over: Json = serde_json::from_str(flags.str("overrides"))
            .map_err(|e| CmdError::Msg(format!("Invalid JSON Patch: {e}")))?;
        overlay(&mut service, over, flags.str("override-type") == "strategic");
    }
    create::send(cx, printer, &service, info.namespace.clone(), "exposed", "").await
}

fn selector_of(object: &Json) -> Result<Json> {
    let spec = &object["spec"];
    let found = match s(&object["kind"]) {
        "Pod" => {
            if object["metadata"]["labels"].as_object().is_none_or(|l| l.is_empty()) {
                return msg(
                    "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
                );
            }
            &object["metadata"]["labels"]
        }
        "Service" | "ReplicationController" => &spec["selector"],
        _ => {
            if !array(&spec["selector"]["matchExpressions"]).is_empty() {
                return msg(
                    "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - \"matchExpressions\" to map-based selector format",
                );
            }
            &spec["selector"]["matchLabels"]
        }
    };
    if found.as_object().is_none_or(|l| l.is_empty()) {
        return msg(
            "couldn't retrieve selectors via --selector flag or introspection: the object has no selector",
        );
    }
    Ok(found.clone())
}

fn ports(cx: &Cx, object: &Json) -> Result<Vec<Json>> {
    let spec =
        if s(&object["kind"]) == "Pod" { &object["spec"] } else { &object["spec"]["template"]["spec"] };
    let declared: Vec<(i64, String)> = if s(&object["kind"]) == "Service" {
        array(&object["spec"]["ports"])
            .iter()
            .map(|p| (p["port"].as_i64().unwrap_or(0), s(&p["protocol"]).to_string()))
            .collect()
    } else {
        array(&spec["containers"])
            .iter()
            .flat_map(|c| array(&c["ports"]))
            .map(|p| (p["containerPort"].as_i64().unwrap_or(0), s(&p["protocol"]).to_string()))
            .collect()
    };
    let numbers: Vec<String> = match cx.flags.str("port") {
        "" if declared.is_empty() => return msg("couldn't find port via --port flag or introspection"),
        "" => declared.iter().map(|(p, _)| p.to_string()).collect(),
        given => given.split(',').map(String::from).collect(),
    };
    let mut out = Vec::new();
    for (i, text) in numbers.iter().enumerate() {
        let number: i64 = text
            .parse()
            .map_err(|_| CmdError::Msg(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
        let protocol = match cx.flags.str("protocol") {
            "" => declared
                .iter()
                .find(|(p, _)| *p == number)
                .map(|(_, pr)| pr.as_str())
                .filter(|p| !p.is_empty())
                .unwrap_or("TCP"),
            given => given,
        };
        let mut port = json!({});
        if numbers.len() > 1 {
            port["name"] = format!("port-{}", i + 1).into();
        }
        port["protocol"] = protocol.into();
        port["port"] = number.into();
        port["targetPort"] = match cx.flags.str("target-port") {
            "" => number.into(),
            target => generate::int_or_string(target),
        };
        out.push(port);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::is_image;

    #[test]
    fn images_have_a_grammar() {
        for good in [
            "nginx",
            "nginx:1.27",
            "registry.k8s.io/kube-proxy:v1.36.1",
            "localhost:5000/a/b_c",
            "Host/app",
            "a-b.c__d",
            "busybox@sha256:0123456789abcdef0123456789abcdef",
        ] {
            assert!(is_image(good), "{good}");
        }
        for bad in
            ["bad image", "Nginx", "a:b:c", "nginx:", "a//b", "-a", "a..b", "a___b", "x@sha256:1", "a/"]
        {
            assert!(!is_image(bad), "{bad}");
        }
    }
}
