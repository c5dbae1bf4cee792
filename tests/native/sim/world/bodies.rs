//! Connections and their bodies: from the servers into the parts.

use super::records::{check_mark, check_untouched};
use super::{DAMAGED_STATE, Task, World};
use crate::sim::network::{Connection, Read, Sink};
use crate::sim::server::{BodyEnd, Reaction};
use qmgr::http::Request;
use qmgr::queue::{DiskFailure, Ended, Event, Part, Ticket};
use rangemap::RangeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

impl World {
    pub fn is_online(&self) -> bool {
        self.is_online
    }

    /// The connections that are open.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values()
    }

    /// How many bytes of each part were reported and are not recorded, while no flush, commit or end
    /// under way makes them safe.
    pub fn at_risk(&self) -> BTreeMap<Part, u64> {
        let mut risked = BTreeMap::new();
        if self.commit_under_way().is_some() {
            return risked;
        }
        let part_of = |ticket| Some(self.connections.get(ticket)?.sink.as_ref()?.part);
        let safe: BTreeSet<Part> = self
            .tasks
            .values()
            .filter_map(|task| {
                let (Task::Flush(ticket) | Task::End(ticket, _)) = task else { return None };
                part_of(ticket)
            })
            .collect();
        let sinks = self.connections.values().filter_map(|open| open.sink.as_ref());
        for sink in sinks.filter(|sink| !safe.contains(&sink.part)) {
            let record = self.database.tables.transfers.get(&(sink.part.serial, sink.part.index));
            let ranges = record.filter(|record| record.generation == sink.part.generation);
            let range = ranges.and_then(|record| {
                record.ranges.iter().find(|(start, end)| *start <= sink.at && sink.at < *end)
            });
            let recorded = range.map_or(sink.at, |(_, end)| *end);
            *risked.entry(sink.part).or_default() += sink.reported.saturating_sub(recorded);
        }
        risked
    }

    /// How many bytes of each part that the engine has received are in no record.
    pub fn unrecorded(&self) -> BTreeMap<Part, u64> {
        let length = |range: &Range<u64>| range.end - range.start;
        let of_part = |(&part, written): (&Part, &RangeSet<u64>)| {
            let record = self.database.tables.transfers.get(&(part.serial, part.index));
            let mut rest = written.clone();
            for &(start, end) in record
                .filter(|record| record.generation == part.generation)
                .map_or(&[][..], |record| &record.ranges)
            {
                rest.remove(start..end);
            }
            (part, rest.iter().map(length).sum())
        };
        let is_wanted = |part: &Part| self.queue.names(*part);
        self.written.iter().filter(|(part, _)| is_wanted(part)).map(of_part).collect()
    }

    /// The most connections that wrote into a part at once, since the engine started.
    pub fn breadth(&self, part: Part) -> u64 {
        self.breadths.get(&part).copied().unwrap_or_default()
    }

    /// The network comes, or goes and breaks what is open.
    pub fn set_network(&mut self, is_online: bool) {
        if !is_online {
            let open: Vec<_> = self.connections.keys().copied().collect();
            for ticket in open {
                let is_answered = self.connections[&ticket].response.is_some();
                let how = match is_answered {
                    true => Ended::Broken,
                    false => Ended::Unanswered("failed to fetch".to_owned()),
                };
                self.schedule(1, Task::End(ticket, how));
            }
        }
        self.set_online(is_online);
    }

    pub fn set_online(&mut self, is_online: bool) {
        self.is_online = is_online;
        self.report(Event::Online(is_online));
    }

    /// The ticket of a connection that is open.
    pub fn open_ticket(&self) -> Option<Ticket> {
        self.connections.keys().next().copied()
    }

    pub(super) fn connect(
        &mut self,
        ticket: Ticket,
        url: String,
        request: Request,
        headers: Vec<(String, String)>,
    ) {
        let connection =
            Connection { url, request, headers, response: None, compared: 0, sink: None };
        self.connections.insert(ticket, connection);
        self.most_connections = self.most_connections.max(self.connections.len());
    }

    pub(super) fn receive(&mut self, ticket: Ticket, sink: Sink, keep: u64, size: Option<u64>) {
        // An order to a connection that has ended by itself reaches nobody.
        if !self.connections.contains_key(&ticket) {
            return;
        }
        let file = |part: Part| (part.serial, part.index);
        let others: Vec<_> =
            self.connections.values().filter_map(|open| open.sink.as_ref()).collect();
        let mut of_file = others.iter().filter(|open| file(open.part) == file(sink.part));
        assert!(of_file.all(|open| open.part == sink.part), "{} beside another one", sink.part);
        let is_open = others.iter().any(|open| open.part == sink.part);
        let opened = match is_open {
            true => Ok(()),
            false => self.disk.open(sink.part, keep, sink.at == 0, size),
        };
        let connection = self.connections.get_mut(&ticket).expect("it was looked up");
        match opened {
            Ok(()) => {
                if let Some(mark) = &sink.hash {
                    self.hashed_from.push(mark.position);
                    check_mark(&self.disk, sink.part, mark).expect("the part is there");
                }
                let part = sink.part;
                connection.sink = Some(sink);
                let sinks = self.connections.values().filter_map(|open| open.sink.as_ref());
                let breadth = sinks.filter(|sink| sink.part == part).count() as u64;
                let most = self.breadths.entry(part).or_default();
                *most = breadth.max(*most);
                self.schedule(10, Task::Chunk(ticket));
            }
            Err(failure) => self.schedule(1, Task::End(ticket, Ended::Disk(failure))),
        }
    }

    /// Lets a body be read further, unless it has ended by itself.
    pub(super) fn allow(&mut self, ticket: Ticket, until: u64) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        // One that was given later may have come earlier.
        sink.allowed = sink.allowed.max(until);
        if std::mem::take(&mut sink.waits) {
            self.schedule(1, Task::Chunk(ticket));
        }
    }

    /// Ends a body earlier, unless it has ended by itself.
    pub(super) fn shorten(&mut self, ticket: Ticket, until: u64) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        let until = until.max(sink.position);
        sink.until = Some(until);
        sink.is_shortened = true;
        let is_over = sink.position == until;
        self.report(Event::Shortened { ticket, until });
        if is_over {
            self.end(ticket, Ended::Closed);
        }
    }

    pub(super) fn answer(&mut self, ticket: Ticket) {
        let now = self.true_time();
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        let reaction = if self.is_online {
            let page = self.origin.as_deref().unwrap_or_default();
            let Connection { url, request, headers, .. } = connection;
            self.servers.ask(url, request, headers, page, now)
        } else {
            Reaction::Refusal
        };
        match reaction {
            Reaction::Answer(response) => {
                let head = response.head.clone();
                connection.response = Some(*response);
                self.report(Event::Answered { ticket, head });
            }
            Reaction::Nothing => {}
            Reaction::Refusal => self.end(ticket, Ended::Unanswered("failed to fetch".to_owned())),
        }
    }

    /// Holds the start of a body against what is kept; a body that ends before has ended.
    pub(super) fn compare(&mut self, ticket: Ticket, part: Part, at: u64, until: u64) {
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        let Some(response) = &connection.response else { return };
        let to_index = |position: u64| usize::try_from(position).expect("a small file");
        let length = to_index(until - at);
        let end = response.end;
        let Some(start) = response.body.get(..length) else {
            return match end {
                BodyEnd::Breaks => self.end(ticket, Ended::Broken),
                BodyEnd::Closes => self.end(ticket, Ended::Closed),
                BodyEnd::Stalls => {}
            };
        };
        let is_equal = match self.disk.read(part) {
            Ok(kept) => kept[to_index(at)..to_index(until)] == *start,
            Err(failure) => return self.end(ticket, Ended::Disk(failure)),
        };
        connection.compared = length;
        self.report(Event::Compared { ticket, is_equal });
    }

    pub(super) fn move_body(&mut self, ticket: Ticket) {
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        if let Some(sink) = connection.sink.as_mut().filter(|sink| sink.is_held_back()) {
            sink.waits = true;
            let position = sink.position;
            if std::mem::replace(&mut sink.reported, position) < position {
                self.report(Event::Progress { ticket, position });
            }
            return;
        }
        let bytes = match connection.read(self.chunk) {
            Read::Bytes(bytes) => bytes,
            Read::End(BodyEnd::Breaks) => return self.end(ticket, Ended::Broken),
            Read::End(BodyEnd::Closes) => return self.end(ticket, Ended::Closed),
            Read::End(BodyEnd::Stalls) => return,
        };
        let sink = connection.sink.as_mut().expect("a body moves into a part");
        let room = sink.until.map_or(u64::MAX, |until| until.saturating_sub(sink.position));
        let fitting = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let (part, at) = (sink.part, sink.position);
        if fitting > 0 {
            check_untouched(&self.database, part, at, fitting as u64);
        }
        let range = at..at + fitting as u64;
        let written = self.written.entry(part).or_default();
        let is_new = range.is_empty() || !written.overlaps(&range);
        assert!(is_new, "{range:?} of {part} is written twice");
        if let Err(failure) = self.disk.write(part, at, &bytes[..fitting]) {
            return self.end(ticket, Ended::Disk(failure));
        }
        if fitting > 0 {
            written.insert(range);
        }
        sink.position += fitting as u64;
        let position = sink.position;
        if sink.is_shortened && sink.until == Some(position) {
            return self.end(ticket, Ended::Closed);
        }
        if fitting < bytes.len() {
            return self.end(ticket, Ended::Overlong);
        }
        // A driver need not report every piece.
        let is_reported = self.dice.as_mut().is_none_or(|dice| dice.u8(0..4) > 0);
        if is_reported {
            sink.reported = position;
        }
        let moving = self.connections.values().filter(|open| open.sink.is_some()).count() as u64;
        let pace = if self.shares_bandwidth { 10 * moving } else { 10 };
        self.schedule(pace, Task::Chunk(ticket));
        if is_reported {
            self.report(Event::Progress { ticket, position });
        }
    }

    /// Flushes and closes the part of a connection, and reports its end.
    pub(super) fn end(&mut self, ticket: Ticket, how: Ended) {
        self.report_hash(ticket);
        let flushed = self.flush(ticket);
        let Some(connection) = self.connections.remove(&ticket) else { return };
        let position = connection.sink.map(|sink| sink.flushed);
        let how = match flushed {
            Some(Err(failure)) => Ended::Disk(failure),
            Some(Ok(_)) | None => how,
        };
        self.report(Event::Ended { ticket, position, how });
    }

    /// A body that is written is hashed beside that, and may be behind.
    pub(super) fn report_hash(&mut self, ticket: Ticket) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        let Some(mark) = &mut sink.hash else { return };
        let position = match &mut self.dice {
            Some(dice) => dice.u64(mark.position..=sink.position),
            None => sink.position,
        };
        if mark.state == DAMAGED_STATE {
            mark.position = position;
        } else {
            // Somebody may have deleted the part.
            let Ok(there) = self.disk.hash_mark(sink.part, position) else { return };
            *mark = there;
        }
        let mark = mark.clone();
        self.report(Event::HashedTo { ticket, mark });
    }

    /// Flushes the part of a connection, if it has one, and says up to where.
    pub(super) fn flush(&mut self, ticket: Ticket) -> Option<Result<u64, DiskFailure>> {
        let sink = self.connections.get_mut(&ticket)?.sink.as_mut()?;
        let flushed = self.disk.flush(sink.part);
        if flushed.is_err() {
            // What did not become durable is fetched again.
            self.written.remove(&sink.part);
        }
        Some(flushed.map(|()| {
            sink.flushed = sink.position;
            sink.flushed
        }))
    }
}
