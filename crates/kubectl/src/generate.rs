//! Pieces of generated objects: names of containers, ports, key-value texts.

use api::base::hash::fnv32a;
use api::meta::quantity::Quantity;
use api::{Json, JsonMap};
use serde_json::json;

use crate::cx::Cx;
use crate::error::{CmdError, Result, msg};

/// Returns the container name that `create deployment` takes from an image.
pub fn container_name(cx: &Cx, image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or(last);
    if name.contains(['_', '.']) {
        return format!("{}-{}", name.replace(['_', '.'], "-"), random_suffix(cx, name));
    }
    name.to_string()
}

/// Five letters as Kubernetes appends to names; taken from the clock and a text, since a client has no other source here.
pub fn random_suffix(cx: &Cx, text: &str) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut seed = fnv32a(format!("{text}{}", cx.host.now().micros()).as_bytes());
    (0..5)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(LETTERS[(seed >> 8) as usize % LETTERS.len()])
        })
        .collect()
}

/// `80` or `http`, `25%`.
pub fn int_or_string(text: &str) -> Json {
    text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n))
}

/// Parses `a=b,c=d`.
///
/// # Errors
/// A part has no `=`.
pub fn pairs(text: &str) -> Result<Json> {
    let mut map = JsonMap::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let Some((key, value)) = part.split_once('=') else {
            return msg(format!("unexpected label spec: {part}"));
        };
        map.insert(key.trim().into(), value.trim_start_matches('=').trim().into());
    }
    Ok(Json::Object(map))
}

/// Parses `cpu=1,memory=1Gi` into canonical quantities.
///
/// # Errors
/// A part has no `=`, or a value is no quantity.
pub fn quantities(text: &str) -> Result<Json> {
    let mut map = JsonMap::new();
    for part in text.split(',') {
        let Some((key, value)) = part.split_once('=').filter(|(_, v)| !v.contains('=')) else {
            return msg(format!("Invalid argument syntax {part}, expected <resource>=<value>"));
        };
        let quantity = Quantity::parse(value).map_err(|e| CmdError::Msg(e.to_string()))?;
        map.insert(key.into(), quantity.to_string().into());
    }
    Ok(Json::Object(map))
}

/// Parses `--tcp 80:8080`.
///
/// # Errors
/// A port is no number, or out of range.
pub fn service_port(text: &str) -> Result<Json> {
    let (port_text, target) = text.split_once(':').unwrap_or((text, text));
    let port: u64 = port_text
        .parse()
        .map_err(|_| CmdError::Msg(format!("strconv.ParseUint: parsing {port_text:?}: invalid syntax")))?;
    let range = || msg("must be between 1 and 65535, inclusive");
    if !(1..=65535).contains(&port) {
        return range();
    }
    let target = int_or_string(target);
    if target.as_i64().is_some_and(|t| !(1..=65535).contains(&t)) {
        return range();
    }
    Ok(json!({ "name": text.replace(':', "-"), "protocol": "TCP", "port": port, "targetPort": target }))
}

/// Parses `NAME=value` texts of `--env`.
///
/// # Errors
/// One is not of that form.
pub fn env(items: &[String]) -> Result<Vec<Json>> {
    let mut out = Vec::new();
    for item in items {
        let Some((name, value)) = item.split_once('=').filter(|(n, _)| !n.is_empty()) else {
            return msg(format!("invalid env: {item}"));
        };
        let mut entry = json!({ "name": name });
        if !value.is_empty() {
            entry["value"] = value.into();
        }
        out.push(entry);
    }
    Ok(out)
}
