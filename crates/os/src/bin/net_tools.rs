//! nslookup, host, getent, nc (and telnet), ping.

use std::net::IpAddr;

use super::{
    opts,
    process::{arguments, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    host::{CallId, RecordData, RecordType},
    kernel::{Reply, Sys},
    net::resolve::{Config, Outcome, Resolver, first_address},
    program::{Fd, Poll, Program, Wait},
    signal::Signal,
    time::{SECOND, Time},
};

/// nslookup (BusyBox and ISC wording), host and getent hosts.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    begun: bool,
    name: String,
    server: Option<IpAddr>,
    todo: Vec<(String, RecordType)>,
    asking: Option<(String, RecordType, Box<Resolver>)>,
    found: bool,
    code: u8,
    out: Output,
}

fn reverse_name(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(a) => {
            let o = a.octets();
            format!("{}.{}.{}.{}.in-addr.arpa", o[3], o[2], o[1], o[0])
        }
        IpAddr::V6(a) => {
            let hex: String = a.octets().iter().map(|o| format!("{o:02x}")).collect();
            let digits: Vec<String> = hex.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

impl Lookup {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let (_, args) = arguments(sys);
        let mut kind = None;
        let mut words = Vec::new();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let lower = arg.to_lowercase();
            if let Some(t) =
                lower.strip_prefix("-type=").or(lower.strip_prefix("-query=")).or(lower.strip_prefix("-q="))
            {
                kind = record_type(t);
            } else if lower == "-t" {
                kind = args.next().and_then(|t| record_type(&t.to_lowercase()));
            } else if !arg.starts_with('-') {
                words.push(arg);
            }
        }
        let config = Config::load(sys);
        self.server = words.get(1).and_then(|s| s.parse().ok()).or(config.servers.first().copied());
        let Some(name) = words.first().cloned() else {
            self.code = with_cx(sys, &mut self.out, |cx| cx.missing_operand());
            return;
        };
        self.name = name.clone();
        if let Ok(addr) = name.parse::<IpAddr>() {
            self.todo.push((reverse_name(addr), RecordType::PTR));
        } else {
            let kinds = kind.map_or(vec![RecordType::AAAA, RecordType::A], |k| vec![k]);
            self.todo.extend(kinds.into_iter().map(|k| (name.clone(), k)));
        }
        if let Some(server) = self.server {
            let text = if sys.is_busybox() {
                format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n")
            } else {
                format!("Server:\t\t{server}\nAddress:\t{server}#53\n\n")
            };
            self.out.push(1, text.as_bytes());
        }
    }

    fn show(&mut self, busybox: bool, name: &str, kind: RecordType, outcome: Outcome) {
        let mut text = String::new();
        match outcome {
            Outcome::Found(_, records) => {
                for r in &records {
                    let owner = r.name.trim_end_matches('.').to_string();
                    match &r.data {
                        RecordData::Address(a) if busybox => {
                            text.push_str(&format!("Name:\t{owner}\nAddress: {a}\n"))
                        }
                        RecordData::Address(a) => text.push_str(&format!("Name:\t{owner}\nAddress: {a}\n")),
                        RecordData::Cname(to) => text.push_str(&format!(
                            "{owner}\tcanonical name = {to}{}\n",
                            if busybox { "" } else { "." }
                        )),
                        RecordData::Ptr(to) if busybox => text.push_str(&format!("{owner}\tname = {to}\n")),
                        RecordData::Ptr(to) => text.push_str(&format!("{owner}\tname = {to}.\n")),
                        RecordData::Srv { priority, weight, port, target } => text.push_str(&format!(
                            "{owner}\tservice = {priority} {weight} {port} {target}{}\n",
                            if busybox { "" } else { "." }
                        )),
                        RecordData::Txt(t) => text.push_str(&format!("{owner}\ttext = \"{t}\"\n")),
                        RecordData::Ns(n) => text.push_str(&format!("{owner}\tnameserver = {n}\n")),
                        RecordData::Mx(p, n) => {
                            text.push_str(&format!("{owner}\tmail exchanger = {p} {n}\n"))
                        }
                        RecordData::Soa(s) => text.push_str(&format!("{owner}\torigin = {s}\n")),
                    }
                }
                if busybox {
                    text.push('\n');
                }
                self.found = true;
            }
            Outcome::NoData if busybox => text.push_str(&format!("*** Can't find {name}: No answer\n\n")),
            Outcome::NoData if kind == RecordType::AAAA => {}
            Outcome::NoData => text.push_str(&format!("*** Can't find {name}: No answer\n")),
            Outcome::NotFound if busybox => {
                text.push_str(&format!("** server can't find {name}: NXDOMAIN\n\n"));
                self.code = 1;
            }
            Outcome::NotFound => {
                if self.code == 0 {
                    text.push_str(&format!("** server can't find {name}: NXDOMAIN\n\n"));
                }
                self.code = 1;
            }
            Outcome::ServFail => {
                text.push_str(&format!("** server can't find {name}: SERVFAIL\n\n"));
                self.code = 1;
            }
            Outcome::Timeout => {
                text.push_str(";; connection timed out; no servers could be reached\n\n");
                self.code = 1;
                self.todo.clear();
            }
        }
        self.out.push(1, text.as_bytes());
    }
}

