//! The time that a group says it waits for.

use crate::support::queue::details;
use crate::support::{Queue, Server, js};
use wasm_bindgen_test::wasm_bindgen_test;

/// The engine counts on from the wall clock's time at its start, so that the two differ by a little.
const ROUNDING: f64 = 10.0;

#[wasm_bindgen_test]
async fn the_next_attempt_is_made_when_the_group_said_it_would_be() {
    let server = Server::new();
    let queue = Queue::open("clock-retry-after", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    let before = js_sys::Date::now();
    server.next_request().await.answer_whole(503, &[("Retry-After", "1")], b"");
    queue.until_waiting(&download.group, "retry-after").await;
    let due = js::number(&details(&download.group), "wait.nextAttemptAt");
    assert!(due >= before + 1_000.0 - ROUNDING, "{due} is not a second after {before}");

    server.next_request().await.answer_whole(200, &[], b"here");
    assert!(js_sys::Date::now() >= due - ROUNDING);
    queue.until_state(&download.group, "complete").await;
    queue.discard().await;
}
