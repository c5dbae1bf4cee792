//! The two message types between a page and the engine, and the rows that a page mirrors.
//!
//! A page sends [`ToEngine`], the engine answers with [`ToPage`]. In a browser both travel over one
//! `BroadcastChannel` named for the queue, so a page need not know which tab's worker is the active
//! engine; in process they are handed over as they are.
//!
//! # How a page uses it
//!
//! 1. It sends [`ToEngine::Hello`] and waits for [`ToPage::Active`]. An engine says `Active` on its own
//!    when it takes over, and in answer to every `Hello`.
//! 2. It sends calls numbered 1, 2, 3 … under its own [`ClientId`]. Each is answered by one
//!    [`ToPage::Reply`] with the same number, after the change is durable.
//! 3. When an `Active` with another epoch arrives, it sends every unanswered call again, in order and
//!    with the same numbers. A call that had been carried out already is answered from its stored
//!    outcome, so nothing is done twice.
//! 4. Each call says up to which number the page has seen replies; outcomes up to there are forgotten.
//! 5. [`ToPage::Rows`] go to all pages; a page applies those of the groups it holds and drops the rest.
//! 6. It says whom it has to be called back, [`ToEngine::Register`], whenever that changes and, all of it,
//!    to each new engine after the unanswered calls. It answers each [`ToPage::Notify`].
//! 7. Every message of an engine travels in a [`FromEngine`] with its epoch. What an earlier engine says
//!    after a later one has spoken is dropped: it was frozen, and does not know yet that it is over.
//!
//! # How builds of different versions meet
//!
//! Three messages keep their bytes for ever: [`ToEngine::Hello`], [`ToPage::Beat`] and [`Active`], which
//! are the first variants for that reason. Nothing else of another version is heard. An engine that hears
//! the `Hello` of a newer build makes everything durable and says [`ToPage::Leaving`]; a page that hears
//! an `Active` of a newer build is to be reloaded.

use crate::abi::{FileSetInfo, Guid, Hresult, Properties, Property, PropertyValue, QmgrError};
use crate::bytes;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// Raised when a message or a record changes its meaning. Pages and engines of different versions do
/// not talk; the newer engine takes the place of the older one.
pub const VERSION: u32 = 1;

/// Names one page for as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub Rc<str>);

/// Names one group for ever: counts up with each group created in a queue and is never used again,
/// while the [`Guid`] of a cancelled group is free for another (ruling A8).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Serial(pub u64);

/// Counts the engines that have been active for a queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// Who calls, in the emulated ownership rules (ruling A16).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The caller's name; groups belong to the user who created them.
    pub user: Rc<str>,
    /// Whether the caller sees and takes everybody's groups.
    #[serde(default)]
    pub administrator: bool,
}

/// Where the bytes and the records of a queue live. Fixed when the queue is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// Bytes as chunks in IndexedDB, records in IndexedDB.
    IndexedDb,
    /// Bytes and records in memory; gone with the process.
    Memory,
    /// Bytes in the origin private file system, records in IndexedDB.
    Opfs,
}

impl Storage {
    /// As JavaScript spells them.
    pub const WORDS: [(&'static str, Self); 3] =
        [("indexeddb", Self::IndexedDb), ("memory", Self::Memory), ("opfs", Self::Opfs)];
}

/// Whatever travels on the channel of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message<'a> {
    /// What a page says, or a worker that waits for its turn.
    ToEngine(Cow<'a, ToEngine>),
    /// What an engine says.
    FromEngine(Cow<'a, FromEngine>),
}

impl Message<'_> {
    /// Its bytes, behind the [`VERSION`] that gives them their meaning.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes::write(&(VERSION, self))
    }

    /// The message of these bytes; `None` when they are none, or one that another version gave its
    /// meaning.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, message): (u32, Self) = bytes::read(bytes)?;
        (version == VERSION || message.is_lasting()).then_some(message)
    }

    /// Whether its bytes mean the same in every version.
    fn is_lasting(&self) -> bool {
        match self {
            Self::ToEngine(said) => matches!(**said, ToEngine::Hello { .. }),
            Self::FromEngine(said) => matches!(said.message, ToPage::Active(_) | ToPage::Beat),
        }
    }
}

