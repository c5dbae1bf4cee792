//! Several connections for one file: which ranges they fetch, and how many of them help.
//!
//! The first connection asks for all that is missing. Once its answer has shown that the server serves
//! ranges of a version that can be proven, a body is ended early, in the middle of what it has left, and
//! another connection fetches the rest. So all reach their ends at about the same time; whichever is
//! done first takes half of the largest rest. No byte is ever asked for by two connections: a range is
//! free only after the driver has said where the shortened body ends.

use super::transfer::{Connection, Stage, Transfer};
use super::{LONGEST_WAIT, Ticket};
use crate::http::{ByteRange, Failure};
use crate::protocol::{Proof, Resume};
use crate::time::Millis;
use std::ops::Range;

/// So many connections to one file at most, where nobody names a number.
const MOST: u32 = 4;

/// So long a speed is measured.
const WINDOW: Millis = Millis(1_000);

/// A connection that has just begun is not as fast as it will be.
const RAMP: Millis = Millis(500);

/// A file that is done in less time than that is not worth a trial of one connection more.
const LEAST_SECONDS: u64 = 3;

/// So long after a connection that brought nothing none is tried.
const PAUSE: Millis = Millis(60_000);

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
            if !range.is_empty() {
                taken.insert(range);
            }
        }
        let wanted = self.wanted_at(now).and_then(|at| {
            let gap = taken.gaps(&(0..size)).find(|gap| gap.contains(&at))?;
            Some(at..gap.end)
        });
        wanted.or_else(|| taken.gaps(&(0..size)).next())
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

/// How many connections a group's files of one server get: as many as have been seen to help, and no more
/// than the server takes. None of it survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Breadth {
    /// So many help, or the last of them is on trial.
    wanted: u32,
    trial: Option<Trial>,
    /// No trial begins earlier.
    next_trial: Millis,
    /// So many were not refused or cut off.
    most: Option<u32>,
    /// How many bodies moved when the measurement began.
    moving: u32,
    /// When the measurement begins.
    since: Millis,
    bytes: u64,
    /// What a server said that asked for patience, and until when.
    patience: Option<(Failure, Millis)>,
}

/// A connection of which it is measured whether it helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Trial {
    /// The speed before it began, in bytes a second.
    before: u64,
    /// One measurement has shown no gain. A flush, or other work of the machine, can take a good part of
    /// one, so that it takes a second to believe it.
    is_doubted: bool,
}

impl Default for Breadth {
    fn default() -> Self {
        Self {
            wanted: 1,
            trial: None,
            next_trial: Millis(0),
            most: None,
            moving: 0,
            since: Millis(0),
            bytes: 0,
            patience: None,
        }
    }
}

impl Breadth {
    /// How many connections there may be, where the settings name a number or leave it open.
    pub(super) fn limit(&self, setting: Option<u32>) -> u32 {
        setting.unwrap_or(self.wanted).min(self.most.unwrap_or(u32::MAX))
    }

