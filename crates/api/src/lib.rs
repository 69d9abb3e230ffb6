//! What Kubernetes' objects are: apimachinery in Rust (`meta`), generated types of every built-in kind
//! (`core::v1::Pod`, `apps::v1::Deployment`, …), the plain-data form of HTTP (`http`) and the small things that std
//! lacks (`base`). Knows nothing about clusters, storage or clients.

#![warn(missing_docs)]

pub mod base;
// Each field is documented by Kubernetes' API reference, under the name that stands in its field table.
#[allow(missing_docs)]
mod generated;
mod helpers;
pub mod http;
pub mod meta;
pub mod validation;

// Groups, so that types have the paths of their Go packages: `api::core::v1::Pod`.
/// Webhooks and policies of admission.
pub mod admissionregistration {
    pub use crate::generated::admissionregistration_v1 as v1;
}
/// Custom resource definitions.
pub mod apiextensions {
    pub use crate::generated::apiextensions_v1 as v1;
}
/// Workloads: Deployments and their kin.
pub mod apps {
    pub use crate::generated::apps_v1 as v1;
}
/// Who is asking: token and self reviews.
pub mod authentication {
    pub use crate::generated::authentication_v1 as v1;
}
/// What may one do: access reviews.
pub mod authorization {
    pub use crate::generated::authorization_v1 as v1;
}
/// Scale, and horizontal autoscalers.
pub mod autoscaling {
    pub use crate::generated::autoscaling_v1 as v1;
    pub use crate::generated::autoscaling_v2 as v2;
}
/// Jobs.
pub mod batch {
    pub use crate::generated::batch_v1 as v1;
}
/// Certificate signing requests.
pub mod certificates {
    pub use crate::generated::certificates_v1 as v1;
}
/// Leases.
pub mod coordination {
    pub use crate::generated::coordination_v1 as v1;
}
/// Pods, Services, nodes and everything else of the first group, whose name is empty.
pub mod core {
    pub use crate::generated::core_v1 as v1;
}
/// EndpointSlices.
pub mod discovery {
    pub use crate::generated::discovery_v1 as v1;
}
/// Events in their newer form.
pub mod events {
    pub use crate::generated::events_v1 as v1;
}
/// Ingresses and network policies.
pub mod networking {
    pub use crate::generated::networking_v1 as v1;
}
/// Disruption budgets, eviction.
pub mod policy {
    pub use crate::generated::policy_v1 as v1;
}
/// Roles and bindings.
pub mod rbac {
    pub use crate::generated::rbac_v1 as v1;
}
/// Priority classes.
pub mod scheduling {
    pub use crate::generated::scheduling_v1 as v1;
}
/// Storage classes, volume attachments, CSI.
pub mod storage {
    pub use crate::generated::storage_v1 as v1;
}

pub use base::bytes::Bytes;
pub use base::shared::Shared;
pub use base::str::Str;
pub use base::time::{Duration, Timestamp};
pub use generated::KINDS;
pub use helpers::{node, pod, service};
pub use meta::codec::{DecodeError, Mask, Opaque};
pub use meta::gvk::{Gvk, Gvr};
pub use meta::intstr::IntOrString;
pub use meta::object::{Key, Kind, KindInfo, Object, kind_info};
pub use meta::quantity::Quantity;
pub use meta::schema::Schema;
pub use meta::status::Status;

/// A JSON value. Objects keep the order of their keys: the order of the wire is the order of Go's structs.
pub type Json = serde_json::Value;
/// A JSON object.
pub type JsonMap = serde_json::Map<String, Json>;
