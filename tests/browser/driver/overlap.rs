//! A body whose start is compared with what is kept, and a server that is asked whether it lives.

use crate::support::queue::{TestGroup, details};
use crate::support::server::Body;
use crate::support::{Queue, Server, js};
use wasm_bindgen_test::wasm_bindgen_test;

const SIZE: usize = 100_000;
/// Comes before the cut.
const CUT: usize = 80_000;
/// Where the next request begins: 64 KiB before.
const START: usize = 14_464;

fn file() -> Vec<u8> {
    (0..SIZE as u32).map(|index| (index % 251) as u8).collect()
}

/// The range that was asked for, of a file that shows no more than its date.
async fn answer(server: &Server) -> (usize, Body) {
    let request = server.next_request().await;
    let start = request.start_of_range();
    let range = format!("bytes {start}-{}/{SIZE}", SIZE - 1);
    let modified = "Wed, 01 Jan 2020 00:00:00 GMT";
    let head = [("Content-Range", &*range), ("Last-Modified", modified)];
    (start, request.answer(206, &head))
}

/// A download of which [`CUT`] bytes are kept.
async fn cut_download(name: &str, server: &Server) -> (Queue, TestGroup) {
    let queue = Queue::open(name, server).await;
    let likely = js::object([("resume", "likely".into())]);
    js::settled(queue.session.configure(&likely)).await.expect("a setting");
    let download = queue.resumed_download("/a.bin").await;
    let (_, body) = answer(server).await;
    body.send(&file()[..CUT]);
    queue.until("the kept bytes", || download.file("bytesDone") == CUT as u32).await;
    body.cut();
    (queue, download)
}

#[wasm_bindgen_test]
async fn an_equal_overlap_in_pieces_is_followed_by_the_rest() {
    let server = Server::new();
    let (queue, download) = cut_download("overlap-equal", &server).await;
    let file = file();

    let (start, body) = answer(&server).await;
    assert_eq!(start, START);
    queue.until("the proof", || download.file("proof") == "likely").await;
    let mut sent = START;
    // The third piece holds both the end of the overlap and new bytes.
    for end in [START + 1, 50_000, 90_000, SIZE] {
        body.send(&file[sent..end]);
        sent = end;
    }
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert!(queue.published("/a.bin").await == Some(file));
    assert!(!server.was_asked());
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn another_byte_in_the_overlap_begins_the_file_anew() {
    let server = Server::new();
    let (queue, download) = cut_download("overlap-other", &server).await;
    let mut changed = file();
    changed[CUT - 1] ^= 1;

    let (start, body) = answer(&server).await;
    body.send(&changed[start..]);
    let (start, again) = answer(&server).await;
    assert_eq!(start, 0);
    assert!(body.is_aborted());
    again.send(&changed);
    again.end();

    queue.until_state(&download.group, "complete").await;
    assert!(queue.published("/a.bin").await == Some(changed));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_body_that_ends_within_the_overlap_is_asked_for_again() {
    let server = Server::new();
    let (queue, download) = cut_download("overlap-short", &server).await;
    let file = file();

    let (start, short) = answer(&server).await;
    short.send(&file[start..start + 10]);
    short.end();
    let (start, broken) = answer(&server).await;
    broken.send(&file[start..start + 10]);
    broken.cut();
    let (start, body) = answer(&server).await;
    assert_eq!(start, START);
    body.send(&file[start..]);
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert!(queue.published("/a.bin").await == Some(file));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_suspend_within_the_overlap_keeps_the_part() {
    let server = Server::new();
    let (queue, download) = cut_download("overlap-suspend", &server).await;
    let file = file();

    let (start, body) = answer(&server).await;
    body.send(&file[start..start + 10]);
    download.suspend().await;
    queue.until("the end of the connection", || body.is_aborted()).await;
    assert_eq!(download.file("bytesDone"), CUT as u32);
    download.resume().await;
    let (start, body) = answer(&server).await;
    assert_eq!(start, START);
    body.send(&file[start..]);
    body.end();

    queue.until_state(&download.group, "complete").await;
    assert!(queue.published("/a.bin").await == Some(file));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_server_of_another_origin_that_gives_no_answer_is_asked_whether_it_lives() {
    let server = Server::new();
    let queue = Queue::open("overlap-probe", &server).await;
    let remote = [("remoteFile", "https://elsewhere.test/a.bin".into())];
    let download = queue.download("/a.bin", &remote).await;
    download.resume().await;

    server.next_request().await.fail();
    server.next_request().await.fail();
    let probe = server.next_request().await;
    assert_eq!(probe.url(), "https://elsewhere.test/a.bin");
    assert_eq!(probe.option("method").as_deref(), Some("HEAD"));
    assert_eq!(probe.option("mode").as_deref(), Some("no-cors"));
    assert_eq!(probe.option("credentials").as_deref(), Some("omit"));
    probe.fail();
    // The wait may be over before a row shows it; that it was one is counted.
    queue.until("another attempt", || js::number(&details(&download.group), "retries") > 0.0).await;

    // Dead no more, it answers, and lets no page of another origin read it.
    let mut answered = 0;
    while answered < 2 {
        let request = server.next_request().await;
        if request.option("method").as_deref() == Some("HEAD") {
            request.answer_whole(200, &[], b"");
            answered += 1;
        } else {
            request.fail();
        }
    }
    queue.until_state(&download.group, "error").await;
    assert!(js::text(&js::get(&details(&download.group), "error"), "message").contains("CORS"));
    queue.discard().await;
}
