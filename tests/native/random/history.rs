//! One random history: what pages, servers, disks and crashes do, drawn from a seed.

use super::promises;
use crate::reference::Class;
use crate::sim::{
    Behaviour, Cors, Crash, Hook, Page, Ranges, RemoteFile, Return, Servers, Validators, World,
    guid, info, mirror, url,
};
use fastrand::Rng;
use qmgr::abi::{
    FileSet, FileSetInfo, GROUPPROP_DISPLAYNAME, GROUPPROP_NOTIFYCLSID, GROUPPROP_NOTIFYFLAGS,
    Hresult, PropertyValue, Sha256Integrity,
};
use qmgr::protocol::{
    Answer, Checkpoint, Command, Connections, Credentials, Given, GroupState, Limits, Owner,
    Resume, Serial, SettingsPatch,
};
use qmgr::queue::{DiskFailure, Event, Ticket};
use qmgr::time::Millis;
use sha2::{Digest, Sha256};

const PATHS: [&str; 8] = ["/a", "/b", "/c", "/d/e", "/d/f", "/far/g", "/far/h", "/far/i"];

/// Ids are taken from a few, so that they collide.
const IDS: std::ops::Range<u32> = 900..906;

const STEPS: usize = 120;

/// In a mended world everything ends within the longest `Retry-After` of the scripts and a few delays.
const LONGEST_END: Millis = Millis(10 * 3_600_000);

const VALIDATORS: [Validators; 6] = [
    Validators::Strong,
    Validators::Strong,
    Validators::Date,
    Validators::FreshDate,
    Validators::Weak,
    Validators::None,
];

/// What a server of another origin lets a page see.
const CORS: [Cors; 4] = [Cors::Exposed, Cors::RangeExposed, Cors::Hidden, Cors::Hidden];

const RANGES: [Ranges; 5] =
    [Ranges::Honoured, Ranges::Honoured, Ranges::Honoured, Ranges::Ignored, Ranges::Capped(7_000)];

/// Values of `Content-Range` that contradict themselves, or are none.
const ODD_RANGES: [&str; 7] = [
    "",
    "bits 0-5/6",
    "bytes */x",
    "bytes 9-3/10",
    "bytes 0-99/50",
    "bytes 0-18446744073709551615/18446744073709551616",
    "bytes 99999999999999999999-99999999999999999999/*",
];

/// Values of `Content-Length` that are none, or larger than any body here.
const ODD_LENGTHS: [&str; 5] =
    ["-5", "1e9", "12, 12", "18446744073709551615", "99999999999999999999999"];

/// A history that is played.
pub struct History {
    world: World,
    rng: Rng,
    groups: Vec<Serial>,
    /// Calls whose replies may name a group that is not among them; of the other page if so marked.
    created: Vec<(bool, u64)>,
    /// How many files were asked for.
    targets: u32,
    /// The most bytes that a checkpoint left at risk so far.
    checkpoint: u64,
    /// Whether files are so large that an equal overlap may stand in for a proof.
    has_large_files: bool,
}

