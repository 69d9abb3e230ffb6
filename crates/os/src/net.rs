//! Protocol pieces for client and server programs.

pub mod http;
pub mod resolve;
