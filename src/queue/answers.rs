//! What the answer to a request means for its file.

use super::connection::{Comparing, Flush, Receiving, Stage};
use super::fresh::{hide_address, note_unanswered};
use super::transfer::Again;
use super::{Effect, Queue, Ticket};
use crate::http::{AnswerHead, Verdict, Version, judge, may_be_continued, shows_change};
use crate::protocol::Serial;
use crate::time::Millis;

impl Queue {
    pub(super) fn handle_answer(
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
    pub(super) fn handle_comparison(
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
}
