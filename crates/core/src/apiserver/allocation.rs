//! Addresses and ports that Services hold. Kept in step with the store, so that allocating needs no scan.
//! Mirrors pkg/registry/core/service/{ipallocator,portallocator}: a small band at the bottom of each range is left to
//! those who ask for a number, the rest is given out at random.

use std::net::Ipv4Addr;

use api::Object;
use api::core::v1::Service;
use collections::OrdSet;

use crate::sim::Rng;

/// `--service-cluster-ip-range`, as kubeadm and minikube set it.
pub const SERVICE_CIDR: &str = "10.96.0.0/12";
const FIRST_ADDRESS: u32 = u32::from_be_bytes([10, 96, 0, 1]);
const LAST_ADDRESS: u32 = u32::from_be_bytes([10, 111, 255, 254]);
/// min(max(16, size / 16), 256)
const STATIC_ADDRESSES: u32 = 256;

/// The first port of `--service-node-port-range`.
pub const FIRST_NODE_PORT: i32 = 30000;
/// The last port of it.
pub const LAST_NODE_PORT: i32 = 32767;
/// min(max(16, size / 32), 128)
const STATIC_NODE_PORTS: i32 = 86;

/// What is taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allocations {
    addresses: OrdSet<u32>,
    node_ports: OrdSet<i32>,
}

/// Why a requested address cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not in the range.
    OutOfRange,
    /// Another Service has it.
    Taken,
    /// None is free.
    Full,
}

impl Allocations {
    /// Follows a commit: what `old` held becomes free, what `new` holds is taken.
    pub fn follow(&mut self, old: Option<&Object>, new: Option<&Object>) {
        if let Some(service) = old.and_then(Object::view::<Service>) {
            for address in addresses(service) {
                self.addresses.remove(&address);
            }
            for port in node_ports(service) {
                self.node_ports.remove(&port);
            }
        }
        if let Some(service) = new.and_then(Object::view::<Service>) {
            self.addresses.extend(addresses(service));
            self.node_ports.extend(node_ports(service));
        }
    }

    /// Checks that an address may be given to a Service that asks for it.
    pub fn check_address(&self, address: Ipv4Addr) -> Result<(), Refusal> {
        let number = u32::from(address);
        if !(FIRST_ADDRESS..=LAST_ADDRESS).contains(&number) {
            return Err(Refusal::OutOfRange);
        }
        if self.addresses.contains(&number) { Err(Refusal::Taken) } else { Ok(()) }
    }

    /// A free address: at random above the static band, then the first free one.
    pub fn free_address(&self, rng: &mut Rng) -> Option<Ipv4Addr> {
        let (low, span) =
            (FIRST_ADDRESS + STATIC_ADDRESSES, u64::from(LAST_ADDRESS - FIRST_ADDRESS - STATIC_ADDRESSES));
        for _ in 0..16 {
            let offset = u32::try_from(rng.below(span + 1)).unwrap_or(0);
            if !self.addresses.contains(&(low + offset)) {
                return Some(Ipv4Addr::from(low + offset));
            }
        }
        (FIRST_ADDRESS..=LAST_ADDRESS).find(|address| !self.addresses.contains(address)).map(Ipv4Addr::from)
    }

    /// Checks that a port may be given to a Service that asks for it.
    pub fn check_node_port(&self, port: i32) -> Result<(), Refusal> {
        if !(FIRST_NODE_PORT..=LAST_NODE_PORT).contains(&port) {
            return Err(Refusal::OutOfRange);
        }
        if self.node_ports.contains(&port) { Err(Refusal::Taken) } else { Ok(()) }
    }

    /// A free port that is not in `reserved` either: at random above the static band, then the first free one.
    pub fn free_node_port(&self, rng: &mut Rng, reserved: &[i32]) -> Option<i32> {
        let free = |port: &i32| !self.node_ports.contains(port) && !reserved.contains(port);
        let low = FIRST_NODE_PORT + STATIC_NODE_PORTS;
        for _ in 0..16 {
            let offset = rng.below(u64::from((LAST_NODE_PORT - low + 1).unsigned_abs()));
            let port = low + i32::try_from(offset).unwrap_or(0);
            if free(&port) {
                return Some(port);
            }
        }
        (FIRST_NODE_PORT..=LAST_NODE_PORT).find(free)
    }
}

fn addresses(service: &Service) -> impl Iterator<Item = u32> {
    service.spec.cluster_ips.iter().filter_map(|ip| ip.parse::<Ipv4Addr>().ok()).map(u32::from)
}

fn node_ports(service: &Service) -> impl Iterator<Item = i32> {
    let health = service.spec.health_check_node_port;
    service.spec.ports.iter().map(|port| port.node_port).chain([health]).filter(|port| *port != 0)
}
