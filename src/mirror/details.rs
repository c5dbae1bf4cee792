//! What the extension getters hand out: `GroupDetails` and `FileDetails` of the package's contract,
//! in its spelling.

use crate::abi::{Hresult, StatusWord};
use crate::protocol::{FileRow, GroupError, GroupRow, GroupState, Proof, Wait, WaitReason};
use crate::time::Millis;
use serde::Serialize;
use std::rc::Rc;

/// 64-bit sizes, speed, and why a group is not moving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupDetails {
    /// What the group is doing.
    pub state: GroupState,
    /// Bytes fetched so far.
    pub bytes_done: u64,
    /// Bytes of all files; `None` until every size is known.
    pub bytes_total: Option<u64>,
    /// How many files are there whole.
    pub files_done: u32,
    /// How many files the job has.
    pub files_total: u32,
    /// A moving average; 0 when nothing moves.
    pub bytes_per_second: u64,
    /// Rounded up; `None` when it cannot be told.
    pub seconds_remaining: Option<u64>,
    /// Attempts started after an error.
    pub retries: u32,
    /// Why a runnable group is not moving.
    pub wait: Option<WaitDetails>,
    /// Why the group is in error.
    pub error: Option<ErrorDetails>,
}

/// Why a runnable group is not moving, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitDetails {
    /// Why.
    pub reason: WaitReason,
    /// When the next attempt is due; `None` when it waits for a condition.
    pub next_attempt_at: Option<Millis>,
    /// The failure that is being waited out.
    pub last_error: Option<ErrorDetails>,
}

/// A failure of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    /// What failed.
    pub hresult: Hresult,
    /// Its header name, or hex when it has none.
    pub code: String,
    /// The same as a sentence.
    pub message: String,
    /// The file concerned; −1 for none.
    pub file_index: i64,
    /// The status of the answer that failed; 0 when none came.
    pub http_status: u16,
}

impl From<&GroupError> for ErrorDetails {
    fn from(error: &GroupError) -> Self {
        Self {
            hresult: error.hresult,
            code: error.hresult.to_string(),
            message: error.message.clone(),
            file_index: error.file_index.map_or(-1, i64::from),
            http_status: error.http_status,
        }
    }
}

impl From<&Wait> for WaitDetails {
    fn from(wait: &Wait) -> Self {
        Self {
            reason: wait.reason,
            next_attempt_at: wait.next_attempt_at,
            last_error: wait.last_error.as_ref().map(Into::into),
        }
    }
}

impl GroupDetails {
    /// The details of a row; `engine_active` says whether any tab's engine works on it.
    #[must_use]
    pub fn new(row: &GroupRow, engine_active: bool) -> Self {
        let mut details = Self {
            state: row.state,
            bytes_done: row.bytes_done,
            bytes_total: row.bytes_total,
            files_done: row.files_done,
            files_total: row.files_total,
            bytes_per_second: row.bytes_per_second,
            seconds_remaining: seconds_remaining(row),
            retries: row.retries,
            wait: row.wait.as_deref().map(Into::into),
            error: row.error.as_deref().map(Into::into),
        };
        if !engine_active && is_runnable(row.state) {
            details.await_a_tab();
        }
        details
    }

    /// The row is an engine's last word: what it says of movement ended with that engine.
    fn await_a_tab(&mut self) {
        if matches!(self.state, GroupState::Connecting | GroupState::Transferring) {
            self.state = GroupState::Queued;
        }
        self.bytes_per_second = 0;
        self.seconds_remaining = None;
        let last_error = self.wait.take().and_then(|wait| wait.last_error);
        self.wait = Some(WaitDetails {
            reason: WaitReason::NoActiveTab,
            next_attempt_at: None,
            last_error,
        });
    }
}

fn is_runnable(state: GroupState) -> bool {
    match state {
        GroupState::Connecting
        | GroupState::Publishing
        | GroupState::Queued
        | GroupState::Transferring
        | GroupState::Waiting => true,
        GroupState::Cancelled
        | GroupState::Complete
        | GroupState::Error
        | GroupState::New
        | GroupState::Suspended => false,
    }
}

fn seconds_remaining(row: &GroupRow) -> Option<u64> {
    if row.state == GroupState::Complete {
        return Some(0);
    }
    let left = row.bytes_total?.saturating_sub(row.bytes_done);
    (row.bytes_per_second > 0).then(|| left.div_ceil(row.bytes_per_second))
}

/// One file's state, its durable byte ranges and what proves its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileDetails {
    /// The URL.
    pub remote_file: Rc<str>,
    /// The full path.
    pub local_file: Rc<str>,
    /// `QM_STATUS_FILE_COMPLETE` or `QM_STATUS_FILE_INCOMPLETE`.
    pub status: u32,
    /// Bytes fetched so far.
    pub bytes_done: u64,
    /// Its size, once known.
    pub bytes_total: Option<u64>,
    /// Sorted, disjoint, half-open.
    pub ranges: Vec<(u64, u64)>,
    /// The version's `ETag`.
    pub etag: Option<Rc<str>>,
    /// The version's `Last-Modified`.
    pub last_modified: Option<Rc<str>>,
    /// What a resume would rest on.
    pub proof: Option<Proof>,
    /// Whether it stands under its name.
    pub published: bool,
}

impl From<FileRow> for FileDetails {
    fn from(row: FileRow) -> Self {
        let status = if row.complete {
            StatusWord::QM_STATUS_FILE_COMPLETE
        } else {
            StatusWord::QM_STATUS_FILE_INCOMPLETE
        };
        Self {
            remote_file: row.info.remote_file,
            local_file: row.info.local_file,
            status: status.bits(),
            bytes_done: row.bytes_done,
            bytes_total: row.bytes_total,
            ranges: row.ranges,
            etag: row.etag,
            last_modified: row.last_modified,
            proof: row.proof,
            published: row.published,
        }
    }
}
