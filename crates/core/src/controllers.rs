//! kube-controller-manager: the control loops that move the cluster from what is to what was asked for.
//!
//! A [`Controller`] names in one table what wakes it ([`Watch`]: a resource, and a function from a change to keys) and
//! reconciles one key at a time. The [`Manager`] owns everything around that: queues, retries with back-off, the time
//! that a reconcile takes, events, and the cause that goes with each write. Controllers never call each other.
//!
//! Upstream's expectations do not exist here: a lister reads the store itself, so a controller always sees its own last
//! write. Upstream: cmd/kube-controller-manager, pkg/controller.

mod daemon_set;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod garbage_collector;
mod history; // shared
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod pod_control; // shared
mod pod_gc;
mod ref_manager; // shared
mod replica_set;
mod root_ca;
mod runner;
mod service_account;
mod service_ports; // shared
mod taint_eviction;

pub use runner::Manager;

use api::{Key, Kind, Status};

use crate::client::Registry;
use crate::client::{Change, ResourceId};
use crate::client::{Cx, Recorder};
use crate::sim::{Duration, Timestamp};

/// Every controller, one line each, in the order in which kube-controller-manager starts them.
fn descriptors() -> Vec<Box<dyn Controller>> {
    vec![
        Box::new(service_account::ServiceAccountController),
        Box::new(root_ca::RootCaPublisher),
        Box::new(endpoints::EndpointController),
        Box::new(endpoint_slice::EndpointSliceController),
        Box::new(pod_gc::PodGcController::default()),
        Box::new(namespace::NamespaceController),
        Box::new(garbage_collector::GarbageCollector),
        Box::new(daemon_set::DaemonSetController::default()),
        Box::new(deployment::DeploymentController::default()),
        Box::new(replica_set::ReplicaSetController::default()),
        Box::new(node_ipam::NodeIpamController::default()),
        Box::new(node_lifecycle::NodeLifecycleController::default()),
        Box::new(taint_eviction::TaintEvictionController::default()),
    ]
}

/// Position of a controller in [`descriptors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControllerId(pub u8);

/// What happens inside the process.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A queue has a ready key and a worker is free.
    Sync(ControllerId),
    /// A delayed key is due, or one that changed while it was being handled may be handled again.
    Wake(ControllerId),
}

/// What a reconcile came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing to do until something changes.
    Done,
    /// Look again after a time that nobody waits for (a deadline): it does not keep the world busy.
    After(Duration),
    /// Look again after a time that the work in progress takes (minReadySeconds): it keeps the world busy.
    Pending(Duration),
}

/// One control loop.
pub trait Controller {
    /// As kube-controller-manager names it, and as its events do: "deployment-controller".
    fn name(&self) -> &'static str;

    /// The service account in kube-system under which it makes requests.
    fn service_account(&self) -> &'static str {
        self.name()
    }

    /// What wakes it.
    fn watches(&self) -> &'static [Watch];

    /// Sees each change of a watched resource before keys are queued: controllers that keep an index update it here.
    fn observe(&mut self, _cx: &Cx, _change: &Change) {}

    /// How many keys it handles at once (the `--concurrent-…-syncs` flags).
    fn workers(&self) -> u32 {
        5
    }

    /// A reconcile of everything, repeated (`--…-period`): the key it is queued under and how often.
    fn period(&self) -> Option<Duration> {
        None
    }

    /// Reconciles one key. An error puts the key back with back-off.
    fn sync(&mut self, cx: &mut Cx, work: &mut Work, key: &Key) -> Result<Outcome, Status>;

    /// Copies the controller with its state: the world is a value.
    fn boxed(&self) -> Box<dyn Controller>;
}

/// The key of a controller's periodic reconcile ([`Controller::period`]).
pub fn period_key() -> Key {
    Key::default()
}

/// What a reconcile has at hand besides the API.
pub struct Work<'a> {
    /// Where events about objects go.
    pub events: &'a mut Recorder,
    /// Objects that this reconcile has looked at; the runner turns them into time.
    objects: usize,
    later: Vec<(Key, Timestamp)>,
}

impl Work<'_> {
    /// Notes that so many objects were looked at.
    pub fn read(&mut self, objects: usize) {
        self.objects += objects;
    }

    /// Queues another key of the same controller at `time`.
    pub fn enqueue_at(&mut self, key: Key, time: Timestamp) {
        self.later.push((key, time));
    }
}

/// Which keys a change makes dirty.
pub type KeysOf = fn(&Cx, &Change, &mut Vec<Key>);

/// One line of a controller's wake-up table.
#[derive(Clone, Copy)]
pub struct Watch {
    resource: fn(&Registry) -> Option<ResourceId>,
    keys: KeysOf,
}

impl Watch {
    /// Changes of objects of kind `K`.
    pub const fn on<K: Kind>(keys: KeysOf) -> Watch {
        Watch { resource: Registry::id_of::<K>, keys }
    }

    /// Changes of objects of every kind; what the garbage collector needs.
    pub const fn on_everything(keys: KeysOf) -> Watch {
        Watch { resource: |_| None, keys }
    }
}

/// The key of the changed object itself.
fn own_key(_: &Cx, change: &Change, keys: &mut Vec<Key>) {
    keys.push(change.key.clone());
}

/// The managing controller of the changed object, before and after, if it is of `kind`.
fn controller_keys(kind: &str, change: &Change, keys: &mut Vec<Key>) {
    for object in [&change.previous, &change.object].into_iter().flatten() {
        if let Some(owner) = object.meta().controller_of()
            && owner.kind == kind
        {
            let key = Key { namespace: object.meta().namespace.clone(), name: owner.name.clone() };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}
