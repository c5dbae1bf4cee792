//! The engine between the queue and its drivers: its talk, its end, and records that cannot be written.

use crate::support::classes::JsSession;
use crate::support::queue::{details, remove};
use crate::support::{Queue, Server, js, records};
use js_sys::{Function, Promise};
use qmgr::binding::Session;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A queue in memory whose transport is this function.
async fn with_transport(name: &str, fetch: &str) -> Queue {
    let fetch = Function::new_no_args(fetch);
    Queue::with_transport(name, fetch.into()).await.expect("a queue can be opened")
}

#[wasm_bindgen_test]
async fn an_engine_stops_though_its_transport_neither_answers_nor_heeds_the_abort() {
    let queue = with_transport("engine-deaf", "return new Promise(() => {});").await;
    let download = queue.resumed_download("/a.bin").await;
    queue
        .until("a request", || crate::support::queue::state_of(&download.group) == "connecting")
        .await;
    queue.close().await;
}

#[wasm_bindgen_test]
async fn an_engine_stops_though_its_body_neither_goes_on_nor_heeds_the_abort() {
    let fetch = "return Promise.resolve(new Response(new ReadableStream({ \
                 start: (body) => body.enqueue(new Uint8Array(4)) })));";
    let queue = with_transport("engine-stuck", fetch).await;
    let download = queue.resumed_download("/a.bin").await;
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    queue.close().await;
}

#[wasm_bindgen_test]
async fn a_page_that_calls_while_it_hears_a_message_hears_the_answer_afterwards() {
    let session: Rc<RefCell<Option<JsSession>>> = Rc::default();
    let ids: Rc<RefCell<Vec<String>>> = Rc::default();
    let (is_inside, is_nested, has_called) =
        (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let observer = {
        let (session, ids) = (Rc::clone(&session), Rc::clone(&ids));
        let (is_inside, is_nested, has_called) =
            (Rc::clone(&is_inside), Rc::clone(&is_nested), Rc::clone(&has_called));
        Closure::<dyn FnMut(JsValue, JsValue)>::new(move |kind: JsValue, id: JsValue| {
            is_nested.set(is_nested.get() || is_inside.get());
            let ids = ids.borrow();
            if kind != "statuschange" || ids.get(1).is_none_or(|second| id != second.as_str()) {
                return;
            }
            // The rows of the second and the third group come in one message; the third's is not
            // applied yet.
            is_inside.set(true);
            has_called.set(true);
            let session = session.borrow();
            let session = session.as_ref().expect("the session has been opened");
            drop(session.get_group(&ids[2].as_str().into()));
            is_inside.set(false);
        })
    };
    let options = js::object([
        ("name", "engine-talk".into()),
        ("storage", "memory".into()),
        ("fetch", Function::new_no_args("return new Promise(() => {});").into()),
    ]);
    let function = AsRef::<JsValue>::as_ref(&observer).clone().unchecked_into();
    let opened = js::settled(Session::start(options, Some(function))).await;
    let queue = Queue::of("engine-talk", opened.expect("a queue can be opened").unchecked_into());
    let mut downloads = Vec::new();
    for file in ["/a.bin", "/b.bin", "/c.bin"] {
        downloads.push(queue.download(file, &[]).await);
    }
    ids.borrow_mut().extend(downloads.iter().map(|download| download.group.group_id()));
    session.replace(Some(queue.session.clone()));

    let resumed: Vec<Promise> =
        downloads.iter().map(|download| download.group.resume_group()).collect();
    for promise in resumed {
        js::settled(promise).await.expect("a group that can be resumed");
    }
    assert!(has_called.get(), "the observer made its call");
    assert!(!is_nested.get(), "an answer came within another message");
    session.replace(None);
    queue.close().await;
}

#[wasm_bindgen_test]
async fn records_that_cannot_be_written_fail_the_call_and_the_engine_starts_again() {
    let server = Server::new();
    let queue = Queue::open("engine-records", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let request = server.next_request().await;

    records::refuse_transactions(true);
    let refused = js::settled(queue.session.create_group(&JsValue::UNDEFINED)).await;
    let refused = refused.expect_err("a call that is not durable");
    assert_eq!(js::code(&refused), "QM_E_SERVICE_UNAVAILABLE");
    queue.until_waiting(&download.group, "no-active-tab").await;
    drop(request);
    let waits = queue.session.create_group(&JsValue::UNDEFINED);
    records::refuse_transactions(false);

    js::settled(waits).await.expect("the next life of the engine carries it out");
    server.next_request().await.answer_whole(200, &[], b"here");
    queue.until_state(&download.group, "complete").await;
    assert!(js::get(&details(&download.group), "wait").is_null());
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn an_engine_gives_way_to_a_build_that_upgrades_the_database() {
    let server = Server::new();
    let queue = Queue::open("engine-upgrade", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(b"0123456789", Some("\"v1\""));
    body.send(b"0123");
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;

    js::within("the upgrade", records::create("engine-upgrade", 200)).await;
    assert!(body.is_aborted());
    assert_eq!(js::number(&download.file("ranges"), "0.1"), 4.0, "what had come is durable");
    let refused = js::settled(queue.session.create_group(&JsValue::UNDEFINED)).await;
    let refused = refused.expect_err("an engine of another build has the queue");
    assert!(js::text(&refused, "message").contains("reload"), "{refused:?}");
    queue.close().await;
    remove("engine-upgrade").await;
}

#[wasm_bindgen_test]
async fn an_engine_whose_database_is_deleted_lets_go_of_it() {
    let server = Server::new();
    let queue = Queue::open("engine-deleted", &server).await;
    queue.group().await;
    js::within("the deletion", records::remove("engine-deleted")).await;
    queue.close().await;
    remove("engine-deleted").await;
}
