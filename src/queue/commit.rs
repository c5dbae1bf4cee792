//! What has changed and is not durable yet, and what waits for it to be.

use super::group::Group;
use super::state::State;
use super::transfer::Transfer;
use super::{Commit, Effect, Queue, Ticket};
use crate::abi::QmgrError;
use crate::ordered::{Map, Set};
use crate::protocol::{Answer, ClientId, GroupUpdate, Serial, StoredFile, ToPage};
use crate::snapshot::{OutcomeRecord, QueueRecord, SCHEMA};
use crate::time::Millis;

/// Outcomes older than this are forgotten at the next start: their page is long gone.
const OUTCOME_LIFE: Millis = Millis(86_400_000);

/// Changes that can wait for others do so for this long, or for a fifth of a checkpoint's interval.
const WINDOW: Millis = Millis(200);
const WINDOWS_PER_INTERVAL: u64 = 5;

/// And for no more bytes than this part of a checkpoint's. A file of more is not a small one.
const WINDOWS_PER_CHECKPOINT: u64 = 8;

/// Changes of small files, which wait for others to be written with them. They go with the next commit,
/// whatever it is for, at the latest when their window is over. Only what nothing waits for and what a
/// crash may take back is here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Later {
    /// When the first of them came.
    since: Millis,
    /// How many durable bytes no record names for that.
    bytes: u64,
    transfers: Set<(Serial, u32)>,
}

/// Changes for the next commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) strict: bool,
    pub(super) queue: bool,
    pub(super) groups: Set<Serial>,
    pub(super) transfers: Set<(Serial, u32)>,
    pub(super) files: Map<String, Option<StoredFile>>,
    pub(super) outcomes: Set<(ClientId, u64)>,
    pub(super) after: Vec<After>,
}

/// The commit under way, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct InFlight {
    ticket: Option<Ticket>,
    groups: Set<Serial>,
    transfers: Set<(Serial, u32)>,
    rows: Vec<GroupUpdate>,
    after: Vec<Done>,
}

/// What waits for the next commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum After {
    /// A call of a page, unless it has become needless by then.
    Call {
        group: Serial,
        event: u64,
        attempt: u32,
    },
    Effect(Effect),
    Reply {
        client: ClientId,
        sequence: u64,
        group: Option<Serial>,
        whole: bool,
    },
    Rows {
        client: ClientId,
        sequence: u64,
        groups: Vec<Serial>,
    },
}

/// What waits for the commit under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Done {
    /// A call of a page, unless it has become needless by then.
    Call {
        group: Serial,
        event: u64,
        attempt: u32,
        message: Option<Box<ToPage>>,
    },
    Effect(Effect),
    Reply {
        client: ClientId,
        sequence: u64,
        answer: Answer,
    },
}

impl InFlight {
    pub(super) const fn is_empty(&self) -> bool {
        self.ticket.is_none()
    }
}

impl Later {
    pub(super) fn is_empty(&self) -> bool {
        self.transfers.is_empty()
    }

    /// Whether a file of a group is among them.
    fn names(&self, serial: Serial) -> bool {
        let of_group = (serial, 0)..=(serial, u32::MAX);
        !self.is_empty() && self.transfers.range(of_group).next().is_some()
    }
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        let Self { strict: _, queue, groups, transfers, files, outcomes, after } = self;
        !queue
            && groups.is_empty()
            && transfers.is_empty()
            && files.is_empty()
            && outcomes.is_empty()
            && after.is_empty()
    }
}

impl Queue {
    /// A group's own record or row has changed.
    pub(super) fn change_group(&mut self, serial: Serial, now: Millis) {
        let mut has_moved = false;
        if let Some(group) = self.groups.get_mut(&serial) {
            group.touched_at = now;
            has_moved = std::mem::take(&mut group.has_moved);
        }
        self.pending.strict = true;
        self.pending.groups.insert(serial);
        self.show_when_read(serial);
        self.unsettled.insert(serial);
        if has_moved {
            self.note_state(serial, now);
        }
    }

    /// A file's record or row has changed.
    pub(super) fn change_file(&mut self, serial: Serial, index: u32) {
        self.pending.groups.insert(serial);
        self.pending.transfers.insert((serial, index));
        self.unsettled.insert(serial);
    }

