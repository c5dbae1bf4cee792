//! The records in IndexedDB.

use crate::support::queue::{details, remove, state_of};
use crate::support::{Bytes, Options, Queue, Server, js, records};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
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
    assert_eq!(js::code(&refused), "QM_E_SERVICE_UNAVAILABLE");
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
    let row = row.dyn_into::<Uint8Array>().expect("bytes");
    let cut = row.slice(0, row.length() - 1);
    records::write("store-damaged-group", "groups", &keys[0], cut.into()).await;

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
    let newer = [99, b'n', b'e', b'w'];
    let record = Uint8Array::from(&newer[..]);
    records::write("store-newer", "queue", "record", record.into()).await;

    let options = Options { name: "store-newer", storage: None, server: None };
    let refused = Queue::try_open(options).await.err().expect("a newer queue is refused");
    assert_eq!(js::code(&refused), "QM_E_SERVICE_UNAVAILABLE");
    assert!(js::text(&refused, "message").contains("newer version"), "{refused:?}");
    let record = records::read("store-newer", "queue", "record").await.expect("the record");
    assert_eq!(Uint8Array::new(&record).to_vec(), newer);
    assert_eq!(records::read("store-newer", "queue", "epoch").await, Some(1.into()));
    remove("store-newer").await;
}

/// Nothing more can be put into the database; what is there can be read and deleted.
fn without_room() -> js::Patched {
    js::patched(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }",
        "IDBObjectStore.prototype.put",
    )
}

