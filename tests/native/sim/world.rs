//! The world: everything around one queue, and the clock.

mod bodies;
mod crash;
mod records;
mod script;
mod tabs;

pub use script::{guid, info, url};
pub use tabs::is_saved_as;

use super::database::Database;
use super::disk::Disk;
use super::network::{Connection, Sink};
use super::page::Page;
use super::server::Servers;
use crate::reference::Ledger;
use crash::host;
use qmgr::abi::LocalPath;
use qmgr::http::Request;
use qmgr::protocol::{Call, ClientId, Serial, ToEngine};
use qmgr::queue::{Commit, Effect, Ended, Event, Part, Pieces, Queue, Ticket};
use qmgr::snapshot::HashMark;
use qmgr::time::Millis;
use rangemap::RangeSet;
use std::collections::BTreeMap;

/// When a world begins: Sun, 06 Nov 1994 08:49:37 GMT.
pub const START: Millis = Millis(784_111_777_000);

/// No run takes more steps; one that does hangs.
const MOST_STEPS: usize = 200_000;

/// A body moves by so many bytes a step, where nobody says otherwise.
const CHUNK: usize = 1_000;

/// A hash that is continued from this is not that of the part.
pub const DAMAGED_STATE: &str = "damaged";

/// What is worth several connections, where files are small.
const PIECES: Pieces = Pieces { least_rest: 8_000, least: 2_000, near: 4_000 };

/// Something that is done when its time comes.
enum Task {
    Allow { ticket: Ticket, until: u64 },
    Answer(Ticket),
    Chunk(Ticket),
    Copy { ticket: Ticket, from: Part, to: Part, length: u64 },
    Commit(Box<Commit>),
    Compare { ticket: Ticket, part: Part, at: u64, until: u64 },
    Deliver(ToEngine),
    DeleteFile { ticket: Ticket, target: LocalPath },
    DeletePart(Part),
    End(Ticket, Ended),
    Flush(Ticket),
    Hash { ticket: Ticket, part: Part, from: HashMark },
    Load { ticket: Ticket, groups: Vec<Serial> },
    MissPage(ClientId),
    Probe(Ticket),
    Publish { ticket: Ticket, part: Part, target: LocalPath, size: u64 },
    Shorten { ticket: Ticket, until: u64 },
}

/// One queue and all that is around it.
pub struct World {
    pub now: Millis,
    pub queue: Queue,
    pub page: Page,
    /// A second tab; it hears all that the first one hears.
    pub other: Page,
    /// What the documented rules say of all that happens.
    pub ledger: Ledger,
    pub servers: Servers,
    pub disk: Disk,
    pub database: Database,
    /// What the next commits say to do: fail.
    pub refused_commits: u32,
    /// The same for the next orders to read.
    pub refused_loads: u32,
    /// So long it takes to read the files of groups, in milliseconds; `None` for no time at all.
    pub load_delay: Option<u64>,
    /// The groups whose files were read after an engine had begun, in that order.
    pub loaded: Vec<Serial>,
    /// The calls that wait for files.
    put_aside: Vec<Call>,
    /// Every event that was reported, for late repetition.
    pub reported: Vec<Event>,
    /// From where parts were hashed, while they were written and when they were there.
    pub hashed_from: Vec<u64>,
    /// The most connections that were open at once.
    pub most_connections: usize,
    /// The random world: delays differ, so that tasks overtake each other.
    pub dice: Option<fastrand::Rng>,
    /// Whether each engine after a crash is the first of its worker, so that its tickets begin anew.
    pub moves_to_new_workers: bool,
    /// A body moves by so many bytes a step.
    pub chunk: usize,
    /// So long a commit takes, in milliseconds.
    pub commit_delay: u64,
    /// So long a part is hashed, in milliseconds.
    pub hash_delay: u64,
    /// Whether all connections together are as fast as one.
    pub shares_bandwidth: bool,
    /// Whether everything that happens is printed.
    is_told: bool,
    /// The file that the next scripting call is about.
    scripted: String,
    connections: BTreeMap<Ticket, Connection>,
    /// What was written of each part since the engine started.
    written: BTreeMap<Part, RangeSet<u64>>,
    /// The most connections that wrote into each at once, since then.
    breadths: BTreeMap<Part, u64>,
    /// The servers' clocks are ahead of the engine's by so much, which was set back.
    set_back: Millis,
    tasks: BTreeMap<(Millis, u64), Task>,
    next_task: u64,
    epoch: u64,
    origin: Option<String>,
    next_id: u32,
    is_online: bool,
}

impl World {
    /// A new, empty queue.
    pub fn new() -> Self {
        Self::with_dice(7, None)
    }

