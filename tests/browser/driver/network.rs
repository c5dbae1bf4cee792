//! What the browser says of its network.

use crate::support::{Queue, Server};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

fn dispatch(kind: &str) {
    let event = web_sys::Event::new(kind).expect("a name of an event");
    let scope: web_sys::EventTarget = js_sys::global().unchecked_into();
    scope.dispatch_event(&event).expect("an event that is not being dispatched");
}

#[wasm_bindgen_test]
async fn a_failure_while_offline_is_waited_out_until_the_network_is_back() {
    let server = Server::new();
    let queue = Queue::open("network-offline", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let request = server.next_request().await;

    dispatch("offline");
    request.fail();
    queue.until_waiting(&download.group, "offline").await;
    assert!(!server.was_asked());

    dispatch("online");
    server.next_request().await.answer_whole(200, &[], b"here");
    queue.until_state(&download.group, "complete").await;
    queue.discard().await;
}
