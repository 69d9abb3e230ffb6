//! An ordered map whose clones share what has not changed since: the world is a value, and is cloned often.
//!
//! Entries lie in short sorted chunks behind handles. A clone copies the handles alone; a write copies the one chunk it
//! meets, if that is shared. Iteration is in key order, as in a `BTreeMap`.

use std::borrow::Borrow;
use std::ops::{Bound, RangeBounds};
use std::rc::Rc;

/// Entries in one chunk at most: a write to a map that was just cloned copies so many.
const CHUNK: usize = 16;

type Chunk<K, V> = Rc<Vec<(K, V)>>;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct SharedMap<K, V> {
    /// None is empty; keys ascend within and across them.
    chunks: Vec<Chunk<K, V>>,
    len: usize,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { chunks: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// An empty map.
    pub fn new() -> SharedMap<K, V> {
        SharedMap::default()
    }

    /// How many pairs it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The chunk in which `key` is or would be, and its place there.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        let after = self.chunks.partition_point(|chunk| chunk[0].0.borrow().cmp(key).is_le());
        let index = after.saturating_sub(1);
        let place = self
            .chunks
            .get(index)
            .map_or(Err(0), |chunk| chunk.binary_search_by(|(have, _)| have.borrow().cmp(key)));
        (index, place)
    }

    /// The value of a key, in O(log n).
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (chunk, place) = self.find(key);
        let place = place.ok()?;
        Some(&self.chunks[chunk][place].1)
    }

    /// Whether the key is there.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).1.is_ok()
    }

    /// The value for writing; copies its chunk if another clone has it too.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (chunk, place) = self.find(key);
        let place = place.ok()?;
        Some(&mut Rc::make_mut(&mut self.chunks[chunk])[place].1)
    }

    /// Returns the value that was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (index, place) = self.find(&key);
        match place {
            Ok(place) => {
                let entry = &mut Rc::make_mut(&mut self.chunks[index])[place];
                Some(std::mem::replace(&mut entry.1, value))
            }
            Err(place) => {
                self.insert_at(index, place, key, value);
                None
            }
        }
    }

    /// The value of a key, made by `make` if there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (mut index, place) = self.find(&key);
        let place = match place {
            Ok(place) => place,
            Err(place) => {
                let at = self.insert_at(index, place, key, make());
                index = at.0;
                at.1
            }
        };
        &mut Rc::make_mut(&mut self.chunks[index])[place].1
    }

    /// Returns where the entry came to lie.
    fn insert_at(&mut self, mut index: usize, mut place: usize, key: K, value: V) -> (usize, usize) {
        self.len += 1;
        if self.chunks.is_empty() {
            self.chunks.push(Rc::new(vec![(key, value)]));
            return (0, 0);
        }
        if self.chunks[index].len() == CHUNK {
            // Keys that only grow fill their chunks; all others split them in halves.
            let append = place == CHUNK && index + 1 == self.chunks.len();
            let cut = if append { CHUNK } else { CHUNK / 2 };
            let tail = Rc::make_mut(&mut self.chunks[index]).split_off(cut);
            if append {
                self.chunks.push(Rc::new(vec![(key, value)]));
                return (index + 1, 0);
            }
            self.chunks.insert(index + 1, Rc::new(tail));
            if place > cut {
                index += 1;
                place -= cut;
            }
        }
        Rc::make_mut(&mut self.chunks[index]).insert(place, (key, value));
        (index, place)
    }

    /// Takes a pair out and gives its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (index, place) = self.find(key);
        let place = place.ok()?;
        self.len -= 1;
        let chunk = Rc::make_mut(&mut self.chunks[index]);
        let (_, value) = chunk.remove(place);
        if chunk.is_empty() {
            self.chunks.remove(index);
        } else if chunk.len() < CHUNK / 4 {
            self.merge(index);
        }
        Some(value)
    }

    /// Moves a small chunk's entries into the one before it, if there is room.
    fn merge(&mut self, index: usize) {
        let Some(before) = index.checked_sub(1) else { return };
        if self.chunks[before].len() + self.chunks[index].len() <= CHUNK {
            let moved = self.chunks.remove(index);
            Rc::make_mut(&mut self.chunks[before]).extend(moved.iter().cloned());
        }
    }

    /// All entries in key order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.chunks.iter().flat_map(|chunk| chunk.iter().map(|(key, value)| (key, value)))
    }

    /// The first key.
    pub fn first(&self) -> Option<&K> {
        Some(&self.chunks.first()?.first()?.0)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Entries whose key is in the range, in order.
    pub fn range<'a, Q, R>(&'a self, range: R) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, Q, R, K, V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized + 'a,
        R: RangeBounds<Q> + 'a,
    {
        let (first, skip) = match range.start_bound() {
            Bound::Unbounded => (0, 0),
            Bound::Included(key) => match self.find(key) {
                (chunk, Ok(place) | Err(place)) => (chunk, place),
            },
            Bound::Excluded(key) => match self.find(key) {
                (chunk, Ok(place)) => (chunk, place + 1),
                (chunk, Err(place)) => (chunk, place),
            },
        };
        self.chunks[first.min(self.chunks.len())..]
            .iter()
            .flat_map(|chunk| chunk.iter().map(|(key, value)| (key, value)))
            .skip(skip)
            .take_while(move |(key, _)| match range.end_bound() {
                Bound::Unbounded => true,
                Bound::Included(end) => (*key).borrow() <= end,
                Bound::Excluded(end) => (*key).borrow() < end,
            })
    }

    /// Keeps the entries that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.chunks.retain_mut(|chunk| {
            if !chunk.iter().all(|(key, value)| keep(key, value)) {
                Rc::make_mut(chunk).retain(|(key, value)| keep(key, value));
            }
            !chunk.is_empty()
        });
        self.len = self.chunks.iter().map(|chunk| chunk.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sim::Rng;

    /// Does the same at random to a map and to a `BTreeMap`, with clones that must not change.
    #[test]
    fn it_is_an_ordered_map_and_a_clone_stays_as_it_was() {
        let mut rng = Rng::new(7);
        let (mut map, mut model) = (SharedMap::new(), BTreeMap::new());
        let mut clones = Vec::new();
        for round in 0..4000 {
            let key = rng.below(300);
            match rng.below(5) {
                0 | 1 => assert_eq!(map.insert(key, round), model.insert(key, round)),
                2 | 3 if round > 2000 => assert_eq!(map.remove(&key), model.remove(&key)),
                2 => assert_eq!(map.get_or_insert_with(key, || round), model.entry(key).or_insert(round)),
                _ => assert_eq!(map.get_mut(&key).map(|v| *v), model.get(&key).copied()),
            }
            assert_eq!(map.len(), model.len());
            assert_eq!(map.get(&key), model.get(&key));
            if round % 250 == 0 {
                assert!(map.iter().eq(model.iter()));
                let (low, high) = (key, key + 50);
                assert!(map.range(low..high).eq(model.range(low..high)));
                assert!(map.range(low..=high).eq(model.range(low..=high)));
                assert!(map.range(low..).eq(model.range(low..)));
                clones.push((map.clone(), model.clone()));
            }
        }
        map.retain(|key, _| key % 3 == 0);
        model.retain(|key, _| key % 3 == 0);
        assert!(map.iter().eq(model.iter()) && map.len() == model.len());
        for (map, model) in clones {
            assert!(map.iter().eq(model.iter()), "a clone changed");
        }
    }
}
