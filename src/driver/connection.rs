//! One request, from `fetch` to the last byte of its body in a part.

use super::files::{OpenPart, SharedPart};
use super::hasher::{BUFFER_SIZE, Hasher};
use super::{Engine, clock, js};
use crate::http::{AnswerHead, Headers, Request};
use crate::protocol::Credentials;
use crate::queue::{DiskFailure, Ended, Event, Part, Ticket};
use crate::snapshot::HashMark;
use crate::time::Millis;
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::{Object, Promise, Reflect, TypeError, Uint8Array};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode, RequestCache, RequestCredentials,
    RequestInit, RequestMode, Response, ResponseType, Url,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// Whether there is a transport besides one that the caller brings.
pub(super) fn has_global_fetch() -> bool {
    Reflect::get(&js_sys::global(), &"fetch".into()).is_ok_and(|fetch| fetch.is_function())
}

/// Progress is reported at least this often while bytes arrive.
const REPORT_BYTES: u64 = 8 << 20;

/// Progress is reported at least this often while bytes arrive.
const REPORT_INTERVAL: Millis = Millis(100);

/// What the queue orders of a connection that is open.
pub(super) enum Order {
    Abort,
    Allow {
        until: u64,
    },
    Compare {
        part: Part,
        at: u64,
        until: u64,
    },
    Flush,
    Receive {
        part: SharedPart,
        at: u64,
        until: Option<u64>,
        allowed: u64,
        hash: Option<HashMark>,
    },
    /// Not the queue's: what has come since the last report is told, though no more comes.
    Report,
    Shorten {
        until: u64,
    },
}

/// A connection that is open; dropped before it has ended, it is aborted.
pub(super) struct Connection {
    controller: AbortController,
    orders: UnboundedSender<Order>,
    has_ended: Cell<bool>,
}

impl Connection {
    pub(super) fn open(
        engine: Engine,
        ticket: Ticket,
        url: String,
        request: Request,
        headers: Vec<(String, String)>,
        credentials: Credentials,
    ) -> Option<Rc<Self>> {
        Self::start(engine, ticket, |task| task.run(url, request, headers, credentials))
    }

    /// Asks whether a server lives, which needs no leave of it.
    pub(super) fn probe(engine: Engine, ticket: Ticket, url: String) -> Option<Rc<Self>> {
        Self::start(engine, ticket, |task| task.run_probe(url))
    }

    fn start<F: Future<Output = ()> + 'static>(
        engine: Engine,
        ticket: Ticket,
        run: impl FnOnce(Task) -> F,
    ) -> Option<Rc<Self>> {
        // Every platform that has `fetch` has it.
        let controller = AbortController::new().ok()?;
        let (orders, receiver) = unbounded();
        let task = Task {
            engine,
            ticket,
            controller: controller.clone(),
            orders: receiver,
            own_orders: orders.clone(),
        };
        spawn_local(run(task));
        Some(Rc::new(Self { controller, orders, has_ended: Cell::new(false) }))
    }

    pub(super) fn order(&self, order: Order) {
        let is_abort = matches!(order, Order::Abort);
        // A task that has ended has reported so already.
        drop(self.orders.unbounded_send(order));
        if is_abort {
            // A transport may listen to the signal and call back: everything is in order by now.
            self.controller.abort();
        }
    }

    /// The task has ended; there is nothing left to abort.
    pub(super) fn note_end(&self) {
        self.has_ended.set(true);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.has_ended.get() {
            self.order(Order::Abort);
        }
    }
}

struct Task {
    engine: Engine,
    ticket: Ticket,
    controller: AbortController,
    orders: UnboundedReceiver<Order>,
    own_orders: UnboundedSender<Order>,
}

