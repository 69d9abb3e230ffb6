//! What programs that look into the kernel see: sockets with their owners, open files, traffic.

use std::net::{IpAddr, Ipv4Addr};

use crate::{
    fs::Device,
    kernel::{Kernel, Kind, PeerName, SockState, Sys},
    program::{Fd, Pid},
};

/// Bytes and packets of the one interface; packets by model, 1448 bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Bytes, headers included.
    pub received: u64,
    /// Packets that came.
    pub received_packets: u64,
    /// Bytes, headers included.
    pub sent: u64,
    /// Packets that left.
    pub sent_packets: u64,
}

/// What fits into one packet.
const SEGMENT: usize = 1448;
/// Ethernet, IP and TCP headers.
const HEADERS: u64 = 66;

impl Traffic {
    pub(crate) fn sent(&mut self, n: usize) {
        let packets = n.div_ceil(SEGMENT) as u64;
        self.sent_packets += packets;
        self.sent += n as u64 + packets * HEADERS;
    }

    pub(crate) fn received(&mut self, n: usize) {
        let packets = n.div_ceil(SEGMENT).max(1) as u64;
        self.received_packets += packets;
        self.received += n as u64 + packets * HEADERS;
    }
}

/// A socket as ss and netstat show it.
#[derive(Clone, PartialEq, Debug)]
pub struct SockInfo {
    /// What ss shows as ESTAB, LISTEN and so on.
    pub state: SockState,
    /// Address and port on this machine; unspecified for all addresses.
    pub local: (IpAddr, u16),
    /// None while it listens, and for datagrams.
    pub peer: Option<PeerName>,
    /// Bytes that came and were not read.
    pub unread: usize,
    /// Bytes written that the host has not fetched.
    pub unsent: usize,
    /// Who has it open: process, name, descriptor.
    pub owners: Vec<(Pid, String, Fd)>,
}

/// An open file as lsof shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenInfo {
    /// The descriptor in that process.
    pub fd: Fd,
    /// `r`, `w` or `u` for both.
    pub mode: char,
    /// REG, CHR, FIFO, IPv4.
    pub kind: &'static str,
    /// A path; `pipe` for an unnamed one, empty for a socket.
    pub name: String,
    /// The socket behind it.
    pub socket: Option<SockInfo>,
}

impl Kernel {
    fn sock_info(&self, id: u32) -> Option<SockInfo> {
        let sock = self.socks.get(&id)?;
        let own = self.addresses.first().copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let local = match (sock.state, sock.peer) {
            (SockState::Listening | SockState::Udp, _) => sock.addr,
            (_, Some((peer, _))) if peer.is_loopback() => peer,
            _ => own,
        };
        let mut owners = Vec::new();
        for (pid, p) in &self.procs {
            for (fd, d) in &p.fds {
                if self.files.get(&d.file).is_some_and(|f| f.kind == Kind::Sock(id)) {
                    owners.push((*pid, p.comm.to_string(), *fd));
                }
            }
        }
        Some(SockInfo {
            state: sock.state,
            local: (local, sock.port),
            peer: sock.peer,
            unread: sock.buf.len(),
            unsent: sock.unsent,
            owners,
        })
    }
}

impl Sys<'_> {
    /// Every socket of the machine that is open, in the order they were made.
    pub fn sockets(&self) -> Vec<SockInfo> {
        self.k.socks.keys().filter_map(|id| self.k.sock_info(*id)).collect()
    }

    /// What went over the interface.
    pub fn traffic(&self) -> Traffic {
        self.k.traffic
    }

    /// The files a process has open, and the directory it is in; those of other users only for root.
    pub fn open_files(&self, pid: Pid) -> Option<(String, Vec<OpenInfo>)> {
        let p = self.k.procs.get(&pid)?;
        if self.uid() != 0 && self.uid() != p.cred.uid {
            return None;
        }
        let files = p.fds.iter().filter_map(|(fd, d)| {
            let file = self.k.files.get(&d.file)?;
            let mode = match (file.read, file.write) {
                (true, true) => 'u',
                (false, true) => 'w',
                _ => 'r',
            };
            let mut socket = None;
            let (kind, name) = match &file.kind {
                Kind::Node(_) | Kind::Text(_) => ("REG", file.path.clone()),
                Kind::Device(Device::Null) => ("CHR", "/dev/null".to_string()),
                Kind::Device(_) => ("CHR", file.path.clone()),
                Kind::Tty(tty) => ("CHR", format!("/dev/pts/{}", tty % 100)),
                Kind::Sock(id) => {
                    socket = self.k.sock_info(*id);
                    ("IPv4", String::new())
                }
                Kind::PipeRead(_) | Kind::PipeWrite(_) | Kind::PipeBoth(_) | Kind::Stream(_) => {
                    ("FIFO", if file.path.is_empty() { "pipe".to_string() } else { file.path.clone() })
                }
            };
            Some(OpenInfo { fd: *fd, mode, kind, name, socket })
        });
        Some((p.cwd.to_string(), files.collect()))
    }
}
