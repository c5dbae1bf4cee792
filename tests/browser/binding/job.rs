//! `Job`, called as JavaScript calls it.

use crate::support::queue::remote_file;
use crate::support::{Queue, Server, js};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn files_are_added_all_or_none() {
    let server = Server::new();
    let queue = Queue::open("job-add", &server).await;
    let download = queue.download("/a.bin", &[]).await;
    let good =
        js::object([("remoteFile", remote_file("/b.bin").into()), ("localFile", "/b.bin".into())]);
    let bad = js::object([("remoteFile", "no url".into()), ("localFile", "/c.bin".into())]);

    let added = js::settled(download.job.add_files(&Array::of2(&good, &bad))).await;
    let thrown = added.expect_err("one of them is bad");
    assert!(js::text(&thrown, "message").contains("no url"), "{thrown:?}");
    assert_eq!(download.job.get_file_count(), Ok(1));

    js::settled(download.job.add_files(&Array::of1(&good))).await.expect("a good file");
    assert_eq!(download.job.get_file_count(), Ok(2));
    let file = download.job.get_file(1).expect("the file that was added");
    assert_eq!(js::text(&file, "localFile"), "/b.bin");
    assert_eq!(js::number(&file, "sizeHint"), 0.0);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn the_status_of_a_new_job_tells_of_no_failure() {
    let server = Server::new();
    let queue = Queue::open("job-status", &server).await;
    let download = queue.download("/a.bin", &[]).await;
    let status = download.job.get_status().expect("an open queue");
    for (name, value) in [("win32Result", 0.0), ("transportResult", 0.0), ("numOfRetries", 0.0)] {
        assert_eq!(js::number(&status, name), value, "{name}");
    }
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn what_a_job_lacks_is_not_found_or_not_implemented() {
    let server = Server::new();
    let queue = Queue::open("job-errors", &server).await;
    let download = queue.download("/a.bin", &[]).await;
    let code = |thrown: JsValue| js::code(&thrown);
    assert_eq!(download.job.get_file(1).map_err(code), Err("QM_E_ITEM_NOT_FOUND".into()));
    assert_eq!(download.job.get_file_details(1).map_err(code), Err("QM_E_ITEM_NOT_FOUND".into()));
    assert_eq!(download.job.cancel_job().map_err(code), Err("E_NOTIMPL".into()));
    let added = js::settled(download.job.add_files(&"/b.bin".into())).await;
    assert_eq!(added.map_err(code), Err("E_INVALIDARG".into()));
    queue.discard().await;
}
