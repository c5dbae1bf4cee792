//! Who reads a file while it is being fetched: which bytes are there, and that those which are waited for
//! come first.
//!
//! A reader that lacks a byte asks for it again and again; what it asks for is wanted until a moment after
//! it asked last. The next request of the file begins there, and a body that would be long in coming to it
//! ends where it is. What was passed over is a gap like any other: it is fetched later.

use super::pieces::asked;
use super::state::State;
use super::{Effect, Part, Queue};
use crate::abi::LocalPath;
use crate::protocol::Serial;
use crate::time::Millis;
use std::rc::Rc;

/// So long after a reader has asked last its byte is wanted.
const PATIENCE: Millis = Millis(2_000);

/// What a reader asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// The name under which the file is to stand.
    pub path: LocalPath,
    /// The part that it reads, once it has been told.
    pub part: Option<Part>,
    /// The first byte that it lacks; `None` while it only wants to know the file.
    pub at: Option<u64>,
    /// When it began to read: of several readers of a file the latest is served first.
    pub since: Millis,
}

/// What a reader is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// No group fetches such a file.
    Absent,
    /// The part that was read has been given up: the file starts again.
    Changed,
    /// The group of the file has stopped, with this sentence, before the byte was there.
    Failed(String),
    /// The file is being fetched.
    Fetched(Readable),
    /// The file stands under its name.
    Published,
    /// Its server has not answered yet.
    Unanswered,
}

/// A file that is being fetched, as its reader has to know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Readable {
    /// What holds its bytes.
    pub part: Part,
    /// Up to here bytes are durable from the one on that was asked for.
    pub until: u64,
    /// The file's size, once known.
    pub size: Option<u64>,
    /// The `ETag`, as sent.
    pub etag: Option<Rc<str>>,
    /// The `Last-Modified` as a time.
    pub last_modified: Option<Millis>,
    /// The media type, as sent; empty when none was.
    pub media_type: Rc<str>,
}

/// A byte that a reader waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    at: u64,
    since: Millis,
    until: Millis,
}

impl Wanted {
    /// The byte, unless nobody waits for it any more.
    pub(super) fn at(self, now: Millis) -> Option<u64> {
        (now < self.until).then_some(self.at)
    }
}

impl Queue {
    /// Tells a reader how far it can read, and sees to it that what it lacks comes next.
    pub fn read(&mut self, ask: &Ask, now: Millis) -> Told {
        let groups = match ask.part {
            Some(part) => vec![part.serial],
            // Any group may be the one that will have a file of this name.
            None => self.by_id.values().copied().collect(),
        };
        if self.lacks_files_of_any(groups) {
            return Told::Unanswered;
        }
        let Some((serial, index)) = self.file_for(ask) else { return Told::Absent };
        let Some((group, file)) = self.file(serial, index) else { return Told::Absent };
        let part = file.part(serial, index);
        if ask.part.is_some_and(|read| read != part) {
            return Told::Changed;
        }
        if file.published {
            return Told::Published;
        }
        let at = ask.at.unwrap_or_default();
        let until = file.durable.get(at).map_or(at, |range| range.end);
        let size = file.version.as_ref().and_then(|version| version.size);
        let is_missing = ask.at.is_some() && until == at && size != Some(at);
        if let State::Error(error) = group.state()
            && (is_missing || file.version.is_none())
        {
            return Told::Failed(error.message.clone());
        }
        let Some(version) = &file.version else { return Told::Unanswered };
        let readable = Readable {
            part,
            until,
            size,
            etag: version.etag.clone(),
            last_modified: version.modified_at(),
            media_type: version.media_type.clone(),
        };
        if is_missing {
            self.want(serial, index, at, ask.since, now);
        }
        Told::Fetched(readable)
    }

    /// The file that a reader means: of several that are to stand under one name the one that was added
    /// last, or one that is published.
    fn file_for(&self, ask: &Ask) -> Option<(Serial, u32)> {
        if let Some(Part { serial, index, .. }) = ask.part {
            let (group, _) = self.file(serial, index)?;
            return is_there(group.state()).then_some((serial, index));
        }
        let groups = self.groups.iter().filter(|(_, group)| is_there(group.state()));
        let files = groups.flat_map(|(serial, group)| {
            group.indexed().map(move |(index, file)| (*serial, index, file))
        });
        files
            .filter(|(.., file)| file.file.local.key() == ask.path.key())
            .max_by_key(|(serial, index, file)| (!file.published, *serial, *index))
            .map(|(serial, index, _)| (serial, index))
    }

    fn want(&mut self, serial: Serial, index: u32, at: u64, since: Millis, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let later = file.wanted.filter(|other| other.at(now).is_some() && other.since > since);
        if later.is_some() {
            return;
        }
        file.wanted = Some(Wanted { at, since, until: now.plus(PATIENCE) });
        if file.is_written(at) {
            // What is there and not durable need not wait for its checkpoint.
            let tickets = file.flush_if_due(1, Millis(0), now);
            self.effects.extend(tickets.into_iter().map(|ticket| Effect::Flush { ticket }));
        } else {
            self.bring_first(serial, index, at, now);
        }
        self.unsettled.insert(serial);
        self.settle(now);
    }

    /// Makes a byte of a running file come soon, if its server can prove ranges: by one connection more
    /// where there may be one, else in the place of one that is of no help.
    fn bring_first(&mut self, serial: Serial, index: u32, at: u64, now: Millis) {
        let Some((group, file)) = self.file(serial, index) else { return };
        let is_current = group.current().is_some_and(|(current, _)| current == index);
        let is_closing = file.connections.iter().any(|connection| !connection.is_open());
        if *group.state() != State::Running || !is_current || is_closing || self.stopping {
            return;
        }
        let Some(size) = file.ranged_size(self.settings.resume) else { return };
        if let Some(body) = file.bringing(at, size) {
            // One that has brought nothing yet, or not even been answered, will show where it is.
            if let Some((ticket, position)) = body
                && at - position > self.host.pieces.near
            {
                self.abort(serial, index, ticket);
            }
            return;
        }
        let open = file.open().count();
        let (breadth, per_file) = (group.breadth(file), self.settings.connections.per_file);
        let limit = breadth.map_or(per_file.unwrap_or(1), |breadth| breadth.limit(per_file));
        let may_be_more = u32::try_from(open).is_ok_and(|open| open < limit)
            && breadth.is_none_or(|breadth| !breadth.is_impatient(now))
            && self.check_room(file.file.remote.origin(), 0).is_ok();
        if open == 0 {
            // The group's next step begins there.
        } else if !may_be_more {
            let newest = file.open().rfind(|open| open.has_moved());
            if let Some(ticket) = newest.map(|newest| newest.ticket) {
                self.abort(serial, index, ticket);
            }
        } else if let Some(gap) = file.free_gap(size, now) {
            self.request(serial, index, Some(asked(&gap, size)), now);
        }
    }
}

/// Whether the files of a group in this state will stand under their names.
const fn is_there(state: &State) -> bool {
    match state {
        State::Cancelled { .. } => false,
        State::Complete
        | State::Error(_)
        | State::New
        | State::Publishing
        | State::Running
        | State::Suspended
        | State::Waiting(_) => true,
    }
}
