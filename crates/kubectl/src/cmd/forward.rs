//! `kubectl port-forward`.

use crate::cx::Cx;
use crate::describe::s;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};

/// Runs the command.
pub async fn port_forward(cx: &Cx) -> Result {
    if cx.flags.args.len() < 2 {
        return cx.usage("TYPE/NAME and list of ports are required for port-forward");
    }
    let info = super::exec::target(cx, cx.arg(0)).await?;
    let pod = super::exec::pod(cx, &info).await?;
    let phase = s(&pod["status"]["phase"]);
    if phase != "Running" {
        return msg(format!("unable to forward port because pod is not running. Current status={phase}"));
    }
    let mut ports = Vec::new();
    for word in &cx.flags.args[1..] {
        let (local, remote) = word.split_once(':').unwrap_or((word, word));
        let bad = || {
            CmdError::Msg(format!(
                "invalid ports: error parsing local port '{local}': strconv.ParseUint: parsing {local:?}: invalid syntax"
            ))
        };
        let local: u16 = if local.is_empty() { 0 } else { local.parse().map_err(|_| bad())? };
        ports.push((local, remote_port(&info.object, &pod, remote)?));
    }
    let path = format!(
        "/api/v1/namespaces/{}/pods/{}/portforward",
        s(&pod["metadata"]["namespace"]),
        s(&pod["metadata"]["name"])
    );
    let client = cx.client()?;
    let req = client.build(api::http::Method::Post, &path, &[]);
    let Some(run) = cx.host.port_forward(&client.target, req, ports.clone()) else {
        return cx.not_simulated("kubectl port-forward");
    };
    for (local, remote) in &ports {
        cx.line(format!("Forwarding from 127.0.0.1:{local} -> {remote}"));
    }
    run.await?;
    Ok(())
}

/// A number, or the name of a container port; a service's port means its target.
fn remote_port(object: &api::Json, pod: &api::Json, word: &str) -> Result<u16> {
    let containers = || array(&pod["spec"]["containers"]).iter().flat_map(|c| array(&c["ports"]));
    let named = |name: &str| {
        containers().find(|p| p["name"] == name).and_then(|p| p["containerPort"].as_u64()).map(|p| p as u16)
    };
    if object["kind"] == "Service" {
        let found = array(&object["spec"]["ports"])
            .iter()
            .find(|p| p["name"] == word || p["port"].as_u64().is_some_and(|n| word.parse() == Ok(n)));
        let Some(port) = found else {
            return msg(format!(
                "Service {} does not have a service port {word}",
                s(&object["metadata"]["name"])
            ));
        };
        if let Some(name) = port["targetPort"].as_str() {
            return named(name).ok_or_else(|| {
                CmdError::Msg(format!(
                    "Pod '{}' does not have a named port '{name}'",
                    s(&pod["metadata"]["name"])
                ))
            });
        }
        return Ok(port["targetPort"].as_u64().or(port["port"].as_u64()).unwrap_or(0) as u16);
    }
    match word.parse::<u16>() {
        Ok(port) => Ok(port),
        Err(_) => named(word).ok_or_else(|| {
            CmdError::Msg(format!(
                "Pod '{}' does not have a named port '{word}'",
                s(&pod["metadata"]["name"])
            ))
        }),
    }
}
