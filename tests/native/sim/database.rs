//! A database that applies commits, and may lose the relaxed ones to a power cut.

use qmgr::protocol::{ClientId, Serial, StoredFile};
use qmgr::queue::Commit;
use qmgr::snapshot::{GroupRecord, OutcomeRecord, QueueRecord, Saved, SavedState, TransferRecord};
use std::collections::BTreeMap;

/// The records.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tables {
    pub queue: Option<QueueRecord>,
    pub groups: BTreeMap<Serial, GroupRecord>,
    pub transfers: BTreeMap<(Serial, u32), TransferRecord>,
    pub files: BTreeMap<String, StoredFile>,
    pub outcomes: BTreeMap<(ClientId, u64), OutcomeRecord>,
}

/// The records as they are read, and as a power cut would leave them.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Database {
    pub tables: Tables,
    /// There is no room for any record.
    pub is_full: bool,
    durable: Tables,
}

impl Database {
    pub fn apply(&mut self, commit: &Commit) {
        let tables = &mut self.tables;
        if let Some(record) = &commit.queue {
            tables.queue = Some(record.clone());
        }
        put_all(&mut tables.groups, &commit.groups);
        put_all(&mut tables.transfers, &commit.transfers);
        put_all(&mut tables.files, &commit.files);
        put_all(&mut tables.outcomes, &commit.outcomes);
        if commit.strict {
            self.durable = self.tables.clone();
        }
    }

    /// What was written since the last strict commit is lost.
    pub fn cut_power(&mut self) {
        self.tables = self.durable.clone();
    }

    pub fn saved(&self) -> Saved {
        let Tables { queue, groups, transfers, files, outcomes } = self.tables.clone();
        Saved {
            queue,
            groups: groups.into_iter().collect(),
            transfers: transfers.into_iter().collect(),
            files: files.into_values().collect(),
            outcomes: outcomes.into_iter().collect(),
        }
    }

    pub fn state(&self, serial: Serial) -> Option<&SavedState> {
        self.tables.groups.get(&serial).map(|group| &group.state)
    }
}

fn put_all<K: Clone + Ord, R: Clone>(table: &mut BTreeMap<K, R>, changes: &[(K, Option<R>)]) {
    for (key, record) in changes {
        match record {
            Some(record) => drop(table.insert(key.clone(), record.clone())),
            None => drop(table.remove(key)),
        }
    }
}
