//! Network programs against a small network that answers: `tests/network/*.txt`, in the form of `tests/cases`.
//!
//! A case names the flavours it holds for (`gnu`, `busybox`; both by default) and gives script, stdout, stderr and exit
//! code. With KUBARIUM_BLESS=1 the expectations are rewritten; read the diff.
#![allow(clippy::disallowed_methods)]

use std::{collections::BTreeMap, fs, net::IpAddr, path::PathBuf};

use kubarium_os::{
    Certificate, DnsAnswer, Flavour, HostCall, HostEvent, Machine, MachineSpec, Record, RecordData,
    RecordType, ShellKind, SockId, SpawnOptions, Stdio, StreamId, Time, Volumes, image, time::SECOND,
};

/// One way through the network, in µs.
const LATENCY: i64 = 250;
const RESOLV: &[u8] = b"nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";

/// A machine in a network that knows web (10.0.0.1), dead (10.0.0.9, silent), closed (10.0.0.2) and db (no address).
struct Net {
    machine: Machine,
    volumes: Volumes,
    now: Time,
    /// What arrives later, in order.
    later: BTreeMap<(Time, u64), HostEvent>,
    sequence: u64,
    ports: BTreeMap<SockId, (IpAddr, u16)>,
    listening: BTreeMap<u16, SockId>,
    /// Two ends of connections within the machine.
    pairs: BTreeMap<SockId, SockId>,
    stdout: String,
    stderr: String,
}

fn certificate() -> Certificate {
    Certificate {
        subject: "CN=web".to_string(),
        issuer: "CN=ca".to_string(),
        names: vec!["web".to_string(), "10.0.0.1".to_string()],
        ca_pem: "-----BEGIN CERTIFICATE-----\nROOT\n-----END CERTIFICATE-----".to_string(),
        not_before: Time::from_secs(1_767_600_000),
        not_after: Time::from_secs(1_799_136_000),
    }
}

fn http(text: &str) -> (String, bool) {
    let first = text.lines().next().unwrap_or("");
    let path = first.split(' ').nth(1).unwrap_or("");
    let ok = |body: String| {
        let n = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nServer: nginx/1.27.0\r\nContent-Type: text/plain\r\nContent-Length: {n}\r\n\r\n{body}"
        )
    };
    let reply = match path.split('?').next().unwrap_or("") {
        "/missing" => "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n".to_string(),
        "/busy" => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nbusy\n".to_string(),
        "/chunked" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n"
            .to_string(),
        "/old" => "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 4\r\n\r\nold\n".to_string(),
        "/loop" => {
            "HTTP/1.1 301 Moved Permanently\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n".to_string()
        }
        "/short" => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_string(),
        "/empty" => String::new(),
        "/none" => "HTTP/1.1 204 No Content\r\n\r\n".to_string(),
        "/big" => ok("0123456789abcde\n".repeat(8192)),
        "/echo" => ok(text.replace("\r\n", "\n")),
        "/login" => "HTTP/1.1 200 OK\r\nSet-Cookie: sid=abc; Path=/; HttpOnly\r\nSet-Cookie: t=1; Max-Age=3600\r\nContent-Length: 3\r\n\r\nin\n"
            .to_string(),
        "/hang" => return (String::new(), false),
        path => ok(format!("hello {path}\n")),
    };
    let head = first.starts_with("HEAD");
    let reply =
        if head { reply.split("\r\n\r\n").next().unwrap_or("").to_string() + "\r\n\r\n" } else { reply };
    let closes = matches!(path, "/short" | "/empty") || text.contains("Connection: close");
    (reply, closes)
}

