//! The database and the disk, held against what no engine may do to them.

use super::{DAMAGED_STATE, Task, World};
use crate::sim::database::Database;
use crate::sim::disk::Disk;
use qmgr::abi::LocalPath;
use qmgr::queue::{Commit, DiskFailure, Event, Part, Ticket};
use qmgr::snapshot::HashMark;
use sha2::{Digest, Sha256};

impl World {
    /// The commit under way, if there is one.
    pub fn commit_under_way(&self) -> Option<&Commit> {
        self.tasks
            .values()
            .find_map(|task| if let Task::Commit(commit) = task { Some(&**commit) } else { None })
    }

    /// Whether a part is being hashed as a whole.
    pub fn hash_is_under_way(&self) -> bool {
        self.tasks.values().any(|task| matches!(task, Task::Hash { .. }))
    }

    /// Reads a part through; what was hashed before must be what is there.
    pub(super) fn hash(&mut self, ticket: Ticket, part: Part, from: &HashMark) {
        self.hashed_from.push(from.position);
        let checked = check_mark(&self.disk, part, from);
        let result = checked.and_then(|()| Ok(Sha256::digest(self.disk.read(part)?).into()));
        let result = if from.state == DAMAGED_STATE { Ok([0; 32]) } else { result };
        self.report(Event::Hashed { ticket, result });
    }

    pub(super) fn write_records(&mut self, commit: &Commit) {
        check_ranges(&self.database, commit);
        self.database.apply(commit);
        self.ledger.note_written();
    }

    pub(super) fn delete_part(&mut self, part: Part) {
        self.check_deletion(part);
        self.disk.delete_part(part);
    }

    pub(super) fn move_to_its_name(
        &mut self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        self.disk.publish(part, target, size)?;
        let bytes = self.disk.files.get(target.key()).expect("a file");
        let held = self.ledger.may_stand(target.key(), bytes, &self.servers);
        assert!(held, "what stands at {} was never held by its server", target.as_str());
        Ok(())
    }

    /// A part is deleted only after no record names it.
    fn check_deletion(&self, part: Part) {
        let record = self.database.tables.transfers.get(&(part.serial, part.index));
        let is_named = record.is_some_and(|record| {
            record.generation == part.generation && !record.ranges.is_empty() && !record.published
        });
        assert!(!is_named, "the part {part} is deleted while a record names it");
    }
}

/// A hash is continued only over the bytes of which it was made.
pub(super) fn check_mark(disk: &Disk, part: Part, mark: &HashMark) -> Result<(), DiskFailure> {
    if mark.position > 0 && mark.state != DAMAGED_STATE {
        assert_eq!(*mark, disk.hash_mark(part, mark.position)?, "the mark of {part}");
    }
    Ok(())
}

/// Bytes under a recorded range are never written again.
pub(super) fn check_untouched(database: &Database, part: Part, at: u64, length: u64) {
    let record = database.tables.transfers.get(&(part.serial, part.index));
    let touched = record.filter(|record| record.generation == part.generation).and_then(|record| {
        record.ranges.iter().find(|&&(start, end)| start < at + length && at < end)
    });
    assert_eq!(touched, None, "{length} bytes are written at {at} of the part {part}");
}

/// Recorded ranges shrink only with a new generation.
fn check_ranges(database: &Database, commit: &Commit) {
    for (key, record) in &commit.transfers {
        let (Some(new), Some(old)) = (record, database.tables.transfers.get(key)) else { continue };
        let is_kept = |&(start, end): &(u64, u64)| {
            new.ranges.iter().any(|&(first, last)| first <= start && end <= last)
        };
        let grows = old.ranges.iter().all(is_kept);
        assert!(
            new.generation > old.generation || new.generation == old.generation && grows,
            "{key:?}: {old:?} becomes {new:?}"
        );
    }
}
