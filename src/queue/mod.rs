//! What the queue believes and wants next.
//!
//! # How to use it
//!
//! 1. Make one with [`Queue::restore`].
//! 2. Hand it what happens, one thing at a time: [`Queue::call`] for what a page asks,
//!    [`Queue::handle_event`] for what the driver saw, [`Queue::handle_alarm`] when time has passed.
//!    [`Queue::read`] is asked by whoever reads a file that is still being fetched.
//! 3. After each, drain it: carry out every [`Queue::poll_effect`], then send every
//!    [`Queue::poll_message`], then set the alarm to [`Queue::next_alarm`].
//!
//! # What it promises
//!
//! - A reply to a call that changed something, and a row that shows the change, are sent only after
//!   the commit that holds it is durable. One commit is under way at a time; what changes meanwhile
//!   goes into the next.
//! - Bytes count as kept only when the driver has flushed them; a part is deleted only after a durable
//!   record names another, or none.
//! - An event whose ticket was given up changes nothing.
//! - What a callback is to be told is saved with what happened, and kept until one has taken it.

mod again;
mod alarms;
mod answers;
mod bodies;
mod breadth;
mod commands;
mod commit;
mod connection;
mod effect;
mod event;
mod events;
mod failures;
mod fresh;
mod group;
mod job;
mod loading;
mod lobby;
mod notifications;
mod pieces;
mod publishing;
mod readers;
mod requests;
mod retry;
mod schedule;
mod speed;
mod state;
mod traffic;
mod transfer;
mod unanswered;

pub use effect::{Commit, Effect, Part};
pub use event::{DiskFailure, Ended, Event};
pub use pieces::Pieces;
pub use readers::{Ask, Readable, Told};
pub use state::{StateWords, Transition, states, transitions};

use crate::abi::{Guid, LocalPath, QmgrError};
use crate::http::Kept;
use crate::ordered::{Map, Set};
use crate::protocol::{ClientId, Epoch, Serial, Settings, Storage, StoredFile, ToPage};
use crate::snapshot::{self, OutcomeRecord, Saved};
use crate::time::Millis;
use commit::{InFlight, Later, Pending};
use group::{Group, Sorted};
use job::Job;
use loading::{Loading, Records};
use lobby::Lobby;
use notifications::Callbacks;
use state::State;
use std::collections::VecDeque;
use traffic::Traffic;
use transfer::{Transfer, Work};

/// No delay is longer, whoever asks for it (design §3.8); `http` cuts what a server asks for.
const LONGEST_WAIT: Millis = Millis(86_400_000);

/// Names one order to the driver, for the event that answers it. Never used twice by one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What the driver knows when it starts an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    /// The origin of the page; `None` where CORS does not exist.
    pub origin: Option<String>,
    /// Any number, different at each start: spreads the retry delays.
    pub dice: u64,
    /// The storage of a queue that is new; an existing one keeps its own.
    pub storage: Storage,
    /// This engine's epoch.
    pub epoch: Epoch,
    /// The first ticket to give out, beyond those of an earlier life of the queue that may still come back.
    pub first_ticket: Ticket,
    /// From how many bytes on a file is fetched over several connections.
    pub pieces: Pieces,
    /// The worker it runs in, as its page named it.
    pub worker: String,
}

/// The queue: all groups, and what is under way for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Queue {
    host: Host,
    settings: Settings,
    next_serial: Serial,
    /// In boxes, so that many lie side by side in the map.
    groups: Map<Serial, Box<Group>>,
    /// The groups in the queue by id; those that are leaving it are not here.
    by_id: Map<Guid, Serial>,
    jobs: Map<Guid, Serial>,
    /// The groups whose work is under way.
    active: Set<Serial>,
    /// Those of them that run in the foreground.
    foreground: Set<Serial>,
    /// Those that run in the background, in turns.
    background: Set<Serial>,
    /// Those in the foreground that need a connection.
    lobby: Lobby,
    /// Those that wait out a failure.
    waiting: Set<Serial>,
    /// When the waiting of each of them ends, where time ends it.
    alarms: Set<(Millis, Serial)>,
    /// The groups that something has happened to since they were settled.
    unsettled: Set<Serial>,
    /// The groups whose files may have changed since they were counted.
    uncounted: Vec<Serial>,
    /// Published files by [`LocalPath::key`].
    files: Map<String, StoredFile>,
    outcomes: Map<(ClientId, u64), OutcomeRecord>,
    /// The calls that wait for a cancelled group to be gone.
    farewells: Map<Serial, (ClientId, u64)>,
    /// The background group whose turn it is, and since when.
    turn: Option<(Serial, Millis)>,
    online: bool,
    /// When the network went, while there is none.
    offline_since: Millis,
    next_ticket: u64,
    tickets: Map<Ticket, Errand>,
    traffic: Traffic,
    pending: Pending,
    later: Later,
    in_flight: InFlight,
    loading: Loading,
    /// Files whose rows changed, though nothing that is saved.
    to_show: Set<(Serial, u32)>,
    effects: VecDeque<Effect>,
    messages: VecDeque<ToPage>,
    /// When idle groups were last looked for; 0 for never.
    idle_checked_at: Millis,
    callbacks: Callbacks,
    /// Some page was asked before each request, and may be again.
    asks_pages: bool,
    stopping: bool,
    /// A newer build takes over.
    superseded: bool,
}

