//! nslookup: questions to a DNS server, in the wording of BusyBox and of ISC.

use std::net::IpAddr;

use super::{
    process::{arguments, with_cx},
    tool::Output,
};
use crate::{
    host::{RecordData, RecordType},
    kernel::Sys,
    net::resolve::{Config, Outcome, Resolver},
    program::{Poll, Program, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nslookup",
    "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any\n",
    || Box::new(Lookup::default()),
);

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
