//! The log of commits: what watches, rewinds and explanations read.

use std::collections::VecDeque;
use std::rc::Rc;

use api::{Key, Object, Timestamp};

use super::{Cause, ResourceId, Revision};

/// What a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The key was free.
    Create,
    /// Any change of a stored object.
    Update,
    /// The object is gone. (A deletion that waits for finalizers or grace is an update first.)
    Delete,
}

/// One commit.
#[derive(Clone, Debug)]
pub struct Change {
    /// This commit's own: the object's resourceVersion.
    pub revision: Revision,
    /// When it was committed.
    pub time: Timestamp,
    /// The resource, as its registry numbers it.
    pub resource: ResourceId,
    /// Namespace and name.
    pub key: Key,
    /// What it did to the key.
    pub operation: Operation,
    /// The new state; `None` for a deletion.
    pub object: Option<Object>,
    /// The state before; `None` for a creation.
    pub previous: Option<Object>,
    /// Who did it, and why.
    pub cause: Cause,
}

impl Change {
    /// The object concerned: its new state, or the last one if it was deleted.
    pub fn subject(&self) -> &Object {
        self.object.as_ref().or(self.previous.as_ref()).expect("a commit has a new or an old state")
    }
}

/// Changes per sealed chunk.
const CHUNK: usize = 256;

/// Commits in revision order without gaps; the oldest may have been compacted away. Sealed chunks are shared by clones,
/// so that a snapshot of the world costs one handle for each 256 commits.
#[derive(Clone, Debug, Default)]
pub struct Log {
    sealed: VecDeque<Rc<Vec<Change>>>,
    /// The newest changes, fewer than a chunk.
    tail: Vec<Change>,
    /// Changes at the front of the oldest chunk that are compacted already.
    skip: usize,
    compacted: Revision,
}

impl Log {
    /// Adds a commit. Its revision must be the next one.
    pub fn push(&mut self, change: Change) {
        assert_eq!(change.revision, self.compacted + self.len() as u64 + 1, "revisions have no gaps");
        self.tail.push(change);
        if self.tail.len() == CHUNK {
            self.sealed.push_back(Rc::new(std::mem::take(&mut self.tail)));
        }
    }

    /// How many changes are kept.
    pub fn len(&self) -> usize {
        self.sealed.len() * CHUNK + self.tail.len() - self.skip
    }

    /// True if nothing was committed since the last compaction.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest revision that is no longer here; 0 if all are.
    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    /// The commits after `revision`, oldest first; `None` if some of them were compacted (410 Gone).
    pub fn since(&self, revision: Revision) -> Option<impl DoubleEndedIterator<Item = &Change>> {
        let first = revision.checked_sub(self.compacted)? as usize;
        Some((first..self.len()).map(|index| self.at(index).expect("an index below the length")))
    }

    /// The commit of this revision; `None` if it was compacted or is not made yet.
    pub fn get(&self, revision: Revision) -> Option<&Change> {
        self.at(revision.checked_sub(self.compacted + 1)? as usize)
    }

    /// Forgets all commits up to and including `revision`.
    pub fn compact(&mut self, revision: Revision) {
        let drop = revision.saturating_sub(self.compacted).min(self.len() as u64) as usize;
        self.compacted += drop as u64;
        self.skip += drop;
        while self.skip >= CHUNK && self.sealed.pop_front().is_some() {
            self.skip -= CHUNK;
        }
        if self.sealed.is_empty() {
            self.tail.drain(..self.skip);
            self.skip = 0;
        }
    }

    /// The newest revision at a moment: of the last commit not later than `time`.
    pub fn revision_at(&self, time: Timestamp) -> Revision {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.at(middle).is_some_and(|change| change.time <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.compacted + low as u64
    }

    fn at(&self, index: usize) -> Option<&Change> {
        let index = index + self.skip;
        match self.sealed.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.sealed.len() * CHUNK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Trigger;

    fn change(revision: Revision) -> Change {
        let object = Object::of(api::core::v1::ConfigMap::default());
        let cause = Cause { user: "u".into(), actor: "a".into(), trigger: Trigger::Timer, verb: "create" };
        let (key, time) = (Key::default(), Timestamp(revision as i64 * 10));
        let resource = ResourceId(0);
        Change {
            revision,
            time,
            resource,
            key,
            operation: Operation::Create,
            object: Some(object),
            previous: None,
            cause,
        }
    }

    #[test]
    fn every_revision_is_found_until_it_is_compacted() {
        let mut log = Log::default();
        for revision in 1..=1000 {
            log.push(change(revision));
        }
        for compacted in [0, 1, 255, 256, 300, 767, 768, 999, 1000] {
            log.compact(compacted);
            assert_eq!(log.compacted(), compacted);
            assert_eq!(log.get(compacted).map(|c| c.revision), None);
            for revision in [compacted + 1, 1000] {
                let found = log.get(revision).map(|c| c.revision);
                assert_eq!(found, (revision > compacted && revision <= 1000).then_some(revision));
            }
            assert_eq!(log.since(compacted).map(Iterator::count), Some(1000 - compacted as usize));
            assert_eq!(log.revision_at(Timestamp(9_995)), 999.max(compacted));
        }
        assert!(log.since(5).is_none());
        log.push(change(1001));
        assert_eq!(log.get(1001).map(|c| c.revision), Some(1001));
    }
}
