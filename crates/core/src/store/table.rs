//! The objects of one resource, ordered by key, with the node index.

use api::{Key, Object, Str};

use super::Revision;
use crate::sim::SharedMap;

/// An object with what etcd knows about it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The newest state.
    pub object: Object,
    /// The commit that created it.
    pub create_revision: Revision,
    /// The commit that changed it last: its resourceVersion.
    pub mod_revision: Revision,
}

/// Objects of one resource. Keys order by namespace first, so that a namespace is a range.
#[derive(Clone, Debug, Default)]
pub struct Table {
    objects: SharedMap<Key, Stored>,
    /// (node, key) of each bound pod.
    by_node: SharedMap<(Str, Key), ()>,
}

impl Table {
    /// The object of a key.
    pub fn get(&self, key: &Key) -> Option<&Stored> {
        self.objects.get(key)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// All objects in key order: by namespace, then by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        self.objects.iter()
    }

    /// The objects of one namespace, by name.
    pub fn namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = (&'a Key, &'a Stored)> + use<'a> {
        let start = Key::new(namespace, "");
        let namespace = start.namespace.clone();
        self.objects.range::<Key, _>(start..).take_while(move |(key, _)| key.namespace == namespace)
    }

    /// The pods bound to a node, by key.
    pub fn on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        let start = (Str::from(node), Key::default());
        let node = start.0.clone();
        let of_node =
            self.by_node.range::<(Str, Key), _>(start..).take_while(move |((of, _), ())| *of == node);
        of_node.filter_map(|((_, key), ())| self.objects.get(key))
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
        if let Some(old) = old {
            self.by_node.remove(&(old, key.clone()));
        }
        if let Some(new) = new {
            self.by_node.insert((new, key.clone()), ());
        }
    }
}

/// The node a pod is bound to. Only pods are indexed; upstream's API server keeps the same index for `spec.nodeName`.
fn node_of(object: &Object) -> Option<Str> {
    let pod = object.view::<api::core::v1::Pod>()?;
    if pod.spec.node_name.is_empty() { None } else { Some(pod.spec.node_name.clone()) }
}
