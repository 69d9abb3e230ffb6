//! What upstream keeps beside its types: questions about pods, nodes, services and workloads that several components
//! ask in the same way.

pub mod node;
pub mod pod;
pub mod service;
pub mod workload;
