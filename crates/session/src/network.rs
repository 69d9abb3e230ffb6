//! The workstation's network: its own loopback, and the way to the cluster's nodes.
//!
//! The workstation stands in the nodes' network, as a person's machine beside a small cluster does: it reaches nodes and
//! node ports; pod and cluster addresses are known inside of the cluster only, so connections to them time out. Servers
//! on the loopback are programs of the machine, or kubectl itself (port-forward, proxy) through [`Loopback`].

use std::collections::VecDeque;
use std::net::IpAddr;

use collections::OrdMap;
use kubarium_core::cluster::STATE;
use os::{HostEvent, SockId};

use crate::backend::{Backend, Streaming};
use crate::outside;

/// Names one end of a loopback connection that kubectl serves; never used twice.
pub type LocalId = u32;

/// Where ports for clients that take any come from.
const RANDOM_PORTS: std::ops::Range<u16> = 40_000..60_000;

/// Ports of the loopback that kubectl listens on, and the connections it serves.
#[derive(Default)]
pub struct Loopback {
    /// Ports with connections that were not accepted yet.
    listening: OrdMap<u16, VecDeque<LocalId>>,
    served: OrdMap<LocalId, Served>,
    next: LocalId,
    random_port: u16,
}

/// One connection that kubectl serves.
#[derive(Default)]
struct Served {
    sock: Option<SockId>,
    /// From the client, not yet read.
    inbox: Vec<u8>,
    client_done: bool,
    /// For the client, not yet delivered.
    outbox: Vec<u8>,
    server_done: bool,
    /// The server broke it.
    reset: bool,
}

impl Loopback {
    /// Takes a port, or any free one for 0; None when it is taken.
    pub fn listen(&mut self, port: u16) -> Option<u16> {
        let port = match port {
            0 => {
                let after = (self.random_port + 1).max(RANDOM_PORTS.start);
                let mut ports = (after..RANDOM_PORTS.end).chain(RANDOM_PORTS);
                self.random_port = ports.find(|it| !self.listening.contains_key(it))?;
                self.random_port
            }
            port => port,
        };
        if self.listening.contains_key(&port) {
            return None;
        }
        self.listening.insert(port, VecDeque::new());
        Some(port)
    }

    /// Gives a port back; clients that were not accepted are cut.
    pub fn unlisten(&mut self, port: u16) {
        for id in self.listening.remove(&port).unwrap_or_default() {
            self.reset(id);
        }
    }

    /// The next client of a port that [`Loopback::listen`] took.
    pub fn accept(&mut self, port: u16) -> Option<LocalId> {
        self.listening.get_mut(&port)?.pop_front()
    }

    /// Bytes from the client, and whether it sends no more.
    pub fn receive(&mut self, id: LocalId) -> (Vec<u8>, bool) {
        match self.served.get_mut(&id) {
            Some(served) => (std::mem::take(&mut served.inbox), served.client_done),
            None => (Vec::new(), true),
        }
    }

    /// Bytes for the client.
    pub fn send(&mut self, id: LocalId, bytes: &[u8]) {
        if let Some(served) = self.served.get_mut(&id) {
            served.outbox.extend_from_slice(bytes);
        }
    }

    /// The server is done with it.
    pub fn close(&mut self, id: LocalId) {
        if let Some(served) = self.served.get_mut(&id) {
            served.server_done = true;
        }
    }

    /// Breaks the connection (RST).
    pub fn reset(&mut self, id: LocalId) {
        if let Some(served) = self.served.get_mut(&id) {
            served.server_done = true;
            served.reset = true;
        }
    }
}

/// What a socket of the workstation leads to.
enum Peer {
    /// Another socket of the machine.
    Own(SockId),
    Local(LocalId),
    /// A server of the world outside of the cluster.
    Outside(outside::Connection),
    Cluster {
        id: u64,
        streaming: Streaming,
    },
}

/// The sockets of the workstation.
#[derive(Default)]
pub struct Network {
    /// Where kubectl listens and answers itself.
    pub loopback: Loopback,
    /// Listening sockets of the machine.
    servers: OrdMap<u16, SockId>,
    peers: OrdMap<SockId, Peer>,
    next_port: u16,
}

impl Network {
    /// Whether anything in the cluster may concern an open connection.
    pub fn is_open(&self) -> bool {
        self.peers.values().any(|peer| matches!(peer, Peer::Cluster { .. }))
    }

    /// A program of the machine listens; the event tells of a clash.
    pub fn listen(&mut self, sock: SockId, port: u16) -> Option<HostEvent> {
        if self.loopback.listening.contains_key(&port) {
            return Some(HostEvent::ListenFailed { sock });
        }
        self.servers.insert(port, sock);
        None
    }

    /// Whether a program of the machine listens there.
    pub fn is_taken(&self, port: u16) -> bool {
        self.servers.contains_key(&port) || self.loopback.listening.contains_key(&port)
    }

