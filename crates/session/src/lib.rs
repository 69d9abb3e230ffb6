//! A session: a cluster, the workstation beside it, and what a front end needs to drive both.
//!
//! ```text
//! front end ── protocol::Command ──▶ Session ── pumps ──▶ Workstation (os::Machine + kubectl tasks)
//!           ◀── protocol::Update ──            ── REST ──▶ Cluster (core)
//! ```
//!
//! The workstation is outside of the world, as a person's own machine is: its shell and its kubectl are clients, they
//! lose their connections when the world is rewound, and only what they ask of the API becomes part of history.

#![warn(missing_docs)]

pub mod backend;
mod check;
pub mod console;
mod decision;
mod forward;
mod host;
mod link;
mod manifest;
mod mistakes;
mod network;
mod outside;
pub mod session;
mod subscription;
mod tasks;
mod unsupported;
pub mod workstation;

pub use console::Console;
pub use protocol;
pub use session::Session;
