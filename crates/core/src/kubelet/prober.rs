//! Liveness, readiness and startup probes, and the kubelet's HTTP and TCP client.
//!
//! Mirrors pkg/kubelet/prober and pkg/probe: timings, thresholds and the texts of failures. A probe's first run is
//! delayed by up to one period at random, as after a kubelet's restart, only when the container is older than a period.
//! gRPC probes are run as TCP probes: no gRPC server is simulated.

use std::net::IpAddr;

use api::core::v1::{Container as Spec, HTTPGetAction, Probe as ProbeSpec};
use api::{IntOrString, Str, Timestamp};
use os::net::http::{Request, Response, ResponseParser};

use super::node::Node;
use super::pod_worker::{PodWorker, SlotKind};
use super::server::Purpose;
use super::{Env, Event, PodTimer};
use crate::network::{ConnId, ContainerId, Message, Side};

/// Which of a container's probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Until it succeeds the others wait; a failure kills.
    Startup,
    /// A failure kills the container.
    Liveness,
    /// A failure takes the pod out of its Services.
    Readiness,
}

impl ProbeKind {
    fn word(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        }
    }
}

/// Names one probe worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeKey {
    /// The run it watches: a new run has new workers.
    pub container: ContainerId,
    /// Which of its probes.
    pub kind: ProbeKind,
}

/// A probe worker.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The pod's uid.
    pub uid: Str,
    /// The container's slot in the pod's worker.
    pub slot: usize,
    /// From the container's spec, with defaults.
    pub spec: ProbeSpec,
    /// Equal results in a row.
    run: i32,
    last: Option<bool>,
    /// The attempt under way; a timeout or answer of another attempt is stale.
    pub attempt: u64,
    busy: bool,
    due: Timestamp,
}

/// What one of the kubelet's own connections is for.
#[derive(Clone, Debug)]
pub struct HttpUse {
    purpose: HttpPurpose,
    conn: ConnId,
    parser: ResponseParser,
    /// Empty: only the connection matters.
    request: Vec<u8>,
    /// "http://10.244.1.5:8080/healthz" or "10.244.1.5:8080"
    target: String,
}

#[derive(Clone, Debug)]
enum HttpPurpose {
    Probe(ProbeKey, u64),
    Hook(Str, usize),
}

impl Node {
    /// A container is up: its probes begin.
    pub(super) fn add_probes(&mut self, env: &mut Env, worker: &PodWorker, slot: usize, spec: &Spec) {
        let Some(container) = worker.slots[slot].current else { return };
        if worker.slots[slot].kind == SlotKind::Ephemeral {
            return;
        }
        let probes = [
            (ProbeKind::Startup, &spec.startup_probe),
            (ProbeKind::Liveness, &spec.liveness_probe),
            (ProbeKind::Readiness, &spec.readiness_probe),
        ];
        for (kind, probe) in probes {
            let Some(probe) = probe else { continue };
            let key = ProbeKey { container, kind };
            let first = Timestamp(
                env.now().0
                    + i64::from(probe.initial_delay_seconds) * 1_000_000
                    + env.cx.rng.below(1_000_000) as i64,
            );
            let state = Probe {
                uid: worker.uid.clone(),
                slot,
                spec: (**probe).clone(),
                run: 0,
                last: None,
                attempt: 0,
                busy: false,
                due: first,
            };
            self.probes.insert(key, state);
            if spec.startup_probe.is_none() || kind == ProbeKind::Startup {
                env.out.background(first, Event::Probe(self.id, key));
            }
        }
    }

    /// The startup probe succeeded: the others begin.
    fn begin_others(&mut self, env: &mut Env, container: ContainerId) {
        for kind in [ProbeKind::Liveness, ProbeKind::Readiness] {
            let key = ProbeKey { container, kind };
            if let Some(probe) = self.probes.get_mut(&key) {
                probe.due = probe.due.max(env.now());
                env.out.background(probe.due, Event::Probe(self.id, key));
            }
        }
    }