#[wasm_bindgen_test]
async fn without_room_for_records_groups_stop_and_are_read_and_a_resume_goes_on_once_there_is_some()
{
    let server = Server::new();
    let queue = Queue::open("store-full", &server).await;
    let published = queue.resumed_download("/b.bin").await;
    server.next_request().await.answer_whole(200, &[], b"here");
    queue.until_state(&published.group, "complete").await;
    let download = queue.resumed_download("/a.bin").await;
    let file = b"0123456789";
    let body = server.next_request().await.answer_range(file, Some("\"v1\""));
    body.send(&file[..4]);
    queue.until("a checkpoint", || download.file("ranges.length") == 1).await;

    let full = without_room();
    let refused = js::settled(download.group.set_prop(&11.into(), &"a name".into())).await;
    assert_eq!(js::number(&refused.expect_err("no room"), "hresult"), f64::from(0x8007_0070_u32));
    queue.until_state(&download.group, "error").await;
    assert!(body.is_aborted());
    let status = download.job.get_status().expect("a job");
    assert_eq!(js::number(&status, "win32Result"), 112.0);
    let found = queue.find(&download.group.group_id()).await.expect("groups can be found");
    assert_eq!(word(&found), f64::from(0x380));
    let files = js::settled(queue.session.list_files(&JsValue::UNDEFINED)).await;
    assert_eq!(js::number(&files.expect("files can be listed"), "length"), 1.0);
    assert!(js::settled(download.group.resume_group()).await.is_err(), "there is still no room");
    // It was sent before the record of it failed.
    drop(server.next_request().await);

    drop(full);
    // The engine looks for room every now and then; an early call may still be told that there is none.
    if let Err(refused) = js::settled(download.group.resume_group()).await {
        assert_eq!(js::number(&refused, "hresult"), f64::from(0x8007_0070_u32));
        js::settled(download.group.resume_group()).await.expect("there is room");
    }
    let request = server.next_request().await;
    assert_eq!(request.header("Range").as_deref(), Some("bytes=4-"));
    let body = request.answer_range(file, Some("\"v1\""));
    body.send(&file[4..]);
    body.end();
    queue.until_state(&download.group, "complete").await;
    assert_eq!(queue.published("/a.bin").await.as_deref(), Some(file.as_slice()));
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_published_file_can_be_deleted_to_make_room_for_records() {
    let server = Server::new();
    let queue = Queue::open("store-make-room", &server).await;
    let published = queue.resumed_download("/b.bin").await;
    server.next_request().await.answer_whole(200, &[], b"here");
    queue.until_state(&published.group, "complete").await;
    queue.close().await;

    let full = without_room();
    let queue =
        Queue::try_open(Options { name: "store-make-room", storage: None, server: Some(&server) })
            .await;
    let queue = queue.expect("a queue can be opened though nothing can be recorded");
    let path = JsValue::from("/b.bin");
    let refused = js::settled(queue.session.delete_file(&path)).await.expect_err("no record of it");
    assert_eq!(js::number(&refused, "hresult"), f64::from(0x8007_0070_u32));
    assert_eq!(queue.published("/b.bin").await, None, "its bytes have made room");
    drop(full);
    js::settled(queue.session.delete_file(&path)).await.expect("there is room for the record");
    let files = js::settled(queue.session.list_files(&JsValue::UNDEFINED)).await;
    assert_eq!(js::number(&files.expect("files can be listed"), "length"), 0.0);
    queue.discard().await;
}

#[wasm_bindgen_test]
async fn a_queue_keeps_the_storage_that_it_was_created_with() {
    let server = Server::new();
    let queue = Queue::open("store-storage", &server).await;
    queue.close().await;
    let asked = |storage| Options { name: "store-storage", storage, server: None };
    let (own, other) = match queue.bytes {
        Bytes::IndexedDb => ("indexeddb", "opfs"),
        Bytes::Opfs => ("opfs", "indexeddb"),
    };
    let refused = Queue::try_open(asked(Some(other))).await.err();
    let refused = refused.expect("a queue has one storage");
    assert_eq!(js::code(&refused), "E_INVALIDARG");

    let queue = Queue::try_open(asked(None)).await.expect("its own storage is the default");
    assert_eq!(queue.session.storage(), own);
    queue.discard().await;
}

async fn storage_of(name: &str, storage: Option<&str>) -> Result<String, String> {
    let queue = Queue::try_open(Options { name, storage, server: None }).await;
    let queue = queue.map_err(|thrown| js::text(&thrown, "message"))?;
    let storage = queue.session.storage().as_string();
    queue.close().await;
    Ok(storage.expect("an active engine"))
}

#[wasm_bindgen_test]
async fn a_denied_database_is_named() {
    let denied = js::patched(
        "IDBFactory.prototype.open = () => { throw new DOMException('cookies are blocked', 'SecurityError') }",
        "IDBFactory.prototype.open",
    );
    let refused = storage_of("store-denied", None).await.expect_err("no database");
    drop(denied);
    assert!(refused.contains("IndexedDB"), "{refused}");
    assert!(refused.contains("cookies are blocked"), "{refused}");
}

/// What a browser shows that gives a worker files.
mod in_opfs {
    use super::storage_of;
    use crate::support::queue::remove;
    use crate::support::{js, opfs};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// As in a private window of some browsers.
    fn without_opfs() -> js::Patched {
        js::patched(
            "StorageManager.prototype.getDirectory = async () => { \
               throw new DOMException('not in a private window', 'SecurityError') }",
            "StorageManager.prototype.getDirectory",
        )
    }

    #[wasm_bindgen_test]
    async fn a_new_queue_keeps_its_bytes_where_the_browser_lets_it_and_stays_there() {
        assert_eq!(storage_of("store-auto-opfs", None).await.as_deref(), Ok("opfs"));
        let denied = without_opfs();
        assert_eq!(storage_of("store-auto-chunks", None).await.as_deref(), Ok("indexeddb"));
        drop(denied);
        assert_eq!(storage_of("store-auto-chunks", None).await.as_deref(), Ok("indexeddb"));

        let read_only = js::patched(
            "delete FileSystemFileHandle.prototype.createSyncAccessHandle",
            "FileSystemFileHandle.prototype.createSyncAccessHandle",
        );
        assert_eq!(storage_of("store-auto-no-handles", None).await.as_deref(), Ok("indexeddb"));
        drop(read_only);

        // As in Safari before 16.4, where `flush` and `close` return promises, too.
        let slow = js::patched(
            "FileSystemSyncAccessHandle.prototype.getSize = async () => 0",
            "FileSystemSyncAccessHandle.prototype.getSize",
        );
        assert_eq!(storage_of("store-auto-slow", None).await.as_deref(), Ok("indexeddb"));
        drop(slow);
        for name in
            ["store-auto-opfs", "store-auto-chunks", "store-auto-no-handles", "store-auto-slow"]
        {
            remove(name).await;
        }
    }

    #[wasm_bindgen_test]
    async fn a_queue_in_the_private_file_system_never_falls_back() {
        assert_eq!(storage_of("store-stays", None).await.as_deref(), Ok("opfs"));
        let denied = without_opfs();
        for storage in [None, Some("opfs")] {
            let refused =
                storage_of("store-stays", storage).await.expect_err("its files are not here");
            assert!(refused.contains("SecurityError: not in a private window"), "{refused}");
        }
        drop(denied);
        assert_eq!(storage_of("store-stays", None).await.as_deref(), Ok("opfs"));
        remove("store-stays").await;
    }

    #[wasm_bindgen_test]
    async fn a_held_probe_is_no_sign_that_there_are_no_files() {
        let held = opfs::hold("qmgr/store-probe/parts/probe").await;
        assert_eq!(storage_of("store-probe", None).await.as_deref(), Ok("opfs"));
        held.close();
        remove("store-probe").await;
    }

    #[wasm_bindgen_test]
    async fn a_denied_file_system_is_named() {
        let denied = without_opfs();
        let refused = storage_of("store-denied", Some("opfs")).await.expect_err("no files");
        drop(denied);
        assert!(refused.contains("SecurityError: not in a private window"), "{refused}");
        remove("store-denied").await;
    }
}
