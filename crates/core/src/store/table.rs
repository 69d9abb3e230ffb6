//! The objects of one resource, ordered by key, with the node index.

use std::collections::{BTreeMap, BTreeSet};

use api::{Key, Object, Str};

use super::Revision;

/// An object with what etcd knows about it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub object: Object,
    pub create_revision: Revision,
    pub mod_revision: Revision,
}

/// Objects of one resource. Keys order by namespace first, so that a namespace is a range.
#[derive(Clone, Debug, Default)]
pub struct Table {
    objects: BTreeMap<Key, Stored>,
    by_node: BTreeMap<Str, BTreeSet<Key>>,
}

impl Table {
    pub fn get(&self, key: &Key) -> Option<&Stored> {
        self.objects.get(key)
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        self.objects.iter()
    }

    pub fn namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = (&'a Key, &'a Stored)> + use<'a> {
        let start = Key::new(namespace, "");
        let namespace = start.namespace.clone();
        self.objects.range(start..).take_while(move |(key, _)| key.namespace == namespace)
    }

    pub fn on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        self.by_node.get(node).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// Returns the previous state.
    pub fn put(&mut self, key: Key, object: Object, revision: Revision) -> Option<Object> {
        let new_node = node_of(&object);
        match self.objects.get_mut(&key) {
            Some(stored) => {
                let previous = std::mem::replace(&mut stored.object, object);
                stored.mod_revision = revision;
                self.reindex(&key, node_of(&previous), new_node);
                Some(previous)
            }
            None => {
                self.reindex(&key, None, new_node);
                self.objects
                    .insert(key, Stored { object, create_revision: revision, mod_revision: revision });
                None
            }
        }
    }

    /// Returns the last state.
    pub fn remove(&mut self, key: &Key) -> Option<Object> {
        let stored = self.objects.remove(key)?;
        self.reindex(key, node_of(&stored.object), None);
        Some(stored.object)
    }

    fn reindex(&mut self, key: &Key, old: Option<Str>, new: Option<Str>) {
        if old == new {
            return;
        }
        if let Some(old) = old
            && let Some(set) = self.by_node.get_mut(&old)
        {
            set.remove(key);
            if set.is_empty() {
                self.by_node.remove(&old);
            }
        }
        if let Some(new) = new {
            self.by_node.entry(new).or_default().insert(key.clone());
        }
    }
}

/// The node a pod is bound to. Only pods are indexed; upstream's API server keeps the same index for `spec.nodeName`.
fn node_of(object: &Object) -> Option<Str> {
    let pod = object.view::<api::core::v1::Pod>()?;
    if pod.spec.node_name.is_empty() { None } else { Some(pod.spec.node_name.clone()) }
}
