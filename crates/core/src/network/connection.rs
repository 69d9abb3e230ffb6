//! Connections: from a socket's `connect` to its close, as messages that take their time.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use api::{Str, Timestamp};
use os::{Certificate, HostCall, HostEvent, SockId};

use super::traffic::{Hop, Outcome, REMEMBERED};
use super::{Event, ExternalId, Listener, MachineId, NetnsId, Network, NodeId, SockUse, Target};

/// How long a client waits for an answer to its SYN when nothing comes back (Linux: 6 retries, 127 s).
const CONNECT_TIMEOUT: i64 = 127_000_000;

/// Names one connection; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Who connected.
    Client,
    /// Who was connected to.
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// Who holds an end of a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Party {
    /// A socket of a container's machine.
    Machine(MachineId, SockId),
    /// Not accepted yet: a port of a namespace.
    Namespace(NetnsId, u16),
    /// The kubelet of a node itself (probes, port-forward), with its own number for it.
    Kubelet(NodeId, u64),
    /// A client outside the cluster (the person's browser or curl).
    External(ExternalId),
    /// Closed, or its machine is gone.
    Gone,
}

/// What travels.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Somebody connects.
    Syn,
    /// The server accepted; with TLS this is its certificate.
    Connected { certificate: Option<Rc<Certificate>> },
    /// Nobody listens there, or the rules refuse.
    Refused,
    /// No way leads there.
    Unreachable,
    /// Nothing came back in time.
    TimedOut,
    /// TLS was asked for, and the server does not speak it.
    NotTls,
    /// Bytes, in order.
    Data(Vec<u8>),
    /// The sender sends no more.
    Fin,
    /// The connection is broken.
    Reset,
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Who connected.
    pub client: Party,
    /// Who was connected to.
    pub server: Party,
    /// `None` for clients outside.
    pub client_netns: Option<NetnsId>,
    /// `None` until a namespace was found, and for nodes' kubelets.
    pub server_netns: Option<NetnsId>,
    /// The client's address as the server sees it.
    pub peer: (IpAddr, u16),
    /// The server's port.
    pub port: u16,
    /// The client speaks TLS.
    pub tls: bool,
    /// The Service whose rule was used ("namespace/name").
    pub service: Str,
    /// No earlier than this may the next message arrive at (client, server): bytes keep their order.
    due: (Timestamp, Timestamp),
    closed: (bool, bool),
}

