//! What Kubernetes' objects are: apimachinery in Rust (`meta`), generated types of every built-in kind
//! (`core::v1::Pod`, `apps::v1::Deployment`, …), the plain-data form of HTTP (`http`) and the small things that std
//! lacks (`base`). Knows nothing about clusters, storage or clients.

pub mod base;
pub mod http;
pub mod meta;

pub use base::str::Str;
pub use base::time::{Duration, Timestamp};
pub use meta::codec::DecodeError;
pub use meta::gvk::{Gvk, Gvr};
pub use meta::object::{Key, Kind, Object};
pub use meta::status::Status;

/// A JSON value. Objects keep the order of their keys: the order of the wire is the order of Go's structs.
pub type Json = serde_json::Value;
/// A JSON object.
pub type JsonMap = serde_json::Map<String, Json>;
