//! nc and telnet: bytes to and from a port.

use std::net::IpAddr;

use super::{
    opts,
    process::{arguments, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::Sys,
    net::resolve::{Outcome, Resolver, first_address},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::Time,
};

pub const NC: ProgramSpec = ProgramSpec::inside(
    "nc",
    "Usage: nc [OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen\n\n\t-l\tListen mode\n\t-p PORT\tLocal port\n\t-w SEC\tTimeout for connect\n\t-v\tVerbose\n\t-z\tZero-I/O mode (scanning)\n",
    || Box::new(Nc::default()),
);
pub const TELNET: ProgramSpec =
    ProgramSpec::inside("telnet", "Usage: telnet HOST [PORT]\n\nConnect to telnet server\n", || {
        Box::new(Nc::default())
    });

/// nc and telnet.
#[derive(Clone, Debug, Default)]
pub struct Nc {
    begun: bool,
    listen: bool,
    keep: bool,
    zero: bool,
    verbose: bool,
    telnet: bool,
    udp: bool,
    timeout: Option<i64>,
    host: String,
    port: u16,
    /// Ports still to be looked at (`-z` with a range).
    ports: std::collections::VecDeque<u16>,
    failures: bool,
    resolver: Option<Box<Resolver>>,
    addr: Option<IpAddr>,
    listener: Option<Fd>,
    sock: Option<Fd>,
    connected: bool,
    by: Option<Time>,
    to_sock: Vec<u8>,
    input_ended: bool,
    out: Output,
    code: Option<u8>,
}

impl Nc {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let (name, _) = arguments(sys);
        self.telnet = name == "telnet";
        let parsed = with_cx(sys, &mut self.out, |cx| opts::parse(cx, "lkzvnup:w:q:N46e:s:i:", &[]));
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => {
                self.code = Some(code);
                return;
            }
        };
        self.listen = opts.has('l');
        self.keep = opts.has('k');
        self.zero = opts.has('z');
        self.verbose = opts.has('v');
        self.udp = opts.has('u');
        self.timeout = opts.value('w').and_then(opts::duration);
        let mut rest = opts.rest.clone();
        if self.listen {
            let port = opts.value('p').map(str::to_string).or(rest.pop());
            self.port = port.and_then(|p| p.parse().ok()).unwrap_or(0);
            match sys.listen(IpAddr::from([0, 0, 0, 0]), self.port, None) {
                Ok(fd) => {
                    self.listener = Some(fd);
                    if self.verbose {
                        self.out.push(2, format!("Listening on 0.0.0.0 {}\n", self.port).as_bytes());
                    }
                }
                Err(e) => {
                    self.out.push(
                        2,
                        format!(
                            "nc: {}\n",
                            if sys.is_busybox() { format!("bind: {e}") } else { e.to_string() }
                        )
                        .as_bytes(),
                    );
                    self.code = Some(1);
                }
            }
            return;
        }
        let default = if self.telnet { Some("23".to_string()) } else { None };
        match (
            rest.first().cloned(),
            rest.get(1).cloned().or(default).and_then(|p| {
                let (from, to) = p.split_once('-').unwrap_or((&p, &p));
                let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
                if self.zero {
                    self.ports.extend((from..=to).skip(1));
                }
                Some(from)
            }),
        ) {
            (Some(host), Some(port)) => {
                self.port = port;
                self.resolver = Some(Box::new(Resolver::address(sys, &host)));
                self.host = host;
            }
            _ => self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand())),
        }
    }

    fn failed(&mut self, sys: &mut Sys<'_>, e: Errno) {
        let (host, port) = (&self.host, self.port);
        let addr = self.addr.map_or(String::new(), |a| a.to_string());
        let busybox = sys.is_busybox();
        let text = match (self.telnet, busybox) {
            (true, true) => format!("telnet: can't connect to remote host ({addr}): {e}\n"),
            (true, false) => format!("telnet: Unable to connect to remote host: {e}\n"),
            (false, true) => {
                if e == Errno::ETIMEDOUT {
                    "nc: timed out\n".to_string()
                } else {
                    format!("nc: {host} ({addr}:{port}): {e}\n")
                }
            }
            (false, false) if self.verbose => {
                let shown =
                    if host.parse::<IpAddr>().is_ok() { host.clone() } else { format!("{host} ({addr})") };
                let why = if e == Errno::ETIMEDOUT && self.by.is_some() {
                    "timed out: Operation now in progress".to_string()
                } else {
                    format!("failed: {e}")
                };
                format!("nc: connect to {shown} port {port} (tcp) {why}\n")
            }
            _ => String::new(),
        };
        self.out.push(2, text.as_bytes());
        self.failures = true;
        self.ended(sys);
    }

    /// One port has been looked at: goes on with the next, if there is one.
    fn ended(&mut self, sys: &mut Sys<'_>) {
        if let Some(fd) = self.sock.take() {
            let _closed = sys.close(fd);
        }
        self.connected = false;
        let Some((port, addr)) = self.ports.pop_front().zip(self.addr) else {
            return self.code = Some(u8::from(self.failures));
        };
        self.port = port;
        self.by = self.timeout.map(|t| sys.now().plus(t));
        match sys.connect(addr, port, None) {
            Ok(fd) => self.sock = Some(fd),
            Err(e) => self.failed(sys, e),
        }
    }
}

