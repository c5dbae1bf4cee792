//! Which file runs next, and when to look again: a function of the state.
//!
//! All foreground groups run at once, and one background group beside them, in turns (spec §7.1,
//! ruling A31). Within a group the files are fetched one after another, in add order: a file is asked for
//! when the last byte of the one before it has come.

use super::commit::After;
use super::lobby::NoRoom;
use super::pieces::asked;
use super::state::{Cause, State};
use super::transfer::{Asking, Connection, Source, Stage, Transfer, Work};
use super::{Effect, Errand, Part, Queue, Ticket};
use crate::abi::{Hresult, Sha256Integrity};
use crate::http::{ByteRange, Failure, plan, plan_range};
use crate::ordered::Set;
use crate::protocol::{Serial, ToPage};
use crate::time::Millis;
use std::ops::Bound;
use std::rc::Rc;

/// Idle groups are looked for this often, or more often where the limit is shorter.
const IDLE_CHECK: Millis = Millis(3_600_000);

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

    fn settle_group(&mut self, serial: Serial, now: Millis) {
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

    /// Moves the files to their names; the group is complete when all are there.
    fn publish(&mut self, serial: Serial, now: Millis) {
        if self.lacks_files(serial) {
            return;
        }
        let Some(group) = self.groups.get_mut(&serial) else { return };
        if group.sums().published == group.files().len() {
            group.follow(Cause::AllPublished);
            group.trouble = None;
            return self.change_group(serial, now);
        }
        self.move_all(serial);
    }

    /// Moves what can be moved. Of two files of one path the later one goes there after the record of
    /// the earlier.
    fn move_all(&mut self, serial: Serial) {
        loop {
            let group = self.groups.get_mut(&serial);
            let Some(index) = group.and_then(|group| group.job.as_mut()?.next_move()) else {
                return;
            };
            self.move_to_its_name(serial, index);
        }
    }

    fn move_to_its_name(&mut self, serial: Serial, index: u32) {
        let ticket = self.ticket(Errand::File(serial, index));
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = Some(Work::Publishing);
        let effect = Effect::Publish {
            ticket,
            part: file.part(serial, index),
            target: file.file.local.clone(),
            size: file.version.as_ref().and_then(|version| version.size).unwrap_or_default(),
        };
        self.when_durable(After::Effect(effect));
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
        if turn.is_some_and(|serial| !self.background.contains(&serial)) {
            // Its last file has turned out to be there: the next one's turn.
            return self.connect(now);
        }
        // As a rule all have one connection and want no more.
        self.count_files();
        if self.traffic.is_any_wide() {
            self.share_out(no_room, now);
        }
    }

    /// Gives files more connections where they help, and takes them from those that have several where
    /// others are short of a first one.
    fn share_out(&mut self, no_room: Option<NoRoom>, now: Millis) {
        let short: Vec<_> = self.lobby.reasons().into_iter().chain(no_room).collect();
        let wide: Vec<_> = self.chosen().filter(|serial| self.traffic.is_wide(*serial)).collect();
        for serial in wide {
            self.widen(serial, &short, now);
        }
        if !short.is_empty() && self.traffic.is_any_divided() {
            for reason in short {
                self.make_room(&reason);
            }
        }
    }

    /// The groups with connections that may have them: those in the foreground, and the one whose turn
    /// it is.
    fn chosen(&self) -> impl Iterator<Item = Serial> {
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
    fn can_give_way(&self, serial: Serial) -> bool {
        let Some(group) = self.groups.get(&serial) else { return true };
        self.traffic.files_of(serial).all(|index| {
            let Some(file) = group.file(index) else { return true };
            let is_idle = file.open().next().is_none();
            is_idle
                || file.has_come()
                || file.open().any(Connection::has_moved) && self.kept(file).proof().is_some()
        })
    }

    /// Whose turn it is: the holder's until its slice is over and another waits, then the next one's.
    fn next_turn(&self, now: Millis) -> Option<(Serial, Millis)> {
        let (holder, since) = self.turn.unwrap_or_default();
        let is_over = now.since(since) >= self.settings.time_slice
            && self.background.len() > 1
            && self.can_give_way(holder);
        if self.background.contains(&holder) && !is_over {
            return self.turn;
        }
        let after = self.background.range((Bound::Excluded(holder), Bound::Unbounded)).next();
        after.or(self.background.first()).map(|&serial| (serial, now))
    }

    /// Takes the file of a group that is next one step further.
    fn advance(&mut self, serial: Serial, now: Millis) -> Result<(), NoRoom> {
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

    /// Opens more connections for the group's current file where they help: first for ranges that
    /// nobody fetches, else a body is ended early, whose rest is such a range then. Files that are
    /// `short` of a first connection come before that.
    fn widen(&mut self, serial: Serial, short: &[NoRoom], now: Millis) {
        let Some(group) = self.groups.get(&serial) else { return };
        let Some((index, file)) = group.current() else { return };
        let breadth = group.breadth(file);
        let limit = group.connections_for(file, self.settings.connections.per_file);
        let is_wanted_by_others = short.iter().any(|reason| match reason {
            NoRoom::Anywhere => true,
            NoRoom::At(origin) => origin == file.file.remote.origin(),
        });
        if is_wanted_by_others || breadth.is_some_and(|breadth| breadth.is_impatient(now)) {
            return;
        }
        loop {
            let Some((_, file)) = self.file(serial, index) else { return };
            let (open, shortening) =
                file.open().fold((0, 0u32), |(open, shortening), connection| {
                    let is_shortening = connection.receiving().is_some_and(|body| body.shortening);
                    (open + 1, shortening + u32::from(is_shortening))
                });
            if open == 0 || open + shortening >= limit || self.stopping {
                return;
            }
            let (resume, pieces) = (self.settings.resume, self.host.pieces);
            let Some(size) = file.divisible_size(resume, pieces) else { return };
            if self.check_room(file.file.remote.origin(), shortening).is_err() {
                return;
            }
            if let Some(gap) = file.free_gap(size, now) {
                self.request(serial, index, Some(asked(&gap, size)), now);
            } else if let Some((ticket, until)) = file.division(size, self.host.pieces) {
                let Some(body) = self.file_mut(serial, index).and_then(|file| {
                    file.in_pieces = true;
                    file.receiving_mut(ticket)
                }) else {
                    return;
                };
                body.shortening = true;
                self.effects.push_back(Effect::Shorten { ticket, until });
            } else {
                return;
            }
        }
    }

    /// A file that has no connection needs one: another that has several gives its newest away.
    fn make_room(&mut self, reason: &NoRoom) {
        let mut newest = None;
        for (serial, index) in self.traffic.files() {
            let Some((_, file)) = self.file(serial, index) else { continue };
            if matches!(reason, NoRoom::At(origin) if file.file.remote.origin() != origin) {
                continue;
            }
            if file.connections.iter().any(|connection| !connection.is_open()) {
                // There will be room in a moment.
                return;
            }
            if let Some(last) = file.open().skip(1).last() {
                newest = newest.max(Some((last.ticket, serial, index)));
            }
        }
        if let Some((ticket, serial, index)) = newest {
            self.abort(serial, index, ticket);
        }
    }

    /// The range that begins where a reader waits, if one does and such an answer can be proven.
    fn wanted_range(&self, file: &Transfer, now: Millis) -> Option<ByteRange> {
        let (at, size) = (file.wanted_at(now)?, file.version.as_ref()?.size?);
        let may_be = !file.without_range && !file.looks_for_whole;
        let gap = file.free_gap(size, now).filter(|gap| gap.start == at && may_be)?;
        file.is_strong(self.settings.resume).then(|| asked(&gap, size))
    }

    /// Opens a connection for a range of a file, or for all that is missing of it. Pages that want to be
    /// are asked first which request to send.
    pub(super) fn request(
        &mut self,
        serial: Serial,
        index: u32,
        range: Option<ByteRange>,
        now: Millis,
    ) {
        let ticket = self.ticket(Errand::Connection(serial, index));
        let Some(file) = self.file_mut(serial, index) else { return };
        let asking = Asking { range, asked: Vec::new(), page: None, until: now, failure: None };
        file.connections.push(Connection { ticket, stage: Stage::Asking(asking) });
        if self.has_to_ask(now) {
            self.ask_next(serial, index, ticket, now);
        } else {
            self.send(serial, index, ticket, Source::Stored, now);
        }
        self.to_show.insert((serial, index));
    }

    /// Sends the request of a connection.
    pub(super) fn send(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        source: Source,
        now: Millis,
    ) {
        let Some((group, file)) = self.file(serial, index) else { return };
        let asking = file.connections.iter().find(|open| open.ticket == ticket);
        let Some(asking) = asking.and_then(Connection::asking) else { return };
        let reach = file.reach_from(self.host.origin.as_deref(), &source);
        let planned = match asking.range {
            None => {
                let without_range = file.without_range || file.looks_for_whole;
                Some(plan(&self.kept(file), reach, without_range))
            }
            Some(range) => plan_range(&self.kept(file), reach, range),
        };
        let Some(request) = planned else { return self.abort(serial, index, ticket) };
        let headers = match &source {
            Source::Fresh(fresh) => fresh.headers().to_vec(),
            Source::Stored | Source::Unanswered => Vec::new(),
        };
        self.effects.push_back(Effect::Fetch {
            ticket,
            url: source.url(&file.file.remote).as_str().to_owned(),
            request: request.clone(),
            headers,
            credentials: group.credentials,
        });
        let Some(file) = self.file_mut(serial, index) else { return };
        file.without_range = false;
        file.looks_for_whole = false;
        if let Some(stage) = file.stage_mut(ticket) {
            *stage = Stage::Requesting { request, source, since: now };
        }
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

    /// All bytes are there: checks their hash, or takes them as they are and goes on with the next file.
    fn check_whole(&mut self, serial: Serial, index: u32, now: Millis) -> Result<(), NoRoom> {
        let Some((_, file)) = self.file(serial, index) else { return Ok(()) };
        let is_empty = file.version.as_ref().is_some_and(|version| version.size == Some(0));
        if file.file.integrity.is_some() && !is_empty {
            let (part, from) = (file.part(serial, index), file.hash.clone());
            let is_continued = from.position > 0;
            let ticket = self.ticket(Errand::File(serial, index));
            if let Some(file) = self.file_mut(serial, index) {
                file.work = Some(Work::Hashing { is_continued });
            }
            // The bytes are hashed as they will be published: flushed, under the record that names them.
            self.when_durable(After::Effect(Effect::Hash { ticket, part, from }));
            self.to_show.insert((serial, index));
        } else {
            if is_empty {
                // There need not even be a part to read.
                self.handle_hash(serial, index, Ok(Sha256Integrity::OF_NOTHING.0), now);
            } else if let Some(file) = self.file_mut(serial, index) {
                file.complete = true;
                self.change_small_file(serial, index, 0, now);
            }
            self.settle_group(serial, now);
            if self.groups.get(&serial).is_some_and(|group| *group.state() == State::Running) {
                return self.advance(serial, now);
            }
        }
        Ok(())
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

    /// Does what is due, then settles.
    pub fn handle_alarm(&mut self, now: Millis) {
        let due = self.alarms.range(..=(now, Serial(u64::MAX))).map(|&(_, serial)| serial);
        for serial in due.collect::<Set<_>>() {
            let Some(group) = self.groups.get(&serial) else { continue };
            let State::Waiting(wait) = group.state() else { continue };
            if wait.next_attempt_at.is_some_and(|at| at <= now) {
                self.try_again(serial, now);
            } else if self.gives_up_at(group).is_some_and(|at| at <= now) {
                self.give_up(serial, now);
            }
        }
        for (serial, index) in self.traffic.due(now).collect::<Vec<_>>() {
            self.flush_if_due(serial, index, now);
            self.abort_if_stalled(serial, index, now);
            self.ask_others_of(serial, index, now);
        }
        if now >= self.next_idle_check() {
            self.idle_checked_at = now;
            self.cancel_idle_groups(now);
        }
        self.call_again(now);
        self.settle(now);
    }

    fn abort_if_stalled(&mut self, serial: Serial, index: u32, now: Millis) {
        let timeout = self.settings.retry.stall_timeout;
        let Some((_, file)) = self.file(serial, index) else { return };
        let has_stalled =
            |open: &&Connection| open.moved_at().is_some_and(|at| now.since(at) >= timeout);
        let stalled: Vec<_> = file.open().filter(has_stalled).map(|open| open.ticket).collect();
        for ticket in stalled {
            self.abort(serial, index, ticket);
            let is_alone =
                self.file(serial, index).is_some_and(|(_, file)| file.open().count() == 0);
            if is_alone {
                let failure = Failure {
                    hresult: Hresult::WINHTTP_TIMEOUT,
                    message: format!("no byte came for {} ms", timeout.0),
                    transient: true,
                    http_status: 0,
                    retry_after: None,
                };
                self.fail(serial, Some(index), failure, now);
            } else {
                self.narrow(serial, index);
            }
        }
    }

    fn next_idle_check(&self) -> Millis {
        let timeout = self.settings.inactivity_timeout.unwrap_or(IDLE_CHECK);
        self.idle_checked_at.plus(timeout.clamp(Millis::SECOND, IDLE_CHECK))
    }

    /// Ruling A45: what such a group has not published is dropped.
    fn cancel_idle_groups(&mut self, now: Millis) {
        let Some(timeout) = self.settings.inactivity_timeout else { return };
        let idle: Vec<_> = self
            .by_id
            .values()
            .copied()
            .filter(|serial| {
                self.groups.get(serial).is_some_and(|group| now.since(group.touched_at) >= timeout)
            })
            .collect();
        for serial in idle {
            self.leave(serial, Cause::Inactivity, now);
        }
    }

    /// When [`Queue::handle_alarm`] has something to do, if nothing else happens before.
    pub fn next_alarm(&self) -> Option<Millis> {
        let of_waiting = self.alarms.first().map(|&(at, _)| at);
        let idle = (!self.by_id.is_empty()).then(|| self.next_idle_check());
        let others = of_waiting
            .into_iter()
            .chain(self.traffic.next_alarm())
            .chain(idle)
            .chain(self.window_ends_at())
            .chain(self.callbacks.next_alarm())
            .min();
        // Whether the holder can give way is looked into only where its slice ends first.
        let slice = self
            .turn
            .filter(|_| self.background.len() > 1)
            .map(|(holder, since)| (holder, since.plus(self.settings.time_slice)))
            .filter(|&(holder, end)| {
                others.is_none_or(|other| end < other) && self.can_give_way(holder)
            })
            .map(|(_, end)| end);
        slice.or(others)
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
            let is_shown = self.is_durable(serial);
            if is_shown {
                rows.extend(self.row(serial, Some(&self.to_show)));
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
