//! The worker's part: the queue's lock, and the channel on which pages and engine meet.

use crate::support::classes::{JsGroup, JsSession};
use crate::support::js;
use crate::support::queue::remove;
use futures_util::FutureExt;
use js_sys::Function;
use qmgr::binding::Session;
use qmgr::driver::{WorkerEngine, run_worker};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

fn start(name: &str, worker: &str) -> impl Future<Output = Option<WorkerEngine>> + use<> {
    let options =
        js::object([("name", name.into()), ("storage", "opfs".into()), ("worker", worker.into())]);
    run_worker(options, Function::new_no_args(""))
}

fn connect(name: &str) -> JsSession {
    let session = Session::connect(js::object([("name", name.into())]), None);
    JsValue::from(session.expect("there are channels in a worker")).unchecked_into()
}

async fn create_group(session: &JsSession) -> JsGroup {
    let created = js::settled(session.create_group(&JsValue::UNDEFINED)).await;
    created.expect("a group can be created").unchecked_into()
}

#[wasm_bindgen_test]
async fn pages_reach_the_engine_over_the_channel() {
    let engine = js::within("the lock", start("worker-channel", "first")).await;
    let session = connect("worker-channel");
    js::settled(session.ready()).await.expect("an engine is active");
    assert_eq!(session.storage(), "opfs");

    let group = create_group(&session).await;
    let status = group.get_status().expect("an open queue");
    assert_eq!(js::number(&status, "status"), f64::from(0x180));

    js::settled(session.close()).await.expect("closing does not fail");
    engine.expect("the engine started").stop().await;
    remove("worker-channel").await;
}

#[wasm_bindgen_test]
async fn a_second_worker_waits_for_the_lock_and_then_finishes_what_was_begun() {
    let first = js::within("the lock", start("worker-turns", "first")).await;
    let session = connect("worker-turns");
    let group = create_group(&session).await;
    let mut second = Box::pin(start("worker-turns", "second"));
    assert!((&mut second).now_or_never().is_none(), "two engines are active");

    first.expect("the engine started").stop().await;
    let created = session.create_group(&JsValue::UNDEFINED);
    let second = js::within("the lock", second).await;
    js::settled(created).await.expect("the call is carried out by the second engine");
    let id = group.group_id();
    js::settled(session.get_group(&id.into())).await.expect("the group is still there");

    js::settled(session.close()).await.expect("closing does not fail");
    second.expect("the engine started").stop().await;
    remove("worker-turns").await;
}
