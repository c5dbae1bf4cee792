//! Random histories: whatever pages, servers, disks and crashes do, in any order, the queue keeps its
//! word.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `QMGR_SEED` | the first seed | 0 |
//! | `QMGR_HISTORIES` | how many seeds from there on | 300 |
//! | `QMGR_LOG` | set to anything: everything that happens is printed | |
//!
//! A failure names its seed: `QMGR_SEED=<seed> QMGR_HISTORIES=1` repeats it exactly.

use crate::sim::{Behaviour, Crash, Page, Ranges, Return, Validators, World, guid, info};
use fastrand::Rng;
use qmgr::abi::{
    GROUPPROP_DISPLAYNAME, GROUPPROP_NOTIFYCLSID, GROUPPROP_NOTIFYFLAGS, Hresult, PropertyValue,
};
use qmgr::protocol::{
    Answer, Checkpoint, Command, Credentials, GroupState, Owner, Serial, SettingsPatch,
};
use qmgr::queue::{DiskFailure, Event, Ticket};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const PATHS: [&str; 5] = ["/a", "/b", "/c", "/d/e", "/d/f"];

/// Ids are taken from a few, so that they collide.
const IDS: std::ops::Range<u32> = 900..906;

const STEPS: usize = 120;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn no_history_breaks_what_the_queue_promises() {
    let first = number("QMGR_SEED", 0);
    for seed in first..first + number("QMGR_HISTORIES", 300) {
        let history = catch_unwind(AssertUnwindSafe(|| History::new(seed).run()));
        if let Err(panic) = history {
            eprintln!("the history fails: QMGR_SEED={seed} QMGR_HISTORIES=1 repeats it");
            resume_unwind(panic);
        }
    }
}

