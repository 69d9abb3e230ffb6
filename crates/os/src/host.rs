//! The border between a machine and whoever hosts it.
//!
//! A machine never reaches out. What it wants from the world is queued as [`HostCall`]s, which the host drains after
//! each [`run`](crate::Machine::run); what the world has to say arrives as [`HostEvent`]s through
//! [`deliver`](crate::Machine::deliver). Both are plain data. A host answers in its own (virtual) time or not at all.

use std::net::IpAddr;

use crate::{program::Pid, signal::Signal};

/// A terminal of the machine.
pub type TtyId = u32;
/// A byte stream between a process and the host (stdin, stdout or stderr that is no terminal and no file).
pub type StreamId = u32;
/// A socket of the machine; numbers are never used twice.
pub type SockId = u32;
/// A question to the host that is answered by an event carrying the same number; never used twice.
pub type CallId = u32;

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitStatus {
    /// By itself, with this code (0..=255).
    Code(u8),
    /// By a signal.
    Signal(Signal),
}

impl ExitStatus {
    /// The code a shell or container runtime shows: 128 + n for signal n.
    pub fn code(self) -> i32 {
        match self {
            ExitStatus::Code(c) => i32::from(c),
            ExitStatus::Signal(s) => 128 + i32::from(s.0),
        }
    }
}

/// What a machine asks of its host.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, PartialEq, Debug)]
pub enum HostCall {
    /// A process wrote to a stream that leads to the host.
    Output { stream: StreamId, bytes: Vec<u8> },
    /// The terminal shows these bytes (line ends are already `\r\n`).
    TtyOutput { tty: TtyId, bytes: Vec<u8> },
    /// A process that the host had spawned ended.
    Exited { pid: Pid, status: ExitStatus },

    /// Open a connection. Answer: `Connected`, `Refused`, `Unreachable` or `TimedOut`; no answer is a lost packet.
    /// With `tls`, the client speaks TLS; the bytes that follow are the plain text inside.
    Connect { sock: SockId, addr: IpAddr, port: u16, tls: Option<ClientTls> },
    /// A process listens on a port of this machine's address from now on (until `Close`). With `tls`, it serves TLS
    /// with that certificate. No answer is needed; ports are checked for double use within the machine only, a host
    /// whose machines share one address answers `ListenFailed` on a clash.
    Listen { sock: SockId, addr: IpAddr, port: u16, tls: Option<Certificate> },
    /// Bytes for the peer.
    Send { sock: SockId, bytes: Vec<u8> },
    /// No more bytes will be sent (FIN); the socket may still receive.
    Shutdown { sock: SockId },
    /// The socket is gone: nobody reads it any more.
    Close { sock: SockId },
    /// One UDP datagram; answers come as `Datagram` on the same socket number.
    SendTo { sock: SockId, addr: IpAddr, port: u16, bytes: Vec<u8> },
    /// One DNS question to one server of /etc/resolv.conf. The name is complete: search domains were applied.
    /// Answer: `Resolved`.
    Resolve { call: CallId, server: IpAddr, name: String, kind: RecordType },
    /// One ICMP echo request. Answer: `Pong`, or nothing.
    Ping { call: CallId, addr: IpAddr, bytes: usize },

    /// A program that the host implements was started. It lives until `ExternalExit` (or `ExternalKilled`).
    External(Box<ExternalStart>),
    /// Bytes the program read from its standard input, after `ExternalRead`; empty bytes are the end of input.
    ExternalInput { call: CallId, bytes: Vec<u8> },
    /// The program caught this signal (only those named by `ExternalCatch`).
    ExternalSignal { call: CallId, signal: Signal },
    /// The program that `ExternalRun` asked for ended, with this exit code.
    ExternalRan { call: CallId, code: i32 },
    /// The program's process was killed; the host forgets it.
    ExternalKilled { call: CallId, signal: Signal },

    /// The line editor on `tty` asks for completions of `words[index]` (up to the cursor); `words[0]` is a program of
    /// the table that says it completes. Answer: `Completed`.
    Complete { call: CallId, words: Vec<String>, index: usize, cwd: String },
}

/// The start of a program that the host implements (kubectl on a workstation, an editor).
#[derive(Clone, PartialEq, Debug)]
pub struct ExternalStart {
    /// The number that all events and calls of this run bear.
    pub call: CallId,
    /// The process it is inside the machine; the host's answers go to `call`, not here.
    pub pid: Pid,
    /// Name of the program in the table (argv[0] may be a path or a link).
    pub program: &'static str,
    /// `argv[0]` as typed, then the arguments.
    pub argv: Vec<String>,
    /// What was exported, in the environment's order.
    pub env: Vec<(String, String)>,
    /// Absolute.
    pub cwd: String,
    /// The user it runs as; 0 is root.
    pub uid: u32,
    /// Which of stdin, stdout, stderr is a terminal.
    pub tty: [Option<TtyId>; 3],
    /// Columns and rows of the terminal, when there is one.
    pub window: Option<(u16, u16)>,
}

/// What the host tells a machine.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, PartialEq, Debug)]
pub enum HostEvent {
    /// Keys typed or bytes pasted into a terminal.
    TtyInput { tty: TtyId, bytes: Vec<u8> },
    /// The terminal's size changed.
    TtyResize { tty: TtyId, cols: u16, rows: u16 },
    /// The terminal hung up: its session gets SIGHUP, reads give end of file.
    TtyClosed { tty: TtyId },
    /// Bytes for a stream that a process reads.
    Input { stream: StreamId, bytes: Vec<u8> },
    /// End of such a stream.
    InputClosed { stream: StreamId },

