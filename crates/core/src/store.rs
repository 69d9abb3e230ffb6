//! The store: what etcd is to a real cluster. Objects by key, one revision per commit, and the log of all commits.
//!
//! Like etcd it is MVCC: each commit raises the revision by one, and watches are cursors on the log. Unlike etcd
//! each commit also keeps the state before it and its [`Cause`], so that looking back and *why* are walks along the log.
//! The store knows no kinds, but for what its indexes need: resources are small numbers given out by the API server's
//! registry. The indexes (namespace by key order, owner uid, node name of pods, the default of priority classes) are kept
//! here because every commit passes through here.

mod cause;
mod log;
mod table;

pub use cause::{Cause, Due, Trigger};
pub use log::{Change, Log, Operation};
pub use table::{Stored, Table};

use api::{Key, Object, Str, Timestamp};

use crate::sim::SharedMap;

/// etcd's logical clock; `metadata.resourceVersion` is its decimal form.
pub type Revision = u64;

/// A served resource ("pods", "deployments.apps") as a small number; given out by `apiserver::Registry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u16);

/// Owner's uid, then the dependent.
type Dependent = (Str, ResourceId, Key);

/// All objects and their history.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    revision: Revision,
    tables: Vec<Table>,
    log: Log,
    /// Dependents by owner uid, across all resources: garbage collection and controllers look children up here, often
    /// thousands at a time, so the objects themselves are here once more.
    by_owner: SharedMap<Dependent, Object>,
}

impl Storage {
    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The oldest revision that a watch may start after; older ones answer 410 Gone.
    pub fn compacted(&self) -> Revision {
        self.log.compacted()
    }

    /// The object as of now.
    pub fn get(&self, resource: ResourceId, key: &Key) -> Option<&Object> {
        self.table(resource)?.get(key).map(|stored| &stored.object)
    }

    /// Object with the revisions etcd keeps beside it.
    pub fn stored(&self, resource: ResourceId, key: &Key) -> Option<&Stored> {
        self.table(resource)?.get(key)
    }

    /// Objects of a resource in key order; of one namespace when one is given.
    pub fn list<'a>(
        &'a self,
        resource: ResourceId,
        namespace: Option<&str>,
    ) -> Box<dyn Iterator<Item = &'a Object> + 'a> {
        match (self.table(resource), namespace) {
            (None, _) => Box::new(std::iter::empty()),
            (Some(table), None) => Box::new(table.iter().map(|(_, stored)| &stored.object)),
            (Some(table), Some(namespace)) => {
                Box::new(table.namespace(namespace).map(|(_, stored)| &stored.object))
            }
        }
    }

    /// How many objects of a resource there are.
    pub fn count(&self, resource: ResourceId) -> usize {
        self.table(resource).map_or(0, Table::len)
    }

    /// Dependents of the object with this uid.
    pub fn owned_by<'a>(&'a self, uid: &str) -> impl Iterator<Item = (ResourceId, &'a Object)> + 'a {
        let start: Dependent = (Str::from(uid), ResourceId(0), Key::default());
        let uid = start.0.clone();
        self.by_owner
            .range::<Dependent, _>(start..)
            .take_while(move |((owner, _, _), _)| *owner == uid)
            .map(|((_, resource, _), object)| (*resource, object))
    }

    /// Dependents of one resource, in key order.
    pub fn owned_of<'a>(&'a self, uid: &str, resource: ResourceId) -> impl Iterator<Item = &'a Object> + 'a {
        let start: Dependent = (Str::from(uid), resource, Key::default());
        let uid = start.0.clone();
        self.by_owner
            .range::<Dependent, _>(start..)
            .take_while(move |((owner, of, _), _)| *of == resource && *owner == uid)
            .map(|(_, object)| object)
    }

    /// Pods bound to a node, in key order; `resource` is that of pods.
    pub fn on_node<'a>(&'a self, resource: ResourceId, node: &str) -> impl Iterator<Item = &'a Object> + 'a {
        self.with_field(resource, node)
    }

    /// Priority classes for pods that name none; `resource` is that of priority classes.
    pub fn global_defaults<'a>(&'a self, resource: ResourceId) -> impl Iterator<Item = &'a Object> + 'a {
        self.with_field(resource, table::GLOBAL_DEFAULT)
    }

    fn with_field<'a>(&'a self, resource: ResourceId, value: &str) -> impl Iterator<Item = &'a Object> + 'a {
        let found = self.table(resource).map(|table| table.with_field(value));
        found.into_iter().flatten().map(|stored| &stored.object)
    }

    /// Writes one object, or removes it when `object` is `None`, and returns the new revision. The caller has already
    /// stamped `metadata.resourceVersion` with [`Storage::next_revision`].
    pub fn commit(
        &mut self,
        time: Timestamp,
        resource: ResourceId,
        key: Key,
        object: Option<Object>,
        cause: Cause,
    ) -> Revision {
        self.revision += 1;
        let revision = self.revision;
        while self.tables.len() <= usize::from(resource.0) {
            self.tables.push(Table::default());
        }
        let table = &mut self.tables[usize::from(resource.0)];
        let previous = match &object {
            Some(object) => table.put(key.clone(), object.clone(), revision),
            None => table.remove(&key),
        };
        assert!(object.is_some() || previous.is_some(), "deleting {key:?}, which is not stored");
        self.index_owners(resource, &key, previous.as_ref(), object.as_ref());
        let operation = match (&previous, &object) {
            (None, _) => Operation::Create,
            (Some(_), Some(_)) => Operation::Update,
            (Some(_), None) => Operation::Delete,
        };
        self.log.push(Change { revision, time, resource, key, operation, object, previous, cause });
        revision
    }

    /// The revision that the next commit will have.
    pub fn next_revision(&self) -> Revision {
        self.revision + 1
    }

    /// Commits after `revision`, oldest first; `None` when that far back has been compacted.
    pub fn log_since(&self, revision: Revision) -> Option<impl DoubleEndedIterator<Item = &Change>> {
        self.log.since(revision)
    }

    /// One commit by its revision.
    pub fn change(&self, revision: Revision) -> Option<&Change> {
        self.log.get(revision)
    }

    /// Forgets commits up to `revision`, as etcd's compaction does.
    pub fn compact(&mut self, revision: Revision) {
        self.log.compact(revision);
    }

    /// The revision of the newest commit made at or before `time`.
    pub fn revision_at(&self, time: Timestamp) -> Revision {
        self.log.revision_at(time)
    }

    fn table(&self, resource: ResourceId) -> Option<&Table> {
        self.tables.get(usize::from(resource.0))
    }

    fn index_owners(&mut self, resource: ResourceId, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        let owners = |object: Option<&'_ Object>| -> Vec<Str> {
            object
                .map_or_else(Vec::new, |o| o.meta().owner_references.iter().map(|r| r.uid.clone()).collect())
        };
        let (old, current) = (owners(old), owners(new));
        for uid in old {
            if !current.contains(&uid) {
                self.by_owner.remove(&(uid, resource, key.clone()));
            }
        }
        let Some(new) = new else { return };
        for uid in current {
            self.by_owner.insert((uid, resource, key.clone()), new.clone());
        }
    }
}
