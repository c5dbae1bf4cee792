//! Where a group stands, and what moves it on: the one table of transitions (spec §1.3).
//!
//! [`State::after`] is that table. A group's state changes in no other way, so the diagram that
//! [`transitions`] prints cannot differ from what runs; it is in `docs/states.md`.

use crate::abi::StatusWord;
use crate::protocol::{GroupError, Wait, WaitReason};
use crate::snapshot;

/// Where a group stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// Leaving the queue.
    Cancelled { publish: bool },
    /// All files are published.
    Complete,
    /// Stopped by a failure.
    Error(GroupError),
    /// Never resumed.
    New,
    /// All files are there and are being moved to their names.
    Publishing,
    /// Resumed; waiting for its turn or using it.
    Running,
    /// Paused.
    Suspended,
    /// A recoverable failure is waited out.
    Waiting(Wait),
}

/// What moves a group from one state to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cause {
    AddFiles,
    AllFetched,
    AllPublished,
    CancelGroup,
    Fatal(GroupError),
    Inactivity,
    NoProgress(GroupError),
    PartLost,
    Recoverable(Wait),
    ResumeGroup,
    SuspendGroup,
    /// The delay is over, or the network is back.
    WaitOver,
}

impl State {
    /// The state that a cause leads to from here; `None` where it changes nothing.
    pub(super) fn after(&self, cause: Cause) -> Option<Self> {
        use State::{Cancelled, Complete, Error, New, Publishing, Running, Suspended, Waiting};
        match (self, cause) {
            (Cancelled { .. }, _) => None,
            (_, Cause::CancelGroup) => Some(Cancelled { publish: true }),
            (_, Cause::Inactivity) => Some(Cancelled { publish: false }),
            (New | Suspended | Waiting(_) | Error(_), Cause::ResumeGroup) => Some(Running),
            (Running | Waiting(_) | Publishing, Cause::SuspendGroup) => Some(Suspended),
            (Running, Cause::AllFetched) => Some(Publishing),
            (Publishing, Cause::AllPublished) => Some(Complete),
            // Not all files are there any more; those that are being moved to their names go on.
            (Publishing, Cause::AddFiles | Cause::PartLost) => Some(Running),
            (Complete, Cause::AddFiles) => Some(Suspended),
            (Running | Publishing, Cause::Recoverable(wait)) => Some(Waiting(wait)),
            (Waiting(_), Cause::WaitOver) => Some(Running),
            (Running | Waiting(_) | Publishing, Cause::Fatal(error)) => Some(Error(error)),
            (Running | Waiting(_), Cause::NoProgress(error)) => Some(Error(error)),
            _ => None,
        }
    }

    /// Whether the group was resumed and is neither stopped nor done: states R and T of the spec.
    pub(super) const fn is_runnable(&self) -> bool {
        match self {
            Self::Publishing | Self::Running | Self::Waiting(_) => true,
            Self::Cancelled { .. }
            | Self::Complete
            | Self::Error(_)
            | Self::New
            | Self::Suspended => false,
        }
    }

    /// The group's status word (spec §4) without the foreground bit; 0 when cancelled.
    pub(super) fn status(&self) -> StatusWord {
        match self {
            Self::Cancelled { .. } => StatusWord::empty(),
            Self::Complete => {
                StatusWord::QM_STATUS_GROUP_COMPLETE | StatusWord::QM_STATUS_GROUP_SUSPENDED
            }
            Self::Error(_) => {
                StatusWord::QM_STATUS_GROUP_INCOMPLETE
                    | StatusWord::QM_STATUS_GROUP_SUSPENDED
                    | StatusWord::QM_STATUS_GROUP_ERROR
            }
            Self::New | Self::Suspended => {
                StatusWord::QM_STATUS_GROUP_INCOMPLETE | StatusWord::QM_STATUS_GROUP_SUSPENDED
            }
            Self::Publishing | Self::Running | Self::Waiting(_) => {
                StatusWord::QM_STATUS_GROUP_INCOMPLETE
            }
        }
    }

