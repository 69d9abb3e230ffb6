//! Work on raw bytes that several programs share.

pub mod crc;
pub mod crypt;
pub mod digest;
pub mod gzip;
