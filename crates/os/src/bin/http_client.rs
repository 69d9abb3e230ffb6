//! What curl and wget share: URLs, and one exchange with a server from the name to the last byte.

use std::net::IpAddr;

use crate::{
    errno::Errno,
    host::{Certificate, ClientTls},
    kernel::Sys,
    net::{
        http::{BadMessage, Response, ResponseParser},
        resolve::{Outcome, Resolver, first_address},
    },
    program::{Fd, Poll, Wait},
    time::Time,
};

/// A URL's parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Url {
    pub https: bool,
    pub host: String,
    pub port: u16,
    /// Path and query.
    pub target: String,
    pub user: Option<String>,
    /// The port was written.
    pub explicit_port: bool,
}

impl Url {
    /// Reads a URL; None for a scheme that is not HTTP or a port that is no number.
    pub fn parse(text: &str) -> Option<Url> {
        let (https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return None,
            None => (false, text),
        };
        let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (mut authority, target) = rest.split_at(cut);
        let mut user = None;
        if let Some((u, host)) = authority.rsplit_once('@') {
            user = Some(u.to_string());
            authority = host;
        }
        let target = target.split('#').next().unwrap_or("");
        let target = if target.starts_with('/') { target.to_string() } else { format!("/{target}") };
        let default = if https { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let explicit_port = port.is_some();
        let port = match port {
            Some(p) if !p.is_empty() => p.parse().ok()?,
            _ => default,
        };
        Some(Url {
            https,
            host: host.trim_matches(['[', ']']).to_string(),
            port,
            target,
            user,
            explicit_port,
        })
    }

    pub fn host_header(&self) -> String {
        if self.explicit_port && self.port != if self.https { 443 } else { 80 } {
            format!("{}:{}", self.host, self.port)
        } else {
            self.host.clone()
        }
    }

    /// The URL as it is written.
    pub fn text(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host_header(), self.target)
    }

    /// The URL a Location header leads to.
    pub fn follow(&self, location: &str) -> Option<Url> {
        if location.contains("://") {
            return Url::parse(location);
        }
        let mut url = self.clone();
        url.target = if location.starts_with('/') {
            location.to_string()
        } else {
            let dir = self.target.rsplit_once('/').map_or("", |(d, _)| d);
            format!("{dir}/{location}")
        };
        Some(url)
    }
}

/// Why a transfer failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    Resolve,
    Connect(Errno),
    Timeout,
    NotTls,
    Certificate(String),
    Empty,
    Reset,
    Partial(usize),
    Bad,
}

/// One exchange: resolve, connect, send, receive.
#[derive(Clone, Debug)]
pub enum Stage {
    Idle,
    Resolving(Resolver),
    Connecting(Fd),
    Sending(Fd, usize),
    Receiving(Fd),
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub url: Url,
    pub request: Vec<u8>,
    pub stage: Stage,
    pub addr: Option<IpAddr>,
    parser: ResponseParser,
    /// Status line and headers, as soon as they are there.
    pub head: Option<Response>,
    /// Bytes that came, and those of them that belong to the body.
    pub received: usize,
    pub size: usize,
    pub times: Times,
    /// The connection must be there by then, the whole by then; no longer than this between two reads.
    pub connect_by: Option<Time>,
    pub all_by: Option<Time>,
    pub idle: Option<i64>,
    heard: Time,
    pub insecure: bool,
    /// PEM text of trusted authorities.
    pub roots: String,
    pub certificate: Option<Certificate>,
    pub resolve_to: Option<IpAddr>,
    pub local_port: u16,
    eof: bool,
    finished: bool,
}

/// When what happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    pub began: Time,
    pub resolved: Option<Time>,
    pub connected: Option<Time>,
    pub sent: Option<Time>,
    pub first: Option<Time>,
}

/// What an exchange has to tell.
pub enum Event {
    Wait(Poll),
    /// The address is known.
    Resolved,
    /// The connection is open, and trusted if it must be.
    Connected,
    /// Status line and headers are there.
    Head,
    /// Part of the body.
    Data(Vec<u8>),
    Done,
    Failed(Failure),
}