impl Connection {
    /// Who is at that end.
    pub fn party(&self, side: Side) -> &Party {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    fn party_mut(&mut self, side: Side) -> &mut Party {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn netns(&self, side: Side) -> Option<NetnsId> {
        match side {
            Side::Client => self.client_netns,
            Side::Server => self.server_netns,
        }
    }
}

impl Network {
    /// Handles a network call of a machine; false if it is not one.
    pub fn host_call(&mut self, now: Timestamp, machine: MachineId, netns: NetnsId, call: HostCall) -> bool {
        match call {
            HostCall::Connect { sock, addr, port, tls } => {
                let client = Party::Machine(machine, sock);
                let conn = self.connect(now, client, Some(netns), addr, port, tls.is_some());
                self.socks.insert((machine, sock), SockUse::Conn(conn, Side::Client));
            }
            HostCall::Listen { sock, addr, port, tls } => {
                self.listen(now, machine, netns, sock, addr, port, tls)
            }
            HostCall::Send { sock, bytes } => {
                if let Some(SockUse::Conn(conn, side)) = self.socks.get(&(machine, sock)).copied() {
                    self.send(now, conn, side, Message::Data(bytes));
                }
            }
            HostCall::Shutdown { sock } => {
                if let Some(SockUse::Conn(conn, side)) = self.socks.get(&(machine, sock)).copied() {
                    self.send(now, conn, side, Message::Fin);
                }
            }
            HostCall::Close { sock } => match self.socks.remove(&(machine, sock)) {
                Some(SockUse::Listen(netns, port)) => self.unlisten(netns, port, machine),
                Some(SockUse::Conn(conn, side)) => self.close(now, conn, side),
                None => {}
            },
            HostCall::Resolve { call, server, name, kind } => {
                self.resolve(now, machine, netns, call, server, &name, kind)
            }
            HostCall::Ping { call, addr, .. } => self.ping(now, machine, netns, call, addr),
            HostCall::SendTo { .. } => {}
            _ => return false,
        }
        true
    }

    fn listen(
        &mut self,
        now: Timestamp,
        machine: MachineId,
        id: NetnsId,
        sock: SockId,
        addr: IpAddr,
        port: u16,
        tls: Option<Certificate>,
    ) {
        let Some(netns) = self.netns.get_mut(&id) else { return };
        if netns.listeners.get(&port).is_some_and(|other| other.machine != machine) {
            let event = HostEvent::ListenFailed { sock };
            self.outgoing.push((now, Event::Answer(machine, Box::new(event))));
            return;
        }
        let listener =
            Listener { machine, sock: Some(sock), local: addr.is_loopback(), tls: tls.map(Rc::new) };
        netns.listeners.insert(port, listener);
        self.socks.insert((machine, sock), SockUse::Listen(id, port));
    }

    fn unlisten(&mut self, id: NetnsId, port: u16, machine: MachineId) {
        if let Some(netns) = self.netns.get_mut(&id)
            && netns.listeners.get(&port).is_some_and(|listener| listener.machine == machine)
        {
            netns.listeners.remove(&port);
        }
    }

    /// Opens a connection from a namespace (`None`: from outside) to an address. The client hears of the outcome by a
    /// message: `Connected`, `Refused`, `Unreachable` or `TimedOut`.
    pub fn connect(
        &mut self,
        now: Timestamp,
        client: Party,
        from: Option<NetnsId>,
        addr: IpAddr,
        port: u16,
        tls: bool,
    ) -> ConnId {
        let id = ConnId(self.next_conn);
        self.next_conn += 1;
        let source = from.map_or(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)), |ns| self.ip_of(ns));
        let loopback = addr.is_loopback();
        let routed = if loopback {
            from.map_or(Target::Unreachable, |ns| Target::Pod { netns: ns, port, service: Str::EMPTY })
        } else {
            self.route(now, from, source, addr, port)
        };
        let peer_port = self.ephemeral_port(from);
        let mut conn = Connection {
            client,
            server: Party::Gone,
            client_netns: from,
            server_netns: None,
            peer: (if loopback { addr } else { source }, peer_port),
            port,
            tls,
            service: Str::EMPTY,
            due: (now, now),
            closed: (false, false),
        };
        let mut outcome = Outcome::Sent;
        let mut to = Str::EMPTY;
        let answer = match routed {
            Target::Pod { netns, port, service } => {
                conn.server = Party::Namespace(netns, port);
                conn.server_netns = Some(netns);
                conn.port = port;
                conn.service = service;
                to = self.end_name(netns);
                None
            }
            Target::NoEndpoints(service) => {
                conn.service = service;
                outcome = Outcome::Refused;
                Some(Message::Refused)
            }
            Target::Unreachable => {
                outcome = Outcome::Unreachable;
                Some(Message::Unreachable)
            }
            Target::Lost => {
                outcome = Outcome::Lost;
                Some(Message::TimedOut)
            }
        };
        let delay = self.delay(conn.client_netns, conn.server_netns);
        if answer.is_none() && delay.is_none() {
            outcome = Outcome::Lost;
        }
        self.note(Hop {
            time: now,
            from: from.map_or(Str::EMPTY, |ns| self.end_name(ns)),
            asked: format!("{addr}:{port}").into(),
            service: conn.service.clone(),
            to,
            port: conn.port,
            outcome,
        });
        self.conns.insert(id, conn);
        match (answer, delay) {
            (Some(Message::TimedOut), _) | (None, None) => {
                self.push_at(now.0 + CONNECT_TIMEOUT, id, Side::Client, Message::TimedOut)
            }
            (Some(message), _) => self.push_at(now.0 + self.link_local, id, Side::Client, message),
            (None, Some(delay)) => self.push_at(now.0 + delay, id, Side::Server, Message::Syn),
        }
        id
    }

    fn note(&mut self, hop: Hop) {
        if self.hops.len() >= REMEMBERED {
            self.hops.pop_front();
        }
        self.hops.push_back(hop);
    }

    fn ephemeral_port(&mut self, from: Option<NetnsId>) -> u16 {
        match from.and_then(|id| self.netns.get_mut(&id)) {
            Some(netns) => {
                netns.next_port = if netns.next_port >= 60_999 { 32_768 } else { netns.next_port + 2 };
                netns.next_port
            }
            None => 49_152 + self.rng.below(16_000) as u16,
        }
    }

    fn push_at(&mut self, time: i64, conn: ConnId, side: Side, message: Message) {
        self.outgoing.push((Timestamp(time), Event::Deliver(conn, side, message)));
    }

    /// Sends a message from one side to the other after the link's delay; lost if the link is cut.
    pub fn send(&mut self, now: Timestamp, id: ConnId, from: Side, message: Message) {
        let Some(conn) = self.conns.get(&id) else { return };
        let to = from.other();
        if *conn.party(to) == Party::Gone {
            if matches!(message, Message::Data(_)) {
                self.push_at(now.0 + self.link_local, id, from, Message::Reset);
            }
            return;
        }
        let Some(delay) = self.delay(conn.netns(from), conn.netns(to)) else { return };
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let due = match to {
            Side::Client => &mut conn.due.0,
            Side::Server => &mut conn.due.1,
        };
        *due = Timestamp(now.0 + delay).max(*due);
        let time = due.0;
        self.push_at(time, id, to, message);
    }

