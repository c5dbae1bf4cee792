//! The records that a service worker reads without this crate (`pkg-template/lib/serving/records.js`).
//!
//! Their bytes stand here and in `tests/package/serving.test.mjs`. Whoever changes them changes both, and
//! sees to it that a service worker reads those of older schemas, too.

use qmgr::bytes;
use qmgr::protocol::{Serial, Settings, Storage, StoredFile};
use qmgr::snapshot::{QueueRecord, SCHEMA};
use qmgr::time::Millis;

#[test]
fn the_record_of_a_published_file_is_what_a_service_worker_reads() {
    let file = StoredFile {
        local_file: "/A.b".into(),
        remote_file: "https://h/a".into(),
        size: 1 << 32,
        last_modified: Millis(1_767_268_800_000),
        etag: Some("\"v1\"".into()),
        media_type: "video/mp4".into(),
        integrity: None,
    };
    let record = bytes::write(&("posix/%41%2Eb", file));
    let hex: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "0d706f7369782f25343125324562042f412e620b68747470733a2f2f682f61\
         808080801080acb7cbb73301042276312209766964656f2f6d703400"
    );
}

/// The schema that it knows as the newest: of a newer one it reads nothing.
const NEWEST: u8 = 2;

#[test]
fn the_queues_own_record_begins_with_the_schema_that_a_service_worker_knows() {
    let record = QueueRecord {
        schema: SCHEMA,
        storage: Storage::Opfs,
        settings: Settings::default(),
        next_serial: Serial(1),
        asks_pages: false,
    };
    assert_eq!(bytes::write(&record).first(), Some(&NEWEST));
}
