//! Sockets as a process sees them; the network behind them is the host's.

use std::{collections::VecDeque, net::IpAddr};

use crate::{errno::Errno, host::Certificate, host::SockId};

/// How many unsent bytes a socket takes between two drains by the host.
const SEND_WINDOW: usize = 256 << 10;

/// The state of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SockState {
    /// The host was asked, and has not answered.
    Connecting,
    /// Open for reading, writing or both.
    Connected,
    /// Takes connections.
    Listening,
    /// It did not come about, or broke.
    Failed(Errno),
    /// Connected, but the server does not speak TLS.
    NotTls,
    /// Datagrams.
    Udp,
}

/// The other end's address.
pub type PeerName = (IpAddr, u16);

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sock {
    pub state: SockState,
    pub port: u16,
    /// Where it listens; unspecified for all addresses.
    pub addr: IpAddr,
    pub peer: Option<PeerName>,
    pub buf: VecDeque<u8>,
    /// The peer sends no more.
    pub eof: bool,
    /// We send no more.
    pub shut: bool,
    /// Bytes sent since the host last drained.
    pub unsent: usize,
    /// Connections waiting to be accepted.
    pub backlog: VecDeque<SockId>,
    pub datagrams: VecDeque<(IpAddr, u16, Vec<u8>)>,
    pub certificate: Option<Box<Certificate>>,
}

impl Sock {
    pub fn new(state: SockState, port: u16) -> Sock {
        Sock {
            state,
            port,
            addr: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            peer: None,
            buf: VecDeque::new(),
            eof: false,
            shut: false,
            unsent: 0,
            backlog: VecDeque::new(),
            datagrams: VecDeque::new(),
            certificate: None,
        }
    }

    pub fn can_read(&self) -> bool {
        match self.state {
            SockState::Connecting => false,
            SockState::Connected => !self.buf.is_empty() || self.eof,
            SockState::Listening => !self.backlog.is_empty(),
            SockState::Udp => !self.datagrams.is_empty(),
            SockState::Failed(_) | SockState::NotTls => true,
        }
    }

    pub fn can_write(&self) -> bool {
        match self.state {
            SockState::Connecting => false,
            SockState::Connected => self.unsent < SEND_WINDOW,
            _ => true,
        }
    }

    /// Bytes that may be sent now.
    pub fn room(&self) -> usize {
        SEND_WINDOW.saturating_sub(self.unsent)
    }
}
