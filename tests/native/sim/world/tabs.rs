//! The tabs: their calls, callbacks and hooks, and what they are shown.

use super::script::{guid, info};
use super::{Task, World};
use crate::sim::page::{Hook, Page};
use qmgr::abi::{FileSetInfo, Guid, Hresult, LocalPath, QmgrError};
use qmgr::protocol::{
    Answer, Call, Command, Credentials, Epoch, GroupRow, GroupState, Registration, Serial,
    ToEngine, ToPage,
};
use qmgr::queue::{Ask, Event, Told};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;

impl World {
    /// Sends a call and waits for its reply.
    pub fn ask(&mut self, command: Command) -> Result<Answer, QmgrError> {
        let sequence = self.send(command);
        self.run_until(|world| world.page.replies.contains_key(&sequence));
        self.page.replies[&sequence].clone()
    }

    /// Sends a call.
    pub fn send(&mut self, command: Command) -> u64 {
        let call = self.page.call(command);
        let sequence = call.sequence;
        self.deliver(ToEngine::Call(call));
        sequence
    }

    /// The other page sends a call.
    pub fn send_from_other(&mut self, command: Command) -> u64 {
        let call = self.other.call(command);
        let sequence = call.sequence;
        self.deliver(ToEngine::Call(call));
        sequence
    }

    /// A reader of the file, who began to read at a time of its own, asks for a byte.
    pub fn read(&mut self, path: &str, at: u64, since: u64) -> Told {
        let path = LocalPath::parse(path).expect("a path");
        let ask = Ask { path, part: None, at: Some(at), since: Millis(since) };
        let told = self.queue.read(&ask, self.now);
        self.tell(|| format!("a reader of {} at {at} is told {told:?}", ask.path));
        self.drain();
        told
    }

    pub fn deliver(&mut self, message: ToEngine) {
        let now = self.now;
        let call = match &message {
            ToEngine::Call(call) => Some(call.clone()),
            ToEngine::Bye { .. }
            | ToEngine::Given { .. }
            | ToEngine::Hello { .. }
            | ToEngine::Notified { .. }
            | ToEngine::Register { .. } => None,
        };
        self.queue.call(message, now);
        self.put_aside.extend(call);
        self.note_calls();
        self.drain();
    }

    /// Notes the calls that were carried out: those that wait for no files any more.
    pub(super) fn note_calls(&mut self) {
        for call in std::mem::take(&mut self.put_aside) {
            if self.queue.has_put_aside(&call) {
                self.put_aside.push(call);
            } else {
                let answer = self.answer_at_once(&call);
                self.ledger.note_call(&call, answer.as_ref());
            }
        }
    }

    /// The reply to a call, if it does not wait for a commit.
    fn answer_at_once(&self, call: &Call) -> Option<Result<Answer, QmgrError>> {
        let mut peeked = self.queue.clone();
        std::iter::from_fn(|| peeked.poll_message()).find_map(|message| match message {
            ToPage::Reply { client, sequence, result }
                if client == call.client && sequence == call.sequence =>
            {
                Some(result)
            }
            ToPage::Activate { .. }
            | ToPage::Active(_)
            | ToPage::Ask { .. }
            | ToPage::Beat
            | ToPage::Leaving { .. }
            | ToPage::Notify { .. }
            | ToPage::Reply { .. }
            | ToPage::Rows(_) => None,
        })
    }

    /// Sets a tab's pointer of a group.
    pub fn set_pointer(&mut self, tab: fn(&mut Self) -> &mut Page, group: Serial) {
        let now = self.now;
        let changed = tab(self).registrations.set_pointer(group, Some(String::new()), now);
        self.register(tab, changed);
    }

    /// Sets the pointer that the page has of a group, or clears it.
    pub fn point(&mut self, group: Serial, callback: Option<String>) {
        let changed = self.page.registrations.set_pointer(group, callback, self.now);
        self.register(|world| &mut world.page, changed);
    }

    /// Makes a class known in the page, whose objects are one callback.
    pub fn know(&mut self, class: Guid, callback: String) {
        let changed = self.page.registrations.set_class(class, callback, self.now);
        self.register(|world| &mut world.page, changed);
    }

    /// Clears a tab's pointer of a group.
    pub fn clear_pointer(&mut self, tab: fn(&mut Self) -> &mut Page, group: Serial) {
        let now = self.now;
        let changed = tab(self).registrations.set_pointer(group, None, now);
        self.register(tab, changed);
    }

    /// Makes a class known in a tab.
    pub fn set_class(&mut self, tab: fn(&mut Self) -> &mut Page, class: Guid) {
        let now = self.now;
        let changed = tab(self).registrations.set_class(class, String::new(), now);
        self.register(tab, changed);
    }

    fn register(&mut self, tab: fn(&mut Self) -> &mut Page, changed: Registration) {
        let client = tab(self).client.clone();
        self.deliver(ToEngine::Register { client, registrations: vec![changed] });
    }

    /// A tab is to be asked before each request.
    pub fn hook(&mut self, tab: fn(&mut Self) -> &mut Page, hook: Hook) {
        let now = self.now;
        tab(self).hook = hook;
        let added = tab(self).registrations.add_hook((), now);
        self.register(tab, added);
    }

