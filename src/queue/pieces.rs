//! Several connections for one file: which ranges they fetch.
//!
//! The first connection asks for all that is missing. Once its answer has shown that the server serves
//! ranges of a version that can be proven, a body is ended early, in the middle of what it has left, and
//! another connection fetches the rest. So all reach their ends at about the same time; whichever is
//! done first takes half of the largest rest. No byte is ever asked for by two connections: a range is
//! free only after the driver has said where the shortened body ends.

use super::Ticket;
use super::connection::{Connection, Stage};
use super::transfer::Transfer;
use crate::http::ByteRange;
use crate::protocol::{Proof, Resume};
use crate::time::Millis;
use std::ops::Range;

/// What is worth another connection, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pieces {
    /// With fewer bytes missing, a file keeps one connection. Default 16 MiB.
    pub least_rest: u64,
    /// No range is divided into ranges that are shorter. Default 1 MiB.
    pub least: u64,
    /// A byte that a reader waits for comes soon where a body is no further from it. Default 256 KiB.
    pub near: u64,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { least_rest: 16 << 20, least: 1 << 20, near: 256 << 10 }
    }
}

impl Transfer {
    /// Its size, if so much of it is missing that a second connection is worth its request, and if several
    /// may fetch it.
    pub(super) fn divisible_size(&self, resume: Resume, pieces: Pieces) -> Option<u64> {
        let size = self.version.as_ref()?.size?;
        let is_worth_it =
            self.in_pieces || size.saturating_sub(self.bytes_done()) >= pieces.least_rest;
        if is_worth_it { self.ranged_size(resume) } else { None }
    }

    /// Its size, if any range of it may be asked for: one was answered as one, and each further answer can
    /// show by a strong validator that it is of the same version.
    pub(super) fn ranged_size(&self, resume: Resume) -> Option<u64> {
        let size = self.version.as_ref()?.size?;
        let may_be = self.serves_ranges && !self.without_range && self.again.is_none();
        // The proof takes longest to find.
        (may_be && self.is_strong(resume)).then_some(size)
    }

    /// Whether each further answer can show by a strong validator that it is of the version that is kept.
    pub(super) fn is_strong(&self, resume: Resume) -> bool {
        matches!(self.kept(resume).proof(), Some(Proof::Date | Proof::Etag))
    }

    /// The first range that is missing and that no connection fetches, or one that begins where a reader
    /// waits. None is free while a connection is being ended, since nobody knows how far it got.
    pub(super) fn free_gap(&self, size: u64, now: Millis) -> Option<Range<u64>> {
        let mut taken = self.durable.clone();
        for connection in &self.connections {
            let range = connection.range(size)?;
            taken.insert(range);
        }
        let wanted = self.wanted_at(now).and_then(|at| {
            let gap = taken.gaps(size).find(|gap| gap.contains(&at))?;
            Some(at..gap.end)
        });
        wanted.or_else(|| taken.gaps(size).next())
    }

    /// The byte that a reader waits for.
    pub(super) fn wanted_at(&self, now: Millis) -> Option<u64> {
        self.wanted?.at(now)
    }

    /// Whether a running body has brought the byte at a position.
    pub(super) fn is_written(&self, at: u64) -> bool {
        let mut bodies = self.open().filter_map(Connection::receiving);
        bodies.any(|body| (body.from..body.position).contains(&at))
    }

    /// Whether a connection fetches a byte that is missing; which one and where it is, once it has brought
    /// anything.
    pub(super) fn bringing(&self, at: u64, size: u64) -> Option<Option<(Ticket, u64)>> {
        let fetches =
            |open: &&Connection| open.range(size).is_some_and(|range| range.contains(&at));
        let connection = self.open().find(fetches)?;
        let body = connection.receiving().filter(|_| connection.has_moved());
        Some(body.map(|body| (connection.ticket, body.position)))
    }

    /// The body of the connection that has most left, if that is worth dividing, and where to end it.
    /// One that is not answered yet, or is about to end earlier, is waited for.
    pub(super) fn division(&self, size: u64, pieces: Pieces) -> Option<(Ticket, u64)> {
        let longest = self.open().max_by_key(|connection| connection.left(size))?;
        let body = longest.receiving().filter(|body| !body.shortening && body.until.is_some())?;
        let left = longest.left(size);
        let is_worth_it = left >= pieces.least.saturating_mul(2).max(2);
        is_worth_it.then_some((longest.ticket, body.position + left / 2))
    }

    /// Whether a running connection fetches the byte at a position.
    pub(super) fn is_on_its_way(&self, position: u64) -> bool {
        self.open()
            .filter_map(|connection| connection.range(u64::MAX))
            .any(|range| range.contains(&position))
    }
}

impl Connection {
    /// Whether its body has brought anything.
    pub(super) fn has_moved(&self) -> bool {
        self.receiving().is_some_and(|body| body.position > body.from)
    }

    /// How many bytes it has still to bring.
    fn left(&self, size: u64) -> u64 {
        let end = self.range(size).map_or(0, |range| range.end);
        end.saturating_sub(
            self.receiving().map_or_else(
                || self.range(size).map_or(0, |range| range.start),
                |body| body.position,
            ),
        )
    }

    /// The bytes that it may bring; `None` where that is not known for certain.
    fn range(&self, size: u64) -> Option<Range<u64>> {
        match &self.stage {
            Stage::Receiving(body) => Some(body.from..body.until.unwrap_or(size)),
            Stage::Asking(asking) => asking.range.map(|range| range.until(size)),
            Stage::Requesting { request, .. } => request.range.map(|range| range.until(size)),
            Stage::Closing { .. } | Stage::Comparing(_) | Stage::Probing { .. } => None,
        }
    }
}

/// A range of a file of this size, to be asked for: its end is left open where the file's is meant.
pub(super) fn asked(gap: &Range<u64>, size: u64) -> ByteRange {
    ByteRange { start: gap.start, last: (gap.end < size).then(|| gap.end - 1) }
}