/// From a page to the engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToEngine {
    /// Who is active? Asked by pages, and by workers that wait for their turn.
    Hello {
        /// [`VERSION`] of who asks.
        version: u32,
    },
    /// Do this.
    Call(Call),
    /// The page goes: what was kept for it can be forgotten.
    Bye {
        /// The page that goes.
        client: ClientId,
    },
    /// The answer to [`ToPage::Notify`]; or to [`ToPage::Activate`], when nothing came of it.
    Notified {
        /// The page that was called.
        client: ClientId,
        /// The group of the event.
        group: Serial,
        /// [`StatusEvent::number`].
        event: u64,
        /// Which of the calls for the event this answers.
        attempt: u32,
        /// Whether the callback returned S_OK, and nothing else.
        is_taken: bool,
    },
    /// The page has something to be called back, or has it no more. Comes in order with the calls.
    Register {
        /// The page.
        client: ClientId,
        /// What has changed; all there is, for a new engine.
        registrations: Vec<Registration>,
    },
    /// The answer to [`ToPage::Ask`].
    Given {
        /// The page that was asked.
        client: ClientId,
        /// The epoch of the engine that asked.
        epoch: Epoch,
        /// Which question this answers.
        question: u64,
        /// The answer.
        given: Given,
    },
}

/// What a page says when it is asked which request to send.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Given {
    /// It cannot say, for this reason.
    Failed(String),
    /// This one. Not judged yet: [`Fresh::read`](crate::http::Fresh::read) does.
    Fresh {
        /// The URL; `None` for the stored one.
        url: Option<String>,
        /// Header fields beside the engine's own.
        headers: Vec<(String, String)>,
    },
    /// The stored one.
    Stored,
}

/// Says nothing of what may be a secret.
impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Failed(_) => "Failed",
            Self::Fresh { .. } => "Fresh",
            Self::Stored => "Stored",
        })
    }
}

/// Something that a page can be called back through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Callback {
    /// A class, of which the page can make objects: for the groups whose GROUPPROP_NOTIFYCLSID names it.
    Class(Guid),
    /// The notification pointer of a group (`IBackgroundCopyGroup::SetNotificationPointer`).
    Pointer(Serial),
    /// What is asked before each request of the queue.
    Requests,
}

/// That a page has a callback, or has it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Registration {
    /// Which.
    pub callback: Callback,
    /// When that came to be, by the page's clock; of one page, no two are the same. The latest pointer
    /// of a group is called.
    pub at: Millis,
    /// How it stands.
    pub standing: Standing,
}

/// How a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// A pointer that was cleared: the page is not called for the group through a class either.
    Cleared,
    /// The handle that it was made through is closed; as if it had never been there.
    Gone,
    /// It is there.
    There,
}

/// What `IBackgroundCopyCallback1::OnStatus` is told after its two objects (spec §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusEvent {
    /// Tells the event from every other one of the queue.
    pub number: u64,
    /// The status word of the group when it happened.
    pub status: u32,
    /// The file concerned, or [`NO_FILE`].
    pub file_index: u32,
    /// Attempts started after an error; 0 on completion.
    pub retries: u32,
    /// The failure as a Win32 code (ruling A19); 0 on completion.
    pub win32_result: u32,
    /// The failure as an HTTP status (ruling A19); 0 on completion.
    pub transport_result: u32,
}

/// The index that stands for no file (spec §5.2).
pub const NO_FILE: u32 = u32::MAX;

/// One numbered call of one page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// The page that calls.
    pub client: ClientId,
    /// 1 for the page's first call; each later one counts up by one.
    pub sequence: u64,
    /// The page has seen the replies to all its calls up to this number.
    pub acknowledged: u64,
    /// In whose name.
    pub owner: Owner,
    /// What to do.
    pub command: Command,
}

