//! `kubectl port-forward` and `kubectl proxy`. The words are those of client-go/tools/portforward and kubectl/pkg/proxy.

use crate::cx::Cx;
use crate::describe::s;
use crate::discovery::array;
use crate::error::{CmdError, Result, msg};
use crate::host::TransportError;

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
    let addresses = addresses(cx.flags.str("address"))?;
    let wanted: Vec<u16> = ports.iter().map(|(local, _)| *local).collect();
    let Some(taken) = cx.host.listen(&wanted) else {
        return cx.not_simulated("kubectl port-forward");
    };
    let mut open = Vec::new();
    for ((local, remote), taken) in ports.iter().zip(taken) {
        match taken {
            Ok(port) => {
                open.push((port, *remote));
                for address in &addresses {
                    cx.line(format!("Forwarding from {address}:{port} -> {remote}"));
                }
            }
            Err(why) => cx.err(cannot_listen(*local, &addresses, why)),
        }
    }
    if open.is_empty() {
        let list: Vec<String> = ports.iter().map(|(local, remote)| format!("{{{local} {remote}}}")).collect();
        return msg(format!("unable to listen on any of the requested ports: [{}]", list.join(" ")));
    }
    finish(cx.host.port_forward(req, open).await)
}

/// The addresses to listen on, as they are shown.
fn addresses(flag: &str) -> Result<Vec<String>> {
    let mut shown = Vec::new();
    for address in flag.trim_matches(['[', ']']).split(',').filter(|a| !a.is_empty()) {
        if address == "localhost" {
            shown.extend(["127.0.0.1".to_string(), "[::1]".to_string()]);
            continue;
        }
        match address.parse() {
            Ok(std::net::IpAddr::V4(ip)) => shown.push(ip.to_string()),
            Ok(std::net::IpAddr::V6(ip)) => shown.push(format!("[{ip}]")),
            Err(_) => return msg(format!("error parsing address {address}")),
        }
    }
    Ok(shown)
}

fn cannot_listen(port: u16, addresses: &[String], why: &str) -> String {
    let one = |address: &String| {
        let family = if address.starts_with('[') { "tcp6" } else { "tcp4" };
        format!("unable to create listener: Error listen {family} {address}:{port}: bind: {why}")
    };
    let all: Vec<String> = addresses.iter().map(one).collect();
    format!(
        "Unable to listen on port {port}: Listeners failed to create with the following errors: [{}]",
        all.join(" ")
    )
}

/// A session that was cut says so as an error of the command.
fn finish(ended: std::result::Result<(), TransportError>) -> Result<()> {
    match ended {
        Err(TransportError::Other(why)) => msg(why),
        other => Ok(other?),
    }
}

/// `kubectl proxy`.
pub async fn proxy(cx: &Cx) -> Result {
    if !cx.flags.str("unix-socket").is_empty() {
        return cx.not_simulated("proxy --unix-socket");
    }
    if !cx.flags.str("www").is_empty() {
        return cx.not_simulated("proxy --www");
    }
    let address = cx.flags.str("address").to_string();
    let port = u16::try_from(cx.flags.int("port")).unwrap_or(0);
    let Some(taken) = cx.host.listen(&[port]) else {
        return cx.not_simulated("kubectl proxy");
    };
    let prefix = cx.flags.str("api-prefix").to_string();
    match taken.into_iter().next() {
        Some(Ok(port)) => {
            cx.line(format!("Starting to serve on {address}:{port}"));
            finish(cx.host.serve_proxy(port, prefix).await)
        }
        Some(Err(why)) => msg(format!("listen tcp {address}:{port}: bind: {why}")),
        None => Ok(()),
    }
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
