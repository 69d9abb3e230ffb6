//! The API server: a function from a request to a response, over the store.
//!
//! [`ApiServer::handle`] is the whole pipeline in one screen: request info → authentication → authorization → decoding
//! → admission → strategy (defaults, validation) → store. It has no clock, queue or callbacks: time, randomness and
//! the cause of the request come in with [`RequestContext`]; watches are cursors that callers drain. Built-in and custom
//! resources are values of the same [`Resource`] type and take the same path.

pub mod pod_spec;
pub mod registry;
pub mod resource;
pub mod strategy;

pub use registry::Registry;
pub use resource::{Resource, Scope};
pub use strategy::Strategy;

use api::Timestamp;
use api::http::{Request, Response};

use crate::sim::Rng;
use crate::store::{Storage, Trigger};

/// What a request brings with it besides itself.
pub struct RequestContext<'a> {
    /// The moment of the request: creation timestamps, deletion deadlines.
    pub now: Timestamp,
    /// The server's own stream: uids, generated names, allocated ports.
    pub rng: &'a mut Rng,
    /// What made the client send it; kept with each commit.
    pub trigger: Trigger,
}

/// The API server's whole state.
#[derive(Clone)]
pub struct ApiServer {
    pub(crate) storage: Storage,
    pub(crate) registry: Registry,
}

impl ApiServer {
    /// Answers one request. Never panics on a request, however odd.
    pub fn handle(&mut self, cx: &mut RequestContext, request: &Request) -> Response {
        let _ = (cx, request);
        Response::error(&api::Status::no_such_resource())
    }

    /// Read access for listers and for the cluster's dispatch; nobody else holds the store mutably.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}
