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
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }
}