impl Net {
    fn new(flavour: Flavour) -> Net {
        let mut root = image::base(flavour);
        root.put_file("/etc/resolv.conf", RESOLV.to_vec(), 0o644).unwrap();
        root.put_file("/ca.pem", certificate().ca_pem.into_bytes(), 0o644).unwrap();
        let shell = if flavour == Flavour::Gnu { ShellKind::Bash } else { ShellKind::Ash };
        for tool in ["nc", "ping", "telnet"] {
            let _there = root.put_file(&format!("/usr/bin/{tool}"), kubarium_os::program_file(tool), 0o755);
        }
        let spec = MachineSpec {
            root,
            flavour,
            shell,
            hostname: "pod".into(),
            addresses: vec!["10.244.1.5".parse().unwrap()],
            ..Default::default()
        };
        let now = Time::from_secs(1_767_603_600);
        Net {
            machine: Machine::new(spec, now),
            volumes: Volumes::new(),
            now,
            later: BTreeMap::new(),
            sequence: 0,
            ports: BTreeMap::new(),
            listening: BTreeMap::new(),
            pairs: BTreeMap::new(),
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    fn post(&mut self, delay: i64, event: HostEvent) {
        self.sequence += 1;
        self.later.insert((self.now.plus(delay), self.sequence), event);
    }

    fn run(mut self, script: &str) -> (String, String, i32) {
        let (out, err) = (self.machine.new_stream(), self.machine.new_stream());
        let options = SpawnOptions {
            argv: ["/bin/sh", "-c", script].map(String::from).to_vec(),
            env: vec![("PATH".into(), "/bin:/usr/bin".into()), ("HOME".into(), "/root".into())],
            cwd: "/tmp".into(),
            stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(err)],
            ..Default::default()
        };
        let main = self.machine.spawn(&mut self.volumes, options).unwrap();
        for _ in 0..100_000 {
            let ran = self.machine.run(&mut self.volumes, self.now, 1_000_000);
            for call in self.machine.take_calls() {
                match call {
                    HostCall::Exited { pid, status } if pid == main => {
                        return (self.stdout, self.stderr, status.code());
                    }
                    call => self.answer(call, out),
                }
            }
            if self.machine.wants_run() {
                continue;
            }
            let due = self.later.keys().next().copied();
            let next = ran.next_wake.into_iter().chain(due.map(|(t, _)| t)).min();
            match next {
                Some(at) if at <= self.now.plus(10_000 * SECOND) => self.now = self.now.max(at),
                _ => panic!("stuck: {script}\n{}{}", self.stdout, self.stderr),
            }
            while let Some((key, event)) = self.later.first_key_value().map(|(k, e)| (*k, e.clone()))
                && key.0 <= self.now
            {
                self.later.remove(&key);
                self.machine.run(&mut self.volumes, self.now, 0);
                self.machine.deliver(&mut self.volumes, event);
            }
        }
        panic!("endless: {script}\n{}{}", self.stdout, self.stderr)
    }

    fn answer(&mut self, call: HostCall, out: StreamId) {
        match call {
            HostCall::Output { stream, bytes } => {
                let to = if stream == out { &mut self.stdout } else { &mut self.stderr };
                to.push_str(&String::from_utf8_lossy(&bytes));
            }
            HostCall::Listen { sock, port, .. } => {
                self.listening.insert(port, sock);
            }
            HostCall::Connect { sock, addr, port, tls } => self.connect(sock, addr, port, tls.is_some()),
            HostCall::Send { sock, bytes } => self.send(sock, bytes),
            HostCall::Shutdown { sock } | HostCall::Close { sock } => {
                let other = self.pairs.get(&sock).copied();
                let delay = if other.is_some() { LATENCY } else { 4 * LATENCY };
                let other = other.unwrap_or(sock);
                self.post(delay, HostEvent::PeerClosed { sock: other });
            }
            HostCall::Resolve { call, name, kind, server } => {
                let answer = if server == IpAddr::from([10, 96, 0, 99]) {
                    DnsAnswer::Timeout
                } else {
                    dns(&name, kind)
                };
                self.post(2 * LATENCY, HostEvent::Resolved { call, answer });
            }
            HostCall::Ping { call, addr, .. } if addr != IpAddr::from([10, 0, 0, 9]) => {
                self.post(2 * LATENCY, HostEvent::Pong { call, rtt: 2 * LATENCY, ttl: 62 });
            }
            _ => {}
        }
    }

    fn connect(&mut self, sock: SockId, addr: IpAddr, port: u16, tls: bool) {
        self.ports.insert(sock, (addr, port));
        let local = addr.is_loopback() || addr == IpAddr::from([10, 244, 1, 5]);
        let event = match (addr.to_string().as_str(), port, tls) {
            ("10.0.0.1", 80 | 6379, false) => HostEvent::Connected { sock, certificate: None },
            ("10.0.0.1", 443, true) => HostEvent::Connected { sock, certificate: Some(certificate()) },
            ("10.0.0.1", 80, true) => HostEvent::NotTls { sock },
            ("10.0.0.9", ..) => return,
            ("10.0.0.8", ..) => HostEvent::Unreachable { sock },
            _ if local && self.listening.contains_key(&port) => {
                let conn = self.machine.new_sock();
                self.pairs.insert(sock, conn);
                self.pairs.insert(conn, sock);
                let listener = self.listening[&port];
                self.post(LATENCY, HostEvent::Accepted { listener, conn, peer: addr, peer_port: 40_000 });
                HostEvent::Connected { sock, certificate: None }
            }
            _ => HostEvent::Refused { sock },
        };
        self.post(2 * LATENCY, event);
    }

    fn send(&mut self, sock: SockId, bytes: Vec<u8>) {
        if let Some(other) = self.pairs.get(&sock) {
            let other = *other;
            return self.post(LATENCY, HostEvent::Data { sock: other, bytes });
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if self.ports.get(&sock).is_some_and(|(_, port)| *port == 6379) {
            return self.post(2 * LATENCY, HostEvent::Data { sock, bytes: b"+PONG\r\n".to_vec() });
        }
        let (reply, closes) = http(&text);
        // A large answer comes in pieces of 16 KiB, one each 100 ms.
        let mut delay = 2 * LATENCY;
        for part in reply.as_bytes().chunks(16 << 10) {
            self.post(delay, HostEvent::Data { sock, bytes: part.to_vec() });
            delay += 100_000;
        }
        if closes {
            self.post(delay, HostEvent::PeerClosed { sock });
        }
    }
}

fn dns(name: &str, kind: RecordType) -> DnsAnswer {
    let record = |data| Record { name: name.to_string(), ttl: 30, data };
    let short = name.trim_end_matches('.').strip_suffix(".default.svc.cluster.local");
    let data = match (short, kind) {
        (Some("web"), RecordType::A) => RecordData::Address([10, 0, 0, 1].into()),
        (Some("dead"), RecordType::A) => RecordData::Address([10, 0, 0, 9].into()),
        (Some("far"), RecordType::A) => RecordData::Address([10, 0, 0, 8].into()),
        (Some("closed"), RecordType::A) => RecordData::Address([10, 0, 0, 2].into()),
        (Some("_http._tcp.web"), RecordType::SRV) => RecordData::Srv {
            priority: 0,
            weight: 100,
            port: 80,
            target: "web.default.svc.cluster.local".to_string(),
        },
        (Some("alias"), _) => {
            let to = "web.default.svc.cluster.local".to_string();
            let mut records = vec![record(RecordData::Cname(to.clone()))];
            if kind == RecordType::A {
                records.push(Record { name: to, ttl: 30, data: RecordData::Address([10, 0, 0, 1].into()) });
            }
            return DnsAnswer::Records(records);
        }
        (Some("web" | "dead" | "far" | "closed" | "db"), _) => return DnsAnswer::Records(Vec::new()),
        (None, RecordType::PTR) if name == "1.0.0.10.in-addr.arpa" => {
            RecordData::Ptr("web.default.svc.cluster.local".to_string())
        }
        (None, _) if name == "broken.example.com" => return DnsAnswer::ServFail,
        _ => return DnsAnswer::NxDomain,
    };
    DnsAnswer::Records(vec![record(data)])
}

#[derive(Default)]
struct Case {
    head: String,
    script: String,
    parts: [String; 2],
    exit: i32,
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = None;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("### ") {
            cases.push(Case { head: head.to_string(), ..Case::default() });
            part = None;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match line {
            "---" => part = Some(0),
            "--- err" => part = Some(1),
            _ if line.starts_with("--- exit ") => case.exit = line[9..].parse().expect("a number"),
            _ => {
                let to = part.map_or(&mut case.script, |p| &mut case.parts[p]);
                to.push_str(line);
                to.push('\n');
            }
        }
    }
    cases
}

fn shown(text: &str) -> String {
    let text = text.replace('\r', "␍");
    if text.is_empty() || text.ends_with('\n') { text } else { format!("{text}\n") }
}

#[test]
fn network_programs_give_what_they_say() {
    let env = |name: &str| std::env::var(name).is_ok_and(|v| v == "1");
    let bless = env("KUBARIUM_BLESS");
    let only = std::env::var("KUBARIUM_CASE").ok();
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/network");
    let (mut failures, mut count) = (String::new(), 0);
    for entry in fs::read_dir(dir).expect("the folder of cases") {
        let path = entry.expect("a file").path();
        let mut cases = parse(&fs::read_to_string(&path).expect("a readable case file"));
        for case in &mut cases {
            if only.as_ref().is_some_and(|o| !case.head.contains(o.as_str())) {
                continue;
            }
            let named = |word| !case.head.contains('[') || case.head.contains(word);
            for (flavour, word) in [(Flavour::Gnu, "gnu"), (Flavour::BusyBox, "busybox")] {
                if !named(word) {
                    continue;
                }
                count += 1;
                let (out, err, exit) = Net::new(flavour).run(&case.script);
                let seen = [shown(&out), shown(&err)];
                if bless {
                    (case.parts, case.exit) = (seen, exit);
                } else if seen != case.parts || exit != case.exit {
                    failures.push_str(&format!(
                        "=== {} ({word})\n{}--- got\n{}--- err\n{}--- exit {exit}\n--- expected\n{}--- err\n{}--- exit {}\n",
                        case.head, case.script, seen[0], seen[1], case.parts[0], case.parts[1], case.exit
                    ));
                }
            }
        }
        if bless {
            let text: String = cases
                .iter()
                .map(|c| {
                    let err = if c.parts[1].is_empty() {
                        String::new()
                    } else {
                        format!("--- err\n{}", c.parts[1])
                    };
                    let exit = if c.exit == 0 { String::new() } else { format!("--- exit {}\n", c.exit) };
                    format!("### {}\n{}---\n{}{err}{exit}", c.head, c.script, c.parts[0])
                })
                .collect();
            fs::write(&path, text).expect("a writable case file");
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 0);
}
