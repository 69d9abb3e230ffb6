//! What one served resource is: names, scope, subresources, strategy. Built-in or custom.

use std::rc::Rc;

use api::{Gvk, Gvr, Kind, Str};

use super::strategy::{KindStrategy, Strategy, Typed};
use crate::store::ResourceId;

/// Whether objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Keys have a namespace.
    Namespaced,
    /// Keys have none.
    Cluster,
}

/// A part of a resource that is served under a path of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subresource {
    /// "status", "scale", "log"
    pub name: &'static str,
    /// Group, version and kind of what it reads and writes; the kind is empty for the resource's own.
    pub gvk: Gvk3,
    /// In the order of discovery.
    pub verbs: &'static [&'static str],
}

/// Group, version, kind.
pub type Gvk3 = (&'static str, &'static str, &'static str);

const READ_WRITE: &[&str] = &["get", "patch", "update"];
const CONNECT: &[&str] = &["create", "get"];

impl Subresource {
    /// Of most kinds: the controllers' side.
    pub const STATUS: Subresource = Subresource { name: "status", gvk: ("", "", ""), verbs: READ_WRITE };
    /// Desired and observed replicas, alike for all workloads.
    pub const SCALE: Subresource =
        Subresource { name: "scale", gvk: ("autoscaling", "v1", "Scale"), verbs: READ_WRITE };
    /// Of namespaces: the controller's word that nothing is left in it.
    pub const FINALIZE: Subresource = Subresource { name: "finalize", gvk: ("", "", ""), verbs: &["update"] };
    /// A stream to a container's main process.
    pub const ATTACH: Subresource =
        Subresource { name: "attach", gvk: ("", "v1", "PodAttachOptions"), verbs: CONNECT };
    /// Of pods: the scheduler's decision.
    pub const BINDING: Subresource =
        Subresource { name: "binding", gvk: ("", "v1", "Binding"), verbs: &["create"] };
    /// A delete that asks disruption budgets first.
    pub const EVICTION: Subresource =
        Subresource { name: "eviction", gvk: ("policy", "v1", "Eviction"), verbs: &["create"] };
    /// A stream to a new process in a container.
    pub const EXEC: Subresource =
        Subresource { name: "exec", gvk: ("", "v1", "PodExecOptions"), verbs: CONNECT };
    /// What a container wrote.
    pub const LOG: Subresource = Subresource { name: "log", gvk: ("", "v1", "Pod"), verbs: &["get"] };
    /// A stream to a pod's port.
    pub const PORT_FORWARD: Subresource =
        Subresource { name: "portforward", gvk: ("", "v1", "PodPortForwardOptions"), verbs: CONNECT };
}

/// Descriptor of one served resource. Mirrors what discovery publishes, plus the behaviour behind it.
#[derive(Clone)]
pub struct Resource {
    /// Given by the registry; names the resource in the store and its log.
    pub id: ResourceId,
    /// What its objects say they are.
    pub gvk: Gvk,
    /// What its paths say.
    pub gvr: Gvr,
    /// "pods"
    pub plural: Str,
    /// "pod"
    pub singular: Str,
    /// "PodList"
    pub list_kind: Str,
    /// What `kubectl get` takes besides plural and singular; the first is shown first.
    pub short_names: Vec<Str>,
    /// "all" for what `kubectl get all` lists.
    pub categories: Vec<Str>,
    /// Whether its paths and keys have a namespace.
    pub scope: Scope,
    /// Parts served under paths of their own.
    pub subresources: Vec<Subresource>,
    /// What is particular to the kind.
    pub strategy: Rc<dyn Strategy>,
    /// What may be done with the whole resource, in the order of discovery.
    pub verbs: &'static [&'static str],
    /// True for resources that a CustomResourceDefinition defines.
    pub custom: bool,
    /// True for kinds whose controllers are not simulated yet: objects are checked and stored, and whoever creates one
    /// is told that nothing will act on it.
    pub stored_only: bool,
}

/// Verbs of a whole resource, in the order of discovery.
pub const VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

impl Resource {
    /// A built-in resource: names from the kind, behaviour from `S`.
    pub fn of<S: KindStrategy>() -> Resource {
        let gvk = <S::Kind as Kind>::GVK;
        let namespaced = <S::Kind as Kind>::NAMESPACED;
        Resource {
            id: ResourceId(0),
            gvr: gvk.with_resource(<S::Kind as Kind>::PLURAL),
            plural: <S::Kind as Kind>::PLURAL.into(),
            singular: gvk.kind.to_ascii_lowercase().into(),
            list_kind: format!("{}List", gvk.kind).into(),
            short_names: Vec::new(),
            categories: Vec::new(),
            scope: if namespaced { Scope::Namespaced } else { Scope::Cluster },
            subresources: Vec::new(),
            strategy: Rc::new(Typed::<S>::default()),
            verbs: VERBS,
            custom: false,
            stored_only: false,
            gvk,
        }
    }

    /// See [`Resource::stored_only`].
    #[must_use]
    pub fn stored_only(mut self) -> Resource {
        self.stored_only = true;
        self
    }

    /// A question that is answered and not stored: nothing but `create`.
    #[must_use]
    pub fn review(mut self) -> Resource {
        self.verbs = &["create"];
        self
    }

    /// False for reviews: there is nothing of them to read.
    pub fn is_stored(&self) -> bool {
        self.verbs.contains(&"get")
    }

    /// Sets the short names.
    #[must_use]
    pub fn short(mut self, names: &[&str]) -> Resource {
        self.short_names = names.iter().map(|name| (*name).into()).collect();
        self
    }

    /// Listed by `kubectl get all`.
    #[must_use]
    pub fn in_all(mut self) -> Resource {
        self.categories.push("all".into());
        self
    }

    /// Sets the subresources.
    #[must_use]
    pub fn with(mut self, subresources: &[Subresource]) -> Resource {
        self.subresources = subresources.to_vec();
        self
    }

    /// See [`Scope::Namespaced`].
    pub fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// The subresource of that name, if it is served.
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }
}
