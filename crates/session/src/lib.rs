//! Cluster plus workstation: all that a front end drives.

pub use kubarium_protocol as protocol;