/// What a ticket was given out for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Errand {
    /// A connection for one file of a job.
    Connection(Serial, u32),
    /// Something else for one file of a job.
    File(Serial, u32),
    /// The deletion of a published file, for a call.
    Delete { client: ClientId, sequence: u64, target: LocalPath },
}

impl Errand {
    /// The file of a job that it is for.
    const fn file(&self) -> Option<(Serial, u32)> {
        match self {
            &Self::Connection(serial, index) | &Self::File(serial, index) => Some((serial, index)),
            Self::Delete { .. } => None,
        }
    }
}

impl Queue {
    /// A queue as it was saved, or a new one.
    ///
    /// # Errors
    ///
    /// QM_E_SERVICE_UNAVAILABLE when a newer build saved it; nothing is changed then.
    pub fn restore(mut saved: Saved, host: Host, now: Millis) -> Result<Self, QmgrError> {
        if let Some(record) = &saved.queue {
            snapshot::check_schema(record.schema)?;
        }
        let is_new = saved.queue.is_none();
        let is_older = snapshot::upgrade(&mut saved);
        let (settings, next_serial, storage, asks_pages) = match saved.queue {
            Some(record) => {
                (record.settings, record.next_serial, record.storage, record.asks_pages)
            }
            None => (Settings::default(), Serial(1), host.storage, false),
        };
        let mut queue = Self {
            next_ticket: host.first_ticket.0,
            host: Host { storage, ..host },
            settings,
            next_serial,
            groups: Map::new(),
            by_id: Map::new(),
            jobs: Map::new(),
            active: Set::new(),
            foreground: Set::new(),
            background: Set::new(),
            lobby: Lobby::default(),
            waiting: Set::new(),
            alarms: Set::new(),
            unsettled: Set::new(),
            uncounted: Vec::new(),
            files: Map::new(),
            outcomes: Map::new(),
            farewells: Map::new(),
            turn: None,
            online: true,
            offline_since: now,
            tickets: Map::new(),
            traffic: Traffic::default(),
            pending: Pending::default(),
            later: Later::default(),
            in_flight: InFlight::default(),
            loading: Loading::default(),
            to_show: Set::new(),
            effects: VecDeque::new(),
            messages: VecDeque::new(),
            idle_checked_at: Millis(0),
            callbacks: Callbacks::new(now),
            asks_pages,
            stopping: false,
            superseded: false,
        };
        queue.pending.queue = is_new || is_older;
        for file in saved.files {
            if let Ok(path) = LocalPath::parse(&file.local_file) {
                queue.files.insert(path.key().to_owned(), file);
            }
        }
        queue.restore_groups(saved.groups, saved.transfers, now);
        queue.restore_outcomes(saved.outcomes, now);
        if is_older {
            queue.change_everything();
        }
        queue.introduce();
        queue.handle_alarm(now);
        Ok(queue)
    }

    fn restore_groups(
        &mut self,
        groups: Vec<(Serial, snapshot::GroupRecord)>,
        transfers: Vec<((Serial, u32), snapshot::TransferRecord)>,
        now: Millis,
    ) {
        let mut records = Records::new(transfers);
        for (serial, mut record) in groups {
            // Of a damaged record nobody knows the time; the group is not idle for that.
            if record.touched_at == Millis::default() {
                record.touched_at = now;
            }
            let mut group = Group::restored(record, now, LONGEST_WAIT);
            if let Some(files) = records.take(serial) {
                group.take_in(files);
            }
            self.loading.unread += usize::from(!group.is_read());
            if !matches!(group.state(), State::Cancelled { .. }) {
                self.by_id.insert(group.id, serial);
                if let Some(job) = &group.job {
                    self.jobs.insert(job.id, serial);
                }
            }
            self.next_serial = self.next_serial.max(Serial(serial.0 + 1));
            self.callbacks.note_restored(serial, group.notification.is_some());
            self.groups.insert(serial, Box::new(group));
            self.sort_in(serial);
            if self.active.contains(&serial) {
                self.unsettled.insert(serial);
            }
        }
    }

