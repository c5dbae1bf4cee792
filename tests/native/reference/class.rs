//! Classes of states, and their status words (spec §4.2).

use qmgr::protocol::{GroupRow, GroupState};

/// What the status words tell of a group's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Cancelled,
    Complete,
    Error,
    Running,
    Suspended,
}

impl Class {
    pub fn of(state: GroupState) -> Self {
        match state {
            GroupState::Cancelled => Self::Cancelled,
            GroupState::Complete => Self::Complete,
            GroupState::Error => Self::Error,
            GroupState::New | GroupState::Suspended => Self::Suspended,
            GroupState::Connecting
            | GroupState::Publishing
            | GroupState::Queued
            | GroupState::Transferring
            | GroupState::Waiting => Self::Running,
        }
    }

    /// What a group of this class may be by itself, sooner or later.
    pub fn sequels(self) -> &'static [Self] {
        match self {
            Self::Cancelled => &[Self::Cancelled],
            Self::Complete => &[Self::Complete],
            Self::Error => &[Self::Error],
            Self::Running => &[Self::Running, Self::Error, Self::Complete],
            Self::Suspended => &[Self::Suspended],
        }
    }

    /// The words of the group and of its job.
    fn words(self, has_job: bool, foreground: bool) -> (u32, u32) {
        let (group, job) = match self {
            Self::Cancelled => return (0, 0),
            Self::Complete => (0x140, 0x04),
            Self::Error => (0x380, 0x18),
            Self::Running => (0x080, 0x08),
            Self::Suspended => (0x180, 0x08),
        };
        (group | if foreground { 0x400 } else { 0 }, if has_job { job } else { 0 })
    }

    /// A row of this class shows its words, and what they promise.
    pub fn check_words(self, row: &GroupRow, foreground: bool) {
        let words = self.words(row.job.is_some(), foreground);
        assert_eq!((row.status, row.job_status), words, "{row:?}");
        assert_eq!(row.error.is_some(), self == Self::Error, "{row:?}");
        if self == Self::Complete {
            assert_eq!(row.files_done, row.files_total, "{row:?}");
            assert_eq!(row.bytes_total, Some(row.bytes_done), "{row:?}");
        }
    }
}
