//! What each call is answered with, and what it does (spec §3, rulings A1 to A46).

use super::Class;
use qmgr::abi::{
    FileSet, FileSetInfo, GROUPPROP_DISPLAYNAME, Guid, Hresult, Properties, PropertyValue,
};
use qmgr::protocol::{Call, ClientId, Command, Limits, Owner, Serial};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How a call is answered, as far as codes go.
pub type Outcome = Result<(), Hresult>;

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: Guid,
    pub owner: Rc<str>,
    pub job: Option<Guid>,
    pub files: Vec<FileSetInfo>,
    pub foreground: bool,
    pub name: String,
    /// What it may be.
    pub classes: BTreeSet<Class>,
    /// Counts the calls that changed it.
    pub changes: u32,
}

/// The queue, as the rules tell of it.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Every group that ever was; serials count them.
    pub groups: BTreeMap<Serial, Group>,
    /// Calls that changed something; a repeat succeeds and changes nothing.
    done: BTreeSet<(ClientId, u64)>,
    limits: Limits,
}

impl Group {
    /// What it may be at this moment.
    pub fn classes(&self) -> BTreeSet<Class> {
        self.classes.iter().flat_map(|class| class.sequels()).copied().collect()
    }

    fn is_live(&self) -> bool {
        !self.classes.contains(&Class::Cancelled)
    }
}

impl Reference {
    fn live(&self) -> impl Iterator<Item = (Serial, &Group)> {
        self.groups
            .iter()
            .map(|(serial, group)| (*serial, group))
            .filter(|(_, group)| group.is_live())
    }

    fn by_id(&self, id: Guid) -> Option<Serial> {
        self.live().find(|(_, group)| group.id == id).map(|(serial, _)| serial)
    }

    /// The ids that `EnumGroups` finds.
    pub fn visible_to(&self, owner: &Owner) -> Vec<Guid> {
        let is_visible = |group: &Group| owner.administrator || group.owner == owner.user;
        self.live().filter(|(_, group)| is_visible(group)).map(|(_, group)| group.id).collect()
    }

    /// Every code that the call may be answered with.
    pub fn outcomes(&self, call: &Call) -> BTreeSet<Outcome> {
        let mut outcomes: BTreeSet<_> =
            match group_of(&call.command).and_then(|serial| self.groups.get(&serial)) {
                Some(group) => group
                    .classes()
                    .into_iter()
                    .map(|class| self.outcome(&call.command, &call.owner, class))
                    .collect(),
                None => [self.outcome(&call.command, &call.owner, Class::Cancelled)].into(),
            };
        if self.done.contains(&(call.client.clone(), call.sequence)) {
            outcomes = [Ok(())].into();
        }
        // Whether a file stands at, above or below a path depends on what was published by now.
        if matches!(call.command, Command::AddFiles { .. }) && outcomes.contains(&Ok(())) {
            outcomes.insert(Err(Hresult::E_ACCESSDENIED));
        }
        if matches!(call.command, Command::DeleteFile { .. } | Command::FindFile { .. }) {
            outcomes.insert(Err(Hresult::FILE_NOT_FOUND));
        }
        outcomes
    }

    /// The code of the call if its group is of this class.
    fn outcome(&self, command: &Command, owner: &Owner, class: Class) -> Outcome {
        match command {
            Command::Attach { .. }
            | Command::Configure(_)
            | Command::DeleteFile { .. }
            | Command::FindFile { .. }
            | Command::ListFiles { .. } => Ok(()),
            Command::EnumGroups { flags } => fails(*flags != 0, Hresult::E_NOTIMPL),
            Command::CreateGroup { id, .. } => {
                fails(self.by_id(*id).is_some(), Hresult::E_INVALIDARG)?;
                let is_over =
                    self.limits.groups.is_some_and(|limit| self.live().count() as u32 >= limit);
                fails(is_over && !owner.administrator, Hresult::BG_E_TOO_MANY_JOBS_PER_USER)
            }
            Command::GetGroup { id } => {
                let group = self.by_id(*id).ok_or(Hresult::QM_E_ITEM_NOT_FOUND)?;
                let is_others = self.groups[&group].owner != owner.user;
                fails(is_others && !owner.administrator, Hresult::E_ACCESSDENIED)
            }
            Command::SetProperty { property, value, .. } => {
                fails(class == Class::Cancelled, Hresult::QM_E_INVALID_STATE)?;
                let set = Properties::default().set(*property, value.clone());
                set.map_err(|error| error.hresult)
            }
            Command::CancelGroup { .. }
            | Command::SuspendGroup { .. }
            | Command::SwitchToForeground { .. } => {
                fails(class == Class::Cancelled, Hresult::QM_E_INVALID_STATE)
            }
            Command::CreateJob { group, id } => {
                let refused = [Class::Cancelled, Class::Running].contains(&class);
                fails(refused, Hresult::QM_E_INVALID_STATE)?;
                fails(self.groups[group].job.is_some(), Hresult::E_NOTIMPL)?;
                let is_taken = self.live().any(|(_, other)| other.job == Some(*id));
                fails(is_taken, Hresult::E_INVALIDARG)
            }
            Command::AddFiles { group, files } => {
                fails(class == Class::Cancelled, Hresult::QM_E_INVALID_STATE)?;
                let group = &self.groups[group];
                fails(group.job.is_none(), Hresult::QM_E_INVALID_STATE)?;
                fails(files.is_empty(), Hresult::E_INVALIDARG)?;
                let there = (group.files.len() + files.len()) as u32;
                let is_over = self.limits.files_per_job.is_some_and(|limit| there > limit);
                fails(is_over && !owner.administrator, Hresult::BG_E_TOO_MANY_FILES_IN_JOB)?;
                let is_sound = files.iter().all(|file| FileSet::try_from(file.clone()).is_ok());
                fails(!is_sound, Hresult::E_INVALIDARG)
            }
            Command::ResumeGroup { group } => {
                fails(class == Class::Cancelled, Hresult::QM_E_INVALID_STATE)?;
                fails(self.groups[group].files.is_empty(), Hresult::BG_E_EMPTY)
            }
        }
    }