impl Exchange {
    /// An exchange not yet begun; `no_body`: the request is HEAD.
    pub fn new(url: Url, request: Vec<u8>, no_body: bool, now: Time) -> Exchange {
        Exchange {
            url,
            request,
            stage: Stage::Idle,
            addr: None,
            parser: ResponseParser::for_request(no_body),
            head: None,
            received: 0,
            size: 0,
            times: Times { began: now, ..Times::default() },
            connect_by: None,
            all_by: None,
            idle: None,
            heard: now,
            insecure: false,
            roots: String::new(),
            certificate: None,
            resolve_to: None,
            local_port: 0,
            eof: false,
            finished: false,
        }
    }

    /// The status, 0 before it is known.
    pub fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |h| h.status)
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.as_ref()?.headers.get(name)
    }

    /// How many bytes the body will have, if the server said.
    pub fn expected(&self) -> Option<usize> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// Where a redirection leads.
    pub fn redirection(&self) -> Option<Url> {
        if !matches!(self.status(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        self.url.follow(self.header("location")?)
    }

    fn deadline(&self) -> Option<Time> {
        let connecting = matches!(self.stage, Stage::Idle | Stage::Resolving(_) | Stage::Connecting(_));
        let idle = self.idle.map(|i| self.heard.plus(i));
        [self.connect_by.filter(|_| connecting), self.all_by, idle].into_iter().flatten().min()
    }

    fn wait(&self, mut wait: Wait) -> Event {
        if let Some(at) = self.deadline() {
            wait = wait.or_until(at);
        }
        Event::Wait(Poll::Wait(wait))
    }

    /// Gives the connection up.
    pub fn close(&mut self, sys: &mut Sys<'_>) {
        if let Stage::Connecting(fd) | Stage::Sending(fd, _) | Stage::Receiving(fd) = self.stage {
            let _closed = sys.close(fd);
        }
        self.stage = Stage::Idle;
    }

    /// Why the server's certificate is not to be trusted.
    pub fn verify(&self, now: Time, certificate: &Certificate) -> Result<(), String> {
        let trusted = !certificate.ca_pem.trim().is_empty() && self.roots.contains(certificate.ca_pem.trim());
        if !trusted {
            let own = certificate.issuer == certificate.subject;
            let why = if own { "self-signed certificate" } else { "unable to get local issuer certificate" };
            return Err(why.to_string());
        }
        if now > certificate.not_after {
            return Err("certificate has expired".to_string());
        }
        if !certificate.names.iter().any(|n| name_fits(n, &self.url.host)) {
            let host = &self.url.host;
            return Err(format!("no alternative certificate subject name matches target host name '{host}'"));
        }
        Ok(())
    }

    /// Goes on until something is to be waited for, shown or decided.
    pub fn step(&mut self, sys: &mut Sys<'_>) -> Event {
        loop {
            if self.finished {
                self.close(sys);
                return Event::Done;
            }
            if self.deadline().is_some_and(|at| sys.now() >= at) {
                return Event::Failed(Failure::Timeout);
            }
            let event = match &mut self.stage {
                Stage::Idle => {
                    let name = self.resolve_to.map_or(self.url.host.clone(), |a| a.to_string());
                    self.stage = Stage::Resolving(Resolver::address(sys, &name));
                    continue;
                }
                Stage::Resolving(resolver) => match resolver.poll(sys) {
                    Err(Poll::Wait(wait)) => return self.wait(wait),
                    Err(other) => return Event::Wait(other),
                    Ok(outcome) => self.begin_connection(sys, outcome),
                },
                Stage::Connecting(fd) => {
                    let fd = *fd;
                    match self.connected(sys, fd) {
                        Some(event) => event,
                        None => return self.wait(Wait::write(fd)),
                    }
                }
                Stage::Sending(fd, at) => {
                    let (fd, from) = (*fd, *at);
                    if from == self.request.len() {
                        self.stage = Stage::Receiving(fd);
                        self.times.sent = Some(sys.now());
                        continue;
                    }
                    match sys.write(fd, &self.request[from..]) {
                        Ok(n) => {
                            self.stage = Stage::Sending(fd, from + n);
                            continue;
                        }
                        Err(Errno::EAGAIN) => return self.wait(Wait::write(fd)),
                        Err(_) => Event::Failed(Failure::Reset),
                    }
                }
                Stage::Receiving(fd) => {
                    let fd = *fd;
                    match self.receive(sys, fd) {
                        Some(event) => event,
                        None => return self.wait(Wait::read(fd)),
                    }
                }
            };
            return event;
        }
    }

    fn begin_connection(&mut self, sys: &mut Sys<'_>, outcome: Outcome) -> Event {
        let Outcome::Found(_, records) = outcome else { return Event::Failed(Failure::Resolve) };
        let Some(addr) = first_address(&records) else { return Event::Failed(Failure::Resolve) };
        self.addr = Some(addr);
        self.times.resolved = Some(sys.now());
        self.heard = sys.now();
        let tls = self.url.https.then(|| ClientTls { server_name: self.url.host.clone() });
        match sys.connect(addr, self.url.port, tls) {
            Ok(fd) => {
                self.local_port = sys.local_port(fd).unwrap_or(0);
                self.stage = Stage::Connecting(fd);
                Event::Resolved
            }
            Err(e) => Event::Failed(Failure::Connect(e)),
        }
    }

    fn connected(&mut self, sys: &mut Sys<'_>, fd: Fd) -> Option<Event> {
        match sys.connected(fd) {
            Ok(()) => {
                self.times.connected = Some(sys.now());
                self.heard = sys.now();
                if let (true, Some(certificate)) = (self.url.https, sys.certificate(fd)) {
                    let trust = self.verify(sys.now(), &certificate);
                    self.certificate = Some(certificate);
                    if let (Err(why), false) = (trust, self.insecure) {
                        return Some(Event::Failed(Failure::Certificate(why)));
                    }
                }
                self.stage = Stage::Sending(fd, 0);
                Some(Event::Connected)
            }
            Err(Errno::EAGAIN) => None,
            Err(Errno::EIO) => Some(Event::Failed(Failure::NotTls)),
            Err(e) => Some(Event::Failed(Failure::Connect(e))),
        }
    }

    /// What the bytes so far mean, or more bytes; None: wait for some.
    fn receive(&mut self, sys: &mut Sys<'_>, fd: Fd) -> Option<Event> {
        loop {
            match self.parsed() {
                Ok(Some(event)) => return Some(event),
                Ok(None) if self.finished => return Some(self.step(sys)),
                Ok(None) => {}
                Err(_) => return Some(Event::Failed(Failure::Bad)),
            }
            if self.eof {
                let failure = if self.received == 0 {
                    Failure::Empty
                } else {
                    Failure::Partial(self.parser.missing().unwrap_or(0))
                };
                return Some(Event::Failed(failure));
            }
            match sys.read(fd, 65_536) {
                Ok(bytes) => {
                    self.heard = sys.now();
                    self.times.first.get_or_insert(sys.now());
                    self.eof = bytes.is_empty();
                    self.received += bytes.len();
                    self.parser.feed(&bytes);
                }
                Err(Errno::EAGAIN) => return None,
                Err(_) => return Some(Event::Failed(Failure::Reset)),
            }
        }
    }

    fn parsed(&mut self) -> Result<Option<Event>, BadMessage> {
        if self.head.is_none() {
            let Some(head) = self.parser.head()? else { return Ok(None) };
            self.head = Some(head.clone());
            return Ok(Some(Event::Head));
        }
        let mut part = self.parser.take_partial()?;
        if let Some(rest) = self.parser.next(self.eof)? {
            part.extend(rest.body);
            self.finished = true;
        }
        self.size += part.len();
        Ok((!part.is_empty()).then_some(Event::Data(part)))
    }
}

/// Whether a name of a certificate, `*.` at its front perhaps, is the host's.
pub fn name_fits(name: &str, host: &str) -> bool {
    name == host
        || name.strip_prefix("*.").is_some_and(|d| host.split_once('.').is_some_and(|(_, rest)| rest == d))
}

/// The head as it came.
pub fn raw_head(response: &Response) -> Vec<u8> {
    let mut text = format!("{} {} {}\r\n", response.version, response.status, response.reason);
    for (name, value) in &response.headers.0 {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}