fn record_type(name: &str) -> Option<RecordType> {
    Some(match name {
        "a" => RecordType::A,
        "aaaa" => RecordType::AAAA,
        "cname" => RecordType::CNAME,
        "srv" => RecordType::SRV,
        "ptr" => RecordType::PTR,
        "txt" => RecordType::TXT,
        "ns" => RecordType::NS,
        "mx" => RecordType::MX,
        "soa" => RecordType::SOA,
        _ => return None,
    })
}

impl Program for Lookup {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some((name, kind, resolver)) = &mut self.asking {
                match resolver.poll(sys) {
                    Ok(outcome) => {
                        let (name, kind) = (name.clone(), *kind);
                        self.asking = None;
                        let busybox = sys.is_busybox();
                        self.show(busybox, &name, kind, outcome);
                    }
                    Err(poll) => {
                        return match self.out.drain(sys) {
                            Some(wait) => Poll::Wait(wait),
                            None => poll,
                        };
                    }
                }
                continue;
            }
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            // The last one is asked first: A before AAAA.
            let Some((name, kind)) = self.todo.pop() else {
                return Poll::Exit(self.code);
            };
            let config = Config::load(sys);
            // BusyBox's nslookup applies the search list as the library does, since 1.29.
            let candidates =
                if kind == RecordType::PTR { vec![name.clone()] } else { config.candidates(&name) };
            let servers = self.server.map_or(config.servers, |s| vec![s]);
            self.asking = Some((name, kind, Box::new(Resolver::new(candidates, kind, servers))));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// getent hosts, passwd, group.
#[derive(Clone, Debug, Default)]
pub struct Getent {
    resolver: Option<(String, Box<Resolver>)>,
    out: Output,
    code: Option<u8>,
}

impl Program for Getent {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if let Some((name, resolver)) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(full, records)) => {
                        let shown = if full.starts_with(name.as_str()) { full } else { name.clone() };
                        for addr in records.iter().filter_map(|r| first_address(std::slice::from_ref(r))) {
                            self.out.push(1, format!("{:<15} {}\n", addr.to_string(), shown).as_bytes());
                        }
                        self.code = Some(0);
                    }
                    Ok(_) => self.code = Some(2),
                }
                continue;
            }
            let (_, args) = arguments(sys);
            match (args.first().map(String::as_str), args.get(1)) {
                (Some("hosts" | "ahosts" | "ahostsv4"), Some(name)) => {
                    let resolver = Resolver::address(sys, name);
                    self.resolver = Some((name.clone(), Box::new(resolver)));
                }
                (Some(db @ ("passwd" | "group" | "hosts")), key) => {
                    let text = sys.vfs().read_text(&format!("/etc/{db}")).unwrap_or_default();
                    let mut code = if key.is_some() { 2 } else { 0 };
                    for line in text.lines() {
                        let mut fields = line.split(':');
                        let hit = key.is_none_or(|k| fields.next() == Some(k) || fields.nth(1) == Some(k));
                        if hit {
                            self.out.push(1, format!("{line}\n").as_bytes());
                            code = 0;
                        }
                    }
                    self.code = Some(code);
                }
                _ => self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand())),
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

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
            rest.get(1).cloned().or(default).and_then(|p| p.split('-').next().and_then(|p| p.parse().ok())),
        ) {
            (Some(host), Some(port)) => {
                self.port = port;
                self.resolver = Some(Box::new(Resolver::address(sys, &host)));
                self.host = host;
            }
            _ => self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand())),
        }
    }

    fn failed(&mut self, sys: &Sys<'_>, e: Errno) {
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
                format!("nc: connect to {shown} port {port} (tcp) failed: {e}\n")
            }
            _ => String::new(),
        };
        self.out.push(2, text.as_bytes());
        self.code = Some(1);
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
            if let Some(resolver) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(_, records)) => {
                        self.resolver = None;
                        self.addr = first_address(&records);
                        let Some(addr) = self.addr else { continue };
                        if self.telnet && !sys.is_busybox() {
                            self.out.push(1, format!("Trying {addr}...\n").as_bytes());
                        }
                        if self.udp {
                            self.code = Some(0);
                            continue;
                        }
                        match sys.connect(addr, self.port, None) {
                            Ok(fd) => self.sock = Some(fd),
                            Err(e) => self.failed(sys, e),
                        }
                        self.by = self.timeout.map(|t| sys.now().plus(t));
                    }
                    Ok(_) => {
                        let host = &self.host;
                        let text = match (sys.is_busybox(), self.telnet) {
                            (true, true) => format!("telnet: bad address '{host}'\n"),
                            (true, false) => format!("nc: bad address '{host}'\n"),
                            (false, true) => format!(
                                "telnet: could not resolve {host}/{}: Name or service not known\n",
                                self.port
                            ),
                            (false, false) => format!(
                                "nc: getaddrinfo for host \"{host}\" port {}: Name or service not known\n",
                                self.port
                            ),
                        };
                        self.out.push(2, text.as_bytes());
                        self.code = Some(1);
                    }
                }
                continue;
            }
            let Some(sock) = self.sock else {
                let Some(listener) = self.listener else { return Poll::Exit(1) };
                match sys.accept(listener) {
                    Ok((fd, peer)) => {
                        self.sock = Some(fd);
                        self.connected = true;
                        if self.verbose {
                            self.out.push(
                                2,
                                format!("Connection received on {} {}\n", peer.0, peer.1).as_bytes(),
                            );
                        }
                        continue;
                    }
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(listener)),
                    Err(e) => {
                        self.out.push(2, format!("nc: bind: {e}\n").as_bytes());
                        self.code = Some(1);
                        continue;
                    }
                }
            };
            if !self.connected {
                match sys.connected(sock) {
                    Ok(()) => {
                        self.connected = true;
                        let (host, port) = (&self.host, self.port);
                        let addr = self.addr.map_or(String::new(), |a| a.to_string());
                        if self.telnet {
                            let text = if sys.is_busybox() {
                                format!(
                                    "Connected to {host}\n\n\nEntering character mode\nEscape character is '^]'.\n\n"
                                )
                            } else {
                                format!("Connected to {host}.\nEscape character is '^]'.\n")
                            };
                            self.out.push(1, text.as_bytes());
                        } else if self.verbose {
                            let text = if sys.is_busybox() {
                                format!("{host} ({addr}:{port}) open\n")
                            } else {
                                format!("Connection to {host} {port} port [tcp/*] succeeded!\n")
                            };
                            self.out.push(2, text.as_bytes());
                        }
                        if self.zero {
                            self.code = Some(0);
                        }
                    }
                    Err(Errno::EAGAIN) => {
                        if self.by.is_some_and(|t| sys.now() >= t) {
                            self.failed(sys, Errno::ETIMEDOUT);
                            continue;
                        }
                        let wait = Wait { until: self.by, ..Wait::write(sock) };
                        return Poll::Wait(wait);
                    }
                    Err(e) => self.failed(sys, e),
                }
                continue;
            }
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
                    continue;
                }
                Ok(bytes) => {
                    self.out.push(1, &bytes);
                    continue;
                }
                Err(Errno::EAGAIN) => {}
                Err(_) => {
                    self.code = Some(1);
                    continue;
                }
            }
            if !self.to_sock.is_empty() {
                match sys.write(sock, &self.to_sock) {
                    Ok(n) => {
                        self.to_sock.drain(..n);
                        continue;
                    }
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait { write: vec![sock], ..Wait::read(sock) }),
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
                        continue;
                    }
                    Ok(bytes) => {
                        self.to_sock.extend(bytes);
                        continue;
                    }
                    Err(Errno::EAGAIN) => wait.read.push(0),
                    Err(_) => self.input_ended = true,
                }
            }
            return Poll::Wait(wait);
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// ping
#[derive(Clone, Debug, Default)]
pub struct Ping {
    begun: bool,
    count: Option<u32>,
    interval: i64,
    wait: i64,
    size: usize,
    host: String,
    resolver: Option<Box<Resolver>>,
    addr: Option<IpAddr>,
    asked: Option<(CallId, Time)>,
    next: Option<Time>,
    began: Option<Time>,
    sent: u32,
    received: u32,
    times: Vec<i64>,
    out: Output,
    code: Option<u8>,
}