    /// The call was answered with this code.
    pub fn note(&mut self, call: &Call, outcome: Outcome) {
        let Call { client, sequence, command, owner, .. } = call;
        let is_repeat = !self.done.insert((client.clone(), *sequence));
        if is_repeat {
            return;
        }
        let serial = group_of(command);
        // The code tells what the group was.
        if let Some(group) = serial.and_then(|serial| self.groups.get(&serial)) {
            let classes = group.classes();
            let fitting: BTreeSet<_> = classes
                .into_iter()
                .filter(|class| {
                    let foreseen = self.outcome(command, owner, *class);
                    foreseen == outcome || outcome == Err(Hresult::E_ACCESSDENIED)
                })
                .collect();
            let group = serial.and_then(|serial| self.groups.get_mut(&serial));
            group.expect("it was looked up").classes = fitting;
        }
        if outcome.is_ok() {
            self.carry_out(command, owner);
        } else {
            self.done.remove(&(client.clone(), *sequence));
        }
    }

    fn carry_out(&mut self, command: &Command, owner: &Owner) {
        if let Command::Configure(patch) = command {
            self.limits = patch.limits.clone().unwrap_or_else(|| self.limits.clone());
        }
        if let Command::CreateGroup { id, .. } = command {
            let group = Group {
                id: *id,
                owner: owner.user.clone(),
                job: None,
                files: Vec::new(),
                foreground: false,
                name: String::new(),
                classes: [Class::Suspended].into(),
                changes: 0,
            };
            self.groups.insert(Serial(self.groups.len() as u64 + 1), group);
        }
        let found = if let Command::GetGroup { id } = command { self.by_id(*id) } else { None };
        let serial = found.or(group_of(command));
        if let Some(group) = serial.and_then(|serial| self.groups.get_mut(&serial)) {
            group.changes += 1;
            group.change(command, owner);
        }
    }
}

impl Group {
    fn change(&mut self, command: &Command, owner: &Owner) {
        if let Command::AddFiles { files, .. } = command {
            self.files.extend(files.iter().cloned());
            self.become_if(|class| class == Class::Complete, Class::Suspended);
        }
        if let Command::CancelGroup { .. } = command {
            self.become_if(|_| true, Class::Cancelled);
        }
        if let Command::CreateJob { id, .. } = command {
            self.job = Some(*id);
        }
        if let Command::GetGroup { .. } = command {
            self.owner.clone_from(&owner.user);
        }
        if let Command::ResumeGroup { .. } = command {
            self.become_if(|class| class != Class::Complete, Class::Running);
        }
        if let Command::SetProperty { property, value: PropertyValue::Text(text), .. } = command
            && *property == GROUPPROP_DISPLAYNAME
        {
            self.name.clone_from(text);
        }
        if let Command::SuspendGroup { .. } = command {
            self.become_if(|class| class == Class::Running, Class::Suspended);
        }
        if let Command::SwitchToForeground { .. } = command {
            self.foreground = true;
        }
    }

    fn become_if(&mut self, is_so: impl Fn(Class) -> bool, after: Class) {
        self.classes =
            self.classes.iter().map(|&class| if is_so(class) { after } else { class }).collect();
    }
}

fn fails(is_so: bool, hresult: Hresult) -> Outcome {
    if is_so { Err(hresult) } else { Ok(()) }
}

/// The group that a call is made on.
fn group_of(command: &Command) -> Option<Serial> {
    match command {
        Command::AddFiles { group, .. }
        | Command::CancelGroup { group }
        | Command::CreateJob { group, .. }
        | Command::ResumeGroup { group }
        | Command::SetProperty { group, .. }
        | Command::SuspendGroup { group }
        | Command::SwitchToForeground { group } => Some(*group),
        Command::Attach { .. }
        | Command::Configure(_)
        | Command::CreateGroup { .. }
        | Command::DeleteFile { .. }
        | Command::EnumGroups { .. }
        | Command::FindFile { .. }
        | Command::GetGroup { .. }
        | Command::ListFiles { .. } => None,
    }
}
