//! System calls on sockets, and questions to the host.

use std::net::{IpAddr, Ipv4Addr};

use crate::{
    errno::{Errno, SysResult},
    host::{CallId, Certificate, ClientTls, DnsAnswer, HostCall, RecordType, SockId},
    kernel::{Kind, OpenFile, PeerName, Sock, SockState, Sys},
    program::Fd,
};

/// The answer to a question.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// To [`Sys::ask_dns`].
    Dns(DnsAnswer),
    /// An echo reply.
    Pong {
        /// The way there and back, in µs.
        rtt: i64,
        /// What is left of the time to live.
        ttl: u8,
    },
    /// To a line editor's question for completions.
    Candidates {
        /// Each replaces the whole word.
        candidates: Vec<String>,
        /// The word is not finished: no space after it.
        no_space: bool,
    },
    /// What the host said to a program it implements, in order.
    External(Vec<crate::host::HostEvent>),
}

impl Sys<'_> {
    fn sock_id(&self, fd: Fd) -> SysResult<SockId> {
        match self.file(fd)?.kind {
            Kind::Sock(sock) => Ok(sock),
            _ => Err(Errno::EINVAL),
        }
    }

    fn sock(&self, fd: Fd) -> SysResult<&Sock> {
        self.k.socks.get(&self.sock_id(fd)?).map(|s| &**s).ok_or(Errno::EBADF)
    }

    fn add_sock(&mut self, sock: Sock) -> SysResult<(Fd, SockId)> {
        let id = self.k.fresh_id();
        self.k.socks.insert(id, Box::new(sock));
        let fd = self.add_fd(OpenFile::new(Kind::Sock(id), true, true))?;
        Ok((fd, id))
    }

    fn ephemeral_port(&mut self) -> u16 {
        32_768 + (self.k.random() % 28_232) as u16
    }

    /// Begins a TCP connection; wait until the descriptor can be written, then ask [`connected`](Sys::connected).
    pub fn connect(&mut self, addr: IpAddr, port: u16, tls: Option<ClientTls>) -> SysResult<Fd> {
        self.spend(20);
        let local = self.ephemeral_port();
        let mut sock = Sock::new(SockState::Connecting, local);
        sock.peer = Some((addr, port));
        let (fd, id) = self.add_sock(sock)?;
        self.k.calls.push(HostCall::Connect { sock: id, addr, port, tls });
        Ok(fd)
    }

    /// Whether the connection is there: EAGAIN while it is not decided, else the reason why not. A server that does
    /// not speak TLS when asked to gives EIO.
    pub fn connected(&self, fd: Fd) -> SysResult<()> {
        match self.sock(fd)?.state {
            SockState::Connecting => Err(Errno::EAGAIN),
            SockState::Failed(e) => Err(e),
            SockState::NotTls => Err(Errno::EIO),
            _ => Ok(()),
        }
    }

    /// The server's certificate, if the connection is TLS.
    pub fn certificate(&self, fd: Fd) -> Option<Certificate> {
        self.sock(fd).ok()?.certificate.as_deref().cloned()
    }

    /// Listens on a TCP port of this machine.
    pub fn listen(&mut self, addr: IpAddr, port: u16, tls: Option<Certificate>) -> SysResult<Fd> {
        if port < 1024 && self.uid() != 0 && !self.may_bind_low() {
            return Err(Errno::EACCES);
        }
        let taken = self.k.socks.values().any(|s| s.state == SockState::Listening && s.port == port);
        if taken && port != 0 {
            return Err(Errno::EADDRINUSE);
        }
        let port = if port == 0 { self.ephemeral_port() } else { port };
        let mut sock = Sock::new(SockState::Listening, port);
        sock.addr = addr;
        let (fd, id) = self.add_sock(sock)?;
        self.k.calls.push(HostCall::Listen { sock: id, addr, port, tls });
        Ok(fd)
    }

    /// Containers run with net.ipv4.ip_unprivileged_port_start=0 under current runtimes.
    fn may_bind_low(&self) -> bool {
        true
    }

    /// Takes a connection from a listening socket. EADDRINUSE: the host refused the port.
    pub fn accept(&mut self, fd: Fd) -> SysResult<(Fd, PeerName)> {
        let listener = self.sock_id(fd)?;
        let sock = self.k.socks.get_mut(&listener).ok_or(Errno::EBADF)?;
        match sock.state {
            SockState::Listening => {}
            SockState::Failed(e) => return Err(e),
            _ => return Err(Errno::EINVAL),
        }
        let conn = sock.backlog.pop_front().ok_or(Errno::EAGAIN)?;
        let peer =
            self.k.socks.get(&conn).and_then(|s| s.peer).unwrap_or((IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
        let fd = self.add_fd(OpenFile::new(Kind::Sock(conn), true, true))?;
        Ok((fd, peer))
    }

    pub(crate) fn write_sock(&mut self, id: SockId, bytes: &[u8]) -> SysResult<usize> {
        let Some(sock) = self.k.socks.get_mut(&id) else { return self.broken_pipe() };
        match sock.state {
            SockState::Connected if !sock.shut => {}
            SockState::Connecting => return Err(Errno::EAGAIN),
            SockState::Failed(Errno::ECONNRESET) | SockState::Connected => return self.broken_pipe(),
            SockState::Failed(e) => return Err(e),
            _ => return Err(Errno::ENOTCONN),
        }
        let n = sock.room().min(bytes.len());
        if n == 0 && !bytes.is_empty() {
            return Err(Errno::EAGAIN);
        }
        sock.unsent += n;
        self.k.traffic.sent(n);
        if let Some(HostCall::Send { sock, bytes: queued }) = self.k.calls.last_mut()
            && *sock == id
        {
            queued.extend_from_slice(&bytes[..n]);
            return Ok(n);
        }
        self.k.calls.push(HostCall::Send { sock: id, bytes: bytes[..n].to_vec() });
        Ok(n)
    }

    /// Ends the sending direction of a connection.
    pub fn shutdown(&mut self, fd: Fd) -> SysResult<()> {
        let id = self.sock_id(fd)?;
        let sock = self.k.socks.get_mut(&id).ok_or(Errno::EBADF)?;
        if !sock.shut {
            sock.shut = true;
            self.k.calls.push(HostCall::Shutdown { sock: id });
        }
        Ok(())
    }

    /// A UDP socket, bound to `port` (0: any).
    pub fn udp(&mut self, port: u16) -> SysResult<Fd> {
        let port = if port == 0 { self.ephemeral_port() } else { port };
        Ok(self.add_sock(Sock::new(SockState::Udp, port))?.0)
    }

    /// Sends a datagram.
    pub fn send_to(&mut self, fd: Fd, addr: IpAddr, port: u16, bytes: &[u8]) -> SysResult<()> {
        let sock = self.sock_id(fd)?;
        self.k.calls.push(HostCall::SendTo { sock, addr, port, bytes: bytes.to_vec() });
        Ok(())
    }

    /// Takes a datagram.
    pub fn receive_from(&mut self, fd: Fd) -> SysResult<(PeerName, Vec<u8>)> {
        let id = self.sock_id(fd)?;
        let sock = self.k.socks.get_mut(&id).ok_or(Errno::EBADF)?;
        let (addr, port, bytes) = sock.datagrams.pop_front().ok_or(Errno::EAGAIN)?;
        Ok(((addr, port), bytes))
    }

    /// The address of the other end.
    pub fn peer(&self, fd: Fd) -> Option<PeerName> {
        self.sock(fd).ok()?.peer
    }

    /// The local port.
    pub fn local_port(&self, fd: Fd) -> Option<u16> {
        Some(self.sock(fd).ok()?.port)
    }

    fn ask(&mut self) -> CallId {
        let call = self.k.fresh_id();
        self.k.replies.insert(call, (self.pid, None));
        call
    }

    /// Asks one DNS question; wait for [`Wait::reply`](crate::Wait::reply) and take it with [`reply`](Sys::reply).
    /// Programs use [`Resolver`](crate::net::resolve::Resolver), which knows /etc/hosts and search domains.
    pub fn ask_dns(&mut self, server: IpAddr, name: &str, kind: RecordType) -> CallId {
        let call = self.ask();
        self.k.calls.push(HostCall::Resolve { call, server, name: name.to_string(), kind });
        call
    }

    /// Sends an echo request.
    pub fn ask_ping(&mut self, addr: IpAddr, bytes: usize) -> CallId {
        let call = self.ask();
        self.k.calls.push(HostCall::Ping { call, addr, bytes });
        call
    }

    /// Asks the host for completions, if `words[0]` is a program that it completes.
    pub fn ask_completion(&mut self, program: &str, words: Vec<String>, index: usize) -> Option<CallId> {
        let spec = self.k.program(program)?;
        if !matches!(spec.start, crate::program::Start::Host { completes: true }) {
            return None;
        }
        let call = self.ask();
        let cwd = self.cwd().to_string();
        self.k.calls.push(HostCall::Complete { call, words, index, cwd });
        Some(call)
    }

    /// Takes the answer to a question, once it is there.
    pub fn reply(&mut self, call: CallId) -> Option<Reply> {
        self.k.replies.get(&call)?.1.as_ref()?;
        self.k.replies.remove(&call)?.1
    }

    /// What the host said to the program it implements under `call`; the question stays open.
    pub(crate) fn replies_of(&mut self, call: CallId) -> Option<Reply> {
        self.k.replies.get_mut(&call)?.1.take()
    }

    /// Opens the question under which the host runs this process's program.
    pub(crate) fn ask_external(&mut self) -> CallId {
        let call = self.ask();
        self.me_mut().external = Some(call);
        call
    }

    /// Gives up a question.
    pub fn forget(&mut self, call: CallId) {
        self.k.replies.remove(&call);
    }
}
