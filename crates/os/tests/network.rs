//! Network programs against a small host that answers.

use kubarium_os::{
    DnsAnswer, Flavour, HostCall, HostEvent, Machine, MachineSpec, Record, RecordData, ShellKind,
    SpawnOptions, Stdio, Time, Volumes, image, time::SECOND,
};

/// Runs a script on a machine whose network knows `web.default.svc.cluster.local` (10.0.0.1:80) and `dead` (10.0.0.9).
fn run(flavour: Flavour, script: &str) -> (String, String) {
    let mut root = image::base(flavour);
    root.put_file("/etc/resolv.conf", b"nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n".to_vec(), 0o644).unwrap();
    let shell = if flavour == Flavour::Gnu { ShellKind::Bash } else { ShellKind::Ash };
    let mut m = Machine::new(
        MachineSpec { root, flavour, shell, hostname: "pod".into(), ..Default::default() },
        Time::from_secs(1_767_603_600),
    );
    let mut v = Volumes::new();
    let (out, err) = (m.new_stream(), m.new_stream());
    let options = SpawnOptions {
        argv: ["/bin/sh", "-c", script].map(String::from).to_vec(),
        env: vec![("PATH".into(), "/bin".into())],
        cwd: "/tmp".into(),
        stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(err)],
        ..Default::default()
    };
    m.spawn(&mut v, options).unwrap();
    let mut now = m.now();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    for _ in 0..10_000 {
        let ran = m.run(&mut v, now, 1_000_000);
        for call in m.take_calls() {
            match call {
                HostCall::Output { stream, bytes } => {
                    let to = if stream == out { &mut stdout } else { &mut stderr };
                    to.push_str(&String::from_utf8_lossy(&bytes));
                }
                HostCall::Connect { sock, addr, port, .. } => {
                    let event = match (addr.to_string().as_str(), port) {
                        ("10.0.0.1", 80) => HostEvent::Connected { sock, certificate: None },
                        ("10.0.0.9", _) => continue,
                        _ => HostEvent::Refused { sock },
                    };
                    m.deliver(&mut v, event);
                }
                HostCall::Send { sock, bytes } => {
                    let text = String::from_utf8_lossy(&bytes);
                    let reply = if text.starts_with("GET /missing") {
                        "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n".to_string()
                    } else if text.starts_with("GET /chunked") {
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n".to_string()
                    } else if text.starts_with("PING") {
                        "+PONG\r\n".to_string()
                    } else {
                        let body = format!("hello {}\n", text.split(' ').nth(1).unwrap_or(""));
                        format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    };
                    m.deliver(&mut v, HostEvent::Data { sock, bytes: reply.into_bytes() });
                    if !text.contains("Keep") && !text.starts_with("PING") {
                        m.deliver(&mut v, HostEvent::PeerClosed { sock });
                    }
                }
                HostCall::Shutdown { sock } => m.deliver(&mut v, HostEvent::PeerClosed { sock }),
                HostCall::Resolve { call, name, .. } => {
                    let addr = match name.as_str() {
                        "web.default.svc.cluster.local" => Some([10, 0, 0, 1]),
                        "dead.default.svc.cluster.local" => Some([10, 0, 0, 9]),
                        "closed.default.svc.cluster.local" => Some([10, 0, 0, 2]),
                        _ => None,
                    };
                    let answer = match addr {
                        Some(a) => DnsAnswer::Records(vec![Record {
                            name,
                            ttl: 30,
                            data: RecordData::Address(a.into()),
                        }]),
                        None => DnsAnswer::NxDomain,
                    };
                    m.deliver(&mut v, HostEvent::Resolved { call, answer });
                }
                HostCall::Ping { call, .. } => m.deliver(&mut v, HostEvent::Pong { call, rtt: 120, ttl: 63 }),
                HostCall::Exited { .. } => return (stdout, stderr),
                _ => {}
            }
        }
        if !m.wants_run() {
            match ran.next_wake {
                Some(at) if at <= m.now().plus(1_000 * SECOND) => now = now.max(at),
                _ => panic!("stuck: {stdout}{stderr}"),
            }
        }
    }
    panic!("endless: {stdout}{stderr}")
}

fn check(flavour: Flavour, script: &str, out: &str, err: &str) {
    assert_eq!(run(flavour, script), (out.to_string(), err.to_string()), "{script}");
}

#[test]
fn curl_speaks_as_curl_does() {
    let gnu = |script, out, err| check(Flavour::Gnu, script, out, err);
    gnu("curl -s http://web/a?b=1", "hello /a?b=1\n", "");
    gnu("curl -s web/chunked", "abc\n", "");
    gnu("curl web; curl -s -o f web/x; cat f", "hello /\nhello /x\n", "");
    gnu(
        "curl -s -o /dev/null -w '%{http_code}\\n' web/missing; curl -sf web/missing; echo $?",
        "404\n22\n",
        "",
    );
    gnu("curl -sI web", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n", "");
    gnu("curl nowhere; echo $?", "6\n", "curl: (6) Could not resolve host: nowhere\n");
    gnu(
        "curl closed:81; echo $?",
        "7\n",
        "curl: (7) Failed to connect to closed port 81 after 0 ms: Couldn't connect to server\n",
    );
    gnu("curl -m 2 dead; echo $?", "28\n", "curl: (28) Connection timed out after 2000 milliseconds\n");
    gnu("curl --connect-timeout 3 -s dead || echo failed", "failed\n", "");
}

#[test]
fn busybox_wget_and_nslookup() {
    let bb = |script, out, err| check(Flavour::BusyBox, script, out, err);
    bb("wget -qO- http://web", "hello /\n", "");
    bb("wget -q -O - web/x; echo $?", "hello /x\n0\n", "");
    bb(
        "wget http://web",
        "",
        "Connecting to web (10.0.0.1:80)\nsaving to 'index.html'\nindex.html           100% |********************************|     8  0:00:00 ETA\n'index.html' saved\n",
    );
    bb(
        "wget -qO- http://closed:8080; echo $?",
        "1\n",
        "wget: can't connect to remote host (10.0.0.2): Connection refused\n",
    );
    bb("wget -O- nowhere; echo $?", "1\n", "wget: bad address 'nowhere'\n");
    bb("wget -q -T 1 -O- dead; echo $?", "1\n", "wget: download timed out\n");
    bb("wget -qO- web/missing; echo $?", "1\n", "wget: server returned error: HTTP/1.1 404 Not Found\n");
    bb("echo PING | nc web 80", "+PONG\r\n", "");
    bb("while ! wget -q -T 1 -O /dev/null http://web; do sleep 1; done; echo up", "up\n", "");
    let (out, _) = run(Flavour::BusyBox, "nslookup web");
    assert!(out.starts_with("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n"), "{out}");
    assert!(out.contains("Name:\tweb.default.svc.cluster.local\nAddress: 10.0.0.1\n"), "{out}");
    let (out, _) = run(Flavour::BusyBox, "nslookup nowhere || echo failed");
    assert!(out.contains("** server can't find nowhere: NXDOMAIN") && out.ends_with("failed\n"), "{out}");
    let (out, _) = run(Flavour::BusyBox, "ping -c 2 web");
    assert!(
        out.contains("64 bytes from 10.0.0.1: seq=0 ttl=63 time=0.120 ms")
            && out.contains("2 packets transmitted, 2 packets received, 0% packet loss"),
        "{out}"
    );
}
