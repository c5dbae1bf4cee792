//! The two message types between a page and the engine, and the rows that a page mirrors.
//!
//! A page sends [`ToEngine`], the engine answers with [`ToPage`]. In a browser both travel over one
//! `BroadcastChannel` named for the queue, so a page need not know which tab's worker is the active
//! engine; in process they are handed over as they are.
//!
//! # How a page uses it
//!
//! 1. It sends [`ToEngine::Hello`] and waits for [`ToPage::Active`]. An engine says `Active` on its own
//!    when it takes over, and in answer to every `Hello`.
//! 2. It sends calls numbered 1, 2, 3 … under its own [`ClientId`]. Each is answered by one
//!    [`ToPage::Reply`] with the same number, after the change is durable.
//! 3. When an `Active` with another epoch arrives, it sends every unanswered call again, in order and
//!    with the same numbers. A call that had been carried out already is answered from its stored
//!    outcome, so nothing is done twice.
//! 4. Each call says up to which number the page has seen replies; outcomes up to there are forgotten.
//! 5. [`ToPage::Rows`] go to all pages; a page applies those of the groups it holds and drops the rest.
//! 6. It says whom it has to be called back, [`ToEngine::Register`], whenever that changes and, all of it,
//!    to each new engine after the unanswered calls. It answers each [`ToPage::Notify`].
//! 7. Every message of an engine travels in a [`FromEngine`] with its epoch. What an earlier engine says
//!    after a later one has spoken is dropped: it was frozen, and does not know yet that it is over.
//!
//! # How builds of different versions meet
//!
//! Three messages keep their bytes for ever: [`ToEngine::Hello`], [`ToPage::Beat`] and [`Active`], which
//! are the first variants for that reason. Nothing else of another version is heard. An engine that hears
//! the `Hello` of a newer build makes everything durable and says [`ToPage::Leaving`]; a page that hears
//! an `Active` of a newer build is to be reloaded.

mod call;
mod callback;
mod message;
mod question;
mod row;
mod settings;
mod stored_file;

pub use call::{Answer, Call, Command, Credentials};
pub use callback::{Callback, NO_FILE, Registration, Standing, StatusEvent};
pub use message::{Active, FromEngine, Message, ToEngine, ToPage, superseded};
pub use question::{AskedFile, Given};
pub use row::{FileRow, GroupError, GroupRow, GroupState, GroupUpdate, Proof, Wait, WaitReason};
pub use settings::{Checkpoint, Connections, Limits, Resume, Retry, Settings, SettingsPatch};
pub use stored_file::StoredFile;

use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Raised when a message or a record changes its meaning. Pages and engines of different versions do
/// not talk; the newer engine takes the place of the older one.
pub const VERSION: u32 = 1;

/// Names one page for as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub Rc<str>);

/// Names one group for ever: counts up with each group created in a queue and is never used again,
/// while the [`Guid`](crate::abi::Guid) of a cancelled group is free for another (ruling A8).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Serial(pub u64);

/// Counts the engines that have been active for a queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// Who calls, in the emulated ownership rules (ruling A16).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The caller's name; groups belong to the user who created them.
    pub user: Rc<str>,
    /// Whether the caller sees and takes everybody's groups.
    #[serde(default)]
    pub administrator: bool,
}

/// Where the bytes and the records of a queue live. Fixed when the queue is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Storage {
    /// Bytes as chunks in IndexedDB, records in IndexedDB.
    IndexedDb,
    /// Bytes and records in memory; gone with the process.
    Memory,
    /// Bytes in the origin private file system, records in IndexedDB.
    Opfs,
}

impl Storage {
    /// As JavaScript spells them.
    pub const WORDS: [(&'static str, Self); 3] =
        [("indexeddb", Self::IndexedDb), ("memory", Self::Memory), ("opfs", Self::Opfs)];
}
