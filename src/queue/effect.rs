//! What the queue wants done: orders to the driver, as plain data.

use super::Ticket;
use crate::abi::LocalPath;
use crate::http::Request;
use crate::protocol::{ClientId, Credentials, Serial, StoredFile};
use crate::snapshot::{GroupRecord, HashMark, OutcomeRecord, QueueRecord, TransferRecord};
use std::fmt;

/// An order to the driver. Those with a ticket are answered by an [`Event`](super::Event) that
/// returns it; the others are done at leisure and may fail silently.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Let a body be written further.
    Allow {
        /// The connection.
        ticket: Ticket,
        /// Up to where (half-open); never less far than before.
        until: u64,
    },
    /// End a connection: stop the transfer, drop what the network still holds, flush what was written
    /// and close the part. Answered by [`Event::Ended`](super::Event::Ended), also when it had ended by itself.
    Abort {
        /// The connection.
        ticket: Ticket,
    },
    /// Read the body of an answer up to `until` and compare it with the part. Answered by
    /// [`Event::Compared`](super::Event::Compared); the rest of the body waits for [`Effect::Receive`]
    /// or [`Effect::Abort`]. A body that ends before is answered by
    /// [`Event::Ended`](super::Event::Ended). Meanwhile [`Event::Progress`](super::Event::Progress)
    /// says that bytes arrive.
    Compare {
        /// The connection.
        ticket: Ticket,
        /// The part.
        part: Part,
        /// Where the body's first byte belongs.
        at: u64,
        /// Up to where (half-open); at least one byte and at most
        /// [`OVERLAP`](crate::http::OVERLAP), all of them recorded.
        until: u64,
    },
    /// Write records in one transaction. Answered by [`Event::Committed`](super::Event::Committed).
    Commit(Box<Commit>),
    /// Write the first bytes of a part, which another context may have open, into a new one and flush
    /// it. Answered by [`Event::Copied`](super::Event::Copied).
    Copy {
        /// The order.
        ticket: Ticket,
        /// The part that is read.
        from: Part,
        /// The part that is made.
        to: Part,
        /// How many bytes.
        length: u64,
    },
    /// Delete a published file. Answered by [`Event::FileDeleted`](super::Event::FileDeleted).
    DeleteFile {
        /// The order.
        ticket: Ticket,
        /// The file.
        target: LocalPath,
    },
    /// Delete a part that no record names.
    DeletePart {
        /// The part.
        part: Part,
    },
    /// Send a request and report the head of its answer, by [`Event::Answered`](super::Event::Answered).
    /// The body waits for [`Effect::Receive`] or [`Effect::Abort`].
    Fetch {
        /// The connection.
        ticket: Ticket,
        /// The URL.
        url: String,
        /// Its range headers.
        request: Request,
        /// The header fields that a page has given.
        headers: Vec<(String, String)>,
        /// The `credentials` mode.
        credentials: Credentials,
    },
    /// Make what was written so far durable. Answered by [`Event::Flushed`](super::Event::Flushed).
    Flush {
        /// The connection.
        ticket: Ticket,
    },
    /// Read a part through SHA-256. Answered by [`Event::Hashed`](super::Event::Hashed); meanwhile
    /// [`Event::HashedTo`](super::Event::HashedTo) says how far it is.
    Hash {
        /// The order.
        ticket: Ticket,
        /// The part.
        part: Part,
        /// What is hashed already.
        from: HashMark,
    },
    /// Read the records of the files of groups. Answered by [`Event::Loaded`](super::Event::Loaded).
    Load {
        /// The order.
        ticket: Ticket,
        /// The groups, in the order of their serials.
        groups: Vec<Serial>,
    },
    /// Ask whether a server lives: one `HEAD` in the `no-cors` mode. Answered by
    /// [`Event::Probed`](super::Event::Probed).
    Probe {
        /// The connection.
        ticket: Ticket,
        /// The URL.
        url: String,
    },
    /// Move a part to its name. Answered by [`Event::Published`](super::Event::Published).
    Publish {
        /// The order.
        ticket: Ticket,
        /// The part; one that is missing is made where `size` is 0.
        part: Part,
        /// Its name.
        target: LocalPath,
        /// Its size.
        size: u64,
    },
    /// Write the body of an answer into a part, which the connections of one file share. Answered by
    /// [`Event::Progress`](super::Event::Progress) at least every 100 ms while bytes arrive, each time
    /// that half of what may still be written is, and at `until`; then, when what was written is flushed,
    /// by [`Event::Ended`](super::Event::Ended).
    Receive {
        /// The connection.
        ticket: Ticket,
        /// The part.
        part: Part,
        /// Where the body's first byte goes, or the first one after those that were compared.
        at: u64,
        /// The part is cut to this length first, unless another connection has it open: no recorded
        /// byte lies beyond.
        keep: u64,
        /// No byte is written at or beyond this position.
        until: Option<u64>,
        /// The network is not read beyond this position before [`Effect::Allow`] names another.
        allowed: u64,
        /// The file's size, where it is known: without room for all of it nothing is written.
        size: Option<u64>,
        /// Where the bytes of the part are hashed as they are written: what is hashed already. Before
        /// [`Event::Flushed`](super::Event::Flushed) and [`Event::Ended`](super::Event::Ended)
        /// [`Event::HashedTo`](super::Event::HashedTo) says how far.
        hash: Option<HashMark>,
    },
    /// End a body at `until`, or where it is if that is further; what the network still holds is
    /// dropped there. Answered by [`Event::Shortened`](super::Event::Shortened), unless the connection
    /// ends before.
    Shorten {
        /// The connection.
        ticket: Ticket,
        /// No byte is written at or beyond this position.
        until: u64,
    },
    /// Report by [`Event::PageGone`](super::Event::PageGone) when a page is there no more.
    WatchPage {
        /// The page.
        client: ClientId,
    },
}

