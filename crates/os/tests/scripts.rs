//! Scripts as the documentation and courses about Kubernetes have them, run as a container's first process:
//! `tests/scripts/*.txt`.
//!
//! A script begins with `### name`. Lines that begin with `@` say what world it runs in:
//! `@ shell bash` (dash, ash), `@ env NAME=value`, `@ host NAME ADDRESS from 6s` (a name that DNS knows from then on),
//! `@ http ADDRESS:PORT from 6s TEXT` (a server that answers with the text), `@ open ADDRESS:PORT from 6s` (a port that
//! takes connections), `@ file PATH TEXT`, `@ TERM after 20s` (a signal to the process; any name). After `---` comes
//! what it gives: stdout, `--- err`, `--- exit N`, and `--- at Ns`, the virtual second it ended in.
//! With KUBARIUM_BLESS=1 the expectations are rewritten.
#![allow(clippy::disallowed_methods)]

use std::{collections::BTreeMap, fs, net::IpAddr, path::PathBuf};

use kubarium_os::{
    DnsAnswer, Flavour, HostCall, HostEvent, Machine, MachineSpec, Record, RecordData, RecordType, ShellKind,
    Signal, SockId, SpawnOptions, Stdio, Time, Volumes, image,
};

const START: i64 = 1_767_603_600;
/// No script runs longer than this.
const END: i64 = 3_600;

#[derive(Clone, Default, Debug)]
struct Script {
    name: String,
    world: Vec<String>,
    text: String,
    want: Seen,
}

#[derive(Clone, Default, PartialEq, Debug)]
struct Seen {
    out: String,
    err: String,
    exit: i32,
    at: i64,
}

fn parse(text: &str) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    let mut part = 0;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            scripts.push(Script { name: name.to_string(), ..Script::default() });
            part = 0;
            continue;
        }
        let Some(script) = scripts.last_mut() else { continue };
        if let Some(world) = line.strip_prefix("@ ").filter(|_| part == 0) {
            script.world.push(world.to_string());
            continue;
        }
        match line {
            "---" => part = 1,
            "--- err" => part = 2,
            _ if line.starts_with("--- exit ") => script.want.exit = line[9..].parse().expect("a number"),
            _ if line.starts_with("--- at ") => {
                script.want.at = line[7..].trim_end_matches('s').parse().expect("seconds");
            }
            _ => {
                let to = match part {
                    0 => &mut script.text,
                    1 => &mut script.want.out,
                    _ => &mut script.want.err,
                };
                to.push_str(line);
                to.push('\n');
            }
        }
    }
    scripts
}

fn show(scripts: &[Script], intro: &str) -> String {
    let mut text = intro.to_string();
    for s in scripts {
        text.push_str(&format!("### {}\n", s.name));
        for line in &s.world {
            text.push_str(&format!("@ {line}\n"));
        }
        text.push_str(&format!("{}---\n{}", s.text, end_line(&s.want.out)));
        if !s.want.err.is_empty() {
            text.push_str(&format!("--- err\n{}", end_line(&s.want.err)));
        }
        if s.want.exit != 0 {
            text.push_str(&format!("--- exit {}\n", s.want.exit));
        }
        if s.want.at != 0 {
            text.push_str(&format!("--- at {}s\n", s.want.at));
        }
    }
    text
}

fn end_line(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_string() } else { format!("{text}\n") }
}

/// What surrounds the container.
struct World {
    machine: Machine,
    volumes: Volumes,
    now: Time,
    hosts: Vec<(String, IpAddr, Time)>,
    servers: Vec<(IpAddr, u16, Time, Option<String>)>,
    signals: Vec<(Time, Signal)>,
    later: BTreeMap<(Time, u64), HostEvent>,
    sequence: u64,
    conns: BTreeMap<SockId, Option<String>>,
}

fn seconds(text: &str) -> Time {
    Time::from_secs(START + text.trim_end_matches('s').parse::<i64>().expect("seconds"))
}

