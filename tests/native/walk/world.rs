//! One state of a small world, and the steps that lead from it to others.
//!
//! All that a driver, servers and a disk have still to do lies open at once; each step does one of these
//! things. So every order in which they can come is gone through, also those in which a network is
//! faster than a database or a report overtakes an order.

use super::names::FIRST_CALL;
use super::scene::{CHUNK, Scene};
use crate::sim::{Crash, Database, Disk, START, is_saved_as};
use qmgr::abi::LocalPath;
use qmgr::http::{AnswerHead, Request};
use qmgr::protocol::{
    Answer, Call, ClientId, Command, Epoch, GroupState, GroupUpdate, Owner, Serial, Storage,
    ToEngine, ToPage,
};
use qmgr::queue::{Commit, DiskFailure, Effect, Ended, Event, Host, Part, Pieces, Queue, Ticket};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// So many calls wait for their replies at once, besides those that cancel a group.
const MOST_CALLS: usize = 1;

/// Longer than every delay and timeout but that of inactivity.
const LONG: Millis = Millis(100_000);

/// What is worth several connections, where files are of a few chunks.
const PIECES: Pieces =
    Pieces { least_rest: 3 * CHUNK as u64, least: CHUNK as u64, near: CHUNK as u64 };

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// The driver ends a connection as ordered.
    Abort(Ticket),
    /// The queue's alarm rings.
    Alarm,
    /// The server answers as it should; without a network nobody does.
    Answer(Ticket),
    /// A page calls.
    Call(Command),
    /// The driver carries out an order that is no connection.
    CarryOut(Ticket),
    /// A body moves on by one chunk.
    Chunk(Ticket),
    /// A body ends.
    Close(Ticket),
    /// Something goes wrong.
    Fault(Fault),
    /// What a body has brought is made durable, as ordered.
    Flush(Ticket),
    /// The network is back.
    Online,
    /// A body hears that it is to end earlier.
    Shorten(Ticket),
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A connection breaks.
    Break(Ticket),
    /// A server puts another version in a file's place.
    Change(String),
    /// The engine ends, with the commit under way written or not, and another one starts.
    Crash { crash: Crash, written: bool },
    /// The disk refuses to write a body on.
    Disk(Ticket, DiskFailure),
    /// Somebody deletes a part.
    Lose(Part),
    /// The network goes.
    Offline,
    /// A body goes on after its end.
    Overlong(Ticket),
    /// The disk refuses to move a part to its name.
    Refuse(Ticket, DiskFailure),
    /// The alarm rings before a connection has moved, and it is given up.
    Stall,
    /// A server answers with another status, and with a `Retry-After`.
    Status(Ticket, u16, Option<&'static str>),
    /// The server is not reached.
    Unreachable(Ticket),
}

/// What a connection is doing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Connection {
    pub url: String,
    request: Request,
    pub is_aborted: bool,
    is_flushing: bool,
    /// It was told to end here, and has not heard it yet.
    shortened: Option<u64>,
    pub stage: Stage,
}

/// How far it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The part could not be opened.
    Failed(DiskFailure),
    /// The answer's body waits for an order.
    Held { body: Vec<u8> },
    /// A request is on its way.
    Requesting,
    /// The body is written into a part.
    Writing { part: Part, position: u64, until: Option<u64>, rest: Vec<u8> },
}

/// An order that is no connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Commit(Box<Commit>),
    Copy { from: Part, to: Part, length: u64 },
    DeleteFile(LocalPath),
    Hash(Part),
    Load(Vec<Serial>),
    Publish { part: Part, target: LocalPath, size: u64 },
}

