//! A page: numbers its calls, sends the unanswered ones again to each new engine, mirrors the rows.

use super::server::mirror;
use qmgr::abi::QmgrError;
use qmgr::mirror::{Mirror, Registrations, Row};
use qmgr::protocol::{
    Answer, AskedFile, Call, ClientId, Command, Epoch, FileRow, Given, GroupRow, GroupState,
    GroupUpdate, Owner, Serial, StatusEvent, ToEngine, ToPage,
};
use qmgr::time::Millis;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// One page.
pub struct Page {
    pub client: ClientId,
    pub owner: Owner,
    pub sequence: u64,
    /// Replies up to here are acknowledged with the next call.
    pub acknowledged: u64,
    pub unanswered: BTreeMap<u64, Call>,
    pub replies: BTreeMap<u64, Result<Answer, QmgrError>>,
    pub rows: BTreeMap<Serial, GroupRow>,
    pub files: BTreeMap<(Serial, u32), FileRow>,
    /// The rows of the groups that its calls made known, as the getters of their handles see them.
    pub held: BTreeMap<Serial, Rc<Row>>,
    mirror: Mirror,
    /// The pointers and classes that its program has set, each by the name of its callback.
    pub registrations: Registrations<String, String, ()>,
    /// What comes of the next calls of a callback; `Ok` after the last one.
    pub returns: VecDeque<Return>,
    /// The same for the calls of one callback alone, by its name.
    pub returns_of: BTreeMap<String, VecDeque<Return>>,
    /// When a callback was called for which group, and with what.
    pub heard: Vec<(Millis, Serial, StatusEvent)>,
    /// The callback of each of these calls.
    pub heard_by: Vec<String>,
    /// The callback of each object that a class has made.
    pub made: Vec<String>,
    /// How often a class was asked for an object.
    pub activations: usize,
    /// Whether the classes' factories give an object.
    pub makes_objects: bool,
    /// What the page says when it is asked which request to send.
    pub hook: Hook,
    /// When it was asked, and about what.
    pub asked: Vec<(Millis, AskedFile)>,
    /// What it has not said yet.
    pub unsaid: Vec<ToEngine>,
    /// What the page answers, to be sent a little later.
    pub outbox: Vec<ToEngine>,
}

/// What a page says when it is asked which request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// This.
    Says(Given),
    /// The URL of the file's mirror.
    Mirror,
    /// The stored URL with a signature that the server takes for so long.
    Signs(Millis),
    /// The same in a header field.
    SignsInHeader(Millis),
    /// As `Signs`, but the test says when.
    SignsLater(Millis),
}

/// What comes of a call of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// Anything but S_OK, a throw or a rejection.
    Failure,
    /// A promise that never settles.
    Nothing,
    /// S_OK.
    Ok,
}

