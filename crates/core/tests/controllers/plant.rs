//! A control plane without kubelets: API server, controllers and scheduler on one event queue. Bound pods become ready
//! after `ready_after`, unless the test says otherwise; deleted ones are gone after a second.

use std::collections::BTreeSet;

use api::core::v1::Pod;
use api::http::{Body, Method, Request, Response};
use api::{Duration, Json, Object, Str, Timestamp};
use kubarium_core::apiserver::ApiServer;
use kubarium_core::client::{Cx, Identity, Outbox};
use kubarium_core::controllers::{self, Manager};
use kubarium_core::scheduler::{self, Scheduler};
use kubarium_core::sim::{Class, EventQueue, LatencyProfile, Rng};
use kubarium_core::store::{Change, Trigger};
use serde_json::json;

const MERGE: &str = "application/merge-patch+json";

#[derive(Clone, Debug)]
enum Event {
    Controllers(controllers::Event),
    Scheduler(scheduler::Event),
    Deliver,
    PodReady(Str, Str),
    PodGone(Str, Str),
    Heartbeat(Str),
}

pub struct Plant {
    pub api: ApiServer,
    pub now: Timestamp,
    /// How long a bound pod takes to become ready; `None` for never.
    pub ready_after: Option<Duration>,
    pub manager: Manager,
    pub scheduler: Scheduler,
    queue: EventQueue<Event>,
    delivered: u64,
    delivery_scheduled: bool,
    silent_nodes: BTreeSet<Str>,
    next_ip: u32,
    api_rng: Rng,
    rng: Rng,
    profile: LatencyProfile,
    identity: Identity,
}

impl Plant {
    /// A started control plane with namespaces `default`, `kube-system` and `kube-node-lease`, and no nodes.
    pub fn new() -> Plant {
        let mut plant = Plant {
            api: ApiServer::new(),
            now: Timestamp::parse("2026-01-01T12:00:00Z").unwrap(),
            ready_after: Some(Duration::secs(2)),
            manager: Manager::new(),
            scheduler: Scheduler::new(),
            queue: EventQueue::default(),
            delivered: 0,
            delivery_scheduled: false,
            silent_nodes: BTreeSet::new(),
            next_ip: 1,
            api_rng: Rng::stream(1, "api"),
            rng: Rng::stream(1, "components"),
            profile: LatencyProfile::default(),
            identity: Identity {
                user: "kubernetes-admin".into(),
                groups: vec!["system:masters".into(), "system:authenticated".into()],
                component: "kubectl".into(),
                host: "".into(),
            },
        };
        for name in ["default", "kube-system", "kube-node-lease"] {
            plant.post("/api/v1/namespaces", json!({ "metadata": { "name": name } }));
        }
        plant.with_manager(|manager, cx, out| manager.start(cx, out));
        plant.with_scheduler(|scheduler, cx, out| scheduler.start(cx, out));
        plant.delivered = plant.api.storage().revision();
        plant.run_until_idle();
        plant
    }

    /// With so many worker nodes of 4 CPUs, 8 GiB and 110 pods: `node-1`, `node-2`, ….
    pub fn with_nodes(count: usize) -> Plant {
        let mut plant = Plant::new();
        for n in 1..=count {
            plant.add_node(&format!("node-{n}"), "4", json!({}));
        }
        plant.run_until_idle();
        plant
    }

