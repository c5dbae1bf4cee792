//! Ordered maps and sets.
//!
//! The queue keeps some thirty of them, of almost as many types. A B-tree brings its whole code anew for each
//! type, these bring a small part of that.

mod set;

pub use set::Set;

use std::borrow::Borrow;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Bound, RangeBounds};
use std::{mem, slice};

/// A chunk has room for about so many bytes, which are what an insertion moves.
const CHUNK_SIZE: usize = 2048;

/// A map in the order of its keys, as [`std::collections::BTreeMap`] is one.
///
/// Its entries lie in a list of short sorted lists. To find a key, two binary searches. To insert or to
/// remove one, as many bytes move as a chunk has; each time that a chunk is full, the list of chunks moves.
/// With a million entries that is still less than what an insertion costs by itself.
#[derive(Clone)]
pub struct Map<K, V> {
    /// None is empty, except one that is alone: it keeps its room for what comes next.
    chunks: Vec<Vec<(K, V)>>,
    len: usize,
    /// Where a key was found last. What happens to one thing looks it up again and again.
    last: Cell<Place>,
}

/// Where a key is, or would be.
#[derive(Clone, Copy, Default)]
struct Place {
    chunk: usize,
    at: usize,
}

impl<K, V> Map<K, V> {
    /// So many entries a chunk has room for.
    const ROOM: usize = {
        let room = CHUNK_SIZE / size_of::<(K, V)>();
        if room < 8 { 8 } else { room }
    };

    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0, last: Cell::new(Place { chunk: 0, at: 0 }) }
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entries.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { chunks: self.chunks.iter(), entries: [].iter() }
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.chunks.iter_mut().flatten().map(|(_, value)| value)
    }

    /// Removes the first entry.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (self.len > 0).then(|| self.remove_at(Place { chunk: 0, at: 0 }))
    }

    /// Removes the entries that are not to be kept.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&K, &mut V) -> bool) {
        let mut behind = self.chunks.len();
        self.len = 0;
        self.chunks.retain_mut(|chunk| {
            chunk.retain_mut(|(key, value)| is_kept(key, value));
            self.len += chunk.len();
            behind -= 1;
            !chunk.is_empty() || self.len == 0 && behind == 0
        });
    }

    fn insert_at(&mut self, Place { chunk, at }: Place, entry: (K, V)) {
        self.len += 1;
        let is_last = chunk + 1 >= self.chunks.len();
        let Some(entries) = self.chunks.get_mut(chunk) else {
            self.chunks.push(vec![entry]);
            return;
        };
        if entries.len() < Self::ROOM {
            entries.insert(at, entry);
            return;
        }
        let behind = if is_last && at == entries.len() {
            // What comes in order fills each chunk.
            vec![entry]
        } else {
            let mut behind = entries.split_off(Self::ROOM / 2);
            match at.checked_sub(entries.len()) {
                Some(at) => behind.insert(at, entry),
                None => entries.insert(at, entry),
            }
            behind
        };
        self.chunks.insert(chunk + 1, behind);
    }

    fn remove_at(&mut self, Place { chunk, at }: Place) -> (K, V) {
        self.len -= 1;
        let entry = self.chunks[chunk].remove(at);
        if self.chunks[chunk].is_empty() && self.chunks.len() > 1 {
            self.chunks.remove(chunk);
        }
        entry
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Sets a key's value, and gives the one before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => Some(mem::replace(self.value_at(place), value)),
            Err(place) => {
                self.insert_at(place, (key, value));
                None
            }
        }
    }

    /// Removes a key, and gives its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        Some(self.remove_at(place).1)
    }

    /// A key's value.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let Place { chunk, at } = self.find(key).ok()?;
        Some(&self.chunks[chunk][at].1)
    }

    /// A key's value, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        Some(self.value_at(place))
    }

    /// Whether there is a key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// The entries whose keys are in a range.
    pub fn range<Q: Ord + ?Sized>(
        &self,
        range: impl RangeBounds<Q> + Clone,
    ) -> impl Iterator<Item = (&K, &V)> + Clone
    where
        K: Borrow<Q>,
    {
        let start = match range.start_bound() {
            Bound::Included(key) => self.find(key).unwrap_or_else(|place| place),
            Bound::Excluded(key) => match self.find(key) {
                Ok(Place { chunk, at }) => Place { chunk, at: at + 1 },
                Err(place) => place,
            },
            Bound::Unbounded => Place { chunk: 0, at: 0 },
        };
        let mut chunks = self.chunks.get(start.chunk..).unwrap_or_default().iter();
        let entries = chunks.next().and_then(|chunk| chunk.get(start.at..)).unwrap_or_default();
        Iter { chunks, entries: entries.iter() }.take_while(move |(key, _)| {
            match range.end_bound() {
                Bound::Included(end) => (*key).borrow() <= end,
                Bound::Excluded(end) => (*key).borrow() < end,
                Bound::Unbounded => true,
            }
        })
    }

    /// Where a key is; or where it would be.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Place, Place>
    where
        K: Borrow<Q>,
    {
        if self.len == 0 {
            return Err(Place::default());
        }
        let last = self.last.get();
        let entries = self.chunks.get(last.chunk).map_or([].as_slice(), Vec::as_slice);
        if entries.get(last.at).is_some_and(|(known, _)| known.borrow() == key) {
            return Ok(last);
        }
        let is_in_last_chunk = matches!(
            entries,
            [(first, _), .., (end, _)] if first.borrow() <= key && key <= end.borrow()
        );
        let begins_behind = |chunk: &Vec<(K, V)>| chunk[0].0.borrow() > key;
        let chunk = match self.chunks.get(1..) {
            // What is looked for lies close to that as a rule.
            Some(_) if is_in_last_chunk => last.chunk,
            // The first one is where a key is that lies before all, too, and it may be empty.
            Some(others) => others.partition_point(|chunk| !begins_behind(chunk)),
            None => 0,
        };
        let entries = self.chunks.get(chunk).map_or([].as_slice(), Vec::as_slice);
        match entries.binary_search_by(|(known, _)| known.borrow().cmp(key)) {
            Ok(at) => {
                self.last.set(Place { chunk, at });
                Ok(Place { chunk, at })
            }
            Err(at) => Err(Place { chunk, at }),
        }
    }

    fn value_at(&mut self, Place { chunk, at }: Place) -> &mut V {
        &mut self.chunks[chunk][at].1
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}

// How the entries lie in chunks tells how they came, which is no part of what they are.

impl<K: PartialEq, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other)
    }
}

impl<K: Eq, V: Eq> Eq for Map<K, V> {}

impl<K: Hash, V: Hash> Hash for Map<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len.hash(state);
        for entry in self {
            entry.hash(state);
        }
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<(K, V)>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.chunks.into_iter().flatten()
    }
}

/// The entries of a [`Map`].
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    /// The chunks behind that of `entries`.
    chunks: slice::Iter<'a, Vec<(K, V)>>,
    entries: slice::Iter<'a, (K, V)>,
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), entries: self.entries.clone() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.entries.next() {
                return Some((key, value));
            }
            self.entries = self.chunks.next()?.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let behind: usize = self.chunks.clone().map(Vec::len).sum();
        let len = self.entries.len() + behind;
        (len, Some(len))
    }
}
