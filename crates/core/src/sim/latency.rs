//! How long things take: the one small, documented model that gives the simulation real proportions.
//!
//! Values published by Kubernetes (heartbeats, back-offs, grace periods) are not here: they belong to the component
//! that owns them. These are the properties of machines and networks that Kubernetes does not define.

use api::Duration;

/// Delays of the simulated hardware.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyProfile {
    /// From a commit to its arrival at a watching component.
    pub watch_delivery: Duration,
    /// Work of one reconcile apart from its requests.
    pub reconcile: Duration,
    /// One request of a component: round trip and commit.
    pub api_write: Duration,
    /// One scheduling cycle.
    pub schedule: Duration,
    /// Creating a pod sandbox (network namespace, pause container).
    pub sandbox: Duration,
    /// Creating and starting one container whose image is present.
    pub container_start: Duration,
    /// Answer of the registry before the first byte of an image.
    pub pull_latency: Duration,
    /// Image download and unpacking, bytes a second.
    pub pull_bandwidth: u64,
    /// One way between two pods of one node.
    pub link_local: Duration,
    /// One way between pods of different nodes.
    pub link_remote: Duration,
}

impl Default for LatencyProfile {
    fn default() -> Self {
        let ms = Duration::millis;
        LatencyProfile {
            watch_delivery: ms(2),
            reconcile: ms(1),
            api_write: ms(2),
            schedule: ms(2),
            sandbox: ms(350),
            container_start: ms(250),
            pull_latency: ms(600),
            pull_bandwidth: 25_000_000,
            link_local: Duration::micros(50),
            link_remote: Duration::micros(300),
        }
    }
}
