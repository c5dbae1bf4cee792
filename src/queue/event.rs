//! What the driver saw: facts for the queue, as plain data.

use super::Ticket;
use crate::http::AnswerHead;
use crate::protocol::{ClientId, Serial};
use crate::snapshot::{HashMark, TransferRecord};

/// A fact. Those with a ticket answer an [`Effect`](super::Effect); one whose ticket the queue has
/// given up changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The head of an answer has arrived.
    Answered {
        /// The connection.
        ticket: Ticket,
        /// The head.
        head: AnswerHead,
    },
    /// A commit is durable.
    Committed {
        /// The order.
        ticket: Ticket,
    },
    /// A part was copied into a new one, durably, or could not be.
    Copied {
        /// The order.
        ticket: Ticket,
        /// What came of it.
        result: Result<(), DiskFailure>,
    },
    /// The start of a body was held against the part.
    Compared {
        /// The connection.
        ticket: Ticket,
        /// Whether all bytes are equal.
        is_equal: bool,
    },
    /// A connection has ended and its part is closed.
    Ended {
        /// The connection.
        ticket: Ticket,
        /// Up to where the part is written and flushed; `None` when no byte was received.
        position: Option<u64>,
        /// How.
        how: Ended,
    },
    /// A published file is gone, or could not be deleted.
    FileDeleted {
        /// The order.
        ticket: Ticket,
        /// What came of it; a file that was not there counts as deleted.
        result: Result<(), DiskFailure>,
    },
    /// What was written up to here is durable.
    Flushed {
        /// The connection.
        ticket: Ticket,
        /// Up to where.
        position: u64,
    },
    /// A part was read through.
    Hashed {
        /// The order.
        ticket: Ticket,
        /// The SHA-256 of its bytes.
        result: Result<[u8; 32], DiskFailure>,
    },
    /// A part is hashed up to here, of what is written.
    HashedTo {
        /// The connection, or the order to hash.
        ticket: Ticket,
        /// How far, and what came of it.
        mark: HashMark,
    },
    /// The records of the files of groups were read.
    Loaded {
        /// The order.
        ticket: Ticket,
        /// All that can be read, in the order of their places. One that is missing puts its group in error.
        transfers: Vec<((Serial, u32), TransferRecord)>,
    },
    /// Whether there is a network.
    Online(bool),
    /// A page that was watched is there no more, or was put aside by the browser.
    PageGone {
        /// The page.
        client: ClientId,
    },
    /// What a probe found. The connection has ended with it.
    Probed {
        /// The connection.
        ticket: Ticket,
        /// Whether anything answered, whatever it was.
        is_reachable: bool,
    },
    /// Bytes were written, not yet durably, or compared.
    Progress {
        /// The connection.
        ticket: Ticket,
        /// Up to where.
        position: u64,
    },
    /// A part was moved to its name, or could not be.
    Published {
        /// The order.
        ticket: Ticket,
        /// What came of it.
        result: Result<(), DiskFailure>,
    },
    /// A body ends earlier than its answer says.
    Shortened {
        /// The connection.
        ticket: Ticket,
        /// No byte is written at or beyond this position.
        until: u64,
    },
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// As ordered.
    Aborted,
    /// Before it began: the platform takes the URL for none; the sentence is the platform's.
    BadUrl(String),
    /// By a transport error after the head.
    Broken,
    /// The body ended without a transport error.
    Closed,
    /// The part could not be written.
    Disk(DiskFailure),
    /// The body goes on at the position where it had to end; the rest was not written.
    Overlong,
    /// No answer came; the sentence is the platform's.
    Unanswered(String),
}

/// Why the file system refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DiskFailure {
    /// Another context holds the file.
    Busy,
    /// There is no room.
    Full,
    /// A directory stands at the target, or a file at a directory of its path.
    InTheWay,
    /// The part is not there.
    Missing {
        /// The size of the file at the target, if there is one.
        target_size: Option<u64>,
    },
    /// Anything else, in the platform's words.
    Other(String),
}
