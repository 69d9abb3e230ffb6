//! The data plane: addresses, cluster DNS, kube-proxy's rules, links, and the connections that cross them.
//!
//! Programs talk through sockets of their `os::Machine`; whoever hosts the machine (the kubelet's runtime) passes its
//! network calls to [`Network`], which decides where they go (pod address, service rule, node port, a host outside) and
//! answers by [`Event`]s due after the latency of the link. Nothing polls: a listening socket is an entry in a table.
//!
//! What kube-proxy and CoreDNS know of the cluster is kept here in indexes that [`Network::observe`] maintains from the
//! watch of Services, EndpointSlices and Nodes. Not modelled: packets below a connection's bytes, MTU, conntrack tables.

pub mod address;
pub mod connection;
pub mod dns;
pub mod external;
pub mod link;
pub mod proxy;
pub mod traffic;

pub use address::{ContainerId, MachineId, NetnsId, NodeId, SandboxId};
use collections::OrdMap;
pub use connection::{ConnId, Connection, Message, Party, Side};
pub use external::{External, ExternalId, ExternalState, Origin};
pub use link::{Link, Match, Rule, Verdict};
pub use proxy::Target;
pub use traffic::Hop;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use api::{Str, Timestamp};
use os::{HostEvent, SockId};

use crate::client::Change;
use crate::sim::{LatencyProfile, Rng, SharedMap};

/// Something arrives.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message of a connection reaches one of its ends.
    Deliver(ConnId, Side, Message),
    /// The answer to a machine's question (name resolution, ping, a refused connection).
    Answer(MachineId, Box<HostEvent>),
}

/// A listening socket.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// The machine that listens.
    pub machine: MachineId,
    /// `None` for a dormant container: its machine has to be built before it can accept.
    pub sock: Option<SockId>,
    /// Loopback only (`127.0.0.1:…`).
    pub local: bool,
    /// It speaks TLS with this certificate.
    pub tls: Option<Rc<os::Certificate>>,
}

/// A network namespace: a pod's, or a node's own.
#[derive(Clone, Debug)]
pub struct Netns {
    /// Its number.
    pub id: NetnsId,
    /// Its one address.
    pub ip: IpAddr,
    /// The pod ("namespace/name") or the node, as shown to people.
    pub owner: Str,
    listeners: OrdMap<u16, Listener>,
    next_port: u16,
}

/// What a socket number of a machine stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SockUse {
    Listen(NetnsId, u16),
    Conn(ConnId, Side),
}

/// The data plane of one cluster.
#[derive(Clone, Debug)]
pub struct Network {
    netns: SharedMap<NetnsId, Netns>,
    by_ip: SharedMap<IpAddr, NetnsId>,
    /// hostPorts: (node, port) → (pod's namespace, container port).
    host_ports: OrdMap<(NodeId, u16), (NetnsId, u16)>,
    node_names: OrdMap<NodeId, Str>,
    socks: SharedMap<(MachineId, SockId), SockUse>,
    conns: OrdMap<ConnId, Connection>,
    next_conn: u64,
    proxy: Rc<proxy::Proxy>,
    pub(crate) dns: dns::Dns,
    rules: Vec<Rule>,
    external: OrdMap<ExternalId, External>,
    next_external: u32,
    outgoing: Vec<(Timestamp, Event)>,
    /// The last requests, newest last, for the traffic view.
    hops: VecDeque<Hop>,
    affinity: OrdMap<(api::Key, IpAddr), (IpAddr, Timestamp)>,
    link_local: i64,
    link_remote: i64,
    rng: Rng,
}

impl Network {
    /// `cluster_dns` is the address of the kube-dns Service.
    pub fn new(seed: u64, profile: &LatencyProfile, cluster_domain: &str, cluster_dns: &str) -> Network {
        Network {
            netns: SharedMap::new(),
            by_ip: SharedMap::new(),
            host_ports: OrdMap::new(),
            node_names: OrdMap::new(),
            socks: SharedMap::new(),
            conns: OrdMap::new(),
            next_conn: 1,
            proxy: Rc::default(),
            dns: dns::Dns::new(cluster_domain, cluster_dns),
            rules: Vec::new(),
            external: OrdMap::new(),
            next_external: 1,
            outgoing: Vec::new(),
            hops: VecDeque::new(),
            affinity: OrdMap::new(),
            link_local: profile.link_local.as_micros(),
            link_remote: profile.link_remote.as_micros(),
            rng: Rng::stream(seed, "network"),
        }
    }

    /// What kube-proxies and CoreDNS see: Services and EndpointSlices.
    pub fn observe(&mut self, changes: &[Change]) {
        let proxy = Rc::make_mut(&mut self.proxy);
        for change in changes {
            proxy.observe(change);
        }
    }

    /// Whether [`Network::observe`] wants this change.
    pub fn wants(&self, change: &Change) -> bool {
        proxy::Proxy::interested(change)
    }

    /// Takes what is to be delivered, with the moment each thing arrives.
    pub fn take_outgoing(&mut self) -> Vec<(Timestamp, Event)> {
        std::mem::take(&mut self.outgoing)
    }

    /// A namespace comes into being: a sandbox was created, a node booted.
    pub fn add_netns(&mut self, id: NetnsId, ip: IpAddr, owner: Str) {
        if id.sandbox == SandboxId::HOST {
            self.node_names.insert(id.node, owner.clone());
        }
        self.by_ip.insert(ip, id);
        self.netns.insert(id, Netns { id, ip, owner, listeners: OrdMap::new(), next_port: 32_768 });
    }

