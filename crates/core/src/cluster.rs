//! The cluster: owns every component, moves time, records inputs, looks back.
//!
//! [`World`] is everything that exists, as one value. [`Cluster`] is a world with its history: the inputs that came
//! from outside, and checkpoints (clones) from which any moment is reached by replaying inputs.

mod bootstrap;
mod config;
mod connections;
mod event;
mod history;
mod input;
mod saved;
pub mod story;
mod world;

pub use config::{ClusterConfig, DEFAULT_START, MAX_NODES};
pub use connections::STATE;
pub use event::{Event, Watcher};
pub use history::{Cluster, Progress};
pub use input::{Fault, Input, Recorded};
pub use saved::Saved;
pub use story::{CauseLink, Stepped};
pub use world::{Opened, World};