    /// A tab says what it was asked a while ago.
    pub fn say_at_last(&mut self, tab: fn(&mut Self) -> &mut Page) {
        for mut said in std::mem::take(&mut tab(self).unsaid) {
            self.name_epoch(&mut said);
            self.deliver(said);
        }
    }

    /// A tab is closed or dies, which its lock shows.
    pub fn end_tab(&mut self, tab: fn(&mut Self) -> &mut Page) {
        self.next_id += 1;
        let next = Page::new(&format!("page {}", self.next_id));
        let ended = std::mem::replace(tab(self), next);
        self.report(Event::PageGone { client: ended.client });
    }

    /// A group with a job of these files: each is published under the path of its URL.
    pub fn group<const N: usize>(&mut self, paths: [&str; N]) -> Serial {
        self.group_of(paths.map(info).into())
    }

    /// A group with a job of these files.
    pub fn group_of(&mut self, files: Vec<FileSetInfo>) -> Serial {
        let group = self.empty_group();
        let id = self.new_id();
        self.ask(Command::CreateJob { group, id }).expect("a job is created");
        self.ask(Command::AddFiles { group, files }).expect("the files are added");
        group
    }

    /// A group without a job.
    pub fn empty_group(&mut self) -> Serial {
        let id = self.new_id();
        let created = self.ask(Command::CreateGroup { id, credentials: Credentials::default() });
        match created {
            Ok(Answer::Group(update)) => update.group.serial,
            other => panic!("no group was created: {other:?}"),
        }
    }

    /// A group that runs.
    pub fn resumed_group<const N: usize>(&mut self, paths: [&str; N]) -> Serial {
        let group = self.group(paths);
        self.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        group
    }

    /// An id that no group and no job has.
    pub fn new_id(&mut self) -> Guid {
        self.next_id += 1;
        guid(self.next_id)
    }

    /// The group's row as its page sees it.
    pub fn row(&self, group: Serial) -> &GroupRow {
        self.page.rows.get(&group).expect("a row of the group")
    }

    pub fn status(&self, group: Serial) -> u32 {
        self.row(group).status
    }

    pub fn job_status(&self, group: Serial) -> u32 {
        self.row(group).job_status
    }

    pub(super) fn drain_messages(&mut self) {
        while let Some(message) = self.queue.poll_message() {
            if let ToPage::Reply { client, sequence, result } = &message {
                self.ledger.check_reply(client, *sequence, result);
            }
            self.check_call(&message);
            self.other.receive(message.clone(), self.now);
            for shown in self.page.receive(message, self.now) {
                self.check_shown(shown);
                self.ledger.check_row(&self.page.rows[&shown]);
            }
            let answers =
                [&mut self.page, &mut self.other].map(|tab| std::mem::take(&mut tab.outbox));
            for mut answer in answers.into_iter().flatten() {
                self.name_epoch(&mut answer);
                self.schedule(1, Task::Deliver(answer));
            }
        }
    }

    /// An answer of a page goes to the engine that asked.
    fn name_epoch(&self, answer: &mut ToEngine) {
        if let ToEngine::Given { epoch, .. } = answer {
            *epoch = Epoch(self.epoch);
        }
    }

    /// No page is called with what a crash would take back.
    fn check_call(&self, message: &ToPage) {
        if let ToPage::Notify { group, event, .. } = message {
            let saved =
                self.database.tables.groups.get(group).and_then(|group| group.event.as_ref());
            assert_eq!(saved, Some(event), "the event of {group:?} is told before it is saved");
        }
    }

    /// No page is shown what a crash would take back.
    fn check_shown(&self, group: Serial) {
        let shown = self.row(group).state;
        let error = self.row(group).error.as_ref();
        if error.is_some_and(|error| error.hresult == Hresult::BG_E_DATABASE_CORRUPT) {
            // It says that the records cannot be read, so no record says it.
            return;
        }
        let saved = self.database.state(group);
        // What stopped because nothing can be saved is shown all the same.
        let is_stopped = self.database.is_full && shown == GroupState::Error;
        let is_durable = is_stopped || is_saved_as(shown, saved);
        assert!(is_durable, "{shown:?} is shown, {saved:?} is saved");
    }
}

/// Whether a record says the same as the state that a page is shown.
pub fn is_saved_as(shown: GroupState, saved: Option<&SavedState>) -> bool {
    match saved {
        None | Some(SavedState::Cancelled { .. }) => shown == GroupState::Cancelled,
        Some(SavedState::Complete) => shown == GroupState::Complete,
        Some(SavedState::Error(_)) => shown == GroupState::Error,
        Some(SavedState::New) => shown == GroupState::New,
        Some(SavedState::Publishing) => {
            matches!(shown, GroupState::Publishing | GroupState::Waiting)
        }
        Some(SavedState::Running) => matches!(
            shown,
            GroupState::Connecting
                | GroupState::Publishing
                | GroupState::Queued
                | GroupState::Transferring
                | GroupState::Waiting
        ),
        Some(SavedState::Suspended) => shown == GroupState::Suspended,
    }
}
