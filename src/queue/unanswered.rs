//! What it means that a request got no answer: the platform's bare error says nothing (design §3.9).

use super::connection::{Connection, Source, Stage};
use super::{Effect, Errand, Queue, Ticket};
use crate::abi::Hresult;
use crate::http::{Failure, Reach, Request};
use crate::protocol::Serial;
use crate::time::Millis;

impl Queue {
    /// A request got no answer. Asked once more without `Range`, or looked into, or a failure.
    pub(super) fn handle_unanswered(
        &mut self,
        serial: Serial,
        index: u32,
        request: &Request,
        source: &Source,
        message: String,
        now: Millis,
    ) {
        let Some((group, file)) = self.file(serial, index) else { return };
        let reach = file.reach_from(self.host.origin.as_deref(), source);
        let (failures, finding) = match &group.trouble {
            Some(trouble) => (trouble.failures, Some(trouble.error.hresult)),
            None => (0, None),
        };
        let is_news = match finding {
            Some(Hresult::E_ACCESSDENIED) => !file.is_known_to_answer(),
            Some(Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT) => !file.durable.is_empty(),
            Some(Hresult::BG_E_CONNECT_FAILURE) => false,
            Some(_) | None => true,
        };
        // At the 1st, 2nd, 4th, 8th … failure in a row, or after one of another kind: a dead server is
        // asked little more than by the requests themselves, and what one that has come back does is
        // found out all the same.
        let is_looked_into =
            self.online && (failures.saturating_add(1).is_power_of_two() || is_news);
        if reach == Reach::MixedContent {
            self.fail(serial, Some(index), mixed_content(), now);
        } else if reach == Reach::BlockedPort {
            let message = "the browser sends nothing to the port of this URL";
            self.fail(serial, Some(index), bad_url(message.to_owned()), now);
        } else if is_looked_into && may_be_coded(request) {
            if let Some(file) = self.file_mut(serial, index) {
                file.without_range = true;
                file.may_be_coded = true;
            }
        } else if is_looked_into && request.range.is_some() && !file.durable.is_empty() {
            // What is kept stays until an answer shows that nothing can continue it.
            if let Some(file) = self.file_mut(serial, index) {
                file.looks_for_whole = true;
                file.may_be_coded = true;
            }
        } else if is_looked_into && reach == Reach::CrossOrigin {
            let ticket = self.ticket(Errand::Connection(serial, index));
            let Some(file) = self.file_mut(serial, index) else { return };
            let url = source.url(&file.file.remote).as_str().to_owned();
            let stage = Stage::Probing { message, since: now };
            file.connections.push(Connection { ticket, stage });
            self.effects.push_back(Effect::Probe { ticket, url });
        } else {
            self.fail(serial, Some(index), unreachable(message), now);
        }
    }

    /// Whether the server lives that gave a request no answer.
    pub(super) fn handle_probe(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        is_reachable: bool,
        now: Millis,
    ) {
        let page = self.host.origin.clone().unwrap_or_default();
        let Some((group, file)) = self.file(serial, index) else { return };
        // Once is not enough: a server may break two connections and answer the third.
        let was_found_before = group.trouble.as_ref().is_some_and(|trouble| {
            trouble.error.hresult == Hresult::E_ACCESSDENIED
                && trouble.error.file_index == Some(index)
        });
        let may_pass = !was_found_before || file.is_known_to_answer();
        let Some(file) = self.file_mut(serial, index) else { return };
        // Given up meanwhile, it means nothing.
        let Some(Stage::Probing { message, .. }) = file.remove(ticket) else { return };
        let failure =
            if is_reachable { refused_by_cors(&page, may_pass) } else { unreachable(message) };
        self.fail(serial, Some(index), failure, now);
    }

    /// A request for the rest of a file got no answer, and one for the whole of it gets the version that
    /// is kept. A few times that may be chance; then the file is fetched as a whole.
    pub(super) fn note_whole_alone(&mut self, serial: Serial, index: u32, now: Millis) {
        let reason = "the server answers a request for the whole file, and none for the rest of it";
        self.count_fruitless(serial, index, reason, now);
        let failure = failure(Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT, reason.to_owned());
        self.fail(serial, Some(index), Failure { transient: true, ..failure }, now);
    }
}

/// Whether the error may be what browsers make of a content-coded answer to a range request, and no
/// kept byte is given up by asking without.
fn may_be_coded(request: &Request) -> bool {
    request.range.is_some() && request.asks_for_all()
}

fn unreachable(message: String) -> Failure {
    Failure { transient: true, ..failure(Hresult::BG_E_CONNECT_FAILURE, message) }
}

/// A server that has let this page read its answers before is believed to do so again: what it sends
/// when it is in trouble often lacks the headers.
fn refused_by_cors(page: &str, may_pass: bool) -> Failure {
    let message = format!(
        "CORS: the server answers, and does not let pages of {page} read the answer \
         (Access-Control-Allow-Origin), or it breaks each connection before its answer"
    );
    Failure { transient: may_pass, ..failure(Hresult::E_ACCESSDENIED, message) }
}

fn mixed_content() -> Failure {
    let message = "mixed content: a page that came over https may not fetch over http";
    failure(Hresult::BG_E_PROTOCOL_NOT_AVAILABLE, message.to_owned())
}

/// The platform does not take the URL for one.
pub(super) fn bad_url(message: String) -> Failure {
    failure(Hresult::WINHTTP_INVALID_URL, message)
}

fn failure(hresult: Hresult, message: String) -> Failure {
    Failure { hresult, message, transient: false, http_status: 0, retry_after: None }
}