    /// All records are written again: a newer schema gave them another meaning.
    fn change_everything(&mut self) {
        self.pending.strict = true;
        for (serial, group) in &self.groups {
            self.pending.groups.insert(*serial);
            self.pending.transfers.extend(group.indexed().map(|(index, _)| (*serial, index)));
        }
        let files = self.files.iter().map(|(key, file)| (key.clone(), Some(file.clone())));
        self.pending.files.extend(files);
        self.pending.outcomes.extend(self.outcomes.keys().cloned());
    }

    /// Keeps the sets of groups true to the group's state.
    fn sort_in(&mut self, serial: Serial) {
        let Some(group) = self.groups.get_mut(&serial) else { return };
        group.count_files();
        let sorted = Sorted::of(group);
        let before = std::mem::replace(&mut group.sorted, sorted);
        let may_wait = sorted.waiting || group.alarm.is_some();
        if sorted.needs_connection {
            self.lobby.enter(serial);
        } else if before.needs_connection {
            self.lobby.leave(serial);
        }
        if may_wait {
            self.set_alarm(serial);
        }
        if sorted == before {
            return;
        }
        for (set, was_in, is_in) in [
            (&mut self.active, before.active, sorted.active),
            (&mut self.foreground, before.foreground, sorted.foreground),
            (&mut self.background, before.background, sorted.background),
            (&mut self.waiting, before.waiting, sorted.waiting),
        ] {
            if is_in && !was_in {
                set.insert(serial);
            } else if was_in && !is_in {
                set.remove(&serial);
            }
        }
    }