    /// A new, empty queue; delays are random if there are dice to throw.
    pub fn with_dice(seed: u64, dice: Option<fastrand::Rng>) -> Self {
        let origin = Some("https://here.test".to_owned());
        let database = Database::default();
        let host = host(1, seed, origin.clone());
        let saved = database.saved(std::iter::empty());
        let queue = Queue::restore(saved, host, START).expect("a new queue");
        let mut world = Self {
            now: START,
            queue,
            page: Page::new("page"),
            other: Page::new("other"),
            ledger: Ledger::default(),
            servers: Servers::default(),
            disk: Disk::default(),
            database,
            refused_commits: 0,
            refused_loads: 0,
            load_delay: dice.as_ref().map(|_| 2),
            loaded: Vec::new(),
            put_aside: Vec::new(),
            reported: Vec::new(),
            hashed_from: Vec::new(),
            most_connections: 0,
            dice,
            moves_to_new_workers: false,
            chunk: CHUNK,
            commit_delay: 2,
            hash_delay: 5,
            shares_bandwidth: false,
            is_told: std::env::var_os("QMGR_LOG").is_some(),
            scripted: String::new(),
            connections: BTreeMap::new(),
            written: BTreeMap::new(),
            breadths: BTreeMap::new(),
            set_back: Millis(0),
            tasks: BTreeMap::new(),
            next_task: 0,
            epoch: 1,
            origin,
            next_id: 1,
            is_online: true,
        };
        world.drain();
        world
    }

    /// The time that servers go by: it is never set back.
    fn true_time(&self) -> Millis {
        self.now.plus(self.set_back)
    }

    /// The clock of the machine is set back, which an engine notices when it starts.
    pub fn set_clock_back(&mut self, span: Millis) {
        let span = span.min(self.now);
        self.now = self.now.minus(span);
        self.set_back = self.set_back.plus(span);
    }