/// What a page may ask of the engine. Those that only read change nothing and leave no outcome behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Command {
    /// `IBackgroundCopyJob1::AddFiles`. Answered with [`Answer::Group`].
    AddFiles {
        /// The group of the job.
        group: Serial,
        /// The files, in order; all of them are added or none.
        files: Vec<FileSetInfo>,
    },
    /// Reads the whole rows of groups that a page holds handles to. Answered with [`Answer::Groups`],
    /// which lacks the groups that are gone.
    Attach {
        /// The groups.
        groups: Vec<Serial>,
    },
    /// `IBackgroundCopyGroup::CancelGroup`. Its row shows it cancelled at once; answered with
    /// [`Answer::Done`] once its finished files stand under their names.
    CancelGroup {
        /// The group.
        group: Serial,
    },
    /// Stores the settings that an `open` named. Answered with [`Answer::Done`].
    Configure(SettingsPatch),
    /// `IBackgroundCopyQMgr::CreateGroup`. Answered with [`Answer::Group`].
    CreateGroup {
        /// The caller's id for it.
        id: Guid,
        /// The `credentials` of every fetch made for the group.
        credentials: Credentials,
    },
    /// `IBackgroundCopyGroup::CreateJob`. Answered with [`Answer::Group`].
    CreateJob {
        /// The group.
        group: Serial,
        /// The caller's id for it.
        id: Guid,
    },
    /// Deletes a published file. Answered with [`Answer::Done`].
    DeleteFile {
        /// Its path, in any spelling.
        local_file: String,
    },
    /// `IBackgroundCopyQMgr::EnumGroups` (reads only). Answered with [`Answer::Ids`].
    EnumGroups {
        /// Must be 0.
        flags: u32,
    },
    /// Looks up one published file (reads only). Answered with [`Answer::File`].
    FindFile {
        /// Its path, in any spelling.
        local_file: String,
    },
    /// `IBackgroundCopyQMgr::GetGroup`. Answered with [`Answer::Group`].
    GetGroup {
        /// The group's id.
        id: Guid,
    },
    /// Lists the published files (reads only). Answered with [`Answer::Files`].
    ListFiles {
        /// Only those below this directory.
        directory: Option<String>,
    },
    /// `IBackgroundCopyGroup::ResumeGroup`. Answered with [`Answer::Group`].
    ResumeGroup {
        /// The group.
        group: Serial,
    },
    /// `IBackgroundCopyGroup::SetProp`. Answered with [`Answer::Group`].
    SetProperty {
        /// The group.
        group: Serial,
        /// Which property.
        property: Property,
        /// Its new value.
        value: PropertyValue,
    },
    /// `IBackgroundCopyGroup::SuspendGroup`. Answered with [`Answer::Group`].
    SuspendGroup {
        /// The group.
        group: Serial,
    },
    /// `IBackgroundCopyGroup::SwitchToForeground`. Answered with [`Answer::Group`].
    SwitchToForeground {
        /// The group.
        group: Serial,
    },
}

/// The `credentials` mode of the Fetch standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Always.
    Include,
    /// Never.
    Omit,
    /// To the page's own origin.
    #[default]
    SameOrigin,
}

/// What an engine says, and which one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FromEngine {
    /// The engine's epoch; 0 while its worker holds the lock and has not read the records yet.
    pub epoch: Epoch,
    /// What it says.
    pub message: ToPage,
}

/// From the engine to the pages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToPage {
    /// This engine is the active one.
    Active(Active),
    /// The worker that holds the lock lives. Said each [`BEAT`](crate::standby::BEAT).
    Beat,
    /// One page is to make an object of a class and register it as the pointer of a group (ruling A27).
    Activate {
        /// The page.
        client: ClientId,
        /// The class.
        class: Guid,
        /// [`StatusEvent::number`] of the event that is due.
        event: u64,
        /// Which of the calls for the event this is.
        attempt: u32,
        /// The group's whole row.
        group: Box<GroupUpdate>,
    },
    /// The engine lets go; calls wait for the next one.
    Leaving {
        /// The epoch that ends.
        epoch: Epoch,
        /// A newer build takes its place: pages of this one have to be reloaded.
        superseded: bool,
    },
    /// One page's pointer of a group is to be called.
    Notify {
        /// The page.
        client: ClientId,
        /// The group.
        group: Serial,
        /// What to tell.
        event: StatusEvent,
        /// Which of the calls for the event this is.
        attempt: u32,
    },
    /// The answer to one call.
    Reply {
        /// The page that called.
        client: ClientId,
        /// The number of its call.
        sequence: u64,
        /// What came of it.
        result: Result<Answer, QmgrError>,
    },
    /// Rows that have changed.
    Rows(Vec<GroupUpdate>),
    /// One page is asked which request to send for a file.
    Ask {
        /// The page.
        client: ClientId,
        /// Which question of this engine.
        question: u64,
        /// The file.
        file: Box<AskedFile>,
    },
}

/// The file that a page is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AskedFile {
    /// The id of its group.
    pub group: Guid,
    /// The id of its job.
    pub job: Guid,
    /// Its index in the job.
    pub index: u32,
    /// The stored URL.
    pub remote_file: String,
    /// Its path.
    pub local_file: String,
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Active {
    /// [`VERSION`] of the engine.
    pub version: u32,
    /// Raised by one at each take-over.
    pub epoch: Epoch,
    /// What the queue was created with.
    pub storage: Storage,
    /// The worker that is active, as its page named it.
    pub worker: String,
}