    /// Counts bytes that have come over `moving` bodies of a file that has `left` bytes to go. At the
    /// end of each measurement it is decided whether the connection on trial stays, and whether another
    /// one is tried.
    pub(super) fn count(&mut self, bytes: u64, moving: u32, left: u64, now: Millis) {
        if moving != self.moving {
            self.moving = moving;
            return self.measure_from(now.plus(RAMP));
        }
        if now <= self.since {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let elapsed = now.since(self.since);
        if elapsed < WINDOW {
            return;
        }
        let speed = self.bytes.saturating_mul(1_000) / elapsed.0;
        self.measure_from(now);
        if moving != self.limit(None) {
            return;
        }
        let others = u64::from(self.wanted.saturating_sub(1).max(1));
        match self.trial.take() {
            // Less than a quarter of what each of the others brings is no gain. Servers that limit a
            // connection send in bursts, which makes either measurement wrong by a fifth.
            Some(Trial { before, is_doubted })
                if speed < before.saturating_add(before / (4 * others)) =>
            {
                if is_doubted {
                    self.wanted -= 1;
                    self.next_trial = now.plus(PAUSE);
                } else {
                    self.trial = Some(Trial { before, is_doubted: true });
                }
            }
            Some(_) | None => {
                let is_worth_it = left / LEAST_SECONDS >= speed;
                let may_be_more = self.wanted < self.most.unwrap_or(MOST).min(MOST);
                if is_worth_it && may_be_more && now >= self.next_trial {
                    self.trial = Some(Trial { before: speed, is_doubted: false });
                    self.wanted += 1;
                }
            }
        }
    }

    /// Nothing moves: the time until something does again says nothing of a speed.
    pub(super) const fn forget_speed(&mut self) {
        self.moving = 0;
    }

    fn measure_from(&mut self, since: Millis) {
        self.since = since;
        self.bytes = 0;
    }

    /// A connection was refused, cut off or of no use, while `open` others of its file go on.
    pub(super) fn narrow(&mut self, open: usize) {
        self.most = Some(u32::try_from(open).unwrap_or(u32::MAX).max(1));
        self.trial = None;
    }

    /// A server has asked for patience while other connections of the file go on.
    pub(super) fn be_patient(&mut self, failure: &Failure, now: Millis) {
        if let Some(asked) = failure.retry_after.filter(|_| failure.transient) {
            let until = now.plus(asked.min(LONGEST_WAIT));
            self.patience = Some((failure.clone(), until));
        }
    }

    /// Whether a server has asked for patience until later than `now`.
    pub(super) fn is_impatient(&self, now: Millis) -> bool {
        self.patience.as_ref().is_some_and(|(_, until)| *until > now)
    }

    /// What the server said that has asked for patience until later than `now`, with the time that is left.
    pub(super) fn impatience(&mut self, now: Millis) -> Option<Failure> {
        let (failure, until) = self.patience.take().filter(|(_, until)| *until > now)?;
        Some(Failure { retry_after: Some(until.since(now)), ..failure })
    }

    /// The file begins anew after a failure: what its server took before says little.
    pub(super) fn forget_limits(&mut self) {
        self.most = None;
        self.patience = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of bodies that report each 100 ms, of `speed` bytes a second together.
    fn seconds(breadth: &mut Breadth, from: u64, seconds: u64, moving: u32, speed: u64) -> u64 {
        for tick in 0..seconds * 10 {
            breadth.count(speed / 10, moving, u64::MAX, Millis(from + tick * 100));
        }
        from + seconds * 1_000
    }

    #[test]
    fn each_connection_that_brings_its_share_is_followed_by_another_up_to_four() {
        let mut breadth = Breadth::default();
        let mut now = 1_000;
        for moving in 1..=4 {
            assert_eq!(breadth.limit(None), moving);
            now = seconds(&mut breadth, now, 2, moving, u64::from(moving) * 5_000_000);
        }
        seconds(&mut breadth, now, 10, 4, 20_000_000);
        assert_eq!(breadth.limit(None), 4);
    }

    #[test]
    fn the_least_gain_is_a_quarter_of_what_each_of_the_others_brings() {
        for (before, after, is_kept) in
            [(100, 124, false), (100, 126, true), (100, 100, false), (100, 50, false)]
        {
            let mut breadth = Breadth::default();
            let now = seconds(&mut breadth, 1_000, 2, 1, before * 1_000);
            let now = seconds(&mut breadth, now, 3, 2, after * 1_000);
            assert_eq!(breadth.limit(None) >= 2, is_kept, "{before} becomes {after}");
            // What was refused is tried again, much later.
            seconds(&mut breadth, now + PAUSE.0, 2, 1, before * 1_000);
            assert!(breadth.limit(None) >= 2, "{before} becomes {after}");
        }
    }

    #[test]
    fn one_measurement_without_a_gain_is_not_believed() {
        for (second, is_kept) in [(2_000_000, true), (1_000_000, false)] {
            let mut breadth = Breadth::default();
            let now = seconds(&mut breadth, 1_000, 2, 1, 1_000_000);
            // With the half second in which a connection becomes fast, the first measurement.
            let now = seconds(&mut breadth, now, 2, 2, 1_000_000);
            assert_eq!(breadth.limit(None), 2);
            seconds(&mut breadth, now, 1, 2, second);
            assert_eq!(breadth.limit(None) >= 2, is_kept, "then {second} bytes a second");
        }
    }

    #[test]
    fn what_is_done_soon_is_left_alone() {
        for (left, is_tried) in [(2_999_999, false), (3_100_000, true)] {
            let mut breadth = Breadth::default();
            for tick in 0..20 {
                breadth.count(100_000, 1, left, Millis(1_000 + tick * 100));
            }
            assert_eq!(breadth.limit(None) == 2, is_tried, "{left} bytes at 1 MB/s");
        }
    }

    #[test]
    fn a_number_holds_and_a_refusal_is_below_it() {
        let mut breadth = Breadth::default();
        assert_eq!(breadth.limit(Some(7)), 7);
        breadth.narrow(2);
        assert_eq!((breadth.limit(Some(7)), breadth.limit(None)), (2, 1));
        breadth.narrow(0);
        assert_eq!(breadth.limit(Some(7)), 1);
        breadth.forget_limits();
        assert_eq!(breadth.limit(Some(7)), 7);
    }

    #[test]
    fn time_in_which_nothing_moves_does_not_count() {
        let mut breadth = Breadth::default();
        let now = seconds(&mut breadth, 1_000, 1, 1, 1_000_000);
        breadth.forget_speed();
        // Were the minute counted, the speed would be next to nothing.
        breadth.count(1_000, 1, 1_000_000, Millis(now + 60_000));
        assert_eq!(breadth.limit(None), 1);
    }
}
