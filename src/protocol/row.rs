//! What the getters of a page answer from.

use super::Serial;
use crate::abi::{FileSetInfo, Guid, Hresult, Properties};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A change to the mirror's copy of one group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupUpdate {
    /// The group's own figures, always all of them.
    pub group: GroupRow,
    /// Rows of files by their index in the job: all of them when `whole`, else those that changed.
    pub files: Vec<(u32, FileRow)>,
    /// Whether `files` are all of them.
    pub whole: bool,
}

/// Everything that the getters of a group answer from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupRow {
    /// Which group.
    pub serial: Serial,
    /// `IBackgroundCopyGroup::get_GroupID`.
    pub id: Guid,
    /// What the group is doing.
    pub state: GroupState,
    /// `IBackgroundCopyGroup::GetStatus`; 0 when cancelled.
    pub status: u32,
    /// The id of its one job.
    pub job: Option<Guid>,
    /// The status word of that job (`IBackgroundCopyJob1::GetStatus`); 0 without a job.
    pub job_status: u32,
    /// `IBackgroundCopyGroup::GetProp`. Shared by the clones of a row.
    pub properties: Rc<Properties>,
    /// Bytes fetched so far, of all files.
    pub bytes_done: u64,
    /// Bytes of all files; `None` until every size is known.
    pub bytes_total: Option<u64>,
    /// How many files are there whole.
    pub files_done: u32,
    /// How many files the job has.
    pub files_total: u32,
    /// A moving average over the last seconds; 0 when nothing moves.
    pub bytes_per_second: u64,
    /// Attempts started after an error; never reset (ruling A37).
    pub retries: u32,
    /// Why a runnable group is not moving.
    pub wait: Option<Box<Wait>>,
    /// Why the group is in error.
    pub error: Option<Box<GroupError>>,
}

/// What a group is doing, in the words of `GroupDetails.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupState {
    /// Out of the queue, for good.
    Cancelled,
    /// All files are published.
    Complete,
    /// A request is on its way.
    Connecting,
    /// Stopped by a failure.
    Error,
    /// Never resumed.
    New,
    /// All files are fetched and are being moved to their names.
    Publishing,
    /// Resumed, waiting for its turn.
    Queued,
    /// Paused.
    Suspended,
    /// Bytes arrive.
    Transferring,
    /// A recoverable failure is being waited out.
    Waiting,
}

/// Why a runnable group is not moving, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wait {
    /// Why.
    pub reason: WaitReason,
    /// When the next attempt is due; `None` when it waits for a condition.
    pub next_attempt_at: Option<Millis>,
    /// The failure that is being waited out.
    pub last_error: Option<GroupError>,
}

/// Why a runnable group is not moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// A failure is waited out.
    Backoff,
    /// No tab's worker is active. The page says so itself; the engine never does.
    NoActiveTab,
    /// There is no network.
    Offline,
    /// The server named the time.
    RetryAfter,
    /// Another context holds the file.
    StorageBusy,
    /// Others are served first.
    Turn,
}

/// A failure of the world: network, server or disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupError {
    /// What failed.
    pub hresult: Hresult,
    /// The same as a sentence.
    pub message: String,
    /// The file concerned; `None` when it is not one file's failure.
    pub file_index: Option<u32>,
    /// The status of the answer that failed; 0 when none came.
    pub http_status: u16,
}

/// Everything that the getters of one file answer from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRow {
    /// What was asked for.
    pub info: FileSetInfo,
    /// Whether all bytes are there and durable.
    pub complete: bool,
    /// Whether it stands under its name.
    pub published: bool,
    /// Bytes fetched so far.
    pub bytes_done: u64,
    /// Its size, once known.
    pub bytes_total: Option<u64>,
    /// The durable byte ranges: sorted, disjoint, half-open.
    pub ranges: Vec<(u64, u64)>,
    /// The version's `ETag`, as sent.
    pub etag: Option<Rc<str>>,
    /// The version's `Last-Modified`, as sent.
    pub last_modified: Option<Rc<str>>,
    /// What a resume would rest on.
    pub proof: Option<Proof>,
}

/// What shows that the server's file is still the version whose bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A strong `Last-Modified` (RFC 9110 §8.8.2.2).
    Date,
    /// A strong `ETag`.
    Etag,
    /// The caller's `integrity`, checked at the end.
    Hash,
    /// Equal length, date and overlap; only with `resume: "likely"`.
    Likely,
}
