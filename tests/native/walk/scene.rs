//! What a small world consists of, and what its page may ask for.

use super::world::World;
use crate::sim::{RemoteFile, guid, url};
use base64::prelude::{BASE64_STANDARD, Engine};
use qmgr::abi::{FileSetInfo, GROUPPROP_DISPLAYNAME, PropertyValue};
use qmgr::protocol::{
    Checkpoint, Command, Connections, Credentials, GroupRow, GroupState, Retry, Serial,
    SettingsPatch,
};
use qmgr::time::Millis;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Bodies move by so many bytes a step.
pub const CHUNK: usize = 8;

/// The sizes of a job's files: one body of two chunks, one of a single chunk.
const SIZES: [usize; 2] = [2 * CHUNK, CHUNK];

/// The size of a file that is worth two connections.
const WIDE: usize = 3 * CHUNK;

/// A group that failed is resumed by its page until it has been tried again so often.
const MOST_RETRIES: u32 = 2;

/// What one small world differs in from others.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// What it is called in the report.
    pub name: &'static str,
    /// How many groups there are at most, one after another or at once.
    pub groups: u64,
    /// How many files each of them has when the walk begins; `None` where they are yet to be created.
    pub prepared: Option<usize>,
    /// How much may go wrong.
    pub faults: u32,
    /// From so many states the walk goes on where no other number is asked for.
    pub few: usize,
    /// How many connections a file gets.
    pub per_file: u32,
    /// Whether flushes and commits are carried out at once, so that nothing comes between.
    pub writes_at_once: bool,
}

/// A small world, before anything happens in it.
pub struct Scene {
    pub bounds: Bounds,
    /// Each file in all its versions, by URL.
    files: BTreeMap<String, Vec<RemoteFile>>,
}

impl Scene {
    pub fn new(bounds: Bounds) -> Self {
        let mut files = BTreeMap::new();
        for group in 1..=bounds.groups {
            for (index, size) in SIZES.into_iter().enumerate() {
                let size = if bounds.per_file > 1 { WIDE } else { size };
                let url = url(&path(Serial(group), index));
                let mut file = RemoteFile::new(&url, size);
                let mut versions = vec![file.clone()];
                for _ in 0..bounds.faults {
                    file.change(&url, size);
                    versions.push(file.clone());
                }
                files.insert(url, versions);
            }
        }
        Self { bounds, files }
    }

    /// Whether what one group alone shows as well is left out: a page that deletes published files, and
    /// hours that go by.
    pub fn is_wide(&self) -> bool {
        self.bounds.groups > 1
    }

    /// The file that a server holds after so many changes.
    pub fn file(&self, url: &str, changes: usize) -> &RemoteFile {
        &self.files[url][changes]
    }

    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.files.keys().cloned()
    }

    /// Whether a server ever held these bytes as the file.
    pub fn was_served(&self, url: &str, bytes: &[u8]) -> bool {
        self.files[url].iter().any(|file| file.versions.last().is_some_and(|last| last == bytes))
    }

    /// The bytes that the file had under this `ETag`.
    pub fn version(&self, url: &str, etag: &str) -> &[u8] {
        let number: usize =
            etag.trim_matches(['"', 'v']).parse().expect("an ETag of these servers");
        &self.files[url].last().expect("the last version").versions[number - 1]
    }

    /// The calls that come before the walk begins.
    pub fn preparation(&self) -> Vec<Command> {
        let mut commands = vec![Command::Configure(settings(self.bounds.per_file))];
        if let Some(count) = self.bounds.prepared {
            for group in (1..=self.bounds.groups).map(Serial) {
                commands.push(create(group));
                commands.push(Command::CreateJob { group, id: job(group) });
                let files = (0..count).map(|index| self.info(group, index)).collect();
                commands.push(Command::AddFiles { group, files });
            }
        }
        commands
    }

    /// Every call that can change something.
    pub fn commands(&self, world: &World) -> Vec<Command> {
        let mut commands = Vec::new();
        let next = Serial(world.created() + 1);
        if next.0 <= self.bounds.groups {
            commands.push(create(next));
        }
        for update in world.rows.values() {
            if update.group.state != GroupState::Cancelled {
                commands.extend(self.commands_to(&update.group));
            }
        }
        let files = world.database.tables.files.values();
        commands.extend(
            files.map(|file| Command::DeleteFile { local_file: file.local_file.to_string() }),
        );
        commands
    }

    fn commands_to(&self, row: &GroupRow) -> Vec<Command> {
        let group = row.serial;
        let mut commands = vec![Command::SuspendGroup { group }, Command::CancelGroup { group }];
        // The retries are counted for ever, so that a walk that always resumed would have no end.
        let has_failed = matches!(row.state, GroupState::Error | GroupState::Waiting);
        if !has_failed || row.retries < MOST_RETRIES {
            commands.push(Command::ResumeGroup { group });
        }
        // One group in the background shows what two there would.
        if row.status & 0x400 == 0 && group.0 == self.bounds.groups {
            commands.push(Command::SwitchToForeground { group });
        }
        if row.job.is_none() {
            commands.push(Command::CreateJob { group, id: job(group) });
        } else if (row.files_total as usize) < SIZES.len() {
            let files = vec![self.info(group, row.files_total as usize)];
            commands.push(Command::AddFiles { group, files });
        }
        if self.bounds.prepared.is_none() && row.properties.display_name.is_empty() {
            commands.push(Command::SetProperty {
                group,
                property: GROUPPROP_DISPLAYNAME,
                value: PropertyValue::Text("n".to_owned()),
            });
        }
        commands
    }
}

impl Scene {
    /// A file of a group's job. The last one of the first group has to have the hash of its first
    /// version.
    fn info(&self, group: Serial, index: usize) -> FileSetInfo {
        let path = path(group, index);
        let remote_file = url(&path);
        let is_checked = group == Serial(1) && index == SIZES.len() - 1;
        let integrity = is_checked.then(|| {
            let digest = Sha256::digest(&self.file(&remote_file, 0).versions[0]);
            format!("sha256-{}", BASE64_STANDARD.encode(digest))
        });
        FileSetInfo {
            remote_file: remote_file.into(),
            local_file: path.into(),
            size: None,
            integrity,
        }
    }
}

fn path(group: Serial, index: usize) -> String {
    format!("/{}/{index}", group.0)
}

fn create(group: Serial) -> Command {
    let id = guid(u32::try_from(group.0).expect("a few groups"));
    Command::CreateGroup { id, credentials: Credentials::default() }
}

fn job(group: Serial) -> qmgr::abi::Guid {
    guid(100 + u32::try_from(group.0).expect("a few groups"))
}

/// Each chunk is flushed when it is written; delays are exact, and the timeouts come one after another.
fn settings(per_file: u32) -> SettingsPatch {
    SettingsPatch {
        retry: Some(Retry {
            minimum_delay: Millis(1),
            maximum_delay: Millis(1),
            no_progress_timeout: Millis(5_000),
            stall_timeout: Millis(2_000),
        }),
        checkpoint: Some(Checkpoint { bytes: CHUNK as u64, interval: Millis(100_000) }),
        connections: Some(Connections { per_file: Some(per_file), ..Connections::default() }),
        time_slice: Some(Millis(1_000)),
        inactivity_timeout: Some(Some(Millis(3_600_000))),
        ..SettingsPatch::default()
    }
}
