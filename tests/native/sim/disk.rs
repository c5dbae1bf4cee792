//! A disk on which only what was flushed survives a power cut.

use qmgr::abi::LocalPath;
use qmgr::ordered::Map;
use qmgr::queue::{DiskFailure, Part};
use qmgr::snapshot::HashMark;
use rangemap::RangeSet;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

/// How an engine ends without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The browser is killed: what was written stays, flushed or not.
    Kill,
    /// The power goes: what was not flushed is garbage, relaxed commits are lost.
    PowerCut,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct PartFile {
    written: Vec<u8>,
    /// The bytes that were not flushed since they were written.
    unflushed: RangeSet<usize>,
    /// Why a flush failed since it was opened: what was written is lost then, whatever later flushes say.
    failed: Option<DiskFailure>,
}

/// Parts and published files.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    parts: BTreeMap<Part, PartFile>,
    /// Published files by their path's key.
    pub files: Map<String, Vec<u8>>,
    /// Directories that stand where files are to be published, by key.
    pub directories: BTreeSet<String>,
    /// How many bytes fit; `None` for any number.
    pub capacity: Option<usize>,
    /// The parts that another context holds: they can be read and not opened.
    pub held: BTreeSet<Part>,
    /// Whether a part that will not fit is refused before a byte of it is written.
    pub checks_room: bool,
    /// What the next openings of a part say instead of opening it.
    pub open_refusals: VecDeque<DiskFailure>,
    /// What the next flushes say instead of flushing.
    pub flush_refusals: VecDeque<DiskFailure>,
    /// What the next moves to a name say instead of moving.
    pub refusals: VecDeque<DiskFailure>,
}

impl Disk {
    /// Cuts a part to what records name of it, so that a body can be written after it.
    pub fn open(
        &mut self,
        part: Part,
        keep: u64,
        create: bool,
        size: Option<u64>,
    ) -> Result<(), DiskFailure> {
        if let Some(refusal) = self.open_refusals.pop_front() {
            return Err(refusal);
        }
        let keep = usize::try_from(keep).expect("a small file");
        if self.held.contains(&part) {
            return Err(DiskFailure::Busy);
        }
        let whole = usize::try_from(size.unwrap_or_default()).expect("a small file");
        let used = self.used() + whole.saturating_sub(keep);
        if self.checks_room && self.capacity.is_some_and(|capacity| used > capacity) {
            return Err(DiskFailure::Full);
        }
        if create {
            self.parts.entry(part).or_default();
        }
        let file = self.parts.get_mut(&part).ok_or(DiskFailure::Missing { target_size: None })?;
        if file.written.len() < keep {
            return Err(DiskFailure::Missing { target_size: None });
        }
        file.written.truncate(keep);
        file.unflushed.remove(keep..usize::MAX);
        file.failed = None;
        Ok(())
    }

    /// Writes the first bytes of a part into a new one, and flushes it.
    pub fn copy(&mut self, from: Part, to: Part, length: u64) -> Result<(), DiskFailure> {
        let length = usize::try_from(length).expect("a small file");
        let bytes = self.read(from)?.get(..length);
        let written = bytes.ok_or(DiskFailure::Missing { target_size: None })?.to_vec();
        self.parts.insert(to, PartFile { written, ..PartFile::default() });
        Ok(())
    }

    pub fn write(&mut self, part: Part, at: u64, bytes: &[u8]) -> Result<(), DiskFailure> {
        let at = usize::try_from(at).expect("a small file");
        let used = self.used();
        let file = self.parts.get_mut(&part).ok_or(DiskFailure::Missing { target_size: None })?;
        let end = at + bytes.len();
        let growth = end.saturating_sub(file.written.len());
        if self.capacity.is_some_and(|capacity| used + growth > capacity) {
            return Err(DiskFailure::Full);
        }
        if file.written.len() < end {
            file.written.resize(end, 0);
        }
        file.written[at..end].copy_from_slice(bytes);
        if at < end {
            file.unflushed.insert(at..end);
        }
        Ok(())
    }

    /// Makes durable what is written; once it has failed it fails until the part is opened anew.
    pub fn flush(&mut self, part: Part) -> Result<(), DiskFailure> {
        let Some(file) = self.parts.get_mut(&part) else { return Ok(()) };
        if file.failed.is_none() && !file.unflushed.is_empty() {
            file.failed = self.flush_refusals.pop_front();
        }
        if let Some(failure) = &file.failed {
            return Err(failure.clone());
        }
        file.unflushed.clear();
        Ok(())
    }

    pub fn publish(
        &mut self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        // One that was moved already is missed before anything else.
        if self.parts.contains_key(&part)
            && let Some(refusal) = self.refusals.pop_front()
        {
            return Err(refusal);
        }
        let key = target.key();
        if self.directories.contains(key) || target.obstacle(&self.files).is_some() {
            return Err(DiskFailure::InTheWay);
        }
        let bytes = match self.parts.remove(&part) {
            Some(file) => file.written,
            None if size == 0 => Vec::new(),
            None => {
                let target_size = self.files.get(key).map(|file| file.len() as u64);
                return Err(DiskFailure::Missing { target_size });
            }
        };
        self.files.insert(key.to_owned(), bytes);
        Ok(())
    }

    pub fn read(&self, part: Part) -> Result<&[u8], DiskFailure> {
        match self.parts.get(&part) {
            Some(file) => Ok(&file.written),
            None => Err(DiskFailure::Missing { target_size: None }),
        }
    }

    /// What is told of a part that is hashed so far: here, the hash of those bytes.
    pub fn hash_mark(&self, part: Part, position: u64) -> Result<HashMark, DiskFailure> {
        let length = usize::try_from(position).expect("a small file");
        let bytes = self.read(part)?.get(..length);
        let digest = Sha256::digest(bytes.ok_or(DiskFailure::Missing { target_size: None })?);
        let state = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(HashMark { position, state })
    }

    /// A range of a part, if a power cut would leave all of it.
    pub fn durable(&self, part: Part, range: Range<usize>) -> Option<&[u8]> {
        let file = self.parts.get(&part)?;
        file.written.get(range.clone()).filter(|_| !file.unflushed.overlaps(&range))
    }

    pub fn delete_part(&mut self, part: Part) {
        self.parts.remove(&part);
    }

    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.parts.keys().copied()
    }

    pub fn delete_orphans(&mut self, is_named: impl Fn(Part) -> bool) {
        self.parts.retain(|part, _| is_named(*part));
    }

    /// What was not flushed is there in length, and garbage; with dice, a part of it is there or none.
    pub fn cut_power(&mut self, mut dice: Option<&mut fastrand::Rng>) {
        for file in self.parts.values_mut() {
            for Range { start, end } in file.unflushed.iter().cloned() {
                let whole = dice.as_mut().map_or(start, |dice| dice.usize(start..=end));
                file.written[whole..end].fill(0xEE);
            }
            let last = file.unflushed.iter().next_back().cloned();
            if let Some(last) = last.filter(|last| last.end == file.written.len())
                && let Some(dice) = &mut dice
            {
                file.written.truncate(dice.usize(last.start..=last.end));
                file.unflushed.remove(file.written.len()..usize::MAX);
            }
        }
    }

    /// How many bytes all parts hold.
    pub fn in_parts(&self) -> usize {
        self.parts.values().map(|file| file.written.len()).sum()
    }

    fn used(&self) -> usize {
        self.in_parts() + self.files.values().map(Vec::len).sum::<usize>()
    }
}
