//! What one caller sees of a group's job.

use super::GroupView;
use super::details::FileDetails;
use crate::abi::{FileSetInfo, Guid, QmgrError};
use crate::protocol::{FileRow, GroupState};
use serde::Serialize;

/// What one caller sees of a group's job. Its methods fail as those of [`GroupView`] do.
#[derive(Clone, Debug)]
pub struct JobView {
    group: GroupView,
    id: Guid,
}

/// `IBackgroundCopyJob1::GetStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// The status word of the job.
    pub status: u32,
    /// The failure as a Win32 code; 0 unless the job is in error (rulings A2, A19).
    pub win32_result: u32,
    /// The failure as an HTTP status; 0 unless the job is in error (rulings A2, A19).
    pub transport_result: u32,
    /// Attempts started after an error (ruling A37).
    pub num_of_retries: u32,
}

impl JobView {
    /// The job `id`, which is the group's.
    #[must_use]
    pub fn new(group: GroupView, id: Guid) -> Self {
        Self { group, id }
    }

    /// The group of the job.
    pub fn group(&self) -> &GroupView {
        &self.group
    }

    /// `get_JobID`; never fails (ruling A35).
    #[must_use]
    pub fn id(&self) -> Guid {
        self.id
    }

    /// `CancelJob`: documented as not implemented.
    ///
    /// # Errors
    /// `E_NOTIMPL`, always.
    pub fn cancel(&self) -> Result<(), QmgrError> {
        self.not_implemented("a job is not cancelled alone")
    }

    /// `SwitchToForeground`: documented as not implemented.
    ///
    /// # Errors
    /// `E_NOTIMPL`, always.
    pub fn switch_to_foreground(&self) -> Result<(), QmgrError> {
        self.not_implemented("a job does not switch alone")
    }

    /// `GetStatus`.
    ///
    /// # Errors
    /// Those that all methods have.
    pub fn status(&self) -> Result<JobStatus, QmgrError> {
        let row = self.group.live()?;
        let failure = row.error.as_ref().filter(|_| row.state == GroupState::Error);
        let failure = failure.map(|error| error.hresult);
        Ok(JobStatus {
            status: row.job_status,
            win32_result: failure.map_or(0, |hresult| hresult.win32_result()),
            transport_result: failure.map_or(0, |hresult| hresult.transport_result()),
            num_of_retries: row.retries,
        })
    }

    /// `GetFile`: what was asked for under a zero-based index.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when there is no such file (ruling A1).
    pub fn file(&self, index: u32) -> Result<FileSetInfo, QmgrError> {
        Ok(self.file_row(index)?.info)
    }

    /// `GetFileCount`.
    ///
    /// # Errors
    /// Those that all methods have.
    pub fn file_count(&self) -> Result<u32, QmgrError> {
        Ok(self.group.live()?.files_total)
    }

    /// Extension: the state of the file under a zero-based index.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when there is no such file (ruling A1).
    pub fn file_details(&self, index: u32) -> Result<FileDetails, QmgrError> {
        Ok(self.file_row(index)?.into())
    }

    fn not_implemented(&self, what: &str) -> Result<(), QmgrError> {
        self.group.check()?;
        Err(QmgrError::not_implemented(format!("{what}; use the group's")))
    }

    fn file_row(&self, index: u32) -> Result<FileRow, QmgrError> {
        let count = self.file_count()?;
        self.group.row().file(index).ok_or_else(|| {
            QmgrError::item_not_found(format!("file {index} of a job of {count} files"))
        })
    }
}
