//! The one job of a group: its files, and what they add up to.
//!
//! A job may have a hundred thousand files, so nothing that happens to one of them looks at the others:
//! each file counts for a share, which is counted anew when it has changed.

use super::transfer::Transfer;
use crate::abi::{Guid, SIZE_LIMIT};
use crate::ordered::{Map, Set};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The one job of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Job {
    pub(super) id: Guid,
    files: Vec<Transfer>,
    /// What each file counts for, except that `open` may have changed since.
    places: Vec<Place>,
    sums: Sums,
    /// The file that was lent to be changed last.
    open: Option<usize>,
    /// No file before this one is incomplete.
    current: usize,
    /// The files that can be moved to their names at once.
    movable: Set<u32>,
    /// The last file of each path, by the path's hash: two paths of one hash only wait for each other.
    last_of_path: Map<u32, usize>,
}

/// A file among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    share: Share,
    /// The file of the same path before it. It is moved first.
    before: Option<usize>,
    /// The file of the same path behind it.
    behind: Option<usize>,
}

/// What one file counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Share {
    bytes_done: u64,
    size: Option<u64>,
    complete: bool,
    published: bool,
    busy: bool,
}

/// What all files add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sums {
    bytes_done: u128,
    /// Of the files whose size is known.
    bytes_total: u128,
    /// How many sizes are not known.
    unsized_files: usize,
    /// How many are there whole.
    pub(super) complete: usize,
    /// How many stand under their names.
    pub(super) published: usize,
    /// How many are there whole and do not stand under their names.
    pub(super) unpublished: usize,
    /// How many have something under way.
    pub(super) busy: usize,
}

impl Share {
    fn of(file: &Transfer) -> Self {
        Self {
            bytes_done: file.bytes_done(),
            size: file.size(),
            complete: file.complete,
            published: file.published,
            busy: file.is_busy(),
        }
    }

    /// Whether it is to be moved to its name.
    const fn is_unpublished(self) -> bool {
        self.complete && !self.published
    }
}

impl Sums {
    fn add(&mut self, share: Share) {
        self.bytes_done += u128::from(share.bytes_done);
        self.bytes_total += u128::from(share.size.unwrap_or(0));
        self.unsized_files += usize::from(share.size.is_none());
        self.complete += usize::from(share.complete);
        self.published += usize::from(share.published);
        self.unpublished += usize::from(share.is_unpublished());
        self.busy += usize::from(share.busy);
    }

    fn subtract(&mut self, share: Share) {
        self.bytes_done -= u128::from(share.bytes_done);
        self.bytes_total -= u128::from(share.size.unwrap_or(0));
        self.unsized_files -= usize::from(share.size.is_none());
        self.complete -= usize::from(share.complete);
        self.published -= usize::from(share.published);
        self.unpublished -= usize::from(share.is_unpublished());
        self.busy -= usize::from(share.busy);
    }

    /// Bytes fetched so far; JavaScript counts no further than this does.
    pub(super) fn bytes_done(&self) -> u64 {
        limited(self.bytes_done)
    }

    /// Bytes of all files, once every size is known; promised sizes may add up to more than can be.
    pub(super) fn bytes_total(&self) -> Option<u64> {
        (self.unsized_files == 0).then(|| limited(self.bytes_total))
    }
}

fn limited(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX).min(SIZE_LIMIT)
}

impl Job {
    /// A job of these files.
    pub(super) fn new(id: Guid, files: Vec<Transfer>) -> Self {
        let mut job = Self {
            id,
            files: Vec::new(),
            places: Vec::new(),
            sums: Sums::default(),
            open: None,
            current: 0,
            movable: Set::new(),
            last_of_path: Map::new(),
        };
        job.add(files);
        job
    }

    /// Adds files behind the others.
    pub(super) fn add(&mut self, files: impl IntoIterator<Item = Transfer>) {
        self.count();
        for file in files {
            let index = self.files.len();
            let before = self.last_of_path.insert(path_hash(&file), index);
            if let Some(before) = before {
                self.places[before].behind = Some(index);
            }
            let share = Share::of(&file);
            self.sums.add(share);
            self.places.push(Place { share, before, behind: None });
            self.files.push(file);
            self.sort_in(index);
        }
        self.skip_complete();
    }

