//! Views of the cluster, one folder each; `view_list.rs` has a line for each.

pub mod map;
pub mod resources;
pub mod rollout;
pub mod services;
