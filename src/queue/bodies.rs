//! Bodies that are being written: how far they are, what of them is durable, how they end.

use super::connection::{Comparing, Flush, Receiving, Source, Stage};
use super::fresh::fresh_unanswered;
use super::state::State;
use super::transfer::Again;
use super::unanswered::bad_url;
use super::{Effect, Ended, Queue, Ticket};
use crate::http::{EndVerdict, Ending, judge_end};
use crate::protocol::Serial;
use crate::time::Millis;

/// Rows of a running group are sent at most this often.
const SHOW_INTERVAL: Millis = Millis(100);

impl Queue {
    pub(super) fn handle_progress(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        position: u64,
        now: Millis,
    ) {
        self.note_uncounted(serial);
        let (resume, checkpoint) = (self.settings.resume, &self.settings.checkpoint);
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
        let due = file.flush_if_due(checkpoint.bytes, checkpoint.interval, now);
        self.effects.extend(due.into_iter().map(|ticket| Effect::Flush { ticket }));
        if file.has_come() {
            // The file behind it may be asked for.
            self.unsettled.insert(serial);
        }
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
    }

    /// Orders a flush when most of what a checkpoint allows is not durable. All bodies of a file are
    /// flushed at once, so that one record names what all of them brought.
    pub(super) fn flush_if_due(&mut self, serial: Serial, index: u32, now: Millis) {
        let (bytes, interval) = (self.settings.checkpoint.bytes, self.settings.checkpoint.interval);
        let Some(file) = self.file_mut(serial, index) else { return };
        let tickets = file.flush_if_due(bytes, interval, now);
        self.effects.extend(tickets.into_iter().map(|ticket| Effect::Flush { ticket }));
    }

    pub(super) fn handle_flush(
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

    pub(super) fn handle_end(
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

    fn is_on_its_way(&self, serial: Serial, index: u32, position: Option<u64>) -> bool {
        let file = self.file(serial, index).map(|(_, file)| file);
        file.zip(position).is_some_and(|(file, position)| file.is_on_its_way(position))
    }
}