    pub fn add_node(&mut self, name: &str, cpu: &str, labels: Json) {
        let mut labels = labels;
        labels["kubernetes.io/hostname"] = name.into();
        self.post("/api/v1/nodes", json!({ "metadata": { "name": name, "labels": labels } }));
        let status = json!({ "status": {
            "capacity": { "cpu": cpu, "memory": "8Gi", "pods": "110" },
            "allocatable": { "cpu": cpu, "memory": "8Gi", "pods": "110" },
            "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
                "lastHeartbeatTime": self.now.rfc3339(), "lastTransitionTime": self.now.rfc3339() }],
        }});
        self.patch(&format!("/api/v1/nodes/{name}/status"), status);
        let taints = json!({ "spec": { "taints": null } });
        self.patch(&format!("/api/v1/nodes/{name}"), taints);
        let lease = json!({ "metadata": { "name": name }, "spec": { "holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": self.now.rfc3339_micro() } });
        self.post("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", lease);
        self.queue.push(self.now + Duration::secs(10), Class::Background, Event::Heartbeat(name.into()));
    }

    /// The node's kubelet stops: no heartbeats, and its pods stay as they are.
    pub fn silence(&mut self, node: &str) {
        self.silent_nodes.insert(node.into());
    }

    pub fn unsilence(&mut self, node: &str) {
        self.silent_nodes.remove(node);
        let ready = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": self.now.rfc3339(), "lastTransitionTime": self.now.rfc3339() }] } });
        self.patch(&format!("/api/v1/nodes/{node}/status"), ready);
    }

    // Requests

    pub fn send(&mut self, request: Request) -> Response {
        let mut cx = Cx::new(
            self.now,
            &mut self.api,
            &mut self.api_rng,
            &mut self.rng,
            &self.profile,
            &self.identity,
            Trigger::Input(1),
        );
        let response = cx.request(request);
        self.after();
        response
    }

    pub fn try_json(&mut self, request: Request) -> Result<Json, String> {
        let response = self.send(request);
        match response.to_status() {
            Some(status) => Err(status.message.to_string()),
            None => Ok(response.body.to_json().unwrap_or(Json::Null)),
        }
    }

    pub fn post(&mut self, path: &str, json: Json) -> Json {
        self.try_json(Request::post(path, Body::json(json)))
            .unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub fn patch(&mut self, path: &str, json: Json) -> Json {
        self.try_json(Request::patch(path, MERGE, Body::json(json)))
            .unwrap_or_else(|error| panic!("PATCH {path}: {error}"))
    }

    pub fn delete(&mut self, path: &str, options: Json) -> Json {
        let request = Request::new(Method::Delete, path).with_body(Body::json(options));
        self.try_json(request).unwrap_or_else(|error| panic!("DELETE {path}: {error}"))
    }

    pub fn get(&mut self, path: &str) -> Json {
        self.try_json(Request::get(path)).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub fn exists(&mut self, path: &str) -> bool {
        self.try_json(Request::get(path)).is_ok()
    }

    /// Items of a list, in key order.
    pub fn list(&mut self, path: &str) -> Vec<Json> {
        self.get(path)["items"].as_array().cloned().unwrap_or_default()
    }

    pub fn names(&mut self, path: &str) -> Vec<String> {
        self.list(path).iter().map(|item| text(item, "/metadata/name").to_owned()).collect()
    }

    /// "reason: message" of the events about an object, in order of time; `(×n)` behind those that repeated.
    pub fn events(&mut self, kind: &str, name: &str) -> Vec<String> {
        let mut events = self.list("/api/v1/events");
        events.retain(|event| {
            text(event, "/involvedObject/kind") == kind && text(event, "/involvedObject/name") == name
        });
        events.sort_by_key(|event| {
            let version = text(event, "/metadata/resourceVersion").parse::<u64>().unwrap_or(0);
            (text(event, "/firstTimestamp").to_owned(), version)
        });
        events
            .iter()
            .map(|event| format!("{}: {}", text(event, "/reason"), text(event, "/message")))
            .collect()
    }

    /// How often the scheduler has tried a pod.
    pub fn tries(&self, pod: &str) -> u32 {
        let object = object(self, "default", pod).expect("the pod exists");
        self.scheduler.decision(&object.meta().uid).map_or(0, |decision| decision.attempt)
    }

    // Time

    pub fn run_for(&mut self, seconds: i64) {
        self.run_until(self.now + Duration::secs(seconds));
    }

    pub fn run_until(&mut self, until: Timestamp) {
        while let Some((id, event)) = self.queue.pop_due(until) {
            self.now = self.now.max(id.time);
            self.handle(event);
        }
        self.now = until;
    }

    /// Until only background timers are left.
    pub fn run_until_idle(&mut self) {
        for _ in 0..1_000_000 {
            if self.queue.is_idle() {
                return;
            }
            let Some((id, event)) = self.queue.pop_due(Timestamp(i64::MAX)) else { return };
            self.now = self.now.max(id.time);
            self.handle(event);
        }
        panic!("the plant does not come to rest");
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Controllers(event) => self.with_manager(|manager, cx, out| manager.handle(cx, event, out)),
            Event::Scheduler(event) => {
                self.with_scheduler(|scheduler, cx, out| scheduler.handle(cx, event, out))
            }
            Event::Deliver => self.deliver(),
            Event::PodReady(namespace, name) => self.make_ready(&namespace, &name),
            Event::PodGone(namespace, name) => {
                let request =
                    Request::new(Method::Delete, &format!("/api/v1/namespaces/{namespace}/pods/{name}"));
                self.send(request.with_body(Body::json(json!({ "gracePeriodSeconds": 0 }))));
            }
            Event::Heartbeat(node) => {
                if !self.silent_nodes.contains(&node) {
                    let path =
                        format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}");
                    self.patch(&path, json!({ "spec": { "renewTime": self.now.rfc3339_micro() } }));
                }
                self.queue.push(self.now + Duration::secs(10), Class::Background, Event::Heartbeat(node));
            }
        }
    }

    fn deliver(&mut self) {
        self.delivery_scheduled = false;
        let changes: Vec<Change> =
            self.api.storage().log_since(self.delivered).expect("not compacted").cloned().collect();
        self.delivered = self.api.storage().revision();
        for change in &changes {
            self.play_kubelet(change);
        }
        let wanted: Vec<Change> =
            changes.iter().filter(|change| self.manager.wants(change)).cloned().collect();
        self.with_manager(|manager, cx, out| manager.observe(cx, &wanted, out));
        let wanted: Vec<Change> =
            changes.iter().filter(|change| self.scheduler.wants(change)).cloned().collect();
        self.with_scheduler(|scheduler, cx, out| scheduler.observe(cx, &wanted, out));
    }

    fn play_kubelet(&mut self, change: &Change) {
        let Some(pod) = change.object.as_ref().and_then(|object| object.view::<Pod>()) else { return };
        if pod.spec.node_name.is_empty() || self.silent_nodes.contains(&pod.spec.node_name) {
            return;
        }
        let old = change.previous.as_ref().and_then(|object| object.view::<Pod>());
        let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
        let bound = old.is_none_or(|old| old.spec.node_name.is_empty());
        if bound && let Some(delay) = self.ready_after {
            self.queue.push(self.now + delay, Class::Work, Event::PodReady(namespace.clone(), name.clone()));
        }
        if pod.metadata.is_deleting() && old.is_none_or(|old| !old.metadata.is_deleting()) {
            self.queue.push(self.now + Duration::secs(1), Class::Work, Event::PodGone(namespace, name));
        }
    }

    /// What a kubelet says when all containers of a pod are ready.
    pub fn make_ready(&mut self, namespace: &str, name: &str) {
        let ip = format!("10.244.{}.{}", self.next_ip / 250, self.next_ip % 250 + 1);
        self.next_ip += 1;
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
        let condition =
            |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": self.now.rfc3339() });
        let status = json!({ "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }],
            "conditions": [condition("PodScheduled"), condition("Ready"), condition("ContainersReady")] });
        let _ = self.try_json(Request::patch(&path, MERGE, Body::json(json!({ "status": status }))));
    }

    fn with_manager(&mut self, act: impl FnOnce(&mut Manager, &mut Cx, &mut Outbox<controllers::Event>)) {
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
        act(&mut self.manager, &mut cx, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, Event::Controllers(event));
        }
        self.after();
    }

    fn with_scheduler(&mut self, act: impl FnOnce(&mut Scheduler, &mut Cx, &mut Outbox<scheduler::Event>)) {
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
        act(&mut self.scheduler, &mut cx, &mut out);
        for (time, class, event) in out.drain() {
            self.queue.push(time, class, Event::Scheduler(event));
        }
        self.after();
    }

    /// Commits are delivered a moment later.
    fn after(&mut self) {
        if !self.delivery_scheduled && self.api.storage().revision() > self.delivered {
            self.delivery_scheduled = true;
            self.queue.push(self.now + self.profile.watch_delivery, Class::Work, Event::Deliver);
        }
    }
}