impl History {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let world = World::with_dice(seed, Some(rng.fork()));
        let (groups, created) = (Vec::new(), Vec::new());
        let has_large_files = rng.u8(0..4) == 0;
        let mut history =
            Self { world, rng, groups, created, targets: 0, checkpoint: 0, has_large_files };
        if has_large_files {
            history.world.chunk = 9_000;
        }
        for path in PATHS {
            history.serve(url(path));
            history.serve(mirror(&url(path)));
            // What a file began without a coding is not ended with one.
            let is_coded = history.world.remote(path).ranges == Ranges::Coded;
            let files = &mut history.world.servers.files;
            let mirror = files.get_mut(&mirror(&url(path))).expect("it was served");
            if is_coded || mirror.ranges == Ranges::Coded {
                mirror.ranges = if is_coded { Ranges::Coded } else { Ranges::Honoured };
            }
        }
        let patch = history.any_settings();
        history.world.ask(Command::Configure(patch)).expect("settings are taken");
        history
    }

    /// A file on a server of any kind.
    fn serve(&mut self, url: String) {
        let rng = &mut self.rng;
        let size = match rng.u8(0..6) {
            0 => 0,
            1 => 1,
            2..4 if self.has_large_files => rng.usize(70_000..250_000),
            _ => rng.usize(2..30_000),
        };
        // A page's own server that keeps its date through a change defeats every proof.
        let keeps_date = rng.bool() && !url.starts_with("https://here.test/");
        let validators = VALIDATORS[rng.usize(..VALIDATORS.len())];
        let is_dated = matches!(validators, Validators::Date | Validators::FreshDate);
        let file = RemoteFile {
            validators: if keeps_date && is_dated { Validators::FrozenDate } else { validators },
            ranges: RANGES[rng.usize(..RANGES.len())],
            cors: CORS[rng.usize(..CORS.len())],
            has_length: rng.u8(0..5) > 0,
            has_total: rng.u8(0..5) > 0,
            ..RemoteFile::new(&url, size)
        };
        self.world.servers.files.insert(url, file);
    }

    pub fn run(mut self) {
        for _ in 0..STEPS {
            self.act();
            self.notice_groups();
            self.check();
            for _ in 0..self.rng.usize(0..15) {
                if self.world.is_idle() {
                    break;
                }
                self.world.step();
                self.check();
            }
        }
        self.finish();
    }

    fn check(&self) {
        promises::check(&self.world, self.checkpoint);
    }

    /// Something happens.
    fn act(&mut self) {
        let action = self.rng.u8(0..100);
        match action {
            0..48 => self.command(),
            48..53 => self.callback(),
            53..62 => self.script(),
            62..64 => self.read(),
            64..68 => self.change_version(),
            68..70 => self.change_server(),
            70..78 => self.crash(),
            78..84 => self.repeat_event(),
            84..88 => {
                let span = Millis([10, 500, 10_000, 700_000][self.rng.usize(..4)]);
                if self.rng.bool() {
                    self.world.tell(|| format!("{span:?} go by"));
                    self.world.run_for(span);
                } else {
                    self.world.tell(|| format!("the machine sleeps for {span:?}"));
                    self.world.now = self.world.now.plus(span);
                }
            }
            88..91 => {
                let is_online = self.rng.bool();
                self.world.tell(|| format!("online: {is_online}"));
                self.world.set_network(is_online);
            }
            91..94 => self.trouble_disk(),
            94..96 => {
                self.world.tell(|| "the next commit and reading will be refused".to_owned());
                self.world.refused_commits = 1;
                self.world.refused_loads = 1;
            }
            96..98 => {
                let room = self.rng.usize(0..60_000);
                self.world.disk.capacity = self.rng.bool().then_some(room);
                self.world.tell(|| format!("capacity: {:?}", self.world.disk.capacity));
            }
            _ => {
                let parts: Vec<_> = self.world.disk.parts().collect();
                if let Some(part) = self.rng.choice(parts) {
                    self.world.tell(|| format!("somebody deletes {part}"));
                    self.world.disk.delete_part(part);
                }
            }
        }
    }

    fn change_version(&mut self) {
        let path = self.path();
        let size = self.world.served(path).len();
        let size = if self.rng.bool() { size } else { self.rng.usize(0..20_000) };
        self.world.tell(|| format!("{path} changes to {size} bytes"));
        self.world.change(path, size);
    }

    /// A server lets pages see more or less, or nothing, or begins or ends to compress a file.
    fn change_server(&mut self) {
        let path = self.path();
        let rng = &mut self.rng;
        let cors = match rng.u8(0..3) {
            0 => Cors::Refused,
            _ => CORS[rng.usize(..CORS.len())],
        };
        let turns = rng.u8(0..4) == 0;
        let file = self.world.remote(path);
        file.cors = cors;
        if turns {
            file.ranges = match file.ranges {
                Ranges::Coded => Ranges::Honoured,
                Ranges::Capped(_) | Ranges::Honoured | Ranges::Ignored => Ranges::Coded,
            };
        }
        let ranges = file.ranges;
        self.world.tell(|| format!("{path} is shown as {cors:?} and its ranges are {ranges:?}"));
    }

    fn trouble_disk(&mut self) {
        let failures = [
            DiskFailure::Busy,
            DiskFailure::Full,
            DiskFailure::InTheWay,
            DiskFailure::Other("no".to_owned()),
        ];
        let failure = self.rng.choice(failures).expect("one of four");
        let disk = &mut self.world.disk;
        let (what, refusals) = match self.rng.u8(0..3) {
            0 => ("move", &mut disk.refusals),
            1 => ("opening", &mut disk.open_refusals),
            _ => ("flush", &mut disk.flush_refusals),
        };
        refusals.push_back(failure.clone());
        self.world.tell(|| format!("the next {what} fails: {failure:?}"));
    }

    fn crash(&mut self) {
        let crash = if self.rng.bool() { Crash::Kill } else { Crash::PowerCut };
        self.world.tell(|| format!("{crash:?}"));
        let span = Millis(self.rng.u64(0..100_000));
        if self.rng.u8(0..4) == 0 {
            self.world.set_clock_back(span);
        } else {
            self.world.now = self.world.now.plus(span);
        }
        match self.rng.u8(0..3) {
            0 => self.world.crash(crash),
            1 => self.world.crash_after_commit(crash),
            _ => {
                let mut dice = self.rng.fork();
                self.world.crash_within(crash, &mut dice);
            }
        }
    }

    /// An event comes again: late, from a connection, an order or an engine that is over, or twice.
    fn repeat_event(&mut self) {
        let Some(event) = self.rng.choice(&self.world.reported).cloned() else { return };
        self.world.tell(|| format!("again: {event:?}"));
        let Some(ticket) = ticket(&event) else { return };
        if self.world.queue.is_open(ticket) {
            return self.world.report(event);
        }
        let now = self.world.now;
        let (mut late, mut never) = (self.world.queue.clone(), self.world.queue.clone());
        late.handle_event(event, now);
        // An event that nobody ever waits for, so that both have seen the same time.
        never.handle_event(Event::Committed { ticket: Ticket(u64::MAX) }, now);
        assert!(late == never, "a late event changes the queue");
    }

    fn script(&mut self) {
        let path = self.path();
        let rng = &mut self.rng;
        let behaviour = match rng.u8(0..17) {
            0..4 => Behaviour::CutAfter(rng.usize(0..20_000)),
            4 => Behaviour::StallAfter(rng.usize(0..20_000)),
            5 => Behaviour::Silent,
            6 => Behaviour::Unreachable,
            7 => Behaviour::Overlong(rng.usize(1..2_000)),
            8 => Behaviour::WrongRange(rng.u64(1..2_000)),
            9 => Behaviour::IgnoreRange,
            10 => Behaviour::Multipart,
            11 => Behaviour::Elsewhere,
            12 => Behaviour::Unsatisfied { is_told: rng.bool() },
            13 => Behaviour::OddRange(ODD_RANGES[rng.usize(..ODD_RANGES.len())]),
            14 => Behaviour::OddLength(ODD_LENGTHS[rng.usize(..ODD_LENGTHS.len())]),
            _ => {
                let status = [404, 403, 408, 429, 500, 503][rng.usize(..6)];
                let retry_after = match rng.u8(0..4) {
                    0 => None,
                    1 => Some("Sun, 06 Nov 1994 09:49:37 GMT".to_owned()),
                    2 => Some("soon".to_owned()),
                    _ => Some(rng.u32(0..1_000).to_string()),
                };
                Behaviour::Status(status, retry_after)
            }
        };
        self.world.tell(|| format!("{path} will be {behaviour:?}"));
        self.world.remote(path).script.push_back(behaviour);
    }

    fn any_settings(&mut self) -> SettingsPatch {
        let rng = &mut self.rng;
        let checkpoint =
            Checkpoint { bytes: rng.u64(1_000..20_000), interval: Millis(rng.u64(20..1_000)) };
        self.checkpoint = self.checkpoint.max(checkpoint.bytes);
        let limits = match rng.u8(0..4) {
            0 => Limits { groups: Some(rng.u32(1..5)), files_per_job: Some(rng.u32(1..6)) },
            _ => Limits::default(),
        };
        let per_file = [None, Some(1), Some(2), Some(3), Some(4)][rng.usize(..5)];
        let per_origin = [1, 2, 4, 4][rng.usize(..4)];
        let connections = Connections { per_file, per_origin, total: [2, 6, 6][rng.usize(..3)] };
        SettingsPatch {
            connections: Some(connections),
            time_slice: Some(Millis(rng.u64(100..2_000))),
            checkpoint: Some(checkpoint),
            resume: Some(if rng.bool() { Resume::Likely } else { Resume::Proven }),
            limits: Some(limits),
            ..SettingsPatch::default()
        }
    }

    fn command(&mut self) {
        let command = self.any_command();
        let is_other = self.rng.u8(0..4) == 0;
        let acknowledges = self.rng.u8(0..3) == 0;
        let user = ["someone", "another"][usize::from(self.rng.u8(0..10) == 0)];
        let administrator = self.rng.u8(0..10) == 0;
        let page = if is_other { &mut self.world.other } else { &mut self.world.page };
        if acknowledges {
            let answered =
                (1..=page.sequence).take_while(|number| page.replies.contains_key(number));
            page.acknowledged = answered.last().unwrap_or(0);
        }
        page.owner = Owner { user: user.into(), administrator };
        self.world.tell(|| format!("{command:?}"));
        let creates = matches!(command, Command::CreateGroup { .. } | Command::GetGroup { .. });
        let sequence = match is_other {
            true => self.world.send_from_other(command),
            false => self.world.send(command),
        };
        if creates {
            self.created.push((is_other, sequence));
        }
    }

    /// A tab sets or clears a pointer or a class, dies, or answers its next calls in some way.
    fn callback(&mut self) {
        let tab: fn(&mut World) -> &mut Page =
            if self.rng.bool() { |world| &mut world.page } else { |world| &mut world.other };
        let group = self.rng.choice(self.groups.iter().copied());
        let action = self.rng.u8(0..14);
        self.world.tell(|| format!("callback {action} of {group:?}"));
        match (action, group) {
            (0..3, Some(group)) => self.world.set_pointer(tab, group),
            (3, Some(group)) => self.world.clear_pointer(tab, group),
            (4, _) => self.world.set_class(tab, guid(self.rng.u32(IDS))),
            (5, _) => {
                self.world.end_tab(|world| &mut world.other);
                self.created.retain(|(is_other, _)| !is_other);
            }
            (10..13, _) => {
                let hook = self.any_hook();
                self.world.hook(tab, hook);
            }
            (13, _) => self.world.say_at_last(tab),
            _ => {
                let returns = [Return::Failure, Return::Nothing, Return::Ok];
                let page = tab(&mut self.world);
                page.makes_objects = self.rng.bool();
                page.returns.extend((0..3).filter_map(|_| self.rng.choice(returns)));
            }
        }
    }

    /// What a tab says when it is asked which request to send.
    fn any_hook(&mut self) -> Hook {
        let hooks = [
            Hook::Mirror,
            Hook::Says(Given::Failed("no".to_owned())),
            Hook::Says(Given::Stored),
            Hook::Signs(Millis::SECOND),
            Hook::SignsInHeader(Millis::SECOND),
            Hook::SignsLater(Millis::SECOND),
        ];
        self.rng.choice(hooks).expect("one of six")
    }

    fn any_command(&mut self) -> Command {
        let id = guid(self.rng.u32(IDS));
        let Some(&group) = self.rng.choice(&self.groups) else {
            return Command::CreateGroup { id, credentials: Credentials::default() };
        };
        match self.rng.u8(0..31) {
            0..3 => Command::CreateGroup { id, credentials: Credentials::default() },
            3..6 => Command::CreateJob { group, id },
            6..11 => {
                let count = self.rng.usize(0..4);
                let files = (0..count).map(|_| self.any_file()).collect();
                Command::AddFiles { group, files }
            }
            11..18 => Command::ResumeGroup { group },
            18..21 => Command::SuspendGroup { group },
            21..23 => Command::CancelGroup { group },
            23 => Command::SwitchToForeground { group },
            24 => {
                let (property, value) = match self.rng.u8(0..3) {
                    0 => {
                        let name = "x".repeat(self.rng.usize(0..300));
                        (GROUPPROP_DISPLAYNAME, PropertyValue::Text(name))
                    }
                    1 => (GROUPPROP_NOTIFYCLSID, PropertyValue::Text(id.clsid_text())),
                    _ => {
                        let flags = [0, 4, 4, 0x40][self.rng.usize(..4)];
                        (GROUPPROP_NOTIFYFLAGS, PropertyValue::Integer(flags))
                    }
                };
                Command::SetProperty { group, property, value }
            }
            25 => Command::GetGroup { id },
            26 => Command::EnumGroups { flags: u32::from(self.rng.u8(0..4) == 0) },
            27 => Command::Attach { groups: self.groups.clone() },
            28 => Command::ListFiles { directory: None },
            29 => Command::Configure(self.any_settings()),
            _ => {
                let files: Vec<_> = self.world.database.tables.files.values().collect();
                let local_file = self.rng.choice(files).map(|file| file.local_file.clone());
                let local_file =
                    local_file.map_or_else(|| "/x".to_owned(), |file| file.to_string());
                Command::DeleteFile { local_file }
            }
        }
    }

    /// A file, mostly with a target of its own, at times with a promise that may be broken.
    fn any_file(&mut self) -> FileSetInfo {
        let path = self.path();
        self.targets += 1;
        let local_file = match self.rng.u8(0..12) {
            0 => "/shared".to_owned(),
            1 => "/shared/below".to_owned(),
            _ => format!("{path}-{}", self.targets),
        };
        let served = self.world.served(path);
        let size = match self.rng.u8(0..10) {
            0 => Some(served.len() as u64),
            1 => Some(self.rng.u64(0..30_000)),
            _ => None,
        };
        let integrity = match self.rng.u8(0..10) {
            0..2 => Some(Sha256Integrity(Sha256::digest(served).into()).to_string()),
            2 => Some(Sha256Integrity([7; 32]).to_string()),
            _ => None,
        };
        FileSetInfo { local_file: local_file.into(), size, integrity, ..info(path) }
    }

    /// Somebody reads a file that may be on its way.
    fn read(&mut self) {
        let path = self.path();
        let local = match self.rng.u8(0..6) {
            0 => "/shared".to_owned(),
            _ => format!("{path}-{}", self.rng.u32(0..=self.targets)),
        };
        let (at, since) = (self.rng.u64(0..30_000), self.rng.u64(0..3));
        self.world.read(&local, at, since);
    }

    fn path(&mut self) -> &'static str {
        PATHS[self.rng.usize(..PATHS.len())]
    }

    fn notice_groups(&mut self) {
        let world = &self.world;
        let groups = &mut self.groups;
        self.created.retain(|(is_other, sequence)| {
            let page = if *is_other { &world.other } else { &world.page };
            match page.replies.get(sequence) {
                None => true,
                Some(Ok(Answer::Group(update))) => {
                    if !groups.contains(&update.group.serial) {
                        groups.push(update.group.serial);
                    }
                    false
                }
                Some(_) => false,
            }
        });
    }

    /// The world is mended: everything ends, and what was resumed is complete.
    fn finish(mut self) {
        for file in self.world.servers.files.values_mut() {
            file.script.clear();
            file.always = None;
            if file.cors == Cors::Refused {
                file.cors = Cors::Hidden;
            }
        }
        self.world.disk.capacity = None;
        self.world.disk.refusals.clear();
        self.world.disk.open_refusals.clear();
        self.world.disk.flush_refusals.clear();
        self.world.refused_commits = 0;
        self.world.refused_loads = 0;
        for tab in [&mut self.world.page, &mut self.world.other] {
            tab.hook = Hook::Signs(Millis::SECOND);
        }
        self.world.page.returns.clear();
        self.world.other.returns.clear();
        self.world.tell(|| "the world is mended".to_owned());
        self.world.set_online(true);
        let mended_at = self.world.now;
        self.world.run_until_idle();
        let needed = self.world.now.since(mended_at);
        assert!(needed < LONGEST_END, "the end took {needed:?}");
        self.notice_groups();
        self.check();
        self.world.page.owner.administrator = true;
        self.world.ask(Command::Attach { groups: self.groups.clone() }).expect("rows");
        for group in self.groups.clone() {
            self.end(group);
        }
        self.take_events();
        self.leave_nothing();
    }

    /// A group that is resumed is complete, or says which promise its server breaks.
    fn end(&mut self, group: Serial) {
        let state = self.world.row(group).state;
        match self.world.ask(Command::ResumeGroup { group }) {
            Ok(_) => {
                self.world.run_until_idle();
                if self.is_mixed(group) {
                    self.world.ask(Command::ResumeGroup { group }).expect("it is resumed");
                    self.world.run_until_idle();
                }
                let row = self.world.row(group);
                let causes = self.causes(group);
                match &row.error {
                    None => {
                        assert_eq!(row.state, GroupState::Complete, "it was {state:?}: {row:?}")
                    }
                    Some(error) => assert!(causes.contains(&error.hresult), "{row:?}: {causes:?}"),
                }
            }
            Err(error) if error.hresult == Hresult::BG_E_EMPTY => {
                assert_eq!(state, GroupState::New);
            }
            Err(error) => {
                assert_eq!(error.hresult, Hresult::QM_E_INVALID_STATE);
                assert_eq!(state, GroupState::Cancelled);
            }
        }
        self.check();
    }

    /// Whether a file was continued for the sake of its hash, which showed two versions. It starts again.
    fn is_mixed(&self, group: Serial) -> bool {
        let error = self.world.row(group).error.as_ref();
        let file = error.and_then(|error| self.world.page.files.get(&(group, error.file_index?)));
        file.is_some_and(|file| file.info.integrity.is_some() && file.bytes_done == 0)
    }

    /// Why a group may be in error although the world is mended.
    fn causes(&self, group: Serial) -> Vec<Hresult> {
        let mut causes = Vec::new();
        for file in &self.world.ledger.told.groups[&group].files {
            if !is_as_promised(file, &self.world.servers) {
                causes.push(Hresult::BG_E_VALIDATION_FAILED);
            }
            if file.local_file.starts_with("/shared") {
                causes.push(Hresult::E_ACCESSDENIED);
            }
        }
        causes
    }

    /// Whatever nobody has taken yet is taken by a pointer that comes.
    fn take_events(&mut self) {
        for group in self.groups.clone() {
            self.world.set_pointer(|world| &mut world.page, group);
        }
        self.world.run_until_idle();
        for (group, record) in &self.world.database.tables.groups {
            assert_eq!(record.event, None, "of {group:?} nobody was told");
        }
    }

    /// All calls are answered; once the groups are gone, nothing of them is left.
    fn leave_nothing(mut self) {
        let groups: Vec<_> = self.world.ledger.told.groups.keys().copied().collect();
        for group in groups {
            let is_there =
                !self.world.ledger.told.groups[&group].classes().contains(&Class::Cancelled);
            if is_there {
                self.world.ask(Command::CancelGroup { group }).expect("it leaves the queue");
            }
        }
        self.world.run_until_idle();
        self.check();
        self.delete_again();
        for is_other in [false, true] {
            let page = if is_other { &mut self.world.other } else { &mut self.world.page };
            assert!(page.unanswered.is_empty(), "{:?}", page.unanswered);
            page.acknowledged = page.sequence;
            let hello = Command::ListFiles { directory: None };
            match is_other {
                true => self.world.send_from_other(hello),
                false => self.world.send(hello),
            };
        }
        self.world.run_until_idle();
        let World { queue, disk, database, .. } = &self.world;
        assert!(queue.is_idle(), "something is under way for ever");
        assert_eq!(disk.parts().collect::<Vec<_>>(), [], "parts that nobody owns");
        let tables = &database.tables;
        assert!(
            tables.groups.is_empty() && tables.transfers.is_empty(),
            "records that nobody owns"
        );
        // Those of a page that is gone are forgotten after a day.
        let living = [&self.world.page.client, &self.world.other.client];
        let awaited = tables.outcomes.keys().all(|(client, _)| !living.contains(&client));
        assert!(awaited, "outcomes that nobody waits for");
        let (stored, standing): (Vec<_>, Vec<_>) =
            (tables.files.keys().collect(), disk.files.keys().collect());
        assert_eq!(stored, standing, "published files and their records");
    }
}

