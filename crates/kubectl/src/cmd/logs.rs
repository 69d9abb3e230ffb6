//! `kubectl logs`.

use api::Json;
use api::http::Method;

use crate::builder::{Builder, Plan, Planned, finish};
use crate::cx::Cx;
use crate::describe::s;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::polymorphic::{container_of, pods_of};
use crate::wait::{Either, interrupted, select};

/// One container whose log is wanted.
struct Source {
    namespace: String,
    pod: String,
    container: String,
}

/// Runs the command.
pub async fn logs(cx: &Cx) -> Result {
    let selector = cx.flags.str("selector");
    let args = &cx.flags.args;
    if (args.is_empty() && selector.is_empty()) || args.len() > 2 {
        return cx.usage("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command");
    }
    if !selector.is_empty() && !args.is_empty() {
        return cx.usage("only a selector (-l) or a POD name is allowed");
    }
    let mut container = cx.flags.str("container").to_string();
    if args.len() == 2 {
        if !container.is_empty() {
            return cx.usage("only one of -c or an inline [CONTAINER] arg is allowed");
        }
        container = args[1].clone();
    }
    if cx.flags.bool("all-containers") && !container.is_empty() {
        return msg("--all-containers=true should not be specified with container name");
    }
    if cx.flags.int("tail") < -1 {
        return msg("--tail must be greater than or equal to -1");
    }
    if !cx.flags.str("since-time").is_empty() && cx.flags.duration("since") != 0 {
        return msg("at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    if cx.flags.duration("since") < 0 {
        return msg("--since must be greater than 0");
    }
    let pods = find_pods(cx, selector, args.first().map_or("", |a| a.as_str())).await?;
    if pods.is_empty() {
        cx.err(format!("No resources found in {} namespace.", cx.namespace()?));
        return Ok(());
    }
    let mut sources = Vec::new();
    for pod in &pods {
        let names: Vec<String> = if cx.flags.bool("all-containers") {
            ["initContainers", "containers", "ephemeralContainers"]
                .iter()
                .flat_map(|f| array(&pod["spec"][*f]))
                .map(|c| s(&c["name"]).to_string())
                .collect()
        } else {
            vec![container_of(cx, pod, &container)?]
        };
        let meta = &pod["metadata"];
        sources.extend(names.into_iter().map(|container| Source {
            namespace: s(&meta["namespace"]).into(),
            pod: s(&meta["name"]).into(),
            container,
        }));
    }
    if cx.flags.bool("follow") && sources.len() > 1 {
        let limit = cx.flags.int("max-log-requests");
        if sources.len() as i64 > limit {
            return msg(format!(
                "you are attempting to follow {} log streams, but maximum allowed concurrency is {limit}, use --max-log-requests to increase the limit",
                sources.len()
            ));
        }
        return follow_all(cx, &sources).await;
    }
    let mut errors = Vec::new();
    for source in &sources {
        match one(cx, source).await {
            Ok(()) => {}
            Err(e) if cx.flags.bool("ignore-errors") => cx.err(format!("error: {}", e.text())),
            Err(e) if sources.len() == 1 => return Err(e),
            Err(e) => errors.push(e),
        }
        if cx.host.interrupted() {
            return Err(interrupted());
        }
    }
    finish(errors)
}

async fn find_pods(cx: &Cx, selector: &str, word: &str) -> Result<Vec<Json>> {
    if !selector.is_empty() {
        let builder =
            Builder { args: vec!["pods".into()], selector: Some(selector.to_string()), ..Builder::default() };
        let (infos, errors) = builder.infos(cx).await?;
        finish(errors)?;
        return Ok(infos.into_iter().map(|i| i.object).collect());
    }
    let args =
        if word.contains('/') { vec![word.to_string()] } else { vec!["pods".to_string(), word.to_string()] };
    let Planned { plan, .. } = Builder { args, ..Builder::default() }.plan(cx).await?;
    let Plan::Names(mut infos) = plan else { return Ok(Vec::new()) };
    let Some(info) = infos.first_mut() else { return Ok(Vec::new()) };
    if let Err(e) = info.fetch(cx).await {
        if e.is_not_found() {
            return msg(format!(
                "error from server (NotFound): {} in namespace {:?}",
                e.text(),
                cx.namespace()?
            ));
        }
        return Err(e);
    }
    let mut pods = pods_of(cx, info).await.map_err(|e| {
        let why = crate::polymorphic::selector_of(&info.object).err().unwrap_or(e);
        CmdError::Msg(format!("cannot get the logs from *v1.{}: {}", info.resource.kind, why.text()))
    })?;
    let all = cx.flags.bool("all-pods");
    if pods.len() > 1 && !all {
        cx.err(format!("Found {} pods, using pod/{}", pods.len(), s(&pods[0]["metadata"]["name"])));
    }
    if pods.is_empty() {
        return msg("timed out waiting for the condition");
    }
    if !all {
        pods.truncate(1);
    }
    Ok(pods)
}

fn request(cx: &Cx, source: &Source) -> Result<api::http::Request> {
    let path = format!("/api/v1/namespaces/{}/pods/{}/log", source.namespace, source.pod);
    let flag = |name: &str| if cx.flags.bool(name) { "true" } else { "" };
    let tail = cx.flags.int("tail");
    // With a selector the last ten lines of each are enough.
    let tail =
        if tail < 0 && !cx.flags.str("selector").is_empty() && !cx.flags.changed("tail") { 10 } else { tail };
    let number = |n: i64| if n > 0 { n.to_string() } else { String::new() };
    let seconds = number((cx.flags.duration("since") + 999_999) / 1_000_000);
    let limit = number(cx.flags.int("limit-bytes"));
    let tail = if tail >= 0 { tail.to_string() } else { String::new() };
    let query = [
        ("container", source.container.as_str()),
        ("follow", flag("follow")),
        ("previous", flag("previous")),
        ("timestamps", flag("timestamps")),
        ("sinceSeconds", seconds.as_str()),
        ("sinceTime", cx.flags.str("since-time")),
        ("tailLines", tail.as_str()),
        ("limitBytes", limit.as_str()),
    ];
    let mut req = cx.client()?.build(Method::Get, &path, &query);
    req.set_header("accept", "text/plain, application/json");
    Ok(req)
}

fn prefixed(cx: &Cx, source: &Source, text: &str) -> String {
    if !cx.flags.bool("prefix") {
        return text.to_string();
    }
    text.split_inclusive('\n').map(|l| format!("[pod/{}/{}] {l}", source.pod, source.container)).collect()
}

async fn one(cx: &Cx, source: &Source) -> Result {
    let req = request(cx, source)?;
    if !cx.flags.bool("follow") {
        let response = cx.client()?.send(req).await?;
        let bytes = response.body.to_bytes();
        if cx.flags.bool("prefix") {
            cx.out(&prefixed(cx, source, &String::from_utf8_lossy(&bytes)));
        } else {
            cx.host.stdout(&bytes);
        }
        return Ok(());
    }
    let mut stream = cx.client()?.stream(req).await?;
    while let Some(bytes) = stream.next().await {
        if cx.flags.bool("prefix") {
            cx.out(&prefixed(cx, source, &String::from_utf8_lossy(&bytes)));
        } else {
            cx.host.stdout(&bytes);
        }
    }
    if cx.host.interrupted() { Err(interrupted()) } else { Ok(()) }
}

/// Follows several logs at once: whichever has something next is printed.
async fn follow_all(cx: &Cx, sources: &[Source]) -> Result {
    let mut streams = Vec::new();
    for source in sources {
        streams.push(Box::pin(async move {
            let result = one(cx, source).await;
            (source, result)
        }));
    }
    // Fold the futures pairwise: each is polled whenever any of them wakes the task.
    while !streams.is_empty() {
        let finished = std::future::poll_fn(|task| {
            for (i, stream) in streams.iter_mut().enumerate() {
                if let std::task::Poll::Ready((_, result)) = stream.as_mut().poll(task) {
                    return std::task::Poll::Ready((i, result));
                }
            }
            std::task::Poll::Pending
        });
        let (i, result) = match select(finished, std::future::pending::<()>()).await {
            Either::Left(done) => done,
            Either::Right(()) => return Ok(()),
        };
        drop(streams.remove(i));
        if cx.host.interrupted() {
            return Err(interrupted());
        }
        match result {
            Err(e) if !cx.flags.bool("ignore-errors") => return Err(e),
            _ => {}
        }
    }
    Ok(())
}
