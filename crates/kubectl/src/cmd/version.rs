//! `kubectl version`.

use api::Json;
use serde_json::json;

use crate::cx::Cx;
use crate::error::{Result, msg};
use crate::print;

/// The client version this emulator speaks for.
pub const CLIENT: &str = "v1.36.4";
const KUSTOMIZE: &str = "v5.8.1";

/// Prints the versions of client and server.
pub async fn version(cx: &Cx) -> Result {
    cx.no_args()?;
    let mut doc = json!({ "clientVersion": client_info(), "kustomizeVersion": KUSTOMIZE });
    let mut failure = None;
    if !cx.flags.bool("client") {
        match cx.client()?.get("/version", &[]).await {
            Ok(server) => doc["serverVersion"] = server,
            Err(e) => failure = Some(e),
        }
    }
    match cx.flags.str("output") {
        "" => {
            cx.line(format!("Client Version: {CLIENT}\nKustomize Version: {KUSTOMIZE}"));
            if let Some(server) = doc["serverVersion"]["gitVersion"].as_str() {
                cx.line(format!("Server Version: {server}"));
            }
        }
        "yaml" => cx.line(print::yaml(&doc)),
        "json" => cx.line(print::json_in_order(&doc)),
        other => {
            return msg(format!(
                "VersionOptions were not validated: --output={other:?} should have been rejected"
            ));
        }
    }
    if let Some(e) = failure {
        return Err(e);
    }
    if let Some(skew) = skew(&doc["serverVersion"]) {
        cx.err(skew);
    }
    Ok(())
}

fn client_info() -> Json {
    json!({
        "major": "1", "minor": "36", "gitVersion": CLIENT, "gitTreeState": "clean", "compiler": "rustc", "platform": "wasm32/browser",
    })
}

/// The warning for versions more than one minor apart.
fn skew(server: &Json) -> Option<String> {
    let minor: i64 = server["minor"].as_str()?.trim_end_matches('+').parse().ok()?;
    let major = server["major"].as_str()?;
    let far = (36 - minor).abs() > 1 || major != "1";
    far.then(|| {
        format!("Warning: version difference between client (1.36) and server ({major}.{minor}) exceeds the supported minor version skew of +/-1")
    })
}