impl Page {
    pub fn new(client: &str) -> Self {
        Self {
            client: ClientId(client.into()),
            owner: Owner { user: "someone".into(), administrator: false },
            sequence: 0,
            acknowledged: 0,
            unanswered: BTreeMap::new(),
            replies: BTreeMap::new(),
            rows: BTreeMap::new(),
            files: BTreeMap::new(),
            held: BTreeMap::new(),
            mirror: Mirror::new(),
            registrations: Registrations::default(),
            returns: VecDeque::new(),
            returns_of: BTreeMap::new(),
            heard: Vec::new(),
            heard_by: Vec::new(),
            made: Vec::new(),
            activations: 0,
            makes_objects: true,
            hook: Hook::Says(Given::Stored),
            asked: Vec::new(),
            unsaid: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// The next call.
    pub fn call(&mut self, command: Command) -> Call {
        self.sequence += 1;
        let call = Call {
            client: self.client.clone(),
            sequence: self.sequence,
            acknowledged: self.acknowledged,
            owner: self.owner.clone(),
            command,
        };
        self.unanswered.insert(call.sequence, call.clone());
        call
    }

    /// What a page sends to an engine that has just become active.
    pub fn repeats(&self) -> Vec<ToEngine> {
        let calls = self.unanswered.values().cloned().map(ToEngine::Call);
        let (client, registrations) = (self.client.clone(), self.registrations.all());
        let registered =
            (!registrations.is_empty()).then_some(ToEngine::Register { client, registrations });
        calls.chain(registered).collect()
    }

    /// Takes in a message, and names the groups whose rows it brought.
    pub fn receive(&mut self, message: ToPage, now: Millis) -> Vec<Serial> {
        match message {
            ToPage::Activate { client, class, event, attempt, group } => {
                if client == self.client {
                    let serial = group.group.serial;
                    self.activations += 1;
                    let class = self.registrations.class(class).filter(|_| self.makes_objects);
                    if let Some(object) = class.cloned() {
                        self.made.push(object.clone());
                        let pointer = self.registrations.set_pointer(serial, Some(object), now);
                        let registrations = vec![pointer];
                        self.outbox.push(ToEngine::Register { client, registrations });
                    } else {
                        self.answer_call(serial, event, attempt, false);
                    }
                }
                Vec::new()
            }
            ToPage::Notify { client, group, event, attempt } => {
                if client == self.client {
                    let number = event.number;
                    let Some(callback) = self.registrations.pointer(group).cloned() else {
                        self.answer_call(group, number, attempt, false);
                        return Vec::new();
                    };
                    self.heard.push((now, group, event));
                    let returns = self.returns_of.get_mut(&callback).unwrap_or(&mut self.returns);
                    let returned = returns.pop_front().unwrap_or(Return::Ok);
                    self.heard_by.push(callback);
                    match returned {
                        Return::Failure => self.answer_call(group, number, attempt, false),
                        Return::Nothing => {}
                        Return::Ok => self.answer_call(group, number, attempt, true),
                    }
                }
                Vec::new()
            }
            ToPage::Active(_) => {
                self.mirror.set_engine_active(true);
                Vec::new()
            }
            ToPage::Beat => Vec::new(),
            ToPage::Leaving { .. } => {
                self.mirror.set_engine_active(false);
                Vec::new()
            }
            ToPage::Reply { client, sequence, result } => {
                if client != self.client {
                    return Vec::new();
                }
                let call = self.unanswered.remove(&sequence);
                self.replies.insert(sequence, result.clone());
                match result {
                    Ok(Answer::Group(update)) => {
                        if update.whole {
                            let (row, _) = self.mirror.hold((*update).clone());
                            self.held.insert(update.group.serial, row);
                        }
                        self.mirror(vec![*update])
                    }
                    Ok(Answer::Groups(updates)) => {
                        if let Some(Command::Attach { groups }) = call.map(|call| call.command) {
                            self.drop_missing(&groups, &updates);
                            self.mirror.reconcile(&groups, updates.clone());
                        }
                        self.mirror(updates)
                    }
                    Ok(_) | Err(_) => Vec::new(),
                }
            }
            ToPage::Rows(updates) => self.mirror(updates),
            ToPage::Ask { client, question, file } => {
                if client == self.client {
                    let given = self.give(&file, now);
                    self.asked.push((now, *file));
                    // The engine's epoch is filled in by the world.
                    let epoch = Epoch::default();
                    let said = ToEngine::Given { client, epoch, question, given };
                    let is_later = matches!(self.hook, Hook::SignsLater(_));
                    if is_later { &mut self.unsaid } else { &mut self.outbox }.push(said);
                }
                Vec::new()
            }
        }
    }

    fn give(&self, file: &AskedFile, now: Millis) -> Given {
        let until = |span: Millis| now.plus(span).0;
        match &self.hook {
            Hook::Says(given) => given.clone(),
            Hook::Mirror => {
                Given::Fresh { url: Some(mirror(&file.remote_file)), headers: Vec::new() }
            }
            Hook::Signs(span) | Hook::SignsLater(span) => Given::Fresh {
                url: Some(format!("{}?until={}", file.remote_file, until(*span))),
                headers: Vec::new(),
            },
            Hook::SignsInHeader(span) => Given::Fresh {
                url: None,
                headers: vec![("x-until".to_owned(), until(*span).to_string())],
            },
        }
    }

    fn answer_call(&mut self, group: Serial, event: u64, attempt: u32, is_taken: bool) {
        let client = self.client.clone();
        self.outbox.push(ToEngine::Notified { client, group, event, attempt, is_taken });
    }

    /// Groups that an engine does not know are gone.
    fn drop_missing(&mut self, asked: &[Serial], there: &[GroupUpdate]) {
        for serial in asked {
            if let Some(row) = self.rows.get_mut(serial)
                && there.iter().all(|update| update.group.serial != *serial)
            {
                (row.state, row.status, row.job_status) = (GroupState::Cancelled, 0, 0);
                (row.wait, row.error) = (None, None);
            }
        }
    }

    fn mirror(&mut self, updates: Vec<GroupUpdate>) -> Vec<Serial> {
        let shown = updates.iter().map(|update| update.group.serial).collect();
        for update in &updates {
            self.mirror.apply(update.clone());
        }
        for GroupUpdate { group, files, whole: _ } in updates {
            for (index, file) in files {
                self.files.insert((group.serial, index), file);
            }
            self.rows.insert(group.serial, group);
        }
        shown
    }
}