impl Ping {
    fn statistics(&mut self, sys: &Sys<'_>) {
        let loss = ((self.sent - self.received) * 100).checked_div(self.sent).unwrap_or(0);
        let mut text = format!("\n--- {} ping statistics ---\n", self.host);
        let elapsed = self.began.map_or(0, |b| sys.now().since(b) / 1000);
        if sys.is_busybox() {
            text.push_str(&format!(
                "{} packets transmitted, {} packets received, {loss}% packet loss\n",
                self.sent, self.received
            ));
        } else {
            text.push_str(&format!(
                "{} packets transmitted, {} received, {loss}% packet loss, time {elapsed}ms\n",
                self.sent, self.received
            ));
        }
        if !self.times.is_empty() {
            let ms = |us: i64| us as f64 / 1000.0;
            let min = ms(self.times.iter().copied().min().unwrap_or(0));
            let max = ms(self.times.iter().copied().max().unwrap_or(0));
            let avg = self.times.iter().map(|t| ms(*t)).sum::<f64>() / self.times.len() as f64;
            let dev = (self.times.iter().map(|t| (ms(*t) - avg) * (ms(*t) - avg)).sum::<f64>()
                / self.times.len() as f64)
                .sqrt();
            if sys.is_busybox() {
                text.push_str(&format!("round-trip min/avg/max = {min:.3}/{avg:.3}/{max:.3} ms\n"));
            } else {
                text.push_str(&format!("rtt min/avg/max/mdev = {min:.3}/{avg:.3}/{max:.3}/{dev:.3} ms\n"));
            }
        }
        self.out.push(1, text.as_bytes());
        self.code = Some(u8::from(self.received == 0));
    }
}

