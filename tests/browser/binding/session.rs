//! `Session`, called as JavaScript calls it.

use crate::support::classes::JsSession;
use crate::support::queue::{details, remove};
use crate::support::{Queue, Server, js, records};
use futures_channel::oneshot;
use js_sys::{Function, Promise};
use qmgr::binding::Session;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::File;

fn code(thrown: JsValue) -> String {
    js::code(&thrown)
}

#[wasm_bindgen_test]
async fn malformed_options_are_refused() {
    for options in [
        JsValue::UNDEFINED,
        js::object([]),
        js::object([("name", 1.into())]),
        js::object([("name", "session-malformed".into()), ("storage", "floppy".into())]),
    ] {
        let started = js::settled(Session::start(options, None)).await;
        assert_eq!(started.map_err(code), Err("E_INVALIDARG".into()));
    }
}

#[wasm_bindgen_test]
async fn a_closed_session_refuses_everything() {
    let server = Server::new();
    let queue = Queue::open("session-closed", &server).await;
    let group = queue.group().await;
    queue.close().await;

    let closed = || Err("QM_E_SERVICE_UNAVAILABLE".to_owned());
    let refused: [Promise; 4] = [
        queue.session.create_group(&JsValue::UNDEFINED),
        queue.session.enum_groups(&JsValue::UNDEFINED),
        queue.session.list_files(&JsValue::UNDEFINED),
        group.resume_group(),
    ];
    for call in refused {
        assert_eq!(js::settled(call).await.map_err(code), closed());
    }
    assert_eq!(queue.session.check().map_err(code), closed().map(drop));
    assert_eq!(group.get_status().map_err(code), closed());
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_shared_session_goes_on_when_the_first_is_closed() {
    let server = Server::new();
    let queue = Queue::open("session-shared", &server).await;
    let id = queue.group().await.group_id();
    let shared = queue.session.share(&js::object([])).expect("an open session");
    queue.close().await;

    js::settled(shared.get_group(&id.into())).await.expect("the engine still runs");
    js::settled(shared.close()).await.expect("closing does not fail");
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn an_observer_may_close_the_session_that_it_hears_of() {
    let session: Rc<RefCell<Option<JsSession>>> = Rc::default();
    let (closed, is_closed) = oneshot::channel();
    let (heard, mut closed) = (Rc::clone(&session), Some(closed));
    let observer = Closure::<dyn FnMut(String, JsValue)>::new(move |event, worker: JsValue| {
        if event == "active"
            && worker.is_undefined()
            && let Some(session) = heard.take()
            && let Some(closed) = closed.take()
        {
            closed.send(session.close()).expect("the test still waits");
        }
    });
    let options = js::object([("name", "session-observer".into())]);
    let observe = observer.as_ref().unchecked_ref::<Function>().clone();
    let started = js::settled(Session::start(options, Some(observe))).await;
    let started: JsSession = started.expect("a queue can be opened").unchecked_into();
    session.replace(Some(started.clone()));

    records::write("session-observer", "queue", "epoch", 99.into()).await;
    let refused = started.create_group(&JsValue::UNDEFINED);
    let closing = js::within("the observer", is_closed).await.expect("the observer lives");
    js::settled(closing).await.expect("closing does not fail");
    assert_eq!(js::settled(refused).await.map_err(code), Err("QM_E_SERVICE_UNAVAILABLE".into()));
    remove("session-observer").await;
}

#[wasm_bindgen_test]
async fn a_published_file_is_listed_opened_and_deleted() {
    let server = Server::new();
    let queue = Queue::open("session-files", &server).await;
    let download = queue.resumed_download(r"C:\deep\a.txt").await;
    let head = [
        ("Content-Type", "text/plain"),
        ("ETag", "\"v1\""),
        ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
    ];
    server.next_request().await.answer_whole(200, &head, b"hello");
    queue.until_state(&download.group, "complete").await;
    assert_eq!(js::number(&details(&download.group), "filesDone"), 1.0);

    let files =
        js::settled(queue.session.list_files(&r"C:\deep".into())).await.expect("a directory");
    assert_eq!(js::text(&files, "0.localFile"), r"C:\deep\a.txt");
    assert_eq!(js::number(&files, "0.size"), 5.0);
    assert_eq!(js::text(&files, "0.etag"), "\"v1\"");
    assert_eq!(js::number(&files, "0.lastModified"), 1_704_067_200_000.0);

    let file = js::settled(queue.session.open_file(&"c:/Deep/A.TXT".into())).await;
    let file: File = file.expect("drive paths know no case").unchecked_into();
    assert_eq!(file.name(), "a.txt");
    assert_eq!(file.type_(), "text/plain");
    let text = JsFuture::from(file.text()).await.expect("a readable file");
    assert_eq!(text, "hello");

    let path = JsValue::from(r"C:\deep\a.txt");
    js::settled(queue.session.delete_file(&path)).await.expect("a file that is there");
    let gone = js::settled(queue.session.open_file(&path)).await.expect_err("a deleted file");
    assert_eq!(js::number(&gone, "hresult"), f64::from(0x8007_0002_u32));
    assert_eq!(queue.published(r"C:\deep\a.txt").await, None);
    queue.discard().await;
}
