//! One group: its state, its one job, its status words.

use super::breadth::Breadth;
use super::connection::Stage;
use super::job::{Job, Sums};
use super::notifications::Notification;
use super::speed::Speed;
use super::state::{Cause, State};
use super::traffic::Connected;
use super::transfer::Transfer;
use crate::abi::{Guid, Properties, StatusWord};
use crate::ordered::{Map, Set};
use crate::protocol::{
    Credentials, GroupError, GroupRow, GroupState, GroupUpdate, Resume, Serial, Settings, Wait,
    WaitReason,
};
use crate::snapshot::{GroupRecord, SavedState, Trouble, damaged};
use crate::time::Millis;
use std::rc::Rc;

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) id: Guid,
    pub(super) owner: Rc<str>,
    pub(super) credentials: Credentials,
    state: State,
    pub(super) foreground: bool,
    pub(super) properties: Rc<Properties>,
    pub(super) job: Option<Job>,
    files: Files,
    /// Attempts started after an error; never reset (ruling A37).
    pub(super) retries: u32,
    /// When it last made progress or was changed.
    pub(super) touched_at: Millis,
    /// The failures since the last progress.
    pub(super) trouble: Option<Trouble>,
    /// Its state is one that [`change_group`](super::Queue::change_group) has not seen.
    pub(super) has_moved: bool,
    /// The latest event, while nobody has taken it.
    pub(super) notification: Option<Notification>,
    pub(super) speed: Speed,
    /// How many connections help, by the origin of the server.
    breadths: Map<Rc<str>, Breadth>,
    /// When its pages last heard of its progress.
    pub(super) shown_at: Millis,
    /// The sets of groups that it is in.
    pub(super) sorted: Sorted,
    /// When its waiting ends, as the queue has noted it.
    pub(super) alarm: Option<Millis>,
}

/// Where the files of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Files {
    /// So many are being read.
    Coming(u32),
    /// In its job.
    Here,
    /// So many are in the database alone.
    Unread(u32),
}

/// The sets of groups that a group is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sorted {
    /// Its work is under way.
    pub(super) active: bool,
    /// It runs in the foreground.
    pub(super) foreground: bool,
    /// It runs in the background.
    pub(super) background: bool,
    /// It waits out a failure.
    pub(super) waiting: bool,
    /// It runs in the foreground, and a file of it can be taken one step further, or is to be read.
    pub(super) needs_connection: bool,
}

impl Sorted {
    /// Where a group belongs.
    pub(super) fn of(group: &Group) -> Self {
        let runs = group.state == State::Running;
        let foreground = runs && group.foreground;
        Self {
            active: group.is_active(),
            foreground,
            background: runs && !group.foreground,
            waiting: matches!(group.state, State::Waiting(_)),
            needs_connection: foreground && group.has_next_step(),
        }
    }
}

impl Group {
    /// A new group: suspended, without a job.
    pub(super) fn new(id: Guid, owner: Rc<str>, credentials: Credentials, now: Millis) -> Self {
        Self {
            id,
            owner,
            credentials,
            state: State::New,
            foreground: false,
            properties: Rc::default(),
            job: None,
            files: Files::Here,
            retries: 0,
            touched_at: now,
            trouble: None,
            has_moved: false,
            notification: None,
            speed: Speed::default(),
            breadths: Map::new(),
            shown_at: Millis::default(),
            sorted: Sorted::default(),
            alarm: None,
        }
    }

    /// Where it stands.
    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// Goes where a cause leads; false where it leads nowhere. Nothing else changes the state. To be
    /// followed by [`change_group`](super::Queue::change_group), which tells of it.
    pub(super) fn follow(&mut self, cause: Cause) -> bool {
        match self.state.after(cause) {
            Some(state) => {
                self.state = state;
                self.has_moved = true;
                true
            }
            None => false,
        }
    }

    pub(super) fn files(&self) -> &[Transfer] {
        self.job.as_ref().map_or(&[], Job::files)
    }

