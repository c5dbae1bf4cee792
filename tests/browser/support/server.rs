//! A server to converse with: the `fetch` of an engine, whose requests a test takes one by one and
//! answers as it pleases.

use super::js;
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use js_sys::{Function, Promise, TypeError, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortSignal, DomException, ReadableStream, ReadableStreamDefaultController, Response,
    ResponseInit,
};

/// The `fetch` of one engine or of several after one another.
pub struct Server {
    fetch: Closure<dyn FnMut(String, JsValue) -> Promise>,
    requests: RefCell<UnboundedReceiver<Exchange>>,
}

/// A request that has come, to be answered.
pub struct Exchange {
    url: String,
    init: JsValue,
    signal: AbortSignal,
    resolve: Function,
    reject: Function,
}

/// A body that is sent bit by bit.
pub struct Body {
    controller: ReadableStreamDefaultController,
    signal: AbortSignal,
}

impl Server {
    pub fn new() -> Self {
        let (sender, requests) = unbounded();
        let fetch = Closure::new(move |url, init| accept(&sender, url, init));
        Self { fetch, requests: RefCell::new(requests) }
    }

    /// The function to open a queue with.
    pub fn fetch(&self) -> JsValue {
        self.fetch.as_ref().clone()
    }

    /// The next request.
    #[expect(clippy::await_holding_refcell_ref, reason = "a test awaits one request at a time")]
    pub async fn next_request(&self) -> Exchange {
        let mut requests = self.requests.borrow_mut();
        let request = js::within("a request", requests.next()).await;
        request.expect("the closure that sends lives as long as this")
    }

    /// Whether a request has come that nobody has taken.
    pub fn was_asked(&self) -> bool {
        self.requests.borrow_mut().try_recv().is_ok()
    }
}

fn accept(sender: &UnboundedSender<Exchange>, url: String, init: JsValue) -> Promise {
    Promise::new(&mut |resolve, reject| {
        let signal: AbortSignal = js::get(&init, "signal").unchecked_into();
        reject_on_abort(&signal, &reject);
        let (url, init) = (url.clone(), init.clone());
        let exchange = Exchange { url, init, signal, resolve, reject };
        // A test that is over takes no more requests.
        drop(sender.unbounded_send(exchange));
    })
}

fn reject_on_abort(signal: &AbortSignal, reject: &Function) {
    let reject = reject.clone();
    when_aborted(signal, move || {
        // Rejecting a promise that is settled does nothing.
        drop(reject.call1(&JsValue::UNDEFINED, &abort_error()));
    });
}

fn when_aborted(signal: &AbortSignal, act: impl FnOnce() + 'static) {
    let listener = Closure::once_into_js(act);
    signal.set_onabort(Some(listener.unchecked_ref()));
}

fn abort_error() -> JsValue {
    DomException::new_with_message_and_name("the request was aborted", "AbortError")
        .expect("a message and a name")
        .into()
}

impl Exchange {
    /// The URL that was asked for.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A field of the request's head; `None` when it was not sent.
    pub fn header(&self, name: &str) -> Option<String> {
        js::get(&self.init, &format!("headers.{name}")).as_string()
    }

    /// A member of the `RequestInit`.
    pub fn option(&self, name: &str) -> Option<String> {
        js::get(&self.init, name).as_string()
    }

    /// Answers with a body that is still to be sent.
    pub fn answer(self, status: u16, head: &[(&str, &str)]) -> Body {
        let controller = Rc::new(RefCell::new(None));
        let keep = Rc::clone(&controller);
        let start = Closure::once_into_js(move |controller: ReadableStreamDefaultController| {
            keep.replace(Some(controller));
        });
        let source = js::object([("start", start)]).unchecked_into();
        let stream = ReadableStream::new_with_underlying_source(&source).expect("a stream");
        let controller = controller.take().expect("a stream calls `start` at once");
        let init = response_init(status, head);
        let response =
            Response::new_with_opt_readable_stream_and_init(Some(&stream), &init).expect("a head");
        let broken = controller.clone();
        when_aborted(&self.signal, move || broken.error_with_e(&abort_error()));
        self.respond(&response);
        Body { controller, signal: self.signal }
    }

    /// Answers with a whole body, which the browser hands out as a stream of bytes of its own.
    pub fn answer_whole(self, status: u16, head: &[(&str, &str)], bytes: &[u8]) {
        let init = response_init(status, head);
        let bytes = Uint8Array::from(bytes);
        let response = Response::new_with_opt_js_u8_array_and_init(Some(&bytes), &init);
        self.respond(&response.expect("a head"));
    }

    /// Answers with the range that was asked for of a file of this version, as a static server does.
    pub fn answer_range(self, file: &[u8], etag: Option<&str>) -> Body {
        let start = self.start_of_range();
        let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
        let length = (file.len() - start).to_string();
        let mut head = vec![("Content-Range", &*range), ("Content-Length", &*length)];
        head.extend(etag.map(|etag| ("ETag", etag)));
        self.answer(206, &head)
    }

    /// Where the range that was asked for begins.
    pub fn start_of_range(&self) -> usize {
        let range = self.header("Range").expect("a request for a range");
        let start = range.strip_prefix("bytes=").and_then(|range| range.split('-').next());
        start.and_then(|start| start.parse().ok()).expect("a range with a start")
    }

    /// Fails as `fetch` does: with a bare `TypeError`.
    pub fn fail(self) {
        drop(self.reject.call1(&JsValue::UNDEFINED, &TypeError::new("Failed to fetch")));
    }

    /// Answers with something else than a response.
    pub fn answer_with(self, value: &JsValue) {
        self.respond(value);
    }

    fn respond(&self, response: &JsValue) {
        self.resolve.call1(&JsValue::UNDEFINED, response).expect("a promise's own function");
    }
}

impl Body {
    /// Sends bytes.
    pub fn send(&self, bytes: &[u8]) {
        let chunk = Uint8Array::from(bytes);
        self.controller.enqueue_with_chunk(&chunk).expect("an open stream");
    }

    /// Ends the body.
    pub fn end(&self) {
        self.controller.close().expect("an open stream");
    }

    /// Breaks the connection.
    pub fn cut(&self) {
        self.controller.error_with_e(&TypeError::new("network error"));
    }

    /// Whether the engine has let go of it.
    pub fn is_aborted(&self) -> bool {
        self.signal.aborted()
    }
}

fn response_init(status: u16, head: &[(&str, &str)]) -> ResponseInit {
    let init = ResponseInit::new();
    init.set_status(status);
    let headers = web_sys::Headers::new().expect("no fields");
    for (name, value) in head {
        headers.append(name, value).expect("a field");
    }
    init.set_headers(&headers);
    init
}
