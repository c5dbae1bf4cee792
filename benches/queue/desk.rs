//! A page and a driver that do at once what is to be done, so that what is timed is the queue.

use qmgr::abi::{FileSetInfo, Guid, Hresult};
use qmgr::bytes;
use qmgr::http::{AnswerHead, Headers};
use qmgr::mirror::{Caller, GroupView, Mirror};
use qmgr::protocol::{
    Answer, Call, ClientId, Command, Credentials, Epoch, GroupError, GroupState, Owner, Serial,
    Settings, Storage, ToEngine, ToPage,
};
use qmgr::queue::{Effect, Ended, Event, Host, Pieces, Queue, Ticket};
use qmgr::snapshot::{
    GroupRecord, QueueRecord, SCHEMA, Saved, SavedState, TransferRecord, Trouble,
};
use qmgr::time::Millis;
use std::collections::VecDeque;
use std::hint::black_box;
use std::rc::Rc;

/// When everything begins.
const START: Millis = Millis(1_700_000_000_000);

/// How often a connection says how far it is.
const TICK: Millis = Millis(100);

/// What comes with each tick.
const CHUNK: u64 = 100_000;

/// The size of every file: ten ticks.
const SIZE: u64 = 10 * CHUNK;

/// How many handles the page keeps.
const HANDLES: usize = 3;

/// What the many groups of a queue are doing.
#[derive(Clone, Copy)]
pub enum Crowd {
    /// They run in the background, in turns.
    Background,
    /// They run in the foreground, as far as there are connections.
    Foreground,
    /// They wait until they may ask their servers again.
    Waiting,
}

/// A queue, a page and a driver.
pub struct Desk {
    queue: Queue,
    now: Millis,
    alarm: Option<Millis>,
    mirror: Mirror,
    caller: Rc<Caller>,
    handles: VecDeque<GroupView>,
    client: ClientId,
    sequence: u64,
    next_id: u128,
    prepared: VecDeque<NewGroup>,
    heads: Vec<AnswerHead>,
    inbox: VecDeque<Event>,
    connections: Vec<Body>,
    completed: Vec<Serial>,
    /// How many calls and events the queue was given.
    pub steps: u64,
    /// How many transactions it has ordered.
    pub commits: u64,
}

/// What a page is about to name.
struct NewGroup {
    id: Guid,
    job: Guid,
    files: Vec<FileSetInfo>,
}

/// A body on its way.
#[derive(Clone, Copy, Default)]
struct Body {
    ticket: Ticket,
    serial: Serial,
    position: u64,
    is_received: bool,
}

impl Desk {
    /// The queue of these records, opened by a page.
    pub fn new(saved: Saved) -> Self {
        let owner = Owner { user: "someone".into(), administrator: false };
        let mut desk = Self {
            queue: restored(saved),
            now: START,
            alarm: None,
            mirror: Mirror::new(),
            caller: Rc::new(Caller::new(owner, Credentials::default())),
            handles: VecDeque::new(),
            client: ClientId("5f0c8dd2-6f0c-4c3c-9b52-0e5a9d6b8a11".into()),
            sequence: 0,
            next_id: 1 << 64,
            prepared: VecDeque::new(),
            heads: (0..SIZE).step_by(CHUNK as usize).map(head).collect(),
            inbox: VecDeque::new(),
            connections: Vec::new(),
            completed: Vec::new(),
            steps: 0,
            commits: 0,
        };
        desk.drain();
        desk.settle();
        desk.commits = 0;
        desk
    }

    /// Makes up the names for so many groups, which is no work of a queue.
    pub fn prepare(&mut self, groups: u32) {
        for _ in 0..groups {
            let (id, job) = (self.new_id(), self.new_id());
            let files = vec![info(self.next_id, 0), info(self.next_id, 1)];
            self.prepared.push_back(NewGroup { id, job, files });
        }
    }

    /// A group that is prepared is created, filled and resumed; then bytes come until some group is
    /// complete, which is cancelled. On the way a group that runs is paused once.
    pub fn live_a_life(&mut self, crowd: Crowd) {
        let NewGroup { id, job, files } = self.prepared.pop_front().expect("a group is prepared");
        let group = self.create(id, job);
        self.call(Command::AddFiles { group, files });
        if matches!(crowd, Crowd::Foreground) {
            self.call(Command::SwitchToForeground { group });
        }
        self.call(Command::ResumeGroup { group });
        for _ in 0..5 {
            self.tick();
        }
        if let Some(group) = self.connections.first().map(|body| body.serial) {
            self.call(Command::SuspendGroup { group });
            self.call(Command::ResumeGroup { group });
        }
        self.run_until_complete();
        while let Some(group) = self.completed.pop() {
            self.call(Command::CancelGroup { group });
        }
    }

