//! What is kept of a file.

use super::{ByteRange, Version};
use crate::protocol::{Proof, Resume};
use crate::ranges::Ranges;

/// How many kept bytes, in bytes, are compared where equality stands in for a validator: 64 KiB.
pub const OVERLAP: u64 = 64 << 10;

/// What is kept of a file, and what the caller knows of it beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// The durable bytes (half-open); all of them are bytes of `version`.
    pub durable: &'a Ranges,
    /// The version that they are bytes of; `None` before the first answer.
    pub version: Option<&'a Version>,
    /// The size in bytes that the caller gave. Another size is an error.
    pub expected_size: Option<u64>,
    /// Whether the caller gave an `integrity`, so that a mixture of versions would be found out.
    pub hash_decides: bool,
    /// The queue's setting: whether an equal overlap may stand in for a proof.
    pub resume: Resume,
}

impl Kept<'_> {
    /// What a resume would rest on; `None` if it would start again from zero.
    ///
    /// A strong `ETag` before a strong date before the caller's hash. A date serves only where there
    /// is no `ETag` at all (R3). [`Proof::Likely`] comes last, and only where there is a length and a
    /// `Last-Modified` to compare beside the overlap; of no more bytes than that, all are fetched again.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        let version = self.version?;
        if version.resumable && version.strong_etag().is_some() {
            Some(Proof::Etag)
        } else if version.resumable && version.strong_date().is_some() {
            Some(Proof::Date)
        } else if version.resumable && self.hash_decides {
            Some(Proof::Hash)
        } else {
            self.is_likely().then_some(Proof::Likely)
        }
    }

    fn is_likely(&self) -> bool {
        let Some(version) = self.version else { return false };
        let can_be_compared = version.likely_size().is_some() && version.last_modified.is_some();
        self.resume == Resume::Likely && can_be_compared && self.contiguous() > OVERLAP
    }

    /// How many bytes are durable from the first one on without a gap.
    #[must_use]
    pub fn contiguous(&self) -> u64 {
        self.durable.contiguous()
    }

    /// The first range of bytes that is missing, bounded if durable bytes follow it; `None` if the
    /// size is known and nothing is missing.
    #[must_use]
    pub fn next_gap(&self) -> Option<ByteRange> {
        let start = self.contiguous();
        if self.version.and_then(|version| version.size).is_some_and(|size| size <= start) {
            return None;
        }
        let following = self.durable.iter().find(|range| range.start > start);
        Some(ByteRange { start, last: following.map(|range| range.start - 1) })
    }

    /// Whether exactly the bytes of a file of this size are durable.
    #[must_use]
    pub fn is_whole(&self, size: u64) -> bool {
        self.contiguous() == size && self.end() == size
    }

    /// One past the last durable byte.
    pub(super) fn end(&self) -> u64 {
        self.durable.end()
    }
}
