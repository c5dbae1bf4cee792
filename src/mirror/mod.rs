//! The page's copy of the rows it holds handles to: every getter answers from here.
//!
//! A [`Mirror`] finds the row of a group by its [`Serial`]; the handles of a group share one [`Row`]
//! and keep it alive, so that a row goes with its last handle. The engine computes every word and
//! figure; the mirror stores them, says what changed ([`Change`]) and hands them out ([`GroupView`],
//! [`JobView`]). [`Calls`] remembers what the engine has not answered yet, [`Registrations`] what it may
//! call back, [`Contact`] what is known of the engine.

mod caller;
mod calls;
mod change;
mod contact;
mod details;
mod enumerator;
mod group;
mod job;
mod registrations;
mod row;

pub use caller::Caller;
pub use calls::Calls;
pub use change::{Change, GroupEvent, PROGRESS_REST};
pub use contact::{Contact, Meeting};
pub use details::{ErrorDetails, FileDetails, GroupDetails, WaitDetails};
pub use enumerator::GuidEnumerator;
pub use group::{GroupView, Outcome};
pub use job::{JobStatus, JobView};
pub use registrations::{PointerChange, Registrations};
pub use row::Row;

use crate::ordered::Map;
use crate::protocol::{GroupUpdate, Serial};
use std::cell::Cell;
use std::rc::{Rc, Weak};

/// The rows of the groups that a page holds handles to.
#[derive(Debug, Default)]
pub struct Mirror {
    rows: Map<Serial, Weak<Row>>,
    /// Rows whose handles are gone are looked for when there are so many.
    most: usize,
    engine: Rc<EnginePresence>,
}

/// Whether any tab's engine is active, shared by the mirror and its rows.
#[derive(Debug, Default)]
struct EnginePresence(Cell<bool>);

impl Mirror {
    /// A mirror that holds nothing and knows of no engine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of whether an engine is active; without one, runnable groups wait for a tab.
    pub fn set_engine_active(&self, active: bool) {
        self.engine.0.set(active);
    }

    /// Holds the group of a whole row for as long as the returned handle, or a clone of it, lives.
    pub fn hold(&mut self, update: GroupUpdate) -> (Rc<Row>, Change) {
        let serial = update.group.serial;
        if let Some(row) = self.row(serial) {
            let change = row.apply(update);
            return (row, change);
        }
        let row = Rc::new(Row::new(update, Rc::clone(&self.engine)));
        if self.rows.len() >= self.most {
            self.forget_released();
        }
        self.rows.insert(serial, Rc::downgrade(&row));
        let change = row.unchanged();
        (row, change)
    }

    /// Applies an update to the group's row, if it is held, and says what that changed.
    pub fn apply(&mut self, update: GroupUpdate) -> Change {
        match self.row(update.group.serial) {
            Some(row) => row.apply(update),
            None => Change {
                serial: update.group.serial,
                id: update.group.id,
                status: update.group.status,
                events: Vec::new(),
            },
        }
    }

    /// To be called [`PROGRESS_REST`] after a change told of progress: what the listeners were spared
    /// meanwhile they hear of now. `None` when the group is not held any more.
    pub fn end_rest(&mut self, serial: Serial) -> Option<Change> {
        Some(self.row(serial)?.end_rest())
    }

    /// The groups to ask a new engine for.
    pub fn held(&mut self) -> Vec<Serial> {
        self.forget_released();
        self.rows.keys().copied().collect()
    }

    /// Applies a new engine's answer for the groups that were `asked` for: one that is missing from
    /// it left the queue while this page did not listen. Returns what changed.
    pub fn reconcile(&mut self, asked: &[Serial], answer: Vec<GroupUpdate>) -> Vec<Change> {
        let present: Vec<Serial> = answer.iter().map(|update| update.group.serial).collect();
        let applied = answer.into_iter().map(|update| self.apply(update)).collect::<Vec<_>>();
        let gone = asked.iter().filter(|serial| !present.contains(serial));
        let gone = gone.filter_map(|serial| Some(self.row(*serial)?.cancel()));
        applied
            .into_iter()
            .chain(gone.collect::<Vec<_>>())
            .filter(|c| !c.events.is_empty())
            .collect()
    }

    /// Drops what no handle holds any more, so that a page's memory follows its handles. The more it
    /// holds, the later it looks again.
    fn forget_released(&mut self) {
        self.rows.retain(|_, row| row.strong_count() > 0);
        self.most = 2 * self.rows.len() + 8;
    }

    fn row(&mut self, serial: Serial) -> Option<Rc<Row>> {
        let row = self.rows.get(&serial)?.upgrade();
        if row.is_none() {
            self.rows.remove(&serial);
        }
        row
    }
}
