//! What a page asks for, carried out.

use super::commit::After;
use super::group::Group;
use super::job::Job;
use super::state::{Cause, State};
use super::transfer::Transfer;
use super::{Effect, Errand, Queue, Ticket};
use crate::abi::{
    FileSet, FileSetInfo, Guid, Hresult, LocalDirectory, LocalPath, Property, PropertyValue,
    QmgrError,
};
use crate::ordered::Map;
use crate::protocol::{
    Active, Answer, Call, ClientId, Command, Credentials, Owner, Serial, SettingsPatch, StoredFile,
    ToEngine, ToPage, VERSION,
};
use crate::snapshot::OutcomeRecord;
use crate::time::Millis;
use std::ops::Bound;
use std::rc::Rc;

/// How a call that succeeded is answered.
enum Reply {
    /// At once: nothing changed.
    Now(Answer),
    /// With the group's row, when it is durable.
    Row { group: Serial, whole: bool },
    /// With success, when it is durable.
    Done,
    /// With the whole rows of these groups, when what they show is durable.
    Rows(Vec<Serial>),
    /// By whatever ends it.
    Later,
}

impl Queue {
    /// Carries out a message from a page. Its reply, if it asks for one, is a message to the pages.
    pub fn call(&mut self, message: ToEngine, now: Millis) {
        match message {
            ToEngine::Bye { .. } | ToEngine::Call(_) | ToEngine::Register { .. } => {
                self.hear(message, now);
            }
            ToEngine::Given { .. } | ToEngine::Hello { .. } | ToEngine::Notified { .. } => {
                self.carry_out_message(message, now);
            }
        }
        self.settle(now);
    }

    pub(super) fn carry_out_message(&mut self, message: ToEngine, now: Millis) {
        match message {
            ToEngine::Hello { version } if version > VERSION => self.give_way(now),
            ToEngine::Hello { version: _ } => self.introduce(),
            ToEngine::Call(call) => self.answer(call, now),
            ToEngine::Bye { client } => {
                self.forget(&client, u64::MAX);
                self.forget_callbacks(&client, now);
                self.ask_others(now);
            }
            ToEngine::Notified { client, group, event, attempt, is_taken } => {
                self.handle_answered_call(&client, group, event, attempt, is_taken, now);
            }
            ToEngine::Register { client, registrations } => {
                self.register(&client, registrations, now);
            }
            ToEngine::Given { client, epoch, question, given } => {
                if epoch == self.host.epoch {
                    self.handle_given(&client, Ticket(question), given, now);
                }
            }
        }
    }

    /// What this engine says of itself, on taking over and to every `Hello`.
    pub(super) fn introduce(&mut self) {
        self.messages.push_back(ToPage::Active(Active {
            version: VERSION,
            epoch: self.host.epoch,
            storage: self.host.storage,
            worker: self.host.worker.clone(),
        }));
    }

    fn answer(&mut self, call: Call, now: Millis) {
        let Call { client, sequence, acknowledged, owner, command } = call;
        self.forget(&client, acknowledged);
        let key = (client, sequence);
        if let Some(outcome) = self.outcomes.get(&key) {
            let group = outcome.group;
            if let Command::CancelGroup { group } = command
                && self.groups.contains_key(&group)
            {
                // Its finished files are still on their way to their names.
                self.farewells.insert(group, key);
                return;
            }
            let (client, sequence) = key;
            return self.when_durable(After::Reply { client, sequence, group, whole: true });
        }
        let (client, sequence) = key.clone();
        match self.carry_out(&key, command, &owner, now) {
            Err(error) => {
                self.messages.push_back(ToPage::Reply { client, sequence, result: Err(error) })
            }
            Ok(Reply::Now(answer)) => {
                self.messages.push_back(ToPage::Reply { client, sequence, result: Ok(answer) });
            }
            Ok(Reply::Row { group, whole }) => {
                self.note_outcome(key, Some(group), now);
                self.when_durable(After::Reply { client, sequence, group: Some(group), whole });
            }
            Ok(Reply::Done) => {
                self.note_outcome(key, None, now);
                self.when_durable(After::Reply { client, sequence, group: None, whole: false });
            }
            Ok(Reply::Rows(groups)) => {
                self.when_durable(After::Rows { client, sequence, groups });
            }
            Ok(Reply::Later) => {}
        }
    }

    /// Remembers that a call was carried out, in the same commit as what it changed.
    pub(super) fn note_outcome(
        &mut self,
        key: (ClientId, u64),
        group: Option<Serial>,
        now: Millis,
    ) {
        if !self.pending.is_empty() {
            self.pending.outcomes.insert(key.clone());
            self.outcomes.insert(key, OutcomeRecord { group, at: now });
        }
    }