    /// One file.
    pub(super) fn file(&self, index: u32) -> Option<&Transfer> {
        self.files().get(usize::try_from(index).ok()?)
    }

    /// Counts what was changed of its files.
    pub(super) fn count_files(&mut self) {
        if let Some(job) = &mut self.job {
            job.count();
        }
    }

    /// What its files add up to.
    pub(super) fn sums(&self) -> Sums {
        self.job.as_ref().map(Job::sums).unwrap_or_default()
    }

    /// Whether something is under way for some of its files, or they are being read.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.files, Files::Coming(_))
            || self.job.as_ref().is_some_and(|job| job.busy() > 0)
    }

    /// Whether it can be taken one step further; the first one of a group whose files are not here is to
    /// read them.
    fn has_next_step(&self) -> bool {
        match self.files {
            Files::Coming(_) => false,
            Files::Here => self.next_step().is_some(),
            Files::Unread(_) => true,
        }
    }

    /// The file that can be taken one step further: the current one, unless something is under way for
    /// the group. While the last bytes of it are made durable, the request for the one behind it is on
    /// its way; one that is to be checked may turn out to be the first that fails, and stop the job.
    pub(super) fn next_step(&self) -> Option<(u32, &Transfer)> {
        let (index, file) = self.current()?;
        match self.job.as_ref()?.busy() {
            0 => Some((index, file)),
            1 if file.has_come() && file.file.integrity.is_none() => {
                Some((index + 1, self.behind(index).filter(|next| !next.complete)?))
            }
            _ => (file.is_all_durable() && !file.is_busy()).then_some((index, file)),
        }
    }

    /// Whether its files are here.
    pub(super) const fn is_read(&self) -> bool {
        matches!(self.files, Files::Here)
    }

    /// Its files are to be read; false if they are here, or being read.
    pub(super) const fn want_files(&mut self) -> bool {
        if let Files::Unread(count) = self.files {
            self.files = Files::Coming(count);
            return true;
        }
        false
    }

    /// Takes in its files, of which some may be missing: of those nothing is known, so that it cannot end
    /// complete, though it can leave.
    pub(super) fn take_in(&mut self, files: Vec<Transfer>) {
        let is_leaving = matches!(self.state, State::Cancelled { .. });
        if count(files.len()) < self.file_count() && !is_leaving {
            self.state = State::Error(damaged());
        }
        self.files = Files::Here;
        self.job = self.job.take().map(|job| Job::new(job.id, files));
    }

    /// How many files its job has.
    pub(super) fn file_count(&self) -> u32 {
        match self.files {
            Files::Coming(count) | Files::Unread(count) => count,
            Files::Here => count(self.files().len()),
        }
    }

    /// The file that is fetched next: the first, in add order, that is not there whole.
    pub(super) fn current(&self) -> Option<(u32, &Transfer)> {
        self.job.as_ref()?.current()
    }

    fn behind(&self, index: u32) -> Option<&Transfer> {
        self.file(index.checked_add(1)?)
    }

    /// The files with their indices.
    pub(super) fn indexed(&self) -> impl Iterator<Item = (u32, &Transfer)> {
        (0..).zip(self.files())
    }

    /// Whether its work is under way, so that time and events matter to it.
    pub(super) fn is_active(&self) -> bool {
        match self.state {
            State::Cancelled { .. } | State::Publishing | State::Running | State::Waiting(_) => {
                true
            }
            State::Complete | State::Error(_) | State::New | State::Suspended => self.is_busy(),
        }
    }

    /// The status word (spec §4); 0 when cancelled.
    pub(super) fn status(&self) -> StatusWord {
        let word = self.state.status();
        let shows_foreground = self.foreground && !word.is_empty();
        if shows_foreground { word | StatusWord::QM_STATUS_GROUP_FOREGROUND } else { word }
    }

    /// The status word of its job (spec §4); 0 without one.
    pub(super) fn job_status(&self) -> StatusWord {
        self.job.as_ref().map_or(StatusWord::empty(), |_| self.state.job_status())
    }

    /// Why it is in error.
    fn error(&self) -> Option<&GroupError> {
        if let State::Error(error) = &self.state { Some(error) } else { None }
    }

    fn shown_state(&self) -> GroupState {
        match self.state {
            State::Cancelled { .. } => GroupState::Cancelled,
            State::Complete => GroupState::Complete,
            State::Error(_) => GroupState::Error,
            State::New => GroupState::New,
            State::Publishing => GroupState::Publishing,
            State::Suspended => GroupState::Suspended,
            State::Waiting(_) => GroupState::Waiting,
            State::Running => {
                let Some((index, file)) = self.current() else { return GroupState::Publishing };
                // The one behind it may have begun, and this one have to begin again.
                let files = || [Some(file), self.behind(index)].into_iter().flatten();
                let stages = || files().flat_map(Transfer::open).map(|open| &open.stage);
                if stages().any(|stage| matches!(stage, Stage::Receiving(_))) {
                    GroupState::Transferring
                } else if stages().next().is_some() {
                    GroupState::Connecting
                } else if files().any(|file| file.work.is_some()) {
                    GroupState::Publishing
                } else {
                    GroupState::Queued
                }
            }
        }
    }

    fn wait(&self, shown: GroupState) -> Option<Box<Wait>> {
        match (&self.state, shown) {
            (State::Waiting(wait), _) => Some(Box::new(wait.clone())),
            (_, GroupState::Queued) => Some(Box::new(Wait {
                reason: WaitReason::Turn,
                next_attempt_at: None,
                last_error: self.trouble.as_ref().map(|trouble| trouble.error.clone()),
            })),
            _ => None,
        }
    }

    fn row(&self, serial: Serial) -> GroupRow {
        let sums = self.sums();
        let files_total = self.files().len();
        let state = self.shown_state();
        let moving = state == GroupState::Transferring;
        GroupRow {
            serial,
            id: self.id,
            state,
            status: self.status().bits(),
            job: self.job.as_ref().map(|job| job.id),
            job_status: self.job_status().bits(),
            properties: Rc::clone(&self.properties),
            bytes_done: sums.bytes_done(),
            bytes_total: sums.bytes_total().filter(|_| files_total > 0),
            files_done: count(sums.complete),
            files_total: count(files_total),
            bytes_per_second: if moving { self.speed.bytes_per_second() } else { 0 },
            retries: self.retries,
            wait: self.wait(state),
            error: self.error().cloned().map(Box::new),
        }
    }

    /// Its row with those of some of its files, or of all.
    pub(super) fn update(
        &self,
        serial: Serial,
        changed: Option<&Set<(Serial, u32)>>,
        resume: Resume,
    ) -> GroupUpdate {
        let files = match changed {
            Some(changed) => {
                let changed = changed.range((serial, 0)..=(serial, u32::MAX));
                let mut files = Vec::with_capacity(changed.clone().count());
                files.extend(
                    changed.filter_map(|&(_, index)| Some((index, self.file(index)?.row(resume)))),
                );
                files
            }
            None => self.indexed().map(|(index, file)| (index, file.row(resume))).collect(),
        };
        GroupUpdate { group: self.row(serial), files, whole: changed.is_none() }
    }

    pub(super) fn record(&self) -> GroupRecord {
        GroupRecord {
            id: self.id,
            owner: self.owner.clone(),
            credentials: self.credentials,
            state: match &self.state {
                State::Cancelled { publish } => SavedState::Cancelled { publish: *publish },
                State::Complete => SavedState::Complete,
                State::Error(error) => SavedState::Error(error.clone()),
                State::New => SavedState::New,
                State::Publishing => SavedState::Publishing,
                State::Running | State::Waiting(_) => SavedState::Running,
                State::Suspended => SavedState::Suspended,
            },
            foreground: self.foreground,
            properties: Rc::clone(&self.properties),
            job: self.job.as_ref().map(|job| job.id),
            files: self.file_count(),
            retries: self.retries,
            touched_at: self.touched_at,
            trouble: self.trouble.clone(),
            event: self.notification.as_ref().map(|notification| notification.event.clone()),
        }
    }

    /// A group as it was saved, without its files. A delay that was being waited out goes on where it was; one that a
    /// changed clock has pushed beyond `longest` from now is cut to that.
    pub(super) fn restored(record: GroupRecord, now: Millis, longest: Millis) -> Self {
        let mut trouble = record.trouble;
        if let Some(trouble) = &mut trouble {
            // A clock before the last record was set back, and what it timed with it.
            let set_back = record.touched_at.since(now);
            trouble.since = trouble.since.minus(set_back);
            trouble.until = trouble.until.map(|until| until.minus(set_back));
            // Time without a running engine does not count; that since the last record is taken for it.
            let absence = now.since(record.touched_at.max(trouble.since));
            trouble.since = trouble.since.plus(absence);
        }
        let until = trouble.as_ref().and_then(|trouble| trouble.until);
        let state = match record.state {
            SavedState::Cancelled { publish } => State::Cancelled { publish },
            SavedState::Complete => State::Complete,
            SavedState::Error(error) => State::Error(error),
            SavedState::New => State::New,
            SavedState::Publishing => State::Publishing,
            SavedState::Suspended => State::Suspended,
            SavedState::Running => match (&trouble, until) {
                (Some(trouble), Some(until)) => State::Waiting(Wait {
                    reason: WaitReason::Backoff,
                    next_attempt_at: Some(until.min(now.plus(longest))),
                    last_error: Some(trouble.error.clone()),
                }),
                _ => State::Running,
            },
        };
        Self {
            state,
            foreground: record.foreground,
            properties: record.properties,
            job: record.job.map(|id| Job::new(id, Vec::new())),
            files: if record.files == 0 { Files::Here } else { Files::Unread(record.files) },
            retries: record.retries,
            touched_at: record.touched_at,
            trouble,
            notification: record.event.map(Notification::new),
            ..Self::new(record.id, record.owner, record.credentials, now)
        }
    }

    /// How many connections to the server of a file help.
    pub(super) fn breadth_mut(&mut self, index: u32) -> Option<&mut Breadth> {
        let file = self.job.as_ref()?.files().get(usize::try_from(index).ok()?)?;
        let origin = file.file.remote.origin();
        if !self.breadths.contains_key(origin) {
            self.breadths.insert(Rc::clone(origin), Breadth::default());
        }
        self.breadths.get_mut(origin)
    }

    /// The same, where something is known of it.
    pub(super) fn breadth(&self, file: &Transfer) -> Option<&Breadth> {
        self.breadths.get(file.file.remote.origin())
    }

    /// How many connections a file gets, where the settings name a number or leave it open.
    pub(super) fn connections_for(&self, file: &Transfer, per_file: Option<u32>) -> u32 {
        let breadth = self.breadth(file);
        breadth.map_or(per_file.unwrap_or(1), |breadth| breadth.limit(per_file))
    }

    /// Notes what is to be known at any time of a file that has connections.
    pub(super) fn watch(&self, connected: &mut Connected, settings: &Settings) {
        let Some(file) = self.file(connected.index) else { return };
        let is_current = || self.current().is_some_and(|(current, _)| current == connected.index);
        let per_file = settings.connections.per_file;
        connected.is_wide = self.connections_for(file, per_file) > 1 && is_current();
        connected.alarm = file.alarm(settings);
    }

    /// The speed is that of the running connections alone.
    pub(super) fn forget_speed(&mut self) {
        self.speed = Speed::default();
        self.breadths.values_mut().for_each(Breadth::forget_speed);
    }
}

/// A number of files as the header's DWORD.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
