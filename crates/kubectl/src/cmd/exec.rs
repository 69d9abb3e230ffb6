//! `kubectl exec` and `kubectl attach`.

use api::Json;

use crate::builder::{Builder, Info};
use crate::cx::Cx;
use crate::error::{Result, msg};
use crate::polymorphic::{container_of, pods_of};
use crate::session::{self, Streams};

/// Finds the object that POD or TYPE/NAME means.
///
/// # Errors
/// It does not exist.
pub async fn target(cx: &Cx, word: &str) -> Result<Info> {
    let args =
        if word.contains('/') { vec![word.to_string()] } else { vec!["pods".to_string(), word.to_string()] };
    let filenames = if word.is_empty() { cx.flags.list("filename").to_vec() } else { Vec::new() };
    let args = if filenames.is_empty() { args } else { Vec::new() };
    let (mut infos, errors) = Builder { args, filenames, ..Builder::default() }.infos(cx).await?;
    crate::builder::finish(errors)?;
    if infos.is_empty() {
        return msg("no resources found");
    }
    let mut info = infos.remove(0);
    if !info.source.is_empty() {
        info.fetch(cx).await?;
    }
    Ok(info)
}

/// Picks one pod of a target.
///
/// # Errors
/// There is none.
pub async fn pod(cx: &Cx, info: &Info) -> Result<Json> {
    let pods = pods_of(cx, info).await?;
    match pods.into_iter().next() {
        Some(pod) => Ok(pod),
        None => msg("timed out waiting for the condition"),
    }
}

/// `kubectl exec`.
pub async fn exec(cx: &Cx) -> Result {
    let args = &cx.flags.args;
    let has_file = !cx.flags.list("filename").is_empty();
    if args.is_empty() && !has_file {
        return msg("pod, type/name or --filename must be specified");
    }
    let (word, command) = match cx.flags.dash {
        None if args.len() > 1 => {
            return cx
                .usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
        }
        None => (cx.arg(0), &[][..]),
        Some(0) if has_file => ("", &args[..]),
        Some(0) => return msg("pod, type/name or --filename must be specified"),
        Some(_) => (cx.arg(0), &args[1..]),
    };
    if command.is_empty() {
        return msg("you must specify at least one command for the container");
    }
    let info = target(cx, word).await?;
    let pod = pod(cx, &info).await?;
    let phase = pod["status"]["phase"].as_str().unwrap_or("");
    if matches!(phase, "Succeeded" | "Failed") {
        return msg(format!("cannot exec into a container in a completed pod; current phase is {phase}"));
    }
    let container = container_of(cx, &pod, cx.flags.str("container"))?;
    let streams = session::streams(cx);
    let req = session::request(cx, &pod, "exec", &container, command, streams)?;
    session::run(cx, req, streams).await
}

/// `kubectl attach`.
pub async fn attach(cx: &Cx) -> Result {
    match cx.flags.args.len() {
        0 => return msg("at least 1 argument is required for attach"),
        1 | 2 => {}
        more => {
            return msg(format!(
                "expected POD, TYPE/NAME, or TYPE NAME, got {more} arguments: [{}]",
                cx.flags.args.join(" ")
            ));
        }
    }
    let word =
        if cx.flags.args.len() == 2 { format!("{}/{}", cx.arg(0), cx.arg(1)) } else { cx.arg(0).to_string() };
    let info = target(cx, &word).await?;
    let pod = pod(cx, &info).await?;
    attach_to(cx, &pod, cx.flags.str("container"), session::streams(cx)).await
}

/// Attaches to a running container.
///
/// # Errors
/// The pod has completed, or the container is not there.
pub async fn attach_to(cx: &Cx, pod: &Json, container: &str, streams: Streams) -> Result {
    let phase = pod["status"]["phase"].as_str().unwrap_or("");
    if matches!(phase, "Succeeded" | "Failed") {
        return msg(format!("cannot attach a container in a completed pod; current phase is {phase}"));
    }
    let container = container_of(cx, pod, container)?;
    let has_tty = crate::discovery::array(&pod["spec"]["containers"])
        .iter()
        .any(|c| c["name"] == container.as_str() && c["tty"] == true);
    let mut streams = streams;
    if streams.tty && !has_tty {
        if !streams.quiet {
            cx.err(format!("error: Unable to use a TTY - container {container} did not allocate one"));
        }
        streams.tty = false;
    } else if streams.stdin && !streams.tty && has_tty && cx.host.stdin_is_tty() {
        streams.tty = true;
    }
    if streams.stdin && streams.tty && !streams.quiet {
        cx.err("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.");
        cx.err("If you don't see a command prompt, try pressing enter.");
    }
    let req = session::request(cx, pod, "attach", &container, &[], streams)?;
    session::run(cx, req, streams).await
}
