//! A server with the namespaces and service accounts that controllers would make, and short ways to ask it.

use api::http::{Body, Method, Request, Response};
use api::{Duration, Json, Timestamp};
use kubarium_core::apiserver::{ApiServer, Opened, RequestContext, WatchCursor};
use kubarium_core::sim::Rng;
use kubarium_core::store::Trigger;
use serde_json::json;

pub struct Server {
    pub api: ApiServer,
    pub now: Timestamp,
    pub rng: Rng,
    pub opened: Option<Opened>,
}

impl Server {
    /// An empty cluster at noon.
    pub fn empty() -> Server {
        let now = Timestamp::parse("2026-01-01T12:00:00Z").expect("a time");
        Server { api: ApiServer::new(), now, rng: Rng::new(7), opened: None }
    }

    /// With the namespace `default` and its service account.
    pub fn new() -> Server {
        let mut server = Server::empty();
        server.post("/api/v1/namespaces", json!({"metadata": {"name": "default"}}));
        server.post("/api/v1/namespaces/default/serviceaccounts", json!({"metadata": {"name": "default"}}));
        server
    }

    pub fn ask(&mut self, request: Request) -> Response {
        let request = if request.user().is_empty() { admin(request) } else { request };
        let mut cx = RequestContext::new(self.now, &mut self.rng, Trigger::Input(0));
        let response = self.api.handle(&mut cx, &request);
        self.opened = cx.opened;
        response
    }

    fn json(&mut self, request: Request) -> Json {
        self.ask(request).body.to_json().unwrap_or(Json::Null)
    }

    pub fn get(&mut self, path: &str) -> Json {
        self.json(Request::get(path))
    }
    pub fn post(&mut self, path: &str, body: Json) -> Json {
        self.json(Request::post(path, Body::json(body)))
    }
    pub fn put(&mut self, path: &str, body: Json) -> Json {
        self.json(Request::put(path, Body::json(body)))
    }
    pub fn patch(&mut self, path: &str, content_type: &str, body: Json) -> Json {
        self.json(Request::patch(path, content_type, Body::json(body)))
    }
    pub fn merge(&mut self, path: &str, body: Json) -> Json {
        self.patch(path, api::http::MERGE_PATCH, body)
    }
    pub fn delete(&mut self, path: &str, options: Json) -> Json {
        self.json(Request::new(Method::Delete, path).with_body(Body::json(options)))
    }

    /// "422 Pod \"x\" is invalid: …", for errors.
    pub fn told(&mut self, request: Request) -> String {
        let response = self.ask(request);
        let message = response.to_status().map(|status| status.message.to_string()).unwrap_or_default();
        format!("{} {message}", response.status)
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now += Duration::secs(seconds);
    }

    pub fn watch(&mut self, path: &str) -> WatchCursor {
        let response = self.ask(Request::get(path));
        assert_eq!(response.status, 200, "{:?}", response.to_status());
        match self.opened.take() {
            Some(Opened::Watch(cursor)) => cursor,
            other => panic!("no watch was opened: {other:?}"),
        }
    }

    /// "ADDED a, MODIFIED b"
    pub fn seen(&self, cursor: &mut WatchCursor) -> String {
        let events = self.api.poll_watch(self.now, cursor);
        let told = |event: &kubarium_core::apiserver::WatchEvent| {
            let json = event.to_json();
            let name = json.pointer("/object/metadata/name").and_then(Json::as_str).unwrap_or("-");
            format!("{} {name}", event.kind)
        };
        events.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

pub fn admin(request: Request) -> Request {
    let mut request = request.with_user("kubernetes-admin");
    request.headers.push((api::http::GROUP.into(), "system:masters".into()));
    request
}

pub const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
pub const PODS: &str = "/api/v1/namespaces/default/pods";
pub const SERVICES: &str = "/api/v1/namespaces/default/services";
pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

pub fn config_map(name: &str) -> Json {
    json!({"metadata": {"name": name}, "data": {"a": "1"}})
}

pub fn pod(name: &str) -> Json {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]}})
}

pub fn deployment(name: &str) -> Json {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "nginx"}]}
            }
        }
    })
}

pub fn text<'a>(json: &'a Json, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or("<none>")
}
