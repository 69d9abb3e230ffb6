//! Work on raw bytes that several programs share.

pub mod big;
pub mod crc;
pub mod crypt;
pub mod curve;
pub mod der;
pub mod digest;
pub mod edwards;
pub mod gzip;
pub mod key;
pub mod prime;
pub mod random;
pub mod rsa;