impl World {
    fn new(script: &Script) -> (World, Vec<(String, String)>, &'static str) {
        let (mut shell, mut env) = (
            "ash",
            vec![("PATH", "/bin:/usr/bin"), ("HOME", "/root")]
                .into_iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect::<Vec<_>>(),
        );
        for line in &script.world {
            match line.split_once(' ') {
                Some(("shell", "bash")) => shell = "bash",
                Some(("shell", "dash")) => shell = "dash",
                Some(("env", pair)) => {
                    let (name, value) = pair.split_once('=').expect("NAME=value");
                    env.push((name.to_string(), value.to_string()));
                }
                _ => {}
            }
        }
        let (flavour, kind) = match shell {
            "ash" => (Flavour::BusyBox, ShellKind::Ash),
            _ => (Flavour::Gnu, ShellKind::Dash),
        };
        let mut root = image::base(flavour);
        root.put_file("/etc/resolv.conf", b"nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n".to_vec(), 0o644).unwrap();
        let (mut hosts, mut servers, mut signals) = (Vec::new(), Vec::new(), Vec::new());
        let mut name = "app-0".to_string();
        for line in &script.world {
            let words: Vec<&str> = line.split(' ').collect();
            let from = |at: usize| {
                if words.get(at) == Some(&"from") {
                    (seconds(words[at + 1]), at + 2)
                } else {
                    (seconds("0"), at)
                }
            };
            match words[0] {
                "hostname" => name = words[1].to_string(),
                "host" => hosts.push((words[1].to_string(), words[2].parse().unwrap(), from(3).0)),
                "http" | "open" => {
                    let (address, port) = words[1].rsplit_once(':').expect("ADDRESS:PORT");
                    let (when, rest) = from(2);
                    let text = (words[0] == "http").then(|| format!("{}\n", words[rest..].join(" ")));
                    servers.push((address.parse().unwrap(), port.parse().unwrap(), when, text));
                }
                "file" => {
                    let text = format!("{}\n", words[2..].join(" ").replace("\\n", "\n"));
                    root.put_file(words[1], text.into_bytes(), 0o644).unwrap();
                }
                signal if words.get(1) == Some(&"after") => {
                    signals.push((seconds(words[2]), Signal::parse(signal).expect("a signal")));
                }
                _ => {}
            }
        }
        let spec = MachineSpec {
            root,
            flavour,
            shell: kind,
            hostname: name,
            seed: 5,
            addresses: vec!["10.244.1.5".parse().unwrap()],
            ..Default::default()
        };
        let now = Time::from_secs(START);
        let world = World {
            machine: Machine::new(spec, now),
            volumes: Volumes::new(),
            now,
            hosts,
            servers,
            signals,
            later: BTreeMap::new(),
            sequence: 0,
            conns: BTreeMap::new(),
        };
        (world, env, if shell == "ash" { "/bin/sh" } else { shell })
    }

    fn post(&mut self, event: HostEvent) {
        self.sequence += 1;
        self.later.insert((self.now.plus(500), self.sequence), event);
    }