    fn forget(&mut self, client: &ClientId, acknowledged: u64) {
        let (first, last) = ((client.clone(), 0), (client.clone(), acknowledged));
        let seen = (Bound::Included(&first), Bound::Included(&last));
        let next_seen = |outcomes: &Map<(ClientId, u64), OutcomeRecord>| {
            outcomes.range(seen).next().map(|(key, _)| key.clone())
        };
        // As a rule that is one.
        while let Some(key) = next_seen(&self.outcomes) {
            self.outcomes.remove(&key);
            self.pending.outcomes.insert(key);
        }
    }

    fn carry_out(
        &mut self,
        key: &(ClientId, u64),
        command: Command,
        owner: &Owner,
        now: Millis,
    ) -> Result<Reply, QmgrError> {
        match command {
            Command::AddFiles { group, files } => self.add_files(group, files, owner, now),
            Command::Attach { groups } => Ok(Reply::Rows(groups)),
            Command::CancelGroup { group } => self.cancel_group(key, group, now),
            Command::Configure(patch) => {
                self.configure(patch);
                Ok(Reply::Done)
            }
            Command::CreateGroup { id, credentials } => {
                self.create_group(id, credentials, owner, now)
            }
            Command::CreateJob { group, id } => self.create_job(group, id, now),
            Command::DeleteFile { local_file } => self.delete_file(key, &local_file),
            Command::EnumGroups { flags } => self.enum_groups(flags, owner),
            Command::FindFile { local_file } => {
                let path = LocalPath::parse(&local_file)?;
                Ok(Reply::Now(Answer::File(self.stored(&path)?.clone())))
            }
            Command::GetGroup { id } => self.get_group(id, owner, now),
            Command::ListFiles { directory } => self.list_files(directory.as_deref()),
            Command::ResumeGroup { group } => self.resume_group(group, now),
            Command::SetProperty { group, property, value } => {
                self.set_property(group, property, value, now)
            }
            Command::SuspendGroup { group } => self.suspend_group(group, now),
            Command::SwitchToForeground { group } => self.switch_to_foreground(group, now),
        }
    }

    fn create_group(
        &mut self,
        id: Guid,
        credentials: Credentials,
        owner: &Owner,
        now: Millis,
    ) -> Result<Reply, QmgrError> {
        if self.by_id.contains_key(&id) {
            return Err(QmgrError::new(
                Hresult::E_INVALIDARG,
                format!("a group with the id {id} already exists"),
            ));
        }
        check_quota(
            self.by_id.len(),
            self.settings.limits.groups,
            owner,
            Hresult::BG_E_TOO_MANY_JOBS_PER_USER,
            "groups",
        )?;
        let group = self.next_serial;
        self.next_serial = Serial(group.0 + 1);
        let new = Group::new(id, owner.user.clone(), credentials, now);
        self.groups.insert(group, Box::new(new));
        self.by_id.insert(id, group);
        // The serials that were given out are saved with the queue: they outlive their groups.
        self.pending.queue = true;
        self.change_group(group, now);
        Ok(Reply::Row { group, whole: true })
    }

    fn get_group(&mut self, id: Guid, owner: &Owner, now: Millis) -> Result<Reply, QmgrError> {
        let Some(&serial) = self.by_id.get(&id) else {
            return Err(QmgrError::new(
                Hresult::QM_E_ITEM_NOT_FOUND,
                format!("no group has the id {id}"),
            ));
        };
        let group = self.live(serial)?;
        if group.owner != owner.user {
            if !owner.administrator {
                return Err(QmgrError::new(
                    Hresult::E_ACCESSDENIED,
                    format!("the group {id} belongs to another user"),
                ));
            }
            group.owner = owner.user.clone();
            self.change_group(serial, now);
        }
        Ok(Reply::Row { group: serial, whole: true })
    }

    fn enum_groups(&self, flags: u32, owner: &Owner) -> Result<Reply, QmgrError> {
        if flags != 0 {
            return Err(QmgrError::new(
                Hresult::E_NOTIMPL,
                format!("enumGroups knows no flags, found {flags}"),
            ));
        }
        let visible = |group: &Group| owner.administrator || group.owner == owner.user;
        let ids = self
            .groups
            .values()
            .filter(|group| !matches!(group.state(), State::Cancelled { .. }) && visible(group))
            .map(|group| group.id)
            .collect();
        Ok(Reply::Now(Answer::Ids(ids)))
    }

