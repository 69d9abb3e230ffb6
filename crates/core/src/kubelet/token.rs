//! Service account tokens of pods: JSON Web Tokens in shape and claims, signed by a digest instead of RSA.
//!
//! The kubelet projects them into pods; the API server's front reads them from requests of pods.

use api::base::base64;
use api::core::v1::Pod;
use api::{Json, Timestamp};
use serde_json::json;

use crate::runtime::catalogue::digest;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const HEADER: &str = "{\"alg\":\"RS256\",\"kid\":\"kubarium\"}";

fn url_safe(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

fn from_url_safe(text: &str) -> Option<Vec<u8>> {
    let mut text = text.replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    base64::decode(&text).ok()
}

fn signature(payload: &str) -> String {
    url_safe(digest(payload, "signing key").as_bytes())
}

/// A token for a pod's service account, valid for `seconds`.
pub fn issue(pod: &Pod, audience: &str, seconds: i64, now: Timestamp) -> String {
    let audience = if audience.is_empty() { ISSUER } else { audience };
    let (meta, account) = (&pod.metadata, &pod.spec.service_account_name);
    let claims = json!({
        "aud": [audience],
        "exp": now.secs().saturating_add(seconds),
        "iat": now.secs(),
        "iss": ISSUER,
        "kubernetes.io": {
            "namespace": meta.namespace.as_str(),
            "node": { "name": pod.spec.node_name.as_str() },
            "pod": { "name": meta.name.as_str(), "uid": meta.uid.as_str() },
            "serviceaccount": { "name": account.as_str() },
        },
        "nbf": now.secs(),
        "sub": format!("system:serviceaccount:{}:{account}", meta.namespace),
    });
    let payload = url_safe(claims.to_string().as_bytes());
    format!("{}.{payload}.{}", url_safe(HEADER.as_bytes()), signature(&payload))
}

/// The user a token speaks for; `None` if it was not issued here or has expired.
pub fn subject(token: &str, now: Timestamp) -> Option<String> {
    let mut parts = token.trim().split('.');
    let (_, payload, signed) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || signed != signature(payload) {
        return None;
    }
    let claims: Json = serde_json::from_slice(&from_url_safe(payload)?).ok()?;
    let fresh = claims.get("exp").and_then(Json::as_i64).is_some_and(|exp| exp > now.secs());
    if fresh { claims.get("sub").and_then(Json::as_str).map(str::to_string) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_speaks_for_its_account_until_it_expires() {
        let mut pod = Pod::default();
        pod.metadata.namespace = "default".into();
        pod.spec.service_account_name = "builder".into();
        let now = Timestamp::from_secs(1_767_603_600);
        let token = issue(&pod, "", 3600, now);
        assert_eq!(subject(&token, now).as_deref(), Some("system:serviceaccount:default:builder"));
        assert_eq!(subject(&token, Timestamp::from_secs(1_767_603_600 + 3601)), None);
        assert_eq!(subject(&format!("{token}x"), now), None);
    }
}
