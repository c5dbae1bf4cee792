//! The records of groups' files, read when they are needed: when a group gets its turn, leaves, or is
//! asked for by a page. Until then a group is what its own record says.
//!
//! One order to read is under way at a time; what is wanted meanwhile goes into the next. What a page says
//! of a group waits for its files, and so does all that the same page says after it.

use super::transfer::Transfer;
use super::{Effect, Queue, Ticket};
use crate::ordered::Set;
use crate::protocol::{Call, ClientId, Command, Serial, ToEngine};
use crate::snapshot::TransferRecord;
use crate::time::Millis;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The groups whose files are being read, and what waits for that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Loading {
    /// How many groups have files that are not here. Where there are none nothing is looked up.
    pub(super) unread: usize,
    /// The groups of the next order.
    wanted: Set<Serial>,
    /// The order under way, and its groups.
    under_way: Option<(Ticket, Set<Serial>)>,
    /// The groups that changed before their files were here: a row needs those.
    unshown: Set<Serial>,
    /// What pages said, in the order in which it came.
    aside: Vec<ToEngine>,
}

impl Loading {
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.under_way.is_none() && self.aside.is_empty()
    }
}

/// Records of files, in the order of their places.
pub(super) struct Records(Peekable<IntoIter<((Serial, u32), TransferRecord)>>);

impl Records {
    pub(super) fn new(records: Vec<((Serial, u32), TransferRecord)>) -> Self {
        Self(records.into_iter().peekable())
    }

    /// The files of a group, up to one whose record is missing or makes no sense; `None` where there is no
    /// record of any. To be asked for one group after the other.
    pub(super) fn take(&mut self, group: Serial) -> Option<Vec<Transfer>> {
        while self.0.next_if(|((serial, _), _)| *serial < group).is_some() {}
        let mut files = None;
        while let Some(((_, index), record)) = self.0.next_if(|((serial, _), _)| *serial == group) {
            let files: &mut Vec<_> = files.get_or_insert_default();
            if u32::try_from(files.len()) == Ok(index) {
                files.extend(Transfer::restored(record));
            }
        }
        files
    }
}

impl Queue {
    /// Whether the files of a group are not here, which are read then.
    pub(super) fn lacks_files(&mut self, serial: Serial) -> bool {
        if self.loading.unread == 0 {
            return false;
        }
        let Some(group) = self.groups.get_mut(&serial) else { return false };
        if group.want_files() {
            self.loading.wanted.insert(serial);
            self.sort_in(serial);
        }
        self.groups.get(&serial).is_some_and(|group| !group.is_read())
    }

    /// The same of some groups.
    pub(super) fn lacks_files_of_any(&mut self, groups: Vec<Serial>) -> bool {
        let mut lacks_files = false;
        for serial in groups {
            lacks_files |= self.lacks_files(serial);
        }
        lacks_files
    }

    /// A group has changed. If its files are not here, its row is shown once they are.
    pub(super) fn show_when_read(&mut self, serial: Serial) {
        if self.lacks_files(serial) {
            self.loading.unshown.insert(serial);
        }
    }

    /// The order to read what is wanted, unless one is under way.
    pub(super) fn take_load(&mut self) -> Option<Effect> {
        if self.loading.wanted.is_empty() || self.loading.under_way.is_some() {
            return None;
        }
        let wanted = std::mem::take(&mut self.loading.wanted);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let groups = wanted.iter().copied().collect();
        self.loading.under_way = Some((ticket, wanted));
        Some(Effect::Load { ticket, groups })
    }

    /// The files of groups are read: what waited for them goes on.
    pub(super) fn handle_loaded(
        &mut self,
        ticket: Ticket,
        transfers: Vec<((Serial, u32), TransferRecord)>,
        now: Millis,
    ) {
        let under_way = self.loading.under_way.take_if(|(expected, _)| *expected == ticket);
        let Some((_, groups)) = under_way else { return };
        let mut records = Records::new(transfers);
        for serial in groups {
            if let Some(group) = self.groups.get_mut(&serial) {
                group.take_in(records.take(serial).unwrap_or_default());
                self.loading.unread -= 1;
            }
            if self.loading.unshown.remove(&serial) {
                self.pending.groups.insert(serial);
            }
            self.sort_in(serial);
            self.unsettled.insert(serial);
            self.find_callee(serial, now);
        }
        // Who asked is told what has come of it.
        self.settle(now);
        for message in std::mem::take(&mut self.loading.aside) {
            self.hear(message, now);
        }
    }

    /// Carries out what a page says, after the files that it is about are here, and after what the same
    /// page said before.
    pub(super) fn hear(&mut self, message: ToEngine, now: Millis) {
        if self.loading.unread == 0 {
            return self.carry_out_message(message, now);
        }
        let has_to_wait = self.lacks_files_of_any(self.groups_of(&message));
        let speaker = speaker(&message);
        let mut earlier = self.loading.aside.iter();
        if has_to_wait || earlier.any(|earlier| self::speaker(earlier) == speaker) {
            self.loading.aside.push(message);
        } else {
            self.carry_out_message(message, now);
        }
    }

    /// The groups whose files have to be here before a message can be carried out.
    fn groups_of(&self, message: &ToEngine) -> Vec<Serial> {
        let ToEngine::Call(call) = message else { return Vec::new() };
        if let Some(outcome) = self.outcomes.get(&(call.client.clone(), call.sequence)) {
            return outcome.group.into_iter().collect();
        }
        match &call.command {
            Command::Attach { groups } => groups.clone(),
            Command::GetGroup { id } => self.by_id.get(id).copied().into_iter().collect(),
            Command::AddFiles { group, .. }
            | Command::CancelGroup { group }
            | Command::CreateJob { group, .. }
            | Command::ResumeGroup { group }
            | Command::SetProperty { group, .. }
            | Command::SuspendGroup { group }
            | Command::SwitchToForeground { group } => vec![*group],
            Command::Configure(_)
            | Command::CreateGroup { .. }
            | Command::DeleteFile { .. }
            | Command::EnumGroups { .. }
            | Command::FindFile { .. }
            | Command::ListFiles { .. } => Vec::new(),
        }
    }

    /// Whether a call waits for files: for tests.
    #[doc(hidden)]
    pub fn has_put_aside(&self, call: &Call) -> bool {
        self.loading.aside.iter().any(|message| {
            matches!(message, ToEngine::Call(aside)
                if (&aside.client, aside.sequence) == (&call.client, call.sequence))
        })
    }
}

/// Which page says something, where that has an order.
const fn speaker(message: &ToEngine) -> Option<&ClientId> {
    match message {
        ToEngine::Bye { client } | ToEngine::Register { client, .. } => Some(client),
        ToEngine::Call(call) => Some(&call.client),
        ToEngine::Given { .. } | ToEngine::Hello { .. } | ToEngine::Notified { .. } => None,
    }
}
