//! One file of a job: which bytes of which version are kept, and the connections that fetch more.

use super::connection::{Asking, Connection, Flush, Receiving, Source, Stage};
use super::readers::Wanted;
use super::{Part, Ticket};
use crate::abi::FileSet;
use crate::http::{Kept, Reach, Version};
use crate::protocol::{FileRow, Resume, Serial, Settings};
use crate::ranges::Ranges;
use crate::snapshot::{HashMark, TransferRecord};
use crate::time::Millis;
use std::ops::Range;

/// A part that another context has held for so long is left to it: that context may be frozen.
const HELD_LIMIT: Millis = Millis(30_000);

/// Bodies are flushed while this part of a checkpoint's bytes may still come: a record takes milliseconds,
/// in which a fast network brings a few MiB. Each flush costs a moment in which nothing is read.
const RESERVES_PER_CHECKPOINT: u64 = 4;

/// One file of a job.
///
/// `durable`, `version` and `generation` belong together: the part of that generation holds those bytes
/// of that version and of no other. [`Transfer::start_again`] changes all three at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Transfer {
    pub(super) file: FileSet,
    pub(super) generation: u32,
    pub(super) durable: Ranges,
    pub(super) version: Option<Version>,
    /// All bytes are there, durable, and checked against `integrity`.
    pub(super) complete: bool,
    /// It stands under its name.
    pub(super) published: bool,
    /// The next request goes without `Range`, and so from zero.
    pub(super) without_range: bool,
    /// The next request goes without `Range`, to see whether what is kept can be continued.
    pub(super) looks_for_whole: bool,
    /// The latest request with `Range` got no answer, which may be the browser's word for a coded one.
    pub(super) may_be_coded: bool,
    /// How many durable bytes no record names, and no commit that is under way.
    pub(super) unrecorded: u64,
    /// How many bytes the commit under way is the first to name.
    pub(super) recording: u64,
    /// The most bytes that ever were there, in whichever generation; more is progress.
    pub(super) furthest: u64,
    /// How far the part is hashed, of what is durable from the first byte on.
    pub(super) hash: HashMark,
    /// The latest word of that, while what was hashed is not durable.
    newer_hash: Option<HashMark>,
    /// Answers in a row that brought no progress.
    pub(super) fruitless: u32,
    /// Since when another context holds its part.
    pub(super) held_since: Option<Millis>,
    /// A page could read an answer, since the engine started.
    pub(super) was_answered: bool,
    /// A range of the version that is kept was answered as one, since the engine started.
    pub(super) serves_ranges: bool,
    /// It has been fetched in pieces, since the engine started.
    pub(super) in_pieces: bool,
    /// Why it starts again as soon as its connections have ended.
    pub(super) again: Option<Again>,
    /// The byte that a reader waits for.
    pub(super) wanted: Option<Wanted>,
    /// What fetches it, the oldest first; more than one only where each answer proves its version.
    pub(super) connections: Vec<Connection>,
    /// What is done with its part, while no connection is open.
    pub(super) work: Option<Work>,
}

/// Why a file starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Again {
    /// Its server holds another version.
    Changed,
    /// Its part is gone from the disk.
    Lost,
    /// Its bytes cannot be kept, and its group leaves.
    Unkept,
    /// Its server is not understood in ranges, for this reason.
    WithoutRange(&'static str),
}

/// What is done with a part as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// Another context holds the part: what is durable is copied into the next generation's.
    Copying,
    /// All bytes are there and are read through SHA-256.
    Hashing {
        /// The first bytes of them were hashed before.
        is_continued: bool,
    },
    /// The part is being moved to its name.
    Publishing,
}

impl Transfer {
    pub(super) fn new(file: FileSet) -> Self {
        Self {
            file,
            generation: 0,
            durable: Ranges::new(),
            version: None,
            complete: false,
            published: false,
            without_range: false,
            looks_for_whole: false,
            may_be_coded: false,
            unrecorded: 0,
            recording: 0,
            furthest: 0,
            hash: HashMark::default(),
            newer_hash: None,
            fruitless: 0,
            held_since: None,
            was_answered: false,
            serves_ranges: false,
            in_pieces: false,
            again: None,
            wanted: None,
            connections: Vec::new(),
            work: None,
        }
    }

