//! The cluster under glass: everything that runs inside the simulated world, as one value.
//!
//! Read in this order, from the ground up: [`sim`] (virtual time, the event queue, randomness), [`store`] (revisions
//! and the log of changes), [`apiserver`] (requests in, responses out), [`client`] (what components use to talk to
//! it), then the components that meet only at the API — [`controllers`], [`scheduler`], [`kubelet`] with [`runtime`]
//! and [`network`] — and [`cluster`], which owns them all and moves time.

#![warn(missing_docs)]

pub mod apiserver;
pub mod client;
pub mod cluster;
pub mod controllers;
mod kubelet;
mod network;
mod runtime;
pub mod scheduler;
pub mod sim;
pub mod store;