/// One state.
#[derive(Clone)]
pub struct World {
    scene: Rc<Scene>,
    pub now: Millis,
    pub queue: Queue,
    pub database: Database,
    pub disk: Disk,
    pub connections: BTreeMap<Ticket, Connection>,
    pub orders: BTreeMap<Ticket, Order>,
    /// Parts that somebody deleted.
    pub lost: BTreeSet<Part>,
    /// How often each file has changed on its server.
    versions: BTreeMap<String, usize>,
    /// Calls without a reply.
    pub calls: BTreeMap<u64, Call>,
    next_call: u64,
    /// How many groups were created.
    created: u64,
    pub faults: u32,
    pub is_online: bool,
    epoch: u64,
    /// What the queue believes of its groups, as it would tell a page that asks.
    pub rows: BTreeMap<Serial, GroupUpdate>,
    /// Tickets that the last steps have closed. Says nothing of what comes.
    pub closed: Vec<Ticket>,
}

/// All that decides what can come.
impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.queue.hash(hasher);
        self.database.hash(hasher);
        self.disk.hash(hasher);
        self.connections.hash(hasher);
        self.orders.hash(hasher);
        self.lost.hash(hasher);
        self.versions.hash(hasher);
        for (number, call) in &self.calls {
            number.hash(hasher);
            format!("{:?}", call.command).hash(hasher);
        }
        (self.created, self.faults, self.is_online).hash(hasher);
    }
}

impl World {
    /// The state in which a walk begins.
    pub fn new(scene: Rc<Scene>) -> Self {
        let database = Database::default();
        let saved = database.saved(std::iter::empty());
        let queue = Queue::restore(saved, host(1), START).expect("a new queue");
        let mut world = Self {
            now: START,
            queue,
            database,
            disk: Disk::default(),
            connections: BTreeMap::new(),
            orders: BTreeMap::new(),
            lost: BTreeSet::new(),
            versions: BTreeMap::new(),
            calls: BTreeMap::new(),
            next_call: FIRST_CALL,
            created: 0,
            faults: scene.bounds.faults,
            is_online: true,
            epoch: 1,
            rows: BTreeMap::new(),
            closed: Vec::new(),
            scene,
        };
        world.drain();
        world.look();
        for command in world.scene.preparation() {
            world.take(&Step::Call(command));
            while let Some(&ticket) = world.orders.keys().next() {
                world.take(&Step::CarryOut(ticket));
            }
        }
        world
    }