    /// The server side accepts: from now on it is this socket.
    pub fn accept(
        &mut self,
        now: Timestamp,
        id: ConnId,
        machine: MachineId,
        sock: SockId,
        certificate: Option<Rc<Certificate>>,
    ) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.server = Party::Machine(machine, sock);
        let message = if conn.tls && certificate.is_none() {
            Message::NotTls
        } else {
            Message::Connected { certificate }
        };
        self.socks.insert((machine, sock), SockUse::Conn(id, Side::Server));
        self.send(now, id, Side::Server, message);
    }

    /// A server that is no machine accepts: the process that hosts `node`, under its own number.
    pub fn accept_kubelet(
        &mut self,
        now: Timestamp,
        id: ConnId,
        node: NodeId,
        token: u64,
        certificate: Option<Rc<Certificate>>,
    ) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.server = Party::Kubelet(node, token);
        self.send(now, id, Side::Server, Message::Connected { certificate });
    }

    /// Nobody listens there: the client gets a reset in answer to its SYN.
    pub fn refuse(&mut self, now: Timestamp, id: ConnId) {
        self.send(now, id, Side::Server, Message::Refused);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.server = Party::Gone;
        }
    }

    /// One side closes its socket. The connection is forgotten when both have.
    pub fn close(&mut self, now: Timestamp, id: ConnId, side: Side) {
        self.send(now, id, side, Message::Fin);
        self.leave(id, side);
    }

    /// One side dies: the other sees a reset.
    pub fn abort(&mut self, now: Timestamp, id: ConnId, side: Side) {
        self.send(now, id, side, Message::Reset);
        self.leave(id, side);
    }

    /// One side is gone without a word (power cut).
    pub fn vanish(&mut self, id: ConnId, side: Side) {
        self.leave(id, side);
    }

    fn leave(&mut self, id: ConnId, side: Side) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        *conn.party_mut(side) = Party::Gone;
        match side {
            Side::Client => conn.closed.0 = true,
            Side::Server => conn.closed.1 = true,
        }
        if conn.client == Party::Gone && conn.server == Party::Gone {
            self.conns.remove(&id);
        }
    }

    /// A dormant machine was built: its listening sockets are real from now on.
    pub fn wake_dormant(&mut self, id: NetnsId, machine: MachineId) {
        if let Some(netns) = self.netns.get_mut(&id) {
            netns.listeners.retain(|_, listener| listener.machine != machine || listener.sock.is_some());
        }
    }

    fn ping(&mut self, now: Timestamp, machine: MachineId, from: NetnsId, call: os::CallId, addr: IpAddr) {
        let target = if addr.is_loopback() { Some(from) } else { self.netns_of_ip(addr) };
        let outside = target.is_none() && self.dns.is_host(addr);
        if target.is_none() && !outside {
            return;
        }
        let Some(delay) = self.delay(Some(from), target) else { return };
        let delay = if outside { 8_000 + self.rng.below(2_000) as i64 } else { delay };
        let rtt = 2 * delay;
        let ttl = if target.is_some_and(|to| to.node == from.node) { 64 } else { 62 };
        let event = HostEvent::Pong { call, rtt, ttl };
        self.outgoing.push((Timestamp(now.0 + rtt), Event::Answer(machine, Box::new(event))));
    }

    /// Answers a machine after `delay` µs.
    pub(crate) fn answer(&mut self, time: Timestamp, machine: MachineId, event: HostEvent) {
        self.outgoing.push((time, Event::Answer(machine, Box::new(event))));
    }
}

/// A message as the machine's kernel sees it; `None` for those that are not for a socket.
pub fn host_event(sock: SockId, message: Message) -> Option<HostEvent> {
    Some(match message {
        Message::Syn => return None,
        Message::Connected { certificate } => {
            HostEvent::Connected { sock, certificate: certificate.map(|c| (*c).clone()) }
        }
        Message::Refused => HostEvent::Refused { sock },
        Message::Unreachable => HostEvent::Unreachable { sock },
        Message::TimedOut => HostEvent::TimedOut { sock },
        Message::NotTls => HostEvent::NotTls { sock },
        Message::Data(bytes) => HostEvent::Data { sock, bytes },
        Message::Fin => HostEvent::PeerClosed { sock },
        Message::Reset => HostEvent::Reset { sock },
    })
}

/// Bytes received and not yet read by a client that is no machine.
pub type Inbox = VecDeque<u8>;
