//! Apimachinery in Rust: what all kinds have in common.

pub mod codec;
pub mod field;
pub mod fields;
pub mod gvk;
pub mod intstr;
pub mod labels;
pub mod names;
pub mod object;
pub mod object_meta;
pub mod quantity;
pub mod schema;
pub mod status;
pub mod table;

/// Types of `meta.k8s.io/v1`, by the path under which the other groups' types are found.
pub mod v1 {
    pub use crate::generated::meta_v1::*;
}
