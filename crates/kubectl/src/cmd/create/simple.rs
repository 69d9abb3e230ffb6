//! Generators of kinds with little inside: Namespace, ServiceAccount, ResourceQuota, PodDisruptionBudget, PriorityClass,
//! and `create token`.

use api::Json;
use serde_json::json;

use super::{name, submit};
use crate::cx::Cx;
use crate::error::{Result, msg};

/// `kubectl create namespace`.
pub async fn namespace(cx: &Cx) -> Result {
    let object = json!({ "kind": "Namespace", "apiVersion": "v1", "metadata": { "name": name(cx)? }, "spec": {}, "status": {} });
    submit(cx, object, "").await
}

/// `kubectl create serviceaccount`.
pub async fn service_account(cx: &Cx) -> Result {
    let object = json!({ "kind": "ServiceAccount", "apiVersion": "v1", "metadata": { "name": name(cx)? } });
    submit(cx, object, "failed to create serviceaccount: ").await
}

/// `kubectl create quota`.
pub async fn quota(cx: &Cx) -> Result {
    let mut spec = json!({});
    let hard = cx.flags.str("hard");
    if !hard.is_empty() {
        spec["hard"] = crate::generate::quantities(hard)?;
    }
    let scopes: Vec<&str> = cx.flags.str("scopes").split(',').filter(|s| !s.is_empty()).collect();
    if !scopes.is_empty() {
        spec["scopes"] = json!(scopes);
    }
    let object = json!({ "kind": "ResourceQuota", "apiVersion": "v1", "metadata": { "name": name(cx)? }, "spec": spec, "status": {} });
    submit(cx, object, "failed to create quota: ").await
}

/// `kubectl create poddisruptionbudget`.
pub async fn pod_disruption_budget(cx: &Cx) -> Result {
    let name = name(cx)?;
    let (min, max) = (cx.flags.str("min-available"), cx.flags.str("max-unavailable"));
    if cx.flags.str("selector").is_empty() {
        return msg("a selector must be specified");
    }
    let mut spec = match (min, max) {
        ("", "") => return msg("one of min-available or max-unavailable must be specified"),
        (min, "") => json!({ "minAvailable": crate::generate::int_or_string(min) }),
        ("", max) => json!({ "maxUnavailable": crate::generate::int_or_string(max) }),
        _ => return msg("min-available and max-unavailable cannot be both specified"),
    };
    spec["selector"] = json!({ "matchLabels": crate::generate::pairs(cx.flags.str("selector"))? });
    let status =
        json!({ "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0 });
    let object = json!({ "kind": "PodDisruptionBudget", "apiVersion": "policy/v1", "metadata": { "name": name }, "spec": spec, "status": status });
    submit(cx, object, "failed to create poddisruptionbudgets: ").await
}

/// `kubectl create priorityclass`.
pub async fn priority_class(cx: &Cx) -> Result {
    let mut object = json!({
        "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": { "name": name(cx)? }, "value": cx.flags.int("value"),
    });
    if cx.flags.bool("global-default") {
        object["globalDefault"] = true.into();
    }
    if !cx.flags.str("description").is_empty() {
        object["description"] = cx.flags.str("description").into();
    }
    object["preemptionPolicy"] = cx.flags.str("preemption-policy").into();
    submit(cx, object, "failed to create priorityclass: ").await
}

/// `kubectl create token`.
pub async fn token(cx: &Cx) -> Result {
    let name = name(cx)?;
    let mut spec = json!({});
    if !cx.flags.list("audience").is_empty() {
        spec["audiences"] = json!(cx.flags.list("audience"));
    }
    let seconds = cx.flags.duration("duration") / 1_000_000;
    if seconds > 0 {
        spec["expirationSeconds"] = seconds.into();
    }
    if !cx.flags.str("bound-object-kind").is_empty() {
        let kind = cx.flags.str("bound-object-kind");
        if !matches!(kind, "Pod" | "Secret" | "Node") {
            return msg("supported --bound-object-kind values are Node, Pod, Secret");
        }
        spec["boundObjectRef"] =
            json!({ "kind": kind, "apiVersion": "v1", "name": cx.flags.str("bound-object-name") });
    }
    let request = json!({ "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {}, "spec": spec });
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/{name}/token", cx.namespace()?);
    let answer: Json = cx
        .client()?
        .create(&path, &[], &request)
        .await
        .map_err(|e| e.prefixed("failed to create token: "))?;
    let output = cx.flags.str("output");
    if output.is_empty() {
        match answer["status"]["token"].as_str() {
            Some(token) if !token.is_empty() => cx.line(token),
            _ => return msg("failed to create token: no token in server response"),
        }
    } else {
        cx.out(&crate::print::value(cx, output, &answer)?);
    }
    Ok(())
}
