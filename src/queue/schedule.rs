//! Which file runs next: a function of the state.
//!
//! All foreground groups run at once, and one background group beside them, in turns (spec §7.1,
//! ruling A31). Within a group the files are fetched one after another, in add order: a file is asked for
//! when the last byte of the one before it has come.

use super::commit::After;
use super::connection::{Connection, Stage};
use super::lobby::NoRoom;
use super::state::{Cause, State};
use super::transfer::Work;
use super::{Effect, Errand, Part, Queue, Ticket};
use crate::protocol::{Serial, ToPage};
use crate::time::Millis;
use std::ops::Bound;
use std::rc::Rc;

impl Queue {
    /// Brings what is under way in line with what the groups' states say. Runs after every change, and
    /// looks only at the groups that it touched: there may be thousands.
    pub(super) fn settle(&mut self, now: Millis) {
        loop {
            while let Some(serial) = self.unsettled.pop_first() {
                self.settle_group(serial, now);
                self.sort_in(serial);
            }
            self.connect(now);
            if self.unsettled.is_empty() {
                break;
            }
        }
        self.count_files();
        self.end_window(now);
        self.show_changes();
    }

    /// The same after what leaves most groups as they are: bytes have come, or a commit is durable. If it
    /// left all of them so, and no turn ends with it, each connection is where it should be.
    pub(super) fn settle_touched(&mut self, now: Millis) {
        self.count_files();
        let others = !self.unsettled.is_empty() || self.traffic.is_any_wide();
        if others || self.is_turn_over(now) {
            return self.settle(now);
        }
        self.end_window(now);
        self.show_changes();
    }

    pub(super) fn settle_group(&mut self, serial: Serial, now: Millis) {
        let Some(group) = self.groups.get(&serial) else { return };
        match *group.state() {
            State::Cancelled { publish } => self.settle_leaving(serial, publish),
            State::Complete
            | State::Error(_)
            | State::New
            | State::Suspended
            | State::Waiting(_) => {
                self.abort_all(serial);
            }
            State::Publishing => self.publish(serial, now),
            State::Running => {
                if group.is_read() && group.current().is_none() {
                    if let Some(group) = self.groups.get_mut(&serial) {
                        group.follow(Cause::AllFetched);
                    }
                    self.change_group(serial, now);
                    self.publish(serial, now);
                }
            }
        }
    }

    /// Moves the finished files of a cancelled group to their names, then drops the rest and the group.
    fn settle_leaving(&mut self, serial: Serial, publish: bool) {
        self.abort_all(serial);
        if !self.is_durable(serial) || self.lacks_files(serial) {
            return;
        }
        if publish {
            self.move_all(serial);
        }
        let Some(group) = self.groups.get(&serial) else { return };
        if group.is_busy() || publish && group.sums().unpublished > 0 {
            return;
        }
        self.active.remove(&serial);
        let Some(group) = self.groups.remove(&serial) else { return };
        self.callbacks.forget_group(serial);
        self.pending.groups.insert(serial);
        self.pending.strict = true;
        for (index, file) in group.indexed() {
            self.pending.transfers.insert((serial, index));
            if !file.published {
                self.pending
                    .after
                    .push(After::Effect(Effect::DeletePart { part: file.part(serial, index) }));
            }
        }
        if let Some((client, sequence)) = self.farewells.remove(&serial) {
            self.when_durable(After::Reply { client, sequence, group: None, whole: false });
        }
    }

    /// Ends the connections of a group.
    fn abort_all(&mut self, serial: Serial) {
        for index in self.traffic.files_of(serial).collect::<Vec<_>>() {
            self.abort_file(serial, index);
        }
    }

    /// Ends the connections of a file.
    pub(super) fn abort_file(&mut self, serial: Serial, index: u32) {
        let Some((_, file)) = self.file(serial, index) else { return };
        let open: Vec<_> = file.open().map(|connection| connection.ticket).collect();
        for ticket in open {
            self.abort(serial, index, ticket);
        }
    }

