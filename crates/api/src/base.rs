//! What std lacks, without knowledge of Kubernetes' kinds.

pub mod base64;
pub mod bytes;
pub mod cron;
pub mod hash;
pub mod json;
pub mod json_patch;
pub mod jsonpath;
pub mod merge_patch;
pub mod shared;
pub mod str;
pub mod tabwriter;
pub mod time;
pub mod yaml;
