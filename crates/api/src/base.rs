//! What std lacks, without knowledge of Kubernetes' kinds.

pub mod hash;
pub mod str;
pub mod tabwriter;
pub mod time;
pub mod yaml;