    /// A probe is due, or its timeout is.
    pub fn on_probe(&mut self, env: &mut Env, key: ProbeKey) {
        if !self.kubelet_runs() {
            return;
        }
        let now = env.now();
        let Some(probe) = self.probes.get_mut(&key) else { return };
        if now < probe.due {
            // A timeout's wake-up.
            if probe.busy && now.0 >= probe.due.0 - period(&probe.spec) + timeout(&probe.spec) {
                let (attempt, spec) = (probe.attempt, probe.spec.clone());
                let text = self.timeout_text(key, &spec);
                self.probe_result(env, key, attempt, Err(text));
            }
            return;
        }
        probe.due = Timestamp(now.0 + period(&probe.spec));
        let due = probe.due;
        env.out.background(due, Event::Probe(self.id, key));
        if probe.busy {
            // A timeout as long as the period, or longer, ends with it.
            let (attempt, spec) = (probe.attempt, probe.spec.clone());
            let text = self.timeout_text(key, &spec);
            self.probe_result(env, key, attempt, Err(text));
        }
        let Some(probe) = self.probes.get_mut(&key) else { return };
        probe.busy = true;
        probe.attempt += 1;
        let (attempt, spec) = (probe.attempt, probe.spec.clone());
        if timeout(&spec) < period(&spec) {
            env.out.background(Timestamp(now.0 + timeout(&spec)), Event::Probe(self.id, key));
        }
        self.run_probe(env, key, attempt, &spec);
    }

    fn run_probe(&mut self, env: &mut Env, key: ProbeKey, attempt: u64, spec: &ProbeSpec) {
        let Some(probe) = self.probes.get(&key) else { return };
        let (uid, slot) = (probe.uid.clone(), probe.slot);
        if let Some(exec) = &spec.exec {
            let argv = exec.command.iter().map(|it| it.to_string()).collect();
            if let Err(error) = self.exec_for(env, key.container, argv, Purpose::Probe(key, attempt)) {
                self.probe_result(env, key, attempt, Err(error.to_string()));
            }
            return;
        }
        let Some((ip, container)) = self.probe_target(&uid, slot) else { return };
        let purpose = HttpPurpose::Probe(key, attempt);
        if let Some(get) = &spec.http_get {
            match port_number(&get.port, &container) {
                Some(port) => self.http_get(env, purpose, ip, port, get),
                None => self.probe_result(
                    env,
                    key,
                    attempt,
                    Err(format!("couldn't find port: {} in {}", get.port, container.name)),
                ),
            }
        } else {
            let port = match (&spec.tcp_socket, &spec.grpc) {
                (Some(tcp), _) => port_number(&tcp.port, &container),
                (None, Some(grpc)) => u16::try_from(grpc.port).ok(),
                _ => None,
            };
            match port {
                Some(port) => {
                    self.open_http(env, purpose, ip, port, false, Vec::new(), format!("{ip}:{port}"))
                }
                None => self.probe_result(env, key, attempt, Err("missing probe handler".to_string())),
            }
        }
    }

    fn probe_target(&self, uid: &str, slot: usize) -> Option<(IpAddr, Spec)> {
        let worker = self.pods.get(uid)?;
        Some((worker.ip?, worker.spec_of(slot)?.into_owned()))
    }

    // ---- client ------------------------------------------------------------------------------------------------

    fn http_get(
        &mut self,
        env: &mut Env,
        purpose: HttpPurpose,
        pod_ip: IpAddr,
        port: u16,
        get: &HTTPGetAction,
    ) {
        let host = if get.host.is_empty() { pod_ip.to_string() } else { get.host.to_string() };
        let ip = host.parse().unwrap_or(pod_ip);
        let tls = get.scheme == "HTTPS";
        let scheme = if tls { "https" } else { "http" };
        let path = if get.path.starts_with('/') { get.path.to_string() } else { format!("/{}", get.path) };
        let mut request = Request {
            method: "GET".into(),
            target: path.clone(),
            version: "HTTP/1.1".into(),
            ..Request::default()
        };
        let named = get.http_headers.iter().find(|it| it.name.eq_ignore_ascii_case("host"));
        request
            .headers
            .add("Host", named.map_or_else(|| format!("{host}:{port}"), |it| it.value.to_string()));
        let version = env.config.kubelet_version.trim_start_matches('v');
        let minor: Vec<&str> = version.split('.').take(2).collect();
        let custom_agent = get.http_headers.iter().any(|it| it.name.eq_ignore_ascii_case("user-agent"));
        if !custom_agent {
            request.headers.add("User-Agent", format!("kube-probe/{}", minor.join(".")));
        }
        request.headers.add("Accept", "*/*");
        for header in get.http_headers.iter().filter(|it| !it.name.eq_ignore_ascii_case("host")) {
            request.headers.add(&header.name, header.value.to_string());
        }
        request.headers.add("Connection", "close");
        self.open_http(
            env,
            purpose,
            ip,
            port,
            tls,
            request.to_bytes(),
            format!("{scheme}://{host}:{port}{path}"),
        );
    }