    /// The status word of the group's job (spec §4), if it has one; 0 when cancelled.
    pub(super) fn job_status(&self) -> StatusWord {
        match self {
            Self::Cancelled { .. } => StatusWord::empty(),
            Self::Complete => StatusWord::QM_STATUS_JOB_COMPLETE,
            Self::Error(_) => {
                StatusWord::QM_STATUS_JOB_INCOMPLETE | StatusWord::QM_STATUS_JOB_ERROR
            }
            Self::New | Self::Publishing | Self::Running | Self::Suspended | Self::Waiting(_) => {
                StatusWord::QM_STATUS_JOB_INCOMPLETE
            }
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Cancelled { .. } => "Cancelled",
            Self::Complete => "Complete",
            Self::Error(_) => "Error",
            Self::New => "New",
            Self::Publishing => "Publishing",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Waiting(_) => "Waiting",
        }
    }
}

impl Cause {
    const fn name(&self) -> &'static str {
        match self {
            Self::AddFiles => "AddFiles",
            Self::AllFetched => "all files fetched",
            Self::AllPublished => "all files under their names",
            Self::CancelGroup => "CancelGroup",
            Self::Fatal(_) => "fatal failure",
            Self::Inactivity => "inactivity timeout",
            Self::NoProgress(_) => "no-progress timeout",
            Self::PartLost => "a part is gone",
            Self::Recoverable(_) => "recoverable failure",
            Self::ResumeGroup => "ResumeGroup",
            Self::SuspendGroup => "SuspendGroup",
            Self::WaitOver => "delay over, network back",
        }
    }
}

/// One state, for the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateWords {
    /// Its name.
    pub name: &'static str,
    /// The status word of a background group in it; 0 where a call fails.
    pub group: u32,
    /// The status word of its job; 0 where a call fails.
    pub job: u32,
}

/// One line of the table of transitions, for the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transition {
    /// The name of the state before.
    pub from: &'static str,
    /// What happens.
    pub cause: &'static str,
    /// The name of the state after.
    pub to: &'static str,
}

/// Every state with its status words.
pub fn states() -> Vec<StateWords> {
    let words = |state: &State| StateWords {
        name: state.name(),
        group: state.status().bits(),
        job: state.job_status().bits(),
    };
    every_state().iter().map(words).collect()
}

/// The whole table of transitions: each cause is tried on each state.
pub fn transitions() -> Vec<Transition> {
    let states = every_state();
    let tried = states.iter().flat_map(|state| {
        every_cause().into_iter().filter_map(|cause| {
            let name = cause.name();
            let to = state.after(cause)?;
            Some(Transition { from: state.name(), cause: name, to: to.name() })
        })
    });
    tried.collect()
}

/// One of each, in the order of the spec.
fn every_state() -> [State; 8] {
    let error = snapshot::damaged();
    let wait = Wait { reason: WaitReason::Turn, next_attempt_at: None, last_error: None };
    [
        State::New,
        State::Suspended,
        State::Running,
        State::Waiting(wait),
        State::Error(error),
        State::Publishing,
        State::Complete,
        State::Cancelled { publish: true },
    ]
}

/// One of each.
fn every_cause() -> [Cause; 12] {
    let error = snapshot::damaged();
    let wait = Wait { reason: WaitReason::Turn, next_attempt_at: None, last_error: None };
    [
        Cause::ResumeGroup,
        Cause::SuspendGroup,
        Cause::AddFiles,
        Cause::CancelGroup,
        Cause::AllFetched,
        Cause::AllPublished,
        Cause::Recoverable(wait),
        Cause::WaitOver,
        Cause::Fatal(error.clone()),
        Cause::NoProgress(error),
        Cause::PartLost,
        Cause::Inactivity,
    ]
}
