//! The saved form of a queue: one record a group, a file of a job, a published file and an outcome.
//!
//! Knows no database: a driver stores the records that a [`Commit`](crate::queue::Commit) names under
//! their keys and hands all of them back as [`Saved`] at the next start.
//!
//! # The bytes of a record
//!
//! A driver keeps each record as [`bytes`], behind the parts of its key. All records of a queue have one
//! schema. Its own record begins with that, for ever: [`Schema`].
//!
//! # When a record changes
//!
//! Its bytes change, be it by one field that is added at the end. So [`SCHEMA`] is raised, and the type
//! that the record had is kept, for queues of that schema to be read with. [`upgrade`] gets a step where
//! the older records do not yet mean by that what the newer ones do. Records of a newer schema refuse the
//! whole queue.

use crate::abi::{FileSetInfo, Guid, Hresult, Properties, QmgrError};
use crate::bytes;
use crate::http::Version;
use crate::protocol::{
    ClientId, Credentials, GroupError, Serial, Settings, StatusEvent, Storage, StoredFile,
};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The version of the records that this build writes.
pub const SCHEMA: u32 = 2;

/// Everything that was saved of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The queue's own record; `None` when the queue is new.
    pub queue: Option<QueueRecord>,
    /// Groups, in the order of their serials.
    pub groups: Vec<(Serial, GroupRecord)>,
    /// Files of jobs, in the order of their places. A group of which none is here is one whose files are read when they are
    /// needed. Those of groups that have parts on the disk are to be here, or nobody knows which of these
    /// parts are theirs; and, where the records are [older](Saved::is_older), those of all groups.
    pub transfers: Vec<((Serial, u32), TransferRecord)>,
    /// Published files.
    pub files: Vec<StoredFile>,
    /// Outcomes of calls.
    pub outcomes: Vec<((ClientId, u64), OutcomeRecord)>,
}

impl Saved {
    /// Whether the records are those of an older schema, and will all be written again.
    #[must_use]
    pub fn is_older(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.schema < SCHEMA)
    }

    /// Puts every group that was at work in error, because nothing can be recorded: it would do what it
    /// cannot remember. The error is recorded with the group's next change, so an engine that starts
    /// anew tries again.
    pub fn stop_for_lack_of_room(&mut self) {
        for (_, group) in &mut self.groups {
            if matches!(group.state, SavedState::Publishing | SavedState::Running) {
                group.state = SavedState::Error(GroupError {
                    hresult: Hresult::DISK_FULL,
                    message: NO_ROOM.to_owned(),
                    file_index: None,
                    http_status: 0,
                });
            }
        }
    }
}

/// What of the queue's record every build can read: its first field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Schema {
    /// [`SCHEMA`] of the build that wrote it.
    pub schema: u32,
}

/// The queue's own record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct QueueRecord {
    /// [`SCHEMA`] of the build that wrote it.
    pub schema: u32,
    /// Where the bytes live.
    pub storage: Storage,
    /// What `open` named.
    pub settings: Settings,
    /// The serial of the next group.
    pub next_serial: Serial,
    /// Whether pages are asked before each request.
    pub asks_pages: bool,
}

/// The queue's record of schema 1, which later ones begin with.
type QueueRecord1 = (u32, Storage, Settings, Serial);

/// Reads the queue's own record, of this schema or an older one.
#[must_use]
pub fn read_queue(record: &[u8]) -> Option<QueueRecord> {
    let ((schema, storage, settings, next_serial), rest) = bytes::split::<QueueRecord1>(record)?;
    let asks_pages =
        if schema < 2 { rest.is_empty().then_some(false)? } else { bytes::read(rest)? };
    Some(QueueRecord { schema, storage, settings, next_serial, asks_pages })
}

/// What a full disk, or a site's share of it that is used up, means to a person.
pub(crate) const NO_ROOM: &str = "there is no room left for this site's files";

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The caller's id.
    pub id: Guid,
    /// Whose it is.
    pub owner: Rc<str>,
    /// Of each of its fetches.
    pub credentials: Credentials,
    /// Where it stands.
    pub state: SavedState,
    /// Whether `SwitchToForeground` was called.
    pub foreground: bool,
    /// Its properties.
    pub properties: Rc<Properties>,
    /// The id of its job.
    pub job: Option<Guid>,
    /// How many files that job has.
    pub files: u32,
    /// Attempts started after an error.
    pub retries: u32,
    /// When it last made progress or was changed.
    pub touched_at: Millis,
    /// The failures since the last progress.
    pub trouble: Option<Trouble>,
    /// What nobody has been told yet.
    pub event: Option<StatusEvent>,
}