    /// Ends a connection, unless it is being ended.
    pub(super) fn abort(&mut self, serial: Serial, index: u32, ticket: Ticket) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let Some(stage) = file.stage_mut(ticket) else { return };
        let (from, unflushed) = match stage {
            Stage::Closing { .. } => return,
            Stage::Receiving(receiving) => (Some(receiving.from), receiving.unflushed()),
            Stage::Asking(_) => return self.stop_asking(serial, index, ticket),
            Stage::Comparing(_) | Stage::Probing { .. } | Stage::Requesting { .. } => (None, 0),
        };
        *stage = Stage::Closing { from, unflushed };
        self.effects.push_back(Effect::Abort { ticket });
        self.to_show.insert((serial, index));
    }

    /// Opens the connections that may be open, and ends those whose turn is over.
    fn connect(&mut self, now: Millis) {
        let before = self.turn.map(|(serial, _)| serial);
        self.turn = self.next_turn(now);
        let turn = self.turn.map(|(serial, _)| serial);
        if let Some(before) = before
            && turn != Some(before)
            && self.background.contains(&before)
        {
            self.abort_all(before);
        }
        if self.stopping {
            for serial in self.chosen().collect::<Vec<_>>() {
                self.abort_all(serial);
            }
            return;
        }
        self.admit(now);
        let no_room = turn.and_then(|serial| self.advance(serial, now).err());
        // As a rule all have one connection and want no more.
        self.count_files();
        if self.traffic.is_any_wide() {
            self.share_out(no_room, now);
        }
    }

    /// The groups with connections that may have them: those in the foreground, and the one whose turn
    /// it is.
    pub(super) fn chosen(&self) -> impl Iterator<Item = Serial> {
        let turn = self.turn.map(|(serial, _)| serial);
        let last = turn.filter(|serial| self.traffic.files_of(*serial).next().is_some());
        let foreground = self
            .traffic
            .groups()
            .filter(move |serial| turn != Some(*serial) && self.foreground.contains(serial));
        foreground.chain(last)
    }

    /// Takes the foreground groups for which nothing is under way one step further, as far as there are
    /// connections.
    fn admit(&mut self, now: Millis) {
        loop {
            let connections = &self.settings.connections;
            let (total, per_origin) = (connections.total as usize, connections.per_origin as usize);
            let room = total.saturating_sub(self.traffic.total());
            let traffic = &self.traffic;
            self.lobby.call_in(room, |origin| per_origin.saturating_sub(traffic.to(origin)));
            let Some(serial) = self.lobby.next() else { return };
            if let Err(reason) = self.advance(serial, now) {
                self.lobby.wait(serial, reason);
            }
        }
    }

    /// Whether the end of its turn costs a group nothing. A request on its way has brought nothing yet,
    /// and bytes that no proof will continue would be lost: two such groups would take each other's
    /// work away for ever. Either ends by itself, at the latest when it stalls.
    pub(super) fn can_give_way(&self, serial: Serial) -> bool {
        let Some(group) = self.groups.get(&serial) else { return true };
        self.traffic.files_of(serial).all(|index| {
            let Some(file) = group.file(index) else { return true };
            let is_idle = file.open().next().is_none();
            is_idle
                || file.has_come()
                || file.open().any(Connection::has_moved) && self.kept(file).proof().is_some()
        })
    }

    /// Whether the slice of the one whose turn it is has passed, and another waits.
    fn is_turn_over(&self, now: Millis) -> bool {
        self.turn.is_some_and(|(holder, since)| {
            now.since(since) >= self.settings.time_slice
                && self.background.len() > 1
                && self.can_give_way(holder)
        })
    }

    /// Whose turn it is: the holder's until it is over, then the next one's.
    fn next_turn(&self, now: Millis) -> Option<(Serial, Millis)> {
        let (holder, _) = self.turn.unwrap_or_default();
        if self.background.contains(&holder) && !self.is_turn_over(now) {
            return self.turn;
        }
        let after = self.background.range((Bound::Excluded(holder), Bound::Unbounded)).next();
        after.or(self.background.first()).map(|&serial| (serial, now))
    }

    /// Takes the file of a group that is next one step further.
    pub(super) fn advance(&mut self, serial: Serial, now: Millis) -> Result<(), NoRoom> {
        let Some(group) = self.groups.get(&serial) else { return Ok(()) };
        if !group.is_read() {
            self.lacks_files(serial);
            return Ok(());
        }
        let Some((index, file)) = group.next_step() else { return Ok(()) };
        if file.is_held_for_long(now) {
            self.copy(serial, index);
            return Ok(());
        }
        if file.is_all_durable() {
            return self.check_whole(serial, index, now);
        }
        self.check_room(file.file.remote.origin(), 0)?;
        let is_impatient = group.breadth(file).is_some_and(|breadth| breadth.is_impatient(now));
        if is_impatient
            && let Some(breadth) = self.breadth_mut(serial, index)
            && let Some(failure) = breadth.impatience(now)
        {
            self.fail(serial, Some(index), failure, now);
            return Ok(());
        }
        let Some((_, file)) = self.file(serial, index) else { return Ok(()) };
        let can_resume = !file.without_range && self.kept(file).proof().is_some();
        if !file.durable.is_empty() && !can_resume {
            self.start_again(serial, index);
        }
        let wanted = self.file(serial, index).and_then(|(_, file)| self.wanted_range(file, now));
        self.request(serial, index, wanted, now);
        Ok(())
    }

    /// Leaves the part to the context that holds it, and goes on in a copy.
    fn copy(&mut self, serial: Serial, index: u32) {
        let ticket = self.ticket(Errand::File(serial, index));
        let Some(file) = self.file_mut(serial, index) else { return };
        let from = file.part(serial, index);
        let to = Part { generation: from.generation + 1, ..from };
        let length = file.durable_end();
        file.work = Some(Work::Copying);
        self.effects.push_back(Effect::Copy { ticket, from, to, length });
        self.to_show.insert((serial, index));
    }

    /// Whether one more connection to an origin may be opened, besides so many that are about to be.
    pub(super) fn check_room(&self, origin: &Rc<str>, more: u32) -> Result<(), NoRoom> {
        let limits = &self.settings.connections;
        let more = more as usize;
        if self.traffic.to(origin) + more >= limits.per_origin as usize {
            Err(NoRoom::At(Rc::clone(origin)))
        } else if self.traffic.total() + more >= limits.total as usize {
            Err(NoRoom::Anywhere)
        } else {
            Ok(())
        }
    }

    /// What pages are shown changed, though nothing that is saved.
    pub(super) fn show_file(&mut self, serial: Serial, index: u32) {
        self.to_show.insert((serial, index));
    }

    /// Sends the rows of what changed only for show. A group with a change that is not durable yet
    /// waits for its commit, so that no page sees what a crash would take back.
    fn show_changes(&mut self) {
        // Most often one file is shown, or none.
        let mut rows = Vec::with_capacity(self.to_show.len());
        let mut next = self.to_show.first().copied();
        while let Some((serial, _)) = next {
            if self.is_durable(serial) {
                if let Some(row) = self.row(serial, Some(&self.to_show)) {
                    rows.push(row);
                }
                self.to_show.retain(|(shown, _)| *shown != serial);
            }
            let behind = (Bound::Excluded((serial, u32::MAX)), Bound::Unbounded);
            next = self.to_show.range(behind).next().copied();
        }
        if !rows.is_empty() {
            self.messages.push_back(ToPage::Rows(rows));
        }
    }

    /// Whether an order that was given has been answered or given up.
    pub fn is_open(&self, ticket: Ticket) -> bool {
        self.tickets.contains_key(&ticket)
    }
}