    fn create_job(&mut self, serial: Serial, id: Guid, now: Millis) -> Result<Reply, QmgrError> {
        let is_taken = self.jobs.contains_key(&id);
        let group = self.live(serial)?;
        if group.state().is_runnable() {
            return Err(QmgrError::new(Hresult::QM_E_INVALID_STATE, "the group is running"));
        }
        if group.job.is_some() {
            return Err(QmgrError::new(Hresult::E_NOTIMPL, "the group already has its one job"));
        }
        if is_taken {
            return Err(QmgrError::new(
                Hresult::E_INVALIDARG,
                format!("a job with the id {id} already exists"),
            ));
        }
        group.job = Some(Job::new(id, Vec::new()));
        self.jobs.insert(id, serial);
        self.change_group(serial, now);
        Ok(Reply::Row { group: serial, whole: false })
    }

    fn add_files(
        &mut self,
        serial: Serial,
        files: Vec<FileSetInfo>,
        owner: &Owner,
        now: Millis,
    ) -> Result<Reply, QmgrError> {
        let limit = self.settings.limits.files_per_job;
        let group = self.live(serial)?;
        if group.job.is_none() {
            return Err(QmgrError::new(Hresult::QM_E_INVALID_STATE, "the group has no job"));
        }
        if files.is_empty() {
            return Err(QmgrError::new(Hresult::E_INVALIDARG, "the list of files is empty"));
        }
        let before = group.files().len();
        // One less, since the quota is asked whether one more fits.
        check_quota(
            before + files.len() - 1,
            limit,
            owner,
            Hresult::BG_E_TOO_MANY_FILES_IN_JOB,
            "files in the job",
        )?;
        let files = files.into_iter().map(FileSet::try_from).collect::<Result<Vec<_>, _>>()?;
        for file in &files {
            self.check_target(&file.local)?;
        }
        let group = self.live(serial)?;
        group.follow(Cause::AddFiles);
        let Some(job) = &mut group.job else { return Err(cancelled()) };
        job.add(files.into_iter().map(Transfer::new));
        let after = job.files().len();
        // All at once: what one changed file means for its group takes a look at all of them.
        let added = before..after;
        self.pending
            .transfers
            .extend(added.map(|index| (serial, u32::try_from(index).unwrap_or(u32::MAX))));
        self.change_group(serial, now);
        Ok(Reply::Row { group: serial, whole: false })
    }

    /// A directory that stands at the path, or a file at a directory of it (ruling A24).
    fn check_target(&self, path: &LocalPath) -> Result<(), QmgrError> {
        if let Some(obstacle) = path.obstacle(&self.files) {
            return Err(QmgrError::new(
                Hresult::E_ACCESSDENIED,
                format!("localFile {} {obstacle}", path.as_str()),
            ));
        }
        Ok(())
    }

    fn set_property(
        &mut self,
        serial: Serial,
        property: Property,
        value: PropertyValue,
        now: Millis,
    ) -> Result<Reply, QmgrError> {
        Rc::make_mut(&mut self.live(serial)?.properties).set(property, value)?;
        self.change_group(serial, now);
        self.heed_properties(serial, now);
        Ok(Reply::Row { group: serial, whole: false })
    }

    fn suspend_group(&mut self, serial: Serial, now: Millis) -> Result<Reply, QmgrError> {
        let group = self.live(serial)?;
        if group.follow(Cause::SuspendGroup) {
            forget_delay(group);
            self.change_group(serial, now);
        }
        Ok(Reply::Row { group: serial, whole: false })
    }

    fn resume_group(&mut self, serial: Serial, now: Millis) -> Result<Reply, QmgrError> {
        let group = self.live(serial)?;
        if group.files().is_empty() {
            return Err(QmgrError::new(Hresult::BG_E_EMPTY, "the group has no files"));
        }
        if let State::Error(error) = group.state()
            && error.hresult == Hresult::BG_E_DATABASE_CORRUPT
        {
            // Some of its files are not known any more: it would end complete without them.
            return Err(QmgrError::new(error.hresult, error.message.clone()));
        }
        let follows_failure = matches!(group.state(), State::Error(_) | State::Waiting(_));
        if group.follow(Cause::ResumeGroup) {
            // What the failures before were is forgotten, what was fetched is kept.
            group.retries = group.retries.saturating_add(u32::from(follows_failure));
            group.trouble = None;
            if let Some(job) = &mut group.job {
                job.forget_fruitless();
            }
            self.change_group(serial, now);
        }
        Ok(Reply::Row { group: serial, whole: false })
    }

