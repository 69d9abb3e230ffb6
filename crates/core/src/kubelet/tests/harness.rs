//! A tiny cluster for tests: an API server, nodes and the data plane, with one queue. No controllers, no scheduler:
//! tests bind pods themselves.

use api::core::v1::{Event as ApiEvent, Pod};
use api::http::{Body, Method, Request, Response};
use api::{Json, Kind, Object, Timestamp};
use collections::StableSort;
use serde_json::json;

use crate::apiserver::{ApiServer, RequestContext};
use crate::client::{Cx, Identity, Lister, Outbox};
use crate::kubelet::{self, Event, LogOptions, NodeSpec, Nodes, NodesConfig, Role};
use crate::network::Network;
use crate::sim::{EventQueue, LatencyProfile, Rng};
use crate::store::{Change, Revision, Trigger};

/// 2026-01-05T09:00:00Z
pub const START: i64 = 1_767_603_600_000_000;

#[derive(Clone)]
pub struct Harness {
    pub now: Timestamp,
    pub api: ApiServer,
    pub nodes: Nodes,
    pub net: Network,
    pub queue: EventQueue<Event>,
    api_rng: Rng,
    rng: Rng,
    profile: LatencyProfile,
    identity: Identity,
    seen: Revision,
}

impl Harness {
    /// Workers `n1`, `n2`, … that are up and ready, and a `default` namespace with its service account and root CA.
    pub fn new(workers: u32) -> Harness {
        Harness::of((1..=workers).map(|i| NodeSpec::new(&format!("n{i}"), Role::Worker, i)).collect())
    }