    fn run(script: &Script) -> Seen {
        let (mut w, env, shell) = World::new(script);
        let (out, err) = (w.machine.new_stream(), w.machine.new_stream());
        let options = SpawnOptions {
            argv: [shell, "-c", &script.text].map(String::from).to_vec(),
            env,
            cwd: "/tmp".into(),
            stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(err)],
            ..Default::default()
        };
        let main = w.machine.spawn(&mut w.volumes, options).expect("a shell");
        let mut seen = Seen::default();
        loop {
            let ran = w.machine.run(&mut w.volumes, w.now, 1_000_000);
            for call in w.machine.take_calls() {
                match call {
                    HostCall::Output { stream, bytes } => {
                        let to = if stream == out { &mut seen.out } else { &mut seen.err };
                        to.push_str(&String::from_utf8_lossy(&bytes));
                    }
                    HostCall::Exited { pid, status } if pid == main => {
                        seen.exit = status.code();
                        seen.at = w.now.secs() - START;
                        return seen;
                    }
                    call => w.answer(call),
                }
            }
            if w.machine.wants_run() {
                // Work takes its time: fuel is µs of CPU.
                if ran.runnable {
                    w.now = w.now.plus(ran.fuel_used as i64);
                }
                continue_at(&mut w, main);
                continue;
            }
            let due = w.later.keys().next().map(|(t, _)| *t);
            let signal = w.signals.first().map(|(t, _)| *t);
            let next = ran.next_wake.into_iter().chain(due).chain(signal).min();
            let Some(at) = next.filter(|t| *t <= Time::from_secs(START + END)) else {
                panic!("{} does not end\n{}{}", script.name, seen.out, seen.err);
            };
            w.now = w.now.max(at);
            continue_at(&mut w, main);
        }
    }

    fn answer(&mut self, call: HostCall) {
        match call {
            HostCall::Resolve { call, name, kind, .. } => {
                let bare =
                    name.trim_end_matches('.').trim_end_matches(".default.svc.cluster.local").to_string();
                let found = self.hosts.iter().find(|(n, _, from)| *n == bare && *from <= self.now);
                let answer = match found {
                    Some((_, addr, _)) if kind == RecordType::A => {
                        DnsAnswer::Records(vec![Record { name, ttl: 30, data: RecordData::Address(*addr) }])
                    }
                    Some(_) => DnsAnswer::Records(Vec::new()),
                    None => DnsAnswer::NxDomain,
                };
                self.post(HostEvent::Resolved { call, answer });
            }
            HostCall::Connect { sock, addr, port, .. } => {
                let open =
                    self.servers.iter().find(|(a, p, t, _)| (*a, *p) == (addr, port) && *t <= self.now);
                match open.map(|(_, _, _, text)| text.clone()) {
                    Some(text) => {
                        self.conns.insert(sock, text);
                        self.post(HostEvent::Connected { sock, certificate: None });
                    }
                    None => self.post(HostEvent::Refused { sock }),
                }
            }
            HostCall::Send { sock, .. } => {
                if let Some(text) = self.conns.remove(&sock).flatten() {
                    let n = text.len();
                    let reply =
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {n}\r\nConnection: close\r\n\r\n{text}");
                    self.post(HostEvent::Data { sock, bytes: reply.into_bytes() });
                    self.post(HostEvent::PeerClosed { sock });
                }
            }
            _ => {}
        }
    }
}

/// Hands over what is due by now.
fn continue_at(w: &mut World, main: u32) {
    while let Some((key, event)) = w.later.first_key_value().map(|(k, e)| (*k, e.clone()))
        && key.0 <= w.now
    {
        w.later.remove(&key);
        w.machine.run(&mut w.volumes, w.now, 0);
        w.machine.deliver(&mut w.volumes, event);
    }
    while w.signals.first().is_some_and(|(t, _)| *t <= w.now) {
        let (_, signal) = w.signals.remove(0);
        w.machine.run(&mut w.volumes, w.now, 0);
        let _gone = w.machine.signal(&mut w.volumes, main, signal);
    }
}

#[test]
fn scripts_run_as_written() {
    let bless = std::env::var("KUBARIUM_BLESS").is_ok_and(|v| v == "1");
    let only = std::env::var("KUBARIUM_CASE").unwrap_or_default();
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut failures = String::new();
    let mut count = 0;
    for entry in fs::read_dir(dir).expect("the folder of scripts") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a readable file");
        let intro = text.split("### ").next().unwrap_or("").to_string();
        let mut scripts = parse(&text);
        for script in scripts.iter_mut().filter(|s| s.name.contains(&only)) {
            count += 1;
            let mut seen = World::run(script);
            (seen.out, seen.err) = (end_line(&seen.out), end_line(&seen.err));
            if bless {
                script.want = seen;
            } else if seen != script.want {
                failures.push_str(&format!(
                    "\n== {}\n-- want {:?}\n-- got {:?}\n",
                    script.name, script.want, seen
                ));
            }
        }
        if bless {
            fs::write(&path, show(&scripts, &intro)).expect("a writable file");
        }
    }
    println!("{count} scripts");
    assert!(failures.is_empty(), "{failures}");
}
