//! Requests, and what becomes of their bodies.

use crate::support::queue::{details, remote_file, state_of};
use crate::support::{Queue, Server, js};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const FILE: &[u8] = b"0123456789";
const V1: Option<&str> = Some("\"v1\"");

#[wasm_bindgen_test]
async fn a_file_sent_in_pieces_is_published_byte_for_byte() {
    let server = Server::new();
    let queue = Queue::open("connection-pieces", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    let request = server.next_request().await;
    assert_eq!(request.url(), remote_file("/a.bin"));
    assert_eq!(request.header("Range").as_deref(), Some("bytes=0-"));
    assert_eq!(request.header("If-Range"), None);
    assert_eq!(request.option("cache").as_deref(), Some("no-store"));
    assert_eq!(request.option("credentials").as_deref(), Some("same-origin"));
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[..3]);
    body.send(&FILE[3..4]);
    body.send(&FILE[4..]);
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert!(!server.was_asked(), "one request is enough");
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_body_of_the_browsers_own_making_is_published_byte_for_byte() {
    let server = Server::new();
    let queue = Queue::open("connection-byob", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    // More than one read's worth.
    let file: Vec<u8> = (0..3_000_000_u32).map(|index| index.to_le_bytes()[1]).collect();

    server.next_request().await.answer_whole(200, &[], &file);

    queue.until_state(&download.group, "complete").await;
    assert!(queue.published("/a.bin").await.is_some_and(|published| published == file));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn the_next_file_is_asked_for_when_the_last_byte_of_one_has_come() {
    let server = Server::new();
    let queue = Queue::open("connection-next", &server).await;
    let download = queue.download("/a.bin", &[]).await;
    let next =
        js::object([("remoteFile", remote_file("/b.bin").into()), ("localFile", "/b.bin".into())]);
    js::settled(download.job.add_files(&Array::of1(&next))).await.expect("a file can be added");
    download.resume().await;

    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..9]);
    queue.until("9 bytes", || download.file("bytesDone") == 9).await;
    assert!(!server.was_asked(), "a byte is missing");
    body.send(&FILE[9..]);
    let request = server.next_request().await;
    assert_eq!(request.url(), remote_file("/b.bin"));
    body.end();
    request.answer_whole(200, &[], b"the next");

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert_eq!(queue.published("/b.bin").await.as_deref(), Some(&b"the next"[..]));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_cut_body_keeps_what_came_and_the_next_request_proves_the_version() {
    let server = Server::new();
    let queue = Queue::open("connection-cut", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    body.cut();
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=4-"));
    assert_eq!(request.header("If-Range").as_deref(), V1);
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[4..]);
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert_eq!(js::number(&details(&download.group), "retries"), 1.0);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_suspended_group_keeps_its_bytes_and_a_resumed_one_asks_for_the_rest() {
    let server = Server::new();
    let queue = Queue::open("connection-suspend", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;

    download.suspend().await;
    queue.until("the end of the request", || body.is_aborted()).await;
    queue.until("4 durable bytes", || !download.file("ranges.0").is_undefined()).await;
    assert_eq!(js::number(&download.file("ranges"), "0.1"), 4.0);
    assert_eq!(download.file("proof"), "etag");
    assert!(!server.was_asked());

    download.resume().await;
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=4-"));
    assert_eq!(request.header("If-Range").as_deref(), V1);
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[4..]);
    body.end();
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_without_proof_of_its_version_starts_again() {
    let server = Server::new();
    let queue = Queue::open("connection-no-proof", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, None);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    assert!(download.file("proof").is_null());
    body.cut();

    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=0-"));
    assert_eq!(request.header("If-Range"), None);
    let body = request.answer_range(b"9876543210", None);
    body.send(b"9876543210");
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(b"9876543210".as_slice()));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn another_version_of_the_file_takes_the_place_of_the_kept_bytes() {
    let server = Server::new();
    let queue = Queue::open("connection-new-version", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    body.cut();

    let request = server.next_request().await;
    let body = request.answer(200, &[("ETag", "\"v2\""), ("Content-Length", "3")]);
    body.send(b"new");
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(b"new".as_slice()));
    assert_eq!(queue.parts().await, [] as [&str; 0]);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_fetch_that_fails_without_an_answer_is_tried_again() {
    let server = Server::new();
    let queue = Queue::open("connection-unanswered", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    server.next_request().await.fail();
    server.next_request().await.answer_whole(200, &[], FILE);

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_transport_that_answers_with_no_response_has_failed() {
    let server = Server::new();
    let queue = Queue::open("connection-no-response", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    server.next_request().await.answer_with(&JsValue::UNDEFINED);
    server.next_request().await.answer_with(&js::object([("status", 200.into())]));
    server.next_request().await.answer_whole(200, &[], FILE);

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn an_answer_that_refuses_is_the_groups_error() {
    let server = Server::new();
    let queue = Queue::open("connection-refused", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    server.next_request().await.answer_whole(404, &[], b"not here");

    queue.until_state(&download.group, "error").await;
    let details = details(&download.group);
    assert_eq!(js::number(&details, "error.httpStatus"), 404.0);
    assert_eq!(js::number(&details, "error.fileIndex"), 0.0);
    assert_eq!(queue.published("/a.bin").await, None);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_body_that_goes_on_beyond_its_end_is_not_published() {
    let server = Server::new();
    let queue = Queue::open("connection-overlong", &server).await;
    let download = queue.resumed_download("/a.bin").await;

    let head = [("Content-Range", "bytes 0-3/4"), ("ETag", "\"v1\"")];
    let body = server.next_request().await.answer(206, &head);
    body.send(FILE);

    queue.until("the end of the request", || body.is_aborted()).await;
    queue.until("an end of the transfer", || state_of(&download.group) != "transferring").await;
    assert_ne!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}
