//! Parts and published files: one suite over each place where a queue may keep its bytes.

use crate::support::classes::JsGroup;
use crate::support::queue::{details, remove};
use crate::support::{Bytes, Queue, Server, TestGroup, js, opfs, records};
use base64ct::{Base64, Encoding};
use js_sys::Uint8Array;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::File;

const FILE: &[u8] = b"0123456789";
const V1: Option<&str> = Some("\"v1\"");

macro_rules! over_each_store {
    ($($test:ident)*; $($alone:ident)*) => {
        mod in_opfs {
            $(#[super::wasm_bindgen_test] async fn $test() {
                super::$test(super::Bytes::Opfs).await;
            })*
            $(#[super::wasm_bindgen_test] async fn $alone() {
                super::$alone().await;
            })*
        }
        mod in_indexeddb {
            $(#[super::wasm_bindgen_test] async fn $test() {
                super::$test(super::Bytes::IndexedDb).await;
            })*
        }
    };
}

over_each_store! {
    a_file_stands_under_its_name_only_when_it_is_whole_and_leaves_no_part
    a_file_takes_the_place_of_the_one_before_it
    a_file_of_no_bytes_is_published
    a_file_with_the_right_hash_is_published
    a_file_with_a_wrong_hash_is_an_error_and_not_published
    a_file_of_many_pieces_is_the_servers
    a_whole_file_is_published_after_a_restart_without_being_asked_for_again
    a_move_whose_record_was_lost_in_a_crash_counts_as_done
    a_part_that_vanished_before_its_move_is_fetched_again
    a_directory_at_the_target_is_the_groups_error_and_stays
    a_file_where_a_directory_is_needed_is_the_groups_error
    parts_that_no_record_names_are_deleted_at_the_start
    a_part_that_lacks_recorded_bytes_is_fetched_again_from_zero
    bytes_beyond_the_recorded_ones_are_not_trusted
    a_cancelled_group_leaves_no_part
    a_deleted_file_leaves_nothing
    a_file_that_will_not_fit_is_refused_before_it_is_written
    ;
    a_part_that_another_context_holds_is_waited_for
    a_target_that_another_context_holds_is_waited_for
    directories_that_hold_no_file_any_more_make_way
}

fn integrity(of: &[u8]) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(of)))
}

