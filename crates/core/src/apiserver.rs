//! The API server: a function from a request to a response, over the store.
//!
//! [`ApiServer::handle`] is the whole pipeline in one screen: request info → authentication → authorization → decoding
//! → admission → strategy (defaults, validation) → store. It has no clock, queue or callbacks: time, randomness and
//! the cause of the request come in with [`RequestContext`]; watches are cursors that callers drain. Built-in and custom
//! resources are values of the same [`Resource`] type and take the same path.

mod admission;
mod allocation;
mod apply;
mod authn;
mod authz;
mod body;
mod call;
pub mod connect;
mod delete;
mod discovery;
mod draft;
mod handlers;
mod list;
mod managed_fields;
mod openapi;
mod patch;
mod pod_spec;
mod registry;
mod request_info;
pub mod resource;
mod reviews;
mod scale;
mod store;
mod strategic;
pub mod strategy;
mod table;
mod validation;
pub mod watch;

pub use connect::Connect;
pub use registry::Registry;
pub use resource::{Resource, Scope, Subresource};
pub use strategy::Strategy;
pub use watch::{WatchCursor, WatchEvent};

use std::rc::Rc;

use api::http::{Request, Response};
use api::{Duration, Object, Status, Timestamp};

use crate::sim::Rng;
use crate::store::{ResourceId, Storage, Trigger};
use allocation::Allocations;
use call::Call;
use request_info::{RequestInfo, Verb};

/// What a request brings with it besides itself, and what it opens besides its response.
pub struct RequestContext<'a> {
    /// The moment of the request: creation timestamps, deletion deadlines.
    pub now: Timestamp,
    /// The server's own stream: uids, generated names, allocated ports.
    pub rng: &'a mut Rng,
    /// What made the client send it; kept with each commit.
    pub trigger: Trigger,
    /// Set when the response's body is a stream: the caller drains it.
    pub opened: Option<Opened>,
}

impl<'a> RequestContext<'a> {
    /// The context of a request that arrives at `now`; `trigger` is what set its sender in motion.
    pub fn new(now: Timestamp, rng: &'a mut Rng, trigger: Trigger) -> RequestContext<'a> {
        RequestContext { now, rng, trigger, opened: None }
    }
}

/// What is behind a response whose body is a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// A watch, to be drained with [`ApiServer::poll_watch`].
    Watch(WatchCursor),
    /// A call that the kubelet of a node answers: logs, exec, attach, port-forward.
    Connect(Connect),
}

/// The API server's whole state.
#[derive(Clone)]
pub struct ApiServer {
    storage: Storage,
    registry: Rc<Registry>,
    allocations: Allocations,
}

impl Default for ApiServer {
    fn default() -> Self {
        ApiServer::new()
    }
}

impl ApiServer {
    /// An empty store, and all built-in resources.
    pub fn new() -> ApiServer {
        ApiServer {
            storage: Storage::default(),
            registry: Rc::new(Registry::new()),
            allocations: Allocations::default(),
        }
    }

    /// Answers one request. Never panics on a request, however odd.
    pub fn handle(&mut self, cx: &mut RequestContext, request: &Request) -> Response {
        self.serve(cx, request).unwrap_or_else(|status| Response::error(&status))
    }

    fn serve(&mut self, cx: &mut RequestContext, request: &Request) -> Result<Response, Status> {
        let user = authn::authenticate(request)?;
        let Some(info) = RequestInfo::of(request) else {
            authz::authorize_path(&user, &request.path)?;
            return discovery::serve(self, request);
        };
        authz::authorize(&user, &info)?;
        let mut call = Call::new(&self.registry, request, info, user)?;
        let result = match (call.info.verb, call.info.subresource) {
            (Verb::Get, "") => self.get(cx, &mut call),
            (Verb::List, "") => self.list(cx, &mut call),
            (Verb::Watch, "") => self.watch(cx, &mut call),
            (Verb::Create, "") if !call.resource.is_stored() => self.review(cx, &mut call),
            (Verb::Create, "") => self.create(cx, &mut call),
            (Verb::Update, "" | "status") => self.update(cx, &mut call),
            (Verb::Patch, "" | "status" | "scale") => self.patch(cx, &mut call),
            (Verb::Delete, "") => self.delete(cx, &mut call),
            (Verb::DeleteCollection, "") => self.delete_collection(cx, &mut call),
            (_, _) => self.subresource(cx, &mut call),
        };
        let mut response = result.unwrap_or_else(|status| Response::error(&status));
        response.warnings.append(&mut call.warnings);
        Ok(response)
    }

    /// Read access for listers and for the cluster's dispatch; nobody else holds the store mutably.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// What is served, built-in and custom.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Serves one more resource: what a CustomResourceDefinition does.
    pub fn add_resource(&mut self, resource: Resource) -> ResourceId {
        Rc::make_mut(&mut self.registry).add(resource)
    }

    /// Forgets history older than `keep`, as kube-apiserver compacts etcd every five minutes.
    pub fn compact(&mut self, now: Timestamp, keep: Duration) {
        self.storage.compact(self.storage.revision_at(now - keep));
    }

    /// Deletes Events that were last written more than an hour ago (`--event-ttl`); returns how many.
    pub fn expire_events(&mut self, now: Timestamp) -> usize {
        store::expire_events(self, now)
    }

    fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<&Object> {
        self.storage.get(resource, &api::Key::new(namespace, name))
    }
}