    /// The same with these machines.
    pub fn of(specs: Vec<NodeSpec>) -> Harness {
        let profile = LatencyProfile::default();
        let config = NodesConfig { nodes: specs, ..NodesConfig::default() };
        let mut harness = Harness {
            now: Timestamp(START),
            api: ApiServer::new(),
            nodes: Nodes::new(config),
            net: Network::new(7, &profile, "cluster.local", "10.96.0.10"),
            queue: EventQueue::default(),
            api_rng: Rng::stream(7, "api"),
            rng: Rng::stream(7, "nodes"),
            profile,
            identity: Identity {
                user: "kubernetes-admin".into(),
                groups: vec!["system:masters".into(), "system:authenticated".into()],
                component: "kubectl".into(),
                host: Default::default(),
            },
            seen: 0,
        };
        let class = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": { "name": "system-node-critical" }, "value": 2_000_001_000,
        });
        let made =
            harness.request(Request::post("/apis/scheduling.k8s.io/v1/priorityclasses", Body::json(class)));
        assert!(made.is_success(), "{:?}", made.to_status());
        for namespace in ["default", "kube-system", "kube-node-lease"] {
            harness.create_if_missing(
                json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } }),
            );
            harness.create_if_missing(json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "default", "namespace": namespace },
            }));
            harness.create_if_missing(json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": { "name": "kube-root-ca.crt", "namespace": namespace }, "data": { "ca.crt": "-----BEGIN CERTIFICATE-----\n" },
            }));
        }
        harness.act(|nodes, cx, net, out| {
            cx.trigger = Trigger::Bootstrap;
            nodes.start(cx, net, out);
        });
        harness.run(3);
        harness
    }

    pub fn act<T>(
        &mut self,
        action: impl FnOnce(&mut Nodes, &mut Cx, &mut Network, &mut Outbox<Event>) -> T,
    ) -> T {
        let mut out = Outbox::default();
        let mut cx = Cx::new(
            self.now,
            &mut self.api,
            &mut self.api_rng,
            &mut self.rng,
            &self.profile,
            &self.identity,
            Trigger::Timer,
        );
        let result = action(&mut self.nodes, &mut cx, &mut self.net, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, event);
        }
        self.dispatch();
        result
    }

    /// Commits reach kubelets and the network at once.
    fn dispatch(&mut self) {
        loop {
            let changes: Vec<Change> =
                self.api.storage().log_since(self.seen).into_iter().flatten().cloned().collect();
            let Some(last) = changes.last() else { return };
            self.seen = last.revision;
            for change in changes {
                if self.net.wants(&change) {
                    self.net.observe(std::slice::from_ref(&change));
                }
                let Some(node) = self.nodes.interested(&change) else { continue };
                let mut out = Outbox::default();
                let mut cx = Cx::new(
                    self.now,
                    &mut self.api,
                    &mut self.api_rng,
                    &mut self.rng,
                    &self.profile,
                    &self.identity,
                    Trigger::Timer,
                );
                self.nodes.observe(&node, &mut cx, std::slice::from_ref(&change), &mut self.net, &mut out);
                for (time, class, event) in out.drain() {
                    self.queue.push(time, class, event);
                }
            }
        }
    }

    /// Lets so many seconds pass.
    pub fn run(&mut self, seconds: i64) {
        self.run_micros(seconds * 1_000_000);
    }

    pub fn run_micros(&mut self, micros: i64) {
        let until = Timestamp(self.now.0 + micros);
        while let Some((id, event)) = self.queue.pop_due(until) {
            self.now = self.now.max(id.time);
            self.act(|nodes, cx, net, out| nodes.handle(cx, event, net, out));
        }
        self.now = until;
    }

    /// Runs until nothing but background timers is left; panics after an hour of virtual time.
    pub fn settle(&mut self) {
        let end = Timestamp(self.now.0 + 3_600_000_000);
        while !self.queue.is_idle() {
            let Some((id, event)) = self.queue.pop_due(end) else {
                panic!("the cluster does not come to rest")
            };
            self.now = self.now.max(id.time);
            self.act(|nodes, cx, net, out| nodes.handle(cx, event, net, out));
        }
    }

    pub fn request(&mut self, request: Request) -> Response {
        let request = request.with_user("kubernetes-admin").with_header("x-remote-group", "system:masters");
        let mut cx = RequestContext::new(self.now, &mut self.api_rng, Trigger::Input(1));
        let response = self.api.handle(&mut cx, &request);
        self.dispatch();
        response
    }

    fn path(object: &Json) -> String {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_string();
        let version = text("/apiVersion");
        let root = if version.contains('/') { "apis" } else { "api" };
        let kind = text("/kind").to_lowercase();
        let plural = if kind == "endpoints" { kind } else { format!("{kind}s") };
        match (kind_is_cluster(&plural), text("/metadata/namespace").as_str()) {
            (true, _) => format!("/{root}/{version}/{plural}"),
            (false, "") => format!("/{root}/{version}/namespaces/default/{plural}"),
            (false, namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}"),
        }
    }

    fn create_if_missing(&mut self, object: Json) -> Response {
        let path = Self::path(&object);
        self.request(Request::post(&path, Body::json(object)))
    }

    pub fn create(&mut self, object: Json) {
        let response = self.create_if_missing(object);
        assert!(response.is_success(), "{:?}", response.to_status());
    }

    /// A pod bound to `n1`, from the rest of its spec.
    pub fn pod(&mut self, name: &str, spec: Json) {
        let mut spec = spec;
        if spec.get("nodeName").is_none() {
            spec["nodeName"] = json!("n1");
        }
        self.create(json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name }, "spec": spec }));
    }

    pub fn delete_pod(&mut self, name: &str) {
        let response =
            self.request(Request::new(Method::Delete, &format!("/api/v1/namespaces/default/pods/{name}")));
        assert!(response.is_success(), "{:?}", response.to_status());
    }

    pub fn get<K: Kind>(&self, namespace: &str, name: &str) -> Option<Object> {
        Lister::<K>::new(&self.api).get(namespace, name)
    }

    /// The pod's status as JSON.
    pub fn status(&self, name: &str) -> Json {
        let object = self.get::<Pod>("default", name).unwrap_or_else(|| panic!("pod {name} exists"));
        object.to_json()["status"].clone()
    }

    pub fn phase(&self, name: &str) -> String {
        self.status(name)["phase"].as_str().unwrap_or_default().to_string()
    }

    /// "type=status reason: message" of each condition, in order.
    pub fn conditions(&self, name: &str) -> Vec<String> {
        let status = self.status(name);
        let text = |it: &Json, key: &str| it[key].as_str().unwrap_or_default().to_string();
        let all = status["conditions"].as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|it| {
                format!(
                    "{}={} {} {}",
                    text(it, "type"),
                    text(it, "status"),
                    text(it, "reason"),
                    text(it, "message")
                )
                .trim()
                .to_string()
            })
            .collect()
    }

    /// "type reason message (xN)" of an object's events, in the order of their first writing.
    pub fn events(&self, name: &str) -> Vec<String> {
        let mut events: Vec<(Timestamp, u64, String)> = Lister::<ApiEvent>::new(&self.api)
            .list(None)
            .iter()
            .filter_map(|object| Some((object.clone(), object.view::<ApiEvent>()?.clone())))
            .filter(|(_, event)| event.involved_object.name == name)
            .map(|(object, event)| {
                let id = self.api.registry().id_of::<ApiEvent>().expect("events are served");
                let created = self.api.storage().stored(id, &object.key()).map_or(0, |it| it.create_revision);
                let count = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
                (
                    event.first_timestamp,
                    created,
                    format!("{} {} {}{count}", event.type_, event.reason, event.message),
                )
            })
            .collect();
        events.stable_sort_by_key(|(_, revision, _)| *revision);
        events.into_iter().map(|(_, _, text)| text).collect()
    }

    /// How often the pod was written by its kubelet.
    pub fn status_writes(&self, name: &str) -> usize {
        let pods = self.api.registry().id_of::<Pod>().expect("pods are served");
        let all = self.api.storage().log_since(0).into_iter().flatten();
        all.filter(|change| {
            change.resource == pods
                && change.key.name == name
                && change.cause.user.starts_with("system:node:")
        })
        .count()
    }

    /// What a container has logged.
    pub fn log(&mut self, pod: &str, container: &str) -> String {
        let uid = self.get::<Pod>("default", pod).map(|it| it.meta().uid.clone()).unwrap_or_default();
        let options = LogOptions::default();
        let result = self.act(|nodes, cx, net, out| nodes.log("n1", &uid, container, &options, cx, net, out));
        match result {
            Ok((bytes, _)) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Sends bytes over TLS to a server as a client on node `n1` does, and returns what came back in two seconds.
    pub fn tls(&mut self, address: &str, port: u16, bytes: String) -> String {
        let ip = address.parse().expect("an address");
        let now = self.now;
        let id = self.net.open_external(now, &crate::network::Origin::Node("n1".into()), ip, port, true);
        self.net.send_external(now, id, bytes.into_bytes());
        self.act(|_, _, net, out| kubelet::forward(net, out));
        self.run(2);
        String::from_utf8_lossy(&self.net.read_external(id)).into_owned()
    }

    /// GETs a path of a server as a client on node `n1` does; status and body, or what went wrong.
    pub fn http(&mut self, address: &str, port: u16, path: &str) -> Result<(u16, String), String> {
        use crate::network::{ExternalState, Origin};
        let ip = address.parse().expect("an address");
        let now = self.now;
        let id = self.net.open_external(now, &Origin::Node("n1".into()), ip, port, false);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        self.net.send_external(now, id, request.into_bytes());
        self.act(|_, _, net, out| kubelet::forward(net, out));
        self.run(2);
        let state = self.net.external(id).map(|it| it.state).expect("it was opened");
        let bytes = self.net.read_external(id);
        if !matches!(state, ExternalState::Open | ExternalState::Ended) {
            return Err(format!("{state:?}"));
        }
        let mut parser = os::net::http::ResponseParser::default();
        parser.feed(&bytes);
        match parser.next(true) {
            Ok(Some(response)) => Ok((response.status, String::from_utf8_lossy(&response.body).into_owned())),
            _ => Err("no answer".to_string()),
        }
    }
}

fn kind_is_cluster(plural: &str) -> bool {
    matches!(plural, "namespaces" | "nodes" | "persistentvolumes")
}