    fn open_http(
        &mut self,
        env: &mut Env,
        purpose: HttpPurpose,
        ip: IpAddr,
        port: u16,
        tls: bool,
        request: Vec<u8>,
        target: String,
    ) {
        let token = self.new_token();
        let conn = self.kubelet_connect(env, token, ip, port, tls);
        self.tokens
            .insert(token, HttpUse { purpose, conn, parser: ResponseParser::default(), request, target });
    }

    pub(super) fn http_for_hook(
        &mut self,
        env: &mut Env,
        worker: &PodWorker,
        slot: usize,
        spec: &Spec,
        get: &HTTPGetAction,
    ) {
        let Some(ip) = worker.ip else { return };
        let purpose = HttpPurpose::Hook(worker.uid.clone(), slot);
        match port_number(&get.port, spec) {
            Some(port) => self.http_get(env, purpose, ip, port, get),
            None => {
                let text: Str = format!("couldn't find port: {} in {}", get.port, spec.name).into();
                env.out.at(
                    env.cx.now,
                    Event::Pod(self.id, worker.uid.clone(), 0, PodTimer::HookDone(slot, Some(text))),
                );
            }
        }
    }

    /// A message for one of the kubelet's own connections.
    pub(super) fn http_message(&mut self, env: &mut Env, token: u64, message: Message) {
        let Some(using) = self.tokens.get_mut(&token) else { return };
        let (conn, target) = (using.conn, using.target.clone());
        let address = target
            .trim_start_matches("http://")
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or("")
            .to_string();
        let plain = using.request.is_empty();
        let failed = |text: &str| {
            if plain {
                Err(format!("dial tcp {address}: {text}"))
            } else {
                Err(format!("Get \"{target}\": dial tcp {address}: {text}"))
            }
        };
        let result = match message {
            Message::Connected { .. } if plain => Ok(None),
            Message::Connected { .. } => {
                let bytes = using.request.clone();
                return self.kubelet_send(env, conn, bytes);
            }
            Message::Refused => failed("connect: connection refused"),
            Message::Unreachable => failed("connect: no route to host"),
            Message::TimedOut => failed("i/o timeout"),
            Message::NotTls => {
                Err(format!("Get \"{target}\": http: server gave HTTP response to HTTPS client"))
            }
            Message::Reset => {
                Err(format!("Get \"{target}\": read tcp {address}: read: connection reset by peer"))
            }
            Message::Data(bytes) => {
                using.parser.feed(&bytes);
                match using.parser.next(false) {
                    Ok(Some(response)) => Ok(Some(response)),
                    Ok(None) => return,
                    Err(_) => Err(format!(
                        "Get \"{target}\": net/http: HTTP/1.x transport connection broken: malformed HTTP response"
                    )),
                }
            }
            Message::Fin => match using.parser.next(true) {
                Ok(Some(response)) => Ok(Some(response)),
                _ => Err(format!("Get \"{target}\": EOF")),
            },
            Message::Syn => return,
        };
        let now = env.now();
        env.net.close(now, conn, Side::Client);
        let Some(using) = self.tokens.remove(&token) else { return };
        let outcome = judge(result);
        match using.purpose {
            HttpPurpose::Probe(key, attempt) => self.probe_result(env, key, attempt, outcome),
            HttpPurpose::Hook(uid, slot) => {
                let error = outcome.err().map(Str::from);
                env.out.at(now, Event::Pod(self.id, uid, 0, PodTimer::HookDone(slot, error)));
            }
        }
    }

