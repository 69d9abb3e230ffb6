//! What std lacks, without knowledge of Kubernetes' kinds.

pub mod hash;
pub mod str;
pub mod time;
