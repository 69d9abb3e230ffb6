//! The container runtime: images, sandboxes, containers and the machines that run their programs.
//!
//! This is the CRI side of the kubelet (containerd, runc): it knows images and processes and nothing of the API. A
//! container whose program only waits for connections is *dormant*: an entry that names its image and the ports it
//! listens on. Its machine is built, and its start replayed, when somebody connects, executes or reads its log.

pub mod catalogue;
pub mod container;
pub mod images;
pub mod library;
pub mod logs;
pub mod machine;
pub mod programs;
pub mod reference;

pub use catalogue::Image;
pub use container::{Body, Container, Exit, Sandbox};
pub use library::Library;
pub use machine::{Config, Instance};
pub use reference::Reference;