/// The steps of a poll: `None` goes on, a poll is handed to the kernel.
impl Nc {
    /// Looks the host's name up, and connects.
    fn resolve(&mut self, sys: &mut Sys<'_>, resolver: &mut Resolver) -> Option<Poll> {
        match resolver.poll(sys) {
            Err(poll) => return Some(poll),
            Ok(Outcome::Found(_, records)) => {
                self.addr = first_address(&records);
                let addr = self.addr?;
                if self.telnet && !sys.is_busybox() {
                    self.out.push(1, format!("Trying {addr}...\n").as_bytes());
                }
                if self.udp {
                    self.code = Some(0);
                    return None;
                }
                match sys.connect(addr, self.port, None) {
                    Ok(fd) => self.sock = Some(fd),
                    Err(e) => self.failed(sys, e),
                }
                self.by = self.timeout.map(|t| sys.now().plus(t));
            }
            Ok(_) => {
                let (host, port) = (&self.host, self.port);
                let why = "Name or service not known";
                let text = match (sys.is_busybox(), self.telnet) {
                    (true, true) => format!("telnet: bad address '{host}'\n"),
                    (true, false) => format!("nc: bad address '{host}'\n"),
                    (false, true) => format!("telnet: could not resolve {host}/{port}: {why}\n"),
                    (false, false) => format!("nc: getaddrinfo for host \"{host}\" port {port}: {why}\n"),
                };
                self.out.push(2, text.as_bytes());
                self.code = Some(1);
            }
        }
        None
    }

    /// Waits for a client.
    fn accept(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        let Some(listener) = self.listener else { return Some(Poll::Exit(1)) };
        match sys.accept(listener) {
            Ok((fd, peer)) => {
                self.sock = Some(fd);
                self.connected = true;
                if self.verbose {
                    let text = format!("Connection received on {} {}\n", peer.0, peer.1);
                    self.out.push(2, text.as_bytes());
                }
            }
            Err(Errno::EAGAIN) => return Some(Poll::Wait(Wait::read(listener))),
            Err(e) => {
                self.out.push(2, format!("nc: bind: {e}\n").as_bytes());
                self.code = Some(1);
            }
        }
        None
    }

