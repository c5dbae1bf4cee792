//! Files that are there whole: they are checked, then moved to their names.

use super::commit::After;
use super::lobby::NoRoom;
use super::state::{Cause, State};
use super::transfer::{Transfer, Work};
use super::{DiskFailure, Effect, Errand, Queue};
use crate::abi::{Hresult, Sha256Integrity};
use crate::http::{Failure, Version};
use crate::protocol::{Serial, StoredFile};
use crate::snapshot::HashMark;
use crate::time::Millis;

impl Queue {
    /// All bytes are there: checks their hash, or takes them as they are and goes on with the next file.
    pub(super) fn check_whole(
        &mut self,
        serial: Serial,
        index: u32,
        now: Millis,
    ) -> Result<(), NoRoom> {
        let Some((_, file)) = self.file(serial, index) else { return Ok(()) };
        let is_empty = file.version.as_ref().is_some_and(|version| version.size == Some(0));
        if file.file.integrity.is_some() && !is_empty {
            let (part, from) = (file.part(serial, index), file.hash.clone());
            let is_continued = from.position > 0;
            let ticket = self.ticket(Errand::File(serial, index));
            if let Some(file) = self.file_mut(serial, index) {
                file.work = Some(Work::Hashing { is_continued });
            }
            // The bytes are hashed as they will be published: flushed, under the record that names them.
            self.when_durable(After::Effect(Effect::Hash { ticket, part, from }));
            self.to_show.insert((serial, index));
        } else {
            if is_empty {
                // There need not even be a part to read.
                self.handle_hash(serial, index, Ok(Sha256Integrity::OF_NOTHING.0), now);
            } else if let Some(file) = self.file_mut(serial, index) {
                file.complete = true;
                self.change_small_file(serial, index, 0, now);
            }
            self.settle_group(serial, now);
            if self.groups.get(&serial).is_some_and(|group| *group.state() == State::Running) {
                return self.advance(serial, now);
            }
        }
        Ok(())
    }

    /// A part is hashed so far. While it is written, a record of it comes with that of the bytes.
    pub(super) fn note_hash(&mut self, serial: Serial, index: u32, mark: HashMark) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.note_hash(Some(mark));
        if matches!(file.work, Some(Work::Hashing { .. })) {
            self.change_file(serial, index);
        }
    }

    /// The hash of all bytes of a file is known.
    pub(super) fn handle_hash(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<[u8; 32], DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let work = file.work.take();
        match result {
            Ok(found) if file.file.integrity.as_ref().is_none_or(|wanted| wanted.0 == found) => {
                file.complete = true;
                self.change_file(serial, index);
            }
            // What is thrown away for its hash was read whole, as it stands on the disk.
            Ok(_) if work == Some(Work::Hashing { is_continued: true }) => {
                file.hash = HashMark::default();
                self.change_file(serial, index);
            }
            Ok(_) => {
                let failure = Failure {
                    hresult: Hresult::BG_E_VALIDATION_FAILED,
                    message:
                        "the bytes that the server sent do not have the hash that integrity names"
                            .to_owned(),
                    transient: false,
                    http_status: 0,
                    retry_after: None,
                };
                self.start_again(serial, index);
                self.fail(serial, Some(index), failure, now);
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    /// Moves the files to their names; the group is complete when all are there.
    pub(super) fn publish(&mut self, serial: Serial, now: Millis) {
        if self.lacks_files(serial) {
            return;
        }
        let Some(group) = self.groups.get_mut(&serial) else { return };
        if group.sums().published == group.files().len() {
            group.follow(Cause::AllPublished);
            group.trouble = None;
            return self.change_group(serial, now);
        }
        self.move_all(serial);
    }

    /// Moves what can be moved. Of two files of one path the later one goes there after the record of
    /// the earlier.
    pub(super) fn move_all(&mut self, serial: Serial) {
        loop {
            let group = self.groups.get_mut(&serial);
            let Some(index) = group.and_then(|group| group.job.as_mut()?.next_move()) else {
                return;
            };
            self.move_to_its_name(serial, index);
        }
    }

    fn move_to_its_name(&mut self, serial: Serial, index: u32) {
        let ticket = self.ticket(Errand::File(serial, index));
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = Some(Work::Publishing);
        let effect = Effect::Publish {
            ticket,
            part: file.part(serial, index),
            target: file.file.local.clone(),
            size: file.version.as_ref().and_then(|version| version.size).unwrap_or_default(),
        };
        self.when_durable(After::Effect(effect));
    }

    pub(super) fn handle_published(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<(), DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = None;
        let size = file.version.as_ref().and_then(|version| version.size);
        let key = file.file.local.key().to_owned();
        // A file that stood there before may have that size, too: it is not the part that is gone.
        let stood_before = || self.files.get(&key).map(|file| file.size);
        match result {
            Ok(()) => self.note_published(serial, index, now),
            // The move was done, and the crash came before the record of it.
            Err(DiskFailure::Missing { target_size })
                if target_size.is_some() && target_size == size && stood_before() != size =>
            {
                self.note_published(serial, index, now);
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    fn note_published(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.published = true;
        let (key, stored) = (file.file.local.key().to_owned(), stored_file(file, now));
        let first_spelt = self.files.get(&key).map(|earlier| earlier.local_file.clone());
        let stored = StoredFile { local_file: first_spelt.unwrap_or(stored.local_file), ..stored };
        self.change_stored(key, Some(stored));
        self.change_file(serial, index);
    }
}

fn stored_file(file: &Transfer, now: Millis) -> StoredFile {
    let version = file.version.as_ref();
    StoredFile {
        local_file: file.file.local.text(),
        remote_file: file.file.remote.text(),
        size: version.and_then(|version| version.size).unwrap_or_default(),
        last_modified: version.and_then(Version::modified_at).unwrap_or(now),
        etag: version.and_then(|version| version.etag.clone()),
        media_type: version.map(|version| version.media_type.clone()).unwrap_or_default(),
        integrity: file.file.integrity.as_ref().map(ToString::to_string),
    }
}
