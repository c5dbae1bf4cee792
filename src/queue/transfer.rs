//! One file of a job: which bytes of which version are kept, and the connection that fetches more.

use super::{Part, Ticket};
use crate::abi::FileSet;
use crate::http::{Kept, Reach, Version};
use crate::protocol::{FileRow, Resume, Serial};
use crate::snapshot::{HashMark, TransferRecord};
use crate::time::Millis;
use rangemap::RangeSet;

/// A part that another context has held for so long is left to it: that context may be frozen.
const HELD_LIMIT: Millis = Millis(30_000);

/// One file of a job.
///
/// `durable`, `version` and `generation` belong together: the part of that generation holds those bytes
/// of that version and of no other. [`Transfer::start_again`] changes all three at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Transfer {
    pub(super) file: FileSet,
    pub(super) generation: u32,
    pub(super) durable: RangeSet<u64>,
    pub(super) version: Option<Version>,
    /// All bytes are there, durable, and checked against `integrity`.
    pub(super) complete: bool,
    /// It stands under its name.
    pub(super) published: bool,
    /// The next request goes without `Range`, and so from zero.
    pub(super) without_range: bool,
    /// The latest request with `Range` got no answer, which may be the browser's word for a coded one.
    pub(super) may_be_coded: bool,
    /// The furthest byte ever reached, in whichever generation; going beyond it is progress.
    pub(super) furthest: u64,
    /// How far the part is hashed; of use where the file has `integrity`, and only up to where it is
    /// durable.
    pub(super) hash: HashMark,
    /// Answers in a row that brought no progress.
    pub(super) fruitless: u32,
    /// Since when another context holds its part.
    pub(super) held_since: Option<Millis>,
    /// A page could read an answer, since the engine started.
    pub(super) was_answered: bool,
    pub(super) connection: Connection,
}

/// What is on its way for a file. None of it survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Connection {
    /// Aborted; its part is not closed yet. The bytes that were not flushed are counted until it tells
    /// how many of them are kept, which are all of them as a rule: progress does not go back for a moment.
    Closing { ticket: Ticket, from: Option<u64>, unflushed: u64 },
    /// Another context holds the part: what is durable is copied into the next generation's.
    Copying { ticket: Ticket },
    /// The start of a body is held against bytes that are kept.
    Comparing(Comparing),
    /// All bytes are there and are read through SHA-256.
    Hashing {
        ticket: Ticket,
        /// The first bytes of them were hashed before.
        is_continued: bool,
    },
    /// Nothing.
    None,
    /// Nobody answered, with this sentence of the platform; the server is asked whether it lives.
    Probing { ticket: Ticket, message: String, since: Millis },
    /// The part is being moved to its name.
    Publishing { ticket: Ticket },
    /// A body is being written.
    Receiving(Receiving),
    /// A request is on its way.
    Requesting { ticket: Ticket, request: crate::http::Request, since: Millis },
}

/// A body that may continue what is kept, if its first bytes are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Comparing {
    pub(super) ticket: Ticket,
    /// Where the body began.
    pub(super) at: u64,
    /// Where its new bytes begin.
    pub(super) from: u64,
    /// Where it has to end.
    pub(super) until: u64,
    /// The version that is kept if the bytes are equal.
    pub(super) version: Version,
    /// When the last byte came.
    pub(super) moved_at: Millis,
}

/// A body that is being written into a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Receiving {
    pub(super) ticket: Ticket,
    /// Where the body began.
    pub(super) from: u64,
    /// Where it has to end, when that is known.
    pub(super) until: Option<u64>,
    /// Written up to here.
    pub(super) position: u64,
    /// Durable up to here.
    pub(super) flushed: u64,
    /// When the last flush was done.
    pub(super) flushed_at: Millis,
    /// A flush is under way.
    pub(super) flushing: bool,
    /// When the last byte came.
    pub(super) moved_at: Millis,
}

impl Receiving {
    /// How many bytes are written and not durable yet.
    pub(super) const fn unflushed(&self) -> u64 {
        self.position - self.flushed
    }
}