impl Program for Ping {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            let parsed = with_cx(sys, &mut self.out, |cx| opts::parse(cx, "c:i:W:w:s:q46nI:t:", &[]));
            match parsed {
                Ok(opts) if opts.rest.is_empty() => {
                    self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()))
                }
                Ok(opts) => {
                    self.count = opts.value('c').and_then(|c| c.parse().ok());
                    self.interval = opts.value('i').and_then(opts::duration).unwrap_or(SECOND);
                    self.wait = opts.value('W').and_then(opts::duration).unwrap_or(10 * SECOND);
                    self.size = opts.value('s').and_then(|s| s.parse().ok()).unwrap_or(56);
                    self.host = opts.rest[0].clone();
                    self.resolver = Some(Box::new(Resolver::address(sys, &self.host)));
                    sys.catch(Signal::INT);
                }
                Err(code) => self.code = Some(code),
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if sys.take_signal().is_some() {
                self.statistics(sys);
                continue;
            }
            if let Some(resolver) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(_, records)) => {
                        self.resolver = None;
                        self.addr = first_address(&records);
                        if let Some(addr) = self.addr {
                            let total = self.size + 28;
                            let text = if sys.is_busybox() {
                                format!("PING {} ({addr}): {} data bytes\n", self.host, self.size)
                            } else {
                                format!("PING {} ({addr}) {}({total}) bytes of data.\n", self.host, self.size)
                            };
                            self.out.push(1, text.as_bytes());
                        }
                        self.began = Some(sys.now());
                    }
                    Ok(_) => {
                        let text = if sys.is_busybox() {
                            format!("ping: bad address '{}'\n", self.host)
                        } else {
                            format!("ping: {}: Name or service not known\n", self.host)
                        };
                        self.out.push(2, text.as_bytes());
                        self.code = Some(if sys.is_busybox() { 1 } else { 2 });
                    }
                }
                continue;
            }
            let Some(addr) = self.addr else { return Poll::Exit(2) };
            if let Some((call, at)) = self.asked {
                if let Some(Reply::Pong { rtt, ttl }) = sys.reply(call) {
                    self.received += 1;
                    self.times.push(rtt);
                    let ms = rtt as f64 / 1000.0;
                    let text = if sys.is_busybox() {
                        format!(
                            "{} bytes from {addr}: seq={} ttl={ttl} time={ms:.3} ms\n",
                            self.size + 8,
                            self.sent - 1
                        )
                    } else {
                        format!(
                            "{} bytes from {addr}: icmp_seq={} ttl={ttl} time={} ms\n",
                            self.size + 8,
                            self.sent,
                            if ms < 10.0 { format!("{ms:.3}") } else { format!("{ms:.1}") }
                        )
                    };
                    self.out.push(1, text.as_bytes());
                    self.asked = None;
                    continue;
                }
                // The next is sent in its time whether this one was answered or not; after the last, wait longer.
                let last = self.count.is_some_and(|c| self.sent >= c);
                let give_up = if last { at.plus(self.wait) } else { at.plus(self.interval) };
                if sys.now() < give_up {
                    return Poll::Wait(Wait::reply().or_until(give_up));
                }
                sys.forget(call);
                self.asked = None;
                continue;
            }
            if self.count.is_some_and(|c| self.sent >= c) {
                self.statistics(sys);
                continue;
            }
            if let Some(next) = self.next.filter(|n| sys.now() < *n) {
                return Poll::Wait(Wait::until(next));
            }
            self.sent += 1;
            self.next = Some(sys.now().plus(self.interval));
            self.asked = Some((sys.ask_ping(addr, self.size), sys.now()));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
