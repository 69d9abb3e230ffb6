//! All served resources, built-in and custom; lookup by group, version and plural.

use super::Resource;
use crate::store::ResourceId;

#[derive(Clone, Default)]
pub struct Registry {
    resources: Vec<Resource>,
}

impl Registry {
    pub fn get(&self, id: ResourceId) -> &Resource {
        &self.resources[usize::from(id.0)]
    }
    /// The resource that serves the built-in kind `K`.
    pub fn id_of<K: api::Kind>(&self) -> Option<ResourceId> {
        self.resources.iter().find(|r| r.gvk == K::GVK).map(|r| r.id)
    }
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }
}
