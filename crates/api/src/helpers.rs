//! What upstream keeps beside its types: questions about pods, nodes and services that several components ask in
//! the same way.

pub mod node;
pub mod pod;
pub mod service;