    /// Waits for the server's answer.
    fn connect(&mut self, sys: &mut Sys<'_>, sock: Fd) -> Option<Poll> {
        match sys.connected(sock) {
            Ok(()) => {
                self.connected = true;
                self.greet(sys);
                if self.zero {
                    self.ended(sys);
                }
            }
            Err(Errno::EAGAIN) => {
                if self.by.is_some_and(|t| sys.now() >= t) {
                    self.failed(sys, Errno::ETIMEDOUT);
                    return None;
                }
                return Some(Poll::Wait(Wait { until: self.by, ..Wait::write(sock) }));
            }
            Err(e) => self.failed(sys, e),
        }
        None
    }

    /// Says that the connection is open.
    fn greet(&mut self, sys: &Sys<'_>) {
        let (host, port) = (&self.host, self.port);
        let addr = self.addr.map_or(String::new(), |a| a.to_string());
        if self.telnet {
            let text = if sys.is_busybox() {
                format!("Connected to {host}\n\n\nEntering character mode\nEscape character is '^]'.\n\n")
            } else {
                format!("Connected to {host}.\nEscape character is '^]'.\n")
            };
            self.out.push(1, text.as_bytes());
        } else if self.verbose {
            let text = if sys.is_busybox() {
                format!("{host} ({addr}:{port}) open\n")
            } else {
                let numeric = host.parse::<IpAddr>().is_ok();
                let shown = if numeric { host.clone() } else { format!("{host} ({addr})") };
                format!("Connection to {shown} {port} port [tcp/{}] succeeded!\n", service(port))
            };
            self.out.push(2, text.as_bytes());
        }
    }

    /// Passes bytes both ways.
    fn talk(&mut self, sys: &mut Sys<'_>, sock: Fd) -> Option<Poll> {
        match sys.read(sock, 65_536) {
            Ok(bytes) if bytes.is_empty() => {
                let _closed = sys.close(sock);
                if self.telnet {
                    self.out.push(1, b"Connection closed by foreign host.\n");
                    self.code = Some(1);
                } else if self.listen && self.keep {
                    self.sock = None;
                } else {
                    self.code = Some(0);
                }
                return None;
            }
            Ok(bytes) => {
                self.out.push(1, &bytes);
                return None;
            }
            Err(Errno::EAGAIN) => {}
            Err(_) => {
                self.code = Some(1);
                return None;
            }
        }
        if !self.to_sock.is_empty() {
            match sys.write(sock, &self.to_sock) {
                Ok(n) => {
                    self.to_sock.drain(..n);
                    return None;
                }
                Err(Errno::EAGAIN) => {
                    return Some(Poll::Wait(Wait { write: vec![sock], ..Wait::read(sock) }));
                }
                Err(_) => self.to_sock.clear(),
            }
        }
        let mut wait = Wait::read(sock);
        if !self.input_ended {
            match sys.read(0, 65_536) {
                Ok(bytes) if bytes.is_empty() => {
                    self.input_ended = true;
                    // The peer learns that no more comes, and may still answer.
                    let _shut = sys.shutdown(sock);
                    return None;
                }
                Ok(bytes) => {
                    self.to_sock.extend(bytes);
                    return None;
                }
                Err(Errno::EAGAIN) => wait.read.push(0),
                Err(_) => self.input_ended = true,
            }
        }
        Some(Poll::Wait(wait))
    }
}

impl Program for Nc {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            let step = match (self.resolver.take(), self.sock) {
                (Some(mut resolver), _) => {
                    let step = self.resolve(sys, &mut resolver);
                    // It is asked again when there is news.
                    if step.is_some() {
                        self.resolver = Some(resolver);
                    }
                    step
                }
                (None, None) => self.accept(sys),
                (None, Some(sock)) if !self.connected => self.connect(sys, sock),
                (None, Some(sock)) => self.talk(sys, sock),
            };
            if let Some(poll) = step {
                return poll;
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// The name of a port, as far as people know them.
fn service(port: u16) -> &'static str {
    match port {
        22 => "ssh",
        53 => "domain",
        80 => "http",
        443 => "https",
        3306 => "mysql",
        5432 => "postgresql",
        6379 => "redis",
        8080 => "http-alt",
        _ => "*",
    }
}
