//! What a page knows of the engine.

use crate::abi::QmgrError;
use crate::protocol::{Active, Epoch, Storage, VERSION, superseded};
use crate::standby::SILENCE;
use crate::time::Millis;

/// What a page knows of the engine: which one is active, and whether there will be one.
///
/// ```text
///              meet                  the page's own worker fails, nobody is heard; a newer build is met
/// unknown ───────────────► active ───────────────────────────────────────────────────► failed
///    ▲     leave, lose       │                             meet                          │
///    └───────────────────────┘◄──────────────────────────────────────────────────────────┘
/// ```
///
/// Calls wait while the engine is unknown, and end in [`failure`](Self::failure) where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    active: Option<Active>,
    /// What the queue was created with.
    storage: Option<Storage>,
    /// The highest epoch heard of.
    epoch: Epoch,
    /// When an engine last said something, or was asked to.
    heard_at: Millis,
    failure: Option<QmgrError>,
    /// Why the page's own worker can be no engine: the page depends on other tabs.
    alone: Option<QmgrError>,
}

/// What an engine's introduction means to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing that the page does not know.
    Known,
    /// Another engine has become active: it is sent every unanswered call.
    New,
    /// A newer build is active: nobody will answer this page's calls.
    Newer,
}

impl Contact {
    /// Knows of no engine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The active engine; calls wait while there is none.
    #[must_use]
    pub const fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    /// What the queue was created with, once an engine has said so.
    #[must_use]
    pub const fn storage(&self) -> Option<Storage> {
        self.storage
    }

    /// Why there will be none, as far as the page knows.
    #[must_use]
    pub const fn failure(&self) -> Option<&QmgrError> {
        self.failure.as_ref()
    }

    /// An engine of this epoch says something. False when a later one has spoken: what an earlier one
    /// says then is not to be believed.
    pub fn hear(&mut self, epoch: Epoch, now: Millis) -> bool {
        let is_current = epoch >= self.epoch;
        if is_current {
            self.heard_at = now;
        }
        is_current
    }

    /// An engine introduces itself.
    pub fn meet(&mut self, active: Active) -> Meeting {
        let is_known = self.active.as_ref().is_some_and(|known| known.epoch == active.epoch);
        // An older build gives way to this one; until then it is as good as none.
        if active.epoch < self.epoch || active.version < VERSION || is_known {
            return Meeting::Known;
        }
        if active.version > VERSION {
            self.active = None;
            self.failure = Some(superseded());
            return Meeting::Newer;
        }
        self.epoch = active.epoch;
        self.storage = Some(active.storage);
        self.failure = None;
        self.active = Some(active);
        Meeting::New
    }

    /// The engine of an epoch lets go, to a newer build if `is_superseded`. Returns whether it was the
    /// one that the page relied on.
    pub fn leave(&mut self, epoch: Epoch, is_superseded: bool) -> bool {
        if epoch < self.epoch {
            return false;
        }
        if is_superseded {
            self.failure = Some(superseded());
        }
        self.active.take().is_some()
    }

    /// Forgets the active engine, to ask anew who it is. Returns whether there was one.
    pub fn lose(&mut self, now: Millis) -> bool {
        self.heard_at = now;
        self.failure = None;
        self.active.take().is_some()
    }

    /// None is expected any more, for this reason. Changes nothing while one is active.
    pub fn give_up(&mut self, failure: QmgrError) {
        if self.active.is_none() {
            self.failure = Some(failure);
        }
    }

    /// The page's own worker can be no engine. If it held the lock when it failed, nobody else is one.
    pub fn lack_worker(&mut self, failure: QmgrError, held_lock: bool) {
        if held_lock {
            self.give_up(failure.clone());
        }
        self.alone = Some(failure);
    }

    /// The page has a worker that may become the engine.
    pub fn gain_worker(&mut self) {
        self.alone = None;
    }

    /// When to [`look`](Self::look) whether another tab's engine still lives; `None` while the page
    /// does not depend on one.
    #[must_use]
    pub fn next_look(&self) -> Option<Millis> {
        let is_waiting = self.alone.is_some() && self.failure.is_none();
        is_waiting.then(|| self.heard_at.plus(SILENCE))
    }

    /// A page without a worker of its own, and without a word from another tab for [`SILENCE`], has no
    /// engine. Returns whether that is so, and was not before.
    pub fn look(&mut self, now: Millis) -> bool {
        let is_due = self.next_look().is_some_and(|due| due <= now);
        if is_due {
            self.failure.clone_from(&self.alone);
            self.active = None;
        }
        is_due
    }
}
