//! What is under way for the files: how much of it, and which of it are connections.

use super::Ticket;
use crate::ordered::{Map, Set};
use crate::protocol::Serial;

/// What is under way for the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Traffic {
    total: usize,
    by_origin: Map<String, usize>,
    connections: Set<(Serial, u32, Ticket)>,
}

impl Traffic {
    /// Something begins for a file of a server with this origin.
    pub(super) fn begin(&mut self, origin: &str) {
        self.total += 1;
        match self.by_origin.get_mut(origin) {
            Some(count) => *count += 1,
            None => {
                self.by_origin.insert(origin.to_owned(), 1);
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
    pub(super) fn connect(&mut self, serial: Serial, index: u32, ticket: Ticket) {
        self.connections.insert((serial, index, ticket));
    }

    /// The connection has ended, if it was one.
    pub(super) fn disconnect(&mut self, serial: Serial, index: u32, ticket: Ticket) {
        self.connections.remove(&(serial, index, ticket));
    }

    /// How much is under way.
    pub(super) const fn total(&self) -> usize {
        self.total
    }

    /// How much of it for files of servers with this origin.
    pub(super) fn to(&self, origin: &str) -> usize {
        self.by_origin.get(origin).copied().unwrap_or(0)
    }

    /// The files that have connections, each once.
    pub(super) fn files(&self) -> impl Iterator<Item = (Serial, u32)> {
        each_once(self.connections.iter().map(|&(serial, index, _)| (serial, index)))
    }

    /// The groups that have connections, each once.
    pub(super) fn groups(&self) -> impl Iterator<Item = Serial> {
        each_once(self.connections.iter().map(|&(serial, ..)| serial))
    }

    /// Those of one group.
    pub(super) fn files_of(&self, serial: Serial) -> impl Iterator<Item = u32> {
        let ends = (serial, 0, Ticket(0))..=(serial, u32::MAX, Ticket(u64::MAX));
        each_once(self.connections.range(ends).map(|&(_, index, _)| index))
    }

    /// Whether some file has several connections.
    pub(super) fn is_any_divided(&self) -> bool {
        self.files().count() < self.connections.len()
    }
}

fn each_once<T: Copy + PartialEq>(sorted: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut last = None;
    sorted.filter(move |item| last.replace(*item) != Some(*item))
}
