//! Parts and published files in the origin private file system.

use crate::support::queue::{details, remove};
use crate::support::{Queue, Server, TestGroup, js, opfs};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use wasm_bindgen_test::wasm_bindgen_test;

const FILE: &[u8] = b"0123456789";
const V1: Option<&str> = Some("\"v1\"");

fn integrity(of: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(of)))
}

/// A group whose file has 4 durable bytes, in a queue that is closed.
async fn closed_with_four_bytes(name: &str, server: &Server) -> (String, String) {
    let queue = Queue::open(name, server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    queue.close().await;
    let parts = queue.parts().await;
    assert_eq!(parts.len(), 1, "{parts:?}");
    (download.group.group_id(), queue.path(&format!("parts/{}", parts[0])))
}

async fn serve(server: &Server) {
    let request = server.next_request().await;
    let start = request.start_of_range();
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[start..]);
    body.end();
}

#[wasm_bindgen_test]
async fn a_file_stands_under_its_name_only_when_it_is_whole_and_leaves_no_part() {
    let server = Server::new();
    let queue = Queue::open("files-publish", &server).await;
    let TestGroup { group, job } = queue.resumed_download("/deep/down/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..9]);
    queue.until("9 bytes", || js::number(&details(&group), "bytesDone") == 9.0).await;
    assert_eq!(opfs::names(&queue.path("files")).await, [] as [&str; 0]);
    assert_eq!(queue.parts().await.len(), 1);

    body.send(&FILE[9..]);
    body.end();
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/deep/down/a.bin").await.as_deref(), Some(FILE));
    assert_eq!(queue.parts().await, [] as [&str; 0]);
    assert_eq!(js::get(&job.get_file_details(0).expect("a file"), "published"), true);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_takes_the_place_of_the_one_before_it() {
    let server = Server::new();
    let queue = Queue::open("files-replace", &server).await;
    opfs::write(&queue.target("/a.bin"), b"an older and longer file").await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_of_no_bytes_is_published() {
    let server = Server::new();
    let queue = Queue::open("files-empty", &server).await;
    let whole = queue.resumed_download("/whole.bin").await;
    server.next_request().await.answer_whole(200, &[("Content-Length", "0")], b"");
    queue.until_state(&whole.group, "complete").await;

    let refused = queue.resumed_download("/refused.bin").await;
    server.next_request().await.answer_whole(416, &[("Content-Range", "bytes */0")], b"");
    queue.until_state(&refused.group, "complete").await;

    assert_eq!(queue.published("/whole.bin").await.as_deref(), Some(b"".as_slice()));
    assert_eq!(queue.published("/refused.bin").await.as_deref(), Some(b"".as_slice()));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_with_the_right_hash_is_published() {
    let server = Server::new();
    let queue = Queue::open("files-right-hash", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(FILE).into())]).await;
    download.resume().await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_with_a_wrong_hash_is_an_error_and_not_published() {
    let server = Server::new();
    let queue = Queue::open("files-wrong-hash", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(b"another").into())]).await;
    download.resume().await;
    serve(&server).await;
    queue.until_state(&download.group, "error").await;
    assert_eq!(queue.published("/a.bin").await, None);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_part_that_another_context_holds_is_waited_for() {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes("files-busy-part", &server).await;
    let held = opfs::hold(&part).await;

    let queue = Queue::open("files-busy-part", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    let body = server.next_request().await.answer_range(FILE, V1);
    queue.until_waiting(&group, "storage-busy").await;
    assert!(body.is_aborted());
    assert_eq!(js::text(&details(&group), "wait.lastError.code"), "BG_E_DESTINATION_LOCKED");

    held.close();
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=4-"));
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[4..]);
    body.end();
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_target_that_another_context_holds_is_waited_for() {
    let server = Server::new();
    let queue = Queue::open("files-busy-target", &server).await;
    let held = opfs::hold(&queue.target("/a.bin")).await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;
    queue.until_waiting(&download.group, "storage-busy").await;

    held.close();
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

/// A group whose file is whole but not yet under its name, in a queue that is closed: its id, the
/// path of the part and that of the target.
async fn closed_before_publishing(name: &str, server: &Server) -> (String, String, String) {
    let queue = Queue::open(name, server).await;
    let target = queue.target("/a.bin");
    let held = opfs::hold(&target).await;
    let download = queue.resumed_download("/a.bin").await;
    serve(server).await;
    queue.until_waiting(&download.group, "storage-busy").await;
    queue.close().await;
    held.close();
    let parts = queue.parts().await;
    (download.group.group_id(), queue.path(&format!("parts/{}", parts[0])), target)
}

#[wasm_bindgen_test]
async fn a_whole_file_is_published_after_a_restart_without_being_asked_for_again() {
    let server = Server::new();
    let (id, ..) = closed_before_publishing("files-restart", &server).await;

    let queue = Queue::open("files-restart", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert!(!server.was_asked());
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_move_whose_record_was_lost_in_a_crash_counts_as_done() {
    let server = Server::new();
    let (id, part, target) = closed_before_publishing("files-moved", &server).await;
    opfs::remove(&part).await;
    opfs::write(&target, FILE).await;

    let queue = Queue::open("files-moved", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert!(!server.was_asked());
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_part_that_vanished_before_its_move_is_fetched_again() {
    let server = Server::new();
    let (id, part, target) = closed_before_publishing("files-vanished", &server).await;
    opfs::remove(&part).await;
    opfs::write(&target, b"an older file").await;

    let queue = Queue::open("files-vanished", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    serve(&server).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_directory_at_the_target_is_the_groups_error_and_stays() {
    let server = Server::new();
    let queue = Queue::open("files-directory", &server).await;
    opfs::write(&queue.target("/a.bin/inside"), b"kept").await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;

    queue.until_state(&download.group, "error").await;
    assert_eq!(js::number(&details(&download.group), "error.hresult"), f64::from(0x8007_0005_u32));
    let status = download.job.get_status().expect("a job");
    assert_eq!(js::number(&status, "win32Result"), 5.0);
    assert_eq!(queue.published("/a.bin/inside").await.as_deref(), Some(b"kept".as_slice()));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn directories_that_hold_no_file_any_more_make_way() {
    let server = Server::new();
    let queue = Queue::open("files-leftovers", &server).await;
    for left_over in ["/a.bin/one/deep", "/a.bin/two"] {
        opfs::write(&queue.target(left_over), b"gone").await;
        opfs::remove(&queue.target(left_over)).await;
    }
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;

    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_file_where_a_directory_is_needed_is_the_groups_error() {
    let server = Server::new();
    let queue = Queue::open("files-in-the-way", &server).await;
    opfs::write(&queue.target("/a"), b"kept").await;
    let download = queue.resumed_download("/a/b.bin").await;
    serve(&server).await;

    queue.until_state(&download.group, "error").await;
    assert_eq!(js::number(&details(&download.group), "error.hresult"), f64::from(0x8007_0005_u32));
    assert_eq!(queue.published("/a").await.as_deref(), Some(b"kept".as_slice()));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn parts_that_no_record_names_are_deleted_at_the_start() {
    let server = Server::new();
    let (_, part) = closed_with_four_bytes("files-orphans", &server).await;
    for orphan in ["99-0.0.part", "1-0.7.part", "nonsense"] {
        opfs::write(&format!("qmgr/files-orphans/parts/{orphan}"), b"orphan").await;
    }

    let queue = Queue::open("files-orphans", &server).await;
    let kept: Vec<_> =
        queue.parts().await.iter().map(|name| queue.path(&format!("parts/{name}"))).collect();
    assert_eq!(kept, [part]);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_part_that_lacks_recorded_bytes_is_fetched_again_from_zero() {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes("files-short-part", &server).await;
    opfs::write(&part, b"01").await;

    let queue = Queue::open("files-short-part", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=4-"));
    let _body = request.answer_range(FILE, V1);
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=0-"));
    let body = request.answer_range(FILE, V1);
    body.send(FILE);
    body.end();
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn bytes_beyond_the_recorded_ones_are_not_trusted() {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes("files-long-part", &server).await;
    opfs::write(&part, b"0123GARBAGE AND MORE OF IT").await;

    let queue = Queue::open("files-long-part", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    serve(&server).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_cancelled_group_leaves_no_part() {
    let server = Server::new();
    let queue = Queue::open("files-cancelled", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;

    js::settled(download.group.cancel_group()).await.expect("a group can be cancelled");
    queue.close().await;
    assert_eq!(queue.parts().await, [] as [&str; 0]);
    assert_eq!(queue.published("/a.bin").await, None);
    remove("files-cancelled").await;
}