    /// Notes when the waiting of a group ends.
    fn set_alarm(&mut self, serial: Serial) {
        let Some(group) = self.groups.get(&serial) else { return };
        let (before, at) = (group.alarm, self.wait_ends_at(group));
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.alarms.remove(&(before, serial));
        }
        if let Some(at) = at {
            self.alarms.insert((at, serial));
        }
        if let Some(group) = self.groups.get_mut(&serial) {
            group.alarm = at;
        }
    }

    /// The same for all that wait: what ends their waiting has changed.
    fn set_alarms(&mut self) {
        for serial in self.waiting.clone() {
            self.set_alarm(serial);
        }
    }

    /// Whether everything that is kept beside the groups is what the groups say: for tests.
    #[doc(hidden)]
    pub fn is_consistent(&self) -> bool {
        let with = |is_in: fn(&Sorted) -> bool| {
            let sorted = self.groups.iter().map(|(serial, group)| (serial, Sorted::of(group)));
            sorted.filter(move |(_, sorted)| is_in(sorted)).map(|(serial, _)| *serial)
        };
        let alarms = self
            .groups
            .iter()
            .filter_map(|(serial, group)| Some((self.wait_ends_at(group)?, *serial)));
        let files = self.groups.iter().flat_map(|(serial, group)| {
            group.indexed().map(move |(index, file)| (*serial, index, file))
        });
        let mut traffic = Traffic::default();
        for (serial, index, file) in files {
            for _ in &file.connections {
                traffic.begin(file.file.remote.origin());
                traffic.connect(serial, index);
            }
            if file.work.is_some() {
                traffic.begin(file.file.remote.origin());
            }
        }
        for (serial, group) in &self.groups {
            for connected in traffic.connected_mut(*serial) {
                group.watch(connected, &self.settings);
            }
        }
        let of_lobby: Set<_> = self.lobby.groups().collect();
        self.groups.values().filter_map(|group| group.job.as_ref()).all(Job::is_consistent)
            && self.active.iter().copied().eq(with(|sorted| sorted.active))
            && self.foreground.iter().copied().eq(with(|sorted| sorted.foreground))
            && self.background.iter().copied().eq(with(|sorted| sorted.background))
            && self.waiting.iter().copied().eq(with(|sorted| sorted.waiting))
            && (self.stopping || of_lobby.into_iter().eq(with(|sorted| sorted.needs_connection)))
            && self.alarms == alarms.collect()
            && self.loading.unread == self.groups.values().filter(|group| !group.is_read()).count()
            && self.traffic == traffic
    }

    /// Where the queue's bytes live.
    pub const fn storage(&self) -> Storage {
        self.host.storage
    }

    /// The epoch of the engine that it was restored for.
    pub const fn epoch(&self) -> Epoch {
        self.host.epoch
    }

    /// Whether any group's work is under way, or a page is to be called.
    pub fn is_working(&self) -> bool {
        !self.active.is_empty() || self.callbacks.next_alarm().is_some()
    }

    /// The next order to carry out.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front().or_else(|| self.take_load()).or_else(|| self.take_commit())
    }

    /// The next message to send to the pages.
    pub fn poll_message(&mut self) -> Option<ToPage> {
        self.messages.pop_front()
    }

    /// Whether a record names a part; at the start those that none does are deleted.
    pub fn names(&self, part: Part) -> bool {
        let file = self.file(part.serial, part.index).map(|(_, file)| file);
        file.is_some_and(|file| !file.published && file.generation == part.generation)
    }

    /// Ends every connection; no new one is started. Once [`Queue::is_over`] holds the engine can go. A
    /// part that is being hashed is left to the next one, which goes on where the record says.
    pub fn stop(&mut self, now: Millis) {
        self.stopping = true;
        self.give_up_hashes();
        self.settle(now);
    }

    /// Stops in favour of a newer build.
    pub fn give_way(&mut self, now: Millis) {
        self.superseded = true;
        self.stop(now);
    }

    /// Whether it was stopped.
    pub const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Whether it was stopped in favour of a newer build.
    pub const fn is_superseded(&self) -> bool {
        self.superseded
    }

    /// Whether it was stopped and everything is durable.
    pub fn is_over(&self) -> bool {
        self.stopping && self.is_idle()
    }

    /// Whether nothing is under way: no connection, no commit, no order.
    pub fn is_idle(&self) -> bool {
        self.tickets.is_empty()
            && self.in_flight.is_empty()
            && self.effects.is_empty()
            && self.pending.is_empty()
            && self.later.is_empty()
            && self.loading.is_empty()
    }

    fn give_up_hashes(&mut self) {
        let is_hashing = |(serial, index)| {
            let file = self.file(serial, index).map(|(_, file)| file);
            file.is_some_and(|file| matches!(file.work, Some(Work::Hashing { .. })))
        };
        let hashes = self.tickets.iter().filter_map(|(ticket, errand)| {
            let file = errand.file().filter(|&file| is_hashing(file))?;
            Some((*ticket, file))
        });
        for (ticket, (serial, index)) in hashes.collect::<Vec<_>>() {
            self.end_ticket(ticket);
            if let Some(file) = self.file_mut(serial, index) {
                file.work = None;
            }
        }
    }

    fn ticket(&mut self, errand: Errand) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        if let Some((serial, index)) = errand.file()
            && let Some(file) = self.groups.get(&serial).and_then(|group| group.file(index))
        {
            self.traffic.begin(file.file.remote.origin());
            if matches!(errand, Errand::Connection(..)) {
                self.traffic.connect(serial, index);
            }
        }
        self.tickets.insert(ticket, errand);
        ticket
    }

    /// What a file's ticket was given out for has ended.
    fn end_ticket(&mut self, ticket: Ticket) {
        let Some(errand) = self.tickets.remove(&ticket) else { return };
        if let Some((serial, index)) = errand.file()
            && let Some(file) = self.groups.get(&serial).and_then(|group| group.file(index))
        {
            self.traffic.end(file.file.remote.origin());
            self.lobby.look_again();
            if matches!(errand, Errand::Connection(..)) {
                self.traffic.disconnect(serial, index);
            }
        }
    }

    /// One file and its group, with what the judge has to know.
    fn file(&self, serial: Serial, index: u32) -> Option<(&Group, &Transfer)> {
        let group = self.groups.get(&serial)?;
        Some((group, group.file(index)?))
    }

    fn file_mut(&mut self, serial: Serial, index: u32) -> Option<&mut Transfer> {
        self.note_uncounted(serial);
        self.groups.get_mut(&serial)?.job.as_mut()?.file_mut(index)
    }

    /// A file of the group may be another than when it was counted.
    fn note_uncounted(&mut self, serial: Serial) {
        if self.uncounted.last() != Some(&serial) {
            self.uncounted.push(serial);
        }
    }

    /// Counts what was changed of files, and notes what is to be known of those that have connections.
    fn count_files(&mut self) {
        while let Some(serial) = self.uncounted.pop() {
            let Some(group) = self.groups.get_mut(&serial) else { continue };
            group.count_files();
            for connected in self.traffic.connected_mut(serial) {
                group.watch(connected, &self.settings);
            }
        }
    }

    fn kept<'a>(&self, file: &'a Transfer) -> Kept<'a> {
        file.kept(self.settings.resume)
    }
}