/// What every call ends in once a newer build has taken the queue.
#[must_use]
pub fn superseded() -> QmgrError {
    QmgrError::new(
        Hresult::QM_E_SERVICE_UNAVAILABLE,
        "a newer version of qmgr has taken over the queue: reload this page to get it",
    )
}

/// What a call that succeeded gives back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing but success.
    Done,
    /// One published file.
    File(StoredFile),
    /// Published files, in the order of their paths.
    Files(Vec<StoredFile>),
    /// The group's whole row, as the call left it.
    Group(Box<GroupUpdate>),
    /// The whole rows of several groups.
    Groups(Vec<GroupUpdate>),
    /// Ids in creation order.
    Ids(Vec<Guid>),
}

/// A change to the mirror's copy of one group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupUpdate {
    /// The group's own figures, always all of them.
    pub group: GroupRow,
    /// Rows of files by their index in the job: all of them when `whole`, else those that changed.
    pub files: Vec<(u32, FileRow)>,
    /// Whether `files` are all of them.
    pub whole: bool,
}

/// Everything that the getters of a group answer from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupRow {
    /// Which group.
    pub serial: Serial,
    /// `IBackgroundCopyGroup::get_GroupID`.
    pub id: Guid,
    /// What the group is doing.
    pub state: GroupState,
    /// `IBackgroundCopyGroup::GetStatus`; 0 when cancelled.
    pub status: u32,
    /// The id of its one job.
    pub job: Option<Guid>,
    /// The status word of that job (`IBackgroundCopyJob1::GetStatus`); 0 without a job.
    pub job_status: u32,
    /// `IBackgroundCopyGroup::GetProp`. Shared by the clones of a row.
    pub properties: Rc<Properties>,
    /// Bytes fetched so far, of all files.
    pub bytes_done: u64,
    /// Bytes of all files; `None` until every size is known.
    pub bytes_total: Option<u64>,
    /// How many files are there whole.
    pub files_done: u32,
    /// How many files the job has.
    pub files_total: u32,
    /// A moving average over the last seconds; 0 when nothing moves.
    pub bytes_per_second: u64,
    /// Attempts started after an error; never reset (ruling A37).
    pub retries: u32,
    /// Why a runnable group is not moving.
    pub wait: Option<Box<Wait>>,
    /// Why the group is in error.
    pub error: Option<Box<GroupError>>,
}

/// What a group is doing, in the words of `GroupDetails.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupState {
    /// Out of the queue, for good.
    Cancelled,
    /// All files are published.
    Complete,
    /// A request is on its way.
    Connecting,
    /// Stopped by a failure.
    Error,
    /// Never resumed.
    New,
    /// All files are fetched and are being moved to their names.
    Publishing,
    /// Resumed, waiting for its turn.
    Queued,
    /// Paused.
    Suspended,
    /// Bytes arrive.
    Transferring,
    /// A recoverable failure is being waited out.
    Waiting,
}

/// Why a runnable group is not moving, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wait {
    /// Why.
    pub reason: WaitReason,
    /// When the next attempt is due; `None` when it waits for a condition.
    pub next_attempt_at: Option<Millis>,
    /// The failure that is being waited out.
    pub last_error: Option<GroupError>,
}

/// Why a runnable group is not moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitReason {
    /// A failure is waited out.
    Backoff,
    /// No tab's worker is active. The page says so itself; the engine never does.
    NoActiveTab,
    /// There is no network.
    Offline,
    /// The server named the time.
    RetryAfter,
    /// Another context holds the file.
    StorageBusy,
    /// Others are served first.
    Turn,
}

/// A failure of the world: network, server or disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupError {
    /// What failed.
    pub hresult: Hresult,
    /// The same as a sentence.
    pub message: String,
    /// The file concerned; `None` when it is not one file's failure.
    pub file_index: Option<u32>,
    /// The status of the answer that failed; 0 when none came.
    pub http_status: u16,
}

/// Everything that the getters of one file answer from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRow {
    /// What was asked for.
    pub info: FileSetInfo,
    /// Whether all bytes are there and durable.
    pub complete: bool,
    /// Whether it stands under its name.
    pub published: bool,
    /// Bytes fetched so far.
    pub bytes_done: u64,
    /// Its size, once known.
    pub bytes_total: Option<u64>,
    /// The durable byte ranges: sorted, disjoint, half-open.
    pub ranges: Vec<(u64, u64)>,
    /// The version's `ETag`, as sent.
    pub etag: Option<Rc<str>>,
    /// The version's `Last-Modified`, as sent.
    pub last_modified: Option<Rc<str>>,
    /// What a resume would rest on.
    pub proof: Option<Proof>,
}

