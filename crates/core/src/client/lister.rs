//! Cached reads, as client-go's listers: no request is made, nothing is copied but handles.

use std::marker::PhantomData;

use api::meta::labels::Selector;
use api::{Key, Kind, Object};

use crate::apiserver::ApiServer;
use crate::store::ResourceId;

/// Reads objects of kind `K` from the informer's cache.
pub struct Lister<'a, K> {
    api: &'a ApiServer,
    resource: Option<ResourceId>,
    kind: PhantomData<K>,
}

impl<'a, K: Kind> Lister<'a, K> {
    /// A lister of `K`. A kind that is not served has no objects.
    pub fn new(api: &'a ApiServer) -> Lister<'a, K> {
        Lister { api, resource: api.registry().id_of::<K>(), kind: PhantomData }
    }

    /// The object of that name as of now; `namespace` is empty for kinds without.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Object> {
        self.get_key(&Key::new(namespace, name))
    }

    /// The object of that key as of now.
    pub fn get_key(&self, key: &Key) -> Option<Object> {
        self.api.storage().get(self.resource?, key).cloned()
    }

    /// Objects in key order, of one namespace when one is given.
    pub fn list(&self, namespace: Option<&str>) -> Vec<Object> {
        self.resource.map_or_else(Vec::new, |id| self.api.storage().list(id, namespace).cloned().collect())
    }

    /// Objects of a namespace whose labels match.
    pub fn select(&self, namespace: &str, selector: &Selector) -> Vec<Object> {
        let Some(id) = self.resource else { return Vec::new() };
        let matching = |object: &&Object| selector.matches(&object.meta().labels);
        self.api.storage().list(id, Some(namespace)).filter(matching).cloned().collect()
    }

    /// Objects of this kind that name the object with this uid as an owner, in key order.
    pub fn owned_by(&self, uid: &str) -> Vec<Object> {
        let Some(id) = self.resource else { return Vec::new() };
        self.api.storage().owned_of(uid, id).cloned().collect()
    }

    /// Pods bound to a node, in key order.
    pub fn on_node(&self, node: &str) -> Vec<Object> {
        let Some(id) = self.resource else { return Vec::new() };
        self.api.storage().on_node(id, node).cloned().collect()
    }
}
