//! The resolver library: numbers, /etc/hosts, then the servers and search domains of /etc/resolv.conf.

use std::net::{IpAddr, Ipv4Addr};

use crate::{
    host::{CallId, DnsAnswer, Record, RecordData, RecordType},
    kernel::{Reply, Sys},
    program::{Poll, Wait},
    time::{SECOND, Time},
};

/// A lookup under way.
#[derive(Clone, Debug)]
pub struct Resolver {
    kind: RecordType,
    /// Complete names still to be asked for.
    candidates: Vec<String>,
    servers: Vec<IpAddr>,
    asked: Option<(CallId, Time)>,
    tries: u32,
    outcome: Option<Outcome>,
    /// A name on the way exists, without such records.
    exists: bool,
    /// The server that answered last.
    pub server: Option<IpAddr>,
}

/// How a lookup ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// The records, and the complete name they are for.
    Found(String, Vec<Record>),
    /// The name does not exist.
    NotFound,
    /// The name exists without such records.
    NoData,
    /// No server, or none answered.
    Timeout,
    /// The server that answered last could not find out.
    ServFail,
}

/// What /etc/resolv.conf says.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// `nameserver` lines, asked in this order.
    pub servers: Vec<IpAddr>,
    /// Suffixes to try, in this order.
    pub search: Vec<String>,
    /// A name with at least so many dots is first tried as it is. 1 unless said; a pod's is 5.
    pub ndots: usize,
    /// Seconds to wait for a server, 1 to 30.
    pub timeout_s: i64,
    /// How often the list of servers is gone through, 1 to 5.
    pub attempts: u32,
}

impl Config {
    /// Reads /etc/resolv.conf.
    pub fn load(sys: &mut Sys<'_>) -> Config {
        let text = sys.vfs().read_text("/etc/resolv.conf").unwrap_or_default();
        let mut config =
            Config { servers: Vec::new(), search: Vec::new(), ndots: 1, timeout_s: 5, attempts: 2 };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    config.servers.extend(words.next().and_then(|w| w.parse::<IpAddr>().ok()))
                }
                Some("search" | "domain") => config.search = words.map(str::to_string).collect(),
                Some("options") => {
                    for option in words {
                        match option.split_once(':') {
                            Some(("ndots", n)) => config.ndots = n.parse().unwrap_or(config.ndots).min(15),
                            Some(("timeout", n)) => config.timeout_s = n.parse().unwrap_or(5).clamp(1, 30),
                            Some(("attempts", n)) => config.attempts = n.parse().unwrap_or(2).clamp(1, 5),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if config.servers.is_empty() {
            config.servers.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        config
    }

    /// The names to ask for, in order, for what the user typed.
    pub fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(absolute) = name.strip_suffix('.') {
            return vec![absolute.to_string()];
        }
        let mut all: Vec<String> =
            self.search.iter().map(|s| format!("{name}.{}", s.trim_end_matches('.'))).collect();
        if name.matches('.').count() >= self.ndots {
            all.insert(0, name.to_string());
        } else {
            all.push(name.to_string());
        }
        all
    }
}

impl Resolver {
    /// Begins to look for the address of `name`, as getaddrinfo(3) does.
    pub fn address(sys: &mut Sys<'_>, name: &str) -> Resolver {
        let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
        if let Ok(addr) = bare.parse::<IpAddr>() {
            return Resolver::known(name, addr);
        }
        if let Some(addr) = from_hosts(sys, name) {
            return Resolver::known(name, addr);
        }
        if name == "localhost" {
            return Resolver::known(name, IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let config = Config::load(sys);
        let candidates = config.candidates(name);
        Resolver::new(candidates, RecordType::A, config.servers)
    }

    /// Begins to ask `servers` for records of the first of `candidates` that has some.
    pub fn new(mut candidates: Vec<String>, kind: RecordType, servers: Vec<IpAddr>) -> Resolver {
        candidates.reverse();
        Resolver {
            kind,
            candidates,
            servers,
            asked: None,
            tries: 0,
            outcome: None,
            exists: false,
            server: None,
        }
    }

    fn known(name: &str, addr: IpAddr) -> Resolver {
        let record = Record { name: name.to_string(), ttl: 0, data: RecordData::Address(addr) };
        let mut resolver = Resolver::new(Vec::new(), RecordType::A, Vec::new());
        resolver.outcome = Some(Outcome::Found(name.to_string(), vec![record]));
        resolver
    }

    /// Goes on; gives the outcome, or what to wait for.
    pub fn poll(&mut self, sys: &mut Sys<'_>) -> Result<Outcome, Poll> {
        loop {
            if let Some(outcome) = &self.outcome {
                return Ok(outcome.clone());
            }
            let Some(name) = self.candidates.last().cloned() else {
                return Ok(if self.exists { Outcome::NoData } else { Outcome::NotFound });
            };
            let Some((call, asked_at)) = self.asked else {
                let Some(server) = self.servers.get(self.tries as usize % self.servers.len().max(1)).copied()
                else {
                    return Ok(Outcome::Timeout);
                };
                self.server = Some(server);
                let call = sys.ask_dns(server, &name, self.kind);
                self.asked = Some((call, sys.now()));
                continue;
            };
            let deadline = asked_at.plus(5 * SECOND);
            let answer = match sys.reply(call) {
                Some(Reply::Dns(answer)) => answer,
                _ if sys.now() >= deadline => {
                    sys.forget(call);
                    DnsAnswer::Timeout
                }
                _ => return Err(Poll::Wait(Wait::reply().or_until(deadline))),
            };
            self.asked = None;
            match answer {
                DnsAnswer::Records(records) if !records.is_empty() => {
                    self.outcome = Some(Outcome::Found(name, records));
                }
                DnsAnswer::Records(_) => {
                    self.candidates.pop();
                    self.exists = true;
                }
                DnsAnswer::NxDomain => {
                    self.candidates.pop();
                }
                DnsAnswer::ServFail | DnsAnswer::Refused => self.outcome = Some(Outcome::ServFail),
                DnsAnswer::Timeout => {
                    self.tries += 1;
                    if self.tries >= 2 * self.servers.len() as u32 {
                        self.outcome = Some(Outcome::Timeout);
                    }
                }
            }
        }
    }
}

/// The first address among records.
pub fn first_address(records: &[Record]) -> Option<IpAddr> {
    records.iter().find_map(|r| match r.data {
        RecordData::Address(addr) => Some(addr),
        _ => None,
    })
}

/// Looks a name up in /etc/hosts.
pub fn from_hosts(sys: &mut Sys<'_>, name: &str) -> Option<IpAddr> {
    let text = sys.vfs().read_text("/etc/hosts").ok()?;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("");
        let mut words = line.split_whitespace();
        let addr = words.next().and_then(|a| a.parse::<IpAddr>().ok());
        if let (Some(addr), true) = (addr, words.any(|w| w.eq_ignore_ascii_case(name))) {
            return Some(addr);
        }
    }
    None
}