struct History {
    world: World,
    rng: Rng,
    groups: Vec<Serial>,
    /// Calls whose replies may name a group that is not among them.
    created: Vec<u64>,
    /// How many files were asked for; each has a target of its own.
    targets: u32,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::with_dice(seed, Some(rng.fork()));
        for path in PATHS {
            let size = match rng.u8(0..6) {
                0 => 0,
                1 => 1,
                _ => rng.usize(2..30_000),
            };
            let validators = [
                Validators::Strong,
                Validators::Strong,
                Validators::Date,
                Validators::Weak,
                Validators::None,
            ];
            let ranges = [
                Ranges::Honoured,
                Ranges::Honoured,
                Ranges::Honoured,
                Ranges::Ignored,
                Ranges::Capped(7_000),
            ];
            world = world
                .with_file(path, size)
                .validated_by(validators[rng.usize(..validators.len())])
                .with_ranges(ranges[rng.usize(..ranges.len())]);
            if rng.u8(0..5) == 0 {
                world = world.without_length();
            }
            world.remote(path).has_total = rng.u8(0..5) > 0;
        }
        let patch = SettingsPatch {
            time_slice: Some(Millis(rng.u64(100..2_000))),
            checkpoint: Some(Checkpoint {
                bytes: rng.u64(1_000..20_000),
                interval: Millis(rng.u64(20..1_000)),
            }),
            ..SettingsPatch::default()
        };
        world = world.configured(patch);
        Self { world, rng, groups: Vec::new(), created: Vec::new(), targets: 0 }
    }

    fn run(mut self) {
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

    /// Something happens.
    fn act(&mut self) {
        let action = self.rng.u8(0..100);
        match action {
            0..50 => self.command(),
            50..55 => self.callback(),
            55..67 => self.script(),
            67..72 => {
                let path = self.path();
                let size = self.world.served(path).len();
                let size = if self.rng.bool() { size } else { self.rng.usize(0..20_000) };
                self.world.tell(|| format!("{path} changes to {size} bytes"));
                self.world.change(path, size);
            }
            72..80 => self.crash(),
            80..86 => self.repeat_event(),
            86..90 => {
                let span = Millis([10, 500, 10_000, 700_000][self.rng.usize(..4)]);
                self.world.tell(|| format!("{span:?} go by"));
                self.world.run_for(span);
            }
            90..93 => {
                let is_online = self.rng.bool();
                self.world.tell(|| format!("online: {is_online}"));
                self.world.set_online(is_online);
            }
            93..96 => {
                let failures = [
                    DiskFailure::Busy,
                    DiskFailure::Full,
                    DiskFailure::InTheWay,
                    DiskFailure::Other("no".to_owned()),
                ];
                let failure = self.rng.choice(failures).expect("one of four");
                self.world.tell(|| format!("the next move fails: {failure:?}"));
                self.world.disk.refusals.push_back(failure);
            }
            96..98 => {
                let room = self.rng.usize(0..20_000);
                self.world.disk.capacity = self.rng.bool().then_some(room);
                self.world.tell(|| format!("capacity: {:?}", self.world.disk.capacity));
            }
            _ => {
                let parts: Vec<_> = self.world.disk.parts().collect();
                if let Some(part) = self.rng.choice(parts)
                    && !self.is_published(part.serial)
                {
                    self.world.tell(|| format!("somebody deletes {part}"));
                    self.world.disk.delete_part(part);
                }
            }
        }
    }

    /// Whether a group's parts are being moved to their names, so that one that is gone may be there.
    fn is_published(&self, group: Serial) -> bool {
        self.world.database.state(group) != Some(&SavedState::Running)
    }

    fn crash(&mut self) {
        let crash = if self.rng.bool() { Crash::Kill } else { Crash::PowerCut };
        let is_written = self.rng.bool();
        self.world.tell(|| format!("{crash:?}, the commit under way written: {is_written}"));
        self.world.now = self.world.now.plus(Millis(self.rng.u64(0..100_000)));
        if is_written {
            self.world.crash_after_commit(crash);
        } else {
            self.world.crash(crash);
        }
    }

    /// An event comes again, or late: from a connection, an order or an engine that is over.
    fn repeat_event(&mut self) {
        let is_late =
            |event: &&Event| ticket(event).is_some_and(|ticket| !self.world.queue.is_open(ticket));
        let late: Vec<_> = self.world.reported.iter().filter(is_late).collect();
        if let Some(event) = self.rng.choice(late).cloned() {
            self.world.tell(|| format!("again: {event:?}"));
            let now = self.world.now;
            let (mut late, mut never) = (self.world.queue.clone(), self.world.queue.clone());
            late.handle_event(event, now);
            // An event that nobody ever waits for, so that both have seen the same time.
            never.handle_event(Event::Committed { ticket: Ticket(u64::MAX) }, now);
            assert!(late == never, "a late event changes the queue");
        }
    }

    fn script(&mut self) {
        let path = self.path();
        let behaviour = match self.rng.u8(0..10) {
            0..4 => Behaviour::CutAfter(self.rng.usize(0..20_000)),
            4 => Behaviour::StallAfter(self.rng.usize(0..20_000)),
            5 => Behaviour::Silent,
            6 => Behaviour::Unreachable,
            7 => Behaviour::Overlong(self.rng.usize(1..2_000)),
            8 => Behaviour::WrongRange(self.rng.u64(1..2_000)),
            _ => {
                let status = [404, 403, 408, 429, 500, 503][self.rng.usize(..6)];
                let retry_after = self.rng.bool().then(|| self.rng.u32(0..1_000).to_string());
                Behaviour::Status(status, retry_after)
            }
        };
        self.world.tell(|| format!("{path} will be {behaviour:?}"));
        self.world.remote(path).script.push_back(behaviour);
    }

    fn command(&mut self) {
        let command = self.any_command();
        if self.rng.u8(0..3) == 0 {
            let page = &mut self.world.page;
            let answered =
                (1..=page.sequence).take_while(|number| page.replies.contains_key(number));
            page.acknowledged = answered.last().unwrap_or(0);
        }
        let user = ["someone", "another"][usize::from(self.rng.u8(0..10) == 0)];
        let administrator = self.rng.u8(0..10) == 0;
        self.world.page.owner = Owner { user: user.to_owned(), administrator };
        self.world.tell(|| format!("{command:?}"));
        let creates = matches!(command, Command::CreateGroup { .. } | Command::GetGroup { .. });
        let sequence = self.world.send(command);
        if creates {
            self.created.push(sequence);
        }
    }

    /// A tab sets or clears a pointer or a class, dies, or answers its next calls in some way.
    fn callback(&mut self) {
        let tab: fn(&mut World) -> &mut Page =
            if self.rng.bool() { |world| &mut world.page } else { |world| &mut world.other };
        let group = self.rng.choice(self.groups.iter().copied());
        let action = self.rng.u8(0..10);
        self.world.tell(|| format!("callback {action} of {group:?}"));
        match (action, group) {
            (0..3, Some(group)) => self.world.set_pointer(tab, group),
            (3, Some(group)) => self.world.clear_pointer(tab, group),
            (4, _) => self.world.set_class(tab, guid(self.rng.u32(IDS))),
            (5, _) => self.world.end_tab(|world| &mut world.other),
            _ => {
                let returns = [Return::Failure, Return::Nothing, Return::Ok];
                let page = tab(&mut self.world);
                page.makes_objects = self.rng.bool();
                page.returns.extend((0..3).filter_map(|_| self.rng.choice(returns)));
            }
        }
    }

    fn any_command(&mut self) -> Command {
        let id = guid(self.rng.u32(IDS));
        let Some(&group) = self.rng.choice(&self.groups) else {
            return Command::CreateGroup { id, credentials: Credentials::default() };
        };
        match self.rng.u8(0..30) {
            0..3 => Command::CreateGroup { id, credentials: Credentials::default() },
            3..6 => Command::CreateJob { group, id },
            6..11 => {
                let count = self.rng.usize(1..4);
                let files = (0..count).map(|_| self.any_file()).collect();
                Command::AddFiles { group, files }
            }
            11..18 => Command::ResumeGroup { group },
            18..21 => Command::SuspendGroup { group },
            21..23 => Command::CancelGroup { group },
            23 => Command::SwitchToForeground { group },
            24 => {
                let (property, value) = match self.rng.u8(0..3) {
                    0 => (GROUPPROP_DISPLAYNAME, PropertyValue::Text("named".to_owned())),
                    1 => (GROUPPROP_NOTIFYCLSID, PropertyValue::Text(id.clsid_text())),
                    _ => {
                        let flags = [0, 4, 4, 0x40][self.rng.usize(..4)];
                        (GROUPPROP_NOTIFYFLAGS, PropertyValue::Integer(flags))
                    }
                };
                Command::SetProperty { group, property, value }
            }
            25 => Command::GetGroup { id },
            26 => Command::EnumGroups { flags: 0 },
            27 => Command::Attach { groups: self.groups.clone() },
            28 => Command::ListFiles { directory: None },
            _ => {
                let files: Vec<_> = self.world.database.tables.files.values().collect();
                let local_file = self.rng.choice(files).map(|file| file.local_file.clone());
                Command::DeleteFile { local_file: local_file.unwrap_or_else(|| "/x".to_owned()) }
            }
        }
    }

    /// A file with a target of its own, so that what stands there can be told.
    fn any_file(&mut self) -> qmgr::abi::FileSetInfo {
        let path = self.path();
        self.targets += 1;
        let local_file = format!("{path}-{}", self.targets);
        qmgr::abi::FileSetInfo { local_file, ..info(path) }
    }

    fn path(&mut self) -> &'static str {
        PATHS[self.rng.usize(..PATHS.len())]
    }

    fn notice_groups(&mut self) {
        let world = &self.world;
        let groups = &mut self.groups;
        self.created.retain(|sequence| match world.page.replies.get(sequence) {
            None => true,
            Some(Ok(Answer::Group(update))) => {
                if !groups.contains(&update.group.serial) {
                    groups.push(update.group.serial);
                }
                false
            }
            Some(_) => false,
        });
    }

    /// What holds at every step.
    fn check(&self) {
        let world = &self.world;
        for row in world.page.rows.values() {
            let status = row.status & !0x400;
            let legal = match row.state {
                GroupState::Cancelled => status == 0 && row.status == 0 && row.job_status == 0,
                GroupState::Complete => status == 0x140 && row.job_status == 0x04,
                GroupState::Error => status == 0x380 && row.job_status == 0x18,
                GroupState::New | GroupState::Suspended => {
                    status == 0x180 && row.job_status == if row.job.is_some() { 0x08 } else { 0 }
                }
                GroupState::Connecting
                | GroupState::Publishing
                | GroupState::Queued
                | GroupState::Transferring
                | GroupState::Waiting => status == 0x080 && row.job_status == 0x08,
            };
            assert!(legal, "{row:?}");
            assert_eq!(row.error.is_some(), row.state == GroupState::Error, "{row:?}");
            let says_why = matches!(row.state, GroupState::Waiting | GroupState::Queued);
            assert_eq!(row.wait.is_some(), says_why, "{row:?}");
            assert!(row.bytes_total.is_none_or(|total| row.bytes_done <= total), "{row:?}");
            if row.state == GroupState::Complete {
                assert_eq!(row.files_done, row.files_total, "{row:?}");
            }
        }
        for (key, record) in &world.database.tables.transfers {
            let group = world.database.tables.groups.get(&key.0);
            if group.is_some_and(|group| group.state == SavedState::Complete) {
                assert!(record.complete && record.published, "{key:?}: {record:?}");
            }
        }
        for (key, file) in &world.database.tables.files {
            // A deletion is on the disk before it is in the records.
            let Some(bytes) = world.disk.files.get(key) else { continue };
            let versions = &world.servers.files[&file.remote_file].versions;
            assert!(versions.contains(bytes), "{key} is no version of {}", file.remote_file);
            assert_eq!(file.size, bytes.len() as u64, "{key}");
        }
        if world.queue.is_working() {
            assert!(world.next_due().is_some(), "a group is left without anything under way");
        }
    }

    /// The world is mended: everything ends, and what was resumed is complete.
    fn finish(mut self) {
        for file in self.world.servers.files.values_mut() {
            file.script.clear();
            file.always = None;
        }
        self.world.disk.capacity = None;
        self.world.disk.refusals.clear();
        self.world.set_online(true);
        self.world.page.returns.clear();
        self.world.other.returns.clear();
        self.world.tell(|| "the world is mended".to_owned());
        self.world.run_until_idle();
        self.notice_groups();
        self.check();
        self.world.page.owner.administrator = true;
        for group in self.groups.clone() {
            let state = self.world.row(group).state;
            let resumed = self.world.ask(Command::ResumeGroup { group });
            match resumed {
                Ok(_) => {
                    self.world.run_until_idle();
                    let row = self.world.row(group);
                    assert_eq!(row.state, GroupState::Complete, "it was {state:?}: {row:?}");
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
        self.take_events();
        assert!(self.world.page.unanswered.is_empty(), "{:?}", self.world.page.unanswered);
        assert_eq!(self.world.disk.parts().count(), 0, "parts that nobody owns");
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
}

fn ticket(event: &Event) -> Option<Ticket> {
    match event {
        Event::Answered { ticket, .. }
        | Event::Committed { ticket }
        | Event::Compared { ticket, .. }
        | Event::Ended { ticket, .. }
        | Event::FileDeleted { ticket, .. }
        | Event::Flushed { ticket, .. }
        | Event::Copied { ticket, .. }
        | Event::Hashed { ticket, .. }
        | Event::Probed { ticket, .. }
        | Event::Progress { ticket, .. }
        | Event::Published { ticket, .. } => Some(*ticket),
        Event::Online(_) | Event::PageGone { .. } => None,
    }
}