    fn timeout_text(&mut self, key: ProbeKey, spec: &ProbeSpec) -> String {
        let token =
            self.tokens.iter().find(|(_, it)| matches!(&it.purpose, HttpPurpose::Probe(k, _) if *k == key));
        let target = token.map(|(_, it)| it.target.clone()).unwrap_or_default();
        let address = target
            .trim_start_matches("http://")
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or("");
        match (&spec.exec, &spec.http_get) {
            (Some(exec), _) => {
                let command: Vec<&str> = exec.command.iter().map(|it| it.as_str()).collect();
                format!(
                    "command timed out: \"{}\" timed out after {}",
                    command.join(" "),
                    super::sync::go_duration(timeout(spec))
                )
            }
            (None, Some(_)) => format!(
                "Get \"{target}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            ),
            _ => format!("dial tcp {address}: i/o timeout"),
        }
    }

    // ---- results -----------------------------------------------------------------------------------------------

    /// One probe's outcome: counts it, and acts when a threshold is reached.
    pub(super) fn probe_result(
        &mut self,
        env: &mut Env,
        key: ProbeKey,
        attempt: u64,
        outcome: Result<(), String>,
    ) {
        let Some(probe) = self.probes.get_mut(&key) else { return };
        if probe.attempt != attempt || !probe.busy {
            return;
        }
        probe.busy = false;
        let good = outcome.is_ok();
        probe.run = if probe.last == Some(good) { probe.run + 1 } else { 1 };
        probe.last = Some(good);
        let needed =
            if good { probe.spec.success_threshold.max(1) } else { probe.spec.failure_threshold.max(1) };
        let (run, uid, slot) = (probe.run, probe.uid.clone(), probe.slot);
        // Connections of this attempt that are still open belong to nobody.
        let stale: Vec<(u64, ConnId)> = self
            .tokens
            .iter()
            .filter(|(_, it)| matches!(&it.purpose, HttpPurpose::Probe(k, _) if *k == key))
            .map(|(token, it)| (*token, it.conn))
            .collect();
        let now = env.now();
        for (token, conn) in stale {
            self.tokens.remove(&token);
            env.net.close(now, conn, Side::Client);
        }
        self.with_pod(env, &uid, |node, env, worker| {
            if let Err(text) = &outcome {
                let message = format!("{} probe failed: {text}", key.kind.word());
                node.container_said(env, worker, slot, "Warning", "Unhealthy", message);
            }
            if run >= needed {
                node.probe_decided(env, worker, key, slot, good);
            }
        });
    }

    fn probe_decided(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        key: ProbeKey,
        slot: usize,
        good: bool,
    ) {
        if worker.is_terminating() || worker.slots[slot].current != Some(key.container) {
            return;
        }
        match key.kind {
            ProbeKind::Readiness if worker.slots[slot].ready != good => {
                worker.slots[slot].ready = good;
                self.sync(env, worker);
            }
            ProbeKind::Startup if good => {
                self.probes.remove(&key);
                if !worker.slots[slot].started {
                    worker.slots[slot].started = true;
                    self.begin_others(env, key.container);
                    self.sync(env, worker);
                }
            }
            ProbeKind::Startup | ProbeKind::Liveness if !good && worker.slots[slot].stop.is_none() => {
                let (name, which) = (worker.slots[slot].name.clone(), key.kind.word().to_lowercase());
                let own = self.probes.get(&key).and_then(|it| it.spec.termination_grace_period_seconds);
                let grace = own.unwrap_or_else(|| super::lifecycle::grace_seconds(worker));
                let message = format!("Container {name} failed {which} probe, will be restarted");
                self.stop_container(env, worker, slot, grace, message.into());
            }
            _ => {}
        }
    }
}

/// A response is good from 200 to 399.
fn judge(result: Result<Option<Response>, String>) -> Result<(), String> {
    match result? {
        Some(response) if !(200..400).contains(&response.status) => {
            Err(format!("HTTP probe failed with statuscode: {}", response.status))
        }
        _ => Ok(()),
    }
}

fn port_number(port: &IntOrString, spec: &Spec) -> Option<u16> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().filter(|it| *it > 0),
        IntOrString::String(name) => {
            let named = spec.ports.iter().find(|it| *it.name == **name).map(|it| it.container_port);
            named.and_then(|it| u16::try_from(it).ok()).or_else(|| name.parse().ok())
        }
    }
}

fn period(spec: &ProbeSpec) -> i64 {
    i64::from(spec.period_seconds.max(1)) * 1_000_000
}

fn timeout(spec: &ProbeSpec) -> i64 {
    i64::from(spec.timeout_seconds.max(1)) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_as_upstream_words_them() {
        assert_eq!(judge(Ok(Some(Response::new(200, "")))), Ok(()));
        assert_eq!(judge(Ok(Some(Response::new(302, "")))), Ok(()));
        assert_eq!(
            judge(Ok(Some(Response::new(500, "")))),
            Err("HTTP probe failed with statuscode: 500".to_string())
        );
    }

    #[test]
    fn named_ports_are_looked_up_in_the_container() {
        let mut spec = Spec::default();
        spec.ports.push(api::core::v1::ContainerPort {
            name: "http".into(),
            container_port: 8080,
            ..Default::default()
        });
        assert_eq!(port_number(&IntOrString::from("http"), &spec), Some(8080));
        assert_eq!(port_number(&IntOrString::from(80), &spec), Some(80));
        assert_eq!(port_number(&IntOrString::from("metrics"), &spec), None);
    }
}