    /// Whether any order is being carried out.
    pub fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Whether nothing is under way and nothing is waited for.
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty() && !self.queue.is_working()
    }

    /// Runs until nothing is under way and nothing is waited for.
    #[track_caller]
    pub fn run_until_idle(&mut self) {
        self.run_until(Self::is_idle);
    }

    #[track_caller]
    pub fn run_until(&mut self, is_reached: impl Fn(&Self) -> bool) {
        for _ in 0..MOST_STEPS {
            if is_reached(self) {
                return;
            }
            assert!(self.step(), "nothing is under way, and what is waited for has not come");
        }
        panic!("not reached in {MOST_STEPS} steps");
    }

    /// Runs for a span of time.
    pub fn run_for(&mut self, span: Millis) {
        let end = self.now.plus(span);
        for _ in 0..MOST_STEPS {
            match self.next_due() {
                Some(due) if due <= end => drop(self.step()),
                Some(_) | None => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("{span:?} took more than {MOST_STEPS} steps");
    }

    /// Carries out so many tasks, or fewer if no more is due.
    pub fn run_steps(&mut self, steps: usize) -> bool {
        (0..steps).all(|_| !self.is_idle() && self.step())
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Millis> {
        let task = self.tasks.keys().next().map(|&(at, _)| at);
        task.into_iter().chain(self.queue.next_alarm()).min()
    }

    /// Jumps to what is due next and does it; false when nothing is.
    pub fn step(&mut self) -> bool {
        let task = self.tasks.keys().next().copied();
        let alarm = self.queue.next_alarm();
        match (task, alarm) {
            (task, Some(alarm)) if task.is_none_or(|(at, _)| alarm <= at) => {
                self.now = self.now.max(alarm);
                let now = self.now;
                self.queue.handle_alarm(now);
                self.drain();
                let again = self.queue.next_alarm();
                assert!(again.is_none_or(|again| again > now), "the alarm rings without end");
                true
            }
            (Some(key @ (at, _)), _) => {
                self.now = self.now.max(at);
                let task = self.tasks.remove(&key).expect("it was looked up");
                self.carry_out(task);
                true
            }
            (None, _) => false,
        }
    }

    /// Hands an event to the queue.
    pub fn report(&mut self, event: Event) {
        if self.dice.is_some() {
            self.reported.push(event.clone());
        }
        let now = self.now;
        self.tell(|| format!("event {event:?}"));
        self.queue.handle_event(event, now);
        self.note_calls();
        self.drain();
    }

    /// A line of the story, for whoever looks into a failing history.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        if self.is_told {
            eprintln!("{:>9} {}", self.now.since(START).0, line());
        }
    }

    fn drain(&mut self) {
        assert!(self.queue.is_consistent(), "what is kept beside the groups is not what they say");
        while let Some(effect) = self.queue.poll_effect() {
            if let Effect::Load { ticket, groups } = &effect
                && self.load_delay.is_none()
            {
                self.loaded.extend(groups);
                let transfers = self.database.transfers_of(groups.iter().copied());
                let (loaded, now) = (Event::Loaded { ticket: *ticket, transfers }, self.now);
                self.queue.handle_event(loaded, now);
                self.note_calls();
            } else {
                self.order(effect);
            }
        }
        self.drain_messages();
    }

    /// Takes in an order: it is carried out a little later.
    fn order(&mut self, effect: Effect) {
        self.tell(|| format!("order {effect:?}"));
        let (delay, task) = match effect {
            Effect::Abort { ticket } => (1, Task::End(ticket, Ended::Aborted)),
            Effect::Allow { ticket, until } => (1, Task::Allow { ticket, until }),
            Effect::Commit(commit) => {
                self.ledger.note_commit(&commit);
                (self.commit_delay, Task::Commit(commit))
            }
            Effect::Compare { ticket, part, at, until } => {
                (10, Task::Compare { ticket, part, at, until })
            }
            Effect::DeleteFile { ticket, target } => (1, Task::DeleteFile { ticket, target }),
            Effect::DeletePart { part } => (1, Task::DeletePart(part)),
            Effect::Fetch { ticket, url, request, headers, credentials: _ } => {
                self.connect(ticket, url, request, headers);
                (20, Task::Answer(ticket))
            }
            Effect::Flush { ticket } => (1, Task::Flush(ticket)),
            Effect::Copy { ticket, from, to, length } => {
                (5, Task::Copy { ticket, from, to, length })
            }
            Effect::Hash { ticket, part, from } => {
                (self.hash_delay, Task::Hash { ticket, part, from })
            }
            Effect::Load { ticket, groups } => {
                (self.load_delay.unwrap_or_default(), Task::Load { ticket, groups })
            }
            Effect::Probe { ticket, url } => {
                self.connect(ticket, url, Request::default(), Vec::new());
                (20, Task::Probe(ticket))
            }
            Effect::Publish { ticket, part, target, size } => {
                (1, Task::Publish { ticket, part, target, size })
            }
            Effect::Receive { ticket, part, at, keep, until, allowed, size, hash } => {
                let sink = Sink {
                    part,
                    at,
                    position: at,
                    flushed: at,
                    reported: at,
                    until,
                    allowed,
                    waits: false,
                    hash,
                    is_shortened: false,
                };
                return self.receive(ticket, sink, keep, size);
            }
            Effect::Shorten { ticket, until } => (1, Task::Shorten { ticket, until }),
            Effect::WatchPage { client } => {
                let is_there = [&self.page, &self.other].iter().any(|page| page.client == client);
                if is_there {
                    return;
                }
                // Its lock is free.
                (1, Task::MissPage(client))
            }
        };
        self.schedule(delay, task);
    }

    fn schedule(&mut self, delay: u64, task: Task) {
        let delay = match &mut self.dice {
            Some(dice) => dice.u64(0..=2 * delay + 10),
            None => delay,
        };
        self.tasks.insert((self.now.plus(Millis(delay)), self.next_task), task);
        self.next_task += 1;
    }

    fn carry_out(&mut self, task: Task) {
        match task {
            Task::Allow { ticket, until } => self.allow(ticket, until),
            Task::Answer(ticket) => self.answer(ticket),
            Task::Chunk(ticket) => self.move_body(ticket),
            Task::Copy { ticket, from, to, length } => {
                let result = self.disk.copy(from, to, length);
                self.report(Event::Copied { ticket, result });
            }
            Task::Commit(commit) if self.database.is_full && !commit.only_deletes() => {
                self.refuse_commit();
            }
            Task::Commit(_) if self.refused_commits > 0 => {
                self.refused_commits -= 1;
                self.tell(|| "a commit is refused".to_owned());
                self.refuse_commit();
            }
            Task::Commit(commit) => {
                self.write_records(&commit);
                self.report(Event::Committed { ticket: commit.ticket });
            }
            Task::Compare { ticket, part, at, until } => self.compare(ticket, part, at, until),
            Task::Deliver(message) => self.deliver(message),
            Task::DeleteFile { ticket, target } => {
                self.disk.files.remove(target.key());
                self.report(Event::FileDeleted { ticket, result: Ok(()) });
            }
            Task::DeletePart(part) => self.delete_part(part),
            Task::End(ticket, how) => self.end(ticket, how),
            Task::Flush(ticket) => match self.flush(ticket) {
                None => {}
                Some(Ok(position)) => {
                    self.report_hash(ticket);
                    self.report(Event::Flushed { ticket, position });
                }
                Some(Err(failure)) => self.end(ticket, Ended::Disk(failure)),
            },
            Task::Hash { ticket, part, from } => self.hash(ticket, part, &from),
            Task::Load { .. } if self.refused_loads > 0 => {
                self.refused_loads -= 1;
                self.tell(|| "records cannot be read".to_owned());
                self.refuse_commit();
            }
            Task::Load { ticket, groups } => {
                self.loaded.extend(&groups);
                let transfers = self.database.transfers_of(groups);
                self.report(Event::Loaded { ticket, transfers });
            }
            Task::MissPage(client) => self.report(Event::PageGone { client }),
            Task::Probe(ticket) => {
                let Some(connection) = self.connections.get(&ticket) else { return };
                let found =
                    if self.is_online { self.servers.probe(&connection.url) } else { Some(false) };
                if let Some(is_reachable) = found {
                    self.connections.remove(&ticket);
                    self.report(Event::Probed { ticket, is_reachable });
                }
            }
            Task::Publish { ticket, part, target, size } => {
                let result = self.move_to_its_name(part, &target, size);
                self.report(Event::Published { ticket, result });
            }
            Task::Shorten { ticket, until } => self.shorten(ticket, until),
        }
    }
}
