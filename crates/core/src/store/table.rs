//! The objects of one resource, ordered by key, with an index by one field: pods by node, priority classes by whether they
//! are the default.

use api::core::v1::Pod;
use api::scheduling::v1::PriorityClass;
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
    /// (value, key) of each object that has the field: see [`field_of`].
    by_field: SharedMap<(Str, Key), ()>,
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

    /// The objects whose indexed field has this value, by key.
    pub fn with_field<'a>(&'a self, value: &str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        let start = (Str::from(value), Key::default());
        let value = start.0.clone();
        let alike =
            self.by_field.range::<(Str, Key), _>(start..).take_while(move |((of, _), ())| *of == value);
        alike.filter_map(|((_, key), ())| self.objects.get(key))
    }

    /// Returns the previous state.
    pub fn put(&mut self, key: Key, object: Object, revision: Revision) -> Option<Object> {
        let new = field_of(&object);
        match self.objects.get_mut(&key) {
            Some(stored) => {
                let previous = std::mem::replace(&mut stored.object, object);
                stored.mod_revision = revision;
                self.reindex(&key, field_of(&previous), new);
                Some(previous)
            }
            None => {
                self.reindex(&key, None, new);
                self.objects
                    .insert(key, Stored { object, create_revision: revision, mod_revision: revision });
                None
            }
        }
    }

    /// Returns the last state.
    pub fn remove(&mut self, key: &Key) -> Option<Object> {
        let stored = self.objects.remove(key)?;
        self.reindex(key, field_of(&stored.object), None);
        Some(stored.object)
    }

    fn reindex(&mut self, key: &Key, old: Option<Str>, new: Option<Str>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.by_field.remove(&(old, key.clone()));
        }
        if let Some(new) = new {
            self.by_field.insert((new, key.clone()), ());
        }
    }
}

/// The value of the default priority class in the index; nothing is said of the others.
pub(super) const GLOBAL_DEFAULT: &str = "true";

/// What an object is indexed by: `spec.nodeName` of a bound pod (upstream's API server keeps the same index), and
/// `globalDefault` of a priority class, which each new pod that names no class asks for.
fn field_of(object: &Object) -> Option<Str> {
    if let Some(pod) = object.view::<Pod>() {
        return (!pod.spec.node_name.is_empty()).then(|| pod.spec.node_name.clone());
    }
    object.view::<PriorityClass>().filter(|class| class.global_default).map(|_| Str::new(GLOBAL_DEFAULT))
}