    /// All files.
    pub(super) fn files(&self) -> &[Transfer] {
        &self.files
    }

    /// One file, to be changed.
    pub(super) fn file_mut(&mut self, index: u32) -> Option<&mut Transfer> {
        let index = usize::try_from(index).ok()?;
        if self.open != Some(index) {
            self.count();
        }
        let file = self.files.get_mut(index)?;
        self.open = Some(index);
        Some(file)
    }

    /// One file, to be changed in nothing that it counts for.
    pub(super) fn file_uncounted(&mut self, index: u32) -> Option<&mut Transfer> {
        self.files.get_mut(usize::try_from(index).ok()?)
    }

    /// The answers that brought nothing are forgotten, of all files.
    pub(super) fn forget_fruitless(&mut self) {
        for file in &mut self.files {
            file.fruitless = 0;
        }
    }

    /// What all files add up to.
    pub(super) fn sums(&self) -> Sums {
        let mut sums = self.sums;
        if let Some(open) = self.open {
            sums.subtract(self.places[open].share);
            sums.add(Share::of(&self.files[open]));
        }
        sums
    }

    /// For how many files something is under way.
    pub(super) fn busy(&self) -> usize {
        let Some(open) = self.open else { return self.sums.busy };
        let others = self.sums.busy - usize::from(self.places[open].share.busy);
        others + usize::from(self.files[open].is_busy())
    }

    /// The first file, in add order, that is not there whole.
    pub(super) fn current(&self) -> Option<(u32, &Transfer)> {
        let reopened = self.open.filter(|&open| open < self.current && !self.files[open].complete);
        let from = reopened.unwrap_or(self.current);
        let incomplete = self.files.iter().enumerate().skip(from).find(|(_, file)| !file.complete);
        incomplete.map(|(index, file)| (file_index(index), file))
    }

    /// The first file that is there whole and can be moved to its name at once: of two files of one path
    /// the later one goes there after the earlier.
    pub(super) fn next_move(&mut self) -> Option<u32> {
        self.count();
        self.movable.first().copied()
    }

    /// Counts what was changed.
    pub(super) fn count(&mut self) {
        let Some(index) = self.open.take() else { return };
        let share = Share::of(&self.files[index]);
        let before = std::mem::replace(&mut self.places[index].share, share);
        self.sums.subtract(before);
        self.sums.add(share);
        let has_moved = before.is_unpublished() != share.is_unpublished();
        if has_moved || before.busy != share.busy {
            self.sort_in(index);
        }
        if has_moved && let Some(behind) = self.places[index].behind {
            self.sort_in(behind);
        }
        if !share.complete {
            self.current = self.current.min(index);
        } else if !before.complete {
            self.skip_complete();
        }
    }

    fn skip_complete(&mut self) {
        let rest = &self.places[self.current..];
        self.current += rest.iter().take_while(|place| place.share.complete).count();
    }

    /// Whether a file can be moved.
    fn sort_in(&mut self, index: usize) {
        let place = self.places[index];
        let waits = place.before.is_some_and(|before| self.places[before].share.is_unpublished());
        if place.share.is_unpublished() && !place.share.busy && !waits {
            self.movable.insert(file_index(index));
        } else {
            self.movable.remove(&file_index(index));
        }
    }

    /// Whether all that is counted is what counting all files anew comes to.
    pub(super) fn is_consistent(&self) -> bool {
        let anew = Self::new(self.id, self.files.clone());
        let mut counted = self.clone();
        counted.count();
        anew == counted
    }
}

fn path_hash(file: &Transfer) -> u32 {
    let mut hasher = DefaultHasher::new();
    file.file.local.key().hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).expect("half of a hash has half of its bits")
}

/// A place in the list as the header's DWORD.
fn file_index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