    /// Opens a connection. `new_sock` gives numbers for the server's end.
    pub fn connect(
        &mut self,
        backend: &Backend,
        sock: SockId,
        addr: IpAddr,
        port: u16,
        tls: bool,
        new_sock: impl FnOnce() -> SockId,
    ) -> Vec<HostEvent> {
        let connected = HostEvent::Connected { sock, certificate: None };
        if let Some(host) = outside::host_at(addr) {
            return match (port, tls) {
                (80, false) | (443, true) => {
                    self.peers.insert(sock, Peer::Outside(outside::Connection::to(host)));
                    vec![connected]
                }
                (80, true) => vec![HostEvent::NotTls { sock }],
                _ => vec![HostEvent::TimedOut { sock }],
            };
        }
        if !(addr.is_loopback() || addr.is_unspecified()) {
            return match backend.dial(addr, port, tls) {
                Some(streaming @ Streaming::Connection { id, .. }) => {
                    self.peers.insert(sock, Peer::Cluster { id, streaming });
                    Vec::new()
                }
                _ => vec![HostEvent::Unreachable { sock }],
            };
        }
        if let Some(listener) = self.servers.get(&port).copied() {
            let conn = new_sock();
            self.peers.insert(sock, Peer::Own(conn));
            self.peers.insert(conn, Peer::Own(sock));
            self.next_port = self.next_port.max(32_768).wrapping_add(1);
            let peer_port = self.next_port;
            return vec![HostEvent::Accepted { listener, conn, peer: addr, peer_port }, connected];
        }
        if let Some(waiting) = self.loopback.listening.get_mut(&port) {
            if tls {
                return vec![HostEvent::NotTls { sock }];
            }
            self.loopback.next += 1;
            let id = self.loopback.next;
            waiting.push_back(id);
            self.loopback.served.insert(id, Served { sock: Some(sock), ..Served::default() });
            self.peers.insert(sock, Peer::Local(id));
            return vec![connected];
        }
        vec![HostEvent::Refused { sock }]
    }

    /// Bytes that the machine sends on a socket; what comes of it at once.
    pub fn send(&mut self, backend: &Backend, sock: SockId, bytes: Vec<u8>) -> Vec<HostEvent> {
        let Some(peer) = self.peers.get_mut(&sock) else { return Vec::new() };
        match peer {
            Peer::Own(other) => return vec![HostEvent::Data { sock: *other, bytes }],
            Peer::Outside(connection) => {
                let (bytes, done) = connection.receive(&bytes);
                let mut events = Vec::new();
                if !bytes.is_empty() {
                    events.push(HostEvent::Data { sock, bytes });
                }
                if done {
                    events.push(HostEvent::PeerClosed { sock });
                }
                return events;
            }
            Peer::Cluster { id, .. } => backend.write_stream(*id, 0, bytes),
            Peer::Local(id) => {
                if let Some(served) = self.loopback.served.get_mut(id) {
                    served.inbox.extend(bytes);
                }
            }
        }
        Vec::new()
    }

    /// The machine sends no more on a socket.
    pub fn shutdown(&mut self, backend: &Backend, sock: SockId) -> Option<HostEvent> {
        match self.peers.get(&sock)? {
            Peer::Own(other) => return Some(HostEvent::PeerClosed { sock: *other }),
            Peer::Cluster { id, .. } => backend.write_stream(*id, 255, Vec::new()),
            Peer::Outside(_) => {}
            Peer::Local(id) => {
                if let Some(served) = self.loopback.served.get_mut(id) {
                    served.client_done = true;
                }
            }
        }
        None
    }

    /// The machine's socket is gone; the event tells the socket at the other end.
    pub fn close(&mut self, backend: &Backend, sock: SockId) -> Option<HostEvent> {
        self.servers.retain(|_, server| *server != sock);
        match self.peers.remove(&sock)? {
            Peer::Own(other) => return Some(HostEvent::PeerClosed { sock: other }),
            Peer::Cluster { id, .. } => backend.close_stream(id),
            Peer::Outside(_) => {}
            Peer::Local(id) => {
                if let Some(served) = self.loopback.served.get_mut(&id) {
                    served.client_done = true;
                    served.sock = None;
                }
            }
        }
        None
    }

    /// What has come for the machine's sockets.
    pub fn poll(&mut self, backend: &Backend) -> Vec<HostEvent> {
        let mut events = Vec::new();
        let mut gone = Vec::new();
        for (sock, peer) in &mut self.peers {
            let Peer::Cluster { streaming, .. } = peer else { continue };
            let sock = *sock;
            let Some(frames) = backend.poll_frames(streaming) else {
                events.push(HostEvent::Reset { sock });
                gone.push(sock);
                continue;
            };
            for (channel, bytes) in frames {
                match channel {
                    0 => events.push(HostEvent::Data { sock, bytes }),
                    STATE => events.push(match bytes.as_slice() {
                        b"open" => HostEvent::Connected { sock, certificate: None },
                        b"ended" => HostEvent::PeerClosed { sock },
                        b"refused" => HostEvent::Refused { sock },
                        b"unreachable" => HostEvent::Unreachable { sock },
                        b"timed out" => HostEvent::TimedOut { sock },
                        b"not tls" => HostEvent::NotTls { sock },
                        _ => HostEvent::Reset { sock },
                    }),
                    _ => {}
                }
            }
        }
        for sock in gone {
            self.peers.remove(&sock);
        }
        self.deliver_served(&mut events);
        events
    }

    /// What kubectl has for its clients.
    fn deliver_served(&mut self, events: &mut Vec<HostEvent>) {
        let mut over = Vec::new();
        for (id, served) in &mut self.loopback.served {
            let Some(sock) = served.sock else {
                if served.server_done {
                    over.push(*id);
                }
                continue;
            };
            if !served.outbox.is_empty() {
                events.push(HostEvent::Data { sock, bytes: std::mem::take(&mut served.outbox) });
            }
            if served.server_done {
                events.push(if served.reset {
                    HostEvent::Reset { sock }
                } else {
                    HostEvent::PeerClosed { sock }
                });
                over.push(*id);
            }
        }
        for id in over {
            if let Some(sock) = self.loopback.served.remove(&id).and_then(|served| served.sock) {
                self.peers.remove(&sock);
            }
        }
    }
}
