//! What one served resource is: names, scope, subresources, strategy, columns. Built-in or custom.

use std::rc::Rc;

use api::{Gvk, Str};

use super::Strategy;
use crate::store::ResourceId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Namespaced,
    Cluster,
}

/// Descriptor of one served resource. Mirrors what discovery publishes, plus the behaviour behind it.
#[derive(Clone)]
pub struct Resource {
    pub id: ResourceId,
    pub gvk: Gvk,
    /// "pods"
    pub plural: Str,
    /// "pod"
    pub singular: Str,
    pub short_names: Vec<Str>,
    /// "all" for what `kubectl get all` lists.
    pub categories: Vec<Str>,
    pub scope: Scope,
    /// "status", "scale", "binding", "log", …
    pub subresources: Vec<Str>,
    pub strategy: Rc<dyn Strategy>,
}