    /// Bytes come until some group is complete.
    pub fn run_until_complete(&mut self) {
        while self.completed.is_empty() {
            self.tick();
        }
    }

    /// Groups are created, each before the one before it is durable.
    pub fn create_at_once(&mut self, count: u32) {
        for _ in 0..count {
            let id = self.new_id();
            self.send(Command::CreateGroup { id, credentials: Credentials::default() });
        }
        self.settle();
    }

    /// A handle of a new group.
    pub fn hold_a_group(&mut self) -> GroupView {
        let (id, job) = (self.new_id(), self.new_id());
        self.create(id, job);
        self.handles.back().expect("a page that has created a group has a handle of it").clone()
    }

    /// A call, and all that is to be done at once for it.
    pub fn call(&mut self, command: Command) {
        self.send(command);
        self.settle();
    }

    fn create(&mut self, id: Guid, job: Guid) -> Serial {
        self.call(Command::CreateGroup { id, credentials: Credentials::default() });
        let created = self.handles.back().map(GroupView::serial).expect("a group was created");
        self.call(Command::CreateJob { group: created, id: job });
        created
    }

    fn new_id(&mut self) -> Guid {
        self.next_id += 1;
        guid(self.next_id)
    }

    fn send(&mut self, command: Command) {
        self.sequence += 1;
        let call = Call {
            client: self.client.clone(),
            sequence: self.sequence,
            acknowledged: self.sequence - 1,
            owner: self.caller.owner.clone(),
            command,
        };
        self.steps += 1;
        self.queue.call(ToEngine::Call(call), self.now);
        self.drain();
    }

    /// A tenth of a second in which every connection brings something, and the page looks.
    fn tick(&mut self) {
        self.now = self.now.plus(TICK);
        for view in &self.handles {
            // A group that is cancelled has no status.
            drop(black_box(view.status()));
        }
        for body in self.connections.iter_mut().filter(|body| body.is_received) {
            body.position += CHUNK;
            let (ticket, position) = (body.ticket, body.position);
            self.inbox.push_back(if position < SIZE {
                Event::Progress { ticket, position }
            } else {
                Event::Ended { ticket, position: Some(position), how: Ended::Closed }
            });
        }
        if self.alarm.is_some_and(|alarm| alarm <= self.now) {
            self.steps += 1;
            self.queue.handle_alarm(self.now);
            self.drain();
        }
        self.settle();
    }

    /// Reports whatever is to be reported at this time.
    fn settle(&mut self) {
        while let Some(event) = self.inbox.pop_front() {
            if let Event::Ended { ticket, .. } = event {
                self.end(ticket);
            }
            self.steps += 1;
            self.queue.handle_event(event, self.now);
            self.drain();
        }
    }

    /// Takes a connection away.
    fn end(&mut self, ticket: Ticket) -> Option<Body> {
        let place = self.connections.iter().position(|body| body.ticket == ticket)?;
        Some(self.connections.remove(place))
    }

    fn drain(&mut self) {
        while let Some(effect) = self.queue.poll_effect() {
            self.carry_out(effect);
        }
        while let Some(message) = self.queue.poll_message() {
            self.hear(message);
        }
        self.alarm = self.queue.next_alarm();
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Abort { ticket } => {
                if let Some(body) = self.end(ticket) {
                    let position = body.is_received.then_some(body.position);
                    self.inbox.push_back(Event::Ended { ticket, position, how: Ended::Aborted });
                }
            }
            Effect::Commit(commit) => {
                self.commits += 1;
                self.inbox.push_back(Event::Committed { ticket: commit.ticket });
            }
            Effect::Fetch { ticket, url, request, .. } => {
                let start = request.range.map_or(0, |range| range.start);
                self.connections.push(Body { ticket, ..Body::default() });
                let prepared = &self.heads[(start / CHUNK) as usize];
                let head = AnswerHead { url, ..prepared.clone() };
                self.inbox.push_back(Event::Answered { ticket, head });
            }
            Effect::Flush { ticket } => {
                if let Some(body) = self.connections.iter().find(|body| body.ticket == ticket) {
                    self.inbox.push_back(Event::Flushed { ticket, position: body.position });
                }
            }
            Effect::Publish { ticket, .. } => {
                self.inbox.push_back(Event::Published { ticket, result: Ok(()) });
            }
            Effect::Receive { ticket, part, at, .. } => {
                let body = self.connections.iter_mut().find(|body| body.ticket == ticket);
                let body = body.expect("a body that is received belongs to a request");
                *body = Body { ticket, serial: part.serial, position: at, is_received: true };
            }
            Effect::Allow { .. } | Effect::DeletePart { .. } | Effect::WatchPage { .. } => {}
            Effect::Compare { .. }
            | Effect::Copy { .. }
            | Effect::DeleteFile { .. }
            | Effect::Hash { .. }
            | Effect::Load { .. }
            | Effect::Probe { .. }
            | Effect::Shorten { .. } => unreachable!("nothing here asks for {effect:?}"),
        }
    }

    fn hear(&mut self, message: ToPage) {
        match message {
            ToPage::Reply { result: Ok(Answer::Group(update)), .. } if update.whole => {
                let (row, _) = self.mirror.hold(*update);
                self.handles.push_back(GroupView::new(row, Rc::clone(&self.caller)));
                if self.handles.len() > HANDLES {
                    self.handles.pop_front();
                }
            }
            ToPage::Reply { result: Ok(answer), .. } => drop(black_box(answer)),
            ToPage::Rows(rows) => {
                for update in rows {
                    if update.group.state == GroupState::Complete {
                        self.completed.push(update.group.serial);
                    }
                    black_box(self.mirror.apply(update));
                }
            }
            ToPage::Active(_) => self.mirror.set_engine_active(true),
            ToPage::Activate { .. }
            | ToPage::Ask { .. }
            | ToPage::Beat
            | ToPage::Leaving { .. }
            | ToPage::Notify { .. }
            | ToPage::Reply { .. } => unreachable!("nothing here leads to {message:?}"),
        }
    }
}