    /// What the judge has to know of what is kept.
    pub(super) fn kept(&self, resume: Resume) -> Kept<'_> {
        Kept {
            durable: &self.durable,
            version: self.version.as_ref(),
            expected_size: self.file.size,
            hash_decides: self.file.integrity.is_some(),
            resume,
        }
    }

    /// The size of the version that is kept, or the one that the caller promised, until more has come.
    pub(super) fn size(&self) -> Option<u64> {
        let promised = self.file.size.filter(|size| self.bytes_done() <= *size);
        self.version.as_ref().and_then(|version| version.size).or(promised)
    }

    /// Bytes that count as fetched: the durable ones, and those of the running bodies.
    pub(super) fn bytes_done(&self) -> u64 {
        self.durable.bytes() + self.connections.iter().map(Connection::unflushed).sum::<u64>()
    }

    /// Whether every byte of a known size is durable.
    pub(super) fn is_all_durable(&self) -> bool {
        self.version
            .as_ref()
            .and_then(|version| version.size)
            .is_some_and(|size| self.durable.gaps(size).next().is_none())
    }

    /// Whether every byte of a known size has come, over one connection, and the last of them are not
    /// durable yet.
    pub(super) fn has_come(&self) -> bool {
        let [Connection { stage: Stage::Receiving(body), .. }] = &self.connections[..] else {
            return false;
        };
        let size = self.version.as_ref().and_then(|version| version.size);
        size.is_some_and(|size| {
            let is_brought = |gap: Range<u64>| body.from <= gap.start && gap.end <= body.position;
            self.durable.gaps(size).all(is_brought)
        })
    }

    /// The end of the last durable range.
    pub(super) fn durable_end(&self) -> u64 {
        self.durable.end()
    }

    /// Notes how far the part is hashed; it counts once those bytes are durable.
    pub(super) fn note_hash(&mut self, mark: Option<HashMark>) {
        self.newer_hash = mark;
        self.settle_hash();
    }

    fn settle_hash(&mut self) {
        let end = self.durable.contiguous();
        if let Some(mark) = self.newer_hash.take_if(|mark| mark.position <= end) {
            self.hash = mark;
        }
    }

    /// From where a body that begins at a position is to be hashed while it is written; `None` where
    /// there is nothing to check, or bytes before it are missing.
    pub(super) fn hash_before(&self, from: u64) -> Option<HashMark> {
        let is_next = self.file.integrity.is_some() && self.durable.contiguous() == from;
        is_next.then(|| self.hash.clone())
    }

    /// Counts bytes as durable; says whether that is more than ever.
    pub(super) fn keep(&mut self, from: u64, to: u64) -> bool {
        if from < to {
            let before = self.durable.bytes();
            self.durable.insert(from..to);
            self.unrecorded += self.durable.bytes() - before;
            self.settle_hash();
        }
        self.advance()
    }

    /// Notes how many bytes are there; says whether that is more than ever.
    pub(super) fn advance(&mut self) -> bool {
        let done = self.bytes_done();
        let is_more = done > self.furthest;
        if is_more {
            self.furthest = done;
            self.fruitless = 0;
        }
        is_more
    }

    /// How many bytes a body may be written beyond what of it is flushed: with those that no record names
    /// they are one checkpoint's, so that this is what a crash can cost a file for each of its bodies.
    pub(super) fn allowance(&self, bytes: u64) -> u64 {
        bytes.max(1).saturating_sub(self.unrecorded + self.recording)
    }

    /// The commit under way is durable. Tells the bodies that may be written further, and up to where.
    pub(super) fn note_recorded(&mut self, bytes: u64, now: Millis) -> Vec<(Ticket, u64)> {
        self.recording = 0;
        let allowance = self.allowance(bytes);
        let allowed = self.connections.iter_mut().filter_map(|connection| {
            let ticket = connection.ticket;
            let body = connection.receiving_mut()?;
            let further = body.flushed.saturating_add(allowance);
            let is_enough = body.until.is_some_and(|until| until <= body.allowed);
            if is_enough || further <= body.allowed {
                return None;
            }
            if body.is_held_back() {
                body.moved_at = now;
            }
            body.allowed = further;
            Some((ticket, further))
        });
        allowed.collect()
    }

    /// The connections whose bodies are to be flushed, if most of what a checkpoint allows is not durable.
    pub(super) fn flush_if_due(
        &mut self,
        bytes: u64,
        interval: Millis,
        now: Millis,
    ) -> Vec<Ticket> {
        let unflushed: u64 = self.unflushed_bodies().map(Receiving::unflushed).sum();
        let is_late = |body: &Receiving| now.since(body.flushed_at) >= interval;
        // The rest is for what comes until the record of these is written.
        let most = bytes.saturating_sub(bytes / RESERVES_PER_CHECKPOINT);
        let is_due = unflushed >= most || self.unflushed_bodies().any(is_late);
        if unflushed == 0 || !is_due || self.is_flushing() {
            return Vec::new();
        }
        let ordered = self.connections.iter_mut().filter_map(|connection| {
            let ticket = connection.ticket;
            let body = connection.receiving_mut().filter(|body| body.unflushed() > 0)?;
            body.flush = Flush::Ordered;
            Some(ticket)
        });
        ordered.collect()
    }

    /// When a flush is due at the latest.
    fn flush_due_at(&self, interval: Millis) -> Option<Millis> {
        let oldest = self.unflushed_bodies().map(|body| body.flushed_at).min()?;
        (!self.is_flushing()).then(|| oldest.plus(interval))
    }

    /// When to flush its bytes, to give a connection of it up, or to ask another page.
    pub(super) fn alarm(&self, settings: &Settings) -> Option<Millis> {
        let stalls = self.connections.iter().filter_map(Connection::moved_at);
        let stall = stalls.min().map(|at| at.plus(settings.retry.stall_timeout));
        let answers = self.connections.iter().filter_map(Connection::asking);
        let answer = answers.map(|asking| asking.until).min();
        let flush = self.flush_due_at(settings.checkpoint.interval);
        flush.into_iter().chain(stall).chain(answer).min()
    }

    fn unflushed_bodies(&self) -> impl Iterator<Item = &Receiving> {
        self.bodies().filter(|body| body.unflushed() > 0)
    }

    /// The bodies that are being written.
    fn bodies(&self) -> impl Iterator<Item = &Receiving> {
        self.connections.iter().filter_map(Connection::receiving)
    }

    fn is_flushing(&self) -> bool {
        self.bodies().any(|body| body.flush != Flush::None)
    }

    /// Counts what was flushed as durable, once no body's flush is under way any more; says whether it
    /// did.
    pub(super) fn keep_flushed(&mut self, now: Millis) -> bool {
        if self.bodies().any(|body| body.flush == Flush::Ordered) {
            return false;
        }
        let mut flushed = Vec::new();
        for body in self.connections.iter_mut().filter_map(Connection::receiving_mut) {
            if let Flush::Done(position) = body.flush {
                body.flush = Flush::None;
                body.flushed = body.flushed.max(position);
                body.flushed_at = now;
                body.position = body.position.max(position);
                flushed.push((body.from, position));
            }
        }
        for &(from, to) in &flushed {
            self.keep(from, to);
        }
        !flushed.is_empty()
    }

    /// Forgets what is kept, in favour of a new generation. The part of the old one, if there is any,
    /// may be deleted once the record names the new one.
    pub(super) fn start_again(&mut self, serial: Serial, index: u32) -> Option<Part> {
        debug_assert!(
            self.connections.iter().all(|open| !open.writes()),
            "what a body brought into the part that is given up is still to come"
        );
        let old = (!self.durable.is_empty()).then(|| self.part(serial, index));
        if old.is_some() {
            self.generation += 1;
        }
        self.durable = Ranges::new();
        self.unrecorded = 0;
        self.recording = 0;
        self.version = None;
        self.hash = HashMark::default();
        self.newer_hash = None;
        self.complete = false;
        self.serves_ranges = false;
        self.held_since = None;
        old
    }

    /// Whether another context has held the part for longer than one that is going does.
    pub(super) fn is_held_for_long(&self, now: Millis) -> bool {
        self.held_since.is_some_and(|since| now.since(since) >= HELD_LIMIT)
    }

    /// The kept bytes stand in the next generation's part too. Names the part that they are left in.
    pub(super) fn leave_part(&mut self, serial: Serial, index: u32) -> Part {
        let old = self.part(serial, index);
        self.generation += 1;
        self.held_since = None;
        old
    }

    /// The part that holds the kept bytes.
    pub(super) const fn part(&self, serial: Serial, index: u32) -> Part {
        Part { serial, index, generation: self.generation }
    }

    /// How far a connection is.
    pub(super) fn stage_mut(&mut self, ticket: Ticket) -> Option<&mut Stage> {
        let connection =
            self.connections.iter_mut().find(|connection| connection.ticket == ticket)?;
        Some(&mut connection.stage)
    }

    /// A connection whose request is not decided yet.
    pub(super) fn asking_mut(&mut self, ticket: Ticket) -> Option<&mut Asking> {
        match self.stage_mut(ticket)? {
            Stage::Asking(asking) => Some(asking),
            Stage::Closing { .. }
            | Stage::Comparing(_)
            | Stage::Probing { .. }
            | Stage::Receiving(_)
            | Stage::Requesting { .. } => None,
        }
    }

    /// The body that a connection writes.
    pub(super) fn receiving_mut(&mut self, ticket: Ticket) -> Option<&mut Receiving> {
        match self.stage_mut(ticket)? {
            Stage::Receiving(receiving) => Some(receiving),
            Stage::Asking(_)
            | Stage::Closing { .. }
            | Stage::Comparing(_)
            | Stage::Probing { .. }
            | Stage::Requesting { .. } => None,
        }
    }

    /// A connection has ended: how far it was.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Stage> {
        let place = self.connections.iter().position(|open| open.ticket == ticket)?;
        Some(self.connections.remove(place).stage)
    }

    /// The connections that are not being ended.
    pub(super) fn open(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.connections.iter().filter(|connection| connection.is_open())
    }

    /// Whether its part may be open in the driver, or anything else is under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.connections.is_empty() || self.work.is_some()
    }

    /// How far what is asked for is from a page of this origin; `None` is a host without CORS.
    pub(super) fn reach_from(&self, page: Option<&str>, source: &Source) -> Reach {
        Reach::between(page, source.url(&self.file.remote).origin())
    }

    /// Whether its server ever let a page read an answer.
    pub(super) fn is_known_to_answer(&self) -> bool {
        self.was_answered || self.version.is_some() || self.furthest > 0
    }

    pub(super) fn row(&self, resume: Resume) -> FileRow {
        FileRow {
            info: self.file.info(),
            complete: self.complete,
            published: self.published,
            bytes_done: self.bytes_done(),
            bytes_total: self.size(),
            ranges: self.durable.iter().map(|range| (range.start, range.end)).collect(),
            etag: self.version.as_ref().and_then(|version| version.etag.clone()),
            last_modified: self.version.as_ref().and_then(|version| version.last_modified.clone()),
            proof: self.kept(resume).proof(),
        }
    }

    pub(super) fn record(&self) -> TransferRecord {
        TransferRecord {
            info: self.file.info(),
            generation: self.generation,
            ranges: self.durable.iter().map(|range| (range.start, range.end)).collect(),
            version: self.version.clone(),
            complete: self.complete,
            published: self.published,
            without_range: self.without_range,
            furthest: self.furthest,
            hash: Some(self.hash.clone()).filter(|mark| mark.position > 0),
        }
    }

    /// A file as it was saved; `None` when the record makes no sense.
    pub(super) fn restored(record: TransferRecord) -> Option<Self> {
        let mut durable = Ranges::new();
        for (start, end) in record.ranges {
            if start >= end {
                return None;
            }
            durable.insert(start..end);
        }
        let hashable = durable.contiguous();
        Some(Self {
            generation: record.generation,
            durable,
            version: record.version,
            complete: record.complete,
            published: record.published,
            without_range: record.without_range,
            furthest: record.furthest,
            hash: record.hash.filter(|mark| mark.position <= hashable).unwrap_or_default(),
            ..Self::new(FileSet::try_from(record.info).ok()?)
        })
    }
}
