//! The cluster: owns every component, moves time, records inputs, looks back.
//!
//! [`World`] is everything that exists, as one value. [`Cluster`] is a world with its history: the inputs that came
//! from outside, and checkpoints (clones) from which any moment is reached by replaying inputs.

pub mod bootstrap;
pub mod config;
mod connections;
pub mod event;
pub mod history;
pub mod input;
pub mod saved;
pub mod story;
pub mod world;

pub use config::{ClusterConfig, DEFAULT_START, MAX_NODES};
pub use connections::STATE;
pub use event::{Event, Watcher};
pub use history::{Cluster, Progress};
pub use input::{Fault, Input, Recorded};
pub use saved::Saved;
pub use story::{CauseLink, Stepped};
pub use world::{Opened, World};
