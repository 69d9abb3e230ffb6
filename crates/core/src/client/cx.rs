//! The first parameter of every actor: the moment, randomness, and the API under the actor's identity.

use api::http::{self, Body, Method, Request, Response};
use api::{Json, Kind, Object, Status, Str, Timestamp};

use super::Lister;
use crate::apiserver::{ApiServer, Registry, RequestContext};
use crate::sim::{Class, Duration, LatencyProfile, Rng};
use crate::store::{Storage, Trigger};

/// Who a component is to the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// "system:serviceaccount:kube-system:deployment-controller", "system:kube-scheduler", "system:node:node-1".
    pub user: Str,
    /// "system:serviceaccounts", "system:nodes", "system:authenticated" and the like.
    pub groups: Vec<Str>,
    /// The field manager and the `source.component` of events: "deployment-controller", "kubelet".
    pub component: Str,
    /// `source.host` of events: the node for kubelets, empty otherwise.
    pub host: Str,
}

/// Timers that a handler asks for; the cluster puts them into the one queue. `E` is the component's own event type.
#[derive(Clone, Debug)]
pub struct Outbox<E> {
    pub(crate) timers: Vec<(Timestamp, Class, E)>,
}

impl<E> Default for Outbox<E> {
    fn default() -> Self {
        Outbox { timers: Vec::new() }
    }
}

impl<E> Outbox<E> {
    /// Work due at `time`: it keeps the world busy.
    pub fn at(&mut self, time: Timestamp, event: E) {
        self.timers.push((time, Class::Work, event));
    }

    /// A background timer: heartbeats, probes, back-offs. "Run until idle" does not wait for it.
    pub fn background(&mut self, time: Timestamp, event: E) {
        self.timers.push((time, Class::Background, event));
    }

    /// What was asked for, in order.
    pub fn drain(&mut self) -> std::vec::Drain<'_, (Timestamp, Class, E)> {
        self.timers.drain(..)
    }
}

/// Context of one handler call.
pub struct Cx<'a> {
    /// The moment: constant while one event is handled.
    pub now: Timestamp,
    /// The component's own stream of random numbers.
    pub rng: &'a mut Rng,
    /// How long things take.
    pub profile: &'a LatencyProfile,
    /// Set by the caller before each reconcile; goes into the cause of each write.
    pub trigger: Trigger,
    /// Who asks.
    pub identity: &'a Identity,
    api: &'a mut ApiServer,
    api_rng: &'a mut Rng,
    writes: u32,
}

