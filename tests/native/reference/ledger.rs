//! The engine held against the rules, through commits and crashes.

use super::Class;
use super::rules::{Outcome, Reference};
use crate::sim::{Servers, mirror};
use qmgr::abi::{FileSet, FileSetInfo, GROUPPROP_DISPLAYNAME, Hresult, PropertyValue, QmgrError};
use qmgr::protocol::{Answer, Call, ClientId, Command, GroupRow};
use qmgr::queue::Commit;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What was said to the engine, what of it is durable, and what it has to say to that.
#[derive(Default)]
pub struct Ledger {
    /// The queue with all that was said.
    pub told: Reference,
    /// The queue as it was when the commit under way was made, and whether that is strict.
    under_way: Option<(Reference, bool)>,
    /// The queue as its records tell, and its rows show.
    pub shown: Reference,
    /// The queue as a power cut leaves it.
    strict: Reference,
    /// The codes that calls are to be answered with.
    due: BTreeMap<(ClientId, u64), Outcome>,
    /// Whether calls that wait are answered with the failure of the database.
    is_refusing: bool,
    /// Whether something happened that the rules do not foresee.
    is_blind: bool,
    /// The files that were ever asked for, by the key of their path.
    asked: BTreeMap<String, Vec<FileSetInfo>>,
}

impl Ledger {
    /// Something is about to happen that the rules do not foresee: from here on, nothing is checked but
    /// what stands under a name.
    pub fn look_away(&mut self) {
        self.is_blind = true;
    }

    /// A call came, and was answered so, or will be when something is durable.
    pub fn note_call(&mut self, call: &Call, answer: Option<&Result<Answer, QmgrError>>) {
        let outcome = match answer {
            Some(Err(error)) => Err(error.hresult),
            Some(Ok(_)) | None => Ok(()),
        };
        if let (Command::AddFiles { files, .. }, Ok(())) = (&call.command, outcome) {
            for file in files {
                let checked = FileSet::try_from(file.clone()).expect("it was taken");
                self.asked.entry(checked.local.key().to_owned()).or_default().push(file.clone());
            }
        }
        if self.is_blind {
            return;
        }
        let foreseen = self.told.outcomes(call);
        assert!(
            foreseen.contains(&outcome),
            "{call:?} is answered with {outcome:?}, not {foreseen:?}"
        );
        if let (Command::EnumGroups { .. }, Some(Ok(Answer::Ids(ids)))) = (&call.command, answer) {
            assert_eq!(*ids, self.told.visible_to(&call.owner), "{call:?}");
        }
        self.told.note(call, outcome);
        self.due.insert((call.client.clone(), call.sequence), outcome);
    }

    /// A reply came.
    pub fn check_reply(
        &mut self,
        client: &ClientId,
        sequence: u64,
        result: &Result<Answer, QmgrError>,
    ) {
        if self.is_blind {
            return;
        }
        let due = self.due.remove(&(client.clone(), sequence));
        let due = due.expect("a call is answered once, after it came");
        let outcome = result.as_ref().map(drop).map_err(|error| error.hresult);
        let is_refused = self.is_refusing && outcome == Err(Hresult::E_FAIL);
        assert!(outcome == due || is_refused, "{client:?} {sequence}: {outcome:?}, not {due:?}");
    }

    /// A row came: it shows what is durable.
    pub fn check_row(&mut self, row: &GroupRow) {
        if self.is_blind {
            return;
        }
        let group = self.shown.groups.get_mut(&row.serial).expect("the group of a row");
        let class = Class::of(row.state);
        assert!(group.classes().contains(&class), "{group:?} shows as {row:?}");
        class.check_words(row, group.foreground);
        if class == Class::Cancelled {
            return;
        }
        assert_eq!((row.id, row.job), (group.id, group.job), "{row:?}");
        assert_eq!(row.files_total as usize, group.files.len(), "{row:?}");
        let name = PropertyValue::Text(group.name.clone());
        assert_eq!(row.properties.get(GROUPPROP_DISPLAYNAME), Ok(name), "{row:?}");
        group.classes = BTreeSet::from([class]);
        // Nobody has said anything of it since, so that is what it was.
        if let Some(told) = self.told.groups.get_mut(&row.serial)
            && told.changes == group.changes
        {
            told.classes = BTreeSet::from([class]);
        }
    }

    /// A commit is made of all that was said.
    pub fn note_commit(&mut self, commit: &Commit) {
        self.under_way = Some((self.told.clone(), commit.strict));
    }

    /// The commit is durable.
    pub fn note_written(&mut self) {
        let (written, is_strict) = self.under_way.take().expect("a commit is under way");
        self.shown = written;
        if is_strict {
            self.strict = self.shown.clone();
        }
    }

    /// What is not durable was never said.
    pub fn note_crash(&mut self, is_power_cut: bool) {
        if is_power_cut {
            self.shown = self.strict.clone();
        }
        self.told = self.shown.clone();
        self.under_way = None;
        self.is_refusing = false;
    }

    /// The calls that wait will be answered with the failure of the database.
    pub fn note_refusal(&mut self) {
        self.is_refusing = true;
    }

    /// Whether a file of these bytes may stand at a path: it was asked for there, its server held it in
    /// full, and it is what its caller promised.
    pub fn may_stand(&self, key: &str, bytes: &[u8], servers: &Servers) -> bool {
        self.asked.get(key).into_iter().flatten().any(|file| may_be(file, bytes, servers))
    }
}

fn may_be(file: &FileSetInfo, bytes: &[u8], servers: &Servers) -> bool {
    let urls = [file.remote_file.to_string(), mirror(&file.remote_file)];
    let mut held = urls
        .iter()
        .chain(&servers.stand_ins)
        .filter_map(|url| servers.files.get(url))
        .flat_map(|file| &file.versions);
    let checked = FileSet::try_from(file.clone()).expect("it was taken");
    held.any(|version| version == bytes)
        && file.size.is_none_or(|size| size == bytes.len() as u64)
        && checked.integrity.is_none_or(|hash| hash.0[..] == Sha256::digest(bytes)[..])
}
