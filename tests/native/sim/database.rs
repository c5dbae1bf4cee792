//! A database that applies commits, and may lose the relaxed ones to a power cut.

use qmgr::protocol::{ClientId, Serial, StoredFile};
use qmgr::queue::{Commit, Part};
use qmgr::snapshot::{GroupRecord, OutcomeRecord, QueueRecord, Saved, SavedState, TransferRecord};
use std::collections::{BTreeMap, BTreeSet};

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

    /// What an engine begins with that finds these parts on the disk.
    pub fn saved(&self, parts: impl Iterator<Item = Part>) -> Saved {
        let Tables { queue, groups, transfers, files, outcomes } = self.tables.clone();
        let mut saved = Saved {
            queue,
            groups: groups.into_iter().collect(),
            transfers: Vec::new(),
            files: files.into_values().collect(),
            outcomes: outcomes.into_iter().collect(),
        };
        saved.transfers = if saved.is_older() {
            transfers.into_iter().collect()
        } else {
            let owners: BTreeSet<Serial> = parts.map(|part| part.serial).collect();
            self.transfers_of(owners)
        };
        saved
    }

    /// The records of the files of groups.
    pub fn transfers_of(
        &self,
        groups: impl IntoIterator<Item = Serial>,
    ) -> Vec<((Serial, u32), TransferRecord)> {
        let of_group = |serial| self.tables.transfers.range((serial, 0)..=(serial, u32::MAX));
        let records = groups.into_iter().flat_map(of_group);
        records.map(|(key, record)| (*key, record.clone())).collect()
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
