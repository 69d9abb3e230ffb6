//! dig: a question to a DNS server and its whole answer.

use std::net::IpAddr;

use super::{
    process::arguments,
    tool::{Output, helped},
};
use crate::{
    host::{Record, RecordType},
    kernel::Sys,
    net::{
        dns::{record_type, reverse_name, rooted, type_name, zone_text},
        resolve::{Config, Outcome, Resolver, first_address},
    },
    program::{Poll, Program, ProgramSpec},
    time::{Time, strftime},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "dig",
    "Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ host [@local-server] {local-d-opt} [...]]\n\nUse \"dig -h\" (or \"dig -h | more\") for complete list of options\n",
    || Box::new(Dig::default()),
);

/// What is shown.
#[derive(Clone, Debug)]
struct Shown {
    short: bool,
    command: bool,
    comments: bool,
    question: bool,
    answer: bool,
    statistics: bool,
}

impl Shown {
    fn all(yes: bool) -> Shown {
        Shown { short: false, command: yes, comments: yes, question: yes, answer: yes, statistics: yes }
    }
}

#[derive(Clone, Debug)]
struct Question {
    name: String,
    kind: RecordType,
}

#[derive(Clone, Debug, Default)]
struct Dig {
    begun: bool,
    words: String,
    server: Option<String>,
    address: Option<IpAddr>,
    search: bool,
    shown: Option<Shown>,
    questions: std::collections::VecDeque<Question>,
    finding_server: Option<Box<Resolver>>,
    asking: Option<(Question, Box<Resolver>, Time)>,
    code: u8,
    out: Output,
}

impl Dig {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            return;
        }
        let (_, args) = arguments(sys);
        self.words = args.join(" ");
        let mut shown = Shown::all(true);
        let mut kind = None;
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            if let Some(server) = arg.strip_prefix('@') {
                self.server = Some(server.to_string());
            } else if let Some(option) = arg.strip_prefix('+') {
                let (name, on) = option.strip_prefix("no").map_or((option, true), |n| (n, false));
                match name {
                    "all" => shown = Shown { short: shown.short, ..Shown::all(on) },
                    "short" => shown.short = on,
                    "cmd" => shown.command = on,
                    "comments" => shown.comments = on,
                    "question" => shown.question = on,
                    "answer" => shown.answer = on,
                    "stats" => shown.statistics = on,
                    "search" => self.search = on,
                    _ => {}
                }
            } else if arg == "-x" {
                let addr = args.next().unwrap_or_default();
                let name = addr.parse().map_or(addr, reverse_name);
                self.questions.push_back(Question { name, kind: RecordType::PTR });
            } else if arg == "-t" || arg == "-q" || arg == "-p" || arg == "-c" || arg == "-b" {
                let value = args.next().unwrap_or_default();
                match arg.as_str() {
                    "-t" => kind = record_type(&value),
                    "-q" => self.questions.push_back(Question { name: value, kind: RecordType::A }),
                    _ => {}
                }
            } else if arg == "-h" {
                return self.out.push(1, SPEC.help.as_bytes());
            } else if arg == "-v" {
                return self.out.push(2, b"DiG 9.18.28\n");
            } else if arg.starts_with('-') && arg != "-4" && arg != "-6" {
                self.out.push(2, format!("Invalid option: {arg}\n{}", SPEC.help).as_bytes());
                return self.code = 1;
            } else if let Some(t) = record_type(&arg).filter(|_| {
                !self.questions.is_empty() || kind.is_none() && arg.chars().all(|c| c.is_ascii_uppercase())
            }) {
                kind = Some(t);
            } else if !arg.eq_ignore_ascii_case("in") && !arg.starts_with("-") {
                self.questions.push_back(Question { name: arg, kind: RecordType::A });
            }
        }
        if let Some(kind) = kind {
            self.questions.iter_mut().filter(|q| q.kind != RecordType::PTR).for_each(|q| q.kind = kind);
        }
        if self.questions.is_empty() {
            self.questions.push_back(Question { name: ".".to_string(), kind: RecordType::NS });
        }
        if shown.command && !shown.short {
            let found = if self.server.is_some() { "; (1 server found)\n" } else { "" };
            let text = format!("\n; <<>> DiG 9.18.28 <<>> {}\n{found};; global options: +cmd\n", self.words);
            self.out.push(1, text.as_bytes());
        }
        self.shown = Some(shown);
        match &self.server {
            Some(name) => self.finding_server = Some(Box::new(Resolver::address(sys, name))),
            None => self.address = Config::load(sys).servers.first().copied(),
        }
    }

    fn answered(&mut self, sys: &mut Sys<'_>, q: Question, asked: Time, outcome: Outcome) {
        let Some(shown) = self.shown.clone() else { return };
        let (status, records, name) = match outcome {
            Outcome::Found(name, records) => ("NOERROR", records, name),
            Outcome::NoData => ("NOERROR", Vec::new(), q.name.clone()),
            Outcome::NotFound => ("NXDOMAIN", Vec::new(), q.name.clone()),
            Outcome::ServFail => ("SERVFAIL", Vec::new(), q.name.clone()),
            Outcome::Timeout => {
                let server = self.address.map_or(String::new(), |a| a.to_string());
                let line = format!(";; communications error to {server}#53: timed out\n").repeat(2);
                self.out.push(1, format!("{line};; no servers could be reached\n").as_bytes());
                self.code = 9;
                return self.questions.clear();
            }
        };
        let text = if shown.short {
            records.iter().map(|r| zone_text(&r.data).1 + "\n").collect()
        } else {
            self.whole(sys, &shown, &q, &name, asked, status, &records)
        };
        self.out.push(1, text.as_bytes());
    }

    #[allow(clippy::too_many_arguments)]
    fn whole(
        &self,
        sys: &mut Sys<'_>,
        shown: &Shown,
        q: &Question,
        name: &str,
        asked: Time,
        status: &str,
        records: &[Record],
    ) -> String {
        let mut text = String::new();
        let own = name.trim_end_matches('.').ends_with("cluster.local") || name.ends_with(".arpa");
        if shown.comments {
            let id = sys.random() % 65_536;
            let flags = if own { "qr aa rd" } else { "qr rd ra" };
            text.push_str(&format!(
                ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: {id}\n;; flags: {flags}; QUERY: 1, ANSWER: {}, AUTHORITY: 0, ADDITIONAL: 1\n",
                records.len()
            ));
            if own {
                text.push_str(";; WARNING: recursion requested but not available\n");
            }
            text.push_str("\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n");
        }
        if shown.question {
            if shown.comments {
                text.push_str(";; QUESTION SECTION:\n");
            }
            let mut line = format!(";{}", rooted(name));
            indent(&mut line, 32);
            line.push_str("IN");
            indent(&mut line, 40);
            text.push_str(&format!("{line}{}\n\n", type_name(q.kind)));
        }
        if shown.answer && !records.is_empty() {
            if shown.comments {
                text.push_str(";; ANSWER SECTION:\n");
            }
            for r in records {
                let (kind, data) = zone_text(&r.data);
                let mut line = rooted(&r.name);
                for (word, column) in
                    [(r.ttl.to_string(), 24), ("IN".to_string(), 32), (kind.to_string(), 40), (data, 48)]
                {
                    indent(&mut line, column);
                    line.push_str(&word);
                }
                text.push_str(&format!("{line}\n"));
            }
            if shown.comments || shown.statistics {
                text.push('\n');
            }
        }
        if shown.statistics {
            let server = self.address.map_or(String::new(), |a| a.to_string());
            let named = self.server.clone().unwrap_or(server.clone());
            // A header, the question, a pointer and ten bytes before each record's own, and EDNS.
            let size: usize = 12
                + name.trim_end_matches('.').len()
                + 6
                + 11
                + records
                    .iter()
                    .map(|r| {
                        12 + match zone_text(&r.data) {
                            ("A", _) => 4,
                            ("AAAA", _) => 16,
                            (_, text) => text.len() + 1,
                        }
                    })
                    .sum::<usize>();
            text.push_str(&format!(
                ";; Query time: {} msec\n;; SERVER: {server}#53({named}) (UDP)\n;; WHEN: {}\n;; MSG SIZE  rcvd: {size}\n\n",
                sys.now().since(asked) / 1000,
                strftime("%a %b %d %H:%M:%S UTC %Y", sys.now())
            ));
        }
        text
    }
}

