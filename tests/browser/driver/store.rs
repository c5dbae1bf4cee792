//! The records in IndexedDB.

use crate::support::queue::{details, remove, state_of};
use crate::support::{Options, Queue, Server, js, records};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

fn word(group: &crate::support::classes::JsGroup) -> f64 {
    js::number(&group.get_status().expect("an open queue"), "status")
}

#[wasm_bindgen_test]
async fn a_group_survives_closing_and_opening_in_the_same_state() {
    let server = Server::new();
    let queue = Queue::open("store-survives", &server).await;
    let download = queue.download("/a.bin", &[("size", 10.into())]).await;
    let name = js::settled(download.group.set_prop(&11.into(), &"my group".into())).await;
    name.expect("a display name can be set");
    let id = download.group.group_id();
    let job = download.job.job_id();
    queue.close().await;

    let queue = Queue::open("store-survives", &server).await;
    let group = queue.find(&id).await.expect("the group is still there");
    assert_eq!(state_of(&group), "new");
    assert_eq!(word(&group), f64::from(0x180));
    assert_eq!(group.get_prop(&11.into()).expect("a property"), "my group");
    let job = group.get_job(&job.into()).expect("the job is still there");
    let file = job.get_file(0).expect("its file is still there");
    assert_eq!(js::text(&file, "localFile"), "/a.bin");
    assert_eq!(js::number(&file, "size"), 10.0);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn each_start_raises_the_epoch() {
    let server = Server::new();
    for epoch in 1..=3 {
        let queue = Queue::open("store-epoch", &server).await;
        let record = records::read("store-epoch", "queue", "epoch").await;
        assert_eq!(record, Some(JsValue::from(epoch)));
        queue.close().await;
    }
    remove("store-epoch").await;
}

#[wasm_bindgen_test]
async fn an_engine_whose_epoch_is_over_writes_nothing_and_lets_go() {
    let server = Server::new();
    let queue = Queue::open("store-fenced", &server).await;
    let group = queue.group().await;
    let running = queue.resumed_download("/a.bin").await;
    records::write("store-fenced", "queue", "epoch", 99.into()).await;
    let before = records::keys("store-fenced", "groups").await;

    let refused = queue.session.create_group(&JsValue::UNDEFINED);
    queue.until_waiting(&running.group, "no-active-tab").await;
    assert_eq!(records::keys("store-fenced", "groups").await, before);
    assert_eq!(records::read("store-fenced", "queue", "epoch").await, Some(99.into()));
    assert_eq!(word(&group), f64::from(0x180), "what was known can still be read");

    queue.close().await;
    let refused = js::settled(refused).await.expect_err("a group that was never created");
    assert_eq!(js::text(&refused, "code"), "QM_E_SERVICE_UNAVAILABLE");
    remove("store-fenced").await;
}

#[wasm_bindgen_test]
async fn a_damaged_record_of_a_file_puts_its_group_alone_in_error() {
    let server = Server::new();
    let queue = Queue::open("store-damaged", &server).await;
    let damaged = queue.download("/a.bin", &[]).await.group.group_id();
    let sound = queue.download("/b.bin", &[]).await.group.group_id();
    queue.close().await;
    let keys = records::keys("store-damaged", "transfers").await;
    assert_eq!(keys.len(), 2, "{keys:?}");
    records::write("store-damaged", "transfers", &keys[0], "not a record".into()).await;

    let queue = Queue::open("store-damaged", &server).await;
    let damaged = queue.find(&damaged).await.expect("the group is still there");
    assert_eq!(js::text(&details(&damaged), "error.code"), "BG_E_DATABASE_CORRUPT");
    assert_eq!(word(&damaged), f64::from(0x380));
    let sound = queue.find(&sound).await.expect("the group is still there");
    assert_eq!(state_of(&sound), "new");
    js::settled(sound.resume_group()).await.expect("the other group can be resumed");
    server.next_request().await.answer_whole(200, &[], b"here");
    queue.until_state(&sound, "complete").await;
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_damaged_record_of_a_group_puts_it_alone_in_error() {
    let server = Server::new();
    let queue = Queue::open("store-damaged-group", &server).await;
    let damaged = queue.download("/a.bin", &[]).await.group.group_id();
    let sound = queue.download("/b.bin", &[]).await.group.group_id();
    queue.close().await;
    let keys = records::keys("store-damaged-group", "groups").await;
    let row = records::read("store-damaged-group", "groups", &keys[0]).await.expect("the record");
    let record = js_sys::Array::from(&row).get(1);
    js_sys::Reflect::set(&record, &"state".into(), &"no state".into()).expect("an object");
    records::write("store-damaged-group", "groups", &keys[0], row).await;

    let queue = Queue::open("store-damaged-group", &server).await;
    let damaged = queue.find(&damaged).await.expect("the group is still there");
    assert_eq!(js::text(&details(&damaged), "error.code"), "BG_E_DATABASE_CORRUPT");
    assert_eq!(word(&damaged), f64::from(0x380));
    let sound = queue.find(&sound).await.expect("the group is still there");
    assert_eq!(state_of(&sound), "new");
    js::settled(damaged.cancel_group()).await.expect("the damaged group can be cancelled");
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_queue_of_a_newer_schema_is_refused_and_left_untouched() {
    let server = Server::new();
    Queue::open("store-newer", &server).await.close().await;
    // Nothing but the schema is known of the records to come.
    let newer = js::object([("schema", 2.into()), ("place", "elsewhere".into())]);
    records::write("store-newer", "queue", "record", newer.clone()).await;

    let options = Options { name: "store-newer", storage: None, server: None };
    let refused = Queue::try_open(options).await.err().expect("a newer queue is refused");
    assert_eq!(js::text(&refused, "code"), "QM_E_SERVICE_UNAVAILABLE");
    assert!(js::text(&refused, "message").contains("newer version"), "{refused:?}");
    let record = records::read("store-newer", "queue", "record").await.expect("the record");
    assert_eq!(js::text(&record, "place"), "elsewhere");
    assert_eq!(records::read("store-newer", "queue", "epoch").await, Some(1.into()));
    remove("store-newer").await;
}

#[wasm_bindgen_test]
async fn a_queue_keeps_the_storage_that_it_was_created_with() {
    let server = Server::new();
    let queue = Queue::open("store-storage", &server).await;
    queue.close().await;
    let asked = |storage| Options { name: "store-storage", storage, server: None };
    let refused = Queue::try_open(asked(Some("indexeddb"))).await.err();
    let refused = refused.expect("a queue has one storage");
    assert_eq!(js::text(&refused, "code"), "E_INVALIDARG");

    let queue = Queue::try_open(asked(None)).await.expect("its own storage is the default");
    assert_eq!(queue.session.storage(), "opfs");
    queue.discard().await;
}