/// A group whose file has 4 durable bytes, in a queue that is closed: its id, and the part.
async fn closed_with_four_bytes(bytes: Bytes, name: &str, server: &Server) -> (String, String) {
    let queue = Queue::open_over(bytes, name, server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    queue.close().await;
    let parts = queue.parts().await;
    assert_eq!(parts.len(), 1, "{parts:?}");
    (download.group.group_id(), parts[0].clone())
}

async fn serve(server: &Server) {
    let request = server.next_request().await;
    let start = request.start_of_range();
    let body = request.answer_range(FILE, V1);
    body.send(&FILE[start..]);
    body.end();
}

async fn a_file_stands_under_its_name_only_when_it_is_whole_and_leaves_no_part(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-publish", &server).await;
    let TestGroup { group, job } = queue.resumed_download("/deep/down/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..9]);
    queue.until("9 bytes", || js::number(&details(&group), "bytesDone") == 9.0).await;
    assert_eq!(queue.published("/deep/down/a.bin").await, None);

    body.send(&FILE[9..]);
    body.end();
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/deep/down/a.bin").await.as_deref(), Some(FILE));
    assert_eq!(queue.parts().await, [] as [&str; 0]);
    assert_eq!(js::get(&job.get_file_details(0).expect("a file"), "published"), true);
    queue.discard().await;
}

async fn a_file_takes_the_place_of_the_one_before_it(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-replace", &server).await;
    bytes.publish(&queue.name, "/a.bin", b"an older and longer file").await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

async fn a_file_of_no_bytes_is_published(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-empty", &server).await;
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

async fn a_file_with_the_right_hash_is_published(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-right-hash", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(FILE).into())]).await;
    download.resume().await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

async fn a_file_with_a_wrong_hash_is_an_error_and_not_published(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-wrong-hash", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(b"another").into())]).await;
    download.resume().await;
    serve(&server).await;
    queue.until_state(&download.group, "error").await;
    assert_eq!(queue.published("/a.bin").await, None);
    queue.discard().await;
}

async fn a_part_that_another_context_holds_is_waited_for() {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes(Bytes::Opfs, "files-busy-part", &server).await;
    let held = opfs::hold(&format!("qmgr/files-busy-part/parts/{part}")).await;

    let queue = Queue::open_over(Bytes::Opfs, "files-busy-part", &server).await;
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

async fn a_target_that_another_context_holds_is_waited_for() {
    let server = Server::new();
    let queue = Queue::open_over(Bytes::Opfs, "files-busy-target", &server).await;
    let held = opfs::hold(&queue.target("/a.bin")).await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;
    queue.until_waiting(&download.group, "storage-busy").await;

    held.close();
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

/// A group whose file is whole but could not be moved to its name, in a queue that is closed: its id,
/// and the part. Nothing stands in the way any more.
async fn closed_before_publishing(bytes: Bytes, name: &str, server: &Server) -> (String, String) {
    let queue = Queue::open_over(bytes, name, server).await;
    bytes.publish(name, "/a.bin/inside", b"in the way").await;
    let download = queue.resumed_download("/a.bin").await;
    serve(server).await;
    queue.until_state(&download.group, "error").await;
    queue.close().await;
    bytes.remove(name, "/a.bin/inside").await;
    opfs::remove(&queue.target("/a.bin")).await;
    let parts = queue.parts().await;
    (download.group.group_id(), parts[0].clone())
}

/// The group of an id, resumed.
async fn resumed(queue: &Queue, id: &str) -> JsGroup {
    let group = queue.find(id).await.expect("the group is still there");
    js::settled(group.resume_group()).await.expect("a group that can be resumed");
    group
}

async fn a_whole_file_is_published_after_a_restart_without_being_asked_for_again(bytes: Bytes) {
    let server = Server::new();
    let (id, _) = closed_before_publishing(bytes, "files-restart", &server).await;

    let queue = Queue::open_over(bytes, "files-restart", &server).await;
    let group = resumed(&queue, &id).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert!(!server.was_asked());
    queue.discard().await;
}

async fn a_move_whose_record_was_lost_in_a_crash_counts_as_done(bytes: Bytes) {
    let server = Server::new();
    let (id, part) = closed_before_publishing(bytes, "files-moved", &server).await;
    bytes.move_part("files-moved", &part, "/a.bin").await;

    let queue = Queue::open_over(bytes, "files-moved", &server).await;
    let group = resumed(&queue, &id).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    assert!(!server.was_asked());
    queue.discard().await;
}

async fn a_part_that_vanished_before_its_move_is_fetched_again(bytes: Bytes) {
    let server = Server::new();
    let (id, part) = closed_before_publishing(bytes, "files-vanished", &server).await;
    bytes.remove_part("files-vanished", &part).await;
    bytes.publish("files-vanished", "/a.bin", b"an older file").await;

    let queue = Queue::open_over(bytes, "files-vanished", &server).await;
    let group = resumed(&queue, &id).await;
    serve(&server).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

async fn a_directory_at_the_target_is_the_groups_error_and_stays(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-directory", &server).await;
    bytes.publish(&queue.name, "/a.bin/inside", b"kept").await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;

    queue.until_state(&download.group, "error").await;
    assert_eq!(js::number(&details(&download.group), "error.hresult"), f64::from(0x8007_0005_u32));
    let status = download.job.get_status().expect("a job");
    assert_eq!(js::number(&status, "win32Result"), 5.0);
    assert_eq!(queue.published("/a.bin/inside").await.as_deref(), Some(b"kept".as_slice()));
    queue.discard().await;
}

async fn directories_that_hold_no_file_any_more_make_way() {
    let server = Server::new();
    let queue = Queue::open_over(Bytes::Opfs, "files-leftovers", &server).await;
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

async fn a_file_where_a_directory_is_needed_is_the_groups_error(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-in-the-way", &server).await;
    bytes.publish(&queue.name, "/a", b"kept").await;
    let download = queue.resumed_download("/a/b.bin").await;
    serve(&server).await;

    queue.until_state(&download.group, "error").await;
    assert_eq!(js::number(&details(&download.group), "error.hresult"), f64::from(0x8007_0005_u32));
    assert_eq!(queue.published("/a").await.as_deref(), Some(b"kept".as_slice()));
    queue.discard().await;
}

async fn parts_that_no_record_names_are_deleted_at_the_start(bytes: Bytes) {
    let server = Server::new();
    let (_, part) = closed_with_four_bytes(bytes, "files-orphans", &server).await;
    let orphans = match bytes {
        Bytes::IndexedDb => ["0000000000000099/0000000000/0000000000", "0/0/7", "nonsense"],
        Bytes::Opfs => ["99-0.0.part", "1-0.7.part", "nonsense"],
    };
    for orphan in orphans {
        bytes.write_part("files-orphans", orphan, b"orphan").await;
    }

    let queue = Queue::open_over(bytes, "files-orphans", &server).await;
    assert_eq!(queue.parts().await, [part]);
    queue.discard().await;
}

async fn a_part_that_lacks_recorded_bytes_is_fetched_again_from_zero(bytes: Bytes) {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes(bytes, "files-short-part", &server).await;
    bytes.write_part("files-short-part", &part, b"01").await;

    let queue = Queue::open_over(bytes, "files-short-part", &server).await;
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

async fn bytes_beyond_the_recorded_ones_are_not_trusted(bytes: Bytes) {
    let server = Server::new();
    let (id, part) = closed_with_four_bytes(bytes, "files-long-part", &server).await;
    bytes.lengthen_part("files-long-part", &part, 4, b"GARBAGE AND MORE OF IT").await;

    let queue = Queue::open_over(bytes, "files-long-part", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    serve(&server).await;
    queue.until_state(&group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(FILE));
    queue.discard().await;
}

async fn a_cancelled_group_leaves_no_part(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-cancelled", &server).await;
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

/// More than one chunk, more than one read of a hash, and no two pieces alike.
async fn a_file_of_many_pieces_is_the_servers(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-pieces", &server).await;
    let file: Vec<u8> = (0..6_u8).flat_map(|piece| vec![piece; 900_000]).collect();
    let download = queue.download("/a.bin", &[("integrity", integrity(&file).into())]).await;
    download.resume().await;
    let body = server.next_request().await.answer_range(&file, V1);
    for piece in file.chunks(700_001) {
        body.send(piece);
    }
    body.end();
    queue.until_state(&download.group, "complete").await;

    let opened = js::settled(queue.session.open_file(&"/a.bin".into())).await;
    let opened: File = opened.expect("a file that was published").unchecked_into();
    let read = js::settled(opened.array_buffer()).await.expect("a readable file");
    assert!(Uint8Array::new(&read).to_vec() == file, "the bytes are the server's");
    queue.discard().await;
}

async fn a_deleted_file_leaves_nothing(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-deleted", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    js::settled(queue.session.delete_file(&"/a.bin".into())).await.expect("a published file");
    assert_eq!(queue.published("/a.bin").await, None);
    assert_eq!(records::keys("files-deleted", "chunks").await, [] as [&str; 0]);
    queue.discard().await;
}

async fn a_file_that_will_not_fit_is_refused_before_it_is_written(bytes: Bytes) {
    let server = Server::new();
    let queue = Queue::open_over(bytes, "files-no-room", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let room = js::patched(
        "const value = { estimate: async () => ({ usage: 1e6, quota: 3e6 }) }; \
         Object.defineProperty(navigator, 'storage', { configurable: true, value })",
        "navigator.storage",
    );
    let file = vec![7; 2_000_001];
    let body = server.next_request().await.answer_range(&file, V1);
    queue.until_state(&download.group, "error").await;
    assert!(body.is_aborted());
    let status = download.job.get_status().expect("a job");
    assert_eq!(js::number(&status, "win32Result"), 112.0);
    assert_eq!(download.file("bytesDone"), 0);

    drop(room);
    download.resume().await;
    let body = server.next_request().await.answer_range(&file, V1);
    body.send(&file);
    body.end();
    queue.until_state(&download.group, "complete").await;
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_browser_that_keeps_no_blobs_keeps_the_bytes_all_the_same() {
    let server = Server::new();
    let refusal = js::patched(
        "const put = IDBObjectStore.prototype.put; \
         IDBObjectStore.prototype.put = function (value, ...rest) { \
           if (value instanceof Blob) throw new DOMException('no blobs here', 'DataCloneError'); \
           return put.call(this, value, ...rest); }",
        "IDBObjectStore.prototype.put",
    );
    let queue = Queue::open_over(Bytes::IndexedDb, "files-no-blobs", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(FILE).into())]).await;
    download.resume().await;
    serve(&server).await;
    queue.until_state(&download.group, "complete").await;
    drop(refusal);
    let opened = js::settled(queue.session.open_file(&"/a.bin".into())).await;
    let opened: File = opened.expect("a file that was published").unchecked_into();
    let read = js::settled(opened.array_buffer()).await.expect("a readable file");
    assert_eq!(Uint8Array::new(&read).to_vec(), FILE);
    queue.discard().await;
}

/// WebKit reads no blob in a page that is being left, and an error that is recorded then would stay.
#[wasm_bindgen_test]
async fn a_browser_that_keeps_no_blobs_needs_none_to_write_and_check_a_file() {
    let server = Server::new();
    let refusal = js::patched(
        "const put = IDBObjectStore.prototype.put; \
         IDBObjectStore.prototype.put = function (value, ...rest) { \
           if (value instanceof Blob) throw new DOMException('no blobs here', 'DataCloneError'); \
           return put.call(this, value, ...rest); }",
        "IDBObjectStore.prototype.put",
    );
    let unreadable = js::patched(
        "Blob.prototype.arrayBuffer = async () => { \
           throw new DOMException('the page is being left', 'NotReadableError'); }",
        "Blob.prototype.arrayBuffer",
    );
    let queue = Queue::open_over(Bytes::IndexedDb, "files-unread-blobs", &server).await;
    let download = queue.download("/a.bin", &[("integrity", integrity(FILE).into())]).await;
    download.resume().await;
    let body = server.next_request().await.answer_range(FILE, V1);
    for piece in FILE.chunks(3) {
        body.send(piece);
    }
    body.end();
    queue.until_state(&download.group, "complete").await;
    drop(unreadable);
    drop(refusal);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn of_chunks_of_which_one_could_not_be_written_those_before_it_are_kept() {
    let server = Server::new();
    let chunk = vec![7; 4 << 20];
    let file = chunk.repeat(4);
    let queue = Queue::open_over(Bytes::IndexedDb, "files-gap", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(&file, V1);
    let refusal = js::patched(
        "const put = IDBObjectStore.prototype.put; \
         let chunks = 0; \
         IDBObjectStore.prototype.put = function (value, ...rest) { \
           const isChunk = value instanceof Blob || value instanceof ArrayBuffer; \
           if (isChunk && ++chunks === 2) { \
             throw new DOMException('no room for this one', 'QuotaExceededError'); \
           } \
           return put.call(this, value, ...rest); }",
        "IDBObjectStore.prototype.put",
    );
    for _ in 0..3 {
        body.send(&chunk);
    }
    queue.until_state(&download.group, "error").await;
    assert_eq!(download.file("bytesDone"), 4 << 20);

    drop(refusal);
    download.resume().await;
    let request = server.next_request().await;
    let start = request.start_of_range();
    assert_eq!(start, chunk.len());
    let body = request.answer_range(&file, V1);
    body.send(&file[start..]);
    body.end();
    queue.until_state(&download.group, "complete").await;
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn an_engine_whose_epoch_is_over_writes_no_chunk() {
    let server = Server::new();
    let queue = Queue::open_over(Bytes::IndexedDb, "files-fenced", &server).await;
    let download = queue.resumed_download("/a.bin").await;
    let body = server.next_request().await.answer_range(FILE, V1);
    body.send(&FILE[..4]);
    queue.until("4 bytes", || download.file("bytesDone") == 4).await;
    let before = records::keys("files-fenced", "chunks").await;
    records::write("files-fenced", "queue", "epoch", 99.into()).await;
    body.send(&FILE[4..]);
    body.end();
    queue.until_waiting(&download.group, "no-active-tab").await;
    let after = records::keys("files-fenced", "chunks").await;
    assert!(after.iter().all(|key| before.contains(key)), "{before:?} {after:?}");
    queue.discard().await;
}
