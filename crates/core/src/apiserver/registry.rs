//! All served resources, built-in and custom; lookup by group, version and plural.

pub mod apps;
pub mod authorization;
pub mod batch;
pub mod coordination;
pub mod core;
pub mod discovery;
pub mod networking;
pub mod scheduling;
pub mod storage;

use std::rc::Rc;

use api::{Gvk, Gvr, Kind};
use collections::OrdMap;

use super::Resource;
use crate::store::ResourceId;

/// Resources are never removed: their numbers are in the log.
#[derive(Clone, Default)]
pub struct Registry {
    resources: Vec<Rc<Resource>>,
    by_path: OrdMap<Gvr, ResourceId>,
    by_kind: OrdMap<Gvk, ResourceId>,
}

impl Registry {
    /// The built-in resources.
    pub fn new() -> Registry {
        let mut registry = Registry::default();
        let groups = [
            core::resources(),
            apps::resources(),
            coordination::resources(),
            discovery::resources(),
            authorization::resources(),
            batch::resources(),
            networking::resources(),
            scheduling::resources(),
            storage::resources(),
        ];
        for resource in groups.into_iter().flatten() {
            registry.add(resource);
        }
        registry
    }

    /// Serves one more resource and gives it its number.
    pub fn add(&mut self, mut resource: Resource) -> ResourceId {
        let id = ResourceId(u16::try_from(self.resources.len()).expect("fewer than 65,536 resources"));
        resource.id = id;
        self.by_path.insert(resource.gvr.clone(), id);
        self.by_kind.insert(resource.gvk.clone(), id);
        self.resources.push(Rc::new(resource));
        id
    }

    /// The resource of an id that this registry gave.
    pub fn get(&self, id: ResourceId) -> &Resource {
        &self.resources[usize::from(id.0)]
    }

    /// A handle that outlives the borrow.
    pub(super) fn shared(&self, id: ResourceId) -> Rc<Resource> {
        self.resources[usize::from(id.0)].clone()
    }

    /// The resource that serves the built-in kind `K`.
    pub fn id_of<K: Kind>(&self) -> Option<ResourceId> {
        self.by_kind.get(&K::GVK).copied()
    }

    /// The resource that serves a kind of this group and version.
    pub fn by_kind(&self, gvk: &Gvk) -> Option<&Resource> {
        self.by_kind.get(gvk).map(|id| self.get(*id))
    }

    /// The resource served at `/apis/<group>/<version>/<plural>`.
    pub fn by_path(&self, group: &str, version: &str, plural: &str) -> Option<&Resource> {
        let found =
            |r: &&Resource| r.gvr.resource == plural && r.gvr.group == group && r.gvr.version == version;
        self.iter().find(found)
    }

    /// All resources, in the order they were added: the order of discovery.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().map(|resource| &**resource)
    }
}
