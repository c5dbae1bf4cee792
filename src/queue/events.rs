//! What the driver saw, and what it means.

use super::commit::After;
use super::failures::disk_failure;
use super::fresh::{fresh_unanswered, hide_address, note_unanswered};
use super::pieces::Breadth;
use super::state::State;
use super::transfer::{Again, Comparing, Flush, Receiving, Source, Stage, Transfer, Work};
use super::unanswered::bad_url;
use super::{DiskFailure, Effect, Ended, Errand, Event, Queue, Ticket};
use crate::abi::Hresult;
use crate::http::{
    AnswerHead, EndVerdict, Ending, Failure, Verdict, Version, judge, judge_end, may_be_continued,
    shows_change,
};
use crate::protocol::{Serial, StoredFile, ToPage};
use crate::snapshot::HashMark;
use crate::time::Millis;

/// Answers in a row that brought no byte further, before the file is given up.
const MOST_FRUITLESS: u32 = 5;

/// After so many of them the next request goes without `Range`: a server may be at odds with its own
/// validators, and the whole file in one answer needs none.
const MOST_FRUITLESS_RANGES: u32 = 3;

/// Rows of a running group are sent at most this often.
const SHOW_INTERVAL: Millis = Millis(100);

impl Queue {
    /// Takes in what the driver saw.
    pub fn handle_event(&mut self, event: Event, now: Millis) {
        match event {
            Event::Answered { ticket, head } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_answer(serial, index, ticket, &head, now);
                }
            }
            Event::Committed { ticket } => self.handle_committed(ticket, now),
            Event::Copied { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_copied(serial, index, result, now);
                }
            }
            Event::Compared { ticket, is_equal } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_comparison(serial, index, ticket, is_equal, now);
                }
            }
            Event::Ended { ticket, position, how } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_end(serial, index, ticket, position, how, now);
                    self.begin_again_if_closed(serial, index, now);
                    // It may have been what the next flush waited for.
                    self.flush_if_due(serial, index, now);
                }
            }
            Event::FileDeleted { ticket, result } => {
                if let Some(Errand::Delete { client, sequence, target }) =
                    self.tickets.remove(&ticket)
                {
                    match result {
                        Ok(()) => {
                            self.change_stored(target.key().to_owned(), None);
                            self.note_outcome((client.clone(), sequence), None, now);
                            self.when_durable(After::Reply {
                                client,
                                sequence,
                                group: None,
                                whole: false,
                            });
                        }
                        Err(failure) => {
                            let error = disk_failure(&failure).into();
                            self.messages.push_back(ToPage::Reply {
                                client,
                                sequence,
                                result: Err(error),
                            });
                        }
                    }
                }
            }
            Event::Flushed { ticket, position } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_flush(serial, index, ticket, position, now);
                }
            }
            Event::Hashed { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_hash(serial, index, result, now);
                }
            }
            Event::HashedTo { ticket, mark } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.note_hash(serial, index, mark);
                }
            }
            Event::Loaded { ticket, transfers } => self.handle_loaded(ticket, transfers, now),
            Event::Online(online) => self.handle_online(online, now),
            Event::PageGone { client } => {
                self.forget_callbacks(&client, now);
                self.ask_others(now);
            }
            Event::Probed { ticket, is_reachable } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_probe(serial, index, ticket, is_reachable, now);
                    self.begin_again_if_closed(serial, index, now);
                }
            }
            Event::Progress { ticket, position } => {
                // Most of what happens is this, and until a body has come whole it changes nothing for the
                // group as a whole.
                if let Some((serial, index)) = self.tickets.get(&ticket).and_then(Errand::file) {
                    self.handle_progress(serial, index, ticket, position, now);
                }
            }
            Event::Published { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_published(serial, index, result, now);
                }
            }
            Event::Shortened { ticket, until } => {
                // What is told a second time, and late, gives nothing back that another fetches.
                if let Some((serial, index)) = self.file_of(ticket)
                    && let Some(file) = self.file_mut(serial, index)
                    && let Some(receiving) = file.receiving_mut(ticket)
                    && receiving.until.is_none_or(|end| until < end)
                {
                    receiving.until = Some(until);
                    receiving.shortening = false;
                }
            }
        }
        self.settle(now);
    }

    /// The file that an order is for, whose group is to be settled after what is reported of it.
    pub(super) fn file_of(&mut self, ticket: Ticket) -> Option<(Serial, u32)> {
        let file = self.tickets.get(&ticket)?.file()?;
        self.unsettled.insert(file.0);
        Some(file)
    }

    /// The file that an order was for, which has come to its end.
    fn end_errand(&mut self, ticket: Ticket) -> Option<(Serial, u32)> {
        let file = self.file_of(ticket)?;
        self.end_ticket(ticket);
        Some(file)
    }

    fn handle_answer(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        head: &AnswerHead,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let is_alone = file.connections.len() == 1;
        let Some(Stage::Requesting { request, source, .. }) = file.stage_mut(ticket) else {
            return;
        };
        let (request, source) = (request.clone(), source.clone());
        file.was_answered = true;
        file.may_be_coded &= request.range.is_none();
        let Some((_, file)) = self.file(serial, index) else { return };
        let head = &*hide_address(head, &source, &file.file.remote);
        let verdict = judge(&request, &self.kept(file), head, now);
        let is_range = head.status == 206;
        let looks = request.range.is_none() && !file.durable.is_empty();
        match verdict {
            Verdict::Append { at, until, version } => {
                if let Some(file) = self.file_mut(serial, index) {
                    file.serves_ranges |= is_range;
                }
                self.receive(serial, index, ticket, at, until, version, now)
            }
            verdict if !is_alone => self.refuse(serial, index, ticket, head, verdict, now),
            Verdict::Compare { at, from, until, version } => {
                let part = file.part(serial, index);
                self.effects.push_back(Effect::Compare { ticket, part, at, until: from });
                if let Some(stage) =
                    self.file_mut(serial, index).and_then(|file| file.stage_mut(ticket))
                {
                    let comparing = Comparing { at, from, until, version, moved_at: now };
                    *stage = Stage::Comparing(comparing);
                }
            }
            Verdict::Whole { .. } if looks && may_be_continued(&self.kept(file), head) => {
                self.abort(serial, index, ticket);
                self.note_whole_alone(serial, index, now);
            }
            Verdict::Whole { until, mut version } => {
                // Were its bytes decoded ones, no range could continue them, nor would the browser
                // say why: a continuation would be tried until the no-progress limit.
                version.unsure_size = version.unsure_size.filter(|_| !file.may_be_coded);
                if file.version.is_some() || !file.durable.is_empty() {
                    self.start_again(serial, index);
                }
                if let Some(file) = self.file_mut(serial, index) {
                    file.serves_ranges = is_range;
                }
                self.receive(serial, index, ticket, 0, until, version, now);
            }
            Verdict::Complete { version } => self.note_whole(serial, index, ticket, version),
            Verdict::Restart(reason) => {
                self.abort(serial, index, ticket);
                self.start_again(serial, index);
                self.count_fruitless(serial, index, reason, now);
            }
            Verdict::WithoutRange(reason) => {
                self.begin_again(serial, index, Again::WithoutRange(reason), now);
            }
            Verdict::Failed(failure) => {
                self.abort(serial, index, ticket);
                self.fail(serial, Some(index), note_unanswered(failure, &source), now);
            }
        }
    }

    /// The answer to a connection beside others is of no use: the file goes on with those. Where it
    /// shows another version, all of them end and the file starts again.
    fn refuse(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        head: &AnswerHead,
        verdict: Verdict,
        now: Millis,
    ) {
        let Some((_, file)) = self.file(serial, index) else { return };
        let is_changed = shows_change(&self.kept(file), head);
        self.abort(serial, index, ticket);
        let breadth = self.breadth_mut(serial, index);
        if let (Verdict::Failed(failure), Some(breadth)) = (verdict, breadth) {
            breadth.be_patient(&failure, now);
        }
        self.narrow(serial, index);
        if is_changed {
            self.begin_again(serial, index, Again::Changed, now);
        }
    }

    /// One connection less is enough for a file, from here on.
    pub(super) fn narrow(&mut self, serial: Serial, index: u32) {
        let Some((_, file)) = self.file(serial, index) else { return };
        let open = file.open().count();
        if let Some(breadth) = self.breadth_mut(serial, index) {
            breadth.narrow(open);
        }
    }

    pub(super) fn breadth_mut(&mut self, serial: Serial, index: u32) -> Option<&mut Breadth> {
        self.note_uncounted(serial);
        self.groups.get_mut(&serial)?.breadth_mut(index)
    }

    /// The file starts again, after all its connections have ended: none may write into a part that is
    /// given up, nor keep what it brings as bytes of the next one.
    pub(super) fn begin_again(&mut self, serial: Serial, index: u32, why: Again, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.again.get_or_insert(why);
        self.abort_file(serial, index);
        self.begin_again_if_closed(serial, index, now);
    }

    fn begin_again_if_closed(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        if !file.connections.is_empty() {
            return;
        }
        let Some(why) = file.again.take() else { return };
        if why == Again::Lost && file.durable.is_empty() {
            // What is gone from the disk may not be looked for there again.
            file.generation += 1;
        }
        self.start_again(serial, index);
        match why {
            Again::Changed => {
                let reason = "the server holds another version than a moment ago";
                self.count_fruitless(serial, index, reason, now);
            }
            Again::Lost => {
                self.count_fruitless(serial, index, "the part is gone from the disk", now);
                self.run_again(serial, now);
            }
            Again::Unkept => {}
            Again::WithoutRange(reason) => {
                // The whole file in one answer.
                if let Some(file) = self.file_mut(serial, index) {
                    file.without_range = true;
                }
                self.count_fruitless(serial, index, reason, now);
            }
        }
    }

    /// All bytes are there, as an answer said whose body is not needed.
    fn note_whole(&mut self, serial: Serial, index: u32, ticket: Ticket, version: Version) {
        self.abort(serial, index, ticket);
        self.leave_unrecorded(serial, index);
        if let Some(file) = self.file_mut(serial, index) {
            file.version = Some(version);
        }
        self.change_file(serial, index);
    }

    /// The overlap of a body and of what is kept was compared: equal bytes are taken for the proof that
    /// cannot be had.
    fn handle_comparison(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        is_equal: bool,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let Some(Stage::Comparing(comparing)) = file.stage_mut(ticket) else { return };
        let Comparing { from, until, version, .. } = comparing.clone();
        if !is_equal {
            self.abort(serial, index, ticket);
            self.start_again(serial, index);
            let reason = "the bytes that are kept are not those that the server holds there";
            self.count_fruitless(serial, index, reason, now);
        } else if from < until {
            self.receive(serial, index, ticket, from, Some(until), version, now);
        } else {
            self.note_whole(serial, index, ticket, version);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what one answer says, used once")]
    fn receive(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        from: u64,
        until: Option<u64>,
        version: Version,
        now: Millis,
    ) {
        let bytes = self.settings.checkpoint.bytes;
        let Some(file) = self.file_mut(serial, index) else { return };
        file.version = Some(version);
        let allowed = from.saturating_add(file.allowance(bytes));
        let Some(stage) = file.stage_mut(ticket) else { return };
        *stage = Stage::Receiving(Receiving {
            from,
            until,
            shortening: false,
            position: from,
            allowed,
            flushed: from,
            flushed_at: now,
            flush: Flush::None,
            moved_at: now,
        });
        let (part, keep, size) = (file.part(serial, index), file.durable_end(), file.size());
        let hash = file.hash_before(from);
        self.effects.push_back(Effect::Receive {
            ticket,
            part,
            at: from,
            keep,
            until,
            allowed,
            size,
            hash,
        });
        self.change_small_file(serial, index, 0, now);
    }

    /// Forgets what is kept of a file; its part goes once the record names another.
    pub(super) fn start_again(&mut self, serial: Serial, index: u32) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let old = file.start_again(serial, index);
        self.change_file(serial, index);
        if let Some(part) = old {
            self.when_durable(After::Effect(Effect::DeletePart { part }));
        }
    }

    /// Bytes that no record names may lie in the part of a file of which nothing is kept, from a
    /// connection that a crash ended. An empty file must not be published from it.
    fn leave_unrecorded(&mut self, serial: Serial, index: u32) {
        let Some(file) = self.file_mut(serial, index) else { return };
        if file.durable.is_empty() {
            let part = file.leave_part(serial, index);
            self.change_file(serial, index);
            self.when_durable(After::Effect(Effect::DeletePart { part }));
        }
    }

    /// The kept bytes stand in a part of the next generation; the held one goes when its holder lets go,
    /// at the latest with the next start.
    fn handle_copied(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<(), DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = None;
        match result {
            Ok(()) => {
                let part = file.leave_part(serial, index);
                self.change_file(serial, index);
                self.when_durable(After::Effect(Effect::DeletePart { part }));
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    /// An answer brought nothing. A few in a row may be a server that is just being changed; more are
    /// one that cannot be served from.
    pub(super) fn count_fruitless(
        &mut self,
        serial: Serial,
        index: u32,
        reason: &str,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.fruitless += 1;
        file.without_range |= file.fruitless >= MOST_FRUITLESS_RANGES;
        if file.fruitless >= MOST_FRUITLESS {
            let failure = Failure {
                hresult: Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT,
                message: format!(
                    "{MOST_FRUITLESS} answers in a row brought the file no further: {reason}"
                ),
                transient: false,
                http_status: 0,
                retry_after: None,
            };
            self.fail(serial, Some(index), failure, now);
        }
    }

    fn handle_progress(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        position: u64,
        now: Millis,
    ) {
        let resume = self.settings.resume;
        self.note_uncounted(serial);
        let Some(group) = self.groups.get_mut(&serial) else { return };
        let Some(file) = group.job.as_mut().and_then(|job| job.file_mut(index)) else { return };
        let bytes = match file.stage_mut(ticket) {
            Some(Stage::Comparing(comparing)) => {
                comparing.moved_at = now;
                return;
            }
            Some(Stage::Receiving(receiving)) => {
                let bytes = position.saturating_sub(receiving.position);
                receiving.position = receiving.position.max(position);
                receiving.moved_at = now;
                if receiving.until.is_none_or(|until| receiving.position >= until) {
                    self.unsettled.insert(serial);
                }
                bytes
            }
            Some(
                Stage::Asking(_)
                | Stage::Closing { .. }
                | Stage::Probing { .. }
                | Stage::Requesting { .. },
            )
            | None => return,
        };
        let is_further = file.advance();
        group.speed.count(bytes, now);
        if self.settings.connections.per_file.is_none()
            && let Some(size) = file.divisible_size(resume, self.host.pieces)
        {
            let moving = file.open().filter(|open| open.receiving().is_some()).count();
            let moving = u32::try_from(moving).unwrap_or(u32::MAX);
            let left = size.saturating_sub(file.bytes_done());
            if let Some(breadth) = group.breadth_mut(index) {
                breadth.count(bytes, moving, left, now);
            }
        }
        if is_further && group.trouble.take().is_some() {
            self.change_group(serial, now);
        } else if now.since(group.shown_at) >= SHOW_INTERVAL {
            group.shown_at = now;
            self.show_file(serial, index);
        }
        if self.file(serial, index).is_some_and(|(_, file)| file.has_come()) {
            // The file behind it may be asked for.
            self.unsettled.insert(serial);
        }
        self.flush_if_due(serial, index, now);
    }

    /// Orders a flush when most of what a checkpoint allows is not durable. All bodies of a file are
    /// flushed at once, so that one record names what all of them brought.
    pub(super) fn flush_if_due(&mut self, serial: Serial, index: u32, now: Millis) {
        let (bytes, interval) = (self.settings.checkpoint.bytes, self.settings.checkpoint.interval);
        let Some(file) = self.file_mut(serial, index) else { return };
        let tickets = file.flush_if_due(bytes, interval, now);
        self.effects.extend(tickets.into_iter().map(|ticket| Effect::Flush { ticket }));
    }

    fn handle_flush(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        position: u64,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let Some(receiving) = file.receiving_mut(ticket) else { return };
        receiving.flush = Flush::Done(position);
        if file.keep_flushed(now) {
            if let Some(group) = self.groups.get_mut(&serial) {
                group.touched_at = now;
            }
            self.change_file(serial, index);
            // Others of the file may have brought as much again meanwhile.
            self.flush_if_due(serial, index, now);
        }
    }

    fn handle_end(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        position: Option<u64>,
        how: Ended,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let Some(stage) = file.remove(ticket) else { return };
        let is_alone = file.open().next().is_none();
        let is_aborted = matches!(stage, Stage::Closing { .. });
        let (from, until) = match &stage {
            Stage::Receiving(Receiving { from, until, .. }) => (Some(*from), *until),
            Stage::Closing { from, .. } => (*from, None),
            Stage::Comparing(Comparing { at, until, .. }) => (Some(*at), Some(*until)),
            Stage::Asking(_) | Stage::Probing { .. } | Stage::Requesting { .. } => (None, None),
        };
        let mut has_moved = false;
        if let (Some(from), Some(position)) = (from, position) {
            has_moved = position > from;
            file.keep(from, position);
            // The part could be opened.
            file.held_since = None;
        }
        // It was the last one that others waited for, perhaps.
        file.keep_flushed(now);
        // Of bytes that could not be made durable.
        file.note_hash(None);
        let Some(group) = self.groups.get_mut(&serial) else { return };
        let is_running = *group.state() == State::Running;
        if is_alone {
            group.forget_speed();
        }
        if is_running && !is_aborted && how == Ended::Closed {
            let bytes = position.zip(from).map_or(0, |(to, from)| to.saturating_sub(from));
            self.change_small_file(serial, index, bytes, now);
        } else {
            self.change_file(serial, index);
        }
        let written = position.or(from);
        let how = if matches!(&stage, Stage::Requesting { source: Source::Fresh(_), .. }) {
            fresh_unanswered(how)
        } else {
            how
        };
        let (reached, ending) = match how {
            // What was to end has ended, whichever way: its bytes are kept, its end means nothing. Nobody
            // even knows where the body had to end.
            Ended::Aborted
            | Ended::Broken
            | Ended::Closed
            | Ended::Overlong
            | Ended::Unanswered(_)
                if is_aborted =>
            {
                return;
            }
            Ended::Aborted => return,
            Ended::Disk(failure) => return self.fail_on_disk(serial, index, &failure, now),
            Ended::BadUrl(message) => {
                return self.fail(serial, Some(index), bad_url(message), now);
            }
            Ended::Unanswered(_) if !is_alone => return self.narrow(serial, index),
            Ended::Unanswered(message) => {
                if let Stage::Requesting { request, source, .. } = stage {
                    self.handle_unanswered(serial, index, &request, &source, message, now);
                }
                return;
            }
            Ended::Broken => (written, Ending::Broken),
            Ended::Closed => (written, Ending::Closed),
            // More than was asked for is harmless where another connection fetches it.
            Ended::Overlong if self.is_on_its_way(serial, index, written) => {
                (written, Ending::Closed)
            }
            // At least one byte more than was written.
            Ended::Overlong => (written.map(|written| written.saturating_add(1)), Ending::Closed),
        };
        let Some((_, file)) = self.file(serial, index) else { return };
        let Some(reached) = reached.filter(|_| is_running) else { return };
        match judge_end(&self.kept(file), until, reached, ending) {
            EndVerdict::FileComplete { size } => {
                if let Some(version) =
                    self.file_mut(serial, index).and_then(|file| file.version.as_mut())
                {
                    version.size = Some(size);
                }
            }
            EndVerdict::More if has_moved => {}
            EndVerdict::Cut(_)
            | EndVerdict::Failed(_)
            | EndVerdict::More
            | EndVerdict::WithoutRange(_)
                if !is_alone =>
            {
                self.narrow(serial, index);
            }
            EndVerdict::More => {
                self.count_fruitless(serial, index, "the server sent an empty part", now)
            }
            EndVerdict::WithoutRange(reason) => {
                self.begin_again(serial, index, Again::WithoutRange(reason), now)
            }
            EndVerdict::Cut(failure) | EndVerdict::Failed(failure) => {
                self.fail(serial, Some(index), failure, now)
            }
        }
    }

    /// A part is hashed so far. While it is written, a record of it comes with that of the bytes.
    fn note_hash(&mut self, serial: Serial, index: u32, mark: HashMark) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.note_hash(Some(mark));
        if matches!(file.work, Some(Work::Hashing { .. })) {
            self.change_file(serial, index);
        }
    }

    fn is_on_its_way(&self, serial: Serial, index: u32, position: Option<u64>) -> bool {
        let file = self.file(serial, index).map(|(_, file)| file);
        file.zip(position).is_some_and(|(file, position)| file.is_on_its_way(position))
    }

    /// The hash of all bytes of a file is known.
    pub(super) fn handle_hash(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<[u8; 32], DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let work = file.work.take();
        match result {
            Ok(found) if file.file.integrity.as_ref().is_none_or(|wanted| wanted.0 == found) => {
                file.complete = true;
                self.change_file(serial, index);
            }
            // What is thrown away for its hash was read whole, as it stands on the disk.
            Ok(_) if work == Some(Work::Hashing { is_continued: true }) => {
                file.hash = HashMark::default();
                self.change_file(serial, index);
            }
            Ok(_) => {
                let failure = Failure {
                    hresult: Hresult::BG_E_VALIDATION_FAILED,
                    message:
                        "the bytes that the server sent do not have the hash that integrity names"
                            .to_owned(),
                    transient: false,
                    http_status: 0,
                    retry_after: None,
                };
                self.start_again(serial, index);
                self.fail(serial, Some(index), failure, now);
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    fn handle_published(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<(), DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = None;
        let size = file.version.as_ref().and_then(|version| version.size);
        let key = file.file.local.key().to_owned();
        // A file that stood there before may have that size, too: it is not the part that is gone.
        let stood_before = self.files.get(&key).map(|file| file.size);
        match result {
            Ok(()) => self.note_published(serial, index, now),
            // The move was done, and the crash came before the record of it.
            Err(DiskFailure::Missing { target_size })
                if target_size.is_some() && target_size == size && stood_before != size =>
            {
                self.note_published(serial, index, now);
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    fn note_published(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.published = true;
        let (key, stored) = (file.file.local.key().to_owned(), stored_file(file, now));
        let first_spelt = self.files.get(&key).map(|earlier| earlier.local_file.clone());
        let stored = StoredFile { local_file: first_spelt.unwrap_or(stored.local_file), ..stored };
        self.change_stored(key, Some(stored));
        self.change_file(serial, index);
    }
}

fn stored_file(file: &Transfer, now: Millis) -> StoredFile {
    let version = file.version.as_ref();
    StoredFile {
        local_file: file.file.local.clone().into(),
        remote_file: file.file.remote.clone().into(),
        size: version.and_then(|version| version.size).unwrap_or_default(),
        last_modified: version.and_then(Version::modified_at).unwrap_or(now),
        etag: version.and_then(|version| version.etag.clone()),
        media_type: version.map(|version| version.media_type.clone()).unwrap_or_default(),
        integrity: file.file.integrity.as_ref().map(ToString::to_string),
    }
}
