//! Sets of byte ranges.

use std::ops::Range;
use std::slice;

/// Bytes of a file, as the ranges that they make up.
///
/// A file has few ranges, since neighbours are joined, so they are a plain list: sorted, none of them
/// empty, each ending before the next one begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ranges {
    ranges: Vec<Range<u64>>,
}

impl Ranges {
    /// No bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, the first one first.
    pub fn iter(&self) -> slice::Iter<'_, Range<u64>> {
        self.ranges.iter()
    }

    /// The range that has a byte.
    #[must_use]
    pub fn get(&self, at: u64) -> Option<&Range<u64>> {
        self.iter().find(|range| range.contains(&at))
    }

    /// Whether a byte is there.
    #[must_use]
    pub fn contains(&self, at: u64) -> bool {
        self.get(at).is_some()
    }

    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.iter().map(|range| range.end - range.start).sum()
    }

    /// How many bytes there are from the first one of the file on, without a gap.
    #[must_use]
    pub fn contiguous(&self) -> u64 {
        self.get(0).map_or(0, |range| range.end)
    }

    /// One past the last byte; 0 where there is none.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |range| range.end)
    }

    /// What is missing of a file of this size, the first gap first.
    pub fn gaps(&self, size: u64) -> impl Iterator<Item = Range<u64>> {
        let starts = self.iter().map(|range| range.start).chain([u64::MAX]);
        let ends = [0].into_iter().chain(self.iter().map(|range| range.end));
        let between = ends.zip(starts).map(move |(end, start)| end..start.min(size));
        between.filter(|gap| !gap.is_empty())
    }

    /// Adds the bytes of a range, which may be there already or be none.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let from = self.ranges.partition_point(|other| other.end < range.start);
        let to = self.ranges.partition_point(|other| other.start <= range.end);
        let joined = self.ranges[from..to]
            .iter()
            .fold(range, |joined, other| joined.start.min(other.start)..joined.end.max(other.end));
        self.ranges.splice(from..to, [joined]);
    }
}

impl FromIterator<Range<u64>> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        let mut all = Self::new();
        for range in ranges {
            all.insert(range);
        }
        all
    }
}
