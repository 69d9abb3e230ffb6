//! host: a name's addresses, an address's name.

use std::net::IpAddr;

use super::{opts, process::with_cx, tool::Output};
use crate::{
    host::{RecordData, RecordType},
    kernel::Sys,
    net::{
        dns::{record_type, reverse_name, rooted, type_name},
        resolve::{Config, Outcome, Resolver},
    },
    program::{Poll, Program, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "host",
    "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n",
    || Box::new(Host::default()),
);

#[derive(Clone, Debug, Default)]
struct Host {
    begun: bool,
    name: String,
    server: Option<IpAddr>,
    todo: std::collections::VecDeque<RecordType>,
    asking: Option<(RecordType, Box<Resolver>)>,
    found: bool,
    all: bool,
    code: u8,
    out: Output,
}

impl Host {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| opts::parse(cx, "aCdilrTvVwc:N:t:W:R:m:p:46", &[]));
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = code,
        };
        let Some(name) = opts.rest.first().cloned() else {
            self.out.push(2, SPEC.help.as_bytes());
            return self.code = 1;
        };
        if let Some(server) = opts.rest.get(1).and_then(|s| s.parse::<IpAddr>().ok()) {
            self.server = Some(server);
            let text = format!("Using domain server:\nName: {server}\nAddress: {server}#53\nAliases: \n\n");
            self.out.push(1, text.as_bytes());
        }
        if let Ok(addr) = name.parse::<IpAddr>() {
            self.name = reverse_name(addr);
            return self.todo.push_back(RecordType::PTR);
        }
        self.name = name;
        match opts.value('t') {
            Some(t) => match record_type(t) {
                Some(kind) => self.todo.push_back(kind),
                None => {
                    self.out.push(2, format!("host: invalid type: {t}\n").as_bytes());
                    self.code = 2;
                }
            },
            None => {
                self.all = true;
                self.todo.extend([RecordType::A, RecordType::AAAA, RecordType::MX]);
            }
        }
    }

    fn answered(&mut self, kind: RecordType, outcome: Outcome) {
        let name = self.name.clone();
        let text = match outcome {
            Outcome::Found(_, records) => {
                self.found = true;
                let line = |r: &crate::host::Record| {
                    let owner = r.name.trim_end_matches('.');
                    match &r.data {
                        RecordData::Address(IpAddr::V4(a)) => format!("{owner} has address {a}\n"),
                        RecordData::Address(a) => format!("{owner} has IPv6 address {a}\n"),
                        // An alias comes with every type; it is told once.
                        RecordData::Cname(_) if self.all && kind != RecordType::A => String::new(),
                        RecordData::Cname(to) => format!("{owner} is an alias for {}\n", rooted(to)),
                        RecordData::Ptr(to) => format!("{owner} domain name pointer {}\n", rooted(to)),
                        RecordData::Srv { priority, weight, port, target } => {
                            format!("{owner} has SRV record {priority} {weight} {port} {}\n", rooted(target))
                        }
                        RecordData::Txt(t) => format!("{owner} descriptive text \"{t}\"\n"),
                        RecordData::Ns(n) => format!("{owner} name server {}\n", rooted(n)),
                        RecordData::Mx(p, n) => format!("{owner} mail is handled by {p} {}\n", rooted(n)),
                        RecordData::Soa(s) => format!("{owner} has SOA record {s}\n"),
                    }
                };
                records.iter().map(line).collect()
            }
            Outcome::NoData if self.all => String::new(),
            Outcome::NoData => format!("{name} has no {} record\n", type_name(kind)),
            Outcome::NotFound => self.fails(format!("Host {name} not found: 3(NXDOMAIN)\n")),
            Outcome::ServFail => self.fails(format!("Host {name} not found: 2(SERVFAIL)\n")),
            Outcome::Timeout => {
                self.fails(";; connection timed out; no servers could be reached\n".to_string())
            }
        };
        self.out.push(1, text.as_bytes());
    }

    fn fails(&mut self, text: String) -> String {
        self.code = 1;
        self.todo.clear();
        text
    }
}

impl Program for Host {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some((kind, resolver)) = &mut self.asking {
                match resolver.poll(sys) {
                    Ok(outcome) => {
                        let kind = *kind;
                        self.asking = None;
                        self.answered(kind, outcome);
                    }
                    Err(poll) => return poll,
                }
                continue;
            }
            let Some(kind) = self.todo.pop_front() else { return Poll::Exit(self.code) };
            let config = Config::load(sys);
            let names =
                if kind == RecordType::PTR { vec![self.name.clone()] } else { config.candidates(&self.name) };
            let servers = self.server.map_or(config.servers, |s| vec![s]);
            self.asking = Some((kind, Box::new(Resolver::new(names, kind, servers))));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
