//! The worker's part: the queue's lock, and the channel on which pages and engine meet.

use crate::support::classes::{JsGroup, JsSession};
use crate::support::queue::remove;
use crate::support::{Bytes, js, records};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use js_sys::{Function, Promise, Uint8Array};
use qmgr::binding::Session;
use qmgr::driver::TabWorker;
use qmgr::protocol::{Message, ToEngine, VERSION};
use std::borrow::Cow;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::BroadcastChannel;

#[wasm_bindgen]
extern "C" {
    type Locks;
    #[wasm_bindgen(thread_local_v2, js_namespace = navigator, js_name = locks)]
    static LOCKS: Locks;
    #[wasm_bindgen(method)]
    fn request(this: &Locks, name: &str, options: &JsValue, callback: &Function) -> Promise;
}

/// A tab's worker, and what it tells its page.
struct Worker {
    worker: TabWorker,
    reports: UnboundedReceiver<JsValue>,
    _report: Closure<dyn FnMut(JsValue)>,
}

impl Worker {
    fn start(name: &str, worker: &str, visible: bool) -> Self {
        let (sender, reports) = unbounded();
        // One who has stopped waiting needs no reports.
        let report = Closure::new(move |report| drop(sender.unbounded_send(report)));
        let options = js::object([
            ("name", name.into()),
            ("worker", worker.into()),
            ("visible", visible.into()),
        ]);
        let function = AsRef::<JsValue>::as_ref(&report).clone().unchecked_into();
        let worker =
            TabWorker::start(options, function, None).expect("there are channels in a worker");
        Self { worker, reports, _report: report }
    }

    async fn report(&mut self) -> JsValue {
        let report = js::within("a report", self.reports.next()).await;
        report.expect("the closure that sends lives as long as this")
    }

    async fn stop(self) {
        js::within("the end of the worker", self.worker.stop()).await;
    }
}

fn connect(name: &str) -> JsSession {
    let session = Session::connect(js::object([("name", name.into())]), None);
    JsValue::from(session.expect("there are channels in a worker")).unchecked_into()
}

async fn create_group(session: &JsSession) -> JsGroup {
    let created = js::settled(session.create_group(&JsValue::UNDEFINED)).await;
    created.expect("a group can be created").unchecked_into()
}

async fn epoch(name: &str) -> Option<JsValue> {
    records::read(name, "queue", "epoch").await
}

/// Holds the queue's lock as a tab does that is frozen: for ever, without a word.
async fn hold_lock(name: &str, steal: bool) {
    let options = js::object([("steal", steal.into())]);
    let held = Promise::new(&mut |resolve, _| {
        let granted = Closure::once_into_js(move || {
            resolve.call0(&JsValue::UNDEFINED).expect("a promise's own function");
            Promise::new(&mut |_, _| {})
        });
        LOCKS.with(|locks| {
            let lock = locks.request(&format!("qmgr:{name}"), &options, granted.unchecked_ref());
            // It is stolen in the end.
            spawn_local(async move { drop(JsFuture::from(lock).await) });
        });
    });
    js::settled(held).await.expect("the lock");
}

#[wasm_bindgen_test]
async fn pages_reach_the_engine_over_the_channel() {
    let worker = Worker::start("worker-channel", "first", true);
    let session = connect("worker-channel");
    js::settled(session.ready()).await.expect("an engine is active");
    assert_eq!(session.storage(), Bytes::here().await.storage());

    let group = create_group(&session).await;
    let status = group.get_status().expect("an open queue");
    assert_eq!(js::number(&status, "status"), f64::from(0x180));

    js::settled(session.close()).await.expect("closing does not fail");
    worker.stop().await;
    remove("worker-channel").await;
}

#[wasm_bindgen_test]
async fn a_second_worker_waits_for_the_lock_and_then_finishes_what_was_begun() {
    let first = Worker::start("worker-turns", "first", true);
    let session = connect("worker-turns");
    let group = create_group(&session).await;
    let second = Worker::start("worker-turns", "second", true);
    create_group(&session).await;
    assert_eq!(epoch("worker-turns").await, Some(1.into()), "two engines are active");

    first.stop().await;
    let created = session.create_group(&JsValue::UNDEFINED);
    js::settled(created).await.expect("the call is carried out by the second engine");
    assert_eq!(epoch("worker-turns").await, Some(2.into()));
    let id = group.group_id();
    js::settled(session.get_group(&id.into())).await.expect("the group is still there");

    js::settled(session.close()).await.expect("closing does not fail");
    second.stop().await;
    remove("worker-turns").await;
}

#[wasm_bindgen_test]
async fn a_silent_holder_loses_the_lock_to_a_worker_whose_page_is_seen() {
    hold_lock("worker-silence", false).await;
    let hidden = Worker::start("worker-silence", "hidden", false);
    let visible = Worker::start("worker-silence", "visible", true);
    let session = connect("worker-silence");
    js::settled(session.ready()).await.expect("an engine is active");
    create_group(&session).await;
    assert_eq!(epoch("worker-silence").await, Some(1.into()));

    js::settled(session.close()).await.expect("closing does not fail");
    hidden.stop().await;
    visible.stop().await;
    remove("worker-silence").await;
}

#[wasm_bindgen_test]
async fn a_worker_whose_lock_is_stolen_lets_go_of_everything_and_says_so() {
    let mut worker = Worker::start("worker-stolen", "first", true);
    let session = connect("worker-stolen");
    create_group(&session).await;
    hold_lock("worker-stolen", true).await;
    assert_eq!(worker.report().await, "over");
    remove("worker-stolen").await;
    js::settled(session.close()).await.expect("closing does not fail");
}

#[wasm_bindgen_test]
async fn an_engine_that_hears_a_newer_build_goes_and_so_does_who_stands_by() {
    let mut first = Worker::start("worker-newer", "first", true);
    let session = connect("worker-newer");
    let group = create_group(&session).await;
    let mut second = Worker::start("worker-newer", "second", true);
    // It stands by when it has asked, and the first has answered.
    create_group(&session).await;

    let newer = BroadcastChannel::new("qmgr:worker-newer").expect("a channel");
    let hello = Message::ToEngine(Cow::Owned(ToEngine::Hello { version: VERSION + 1 }));
    newer.post_message(&Uint8Array::from(&*hello.to_bytes())).expect("an open channel");
    for report in [first.report().await, second.report().await] {
        let sentence = js::text(&report, "failed.message");
        assert!(sentence.contains("reload"), "{sentence}");
    }
    let refused = js::settled(session.create_group(&JsValue::UNDEFINED)).await;
    let refused = refused.expect_err("no engine of this build will answer");
    assert_eq!(js::code(&refused), "QM_E_SERVICE_UNAVAILABLE");
    assert!(js::text(&refused, "message").contains("reload"), "{refused:?}");
    group.get_status().expect("what was known can still be read");

    newer.close();
    js::settled(session.close()).await.expect("closing does not fail");
    remove("worker-newer").await;
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_build_is_refused_and_left_untouched() {
    records::create("worker-newer-database", 200).await;
    let mut worker = Worker::start("worker-newer-database", "first", true);
    let report = worker.report().await;
    let sentence = js::text(&report, "failed.message");
    assert!(sentence.contains("reload"), "{sentence}");
    assert_eq!(records::version("worker-newer-database").await, 200.0);
    remove("worker-newer-database").await;
}
