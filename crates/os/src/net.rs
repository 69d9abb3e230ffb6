//! Protocol pieces for client and server programs.

pub mod dns;
pub mod http;
pub mod resolve;