/// A string within JSON; empty if there is none.
pub fn text<'a>(json: &'a Json, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or("")
}

pub fn number(json: &Json, pointer: &str) -> i64 {
    json.pointer(pointer).and_then(Json::as_i64).unwrap_or(0)
}

pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
pub const REPLICA_SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
pub const PODS: &str = "/api/v1/namespaces/default/pods";
pub const SERVICES: &str = "/api/v1/namespaces/default/services";

pub fn pod_template(image: &str) -> Json {
    json!({ "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "web", "image": image, "ports": [{ "name": "http", "containerPort": 80 }] }] } })
}

pub fn deployment(replicas: i32) -> Json {
    json!({ "metadata": { "name": "web", "labels": { "app": "web" } },
            "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": "web" } }, "template": pod_template("nginx:1.27") } })
}

/// "type=status reason" of the conditions of an object.
pub fn conditions(object: &Json) -> Vec<String> {
    let conditions =
        object.pointer("/status/conditions").and_then(Json::as_array).cloned().unwrap_or_default();
    conditions
        .iter()
        .map(|c| format!("{}={} {}", text(c, "/type"), text(c, "/status"), text(c, "/reason")))
        .collect()
}

/// An object of a list response, for components that are looked at directly.
pub fn object(plant: &Plant, namespace: &str, name: &str) -> Option<Object> {
    let id = plant.api.registry().id_of::<Pod>()?;
    plant.api.storage().get(id, &api::Key::new(namespace, name)).cloned()
}
