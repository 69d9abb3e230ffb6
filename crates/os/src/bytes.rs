//! Work on raw bytes that several programs share.

pub mod crypt;
pub mod digest;