/// The queue of these records.
pub fn restored(saved: Saved) -> Queue {
    let host = Host {
        origin: Some("https://here.test".to_owned()),
        dice: 7,
        storage: Storage::Memory,
        epoch: Epoch(1),
        first_ticket: Ticket(0),
        pieces: Pieces::default(),
        worker: "worker".to_owned(),
    };
    Queue::restore(saved, host, START).expect("the records are of this build's schema")
}

/// The records of a queue of `groups` groups of `files` files each, of which nothing is fetched yet.
pub fn saved(groups: u32, files: u32, crowd: Crowd) -> Saved {
    let queue = QueueRecord {
        schema: SCHEMA,
        storage: Storage::Memory,
        settings: Settings::default(),
        next_serial: Serial(u64::from(groups) + 1),
        asks_pages: false,
    };
    let serials = 1..=u64::from(groups);
    let transfers = serials.clone().flat_map(|serial| {
        (0..files).map(move |index| ((Serial(serial), index), transfer(serial.into(), index)))
    });
    Saved {
        queue: Some(queue),
        transfers: transfers.collect(),
        groups: serials.map(|serial| (Serial(serial), group(serial, files, crowd))).collect(),
        ..Saved::default()
    }
}

fn group(serial: u64, files: u32, crowd: Crowd) -> GroupRecord {
    let error = GroupError {
        hresult: Hresult::BG_E_CONNECT_FAILURE,
        message: "the server is not there".to_owned(),
        file_index: Some(0),
        http_status: 503,
    };
    let trouble = Trouble {
        failures: 1,
        since: START,
        error,
        until: Some(START.plus(Millis(80_000_000 + serial))),
    };
    GroupRecord {
        id: guid(serial.into()),
        owner: "someone".into(),
        credentials: Credentials::default(),
        state: SavedState::Running,
        foreground: matches!(crowd, Crowd::Foreground),
        properties: Rc::default(),
        job: Some(guid(u128::from(serial) | 1 << 96)),
        files,
        retries: 0,
        touched_at: START,
        trouble: matches!(crowd, Crowd::Waiting).then_some(trouble),
        event: None,
    }
}

fn transfer(group: u128, index: u32) -> TransferRecord {
    TransferRecord {
        info: info(group, index),
        generation: 0,
        ranges: Vec::new(),
        version: None,
        complete: false,
        published: false,
        without_range: false,
        furthest: 0,
        hash: None,
    }
}

fn info(group: u128, index: u32) -> FileSetInfo {
    FileSetInfo {
        remote_file: format!("https://models.test/library/{group}/part-{index}.bin").into(),
        local_file: format!("/models/{group}/part-{index}.bin").into(),
        size: None,
        integrity: None,
    }
}

/// The GUID of these bits, as it travels.
fn guid(number: u128) -> Guid {
    let mut travelling = [16; 17];
    travelling[1..].copy_from_slice(&number.to_be_bytes());
    bytes::read(&travelling).expect("sixteen bytes behind their number")
}

/// The answer to a request for all bytes from `start`.
fn head(start: u64) -> AnswerHead {
    let headers = Headers {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some((SIZE - start).to_string()),
        content_range: Some(format!("bytes {start}-{}/{SIZE}", SIZE - 1)),
        content_type: Some("application/octet-stream".to_owned()),
        etag: Some("\"5f3c-61a2b9c3\"".to_owned()),
        last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
        ..Headers::default()
    };
    AnswerHead { status: 206, filtered: true, url: String::new(), headers }
}
