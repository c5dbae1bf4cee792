//! One connection for a file, and how far it is.

use super::Ticket;
use crate::abi::RemoteUrl;
use crate::http::{ByteRange, Fresh, Request, Version};
use crate::protocol::ClientId;
use crate::time::Millis;

/// A connection that fetches a file, or a range of it. None survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    pub(super) ticket: Ticket,
    pub(super) stage: Stage,
}

/// How far a connection is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    /// A page is asked which request to send.
    Asking(Asking),
    /// Aborted; it has not ended yet. The bytes that were not flushed are counted until it tells how
    /// many of them are kept, which are all of them as a rule: progress does not go back for a moment.
    Closing { from: Option<u64>, unflushed: u64 },
    /// The start of a body is held against bytes that are kept.
    Comparing(Comparing),
    /// Nobody answered, with this sentence of the platform; the server is asked whether it lives.
    Probing { message: String, since: Millis },
    /// A body is being written.
    Receiving(Receiving),
    /// A request is on its way.
    Requesting { request: Request, source: Source, since: Millis },
}

/// A request that is not decided yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asking {
    /// The range that is wanted beside those of other connections; `None` for all that is missing.
    pub(super) range: Option<ByteRange>,
    /// The pages that were asked; the last of them has not answered, while `page` names it.
    pub(super) asked: Vec<ClientId>,
    /// Who is to answer; `None` while a page is waited for that can be asked.
    pub(super) page: Option<ClientId>,
    /// When to wait no longer.
    pub(super) until: Millis,
    /// Why a page could not say.
    pub(super) failure: Option<String>,
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A page has given it.
    Fresh(Fresh),
    /// It is the stored one, as it should be.
    Stored,
    /// It is the stored one, since no page has given another.
    Unanswered,
}

impl Source {
    /// The URL that is asked for.
    pub(super) fn url<'a>(&'a self, stored: &'a RemoteUrl) -> &'a RemoteUrl {
        match self {
            Self::Fresh(fresh) => fresh.url().unwrap_or(stored),
            Self::Stored | Self::Unanswered => stored,
        }
    }
}

/// A body that may continue what is kept, if its first bytes are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Comparing {
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
    /// Where the body began.
    pub(super) from: u64,
    /// Where it has to end, when that is known.
    pub(super) until: Option<u64>,
    /// The driver was told to end it earlier, and has not said where that is.
    pub(super) shortening: bool,
    /// Written up to here.
    pub(super) position: u64,
    /// It may be written up to here.
    pub(super) allowed: u64,
    /// Counted as durable up to here.
    pub(super) flushed: u64,
    /// When the last flush was done.
    pub(super) flushed_at: Millis,
    pub(super) flush: Flush,
    /// When the last byte came.
    pub(super) moved_at: Millis,
}

/// What is known of the flush of a body. All bodies of a file are flushed together, and count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flush {
    /// It is done up to here; that of another body is not.
    Done(u64),
    /// None is under way.
    None,
    /// It is under way.
    Ordered,
}

impl Receiving {
    /// How many bytes are written and not counted as durable.
    pub(super) const fn unflushed(&self) -> u64 {
        self.position - self.flushed
    }

    /// Whether it waits for leave to be written further.
    pub(super) fn is_held_back(&self) -> bool {
        self.position >= self.allowed && self.until.is_none_or(|until| self.position < until)
    }
}

impl Connection {
    /// Whether it fetches, and is not being ended.
    pub(super) const fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Closing { .. })
    }

    /// What is not decided about its request.
    pub(super) const fn asking(&self) -> Option<&Asking> {
        if let Stage::Asking(asking) = &self.stage { Some(asking) } else { None }
    }

    /// Its body, while it is being written.
    pub(super) const fn receiving(&self) -> Option<&Receiving> {
        if let Stage::Receiving(receiving) = &self.stage { Some(receiving) } else { None }
    }

    pub(super) fn receiving_mut(&mut self) -> Option<&mut Receiving> {
        if let Stage::Receiving(receiving) = &mut self.stage { Some(receiving) } else { None }
    }

    /// Whether it writes a body, or may still tell of one.
    pub(super) const fn writes(&self) -> bool {
        matches!(self.stage, Stage::Receiving(_) | Stage::Closing { from: Some(_), .. })
    }

    /// Bytes that it brought and that are not counted as durable.
    pub(super) const fn unflushed(&self) -> u64 {
        match &self.stage {
            Stage::Closing { unflushed, .. } => *unflushed,
            Stage::Receiving(receiving) => receiving.unflushed(),
            Stage::Asking(_)
            | Stage::Comparing(_)
            | Stage::Probing { .. }
            | Stage::Requesting { .. } => 0,
        }
    }

    /// Since when nothing has moved on it, though something could.
    pub(super) fn moved_at(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Asking(_) | Stage::Closing { .. } => None,
            Stage::Comparing(comparing) => Some(comparing.moved_at),
            Stage::Probing { since, .. } | Stage::Requesting { since, .. } => Some(*since),
            Stage::Receiving(receiving) if receiving.is_held_back() => None,
            Stage::Receiving(receiving) => Some(receiving.moved_at),
        }
    }
}
