//! nslookup: questions to a DNS server, in the wording of ISC's, of BusyBox's, and of BusyBox's before 1.29, which asked
//! the C library (and so knew search domains for names with dots, which later ones do not).

use std::net::IpAddr;

use super::{
    process::{arguments, with_cx},
    tool::{Output, helped},
};
use crate::{
    host::{Record, RecordData, RecordType},
    kernel::Sys,
    net::{
        dns::{record_type, reverse_name},
        resolve::{Config, Outcome, Resolver, first_address},
    },
    program::{Poll, Program, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nslookup",
    "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,srv,ptr,any\n",
    || Box::new(Lookup::default()),
);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Style {
    #[default]
    Isc,
    BusyBox,
    /// Before 1.29.
    Library,
}

#[derive(Clone, Debug, Default)]
struct Lookup {
    begun: bool,
    style: Style,
    name: String,
    server: Option<IpAddr>,
    /// What is still to be asked: names to be tried in order, and the type.
    todo: std::collections::VecDeque<(Vec<String>, RecordType)>,
    asking: Option<(String, RecordType, Box<Resolver>)>,
    /// For the library's style: addresses found, and their own names.
    addresses: Vec<(IpAddr, Option<String>)>,
    failed: bool,
    code: u8,
    out: Output,
}

impl Lookup {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            return;
        }
        let (_, args) = arguments(sys);
        let mut kind = None;
        let mut words = Vec::new();
        for arg in args {
            let lower = arg.to_lowercase();
            let value =
                ["-type=", "-query=", "-q=", "-querytype=", "-t="].iter().find_map(|p| lower.strip_prefix(p));
            match value {
                Some("any") => kind = Some(None),
                Some(t) => match record_type(t) {
                    Some(t) => kind = Some(Some(t)),
                    None if sys.is_busybox() => {
                        self.out.push(2, format!("nslookup: invalid query type \"{t}\"\n").as_bytes());
                        return self.code = 1;
                    }
                    None => self.out.push(1, format!("unknown query type: {t}\n").as_bytes()),
                },
                None if arg.starts_with('-') && arg.len() > 1 => {}
                None => words.push(arg),
            }
        }
        self.style = match sys.is_busybox() {
            false => Style::Isc,
            true if busybox_version(sys) < (1, 29) => Style::Library,
            true => Style::BusyBox,
        };
        let config = Config::load(sys);
        let Some(name) = words.first().cloned() else {
            if self.style == Style::Isc {
                self.out.push(2, b"nslookup: the interactive mode is not simulated: give a name\n");
                return self.code = 1;
            }
            return self.code = with_cx(sys, &mut self.out, |cx| cx.missing_operand());
        };
        self.server = words.get(1).and_then(|s| s.parse().ok()).or(config.servers.first().copied());
        self.name = name.clone();
        if let (Style::Library, Some(server)) = (self.style, self.server) {
            self.todo.push_back((vec![reverse_name(server)], RecordType::PTR));
            self.todo.push_back((config.candidates(&name), RecordType::A));
            return;
        }
        if let Some(server) = self.server {
            let port = if self.style == Style::Isc { "#53" } else { ":53" };
            self.out.push(1, format!("Server:\t\t{server}\nAddress:\t{server}{port}\n\n").as_bytes());
        }
        if let Ok(addr) = name.parse::<IpAddr>() {
            self.todo.push_back((vec![reverse_name(addr)], RecordType::PTR));
            return;
        }
        let kinds = kind.flatten().map_or(vec![RecordType::A, RecordType::AAAA], |k| vec![k]);
        for kind in kinds {
            if self.style == Style::Isc {
                self.todo.push_back((config.candidates(&name), kind));
            } else if name.contains('.') || config.search.is_empty() {
                self.todo.push_back((vec![name.trim_end_matches('.').to_string()], kind));
            } else {
                self.todo.extend(config.search.iter().map(|s| (vec![format!("{name}.{s}")], kind)));
            }
        }
    }

    fn answered(&mut self, name: &str, kind: RecordType, outcome: Outcome) {
        match self.style {
            Style::Isc => self.isc(kind, outcome),
            Style::BusyBox => self.busybox(name, outcome),
            Style::Library => self.library(kind, outcome),
        }
    }

    fn isc(&mut self, kind: RecordType, outcome: Outcome) {
        let name = self.name.clone();
        let text = match outcome {
            Outcome::Found(_, records) => {
                let own = records.iter().all(|r| {
                    r.name.trim_end_matches('.').ends_with("cluster.local") || r.name.ends_with(".arpa")
                });
                // The cluster's DNS speaks for its own domain only.
                let head = if own || kind == RecordType::AAAA { "" } else { "Non-authoritative answer:\n" };
                let lines: String = records.iter().map(|r| record_text(r, ".")).collect();
                format!("{head}{lines}")
            }
            Outcome::NoData if kind == RecordType::AAAA => String::new(),
            Outcome::NoData => format!("*** Can't find {name}: No answer\n"),
            Outcome::NotFound | Outcome::ServFail if self.failed => String::new(),
            Outcome::NotFound => self.fails(format!("** server can't find {name}: NXDOMAIN\n")),
            Outcome::ServFail => self.fails(format!("** server can't find {name}: SERVFAIL\n")),
            Outcome::Timeout => {
                self.todo.clear();
                self.fails(";; connection timed out; no servers could be reached\n".to_string())
            }
        };
        self.out.push(1, text.as_bytes());
        if self.todo.is_empty() {
            self.out.push(1, b"\n");
        }
    }

    fn fails(&mut self, text: String) -> String {
        self.failed = true;
        self.code = 1;
        text
    }

    fn busybox(&mut self, name: &str, outcome: Outcome) {
        let text = match outcome {
            Outcome::Found(_, records) => {
                records.iter().map(|r| record_text(r, "")).collect::<String>() + "\n"
            }
            Outcome::NoData => format!("*** Can't find {name}: No answer\n\n"),
            Outcome::NotFound => self.fails(format!("** server can't find {name}: NXDOMAIN\n\n")),
            Outcome::ServFail => self.fails(format!("** server can't find {name}: SERVFAIL\n\n")),
            Outcome::Timeout => {
                self.todo.clear();
                self.fails(";; connection timed out; no servers could be reached\n\n".to_string())
            }
        };
        self.out.push(1, text.as_bytes());
    }

    fn library(&mut self, kind: RecordType, outcome: Outcome) {
        let found = match &outcome {
            Outcome::Found(_, records) => records.clone(),
            _ => Vec::new(),
        };
        let own_name = found.iter().find_map(|r| match &r.data {
            RecordData::Ptr(name) => Some(name.trim_end_matches('.').to_string()),
            _ => None,
        });
        if kind == RecordType::A {
            let name = self.name.clone();
            if found.is_empty() {
                self.code = 1;
                return self.out.push(2, format!("nslookup: can't resolve '{name}'\n").as_bytes());
            }
            for record in &found {
                if let Some(addr) = first_address(std::slice::from_ref(record)) {
                    self.addresses.push((addr, None));
                    self.todo.push_back((vec![reverse_name(addr)], RecordType::PTR));
                }
            }
            return self.out.push(1, format!("Name:      {name}\n").as_bytes());
        }
        let shown = own_name.map_or(String::new(), |n| format!(" {n}"));
        // The first of these is the server's own name.
        let text = match self.server.take() {
            Some(server) => format!("Server:    {server}\nAddress 1: {server}{shown}\n\n"),
            None => {
                let at = self.addresses.iter().position(|(_, told)| told.is_none()).unwrap_or(0);
                let Some((addr, told)) = self.addresses.get_mut(at) else { return };
                *told = Some(shown.clone());
                format!("Address {}: {addr}{shown}\n", at + 1)
            }
        };
        self.out.push(1, text.as_bytes());
    }
}

