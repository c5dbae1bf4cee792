//! From the request of a connection to the end that it reports.

use super::super::{Engine, js};
use super::Order;
use super::body::Body;
use super::head::{head, response};
use crate::http::Request;
use crate::protocol::Credentials;
use crate::queue::{Ended, Event, Part, Ticket};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestMode, Response, Url};

/// What runs behind a connection, until it has reported its end.
pub(super) struct Task {
    pub(super) engine: Engine,
    pub(super) ticket: Ticket,
    pub(super) controller: AbortController,
    pub(super) orders: UnboundedReceiver<Order>,
    pub(super) own_orders: UnboundedSender<Order>,
}

impl Task {
    pub(super) async fn run(
        mut self,
        url: String,
        request: Request,
        headers: Vec<(String, String)>,
        credentials: Credentials,
    ) {
        let sent = self.fetch(&url, &request, &headers, credentials);
        let (position, how) = match self.answer(sent).await {
            None => (None, Ended::Aborted),
            Some(Err(thrown)) if self.is_aborted() => (None, drop_as(thrown, Ended::Aborted)),
            Some(Err(thrown)) if Url::new(&url).is_err() => {
                (None, Ended::BadUrl(js::sentence(&thrown)))
            }
            Some(Err(thrown)) => (None, Ended::Unanswered(js::sentence(&thrown))),
            Some(Ok(response)) => {
                self.engine.report(Event::Answered { ticket: self.ticket, head: head(&response) });
                self.receive(&response).await
            }
        };
        let Self { engine, ticket, .. } = self;
        engine.close_connection(ticket);
        engine.report(Event::Ended { ticket, position, how });
    }

    pub(super) async fn run_probe(mut self, url: String) {
        let init = self.init(Credentials::Omit);
        init.set_method("HEAD");
        init.set_mode(RequestMode::NoCors);
        let sent = self.send(&url, &init);
        let answer = self.answer(sent).await;
        let is_aborted = self.is_aborted();
        let Self { engine, ticket, .. } = self;
        engine.close_connection(ticket);
        engine.report(match answer {
            None => Event::Ended { ticket, position: None, how: Ended::Aborted },
            Some(_) if is_aborted => Event::Ended { ticket, position: None, how: Ended::Aborted },
            Some(answer) => Event::Probed { ticket, is_reachable: answer.is_ok() },
        });
    }

    /// Waits for the answer; `None` when the connection is aborted before, even if the transport does
    /// not heed the signal.
    async fn answer(
        &mut self,
        sent: Result<Promise, JsValue>,
    ) -> Option<Result<Response, JsValue>> {
        let answer = match sent {
            Ok(answer) => answer,
            Err(thrown) => return Some(Err(thrown)),
        };
        let mut answer = JsFuture::from(answer);
        loop {
            match select(answer, self.orders.next()).await {
                Either::Left((answer, _)) => return Some(answer.and_then(response)),
                Either::Right((Some(Order::Abort) | None, _)) => return None,
                Either::Right((Some(_), unfinished)) => answer = unfinished,
            }
        }
    }

    /// Waits for leave to write the body, and writes it; before that, compares its start if so ordered.
    async fn receive(&mut self, response: &Response) -> (Option<u64>, Ended) {
        let mut body = match response.body().as_ref().map(Body::of) {
            None => Body::default(),
            Some(Ok(body)) => body,
            Some(Err(thrown)) => return (None, drop_as(thrown, Ended::Broken)),
        };
        loop {
            match self.orders.next().await {
                Some(Order::Compare { part, at, until }) => {
                    match self.compare(&mut body, part, at, until).await {
                        Ok(is_equal) => {
                            let ticket = self.ticket;
                            self.engine.report(Event::Compared { ticket, is_equal });
                        }
                        Err(how) => {
                            self.controller.abort();
                            return (None, how);
                        }
                    }
                }
                Some(Order::Receive { part, at, until, allowed, hash }) => {
                    return self.fill(&part, &mut body, at, until, allowed, hash).await;
                }
                Some(
                    Order::Allow { .. } | Order::Flush | Order::Report | Order::Shorten { .. },
                ) => {}
                Some(Order::Abort) | None => return (None, Ended::Aborted),
            }
        }
    }

    /// Whether the body, whose first byte belongs at `at`, has up to `until` the bytes of the part.
    async fn compare(
        &mut self,
        body: &mut Body,
        part: Part,
        at: u64,
        until: u64,
    ) -> Result<bool, Ended> {
        let length = u32::try_from(until - at).expect("an overlap is short");
        let kept = self.engine.files().read(part, at, length).await.map_err(Ended::Disk)?;
        let mut rest = &kept[..];
        while !rest.is_empty() {
            let Some(chunk) = self.next_chunk(body).await? else { return Err(Ended::Closed) };
            let bytes = chunk.to_vec();
            let (here, later) = rest.split_at(rest.len().min(bytes.len()));
            if bytes[..here.len()] != *here {
                return Ok(false);
            }
            if here.len() < bytes.len() {
                body.ahead = Some(Uint8Array::from(&bytes[here.len()..]));
            }
            rest = later;
            let position = until - rest.len() as u64;
            self.engine.report(Event::Progress { ticket: self.ticket, position });
        }
        Ok(true)
    }

    /// What the body brings next, while nothing but an abort is heeded.
    async fn next_chunk(&mut self, body: &mut Body) -> Result<Option<Uint8Array>, Ended> {
        let Some(mut read) = body.read(u64::MAX) else { return Ok(None) };
        loop {
            match select(read, self.orders.next()).await {
                Either::Left((result, _)) => {
                    return result.and_then(|result| body.take(&result)).map_err(|thrown| {
                        let is_aborted = self.is_aborted();
                        drop_as(thrown, if is_aborted { Ended::Aborted } else { Ended::Broken })
                    });
                }
                Either::Right((Some(Order::Abort) | None, _)) => return Err(Ended::Aborted),
                Either::Right((Some(_), unfinished)) => read = unfinished,
            }
        }
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.controller.signal().aborted()
    }
}

/// The platform says no more than that it failed; what that means is in `ended`.
pub(super) fn drop_as(thrown: JsValue, ended: Ended) -> Ended {
    drop(thrown);
    ended
}
