//! The log of commits: what watches, rewinds and explanations read.

use std::collections::VecDeque;

use api::{Key, Object, Timestamp};

use super::{Cause, ResourceId, Revision};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
}

/// One commit.
#[derive(Clone, Debug)]
pub struct Change {
    pub revision: Revision,
    pub time: Timestamp,
    pub resource: ResourceId,
    pub key: Key,
    pub operation: Operation,
    /// The new state; `None` for a deletion.
    pub object: Option<Object>,
    /// The state before; `None` for a creation.
    pub previous: Option<Object>,
    pub cause: Cause,
}

impl Change {
    /// The object concerned: its new state, or the last one if it was deleted.
    pub fn subject(&self) -> &Object {
        self.object.as_ref().or(self.previous.as_ref()).expect("a commit has a new or an old state")
    }
}

/// Commits in revision order without gaps; the oldest may have been compacted away.
#[derive(Clone, Debug, Default)]
pub struct Log {
    changes: VecDeque<Change>,
    compacted: Revision,
}

impl Log {
    pub fn push(&mut self, change: Change) {
        assert_eq!(change.revision, self.compacted + self.changes.len() as u64 + 1, "revisions have no gaps");
        self.changes.push_back(change);
    }

    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    pub fn since(&self, revision: Revision) -> Option<impl DoubleEndedIterator<Item = &Change>> {
        let skip = revision.checked_sub(self.compacted)? as usize;
        Some(self.changes.range(skip.min(self.changes.len())..))
    }

    pub fn get(&self, revision: Revision) -> Option<&Change> {
        self.changes.get(revision.checked_sub(self.compacted + 1)? as usize)
    }

    pub fn compact(&mut self, revision: Revision) {
        while self.compacted < revision && self.changes.pop_front().is_some() {
            self.compacted += 1;
        }
    }

    pub fn revision_at(&self, time: Timestamp) -> Revision {
        self.compacted + self.changes.partition_point(|change| change.time <= time) as u64
    }
}
