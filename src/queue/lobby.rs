//! The foreground groups that need a connection: those to be looked at, and those for which there was
//! none. However many they are, what happens to other groups costs them nothing.

use crate::ordered::{Map, Set};
use crate::protocol::Serial;
use std::rc::Rc;

/// Why a group gets no connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum NoRoom {
    /// There are too many.
    Anywhere,
    /// There are too many to its server, which has this origin.
    At(Rc<str>),
}

/// The foreground groups that need a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Lobby {
    /// Nobody has looked yet whether there is one.
    fresh: Set<Serial>,
    /// There was no room anywhere.
    short: Set<Serial>,
    /// There was no room at an origin.
    crowded: Map<Rc<str>, Set<Serial>>,
    /// Why each of these last two kinds waits.
    waiting: Map<Serial, NoRoom>,
    /// There may be room for some of these: something has ended since they were looked through.
    may_be_room: bool,
}

impl Lobby {
    /// A group needs a connection, or may need another one than before.
    pub(super) fn enter(&mut self, serial: Serial) {
        self.leave(serial);
        self.fresh.insert(serial);
    }

    /// A group needs none.
    pub(super) fn leave(&mut self, serial: Serial) {
        self.fresh.remove(&serial);
        match self.waiting.remove(&serial) {
            Some(NoRoom::Anywhere) => {
                self.short.remove(&serial);
            }
            Some(NoRoom::At(origin)) => {
                if let Some(crowd) = self.crowded.get_mut(&origin) {
                    crowd.remove(&serial);
                    if crowd.is_empty() {
                        self.crowded.remove(&origin);
                    }
                }
            }
            None => {}
        }
    }

    /// The first group to be looked at.
    pub(super) fn next(&mut self) -> Option<Serial> {
        self.fresh.pop_first()
    }

    /// A group gets no connection for now.
    pub(super) fn wait(&mut self, serial: Serial, why: NoRoom) {
        match &why {
            NoRoom::Anywhere => {
                self.short.insert(serial);
            }
            NoRoom::At(origin) => match self.crowded.get_mut(origin) {
                Some(crowd) => {
                    crowd.insert(serial);
                }
                None => {
                    self.crowded.insert(origin.clone(), Set::from_iter([serial]));
                }
            },
        }
        self.waiting.insert(serial, why);
    }

    /// As many groups are to be looked at again as there may be connections more: `room` anywhere, and
    /// no more than `room_at` says to one origin.
    pub(super) fn call_in(&mut self, room: usize, room_at: impl Fn(&str) -> usize) {
        if !self.may_be_room {
            return;
        }
        let mut called: Vec<Serial> = self.short.iter().copied().take(room).collect();
        for (origin, crowd) in &self.crowded {
            called.extend(crowd.iter().copied().take(room.min(room_at(origin))));
        }
        self.may_be_room = !called.is_empty();
        for serial in called {
            self.enter(serial);
        }
    }

    /// There may be room for more than before.
    pub(super) const fn look_again(&mut self) {
        self.may_be_room = true;
    }

    /// Why groups wait, each reason once.
    pub(super) fn reasons(&self) -> Vec<NoRoom> {
        let anywhere = (!self.short.is_empty()).then_some(NoRoom::Anywhere);
        let at = self.crowded.keys().map(|origin| NoRoom::At(origin.clone()));
        anywhere.into_iter().chain(at).collect()
    }

    /// Every group in it.
    pub(super) fn groups(&self) -> impl Iterator<Item = Serial> {
        self.fresh.iter().chain(self.waiting.keys()).copied()
    }
}