    /// A port of the node leads to a port of a pod (CNI's portmap).
    pub fn add_host_port(&mut self, port: u16, to: NetnsId, to_port: u16) {
        self.host_ports.insert((to.node, port), (to, to_port));
    }

    /// The namespace is gone; connections into it are cut without a word.
    pub fn remove_netns(&mut self, id: NetnsId) {
        self.host_ports.retain(|_, (to, _)| *to != id);
        if let Some(netns) = self.netns.remove(&id)
            && self.by_ip.get(&netns.ip) == Some(&id)
        {
            self.by_ip.remove(&netns.ip);
        }
    }

    /// A namespace by its number.
    pub fn netns(&self, id: NetnsId) -> Option<&Netns> {
        self.netns.get(&id)
    }

    /// The namespace that has this address.
    pub fn netns_of_ip(&self, ip: IpAddr) -> Option<NetnsId> {
        self.by_ip.get(&ip).copied()
    }

    /// A dormant container's server is reachable on these ports.
    pub fn listen_dormant(&mut self, id: NetnsId, machine: MachineId, ports: &[u16]) {
        let Some(netns) = self.netns.get_mut(&id) else { return };
        for port in ports {
            netns.listeners.entry(*port).or_insert(Listener { machine, sock: None, local: false, tls: None });
        }
    }

    /// Whether another container of the namespace has one of these ports.
    pub fn port_taken(&self, id: NetnsId, port: u16) -> bool {
        self.netns.get(&id).is_some_and(|netns| netns.listeners.contains_key(&port))
    }

    /// Forgets a machine: its listeners, and its connections, whose other ends see a reset (or nothing, if `silent`).
    pub fn remove_machine(&mut self, now: Timestamp, machine: MachineId, silent: bool) {
        let low = (machine, SockId::MIN);
        let high = (machine, SockId::MAX);
        let socks: Vec<(SockId, SockUse)> =
            self.socks.range(low..=high).map(|((_, s), u)| (*s, *u)).collect();
        for (sock, used) in socks {
            self.socks.remove(&(machine, sock));
            match used {
                SockUse::Listen(..) => {}
                SockUse::Conn(conn, side) if silent => self.vanish(conn, side),
                SockUse::Conn(conn, side) => self.abort(now, conn, side),
            }
        }
        let of_node = |sandbox| NetnsId { node: machine.node, sandbox };
        let listens = |netns: &Netns| netns.listeners.values().any(|listener| listener.machine == machine);
        let concerned: Vec<NetnsId> = self
            .netns
            .range(of_node(SandboxId(0))..=of_node(SandboxId(u32::MAX)))
            .filter(|(_, netns)| listens(netns))
            .map(|(id, _)| *id)
            .collect();
        for id in concerned {
            if let Some(netns) = self.netns.get_mut(&id) {
                netns.listeners.retain(|_, listener| listener.machine != machine);
            }
        }
    }

    /// The node on which an event has to be handled; `None` for the ends outside the cluster.
    pub fn receiver(&self, event: &Event) -> Option<NodeId> {
        match event {
            Event::Answer(machine, _) => Some(machine.node),
            Event::Deliver(conn, side, _) => match self.conns.get(conn)?.party(*side) {
                Party::Machine(machine, _) => Some(machine.node),
                Party::Namespace(netns, _) => Some(netns.node),
                Party::Kubelet(node, _) => Some(*node),
                Party::External(_) | Party::Gone => None,
            },
        }
    }

    /// A connection that is not closed yet.
    pub fn connection(&self, id: ConnId) -> Option<&Connection> {
        self.conns.get(&id)
    }

    /// The listener that a connection arriving in a namespace meets.
    pub fn listener(&self, id: NetnsId, port: u16, from_loopback: bool) -> Option<&Listener> {
        let listener = self.netns.get(&id)?.listeners.get(&port)?;
        (!listener.local || from_loopback).then_some(listener)
    }

    /// The kube-proxy rules in order, for inspection.
    pub fn proxy(&self) -> &proxy::Proxy {
        &self.proxy
    }

    /// The link rules in force; the first that matches decides.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Faults: replaces the link rules.
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
    }

    /// The latest connection attempts, oldest first.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter()
    }

    /// The name of a node; empty when it is unknown.
    pub fn node_name(&self, id: NodeId) -> &str {
        self.node_names.get(&id).map_or("", |name| name)
    }

    fn end_name(&self, id: NetnsId) -> Str {
        self.netns.get(&id).map_or(Str::EMPTY, |netns| netns.owner.clone())
    }

    /// One-way delay between two namespaces in µs, or `None` when the link is cut.
    fn delay(&self, from: Option<NetnsId>, to: Option<NetnsId>) -> Option<i64> {
        let base = match (from, to) {
            (Some(a), Some(b)) if a == b => 20,
            (Some(a), Some(b)) if a.node == b.node => self.link_local,
            (Some(_), Some(_)) => self.link_remote,
            _ => self.link_remote * 4,
        };
        let link = Link {
            from_node: from.map_or("", |id| self.node_name(id.node)),
            to_node: to.map_or("", |id| self.node_name(id.node)),
            from: &from.map_or(Str::EMPTY, |id| self.end_name(id)),
            to: &to.map_or(Str::EMPTY, |id| self.end_name(id)),
        };
        match link::decide(&self.rules, &link) {
            Verdict::Pass => Some(base),
            Verdict::Cut => None,
            Verdict::Slow(micros) => Some(base + micros),
        }
    }

    fn ip_of(&self, id: NetnsId) -> IpAddr {
        self.netns.get(&id).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |netns| netns.ip)
    }
}

#[cfg(test)]
mod tests;
