//! The cluster: owns every component, moves time, records inputs, looks back.
//!
//! [`World`] is everything that exists, as one value. [`Cluster`] is a world with its history: the inputs that came
//! from outside, and checkpoints (clones) from which any moment is reached by replaying inputs.

pub mod event;
pub mod config;
pub mod world;

pub use config::ClusterConfig;
pub use event::Event;
pub use world::World;
