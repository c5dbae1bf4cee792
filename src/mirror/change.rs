//! What an update changed in the eyes of a page.

use crate::abi::Guid;
use crate::protocol::{GroupRow, GroupState, Serial};
use crate::time::Millis;

/// How long the listeners of a group hear nothing of progress after they did, unless the group comes
/// to its end: nine times a second, and the end is the tenth.
pub const PROGRESS_REST: Millis = Millis(112);

/// What an update changed in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which group.
    pub serial: Serial,
    /// Its id.
    pub id: Guid,
    /// Its status word after the update; 0 when it is cancelled.
    pub status: u32,
    /// What its listeners hear of, in this order; empty when nothing they hear of changed. After
    /// [`GroupEvent::Progress`] a rest begins, which [`Mirror::end_rest`](super::Mirror::end_rest) ends.
    pub events: Vec<GroupEvent>,
}

/// Something that the listeners of a group hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// It left the queue.
    Cancelled,
    /// It came to be complete.
    Complete,
    /// It came to be in error.
    Error,
    /// Bytes or files moved, a size became known, or the group came to be complete.
    Progress,
    /// Its status word changed.
    StatusChange,
}

impl GroupEvent {
    /// The name under which JavaScript knows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Complete => "complete",
            Self::Error => "error",
            Self::Progress => "progress",
            Self::StatusChange => "statuschange",
        }
    }

    /// What lies between two rows of one group; `is_owing` when there was progress before that nobody
    /// heard of.
    pub(super) fn between(before: &GroupRow, after: &GroupRow, is_owing: bool) -> Vec<Self> {
        let figures =
            |row: &GroupRow| (row.bytes_done, row.bytes_total, row.files_done, row.files_total);
        let came_to = |state| before.state != state && after.state == state;
        // Its percentage comes to be 100, though its bytes may have been there before.
        let is_complete = came_to(GroupState::Complete);
        [
            (before.status != after.status, Self::StatusChange),
            (is_owing || figures(before) != figures(after) || is_complete, Self::Progress),
            (is_complete, Self::Complete),
            (came_to(GroupState::Error), Self::Error),
            (came_to(GroupState::Cancelled), Self::Cancelled),
        ]
        .into_iter()
        .filter_map(|(happened, event)| happened.then_some(event))
        .collect()
    }
}
