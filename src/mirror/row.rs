//! The mirrored row of one group, shared by its handles.

use super::{Change, EnginePresence, GroupEvent};
use crate::protocol::{FileRow, GroupRow, GroupState, GroupUpdate};
use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

/// The mirrored row of one group and of its files.
///
/// Its borrows end before any of its methods returns, except those of [`group`](Self::group), which
/// stays within this room.
#[derive(Debug)]
pub struct Row {
    group: RefCell<GroupRow>,
    files: RefCell<Vec<FileRow>>,
    engine: Rc<EnginePresence>,
    pace: Cell<Pace>,
}

/// Whether the listeners may hear of progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
    /// They heard of some a moment ago, and there has been more since.
    Owing,
    /// At once.
    #[default]
    Ready,
    /// They heard of some a moment ago.
    Resting,
}

impl Row {
    pub(super) fn new(update: GroupUpdate, engine: Rc<EnginePresence>) -> Self {
        let GroupUpdate { group, files, whole: _ } = update;
        let files = files.into_iter().map(|(_, file)| file).collect();
        let (group, files) = (RefCell::new(group), RefCell::new(files));
        Self { group, files, engine, pace: Cell::default() }
    }

    pub(super) fn group(&self) -> Ref<'_, GroupRow> {
        self.group.borrow()
    }

    pub(super) fn file(&self, index: u32) -> Option<FileRow> {
        self.files.borrow().get(usize::try_from(index).ok()?).cloned()
    }

    pub(super) fn engine_active(&self) -> bool {
        self.engine.0.get()
    }

    /// A group that has left the queue never comes back, so nothing touches its row any more.
    pub(super) fn apply(&self, update: GroupUpdate) -> Change {
        if self.group().state == GroupState::Cancelled {
            return self.unchanged();
        }
        let GroupUpdate { group, files, whole } = update;
        let before = self.group.replace(group);
        let mut rows = self.files.borrow_mut();
        if whole {
            rows.clear();
        }
        for (index, file) in files {
            match rows.get_mut(index as usize) {
                Some(row) => *row = file,
                None => rows.push(file),
            }
        }
        let is_owing = self.pace.get() == Pace::Owing;
        let mut events = GroupEvent::between(&before, &self.group(), is_owing);
        if events.contains(&GroupEvent::Progress) {
            let is_told = self.may_tell_progress(&events);
            self.pace.set(if is_told { Pace::Resting } else { Pace::Owing });
            events.retain(|event| is_told || *event != GroupEvent::Progress);
        }
        self.change(events)
    }

    /// Whether progress is told along with `events`. With the group's end all is told; of a group that
    /// is cancelled nobody can ask for figures any more.
    fn may_tell_progress(&self, events: &[GroupEvent]) -> bool {
        let has = |event| events.contains(&event);
        let has_ended = has(GroupEvent::Complete) || has(GroupEvent::Error);
        !has(GroupEvent::Cancelled) && (has_ended || self.pace.get() == Pace::Ready)
    }

    pub(super) fn end_rest(&self) -> Change {
        let is_owing = self.pace.get() == Pace::Owing;
        let is_told = is_owing && self.group().state != GroupState::Cancelled;
        self.pace.set(if is_told { Pace::Resting } else { Pace::Ready });
        self.change(is_told.then_some(GroupEvent::Progress).into_iter().collect())
    }

    pub(super) fn cancel(&self) -> Change {
        let mut group = self.group().clone();
        group.state = GroupState::Cancelled;
        group.status = 0;
        group.job_status = 0;
        group.bytes_per_second = 0;
        group.wait = None;
        self.apply(GroupUpdate { group, files: Vec::new(), whole: false })
    }

    pub(super) fn unchanged(&self) -> Change {
        self.change(Vec::new())
    }

    fn change(&self, events: Vec<GroupEvent>) -> Change {
        let group = self.group();
        Change { serial: group.serial, id: group.id, status: group.status, events }
    }
}