    /// Every step that can come.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.unanswered() < MOST_CALLS {
            steps.extend(self.scene.commands(self).into_iter().map(Step::Call));
        }
        steps.extend(self.orders.keys().map(|&ticket| Step::CarryOut(ticket)));
        for (&ticket, connection) in &self.connections {
            steps.extend(connection.is_aborted.then_some(Step::Abort(ticket)));
            steps.extend(connection.is_flushing.then_some(Step::Flush(ticket)));
            steps.extend(connection.shortened.map(|_| Step::Shorten(ticket)));
            match &connection.stage {
                Stage::Requesting => steps.push(Step::Answer(ticket)),
                Stage::Writing { rest, .. } if !rest.is_empty() && self.is_online => {
                    steps.push(Step::Chunk(ticket));
                }
                Stage::Failed(_) | Stage::Writing { .. } => steps.push(Step::Close(ticket)),
                Stage::Held { .. } => {}
            }
        }
        steps.extend((!self.is_online).then_some(Step::Online));
        let alarm = self.queue.next_alarm().map(|at| at.since(self.now));
        if alarm.is_some_and(|alarm| !self.scene.is_wide() || alarm < LONG) {
            steps.push(Step::Alarm);
        }
        if self.faults > 0 {
            steps.extend(self.possible_faults().into_iter().map(Step::Fault));
        }
        steps
    }

    fn possible_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (&ticket, connection) in &self.connections {
            match &connection.stage {
                Stage::Requesting if self.is_online => {
                    faults.push(Fault::Unreachable(ticket));
                    faults.push(Fault::Status(ticket, 404, None));
                    faults.push(Fault::Status(ticket, 503, None));
                    faults.push(Fault::Status(ticket, 503, Some("60")));
                }
                Stage::Writing { rest, .. } => {
                    faults.push(Fault::Break(ticket));
                    if rest.is_empty() {
                        faults.push(Fault::Overlong(ticket));
                    } else {
                        faults.push(Fault::Disk(ticket, DiskFailure::Busy));
                        faults.push(Fault::Disk(ticket, DiskFailure::Full));
                    }
                }
                Stage::Failed(_) | Stage::Held { .. } | Stage::Requesting => {}
            }
        }
        for (&ticket, order) in &self.orders {
            if let Order::Publish { .. } = order {
                let failures = [DiskFailure::Busy, DiskFailure::Full, DiskFailure::InTheWay];
                faults.extend(failures.map(|failure| Fault::Refuse(ticket, failure)));
            }
        }
        faults.extend(self.scene.urls().filter(|url| self.is_wanted(url)).map(Fault::Change));
        faults.extend(self.disk.parts().filter(|part| !self.is_open(*part)).map(Fault::Lose));
        faults.extend(self.is_online.then_some(Fault::Offline));
        faults.extend(self.queue.next_alarm().map(|_| Fault::Stall));
        for crash in [Crash::Kill, Crash::PowerCut] {
            faults.push(Fault::Crash { crash, written: false });
            if self.commit_under_way().is_some() {
                faults.push(Fault::Crash { crash, written: true });
            }
        }
        faults
    }

    /// Whether some file of a group in the queue is still to be fetched from there.
    fn is_wanted(&self, url: &str) -> bool {
        let files = self.rows.values().flat_map(|update| &update.files);
        files.into_iter().any(|(_, file)| !file.complete && file.info.remote_file == url.into())
    }

    /// Whether a connection writes a part: nobody can delete it then.
    fn is_open(&self, wanted: Part) -> bool {
        self.connections
            .values()
            .any(|open| matches!(open.stage, Stage::Writing { part, .. } if part == wanted))
    }

    fn unanswered(&self) -> usize {
        let commands = self.calls.values().map(|call| &call.command);
        commands.filter(|command| !matches!(command, Command::CancelGroup { .. })).count()
    }

    /// Does a step; false when it cannot come after all.
    pub fn take(&mut self, step: &Step) -> bool {
        let before = self.waiting();
        match step {
            Step::Abort(ticket) => self.end(*ticket, Ended::Aborted),
            Step::Alarm | Step::Fault(Fault::Stall) => {
                self.now = self.now.max(self.queue.next_alarm().expect("an alarm"));
                let now = self.now;
                self.queue.handle_alarm(now);
                self.drain();
                let again = self.queue.next_alarm();
                assert!(again.is_none_or(|again| again > now), "the alarm rings without end");
            }
            Step::Answer(ticket) => self.answer(*ticket),
            Step::Call(command) => self.call(command.clone()),
            Step::CarryOut(ticket) => self.carry_out(*ticket),
            Step::Chunk(ticket) => self.move_body(*ticket),
            Step::Close(ticket) => {
                let how = match &self.connections[ticket].stage {
                    Stage::Failed(failure) => Ended::Disk(failure.clone()),
                    Stage::Writing { rest, .. } if !rest.is_empty() => Ended::Broken,
                    Stage::Held { .. } | Stage::Requesting | Stage::Writing { .. } => Ended::Closed,
                };
                self.end(*ticket, how);
            }
            Step::Fault(fault) => self.fail(fault),
            Step::Flush(ticket) => self.flush(*ticket),
            Step::Online => {
                self.is_online = true;
                self.report(Event::Online(true));
            }
            Step::Shorten(ticket) => self.shorten(*ticket),
        }
        if let Step::Fault(_) = step {
            self.faults -= 1;
        }
        self.look();
        // An alarm that gives a connection up is the one that a fault pays for.
        let is_stall = !self.waiting().is_subset(&before);
        if matches!(step, Step::Fault(Fault::Stall)) {
            is_stall
        } else {
            !(is_stall && matches!(step, Step::Alarm))
        }
    }

    fn fail(&mut self, fault: &Fault) {
        match fault {
            Fault::Break(ticket) => self.end(*ticket, Ended::Broken),
            Fault::Change(url) => *self.versions.entry(url.clone()).or_default() += 1,
            Fault::Crash { crash, written } => self.crash(*crash, *written),
            Fault::Disk(ticket, failure) => self.end(*ticket, Ended::Disk(failure.clone())),
            Fault::Lose(part) => {
                self.disk.delete_part(*part);
                self.lost.insert(*part);
            }
            Fault::Offline => {
                self.is_online = false;
                self.report(Event::Online(false));
            }
            Fault::Overlong(ticket) => self.end(*ticket, Ended::Overlong),
            Fault::Refuse(ticket, failure) => {
                self.disk.refusals.push_back(failure.clone());
                self.carry_out(*ticket);
            }
            Fault::Stall => unreachable!("an alarm"),
            Fault::Status(ticket, status, retry_after) => {
                let mut head = AnswerHead { status: *status, ..AnswerHead::default() };
                head.headers.retry_after = retry_after.map(str::to_owned);
                self.hold(*ticket, Vec::new(), head);
            }
            Fault::Unreachable(ticket) => {
                self.end(*ticket, Ended::Unanswered("failed to fetch".to_owned()));
            }
        }
    }

    /// Groups that wait or have failed.
    fn waiting(&self) -> BTreeSet<Serial> {
        let is_stopped = |state| matches!(state, GroupState::Waiting | GroupState::Error);
        let stopped = self.rows.values().filter(|update| is_stopped(update.group.state));
        stopped.map(|update| update.group.serial).collect()
    }

    fn call(&mut self, command: Command) {
        let sequence = self.next_call;
        self.next_call += 1;
        self.created += u64::from(matches!(command, Command::CreateGroup { .. }));
        let acknowledged = self.calls.keys().next().map_or(sequence, |&first| first) - 1;
        let call = call("page", sequence, acknowledged, command);
        self.calls.insert(sequence, call.clone());
        let now = self.now;
        self.queue.call(ToEngine::Call(call), now);
        self.drain();
    }

    fn report(&mut self, event: Event) {
        let now = self.now;
        self.queue.handle_event(event, now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.queue.poll_effect() {
            self.order(effect);
        }
        while let Some(message) = self.queue.poll_message() {
            self.receive(message);
        }
        if self.scene.bounds.writes_at_once {
            self.write();
        }
    }

    /// Carries out a flush, a commit or a reading that was ordered, if there is one.
    fn write(&mut self) {
        let flush = self.connections.iter().find(|(_, connection)| connection.is_flushing);
        if let Some((&ticket, _)) = flush {
            self.flush(ticket);
        } else if let Some((ticket, _)) = self.commit_under_way() {
            self.carry_out(ticket);
        } else if let Some((ticket, _)) = self.load_under_way() {
            self.carry_out(ticket);
        }
    }

    fn order(&mut self, effect: Effect) {
        match effect {
            // Such an order to a connection that has ended by itself reaches nobody.
            Effect::Abort { ticket } => {
                if let Some(connection) = self.connections.get_mut(&ticket) {
                    connection.is_aborted = true;
                }
            }
            Effect::Flush { ticket } => {
                if let Some(connection) = self.connections.get_mut(&ticket) {
                    connection.is_flushing = true;
                }
            }
            // These files are smaller than what a checkpoint allows.
            Effect::Allow { .. } => {}
            Effect::Receive { ticket, part, at, keep, until, allowed: _, size, hash: _ } => {
                let is_open = self.is_open(part);
                if let Some(connection) = self.connections.get_mut(&ticket) {
                    let opened = match is_open {
                        true => Ok(()),
                        false => self.disk.open(part, keep, at == 0, size),
                    };
                    let Stage::Held { body } = &connection.stage else {
                        panic!("a body that is not there is to be received")
                    };
                    connection.stage = match opened {
                        Ok(()) => Stage::Writing { part, position: at, until, rest: body.clone() },
                        Err(failure) => Stage::Failed(failure),
                    };
                }
            }
            Effect::Shorten { ticket, until } => {
                if let Some(connection) = self.connections.get_mut(&ticket) {
                    connection.shortened = Some(until);
                }
            }
            Effect::Fetch { ticket, url, request, headers: _, credentials: _ } => {
                let stage = Stage::Requesting;
                let (is_aborted, is_flushing, shortened) = (false, false, None);
                let connection =
                    Connection { url, request, is_aborted, is_flushing, shortened, stage };
                self.connections.insert(ticket, connection);
            }
            Effect::DeletePart { part } => {
                let record = self.database.tables.transfers.get(&(part.serial, part.index));
                let is_named = record.is_some_and(|record| {
                    record.generation == part.generation
                        && !record.ranges.is_empty()
                        && !record.published
                });
                assert!(!is_named, "the part {part} is deleted while a record names it");
                self.disk.delete_part(part);
            }
            Effect::Commit(commit) => {
                assert!(self.commit_under_way().is_none(), "two commits at once");
                self.orders.insert(commit.ticket, Order::Commit(commit));
            }
            Effect::DeleteFile { ticket, target } => {
                self.orders.insert(ticket, Order::DeleteFile(target));
            }
            Effect::Copy { ticket, from, to, length } => {
                self.orders.insert(ticket, Order::Copy { from, to, length });
            }
            Effect::Compare { .. } => panic!("these worlds resume on proof alone"),
            Effect::Probe { .. } => panic!("these servers belong to the page's own origin"),
            Effect::WatchPage { .. } => panic!("no page of these worlds has a callback"),
            Effect::Hash { ticket, part, from: _ } => {
                self.orders.insert(ticket, Order::Hash(part));
            }
            Effect::Load { ticket, groups } => {
                self.orders.insert(ticket, Order::Load(groups));
            }
            Effect::Publish { ticket, part, target, size } => {
                self.orders.insert(ticket, Order::Publish { part, target, size });
            }
        }
    }

    fn carry_out(&mut self, ticket: Ticket) {
        let order = self.orders.remove(&ticket).expect("an order");
        self.closed.push(ticket);
        match order {
            Order::Commit(commit) => {
                self.database.apply(&commit);
                self.report(Event::Committed { ticket });
            }
            Order::Copy { from, to, length } => {
                let result = self.disk.copy(from, to, length);
                self.report(Event::Copied { ticket, result });
            }
            Order::DeleteFile(target) => {
                self.disk.files.remove(target.key());
                self.report(Event::FileDeleted { ticket, result: Ok(()) });
            }
            Order::Hash(part) => {
                let result = self.disk.read(part).map(|bytes| Sha256::digest(bytes).into());
                self.report(Event::Hashed { ticket, result });
            }
            Order::Load(groups) => {
                let transfers = self.database.transfers_of(groups);
                self.report(Event::Loaded { ticket, transfers });
            }
            Order::Publish { part, target, size } => {
                let result = self.disk.publish(part, &target, size);
                self.report(Event::Published { ticket, result });
            }
        }
    }

    fn answer(&mut self, ticket: Ticket) {
        if !self.is_online {
            return self.end(ticket, Ended::Unanswered("failed to fetch".to_owned()));
        }
        let Connection { url, request, .. } = &self.connections[&ticket];
        let version = self.versions.get(url).copied().unwrap_or_default();
        let response = self.scene.file(url, version).serve(url, request, 0, self.now);
        self.hold(ticket, response.body, response.head);
    }

    fn hold(&mut self, ticket: Ticket, body: Vec<u8>, head: AnswerHead) {
        let connection = self.connections.get_mut(&ticket).expect("a connection");
        connection.stage = Stage::Held { body };
        self.report(Event::Answered { ticket, head });
    }

    fn move_body(&mut self, ticket: Ticket) {
        let connection = self.connections.get_mut(&ticket).expect("a connection");
        let Stage::Writing { part, position, until, rest } = &mut connection.stage else {
            panic!("a body moves into a part")
        };
        let chunk: Vec<u8> = rest.drain(..rest.len().min(CHUNK)).collect();
        let end = *position + chunk.len() as u64;
        assert!(until.is_none_or(|until| end <= until), "these servers send what they say");
        self.disk.write(*part, *position, &chunk).expect("there is room");
        *position = end;
        self.report(Event::Progress { ticket, position: end });
    }

    fn shorten(&mut self, ticket: Ticket) {
        let connection = self.connections.get_mut(&ticket).expect("a connection");
        let wanted = connection.shortened.take().expect("it was told to");
        if let Stage::Writing { position, until, rest, .. } = &mut connection.stage {
            let end = wanted.max(*position);
            *until = Some(end);
            rest.truncate(usize::try_from(end - *position).expect("a small file"));
            self.report(Event::Shortened { ticket, until: end });
        }
    }

    fn flush(&mut self, ticket: Ticket) {
        let connection = self.connections.get_mut(&ticket).expect("a connection");
        connection.is_flushing = false;
        if let Stage::Writing { part, position, .. } = connection.stage {
            self.disk.flush(part).expect("the disk flushes");
            self.report(Event::Flushed { ticket, position });
        }
    }

    /// Flushes and closes the part of a connection, and reports its end.
    fn end(&mut self, ticket: Ticket, how: Ended) {
        let position = self.close(ticket);
        self.closed.push(ticket);
        self.report(Event::Ended { ticket, position, how });
    }

    /// Flushes and closes the part of a connection: up to where it is written.
    pub fn close(&mut self, ticket: Ticket) -> Option<u64> {
        let connection = self.connections.remove(&ticket).expect("a connection");
        match connection.stage {
            Stage::Writing { part, position, .. } => {
                self.disk.flush(part).expect("the disk flushes");
                Some(position)
            }
            Stage::Failed(_) | Stage::Held { .. } | Stage::Requesting => None,
        }
    }

    fn crash(&mut self, crash: Crash, written: bool) {
        if written && let Some((_, commit)) = self.commit_under_way() {
            let commit = commit.clone();
            self.database.apply(&commit);
        }
        if crash == Crash::PowerCut {
            self.disk.cut_power(None);
            self.database.cut_power();
        }
        self.closed.extend(self.connections.keys().chain(self.orders.keys()));
        self.connections.clear();
        self.orders.clear();
        self.epoch += 1;
        self.queue = self.restored();
        self.disk.delete_orphans(|part| self.queue.names(part));
        self.drain();
        if !self.is_online {
            self.report(Event::Online(false));
        }
        for call in self.calls.clone().into_values() {
            let now = self.now;
            self.queue.call(ToEngine::Call(call), now);
            self.drain();
        }
    }

    /// The queue as the next engine would find it.
    pub fn restored(&self) -> Queue {
        let saved = self.database.saved(self.disk.parts());
        Queue::restore(saved, host(self.epoch), self.now).expect("this build's records")
    }

    pub fn commit_under_way(&self) -> Option<(Ticket, &Commit)> {
        self.orders.iter().find_map(|(&ticket, order)| match order {
            Order::Commit(commit) => Some((ticket, &**commit)),
            Order::Copy { .. }
            | Order::DeleteFile(_)
            | Order::Hash(_)
            | Order::Load(_)
            | Order::Publish { .. } => None,
        })
    }

    pub fn load_under_way(&self) -> Option<(Ticket, Vec<Serial>)> {
        self.orders.iter().find_map(|(&ticket, order)| match order {
            Order::Load(groups) => Some((ticket, groups.clone())),
            Order::Commit(_)
            | Order::Copy { .. }
            | Order::DeleteFile(_)
            | Order::Hash(_)
            | Order::Publish { .. } => None,
        })
    }

    /// Takes in what pages are told: nothing that a crash would take back.
    fn receive(&mut self, message: ToPage) {
        let mut is_reply = false;
        let rows = match message {
            ToPage::Active(_) | ToPage::Beat | ToPage::Leaving { .. } => Vec::new(),
            ToPage::Activate { .. } | ToPage::Ask { .. } | ToPage::Notify { .. } => {
                panic!("no page of these worlds has a callback")
            }
            ToPage::Rows(rows) => rows,
            ToPage::Reply { client: _, sequence, result } => {
                is_reply = true;
                assert!(self.calls.remove(&sequence).is_some(), "a call is answered twice");
                match result {
                    Ok(Answer::Group(row)) => vec![*row],
                    Ok(_) | Err(_) => Vec::new(),
                }
            }
        };
        if is_reply && self.calls.is_empty() {
            // The page has seen all replies; what was kept for it can be forgotten.
            let (client, now) = (ClientId("page".into()), self.now);
            self.queue.call(ToEngine::Bye { client }, now);
        }
        for GroupUpdate { group, .. } in rows {
            let saved = self.database.state(group.serial);
            assert!(is_saved_as(group.state, saved), "{:?} is shown, not {saved:?}", group.state);
        }
    }

    /// Asks the queue what it believes.
    fn look(&mut self) {
        let under_way = self.commit_under_way().map(|(ticket, _)| ticket);
        let loading = self.load_under_way();
        self.rows = self.believed(self.queue.clone(), under_way, loading);
        let keep = self.closed.len().saturating_sub(3);
        self.closed.drain(..keep);
    }

    /// What the queue would believe if it were started from the records.
    pub fn believed_after_a_restart(&self) -> BTreeMap<Serial, GroupUpdate> {
        self.believed(self.restored(), None, None)
    }

    pub fn created(&self) -> u64 {
        self.created
    }

    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    pub fn saved_state(&self, serial: Serial) -> Option<&SavedState> {
        self.database.state(serial)
    }

    /// The whole rows of all groups that are there, as a page that asks would get them.
    fn believed(
        &self,
        mut queue: Queue,
        mut under_way: Option<Ticket>,
        mut loading: Option<(Ticket, Vec<Serial>)>,
    ) -> BTreeMap<Serial, GroupUpdate> {
        let (groups, now) = ((1..=self.created).map(Serial).collect(), self.now);
        queue.call(ToEngine::Call(call("visitor", 1, 0, Command::Attach { groups })), now);
        loop {
            while let Some(message) = queue.poll_message() {
                if let ToPage::Reply { client, result: Ok(Answer::Groups(rows)), .. } = message
                    && client.0 == "visitor".into()
                {
                    return rows.into_iter().map(|row| (row.group.serial, row)).collect();
                }
            }
            while let Some(effect) = queue.poll_effect() {
                if let Effect::Commit(commit) = effect {
                    under_way = Some(commit.ticket);
                } else if let Effect::Load { ticket, groups } = effect {
                    loading = Some((ticket, groups));
                }
            }
            if let Some((ticket, groups)) = loading.take() {
                let transfers = self.database.transfers_of(groups);
                queue.handle_event(Event::Loaded { ticket, transfers }, now);
                continue;
            }
            let ticket = under_way.take().expect("a reply waits for a commit and for files alone");
            queue.handle_event(Event::Committed { ticket }, now);
        }
    }
}

/// A call of a page, in the name of the one user of these worlds.
pub fn call(client: &str, sequence: u64, acknowledged: u64, command: Command) -> Call {
    Call {
        client: ClientId(client.into()),
        sequence,
        acknowledged,
        owner: Owner { user: "someone".into(), administrator: false },
        command,
    }
}

fn host(epoch: u64) -> Host {
    Host {
        origin: Some("https://here.test".to_owned()),
        dice: 7,
        storage: Storage::Memory,
        epoch: Epoch(epoch),
        first_ticket: Ticket(epoch << 32),
        pieces: PIECES,
        worker: "worker".to_owned(),
    }
}
