//! Stories: transcripts of a terminal, told as files, played as tests. README.md beside this crate describes the format.
//!
//! [`story`] reads and writes the format, [`play`] runs a story on a [`play::Stage`] and compares, [`diff`] shows what
//! differs. [`simulated`] is the stage that stories are written for; [`loose`] makes outputs of others comparable, where
//! pod names and ages cannot be the same. [`suite`] is the test program that all stages share.

pub mod diff;
pub mod loose;
pub mod play;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
pub mod simulated;
pub mod story;
#[cfg(not(target_arch = "wasm32"))]
pub mod suite;