impl History {
    /// A deletion of which the database did not hear has failed, and can be repeated.
    fn delete_again(&mut self) {
        let World { disk, database, .. } = &self.world;
        let recorded = database.tables.files.iter();
        let gone: Vec<_> = recorded
            .filter(|(key, _)| !disk.files.contains_key(*key))
            .map(|(_, file)| file.local_file.clone())
            .collect();
        for local_file in gone {
            self.world
                .ask(Command::DeleteFile { local_file: local_file.to_string() })
                .expect("it is deleted");
        }
    }
}

/// Whether the server holds what the caller promised.
fn is_as_promised(file: &FileSetInfo, servers: &Servers) -> bool {
    let served = servers.files[&*file.remote_file].versions.last().expect("a file has a version");
    let checked = FileSet::try_from(file.clone()).expect("it was taken");
    file.size.is_none_or(|size| size == served.len() as u64)
        && checked.integrity.is_none_or(|hash| hash.0[..] == Sha256::digest(served)[..])
}

fn ticket(event: &Event) -> Option<Ticket> {
    match event {
        Event::Answered { ticket, .. }
        | Event::Committed { ticket }
        | Event::Compared { ticket, .. }
        | Event::Copied { ticket, .. }
        | Event::Ended { ticket, .. }
        | Event::FileDeleted { ticket, .. }
        | Event::Flushed { ticket, .. }
        | Event::Hashed { ticket, .. }
        | Event::HashedTo { ticket, .. }
        | Event::Loaded { ticket, .. }
        | Event::Probed { ticket, .. }
        | Event::Progress { ticket, .. }
        | Event::Published { ticket, .. }
        | Event::Shortened { ticket, .. } => Some(*ticket),
        Event::Online(_) | Event::PageGone { .. } => None,
    }
}