/// What shows that the server's file is still the version whose bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// A strong `Last-Modified` (RFC 9110 §8.8.2.2).
    Date,
    /// A strong `ETag`.
    Etag,
    /// The caller's `integrity`, checked at the end.
    Hash,
    /// Equal length, date and overlap; only with `resume: "likely"`.
    Likely,
}

/// What is known of a published file; kept after its group is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StoredFile {
    /// The path as first spelt.
    pub local_file: Rc<str>,
    /// Where it came from.
    pub remote_file: Rc<str>,
    /// In bytes.
    pub size: u64,
    /// The server's date, or the time of publishing where it gave none.
    pub last_modified: Millis,
    /// The version's `ETag`, as sent.
    pub etag: Option<Rc<str>>,
    /// The media type, as sent; empty when none was.
    #[serde(rename = "type")]
    pub media_type: Rc<str>,
    /// The `integrity` it was checked against.
    pub integrity: Option<String>,
}

/// The settings of a queue, stored with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Pacing of attempts after a failure.
    pub retry: Retry,
    /// How much may be lost to a crash.
    pub checkpoint: Checkpoint,
    /// When bytes may be appended.
    pub resume: Resume,
    /// How many connections at once.
    pub connections: Connections,
    /// How long a background group runs while others wait.
    pub time_slice: Millis,
    /// Quotas.
    pub limits: Limits,
    /// After how long without progress or change a group is cancelled; `None` for never.
    pub inactivity_timeout: Option<Millis>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry: Retry::default(),
            checkpoint: Checkpoint::default(),
            resume: Resume::default(),
            connections: Connections::default(),
            time_slice: Millis(30_000),
            limits: Limits::default(),
            inactivity_timeout: Some(Millis(7_776_000_000)),
        }
    }
}

/// Pacing of attempts after a failure (spec §7.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// The first delay; each further one doubles.
    pub minimum_delay: Millis,
    /// No delay is longer.
    pub maximum_delay: Millis,
    /// Without progress for so long, a recoverable failure becomes an error; 0 makes every failure one.
    pub no_progress_timeout: Millis,
    /// A connection on which no byte moves for so long is given up.
    pub stall_timeout: Millis,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            minimum_delay: Millis(5_000),
            maximum_delay: Millis(600_000),
            no_progress_timeout: Millis(1_209_600_000),
            stall_timeout: Millis(30_000),
        }
    }
}

/// At most so much of a running file is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Checkpoint {
    /// Bytes.
    pub bytes: u64,
    /// Time.
    pub interval: Millis,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { bytes: 64 << 20, interval: Millis(1_000) }
    }
}

/// When bytes may be appended to those that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resume {
    /// Also on equal length, equal `Last-Modified` and an equal overlap of 64 KiB.
    Likely,
    /// Only on proof that the server's file is the same version.
    #[default]
    Proven,
}

/// How many connections at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Connections {
    /// For one file; `None` lets the engine choose between 1 and 4.
    pub per_file: Option<u32>,
    /// For one origin.
    pub per_origin: u32,
    /// For the queue.
    pub total: u32,
}

impl Default for Connections {
    fn default() -> Self {
        Self { per_file: None, per_origin: 4, total: 6 }
    }
}

/// Quotas; none by default (ruling A32).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Groups in the queue.
    pub groups: Option<u32>,
    /// Files in a job.
    pub files_per_job: Option<u32>,
}

/// The settings that an `open` named; the others stay as they are. One that consists of several fields
/// is replaced whole: a field that it leaves out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsPatch {
    /// See [`Settings::retry`].
    pub retry: Option<Retry>,
    /// See [`Settings::checkpoint`].
    pub checkpoint: Option<Checkpoint>,
    /// See [`Settings::resume`].
    pub resume: Option<Resume>,
    /// See [`Settings::connections`].
    pub connections: Option<Connections>,
    /// See [`Settings::time_slice`].
    pub time_slice: Option<Millis>,
    /// See [`Settings::limits`].
    pub limits: Option<Limits>,
    /// See [`Settings::inactivity_timeout`].
    pub inactivity_timeout: Option<Option<Millis>>,
}
