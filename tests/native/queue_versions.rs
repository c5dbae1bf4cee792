//! Builds of different versions that meet in one queue, and records of other schemas.

use crate::sim::{Crash, World};
use qmgr::protocol::{Command, GroupState, ToEngine, VERSION};
use qmgr::queue::{Host, Queue};
use qmgr::snapshot::{
    GroupRecord, OutcomeRecord, QueueRecord, SCHEMA, TransferRecord, check_schema,
};
use qmgr::time::Millis;

#[test]
fn an_engine_that_hears_a_newer_build_makes_everything_durable_and_is_over() {
    let mut world = World::new().with_file("/a", 50_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done > 10_000);
    world.deliver(ToEngine::Hello { version: VERSION + 1 });
    world.run_until(|world| world.queue.is_over());
    assert!(world.queue.is_superseded());
    let transfer = &world.database.tables.transfers[&(group, 0)];
    assert!(transfer.ranges.iter().any(|(_, end)| *end > 10_000), "{transfer:?}");
    assert_eq!(world.ranges_asked("/a").len(), 1, "nothing is begun any more");
}

#[test]
fn builds_of_the_same_and_of_an_older_version_are_no_reason_to_go() {
    let mut world = World::new().with_file("/a", 50_000);
    let group = world.resumed_group(["/a"]);
    for version in [0, VERSION - 1, VERSION] {
        world.deliver(ToEngine::Hello { version });
    }
    world.run_until_idle();
    assert_eq!(world.row(group).state, GroupState::Complete);
    assert!(!world.queue.is_over() && !world.queue.is_superseded());
}

#[test]
fn records_of_an_older_schema_are_all_written_again_in_one_commit() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    let done = world.resumed_group(["/a"]);
    world.run_until_idle();
    let waiting = world.group(["/b"]);
    world.run_until_idle();
    let before = world.database.tables.clone();
    world.database.tables.queue.as_mut().expect("a record").schema = SCHEMA - 1;
    world.crash(Crash::Kill);
    let commit = world.commit_under_way().expect("the records of before are out of date");
    assert!(commit.strict);
    assert_eq!(commit.queue.as_ref().map(|queue| queue.schema), Some(SCHEMA));
    assert_eq!(commit.groups.len(), before.groups.len());
    assert_eq!(commit.transfers.len(), before.transfers.len());
    assert_eq!(commit.files.len(), before.files.len());
    world.run_until_idle();
    let after = &world.database.tables;
    assert_eq!(after.queue, before.queue);
    assert_eq!((&after.groups, &after.transfers), (&before.groups, &before.transfers));
    assert_eq!(world.row(done).state, GroupState::Complete);
    world.ask(Command::ResumeGroup { group: waiting }).expect("it goes on");
}

#[test]
fn records_of_this_schema_are_not_written_again() {
    let mut world = World::new().with_file("/a", 5_000);
    world.group(["/a"]);
    world.run_until_idle();
    world.crash(Crash::Kill);
    let commit = world.commit_under_way();
    assert!(commit.is_none_or(|commit| commit.queue.is_none()), "{commit:?}");
}

#[test]
fn records_of_a_newer_schema_are_refused_and_the_sentence_says_to_reload() {
    let mut world = World::new();
    world.run_until_idle();
    let mut saved = world.database.saved();
    saved.queue.as_mut().expect("a record").schema = SCHEMA + 1;
    let host = Host {
        origin: None,
        dice: 0,
        storage: qmgr::protocol::Storage::Opfs,
        epoch: qmgr::protocol::Epoch(2),
        first_ticket: qmgr::queue::Ticket(0),
        pieces: qmgr::queue::Pieces::default(),
        worker: "older".to_owned(),
    };
    let refusal = Queue::restore(saved, host, Millis(0)).expect_err("it cannot be read");
    assert!(refusal.message.contains("reload"), "{refusal:?}");
    assert_eq!(check_schema(SCHEMA + 1), Err(refusal));
    assert_eq!(check_schema(SCHEMA), Ok(()));
}

/// The records as the first release writes them. What is written here stays as it is for ever: such
/// records are in people's browsers.
#[test]
fn records_as_the_first_release_wrote_them_can_be_read() {
    let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    let queue = read(r#"{ "schema": 1, "storage": "opfs", "settings": {}, "next_serial": 3 }"#);
    let queue: QueueRecord = serde_json::from_value(queue).expect("a queue of schema 1");
    assert_eq!((queue.schema, queue.next_serial.0), (1, 3));

    let group = read(
        r#"{
            "id": "00112233-4455-6677-8899-aabbccddeeff", "owner": "default",
            "credentials": "same-origin", "state": "Running", "foreground": false,
            "properties": { "notify_flags": 4,
                "notify_clsid": "00000000-0000-0000-0000-000000000000",
                "display_name": "maps", "description": "" },
            "job": null, "files": 0, "retries": 0, "touched_at": 784111777000, "trouble": null
        }"#,
    );
    let group: GroupRecord = serde_json::from_value(group).expect("a group of schema 1");
    assert_eq!((&*group.owner, &*group.properties.display_name), ("default", "maps"));

    let transfer = read(
        r#"{
            "info": { "remoteFile": "https://here.test/a", "localFile": "/a" },
            "generation": 2, "ranges": [[0, 10]], "version": null, "complete": false,
            "published": false, "without_range": false, "furthest": 10
        }"#,
    );
    let transfer: TransferRecord = serde_json::from_value(transfer).expect("a file of schema 1");
    assert_eq!(transfer.ranges, [(0, 10)]);

    let outcome = read(r#"{ "group": 1, "at": 784111777000 }"#);
    let outcome: OutcomeRecord = serde_json::from_value(outcome).expect("an outcome of schema 1");
    assert_eq!(outcome.at, Millis(784_111_777_000));
}
