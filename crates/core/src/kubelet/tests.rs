//! A pod's life on a node, told by its status and its events.

mod content;
mod harness;
mod life;
mod nodes;
mod start;

use serde_json::json;

/// A pod spec of one container `web`.
fn one(image: &str) -> serde_json::Value {
    json!({ "containers": [{ "name": "web", "image": image }] })
}
