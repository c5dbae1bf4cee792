//! The world: everything around one queue, and the clock.

use super::database::Database;
use super::disk::{Crash, Disk};
use super::network::{Connection, Read, Sink};
use super::page::{Hook, Page};
use super::server::{
    Behaviour, BodyEnd, Cors, Ranges, Reaction, RemoteFile, Response, Servers, Validators,
};
use crate::reference::Ledger;
use qmgr::abi::{FileSetInfo, Guid, Hresult, LocalPath, QmgrError};
use qmgr::http::Request;
use qmgr::protocol::{
    Answer, Call, ClientId, Command, Credentials, Epoch, GroupRow, GroupState, Registration,
    Serial, SettingsPatch, Storage, ToEngine, ToPage,
};
use qmgr::queue::{
    Ask, Commit, DiskFailure, Effect, Ended, Event, Host, Part, Pieces, Queue, Ticket, Told,
};
use qmgr::snapshot::{HashMark, Saved, SavedState};
use qmgr::time::Millis;
use rangemap::RangeSet;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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

    /// A file with a strong `ETag`, on the server that [`url`] names.
    #[must_use]
    pub fn with_file(mut self, path: &str, size: usize) -> Self {
        self.scripted = url(path);
        self.servers.files.insert(url(path), RemoteFile::new(&url(path), size));
        self
    }

    /// The next answer for the file breaks off after so many bytes.
    #[must_use]
    pub fn cut_after(self, length: usize) -> Self {
        self.then(Behaviour::CutAfter(length))
    }

    /// What the next answer for the file does.
    #[must_use]
    pub fn then(mut self, behaviour: Behaviour) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").script.push_back(behaviour);
        self
    }

    /// What all answers for the file do.
    #[must_use]
    pub fn always(mut self, behaviour: Behaviour) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").always = Some(behaviour);
        self
    }

    /// What the file's answers tell of its version.
    #[must_use]
    pub fn validated_by(mut self, validators: Validators) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").validators = validators;
        self
    }

    /// What the file's server lets pages of another origin see.
    #[must_use]
    pub fn with_cors(mut self, cors: Cors) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").cors = cors;
        self
    }

    /// How the file's server treats ranges.
    #[must_use]
    pub fn with_ranges(mut self, ranges: Ranges) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").ranges = ranges;
        self
    }

    /// The file's answers do not name their length.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        let scripted = self.scripted.clone();
        self.servers.files.get_mut(&scripted).expect("a file").has_length = false;
        self
    }

    /// Settings that `open` would name.
    #[must_use]
    pub fn configured(mut self, patch: SettingsPatch) -> Self {
        self.ask(Command::Configure(patch)).expect("settings are taken");
        self
    }

    pub fn remote(&mut self, path: &str) -> &mut RemoteFile {
        self.servers.files.get_mut(&url(path)).expect("a file on the server")
    }

    /// The server holds another version of the file from here on.
    pub fn change(&mut self, path: &str, size: usize) {
        let (url, now) = (url(path), self.true_time());
        let file = self.servers.files.get_mut(&url).expect("a file");
        file.change(&url, size);
        file.modified = now;
    }

    /// The bodies of the file that stall go on.
    pub fn release(&mut self, path: &str) {
        let url = url(path);
        let stalled = self.connections.iter_mut().filter(|(_, open)| open.url == url);
        let released = stalled.filter_map(|(&ticket, open)| {
            let went_on = open.response.as_mut().is_some_and(Response::go_on);
            (went_on && open.sink.is_some()).then_some(ticket)
        });
        for ticket in released.collect::<Vec<_>>() {
            self.schedule(10, Task::Chunk(ticket));
        }
    }

    /// The version that the server holds.
    pub fn served(&self, path: &str) -> &[u8] {
        self.servers.files[&url(path)].versions.last().expect("a file has a version")
    }

    /// What stands under the file's name.
    pub fn published(&self, path: &str) -> Option<&[u8]> {
        self.disk.files.get(LocalPath::parse(path).expect("a path").key()).map(Vec::as_slice)
    }

    /// The ranges that the server was asked for; `none` for a request without one.
    pub fn ranges_asked(&self, path: &str) -> &[String] {
        &self.servers.files[&url(path)].asked
    }

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
    fn note_calls(&mut self) {
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

    pub fn is_online(&self) -> bool {
        self.is_online
    }

    /// Whether any order is being carried out.
    pub fn is_busy(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// The connections that are open.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values()
    }

    /// How many bytes of each part were reported and are not recorded, while no flush, commit or end
    /// under way makes them safe.
    pub fn at_risk(&self) -> BTreeMap<Part, u64> {
        let mut risked = BTreeMap::new();
        if self.commit_under_way().is_some() {
            return risked;
        }
        let part_of = |ticket| Some(self.connections.get(ticket)?.sink.as_ref()?.part);
        let safe: BTreeSet<Part> = self
            .tasks
            .values()
            .filter_map(|task| {
                let (Task::Flush(ticket) | Task::End(ticket, _)) = task else { return None };
                part_of(ticket)
            })
            .collect();
        let sinks = self.connections.values().filter_map(|open| open.sink.as_ref());
        for sink in sinks.filter(|sink| !safe.contains(&sink.part)) {
            let record = self.database.tables.transfers.get(&(sink.part.serial, sink.part.index));
            let ranges = record.filter(|record| record.generation == sink.part.generation);
            let range = ranges.and_then(|record| {
                record.ranges.iter().find(|(start, end)| *start <= sink.at && sink.at < *end)
            });
            let recorded = range.map_or(sink.at, |(_, end)| *end);
            *risked.entry(sink.part).or_default() += sink.reported.saturating_sub(recorded);
        }
        risked
    }

    /// How many bytes of each part that the engine has received are in no record.
    pub fn unrecorded(&self) -> BTreeMap<Part, u64> {
        let length = |range: &Range<u64>| range.end - range.start;
        let of_part = |(&part, written): (&Part, &RangeSet<u64>)| {
            let record = self.database.tables.transfers.get(&(part.serial, part.index));
            let mut rest = written.clone();
            for &(start, end) in record
                .filter(|record| record.generation == part.generation)
                .map_or(&[][..], |record| &record.ranges)
            {
                rest.remove(start..end);
            }
            (part, rest.iter().map(length).sum())
        };
        let is_wanted = |part: &Part| self.queue.names(*part);
        self.written.iter().filter(|(part, _)| is_wanted(part)).map(of_part).collect()
    }

    /// The most connections that wrote into a part at once, since the engine started.
    pub fn breadth(&self, part: Part) -> u64 {
        self.breadths.get(&part).copied().unwrap_or_default()
    }

    /// The network comes, or goes and breaks what is open.
    pub fn set_network(&mut self, is_online: bool) {
        if !is_online {
            let open: Vec<_> = self.connections.keys().copied().collect();
            for ticket in open {
                let is_answered = self.connections[&ticket].response.is_some();
                let how = match is_answered {
                    true => Ended::Broken,
                    false => Ended::Unanswered("failed to fetch".to_owned()),
                };
                self.schedule(1, Task::End(ticket, how));
            }
        }
        self.set_online(is_online);
    }

    pub fn set_online(&mut self, is_online: bool) {
        self.is_online = is_online;
        self.report(Event::Online(is_online));
    }

    /// The engine ends without being asked, and another one is started.
    pub fn crash(&mut self, crash: Crash) {
        if crash == Crash::PowerCut {
            self.disk.cut_power(self.dice.as_mut());
            self.database.cut_power();
        }
        self.tasks.clear();
        self.connections.clear();
        self.ledger.note_crash(crash == Crash::PowerCut);
        self.start_again(self.database.saved(self.disk.parts()));
    }

    /// An engine starts from the records.
    fn start_again(&mut self, saved: Saved) {
        self.epoch += 1;
        self.put_aside.clear();
        let mut host = host(self.epoch, self.epoch * 31, self.origin.clone());
        if self.moves_to_new_workers {
            host.first_ticket = Ticket(1 << 32);
        }
        self.queue = Queue::restore(saved, host, self.now).expect("this build's records");
        self.disk.delete_orphans(|part| self.queue.names(part));
        self.written.clear();
        self.breadths.clear();
        self.drain();
        if !self.is_online {
            self.report(Event::Online(false));
        }
        for repeat in [self.page.repeats(), self.other.repeats()].concat() {
            self.deliver(repeat);
        }
        self.send(Command::Attach { groups: self.page.rows.keys().copied().collect() });
        if self.other.sequence > 0 {
            let groups = self.other.rows.keys().copied().collect();
            self.send_from_other(Command::Attach { groups });
        }
    }

    /// The page and its engine end, and another page opens the queue.
    pub fn reload(&mut self) {
        self.page = Page::new(&format!("page after epoch {}", self.epoch));
        self.crash(Crash::Kill);
    }

    /// Crashes after the commit under way, if there is one, was written and before it is reported.
    pub fn crash_after_commit(&mut self, crash: Crash) {
        let is_commit = |task: &Task| matches!(task, Task::Commit(_));
        self.crash_amid(crash, |task| is_commit(task));
    }

    /// Crashes after some of what is under way was carried out, or begun, and before it is reported.
    pub fn crash_within(&mut self, crash: Crash, dice: &mut fastrand::Rng) {
        self.crash_amid(crash, |_| dice.bool());
    }

    fn crash_amid(&mut self, crash: Crash, mut is_done: impl FnMut(&Task) -> bool) {
        for task in std::mem::take(&mut self.tasks).into_values() {
            if is_done(&task) {
                self.carry_out_unheard(task);
            }
        }
        self.crash(crash);
    }

    /// What an order does to disk and database, of which no engine hears.
    fn carry_out_unheard(&mut self, task: Task) {
        match task {
            Task::Chunk(ticket) => self.write_torn(ticket),
            Task::Commit(commit) => self.write_records(&commit),
            Task::Copy { from, to, length, .. } => drop(self.disk.copy(from, to, length)),
            Task::DeleteFile { target, .. } => drop(self.disk.files.remove(target.key())),
            Task::DeletePart(part) => self.delete_part(part),
            Task::Flush(ticket) => drop(self.flush(ticket)),
            Task::Publish { part, target, size, .. } => {
                // A move that is refused is one that was not made.
                let _ = self.move_to_its_name(part, &target, size);
            }
            Task::Allow { .. }
            | Task::Answer(_)
            | Task::Compare { .. }
            | Task::Deliver(_)
            | Task::End(..)
            | Task::Hash { .. }
            | Task::Load { .. }
            | Task::MissPage(_)
            | Task::Probe(_)
            | Task::Shorten { .. } => {}
        }
    }

    /// The records cannot be written: the calls that wait are told so, and the queue is restored after a
    /// pause, in which what is under way on the disk ends and is reported to nobody.
    fn refuse_commit(&mut self) {
        let is_full = self.database.is_full;
        if is_full {
            // What stops a group then is in no record, which the ledger knows nothing of.
            self.ledger.look_away();
        }
        let hresult = if is_full { Hresult::DISK_FULL } else { Hresult::E_FAIL };
        self.queue.refuse_calls(&QmgrError::new(hresult, "the database refuses"));
        self.ledger.note_refusal();
        self.drain_messages();
        for task in std::mem::take(&mut self.tasks).into_values() {
            if !matches!(task, Task::Chunk(_) | Task::Commit(_)) {
                self.carry_out_unheard(task);
            }
        }
        self.connections.clear();
        self.ledger.note_crash(false);
        self.now = self.now.plus(Millis::SECOND);
        let mut saved = self.database.saved(self.disk.parts());
        if is_full {
            saved.stop_for_lack_of_room();
        }
        self.start_again(saved);
    }

    /// The commit under way, if there is one.
    pub fn commit_under_way(&self) -> Option<&Commit> {
        self.tasks
            .values()
            .find_map(|task| if let Task::Commit(commit) = task { Some(&**commit) } else { None })
    }

    /// Whether a part is being hashed as a whole.
    pub fn hash_is_under_way(&self) -> bool {
        self.tasks.values().any(|task| matches!(task, Task::Hash { .. }))
    }

    /// The ticket of a connection that is open.
    pub fn open_ticket(&self) -> Option<Ticket> {
        self.connections.keys().next().copied()
    }

    /// Lets the engine end in order.
    pub fn stop(&mut self) {
        let now = self.now;
        self.queue.stop(now);
        self.drain();
        self.run_until(|world| world.queue.is_idle());
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

    fn drain_messages(&mut self) {
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

    fn connect(
        &mut self,
        ticket: Ticket,
        url: String,
        request: Request,
        headers: Vec<(String, String)>,
    ) {
        let connection =
            Connection { url, request, headers, response: None, compared: 0, sink: None };
        self.connections.insert(ticket, connection);
        self.most_connections = self.most_connections.max(self.connections.len());
    }

    fn schedule(&mut self, delay: u64, task: Task) {
        let delay = match &mut self.dice {
            Some(dice) => dice.u64(0..=2 * delay + 10),
            None => delay,
        };
        self.tasks.insert((self.now.plus(Millis(delay)), self.next_task), task);
        self.next_task += 1;
    }

    fn receive(&mut self, ticket: Ticket, sink: Sink, keep: u64, size: Option<u64>) {
        // An order to a connection that has ended by itself reaches nobody.
        if !self.connections.contains_key(&ticket) {
            return;
        }
        let file = |part: Part| (part.serial, part.index);
        let others: Vec<_> =
            self.connections.values().filter_map(|open| open.sink.as_ref()).collect();
        let mut of_file = others.iter().filter(|open| file(open.part) == file(sink.part));
        assert!(of_file.all(|open| open.part == sink.part), "{} beside another one", sink.part);
        let is_open = others.iter().any(|open| open.part == sink.part);
        let opened = match is_open {
            true => Ok(()),
            false => self.disk.open(sink.part, keep, sink.at == 0, size),
        };
        let connection = self.connections.get_mut(&ticket).expect("it was looked up");
        match opened {
            Ok(()) => {
                if let Some(mark) = &sink.hash {
                    self.hashed_from.push(mark.position);
                    check_mark(&self.disk, sink.part, mark).expect("the part is there");
                }
                let part = sink.part;
                connection.sink = Some(sink);
                let sinks = self.connections.values().filter_map(|open| open.sink.as_ref());
                let breadth = sinks.filter(|sink| sink.part == part).count() as u64;
                let most = self.breadths.entry(part).or_default();
                *most = breadth.max(*most);
                self.schedule(10, Task::Chunk(ticket));
            }
            Err(failure) => self.schedule(1, Task::End(ticket, Ended::Disk(failure))),
        }
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

    /// Lets a body be read further, unless it has ended by itself.
    fn allow(&mut self, ticket: Ticket, until: u64) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        // One that was given later may have come earlier.
        sink.allowed = sink.allowed.max(until);
        if std::mem::take(&mut sink.waits) {
            self.schedule(1, Task::Chunk(ticket));
        }
    }

    /// Ends a body earlier, unless it has ended by itself.
    fn shorten(&mut self, ticket: Ticket, until: u64) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        let until = until.max(sink.position);
        sink.until = Some(until);
        sink.is_shortened = true;
        let is_over = sink.position == until;
        self.report(Event::Shortened { ticket, until });
        if is_over {
            self.end(ticket, Ended::Closed);
        }
    }

    fn answer(&mut self, ticket: Ticket) {
        let now = self.true_time();
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        let reaction = if self.is_online {
            let page = self.origin.as_deref().unwrap_or_default();
            let Connection { url, request, headers, .. } = connection;
            self.servers.ask(url, request, headers, page, now)
        } else {
            Reaction::Refusal
        };
        match reaction {
            Reaction::Answer(response) => {
                let head = response.head.clone();
                connection.response = Some(*response);
                self.report(Event::Answered { ticket, head });
            }
            Reaction::Nothing => {}
            Reaction::Refusal => self.end(ticket, Ended::Unanswered("failed to fetch".to_owned())),
        }
    }

    /// Holds the start of a body against what is kept; a body that ends before has ended.
    fn compare(&mut self, ticket: Ticket, part: Part, at: u64, until: u64) {
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        let Some(response) = &connection.response else { return };
        let to_index = |position: u64| usize::try_from(position).expect("a small file");
        let length = to_index(until - at);
        let end = response.end;
        let Some(start) = response.body.get(..length) else {
            return match end {
                BodyEnd::Breaks => self.end(ticket, Ended::Broken),
                BodyEnd::Closes => self.end(ticket, Ended::Closed),
                BodyEnd::Stalls => {}
            };
        };
        let is_equal = match self.disk.read(part) {
            Ok(kept) => kept[to_index(at)..to_index(until)] == *start,
            Err(failure) => return self.end(ticket, Ended::Disk(failure)),
        };
        connection.compared = length;
        self.report(Event::Compared { ticket, is_equal });
    }

    fn move_body(&mut self, ticket: Ticket) {
        let Some(connection) = self.connections.get_mut(&ticket) else { return };
        if let Some(sink) = connection.sink.as_mut().filter(|sink| sink.is_held_back()) {
            sink.waits = true;
            let position = sink.position;
            if std::mem::replace(&mut sink.reported, position) < position {
                self.report(Event::Progress { ticket, position });
            }
            return;
        }
        let bytes = match connection.read(self.chunk) {
            Read::Bytes(bytes) => bytes,
            Read::End(BodyEnd::Breaks) => return self.end(ticket, Ended::Broken),
            Read::End(BodyEnd::Closes) => return self.end(ticket, Ended::Closed),
            Read::End(BodyEnd::Stalls) => return,
        };
        let sink = connection.sink.as_mut().expect("a body moves into a part");
        let room = sink.until.map_or(u64::MAX, |until| until.saturating_sub(sink.position));
        let fitting = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let (part, at) = (sink.part, sink.position);
        if fitting > 0 {
            check_untouched(&self.database, part, at, fitting as u64);
        }
        let range = at..at + fitting as u64;
        let written = self.written.entry(part).or_default();
        let is_new = range.is_empty() || !written.overlaps(&range);
        assert!(is_new, "{range:?} of {part} is written twice");
        if let Err(failure) = self.disk.write(part, at, &bytes[..fitting]) {
            return self.end(ticket, Ended::Disk(failure));
        }
        if fitting > 0 {
            written.insert(range);
        }
        sink.position += fitting as u64;
        let position = sink.position;
        if sink.is_shortened && sink.until == Some(position) {
            return self.end(ticket, Ended::Closed);
        }
        if fitting < bytes.len() {
            return self.end(ticket, Ended::Overlong);
        }
        // A driver need not report every piece.
        let is_reported = self.dice.as_mut().is_none_or(|dice| dice.u8(0..4) > 0);
        if is_reported {
            sink.reported = position;
        }
        let moving = self.connections.values().filter(|open| open.sink.is_some()).count() as u64;
        let pace = if self.shares_bandwidth { 10 * moving } else { 10 };
        self.schedule(pace, Task::Chunk(ticket));
        if is_reported {
            self.report(Event::Progress { ticket, position });
        }
    }

    /// Flushes and closes the part of a connection, and reports its end.
    fn end(&mut self, ticket: Ticket, how: Ended) {
        self.report_hash(ticket);
        let flushed = self.flush(ticket);
        let Some(connection) = self.connections.remove(&ticket) else { return };
        let position = connection.sink.map(|sink| sink.flushed);
        let how = match flushed {
            Some(Err(failure)) => Ended::Disk(failure),
            Some(Ok(_)) | None => how,
        };
        self.report(Event::Ended { ticket, position, how });
    }

    /// A body that is written is hashed beside that, and may be behind.
    fn report_hash(&mut self, ticket: Ticket) {
        let Some(sink) = self.connections.get_mut(&ticket).and_then(|open| open.sink.as_mut())
        else {
            return;
        };
        let Some(mark) = &mut sink.hash else { return };
        let position = match &mut self.dice {
            Some(dice) => dice.u64(mark.position..=sink.position),
            None => sink.position,
        };
        if mark.state == DAMAGED_STATE {
            mark.position = position;
        } else {
            // Somebody may have deleted the part.
            let Ok(there) = self.disk.hash_mark(sink.part, position) else { return };
            *mark = there;
        }
        let mark = mark.clone();
        self.report(Event::HashedTo { ticket, mark });
    }

    /// Reads a part through; what was hashed before must be what is there.
    fn hash(&mut self, ticket: Ticket, part: Part, from: &HashMark) {
        self.hashed_from.push(from.position);
        let checked = check_mark(&self.disk, part, from);
        let result = checked.and_then(|()| Ok(Sha256::digest(self.disk.read(part)?).into()));
        let result = if from.state == DAMAGED_STATE { Ok([0; 32]) } else { result };
        self.report(Event::Hashed { ticket, result });
    }

    fn write_records(&mut self, commit: &Commit) {
        check_ranges(&self.database, commit);
        self.database.apply(commit);
        self.ledger.note_written();
    }

    /// Flushes the part of a connection, if it has one, and says up to where.
    fn flush(&mut self, ticket: Ticket) -> Option<Result<u64, DiskFailure>> {
        let sink = self.connections.get_mut(&ticket)?.sink.as_mut()?;
        let flushed = self.disk.flush(sink.part);
        if flushed.is_err() {
            // What did not become durable is fetched again.
            self.written.remove(&sink.part);
        }
        Some(flushed.map(|()| {
            sink.flushed = sink.position;
            sink.flushed
        }))
    }

    fn delete_part(&mut self, part: Part) {
        self.check_deletion(part);
        self.disk.delete_part(part);
    }

    /// A chunk is written, and the engine ends in the middle of it.
    fn write_torn(&mut self, ticket: Ticket) {
        let Some(connection) = self.connections.get(&ticket) else { return };
        let (Some(sink), Read::Bytes(bytes)) = (&connection.sink, connection.read(self.chunk))
        else {
            return;
        };
        let room = sink.until.map_or(u64::MAX, |until| until.saturating_sub(sink.position));
        let fitting = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let torn = self.dice.as_mut().map_or(fitting, |dice| dice.usize(0..=fitting));
        // A disk that is full tears it off earlier.
        let _ = self.disk.write(sink.part, sink.position, &bytes[..torn]);
    }

    fn move_to_its_name(
        &mut self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        self.disk.publish(part, target, size)?;
        let bytes = self.disk.files.get(target.key()).expect("a file");
        let held = self.ledger.may_stand(target.key(), bytes, &self.servers);
        assert!(held, "what stands at {} was never held by its server", target.as_str());
        Ok(())
    }

    /// A part is deleted only after no record names it.
    fn check_deletion(&self, part: Part) {
        let record = self.database.tables.transfers.get(&(part.serial, part.index));
        let is_named = record.is_some_and(|record| {
            record.generation == part.generation && !record.ranges.is_empty() && !record.published
        });
        assert!(!is_named, "the part {part} is deleted while a record names it");
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

/// A hash is continued only over the bytes of which it was made.
fn check_mark(disk: &Disk, part: Part, mark: &HashMark) -> Result<(), DiskFailure> {
    if mark.position > 0 && mark.state != DAMAGED_STATE {
        assert_eq!(*mark, disk.hash_mark(part, mark.position)?, "the mark of {part}");
    }
    Ok(())
}

/// Bytes under a recorded range are never written again.
fn check_untouched(database: &Database, part: Part, at: u64, length: u64) {
    let record = database.tables.transfers.get(&(part.serial, part.index));
    let touched = record.filter(|record| record.generation == part.generation).and_then(|record| {
        record.ranges.iter().find(|&&(start, end)| start < at + length && at < end)
    });
    assert_eq!(touched, None, "{length} bytes are written at {at} of the part {part}");
}

/// Recorded ranges shrink only with a new generation.
fn check_ranges(database: &Database, commit: &Commit) {
    for (key, record) in &commit.transfers {
        let (Some(new), Some(old)) = (record, database.tables.transfers.get(key)) else { continue };
        let is_kept = |&(start, end): &(u64, u64)| {
            new.ranges.iter().any(|&(first, last)| first <= start && end <= last)
        };
        let grows = old.ranges.iter().all(is_kept);
        assert!(
            new.generation > old.generation || new.generation == old.generation && grows,
            "{key:?}: {old:?} becomes {new:?}"
        );
    }
}

fn host(epoch: u64, dice: u64, origin: Option<String>) -> Host {
    Host {
        origin,
        dice,
        storage: Storage::Memory,
        epoch: Epoch(epoch),
        first_ticket: Ticket(epoch << 32),
        pieces: PIECES,
        worker: format!("worker {epoch}"),
    }
}

/// The URL of a path: on the page's own server, or on another one if it begins with `/far/`.
pub fn url(path: &str) -> String {
    let host = if path.starts_with("/far/") { "there" } else { "here" };
    format!("https://{host}.test{path}")
}

/// A file, fetched from and published under one path.
pub fn info(path: &str) -> FileSetInfo {
    FileSetInfo {
        remote_file: url(path).into(),
        local_file: path.into(),
        size: None,
        integrity: None,
    }
}

/// An id by its number.
pub fn guid(number: u32) -> Guid {
    format!("00000000-0000-0000-0000-{number:012x}").parse().expect("a GUID")
}
