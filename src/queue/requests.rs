//! Requests: for which range of a file, from where, and how they go out.

use super::connection::{Asking, Connection, Source, Stage};
use super::pieces::asked;
use super::transfer::Transfer;
use super::{Effect, Errand, Queue, Ticket};
use crate::http::{ByteRange, plan, plan_range};
use crate::protocol::Serial;
use crate::time::Millis;

impl Queue {
    /// The range that begins where a reader waits, if one does and such an answer can be proven.
    pub(super) fn wanted_range(&self, file: &Transfer, now: Millis) -> Option<ByteRange> {
        let (at, size) = (file.wanted_at(now)?, file.version.as_ref()?.size?);
        let may_be = !file.without_range && !file.looks_for_whole;
        let gap = file.free_gap(size, now).filter(|gap| gap.start == at && may_be)?;
        file.is_strong(self.settings.resume).then(|| asked(&gap, size))
    }

    /// Opens a connection for a range of a file, or for all that is missing of it. Pages that want to be
    /// are asked first which request to send.
    pub(super) fn request(
        &mut self,
        serial: Serial,
        index: u32,
        range: Option<ByteRange>,
        now: Millis,
    ) {
        let ticket = self.ticket(Errand::Connection(serial, index));
        let Some(file) = self.file_mut(serial, index) else { return };
        let asking = Asking { range, asked: Vec::new(), page: None, until: now, failure: None };
        file.connections.push(Connection { ticket, stage: Stage::Asking(asking) });
        if self.has_to_ask(now) {
            self.ask_next(serial, index, ticket, now);
        } else {
            self.send(serial, index, ticket, Source::Stored, now);
        }
        self.to_show.insert((serial, index));
    }

    /// Sends the request of a connection.
    pub(super) fn send(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        source: Source,
        now: Millis,
    ) {
        let Some((group, file)) = self.file(serial, index) else { return };
        let asking = file.connections.iter().find(|open| open.ticket == ticket);
        let Some(asking) = asking.and_then(Connection::asking) else { return };
        let reach = file.reach_from(self.host.origin.as_deref(), &source);
        let planned = match asking.range {
            None => {
                let without_range = file.without_range || file.looks_for_whole;
                Some(plan(&self.kept(file), reach, without_range))
            }
            Some(range) => plan_range(&self.kept(file), reach, range),
        };
        let Some(request) = planned else { return self.abort(serial, index, ticket) };
        let headers = match &source {
            Source::Fresh(fresh) => fresh.headers().to_vec(),
            Source::Stored | Source::Unanswered => Vec::new(),
        };
        self.effects.push_back(Effect::Fetch {
            ticket,
            url: source.url(&file.file.remote).as_str().to_owned(),
            request: request.clone(),
            headers,
            credentials: group.credentials,
        });
        let Some(file) = self.file_mut(serial, index) else { return };
        file.without_range = false;
        file.looks_for_whole = false;
        if let Some(stage) = file.stage_mut(ticket) {
            *stage = Stage::Requesting { request, source, since: now };
        }
    }
}