    fn cancel_group(
        &mut self,
        key: &(ClientId, u64),
        serial: Serial,
        now: Millis,
    ) -> Result<Reply, QmgrError> {
        self.live(serial)?;
        self.leave(serial, Cause::CancelGroup, now);
        self.note_outcome(key.clone(), None, now);
        self.farewells.insert(serial, key.clone());
        Ok(Reply::Later)
    }

    /// Takes a group off the queue; its id is free at once (ruling A8).
    pub(super) fn leave(&mut self, serial: Serial, cause: Cause, now: Millis) {
        let Some(group) = self.groups.get_mut(&serial) else { return };
        group.follow(cause);
        let (id, job) = (group.id, group.job.as_ref().map(|job| job.id));
        self.by_id.remove(&id);
        if let Some(job) = job {
            self.jobs.remove(&job);
        }
        self.change_group(serial, now);
    }

    fn switch_to_foreground(&mut self, serial: Serial, now: Millis) -> Result<Reply, QmgrError> {
        let group = self.live(serial)?;
        if !group.foreground {
            group.foreground = true;
            self.change_group(serial, now);
        }
        Ok(Reply::Row { group: serial, whole: false })
    }

    fn configure(&mut self, patch: SettingsPatch) {
        let SettingsPatch {
            retry,
            checkpoint,
            resume,
            connections,
            time_slice,
            limits,
            inactivity_timeout,
        } = patch;
        let mut settings = self.settings.clone();
        let set = &mut settings;
        set.retry = retry.unwrap_or_else(|| set.retry.clone());
        set.checkpoint = checkpoint.unwrap_or_else(|| set.checkpoint.clone());
        set.resume = resume.unwrap_or(set.resume);
        set.connections = connections.unwrap_or_else(|| set.connections.clone());
        set.time_slice = time_slice.unwrap_or(set.time_slice);
        set.limits = limits.unwrap_or_else(|| set.limits.clone());
        set.inactivity_timeout = inactivity_timeout.unwrap_or(set.inactivity_timeout);
        if settings != self.settings {
            self.settings = settings;
            self.set_alarms();
            self.uncounted.extend(self.traffic.groups());
            self.lobby.look_again();
            self.pending.queue = true;
            self.pending.strict = true;
        }
    }

    fn stored(&self, path: &LocalPath) -> Result<&StoredFile, QmgrError> {
        self.files.get(path.key()).ok_or_else(|| {
            QmgrError::new(
                Hresult::FILE_NOT_FOUND,
                format!("no published file has the path {}", path.as_str()),
            )
        })
    }

    fn delete_file(&mut self, key: &(ClientId, u64), local_file: &str) -> Result<Reply, QmgrError> {
        let target = LocalPath::parse(local_file)?;
        self.stored(&target)?;
        let (client, sequence) = key.clone();
        let ticket = self.ticket(Errand::Delete { client, sequence, target: target.clone() });
        self.effects.push_back(Effect::DeleteFile { ticket, target });
        Ok(Reply::Later)
    }

    fn list_files(&self, directory: Option<&str>) -> Result<Reply, QmgrError> {
        let directory = directory.map(LocalDirectory::parse).transpose()?;
        let files = self
            .files
            .values()
            .filter(|file| {
                directory.as_ref().is_none_or(|directory| {
                    LocalPath::parse(&file.local_file).is_ok_and(|path| path.is_below(directory))
                })
            })
            .cloned()
            .collect();
        Ok(Reply::Now(Answer::Files(files)))
    }

    /// A group that can be called (ruling A35).
    fn live(&mut self, serial: Serial) -> Result<&mut Group, QmgrError> {
        self.groups
            .get_mut(&serial)
            .map(AsMut::as_mut)
            .filter(|group: &&mut Group| !matches!(group.state(), State::Cancelled { .. }))
            .ok_or_else(cancelled)
    }
}

/// The delay that a failure imposed ends with the state that waited for it.
pub(super) fn forget_delay(group: &mut Group) {
    if let Some(trouble) = &mut group.trouble {
        trouble.until = None;
    }
}

fn cancelled() -> QmgrError {
    QmgrError::new(Hresult::QM_E_INVALID_STATE, "the group is cancelled")
}

/// Whether one more fits (ruling A32).
fn check_quota(
    there: usize,
    limit: Option<u32>,
    owner: &Owner,
    hresult: Hresult,
    what: &str,
) -> Result<(), QmgrError> {
    match limit {
        Some(limit)
            if !owner.administrator && there >= usize::try_from(limit).unwrap_or(usize::MAX) =>
        {
            Err(QmgrError::new(hresult, format!("the limit of {what} is {limit}")))
        }
        Some(_) | None => Ok(()),
    }
}
