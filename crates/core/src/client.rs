//! What a component of the cluster uses to talk to the API server, under its own identity.
//!
//! Names are client-go's: typed calls on [`Cx`] (its `Api`), [`Lister`] for cached reads, [`WorkQueue`], [`Recorder`].
//! A component sees the cluster only through here; that is what makes RBAC, audit and cause hold for it, and why
//! stopping it stops its effects.
//!
//! An informer's cache is modelled by its wake-ups: a component hears of a commit after
//! `LatencyProfile::watch_delivery`, and what it then reads through a lister is the store itself. So a component never
//! acts on a state older than its own last write and needs no expectations code.

pub(crate) mod cx;
mod lister;
pub(crate) mod recorder;
mod workqueue;

pub use cx::{Cx, Identity, Outbox};
pub use lister::Lister;
pub use recorder::Recorder;
pub use workqueue::WorkQueue;

/// What components see of the API server's side: the changes they are told of, and the kinds that are served.
pub use crate::apiserver::{Registry, Resource, Scope};
pub use crate::store::{Cause, Change, Due, Operation, ResourceId, Trigger};