impl<'a> Cx<'a> {
    /// A context for one event of one component.
    pub fn new(
        now: Timestamp,
        api: &'a mut ApiServer,
        api_rng: &'a mut Rng,
        rng: &'a mut Rng,
        profile: &'a LatencyProfile,
        identity: &'a Identity,
        trigger: Trigger,
    ) -> Cx<'a> {
        Cx { now, rng, profile, trigger, identity, api, api_rng, writes: 0 }
    }

    /// The same context under another identity (one process, several controllers).
    pub fn with_identity<'b>(&'b mut self, identity: &'b Identity, trigger: Trigger) -> Cx<'b> {
        Cx {
            now: self.now,
            rng: self.rng,
            profile: self.profile,
            trigger,
            identity,
            api: self.api,
            api_rng: self.api_rng,
            writes: 0,
        }
    }

    /// Cached reads of `K`.
    pub fn lister<K: Kind>(&self) -> Lister<'_, K> {
        Lister::new(self.api)
    }

    /// The state that informers see, for components that handle every kind (garbage collection, namespaces).
    pub fn storage(&self) -> &Storage {
        self.api.storage()
    }

    /// All served resources: what discovery tells such components.
    pub fn registry(&self) -> &Registry {
        self.api.registry()
    }

    /// How many writes this context has made: the runner turns them into time.
    pub fn writes(&self) -> u32 {
        self.writes
    }

    /// Sends any request under this identity.
    pub fn request(&mut self, mut request: Request) -> Response {
        request.headers.push((http::USER.into(), self.identity.user.clone()));
        request.headers.extend(self.identity.groups.iter().map(|group| (http::GROUP.into(), group.clone())));
        request.headers.push(("user-agent".into(), self.identity.component.clone()));
        self.writes += u32::from(request.method != Method::Get);
        let mut cx = RequestContext::new(self.now, self.api_rng, self.trigger);
        self.api.handle(&mut cx, &request)
    }

    fn object(&mut self, method: Method, path: String, body: Body) -> Result<Object, Status> {
        let request = Request { method, path: path.into(), body, ..Request::default() };
        into_object(self.request(request))
    }

    /// A live read, past the cache.
    pub fn get<K: Kind>(&mut self, namespace: &str, name: &str) -> Result<Object, Status> {
        self.object(Method::Get, path::<K>(namespace, name, ""), Body::Empty)
    }

    /// POST. Errors as the server's: 409 AlreadyExists, 422 Invalid, 403 Forbidden.
    pub fn create<K: Kind>(&mut self, object: K) -> Result<Object, Status> {
        let path = path::<K>(&object.meta().namespace, "", "");
        self.object(Method::Post, path, Body::Object(Object::of(object)))
    }

    /// Replaces the object; its `resourceVersion`, if set, must be current.
    pub fn update<K: Kind>(&mut self, object: K) -> Result<Object, Status> {
        let path = path::<K>(&object.meta().namespace, &object.meta().name, "");
        self.object(Method::Put, path, Body::Object(Object::of(object)))
    }

    /// PUT to the status subresource; 409 Conflict if the object was changed since it was read.
    pub fn update_status<K: Kind>(&mut self, object: K) -> Result<Object, Status> {
        let path = path::<K>(&object.meta().namespace, &object.meta().name, "status");
        self.object(Method::Put, path, Body::Object(Object::of(object)))
    }

    /// A patch of `content_type` ("application/merge-patch+json", …), to the object or one of its subresources.
    pub fn patch<K: Kind>(
        &mut self,
        namespace: &str,
        name: &str,
        subresource: &str,
        content_type: &'static str,
        patch: Json,
    ) -> Result<Object, Status> {
        let path = path::<K>(namespace, name, subresource).into();
        let request = Request { method: Method::Patch, path, body: Body::json(patch), ..Request::default() };
        into_object(self.request(request.with_header("content-type", content_type)))
    }

    /// Creates a subresource: a Binding, an Eviction.
    pub fn create_subresource<K: Kind>(
        &mut self,
        namespace: &str,
        name: &str,
        subresource: &str,
        body: Body,
    ) -> Result<Response, Status> {
        let path = path::<K>(namespace, name, subresource).into();
        into_result(self.request(Request { method: Method::Post, path, body, ..Request::default() }))
    }

    /// Deletes with DeleteOptions given as JSON (`Json::Null` for none).
    pub fn delete<K: Kind>(
        &mut self,
        namespace: &str,
        name: &str,
        options: Json,
    ) -> Result<Response, Status> {
        let body = if options.is_null() { Body::Empty } else { Body::json(options) };
        let path = path::<K>(namespace, name, "").into();
        into_result(self.request(Request { method: Method::Delete, path, body, ..Request::default() }))
    }

    /// `now + delay`.
    pub fn after(&self, delay: Duration) -> Timestamp {
        self.now + delay
    }
}

/// The REST path of an object of kind `K`: `/apis/apps/v1/namespaces/default/deployments/web/status`. Empty parts are
/// left out.
pub fn path<K: Kind>(namespace: &str, name: &str, subresource: &str) -> String {
    let gvk = K::GVK;
    let mut path = if gvk.group.is_empty() { "/api/".to_owned() } else { format!("/apis/{}/", gvk.group) };
    path.push_str(&gvk.version);
    if !namespace.is_empty() {
        path.push_str("/namespaces/");
        path.push_str(namespace);
    }
    for part in [K::PLURAL, name, subresource] {
        if !part.is_empty() {
            path.push('/');
            path.push_str(part);
        }
    }
    path
}

fn into_result(response: Response) -> Result<Response, Status> {
    match response.to_status() {
        Some(status) => Err(status),
        None => Ok(response),
    }
}

fn into_object(response: Response) -> Result<Object, Status> {
    match into_result(response)?.body {
        Body::Object(object) => Ok(object),
        other => Err(Status::internal_error(&format!("expected an object, got {}", other.to_text()))),
    }
}