/// Moves on to a column by tabs; by one space when it has passed.
fn indent(line: &mut String, column: usize) {
    let mut at = 0;
    for c in line.chars() {
        at = if c == '\t' { (at / 8 + 1) * 8 } else { at + 1 };
    }
    if at >= column {
        line.push(' ');
    }
    while at < column {
        line.push('\t');
        at = (at / 8 + 1) * 8;
    }
}

impl Program for Dig {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(resolver) = &mut self.finding_server {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(_, records)) => self.address = first_address(&records),
                    Ok(_) => {
                        let name = self.server.clone().unwrap_or_default();
                        self.out.push(
                            2,
                            format!("dig: couldn't get address for '{name}': not found\n").as_bytes(),
                        );
                        self.code = 10;
                        self.questions.clear();
                    }
                }
                self.finding_server = None;
                continue;
            }
            if let Some((q, resolver, asked)) = &mut self.asking {
                match resolver.poll(sys) {
                    Ok(outcome) => {
                        let (q, asked) = (q.clone(), *asked);
                        self.asking = None;
                        self.answered(sys, q, asked, outcome);
                    }
                    Err(poll) => return poll,
                }
                continue;
            }
            let Some(q) = self.questions.pop_front() else { return Poll::Exit(self.code) };
            let names = if self.search {
                Config::load(sys).candidates(&q.name)
            } else {
                vec![q.name.trim_end_matches('.').to_string()]
            };
            let servers = self.address.into_iter().collect();
            let resolver = Resolver::new(names, q.kind, servers);
            self.asking = Some((q, Box::new(resolver), sys.now()));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