/// What of a group's record is read when the whole of it cannot be, its first fields: enough to show the
/// group in error under its id, and to cancel it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct GroupIdentity {
    /// The caller's id.
    pub id: Guid,
    /// Whose it is.
    pub owner: Rc<str>,
}

impl From<GroupIdentity> for GroupRecord {
    fn from(GroupIdentity { id, owner }: GroupIdentity) -> Self {
        Self {
            id,
            owner,
            credentials: Credentials::default(),
            state: SavedState::Error(damaged()),
            foreground: false,
            properties: Rc::default(),
            job: None,
            files: 0,
            retries: 0,
            touched_at: Millis::default(),
            trouble: None,
            event: None,
        }
    }
}

/// Reads a group with its key; of one whose record is damaged, what can be read.
#[must_use]
pub fn read_group(record: &[u8]) -> Option<(Serial, GroupRecord)> {
    bytes::read(record).or_else(|| {
        let (serial, identity): (Serial, GroupIdentity) = bytes::read_start(record)?;
        Some((serial, identity.into()))
    })
}

/// What a group says when its records, or those of its files, cannot be read.
pub(crate) fn damaged() -> GroupError {
    GroupError {
        hresult: Hresult::BG_E_DATABASE_CORRUPT,
        message: "a saved record of the group is missing or damaged".to_owned(),
        file_index: None,
        http_status: 0,
    }
}

/// Where a group stood. What was on its way is on its way no more: a connection starts anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SavedState {
    /// Leaving the queue.
    Cancelled {
        /// Whether its finished files are still to be moved to their names.
        publish: bool,
    },
    /// All files are published.
    Complete,
    /// Stopped by a failure.
    Error(GroupError),
    /// Never resumed.
    New,
    /// Being moved to its files' names.
    Publishing,
    /// Resumed.
    Running,
    /// Paused.
    Suspended,
}

/// Failures in a row without progress between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trouble {
    /// How many.
    pub failures: u32,
    /// When the first one came.
    pub since: Millis,
    /// The last one.
    pub error: GroupError,
    /// When the next attempt is due.
    pub until: Option<Millis>,
}

/// A file of a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TransferRecord {
    /// What was asked for.
    pub info: FileSetInfo,
    /// Which part file holds its bytes.
    pub generation: u32,
    /// The durable byte ranges of that part: sorted, disjoint, half-open.
    pub ranges: Vec<(u64, u64)>,
    /// The version those bytes belong to.
    pub version: Option<Version>,
    /// Whether all bytes are there, and checked.
    pub complete: bool,
    /// Whether it stands under its name.
    pub published: bool,
    /// Whether the next request goes without `Range`.
    pub without_range: bool,
    /// The furthest byte ever reached; going beyond it is progress.
    pub furthest: u64,
    /// How far the part is hashed, if it is.
    pub hash: Option<HashMark>,
}

/// SHA-256 of the first bytes of a part, to be continued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HashMark {
    /// How many bytes are hashed.
    pub position: u64,
    /// The driver's word for what came of them; empty for nothing.
    pub state: String,
}

/// What came of a call that succeeded, kept until its page has seen the reply.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutcomeRecord {
    /// The group whose row the reply carries.
    pub group: Option<Serial>,
    /// When the call was carried out.
    pub at: Millis,
}

/// Gives the records of an older schema the meaning that this build's have, by one step for each schema
/// since: `if old < 2 { … }`, then `if old < 3 { … }`. Returns whether the records were older; then all
/// of them are to be written again, in one transaction.
pub fn upgrade(saved: &mut Saved) -> bool {
    let Some(queue) = &mut saved.queue else { return false };
    let old = std::mem::replace(&mut queue.schema, SCHEMA);
    old < SCHEMA
}

/// Refuses a queue that a newer build has written.
///
/// # Errors
///
/// QM_E_SERVICE_UNAVAILABLE, with a sentence that names both schemas.
pub fn check_schema(schema: u32) -> Result<(), QmgrError> {
    if schema <= SCHEMA {
        return Ok(());
    }
    Err(QmgrError::new(
        Hresult::QM_E_SERVICE_UNAVAILABLE,
        format!(
            "the queue was saved by a newer version (schema {schema}, this one reads {SCHEMA}): reload the page to get it"
        ),
    ))
}