/// Names the file that holds the bytes of one version of one file of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The group.
    pub serial: Serial,
    /// The file's index in the job.
    pub index: u32,
    /// Raised each time the file starts again.
    pub generation: u32,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}.part", self.serial.0, self.index, self.generation)
    }
}

impl Part {
    /// The part of a name that [`Display`](fmt::Display) wrote.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (serial, rest) = name.strip_suffix(".part")?.split_once('-')?;
        let (index, generation) = rest.split_once('.')?;
        let serial = Serial(serial.parse().ok()?);
        Some(Self { serial, index: index.parse().ok()?, generation: generation.parse().ok()? })
    }
}

/// Records to write or delete (`None`) in one transaction, which also checks the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Commit {
    /// The order.
    pub ticket: Ticket,
    /// Whether it must survive a power cut; otherwise a crash of the browser is enough.
    pub strict: bool,
    /// The queue's own record.
    pub queue: Option<QueueRecord>,
    /// Groups.
    pub groups: Vec<(Serial, Option<GroupRecord>)>,
    /// Files of jobs.
    pub transfers: Vec<((Serial, u32), Option<TransferRecord>)>,
    /// Published files, by [`LocalPath::key`].
    pub files: Vec<(String, Option<StoredFile>)>,
    /// Outcomes of calls.
    pub outcomes: Vec<((ClientId, u64), Option<OutcomeRecord>)>,
}

impl Commit {
    /// Whether it takes no room: nothing is written, only deleted.
    #[must_use]
    pub fn only_deletes(&self) -> bool {
        let Self { ticket: _, strict: _, queue, groups, transfers, files, outcomes } = self;
        queue.is_none()
            && groups.iter().all(|(_, record)| record.is_none())
            && transfers.iter().all(|(_, record)| record.is_none())
            && files.iter().all(|(_, record)| record.is_none())
            && outcomes.iter().all(|(_, record)| record.is_none())
    }
}