impl Task {
    async fn run(
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

    async fn run_probe(mut self, url: String) {
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

    fn fetch(
        &self,
        url: &str,
        request: &Request,
        given: &[(String, String)],
        credentials: Credentials,
    ) -> Result<Promise, JsValue> {
        let init = self.init(credentials);
        let headers = Object::new();
        for (name, value) in given {
            Reflect::set(&headers, &name.into(), &value.into())?;
        }
        if let Some(range) = request.range {
            Reflect::set(&headers, &"Range".into(), &range.to_string().into())?;
        }
        if let Some(validator) = &request.if_range {
            Reflect::set(&headers, &"If-Range".into(), &validator.into())?;
        }
        init.set_headers(&headers);
        self.send(url, &init)
    }

    fn init(&self, credentials: Credentials) -> RequestInit {
        let init = RequestInit::new();
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(match credentials {
            Credentials::Include => RequestCredentials::Include,
            Credentials::Omit => RequestCredentials::Omit,
            Credentials::SameOrigin => RequestCredentials::SameOrigin,
        });
        init.set_signal(Some(&self.controller.signal()));
        init
    }

    fn send(&self, url: &str, init: &RequestInit) -> Result<Promise, JsValue> {
        match self.engine.transport() {
            Some(fetch) => {
                Ok(Promise::resolve(&fetch.call2(&JsValue::UNDEFINED, &url.into(), init)?))
            }
            None => global_fetch(url, init),
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
                // Held to the end, so that another connection of the file finds it open.
                Some(Order::Receive { part, at, until, allowed, hash }) => {
                    return match part.clone().await {
                        Err(failure) => {
                            self.controller.abort();
                            (None, Ended::Disk(failure))
                        }
                        Ok(part) => {
                            let mut part = part.share();
                            let start = self.engine.hash_worker();
                            let mut hasher = hash.map(|mark| Hasher::resume(&mark, start));
                            if let Some(hasher) = &mut hasher {
                                part.catch_up(hasher, at).await;
                            }
                            let mut pump = Pump {
                                part,
                                hasher,
                                position: at,
                                flushed: at,
                                until,
                                allowed,
                                is_shortened: false,
                            };
                            let how = self.pump(&mut pump, &mut body).await;
                            let hasher = pump.hasher.take();
                            let ended = pump.close(how).await;
                            if let Some(mut hasher) = hasher {
                                hasher.settle().await;
                                self.report_hash(&mut hasher);
                            }
                            ended
                        }
                    };
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

    async fn pump(&mut self, pump: &mut Pump, body: &mut Body) -> Ended {
        let mut reported = Reported { position: pump.position, ..Reported::default() };
        if let Some(ahead) = body.ahead.take()
            && let Err(how) = self.write(pump, body, ahead).await
        {
            return how;
        }
        loop {
            while pump.room() == 0 {
                self.report_progress(pump, &mut reported);
                let order = self.orders.next().await;
                if let Err(how) = self.heed(order, pump, &mut reported).await {
                    return how;
                }
            }
            let Some(mut read) = body.read(pump.room()) else { return Ended::Closed };
            let chunk = loop {
                match select(read, self.orders.next()).await {
                    Either::Left((chunk, _)) => break chunk,
                    Either::Right((order, unfinished)) => {
                        read = unfinished;
                        if let Err(how) = self.heed(order, pump, &mut reported).await {
                            return how;
                        }
                    }
                }
            };
            match chunk.and_then(|result| body.take(&result)) {
                Ok(None) => return Ended::Closed,
                Ok(Some(chunk)) => {
                    if let Err(how) = self.write(pump, body, chunk).await {
                        return how;
                    }
                }
                Err(thrown) if self.is_aborted() => return drop_as(thrown, Ended::Aborted),
                Err(thrown) => return drop_as(thrown, Ended::Broken),
            }
            // The queue hears of it while there is room left for what comes until it is made durable.
            let half = pump.allowed.saturating_sub(reported.position) / 2;
            let is_far = pump.position - reported.position >= half.min(REPORT_BYTES);
            if is_far || self.engine.now().since(reported.at) >= REPORT_INTERVAL {
                self.report_progress(pump, &mut reported);
            } else if !reported.is_due {
                // Should no more come, these bytes are told all the same.
                reported.is_due = true;
                let orders = self.own_orders.clone();
                spawn_local(async move {
                    clock::sleep(REPORT_INTERVAL).await;
                    drop(orders.unbounded_send(Order::Report));
                });
            }
        }
    }

    /// Does what is ordered of a body that is being written, and says how that ends it.
    async fn heed(
        &self,
        order: Option<Order>,
        pump: &mut Pump,
        reported: &mut Reported,
    ) -> Result<(), Ended> {
        let how = match order {
            Some(Order::Allow { until }) => {
                pump.allowed = pump.allowed.max(until);
                return Ok(());
            }
            Some(Order::Flush) => match self.flush(pump).await {
                Ok(()) => return Ok(()),
                Err(failure) => Ended::Disk(failure),
            },
            Some(Order::Report) => {
                reported.is_due = false;
                self.report_progress(pump, reported);
                return Ok(());
            }
            Some(Order::Shorten { until }) => {
                let until = pump.shorten(until);
                self.engine.report(Event::Shortened { ticket: self.ticket, until });
                if !pump.is_over() {
                    return Ok(());
                }
                Ended::Closed
            }
            Some(Order::Compare { .. } | Order::Receive { .. }) => return Ok(()),
            Some(Order::Abort) | None => Ended::Aborted,
        };
        self.controller.abort();
        Err(how)
    }

    /// Writes a chunk, and ends the connection where no more can be written.
    async fn write(
        &self,
        pump: &mut Pump,
        body: &mut Body,
        chunk: Uint8Array,
    ) -> Result<(), Ended> {
        let how = match pump.write(body, chunk).await {
            Ok(_) if pump.is_over() => Ended::Closed,
            Ok(true) => return Ok(()),
            Ok(false) => Ended::Overlong,
            Err(failure) => Ended::Disk(failure),
        };
        self.controller.abort();
        Err(how)
    }

    fn report_progress(&self, pump: &Pump, reported: &mut Reported) {
        if pump.position > reported.position {
            reported.position = pump.position;
            reported.at = self.engine.now();
            self.engine.report(Event::Progress { ticket: self.ticket, position: pump.position });
        }
    }

    async fn flush(&self, pump: &mut Pump) -> Result<(), DiskFailure> {
        pump.flush().await?;
        if let Some(hasher) = &mut pump.hasher {
            self.report_hash(hasher);
        }
        self.engine.report(Event::Flushed { ticket: self.ticket, position: pump.flushed });
        Ok(())
    }

    fn report_hash(&self, hasher: &mut Hasher) {
        let mark = hasher.mark();
        self.engine.report(Event::HashedTo { ticket: self.ticket, mark });
    }

    fn is_aborted(&self) -> bool {
        self.controller.signal().aborted()
    }
}

/// What was last told of a body's progress.
#[derive(Default)]
struct Reported {
    position: u64,
    at: Millis,
    /// A timer for the next report is running.
    is_due: bool,
}

/// Where a body goes.
struct Pump {
    part: OpenPart,
    hasher: Option<Hasher>,
    position: u64,
    flushed: u64,
    until: Option<u64>,
    /// It may be written up to here.
    allowed: u64,
    /// It ends earlier than its answer says, so that nothing is wrong with what comes then.
    is_shortened: bool,
}

impl Pump {
    /// Ends it at a position, or where it is if that is further; says where.
    fn shorten(&mut self, until: u64) -> u64 {
        let until = until.max(self.position);
        self.until = Some(until);
        self.is_shortened = true;
        until
    }

    /// How many bytes may be read next: none while it waits for leave to be written further. Behind its
    /// end whatever comes is read, since it is not written.
    fn room(&self) -> u64 {
        if self.until.is_some_and(|until| self.position >= until) {
            u64::MAX
        } else {
            self.allowed.saturating_sub(self.position)
        }
    }

    /// Whether it was shortened and has come to its end.
    fn is_over(&self) -> bool {
        self.is_shortened && self.until.is_some_and(|until| self.position >= until)
    }

    /// Writes a chunk; false when it goes on where the body had to end.
    async fn write(&mut self, body: &mut Body, chunk: Uint8Array) -> Result<bool, DiskFailure> {
        let length = u64::from(chunk.length());
        let room = self.until.map_or(length, |until| until.saturating_sub(self.position));
        let fitting = length.min(room);
        let chunk = match u32::try_from(fitting) {
            Ok(end) if fitting < length => chunk.subarray(0, end),
            Ok(_) | Err(_) => chunk,
        };
        self.part.write(&chunk, self.position).await?;
        if let Some(hasher) = &mut self.hasher {
            body.read_into(&hasher.take(chunk, self.position, body.brings_our_buffers()).await);
        }
        self.position += fitting;
        Ok(fitting == length)
    }

    async fn flush(&mut self) -> Result<(), DiskFailure> {
        self.part.flush().await?;
        self.flushed = self.position;
        Ok(())
    }

    /// Flushes and closes the part; what could not be flushed does not count.
    async fn close(mut self, how: Ended) -> (Option<u64>, Ended) {
        let how = match self.flush().await {
            Ok(()) => how,
            Err(failure) => {
                self.flushed = self.flushed.max(self.part.durable());
                Ended::Disk(failure)
            }
        };
        self.part.close();
        (Some(self.flushed), how)
    }
}

/// A body, from which the start may have been read.
#[derive(Default)]
struct Body {
    /// `None` for an answer without a body.
    reader: Option<Reader>,
    /// Read with what was compared, and not written yet.
    ahead: Option<Uint8Array>,
}

impl Body {
    fn of(stream: &ReadableStream) -> Result<Self, JsValue> {
        Ok(Self { reader: Some(Reader::of(stream)?), ahead: None })
    }

    /// Reads on, at most so many bytes where the reader takes our buffer.
    fn read(&self, most: u64) -> Option<JsFuture> {
        self.reader.as_ref().map(|reader| reader.read(most))
    }

    /// Whether its chunks come in buffers that were handed in.
    const fn brings_our_buffers(&self) -> bool {
        matches!(self.reader, Some(Reader::Byob { .. }))
    }

    /// Hands in the buffer of an array for the next chunk, where the reader takes any.
    fn read_into(&mut self, array: &Uint8Array) {
        if let Some(Reader::Byob { buffer, .. }) = &mut self.reader {
            *buffer = Uint8Array::new(&array.buffer());
        }
    }

    fn take(&mut self, result: &JsValue) -> Result<Option<Uint8Array>, JsValue> {
        self.reader.as_mut().map_or(Ok(None), |reader| reader.take(result))
    }
}

/// A body's reader: one that fills our buffer where the stream can, else one that brings its own.
enum Reader {
    Byob { reader: ReadableStreamByobReader, buffer: Uint8Array },
    Default(ReadableStreamDefaultReader),
}

impl Reader {
    fn of(body: &ReadableStream) -> Result<Self, JsValue> {
        let options = ReadableStreamGetReaderOptions::new();
        options.set_mode(ReadableStreamReaderMode::Byob);
        match body.dyn_ref::<Streaming>() {
            Some(stream) => match stream.get_reader(&options) {
                Ok(reader) => Ok(Self::Byob {
                    reader: reader.unchecked_into(),
                    buffer: Uint8Array::new_with_length(BUFFER_SIZE),
                }),
                Err(_) => Ok(Self::Default(stream.get_default_reader()?.unchecked_into())),
            },
            None => Err(JsValue::UNDEFINED),
        }
    }

    fn read(&self, most: u64) -> JsFuture {
        match self {
            Self::Byob { reader, buffer } => {
                let most = u32::try_from(most).unwrap_or(u32::MAX).min(buffer.length());
                let view = buffer.subarray(0, most);
                JsFuture::from(reader.read_with_array_buffer_view(&view))
            }
            Self::Default(reader) => JsFuture::from(reader.read()),
        }
    }

    /// The chunk in the result of a read; `None` at the end of the body.
    fn take(&mut self, result: &JsValue) -> Result<Option<Uint8Array>, JsValue> {
        if Reflect::get(result, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let chunk = Reflect::get(result, &"value".into())?.dyn_into::<Uint8Array>()?;
        if let Self::Byob { buffer, .. } = self {
            // The buffer came back with the chunk; the one that was handed in is detached.
            *buffer = Uint8Array::new(&chunk.buffer());
        }
        Ok(Some(chunk))
    }
}

#[wasm_bindgen]
extern "C" {
    /// A stream whose `getReader` may refuse: web-sys binds it as one that cannot.
    #[wasm_bindgen(js_name = ReadableStream)]
    type Streaming;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(
        this: &Streaming,
        options: &ReadableStreamGetReaderOptions,
    ) -> Result<Object, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_default_reader(this: &Streaming) -> Result<Object, JsValue>;
}

/// What a transport answered with, if it is a response. Told by its shape: a library's `fetch` may
/// have a class of its own.
fn response(answer: JsValue) -> Result<Response, JsValue> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).unwrap_or_default();
    let is_response = get(&answer, "status").as_f64().is_some()
        && get(&answer, "url").is_string()
        && get(&get(&answer, "headers"), "get").is_function();
    if is_response {
        Ok(answer.unchecked_into())
    } else {
        Err(TypeError::new("fetch resolved to no Response").into())
    }
}

/// What of an answer the judge has to know.
fn head(response: &Response) -> AnswerHead {
    let get = |name: &str| response.headers().get(name).ok().flatten();
    AnswerHead {
        status: response.status(),
        filtered: response.type_() == ResponseType::Cors && js::page_origin().is_some(),
        url: response.url(),
        headers: Headers {
            accept_ranges: get("accept-ranges"),
            content_encoding: get("content-encoding"),
            content_length: get("content-length"),
            content_range: get("content-range"),
            content_type: get("content-type"),
            date: get("date"),
            etag: get("etag"),
            last_modified: get("last-modified"),
            retry_after: get("retry-after"),
        },
    }
}

/// The platform says no more than that it failed; what that means is in `ended`.
fn drop_as(thrown: JsValue, ended: Ended) -> Ended {
    drop(thrown);
    ended
}
