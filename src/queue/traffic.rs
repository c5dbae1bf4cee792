//! What is under way for the files: how much of it, and which of them have connections.

use crate::ordered::Map;
use crate::protocol::Serial;
use crate::time::Millis;
use std::rc::Rc;

/// What is under way for the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Traffic {
    total: usize,
    by_origin: Map<Rc<str>, usize>,
    /// In order. They are few, however many groups there are.
    files: Vec<Connected>,
}

/// A file that has connections, with what would take long to ask its group after every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Connected {
    pub(super) serial: Serial,
    pub(super) index: u32,
    connections: usize,
    /// When something of it is due: a flush, the end of a connection, the next page to be asked.
    pub(super) alarm: Option<Millis>,
    /// More than one connection may help it.
    pub(super) is_wide: bool,
}

impl Traffic {
    /// Something begins for a file of a server with this origin.
    pub(super) fn begin(&mut self, origin: &Rc<str>) {
        self.total += 1;
        match self.by_origin.get_mut(origin) {
            Some(count) => *count += 1,
            None => {
                self.by_origin.insert(Rc::clone(origin), 1);
            }
        }
    }

    /// It has ended.
    pub(super) fn end(&mut self, origin: &str) {
        self.total -= 1;
        if let Some(count) = self.by_origin.get_mut(origin) {
            *count -= 1;
            if *count == 0 {
                self.by_origin.remove(origin);
            }
        }
    }

    /// What begins is a connection.
    pub(super) fn connect(&mut self, serial: Serial, index: u32) {
        match self.find(serial, index) {
            Ok(place) => self.files[place].connections += 1,
            Err(place) => {
                let file = Connected { serial, index, connections: 1, alarm: None, is_wide: false };
                self.files.insert(place, file);
            }
        }
    }

    /// A connection has ended.
    pub(super) fn disconnect(&mut self, serial: Serial, index: u32) {
        if let Ok(place) = self.find(serial, index) {
            self.files[place].connections -= 1;
            if self.files[place].connections == 0 {
                self.files.remove(place);
            }
        }
    }

    fn find(&self, serial: Serial, index: u32) -> Result<usize, usize> {
        self.files.binary_search_by_key(&(serial, index), |file| (file.serial, file.index))
    }

    /// How much is under way.
    pub(super) const fn total(&self) -> usize {
        self.total
    }

    /// How much of it for files of servers with this origin.
    pub(super) fn to(&self, origin: &str) -> usize {
        self.by_origin.get(origin).copied().unwrap_or(0)
    }

    /// The files that have connections.
    pub(super) fn files(&self) -> impl Iterator<Item = (Serial, u32)> {
        self.files.iter().map(|file| (file.serial, file.index))
    }

    /// Those of which something is due.
    pub(super) fn due(&self, now: Millis) -> impl Iterator<Item = (Serial, u32)> {
        let due = move |file: &&Connected| file.alarm.is_some_and(|at| at <= now);
        self.files.iter().filter(due).map(|file| (file.serial, file.index))
    }

    /// The groups that have connections, each once.
    pub(super) fn groups(&self) -> impl Iterator<Item = Serial> {
        self.files.chunk_by(|one, other| one.serial == other.serial).map(|files| files[0].serial)
    }

    /// Those of one group.
    pub(super) fn files_of(&self, serial: Serial) -> impl Iterator<Item = u32> {
        self.files.iter().filter(move |file| file.serial == serial).map(|file| file.index)
    }

    /// The same, to note what is known of them.
    pub(super) fn connected_mut(&mut self, serial: Serial) -> impl Iterator<Item = &mut Connected> {
        self.files.iter_mut().filter(move |file| file.serial == serial)
    }

    /// When something is due for some file.
    pub(super) fn next_alarm(&self) -> Option<Millis> {
        self.files.iter().filter_map(|file| file.alarm).min()
    }

    /// Whether more than one connection may help a file of this group.
    pub(super) fn is_wide(&self, serial: Serial) -> bool {
        self.files.iter().any(|file| file.is_wide && file.serial == serial)
    }

    /// Whether some file has more than one connection, or more than one may help it.
    pub(super) fn is_any_wide(&self) -> bool {
        self.files.iter().any(|file| file.is_wide || file.connections > 1)
    }

    /// Whether some file has several connections.
    pub(super) fn is_any_divided(&self) -> bool {
        self.files.iter().any(|file| file.connections > 1)
    }
}
