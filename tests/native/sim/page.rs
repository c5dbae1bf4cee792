//! A page: numbers its calls, sends the unanswered ones again to each new engine, mirrors the rows.

use qmgr::abi::QmgrError;
use qmgr::mirror::{Mirror, Row};
use qmgr::protocol::{
    Answer, Call, ClientId, Command, FileRow, GroupRow, GroupState, GroupUpdate, Owner, Serial,
    ToEngine, ToPage,
};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One page.
pub struct Page {
    pub client: ClientId,
    pub owner: Owner,
    pub sequence: u64,
    /// Replies up to here are acknowledged with the next call.
    pub acknowledged: u64,
    pub unanswered: BTreeMap<u64, Call>,
    pub replies: BTreeMap<u64, Result<Answer, QmgrError>>,
    pub rows: BTreeMap<Serial, GroupRow>,
    pub files: BTreeMap<(Serial, u32), FileRow>,
    /// The rows of the groups that its calls made known, as the getters of their handles see them.
    pub held: BTreeMap<Serial, Rc<Row>>,
    mirror: Mirror,
}

impl Page {
    pub fn new(client: &str) -> Self {
        Self {
            client: ClientId(client.to_owned()),
            owner: Owner { user: "someone".to_owned(), administrator: false },
            sequence: 0,
            acknowledged: 0,
            unanswered: BTreeMap::new(),
            replies: BTreeMap::new(),
            rows: BTreeMap::new(),
            files: BTreeMap::new(),
            held: BTreeMap::new(),
            mirror: Mirror::new(),
        }
    }

    /// The next call.
    pub fn call(&mut self, command: Command) -> Call {
        self.sequence += 1;
        let call = Call {
            client: self.client.clone(),
            sequence: self.sequence,
            acknowledged: self.acknowledged,
            owner: self.owner.clone(),
            command,
        };
        self.unanswered.insert(call.sequence, call.clone());
        call
    }

    /// What a page sends to an engine that has just become active.
    pub fn repeats(&self) -> Vec<ToEngine> {
        self.unanswered.values().cloned().map(ToEngine::Call).collect()
    }

    /// Takes in a message, and names the groups whose rows it brought.
    pub fn receive(&mut self, message: ToPage) -> Vec<Serial> {
        match message {
            ToPage::Active(_) => {
                self.mirror.set_engine_active(true);
                Vec::new()
            }
            ToPage::Beat => Vec::new(),
            ToPage::Leaving { .. } => {
                self.mirror.set_engine_active(false);
                Vec::new()
            }
            ToPage::Reply { client, sequence, result } => {
                if client != self.client {
                    return Vec::new();
                }
                let call = self.unanswered.remove(&sequence);
                self.replies.insert(sequence, result.clone());
                match result {
                    Ok(Answer::Group(update)) => {
                        if update.whole {
                            let (row, _) = self.mirror.hold((*update).clone());
                            self.held.insert(update.group.serial, row);
                        }
                        self.mirror(vec![*update])
                    }
                    Ok(Answer::Groups(updates)) => {
                        if let Some(Command::Attach { groups }) = call.map(|call| call.command) {
                            self.drop_missing(&groups, &updates);
                            self.mirror.reconcile(&groups, updates.clone());
                        }
                        self.mirror(updates)
                    }
                    Ok(_) | Err(_) => Vec::new(),
                }
            }
            ToPage::Rows(updates) => self.mirror(updates),
        }
    }

    /// Groups that an engine does not know are gone.
    fn drop_missing(&mut self, asked: &[Serial], there: &[GroupUpdate]) {
        for serial in asked {
            if let Some(row) = self.rows.get_mut(serial)
                && there.iter().all(|update| update.group.serial != *serial)
            {
                (row.state, row.status, row.job_status) = (GroupState::Cancelled, 0, 0);
                (row.wait, row.error) = (None, None);
            }
        }
    }

    fn mirror(&mut self, updates: Vec<GroupUpdate>) -> Vec<Serial> {
        let shown = updates.iter().map(|update| update.group.serial).collect();
        for update in &updates {
            self.mirror.apply(update.clone());
        }
        for GroupUpdate { group, files, whole: _ } in updates {
            for (index, file) in files {
                self.files.insert((group.serial, index), file);
            }
            self.rows.insert(group.serial, group);
        }
        shown
    }
}
