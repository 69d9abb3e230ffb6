//! Clients outside the cluster: the person's browser panel, `curl` on the workstation, load generators.
//!
//! They are data too: a connection with an inbox that the caller drains.

use std::net::IpAddr;

use api::{Str, Timestamp};

use super::connection::Inbox;
use super::{ConnId, Event, Message, NetnsId, Network, NodeId, Party, SandboxId, Side};

/// Names one client connection from outside; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExternalId(pub u32);

/// Where a client stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Outside the cluster: reaches nodes, node ports and load balancers.
    Outside,
    /// On the node of this name (`minikube ssh`): reaches pods and cluster addresses too.
    Node(Str),
}

/// What has become of a client connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalState {
    /// No answer yet.
    Connecting,
    /// Bytes go both ways.
    Open,
    /// The other side sends no more.
    Ended,
    /// Nobody listens there.
    Refused,
    /// No way leads there.
    Unreachable,
    /// Nothing came back in time.
    TimedOut,
    /// TLS was asked for, and the server does not speak it.
    NotTls,
    /// The other side broke it.
    Reset,
}

/// A client connection from outside.
#[derive(Clone, Debug)]
pub struct External {
    /// The connection behind it.
    pub conn: ConnId,
    /// What has become of it.
    pub state: ExternalState,
    /// Bytes that came and were not taken.
    pub inbox: Inbox,
}

impl Network {
    /// Opens a connection from outside. Afterwards the caller moves [`Network::take_outgoing`] into the queue.
    pub fn open_external(
        &mut self,
        now: Timestamp,
        origin: &Origin,
        addr: IpAddr,
        port: u16,
        tls: bool,
    ) -> ExternalId {
        let id = ExternalId(self.next_external);
        self.next_external += 1;
        let from = match origin {
            Origin::Outside => None,
            Origin::Node(name) => self
                .node_names
                .iter()
                .find(|(_, it)| *it == name)
                .map(|(node, _)| NetnsId { node: *node, sandbox: SandboxId::HOST }),
        };
        let conn = self.connect(now, Party::External(id), from, addr, port, tls);
        self.external.insert(id, External { conn, state: ExternalState::Connecting, inbox: Inbox::new() });
        id
    }

    /// Opens a connection to a port of a pod as its kubelet does for port-forward: from inside the pod's namespace.
    pub fn open_in_netns(&mut self, now: Timestamp, netns: NetnsId, port: u16) -> ExternalId {
        let id = ExternalId(self.next_external);
        self.next_external += 1;
        let conn =
            self.connect(now, Party::External(id), Some(netns), IpAddr::from([127, 0, 0, 1]), port, false);
        self.external.insert(id, External { conn, state: ExternalState::Connecting, inbox: Inbox::new() });
        id
    }

    /// A client by its number, until it is closed.
    pub fn external(&self, id: ExternalId) -> Option<&External> {
        self.external.get(&id)
    }

    /// Takes the bytes that arrived.
    pub fn read_external(&mut self, id: ExternalId) -> Vec<u8> {
        self.external.get_mut(&id).map_or_else(Vec::new, |it| it.inbox.drain(..).collect())
    }

    /// Sends bytes to the server.
    pub fn send_external(&mut self, now: Timestamp, id: ExternalId, bytes: Vec<u8>) {
        if let Some(conn) = self.external.get(&id).map(|it| it.conn) {
            self.send(now, conn, Side::Client, Message::Data(bytes));
        }
    }

    /// Half-close: no more bytes will be sent.
    pub fn finish_external(&mut self, now: Timestamp, id: ExternalId) {
        if let Some(conn) = self.external.get(&id).map(|it| it.conn) {
            self.send(now, conn, Side::Client, Message::Fin);
        }
    }

    /// Closes the connection, and forgets the client.
    pub fn close_external(&mut self, now: Timestamp, id: ExternalId) {
        if let Some(it) = self.external.remove(&id) {
            self.close(now, it.conn, Side::Client);
        }
    }

    /// A message arrives for a client outside, or for an end that is gone.
    pub fn on_external(&mut self, now: Timestamp, event: Event) {
        let Event::Deliver(conn, side, message) = event else { return };
        let id = match self.connection(conn).map(|it| it.party(side)) {
            Some(Party::External(id)) => *id,
            Some(Party::Gone) => {
                // Whoever sends to a closed socket is told so.
                if matches!(message, Message::Data(_)) {
                    self.send(now, conn, side, Message::Reset);
                }
                return;
            }
            _ => return,
        };
        let Some(external) = self.external.get_mut(&id) else { return };
        // A connection that has failed stays failed, whatever is still on its way.
        if !matches!(external.state, ExternalState::Connecting | ExternalState::Open | ExternalState::Ended) {
            return;
        }
        match message {
            Message::Connected { .. } => external.state = ExternalState::Open,
            Message::Data(bytes) => external.inbox.extend(bytes),
            Message::Fin => external.state = ExternalState::Ended,
            Message::Refused => external.state = ExternalState::Refused,
            Message::Unreachable => external.state = ExternalState::Unreachable,
            Message::TimedOut => external.state = ExternalState::TimedOut,
            Message::NotTls => external.state = ExternalState::NotTls,
            Message::Reset => external.state = ExternalState::Reset,
            Message::Syn => {}
        }
    }

    /// The time in µs that an echo request of somebody outside takes to a node and back. `None`: no answer comes, for the
    /// address is no running node's (those of pods and Services are known inside only), or its link is cut.
    pub fn echo_from_outside(&self, addr: IpAddr) -> Option<i64> {
        let netns = self.netns_of_ip(addr).filter(|it| it.sandbox == SandboxId::HOST)?;
        self.delay(None, Some(netns)).map(|delay| 2 * delay)
    }

    /// The host namespace of a node.
    pub fn host_netns(&self, node: NodeId) -> NetnsId {
        NetnsId { node, sandbox: SandboxId::HOST }
    }
}
