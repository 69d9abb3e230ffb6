//! What std lacks, without knowledge of Kubernetes' kinds.

pub mod base64;
pub mod bytes;
pub mod cron;
pub mod hash;
pub mod jsonpath;
pub mod str;
pub mod tabwriter;
pub mod time;
pub mod yaml;
