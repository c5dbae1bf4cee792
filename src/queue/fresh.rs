//! Which request to send: the stored one, or one that a page gives in its place.
//!
//! ```text
//!            ┌── a page fails to say, or says nothing in time, or is gone ──┐
//!            ▼                                                              │
//! request ─► who is next? ─ the engine's own page, then the latest ─► Ask ──┴─ Given ─► Fetch, as given
//!                │ nobody
//!                ├─ a page could not say ─► a failure that passes
//!                ├─ none has been there for a moment ─► wait for one that comes
//!                └─ else ─► Fetch, as stored
//! ```
//!
//! A queue of which no page ever wanted to be asked sends its requests at once. Each request is asked for
//! by itself, also those for ranges of one file and those after a failure: what a page gives may be good
//! for a minute or for once. None of it is saved.

use super::connection::{Asking, Source};
use super::notifications::Callbacks;
use super::{Ended, Queue, Ticket};
use crate::abi::{Hresult, RemoteUrl};
use crate::http::{AnswerHead, Failure, Fresh};
use crate::protocol::{AskedFile, ClientId, Given, Serial, ToPage};
use crate::time::Millis;
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// So long a page may take to say which request to send.
const ANSWER_LIMIT: Millis = Millis(30_000);

/// So long a queue whose pages are asked waits for one, after its engine has started and after the last
/// page that could be asked has gone: a page that is loaded again needs a moment.
const ARRIVAL_LIMIT: Millis = Millis(10_000);

impl Callbacks {
    /// Who is asked next: the engine's own page before others, of those the latest.
    fn next_to_ask(&self, own: &str, asked: &[ClientId]) -> Option<ClientId> {
        let others = self.askable.iter().filter(|(client, _)| !asked.contains(client));
        let next = others.max_by_key(|(client, at)| (&*client.0 == own, *at))?;
        Some(next.0.clone())
    }
}

impl Queue {
    /// Whether pages are asked before a request is sent. Once none has come in time the queue has none,
    /// and the next engine waits for none.
    pub(super) fn has_to_ask(&mut self, now: Millis) -> bool {
        let may_come = now < self.callbacks.unasked_since.plus(ARRIVAL_LIMIT);
        let has_to = !self.callbacks.askable.is_empty() || self.asks_pages && may_come;
        if self.asks_pages && !has_to {
            self.asks_pages = false;
            self.pending.queue = true;
        }
        has_to
    }

    /// The pages that can be asked have changed.
    pub(super) fn note_askable(&mut self, change: impl FnOnce(&mut Callbacks), now: Millis) {
        let there_were = !self.callbacks.askable.is_empty();
        change(&mut self.callbacks);
        let there_are = !self.callbacks.askable.is_empty();
        if there_were && !there_are {
            self.callbacks.unasked_since = now;
        }
        if there_are && !self.asks_pages {
            self.asks_pages = true;
            self.pending.queue = true;
        }
        if there_are != there_were {
            self.ask_others(now);
        }
    }

    /// Asks the next page which request a connection is to send; where there is none, decides it.
    pub(super) fn ask_next(&mut self, serial: Serial, index: u32, ticket: Ticket, now: Millis) {
        let Some(asking) = self.asking_mut(serial, index, ticket) else { return };
        let asked = asking.asked.clone();
        if let Some(client) = self.callbacks.next_to_ask(&self.host.worker, &asked) {
            return self.ask(serial, index, ticket, client, now);
        }
        let arrival = self.callbacks.unasked_since.plus(ARRIVAL_LIMIT);
        let may_come = self.callbacks.askable.is_empty() && now < arrival;
        let Some(asking) = self.asking_mut(serial, index, ticket) else { return };
        asking.page = None;
        if let Some(reason) = asking.failure.take() {
            self.fail_to_ask(serial, index, ticket, &reason, now);
        } else if may_come {
            asking.until = arrival;
        } else {
            self.send(serial, index, ticket, Source::Unanswered, now);
        }
    }

    fn ask(&mut self, serial: Serial, index: u32, ticket: Ticket, client: ClientId, now: Millis) {
        let Some((group, file)) = self.file(serial, index) else { return };
        let Some(job) = &group.job else { return };
        let file = Box::new(AskedFile {
            group: group.id,
            job: job.id,
            index,
            remote_file: file.file.remote.as_str().to_owned(),
            local_file: file.file.local.as_str().to_owned(),
        });
        let Some(asking) = self.asking_mut(serial, index, ticket) else { return };
        asking.asked.push(client.clone());
        asking.page = Some(client.clone());
        asking.until = now.plus(ANSWER_LIMIT);
        self.messages.push_back(ToPage::Ask { client, question: ticket.0, file });
    }

