//! What a page asks of the engine, and the answers.

use super::{ClientId, GroupUpdate, Owner, Serial, SettingsPatch, StoredFile};
use crate::abi::{FileSetInfo, Guid, Property, PropertyValue};
use serde::{Deserialize, Serialize};

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
pub enum Credentials {
    /// Always.
    Include,
    /// Never.
    Omit,
    /// To the page's own origin.
    #[default]
    SameOrigin,
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
