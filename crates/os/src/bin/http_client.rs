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

#[derive(Clone, Debug)]
pub struct Exchange {
    pub url: Url,
    pub request: Vec<u8>,
    pub stage: Stage,
    pub addr: Option<IpAddr>,
    pub parser: ResponseParser,
    pub received: usize,
    pub began: Time,
    /// The connection must be there by then, the whole by then.
    pub connect_by: Option<Time>,
    pub all_by: Option<Time>,
    pub insecure: bool,
    /// PEM text of trusted authorities.
    pub roots: String,
    pub certificate: Option<Certificate>,
    pub resolve_to: Option<IpAddr>,
}

pub enum Event {
    Wait(Poll),
    /// Part of the body.
    Data(Vec<u8>),
    Done(Box<Response>),
    Failed(Failure),
}

impl Exchange {
    /// An exchange not yet begun.
    pub fn new(url: Url, request: Vec<u8>, no_body: bool, now: Time) -> Exchange {
        Exchange {
            url,
            request,
            stage: Stage::Idle,
            addr: None,
            parser: ResponseParser::for_request(no_body),
            received: 0,
            began: now,
            connect_by: None,
            all_by: None,
            insecure: false,
            roots: String::new(),
            certificate: None,
            resolve_to: None,
        }
    }

    fn deadline(&self) -> Option<Time> {
        let connecting = matches!(self.stage, Stage::Idle | Stage::Resolving(_) | Stage::Connecting(_));
        match (self.connect_by.filter(|_| connecting), self.all_by) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
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

    fn verify(&self, sys: &Sys<'_>, certificate: &Certificate) -> Result<(), String> {
        if self.insecure {
            return Ok(());
        }
        let trusted = !certificate.ca_pem.trim().is_empty() && self.roots.contains(certificate.ca_pem.trim());
        if !trusted {
            let own = certificate.issuer == certificate.subject;
            return Err(if own {
                "self-signed certificate"
            } else {
                "unable to get local issuer certificate"
            }
            .to_string());
        }
        if sys.now() > certificate.not_after {
            return Err("certificate has expired".to_string());
        }
        let host = &self.url.host;
        let fits = certificate.names.iter().any(|n| {
            n == host
                || n.strip_prefix("*.")
                    .is_some_and(|d| host.split_once('.').is_some_and(|(_, rest)| rest == d))
        });
        if !fits {
            return Err(format!("no alternative certificate subject name matches target host name '{host}'"));
        }
        Ok(())
    }

    /// Goes on until something is to be waited for, shown or decided.
    pub fn step(&mut self, sys: &mut Sys<'_>) -> Event {
        loop {
            if self.deadline().is_some_and(|at| sys.now() >= at) {
                return Event::Failed(Failure::Timeout);
            }
            match &mut self.stage {
                Stage::Idle => {
                    self.stage = match self.resolve_to {
                        Some(addr) => Stage::Resolving(Resolver::address(sys, &addr.to_string())),
                        None => Stage::Resolving(Resolver::address(sys, &self.url.host)),
                    };
                }
                Stage::Resolving(resolver) => match resolver.poll(sys) {
                    Err(Poll::Wait(wait)) => return self.wait(wait),
                    Err(other) => return Event::Wait(other),
                    Ok(Outcome::Found(_, records)) => {
                        let Some(addr) = first_address(&records) else {
                            return Event::Failed(Failure::Resolve);
                        };
                        self.addr = Some(addr);
                        let tls = self.url.https.then(|| ClientTls { server_name: self.url.host.clone() });
                        match sys.connect(addr, self.url.port, tls) {
                            Ok(fd) => self.stage = Stage::Connecting(fd),
                            Err(e) => return Event::Failed(Failure::Connect(e)),
                        }
                    }
                    Ok(_) => return Event::Failed(Failure::Resolve),
                },
                Stage::Connecting(fd) => {
                    let fd = *fd;
                    match sys.connected(fd) {
                        Ok(()) => {
                            if let (true, Some(certificate)) = (self.url.https, sys.certificate(fd)) {
                                if let Err(why) = self.verify(sys, &certificate) {
                                    return Event::Failed(Failure::Certificate(why));
                                }
                                self.certificate = Some(certificate);
                            }
                            self.stage = Stage::Sending(fd, 0);
                        }
                        Err(Errno::EAGAIN) => return self.wait(Wait::write(fd)),
                        Err(Errno::EIO) => return Event::Failed(Failure::NotTls),
                        Err(e) => return Event::Failed(Failure::Connect(e)),
                    }
                }
                Stage::Sending(fd, at) => {
                    let (fd, from) = (*fd, *at);
                    if from == self.request.len() {
                        self.stage = Stage::Receiving(fd);
                        continue;
                    }
                    match sys.write(fd, &self.request[from..]) {
                        Ok(n) => self.stage = Stage::Sending(fd, from + n),
                        Err(Errno::EAGAIN) => return self.wait(Wait::write(fd)),
                        Err(_) => return Event::Failed(Failure::Reset),
                    }
                }
                Stage::Receiving(fd) => {
                    let fd = *fd;
                    match sys.read(fd, 65_536) {
                        Ok(bytes) => {
                            let eof = bytes.is_empty();
                            self.received += bytes.len();
                            self.parser.feed(&bytes);
                            let part = match self.parser.take_partial() {
                                Ok(part) => part,
                                Err(BadMessage::Syntax | BadMessage::TooLarge) => {
                                    return Event::Failed(Failure::Bad);
                                }
                            };
                            if !part.is_empty() {
                                if eof {
                                    self.parser.feed(&[]);
                                }
                                return Event::Data(part);
                            }
                            match self.parser.next(eof) {
                                Ok(Some(response)) => {
                                    self.close(sys);
                                    return Event::Done(Box::new(response));
                                }
                                Err(_) => return Event::Failed(Failure::Bad),
                                Ok(None) if eof && self.received == 0 => {
                                    return Event::Failed(Failure::Empty);
                                }
                                Ok(None) if eof => {
                                    return Event::Failed(Failure::Partial(
                                        self.parser.missing().unwrap_or(0),
                                    ));
                                }
                                Ok(None) => {}
                            }
                        }
                        Err(Errno::EAGAIN) => {
                            // A body of known length may be complete without the connection ending.
                            if let Ok(Some(response)) = self.parser.next(false) {
                                self.close(sys);
                                return Event::Done(Box::new(response));
                            }
                            return self.wait(Wait::read(fd));
                        }
                        Err(_) if self.received == 0 => return Event::Failed(Failure::Reset),
                        Err(_) => return Event::Failed(Failure::Reset),
                    }
                }
            }
        }
    }
}

/// The head as it came, but for the letter case of our own parser: curl shows it unchanged.
pub fn raw_head(response: &Response) -> Vec<u8> {
    let mut text = format!("{} {} {}\r\n", response.version, response.status, response.reason);
    for (name, value) in &response.headers.0 {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}