impl Transfer {
    pub(super) fn new(file: FileSet) -> Self {
        Self {
            file,
            generation: 0,
            durable: RangeSet::new(),
            version: None,
            complete: false,
            published: false,
            without_range: false,
            may_be_coded: false,
            furthest: 0,
            hash: HashMark::default(),
            fruitless: 0,
            held_since: None,
            was_answered: false,
            connection: Connection::None,
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

    /// Bytes that count as fetched: the durable ones, and those of the running body.
    pub(super) fn bytes_done(&self) -> u64 {
        let durable: u64 = self.durable.iter().map(|range| range.end - range.start).sum();
        match &self.connection {
            Connection::Receiving(receiving) => durable + receiving.unflushed(),
            Connection::Closing { unflushed, .. } => durable + unflushed,
            Connection::Comparing(_)
            | Connection::Copying { .. }
            | Connection::Hashing { .. }
            | Connection::None
            | Connection::Probing { .. }
            | Connection::Publishing { .. }
            | Connection::Requesting { .. } => durable,
        }
    }

    /// Whether every byte of a known size is durable.
    pub(super) fn is_all_durable(&self) -> bool {
        self.version
            .as_ref()
            .and_then(|version| version.size)
            .is_some_and(|size| size == 0 || self.durable.gaps(&(0..size)).next().is_none())
    }

    /// The end of the last durable range.
    pub(super) fn durable_end(&self) -> u64 {
        self.durable.iter().next_back().map_or(0, |range| range.end)
    }

    /// Where the durable bytes from the first one on end.
    fn contiguous(&self) -> u64 {
        self.durable.get(&0).map_or(0, |range| range.end)
    }

    /// From where a hash of the part is to be continued.
    pub(super) fn hash_mark(&self) -> HashMark {
        if self.hash.position <= self.contiguous() {
            self.hash.clone()
        } else {
            HashMark::default()
        }
    }

    /// From where a body that begins at a position is to be hashed while it is written; `None` where
    /// there is nothing to check, or bytes before it are missing.
    pub(super) fn hash_before(&self, from: u64) -> Option<HashMark> {
        let is_next = self.file.integrity.is_some() && self.contiguous() == from;
        is_next.then(|| self.hash_mark())
    }

    /// Counts bytes as durable; says whether that is further than ever.
    pub(super) fn keep(&mut self, from: u64, to: u64) -> bool {
        if from < to {
            self.durable.insert(from..to);
        }
        self.advance(to)
    }

    /// Notes how far the bytes go; says whether that is further than ever.
    pub(super) fn advance(&mut self, position: u64) -> bool {
        let further = position > self.furthest;
        if further {
            self.furthest = position;
            self.fruitless = 0;
        }
        further
    }

    /// Forgets what is kept, in favour of a new generation. The part of the old one, if there is any,
    /// may be deleted once the record names the new one.
    pub(super) fn start_again(&mut self, serial: Serial, index: u32) -> Option<Part> {
        let old = (!self.durable.is_empty()).then(|| self.part(serial, index));
        if old.is_some() {
            self.generation += 1;
        }
        self.durable = RangeSet::new();
        self.version = None;
        self.hash = HashMark::default();
        self.complete = false;
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

    /// The connection's ticket, if it is one that fetches.
    pub(super) fn fetching(&self) -> Option<Ticket> {
        match &self.connection {
            Connection::Comparing(comparing) => Some(comparing.ticket),
            Connection::Receiving(receiving) => Some(receiving.ticket),
            Connection::Probing { ticket, .. } | Connection::Requesting { ticket, .. } => {
                Some(*ticket)
            }
            Connection::Closing { .. }
            | Connection::Copying { .. }
            | Connection::Hashing { .. }
            | Connection::None
            | Connection::Publishing { .. } => None,
        }
    }

    /// Whether a part of it may be open in the driver.
    pub(super) fn is_busy(&self) -> bool {
        self.connection != Connection::None
    }

    /// How far it is from a page of this origin; `None` is a host without CORS.
    pub(super) fn reach_from(&self, page: Option<&str>) -> Reach {
        Reach::between(page, self.file.remote.origin())
    }

    /// Whether its server ever let a page read an answer.
    pub(super) fn is_known_to_answer(&self) -> bool {
        self.was_answered || self.version.is_some() || self.furthest > 0
    }

    pub(super) fn row(&self, resume: Resume) -> FileRow {
        FileRow {
            info: self.file.clone().into(),
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
            info: self.file.clone().into(),
            generation: self.generation,
            ranges: self.durable.iter().map(|range| (range.start, range.end)).collect(),
            version: self.version.clone(),
            complete: self.complete,
            published: self.published,
            without_range: self.without_range,
            furthest: self.furthest,
            hash: Some(self.hash_mark()).filter(|mark| mark.position > 0),
        }
    }

    /// A file as it was saved; `None` when the record makes no sense.
    pub(super) fn restored(record: TransferRecord) -> Option<Self> {
        let mut durable = RangeSet::new();
        for (start, end) in record.ranges {
            if start >= end {
                return None;
            }
            durable.insert(start..end);
        }
        Some(Self {
            generation: record.generation,
            durable,
            version: record.version,
            complete: record.complete,
            published: record.published,
            without_range: record.without_range,
            furthest: record.furthest,
            hash: record.hash.unwrap_or_default(),
            ..Self::new(FileSet::try_from(record.info).ok()?)
        })
    }
}