    /// The same, where no page and no order waits for it: of a small file the record may wait for those
    /// of others.
    pub(super) fn change_small_file(
        &mut self,
        serial: Serial,
        index: u32,
        bytes: u64,
        now: Millis,
    ) {
        let size = self.file(serial, index).and_then(|(_, file)| file.version.as_ref()?.size);
        if size.is_none_or(|size| size > self.most_bytes_later()) {
            return self.change_file(serial, index);
        }
        if self.later.is_empty() {
            self.later.since = now;
        }
        self.later.bytes += bytes;
        self.later.transfers.insert((serial, index));
        self.unsettled.insert(serial);
    }

    /// Lets no change wait beyond its window.
    pub(super) fn end_window(&mut self, now: Millis) {
        let is_over = self.window_ends_at().is_some_and(|end| end <= now);
        let is_full = self.later.bytes >= self.most_bytes_later();
        if is_over || is_full || self.stopping {
            self.wait_for_no_others();
        }
    }

    /// When the changes that wait for others go without them.
    pub(super) fn window_ends_at(&self) -> Option<Millis> {
        let part = Millis(self.settings.checkpoint.interval.0 / WINDOWS_PER_INTERVAL);
        (!self.later.is_empty()).then(|| self.later.since.plus(part.min(WINDOW)))
    }

    const fn most_bytes_later(&self) -> u64 {
        self.settings.checkpoint.bytes / WINDOWS_PER_CHECKPOINT
    }

    /// What waits for others goes with the next commit.
    fn wait_for_no_others(&mut self) {
        if self.later.is_empty() {
            return;
        }
        let later = std::mem::take(&mut self.later);
        self.pending.groups.extend(later.transfers.iter().map(|&(serial, _)| serial));
        self.pending.transfers.extend(later.transfers);
    }

    /// A published file came, changed or went.
    pub(super) fn change_stored(&mut self, key: String, file: Option<StoredFile>) {
        match &file {
            Some(file) => self.files.insert(key.clone(), file.clone()),
            None => self.files.remove(&key),
        };
        self.pending.strict = true;
        self.pending.files.insert(key, file);
    }

    /// Whether nothing of a group is waiting to be durable.
    pub(super) fn is_durable(&self, serial: Serial) -> bool {
        !self.later.names(serial)
            && !self.pending.groups.contains(&serial)
            && !self.in_flight.groups.contains(&serial)
    }

    /// Does `after` once all that has changed so far is durable.
    pub(super) fn when_durable(&mut self, after: After) {
        self.wait_for_no_others();
        if self.pending.is_empty() {
            let done = self.done(after);
            if self.in_flight.is_empty() {
                self.finish(done);
            } else {
                self.in_flight.after.push(done);
            }
        } else {
            self.pending.after.push(after);
        }
    }

    /// The commit of all that has changed, unless one is under way.
    pub(super) fn take_commit(&mut self) -> Option<Effect> {
        if !self.in_flight.is_empty() || self.pending.is_empty() {
            return None;
        }
        self.wait_for_no_others();
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let InFlight { mut groups, mut transfers, after: mut done, .. } =
            std::mem::take(&mut self.in_flight);
        // The sets and lists of the commit before are empty, and have room for the next changes.
        std::mem::swap(&mut groups, &mut self.pending.groups);
        std::mem::swap(&mut transfers, &mut self.pending.transfers);
        let mut outcomes = Vec::with_capacity(self.pending.outcomes.len());
        while let Some(key) = self.pending.outcomes.pop_first() {
            let outcome = self.outcomes.get(&key).cloned();
            outcomes.push((key, outcome));
        }
        let commit = Commit {
            ticket,
            strict: std::mem::take(&mut self.pending.strict),
            queue: std::mem::take(&mut self.pending.queue).then(|| QueueRecord {
                schema: SCHEMA,
                storage: self.host.storage,
                settings: self.settings.clone(),
                next_serial: self.next_serial,
                asks_pages: self.asks_pages,
            }),
            groups: groups
                .iter()
                .map(|serial| (*serial, self.groups.get(serial).map(|group| group.record())))
                .collect(),
            transfers: transfers
                .iter()
                .map(|&(serial, index)| {
                    ((serial, index), self.file(serial, index).map(|(_, file)| file.record()))
                })
                .collect(),
            files: std::mem::take(&mut self.pending.files).into_iter().collect(),
            outcomes,
        };
        let mut rows = Vec::with_capacity(groups.len());
        rows.extend(groups.iter().filter_map(|serial| self.row(*serial, Some(&transfers))));
        for &(serial, index) in transfers.iter() {
            if let Some(file) = self.file_uncounted(serial, index) {
                file.recording += std::mem::take(&mut file.unrecorded);
            }
        }
        let mut after = std::mem::take(&mut self.pending.after);
        done.extend(after.drain(..).map(|after| self.done(after)));
        self.pending.after = after;
        self.in_flight = InFlight { ticket: Some(ticket), groups, transfers, rows, after: done };
        Some(Effect::Commit(Box::new(commit)))
    }