    /// A page has said which request to send. That counts, however late, while the request is not
    /// decided; that it cannot say counts of the page whose turn it is.
    pub(super) fn handle_given(
        &mut self,
        client: &ClientId,
        ticket: Ticket,
        given: Given,
        now: Millis,
    ) {
        let Some((serial, index)) = self.file_of(ticket) else { return };
        let Some(asking) = self.asking_mut(serial, index, ticket) else { return };
        if !asking.asked.contains(client) {
            return;
        }
        let fresh = match given {
            Given::Failed(reason) => Err(reason),
            Given::Fresh { url, headers } => {
                Fresh::read(url.as_deref(), headers).map(Source::Fresh).map_err(str::to_owned)
            }
            Given::Stored => Ok(Source::Stored),
        };
        match fresh {
            Ok(source) => self.send(serial, index, ticket, source, now),
            Err(reason) => {
                asking.failure.get_or_insert(reason);
                if asking.page.as_ref() == Some(client) {
                    self.ask_next(serial, index, ticket, now);
                }
            }
        }
    }

    /// What the request of a file was waiting for may have come, or gone.
    pub(super) fn ask_others(&mut self, now: Millis) {
        for (serial, index) in self.traffic.files().collect::<Vec<_>>() {
            self.ask_others_of(serial, index, now);
        }
    }

    /// Asks the next page where one has been silent for too long or is gone, or has just come.
    pub(super) fn ask_others_of(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some((_, file)) = self.file(serial, index) else { return };
        let is_over = |asking: &Asking| {
            let is_there = |page| self.callbacks.askable.iter().any(|(there, _)| there == page);
            asking.until <= now || !asking.page.as_ref().is_some_and(is_there)
        };
        let over = file.connections.iter().filter(|open| open.asking().is_some_and(is_over));
        for ticket in over.map(|open| open.ticket).collect::<Vec<_>>() {
            self.ask_next(serial, index, ticket, now);
        }
    }

    /// A connection ends before it has begun.
    pub(super) fn stop_asking(&mut self, serial: Serial, index: u32, ticket: Ticket) {
        if let Some(file) = self.file_mut(serial, index) {
            file.remove(ticket);
        }
        self.end_ticket(ticket);
        self.unsettled.insert(serial);
        self.show_file(serial, index);
    }

    /// No page could say which request to send. That passes: what was not meant is not sent.
    fn fail_to_ask(
        &mut self,
        serial: Serial,
        index: u32,
        ticket: Ticket,
        reason: &str,
        now: Millis,
    ) {
        self.stop_asking(serial, index, ticket);
        let Some((_, file)) = self.file(serial, index) else { return };
        if file.open().next().is_some() {
            self.narrow(serial, index);
        } else {
            let failure = Failure {
                hresult: Hresult::E_FAIL,
                message: format!("onRequest gave no request: {reason}"),
                transient: true,
                http_status: 0,
                retry_after: None,
            };
            self.fail(serial, Some(index), failure, now);
        }
    }

    fn asking_mut(&mut self, serial: Serial, index: u32, ticket: Ticket) -> Option<&mut Asking> {
        self.file_mut(serial, index)?.asking_mut(ticket)
    }
}

/// An answer to a request that a page has given, without the address that answered: it may be a secret
/// as a whole, not only its query, and is saved with the version. What it is compared for is kept.
pub(super) fn hide_address<'a>(
    head: &'a AnswerHead,
    source: &Source,
    stored: &RemoteUrl,
) -> Cow<'a, AnswerHead> {
    let is_given = matches!(source, Source::Fresh(fresh) if fresh.url().is_some());
    if !is_given || address(&head.url) == address(stored.as_str()) {
        return Cow::Borrowed(head);
    }
    let digest = Base64::encode_string(&Sha256::digest(address(&head.url)));
    Cow::Owned(AnswerHead { url: format!("sha256-{digest}"), ..head.clone() })
}

/// A URL without query and fragment.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// How a request ended that a page has given, without the platform's words, which may tell its URL.
pub(super) fn fresh_unanswered(how: Ended) -> Ended {
    match how {
        Ended::BadUrl(_) => Ended::BadUrl("the browser takes the URL of onRequest for none".into()),
        Ended::Unanswered(_) => Ended::Unanswered("no answer to the request of onRequest".into()),
        Ended::Aborted | Ended::Broken | Ended::Closed | Ended::Disk(_) | Ended::Overlong => how,
    }
}

/// A failure of the stored request, which was sent because no page gave another.
pub(super) fn note_unanswered(failure: Failure, source: &Source) -> Failure {
    if *source != Source::Unanswered {
        return failure;
    }
    let message = format!("{}; no page gave another request than the stored one", failure.message);
    Failure { message, ..failure }
}
