//! The simulation kernel: virtual time, one totally ordered event queue, seeded randomness.
//!
//! Nothing here knows Kubernetes. Time is data ([`Timestamp`]) and moves only when the engine in `cluster` pops an
//! event; events with equal times run in the order (class, sequence), so the same seed and inputs give the same
//! history on every machine. There is no wall clock, no thread and no hash order anywhere below this module.

mod hash;
mod latency;
mod queue;
mod rng;
mod shared_map;

pub use api::{Duration, Timestamp};
pub use hash::{Hashed, Hasher64};
pub use latency::LatencyProfile;
pub use queue::{Class, EventQueue, TimerId};
pub use rng::Rng;
pub use shared_map::SharedMap;