    /// The connection is open. `peer` holds the server's certificate if TLS was asked for.
    Connected { sock: SockId, certificate: Option<Certificate> },
    /// The peer refused it (RST): connect(2) fails with ECONNREFUSED.
    Refused { sock: SockId },
    /// There is no way to the address: EHOSTUNREACH.
    Unreachable { sock: SockId },
    /// The host gave up: ETIMEDOUT.
    TimedOut { sock: SockId },
    /// TLS was asked for and the server does not speak it.
    NotTls { sock: SockId },
    /// The port was taken by another machine with the same address.
    ListenFailed { sock: SockId },
    /// A client connected to a listening socket. The machine gives the connection its own number `conn`, which the
    /// host got from [`new_sock`](crate::Machine::new_sock).
    Accepted { listener: SockId, conn: SockId, peer: IpAddr, peer_port: u16 },
    /// Bytes from the peer.
    Data { sock: SockId, bytes: Vec<u8> },
    /// The peer sends no more (FIN).
    PeerClosed { sock: SockId },
    /// The peer broke the connection (RST).
    Reset { sock: SockId },
    /// One UDP datagram, and who sent it.
    Datagram { sock: SockId, from: IpAddr, port: u16, bytes: Vec<u8> },
    /// The answer to a DNS question.
    Resolved { call: CallId, answer: DnsAnswer },
    /// An echo reply after `rtt` µs, with the remaining time to live.
    Pong { call: CallId, rtt: i64, ttl: u8 },

    /// The external program wrote to stdout (`fd` 1) or stderr (`fd` 2).
    ExternalOutput { call: CallId, fd: u8, bytes: Vec<u8> },
    /// The external program wants input; one `ExternalInput` follows when there is some.
    ExternalRead { call: CallId },
    /// The external program handles this signal itself from now on.
    ExternalCatch { call: CallId, signal: Signal },
    /// The external program switches the terminal to raw mode, or back.
    ExternalRaw { call: CallId, raw: bool },
    /// The external program runs another one (an editor) on its own standard streams, as its child; `argv[0]` is a
    /// path. Answer: `ExternalRan`.
    ExternalRun { call: CallId, argv: Vec<String> },
    /// The external program ended with this exit code.
    ExternalExit { call: CallId, code: u8 },

    /// Candidates for the word under the cursor. Each replaces the whole word; one alone is completed and followed
    /// by a space unless `no_space`.
    Completed { call: CallId, candidates: Vec<String>, no_space: bool },
}

/// What a client says when it begins TLS.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientTls {
    /// The name the client wants to talk to (SNI).
    pub server_name: String,
}

/// A server certificate, as far as clients look at it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Certificate {
    /// `CN=kube-apiserver`
    pub subject: String,
    /// `CN=minikubeCA`
    pub issuer: String,
    /// DNS names and addresses it is valid for.
    pub names: Vec<String>,
    /// The PEM text of the authority that signed it; a client that has this text among its roots trusts the server.
    pub ca_pem: String,
    /// Valid from this moment on.
    pub not_before: crate::time::Time,
    /// Valid until this moment; after it clients refuse it as expired.
    pub not_after: crate::time::Time,
}

/// Types of DNS records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(clippy::upper_case_acronyms)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    AAAA,
    /// Alias of another name.
    CNAME,
    /// Port and host of a service.
    SRV,
    /// Name of an address.
    PTR,
    /// Free text.
    TXT,
    /// Name server of a zone.
    NS,
    /// Mail server of a domain.
    MX,
    /// Start of a zone's authority.
    SOA,
}

/// One DNS record.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The owner's complete name, without a dot at the end.
    pub name: String,
    /// How long it may be cached, in seconds.
    pub ttl: u32,
    /// Its type is the variant's.
    pub data: RecordData,
}

/// The content of a DNS record.
#[derive(Clone, PartialEq, Debug)]
pub enum RecordData {
    /// An A or an AAAA record.
    Address(IpAddr),
    /// The name that this one is an alias of.
    Cname(String),
    /// Where a service is: the lowest `priority` first, by `weight` among equals.
    #[allow(missing_docs, reason = "RFC 2782's own names")]
    Srv { priority: u16, weight: u16, port: u16, target: String },
    /// The name of the address asked for.
    Ptr(String),
    /// The strings of the record, joined.
    Txt(String),
    /// The name of a server.
    Ns(String),
    /// Preference (the lowest first) and the mail server.
    Mx(u16, String),
    /// All seven fields, as dig prints them.
    Soa(String),
}

/// A DNS server's answer.
#[derive(Clone, PartialEq, Debug)]
pub enum DnsAnswer {
    /// Records (CNAMEs first); empty means the name exists without records of that type (NODATA).
    Records(Vec<Record>),
    /// The name does not exist, for no type of record.
    NxDomain,
    /// The server could not find out (SERVFAIL).
    ServFail,
    /// The server does not answer such questions, or this asker (REFUSED).
    Refused,
    /// Nobody answered. A host that never answers at all has the same effect, after the resolver's own 5 s timeout.
    Timeout,
}