    /// The commit under way is durable: shows its rows, then does what waited for it.
    pub(super) fn handle_committed(&mut self, ticket: Ticket, now: Millis) {
        if self.in_flight.ticket.take_if(|in_flight| *in_flight == ticket).is_none() {
            return;
        }
        let bytes = self.settings.checkpoint.bytes;
        while let Some((serial, index)) = self.in_flight.transfers.pop_first() {
            self.note_uncounted(serial);
            let Some(file) = self.file_uncounted(serial, index) else { continue };
            let allowed = file.note_recorded(bytes, now);
            let allowed =
                allowed.into_iter().map(|(ticket, until)| Effect::Allow { ticket, until });
            self.effects.extend(allowed);
        }
        while let Some(serial) = self.in_flight.groups.pop_first() {
            let is_leaving = |group: &Group| matches!(group.state(), State::Cancelled { .. });
            // It may have waited for this.
            if self.groups.get(&serial).is_some_and(|group| is_leaving(group)) {
                self.unsettled.insert(serial);
            }
        }
        let rows = std::mem::take(&mut self.in_flight.rows);
        if !rows.is_empty() {
            self.messages.push_back(ToPage::Rows(rows));
        }
        let mut after = std::mem::take(&mut self.in_flight.after);
        for done in after.drain(..) {
            self.finish(done);
        }
        self.in_flight.after = after;
    }

    /// The records cannot be written: every call that waited for them is told so. The queue is of no
    /// use afterwards, since it believes what is not durable; a new one is restored from the records.
    pub fn refuse_calls(&mut self, error: &QmgrError) {
        let waiting = std::mem::take(&mut self.in_flight).after;
        let next: Vec<_> = std::mem::take(&mut self.pending.after)
            .into_iter()
            .map(|after| self.done(after))
            .collect();
        for done in waiting.into_iter().chain(next) {
            if let Done::Reply { client, sequence, answer: _ } = done {
                self.messages.push_back(ToPage::Reply {
                    client,
                    sequence,
                    result: Err(error.clone()),
                });
            }
        }
    }

    /// One file, to be changed in nothing that counts for its job.
    fn file_uncounted(&mut self, serial: Serial, index: u32) -> Option<&mut Transfer> {
        self.groups.get_mut(&serial)?.job.as_mut()?.file_uncounted(index)
    }

    /// A group's row, with all its files' or with those that changed; none while these are not here.
    pub(super) fn row(
        &self,
        serial: Serial,
        changed: Option<&Set<(Serial, u32)>>,
    ) -> Option<GroupUpdate> {
        let group = self.groups.get(&serial).filter(|group| group.is_read())?;
        Some(group.update(serial, changed, self.settings.resume))
    }

    fn done(&self, after: After) -> Done {
        match after {
            After::Call { group, event, attempt } => {
                let message = self.call_message(group, event, attempt).map(Box::new);
                Done::Call { group, event, attempt, message }
            }
            After::Effect(effect) => Done::Effect(effect),
            After::Reply { client, sequence, group, whole } => {
                let no_files = Set::new();
                let changed = (!whole).then_some(&no_files);
                let row = group.and_then(|serial| self.row(serial, changed));
                let answer = row.map_or(Answer::Done, |row| Answer::Group(Box::new(row)));
                Done::Reply { client, sequence, answer }
            }
            After::Rows { client, sequence, groups } => {
                let rows = groups.into_iter().filter_map(|serial| self.row(serial, None)).collect();
                Done::Reply { client, sequence, answer: Answer::Groups(rows) }
            }
        }
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Call { group, event, attempt, message } => {
                if self.is_asked(group, event, attempt) {
                    self.messages.extend(message.map(|message| *message));
                }
            }
            Done::Effect(effect) => self.effects.push_back(effect),
            Done::Reply { client, sequence, answer } => {
                self.messages.push_back(ToPage::Reply { client, sequence, result: Ok(answer) });
            }
        }
    }

    /// Keeps the outcomes of pages that may still live; the others go with the next commit.
    pub(super) fn restore_outcomes(
        &mut self,
        saved: Vec<((ClientId, u64), OutcomeRecord)>,
        now: Millis,
    ) {
        for (key, outcome) in saved {
            if now.since(outcome.at) < OUTCOME_LIFE {
                self.outcomes.insert(key, outcome);
            } else {
                self.pending.outcomes.insert(key);
            }
        }
    }
}