/// A record in nslookup's words; names end with `dot`.
fn record_text(r: &Record, dot: &str) -> String {
    let owner = r.name.trim_end_matches('.');
    match &r.data {
        RecordData::Address(a) => format!("Name:\t{owner}\nAddress: {a}\n"),
        RecordData::Cname(to) => format!("{owner}\tcanonical name = {to}{dot}\n"),
        RecordData::Ptr(to) => format!("{owner}\tname = {to}{dot}\n"),
        RecordData::Srv { priority, weight, port, target } => {
            format!("{owner}\tservice = {priority} {weight} {port} {target}{dot}\n")
        }
        RecordData::Txt(t) => format!("{owner}\ttext = \"{t}\"\n"),
        RecordData::Ns(n) => format!("{owner}\tnameserver = {n}{dot}\n"),
        RecordData::Mx(p, n) => format!("{owner}\tmail exchanger = {p} {n}{dot}\n"),
        RecordData::Soa(s) => format!("{owner}\torigin = {s}\n"),
    }
}

/// The version that BusyBox's own file tells, see [`busybox_file`](crate::busybox_file); a new one if it does not.
fn busybox_version(sys: &mut Sys<'_>) -> (u32, u32) {
    let file = sys.vfs().read("/bin/busybox").unwrap_or_default();
    let text = String::from_utf8_lossy(&file).into_owned();
    let version = text.rsplit_once("version ").map_or("", |(_, v)| v.trim());
    let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
    match (parts.next(), parts.next()) {
        (Some(a), Some(b)) if a > 0 => (a, b),
        _ => (1, 37),
    }
}

impl Program for Lookup {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some((name, kind, resolver)) = &mut self.asking {
                match resolver.poll(sys) {
                    Ok(outcome) => {
                        let (name, kind) = (name.clone(), *kind);
                        self.asking = None;
                        self.answered(&name, kind, outcome);
                    }
                    Err(poll) => return poll,
                }
                continue;
            }
            let Some((names, kind)) = self.todo.pop_front() else { return Poll::Exit(self.code) };
            let servers = match self.server {
                Some(server) => vec![server],
                None => Config::load(sys).servers,
            };
            let name = names.first().cloned().unwrap_or_default();
            self.asking = Some((name, kind, Box::new(Resolver::new(names, kind, servers))));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
