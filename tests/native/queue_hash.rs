//! The hash of a file is taken beside its transfer, and goes on after a crash where a record left it.

use crate::sim::{Behaviour, Crash, DAMAGED_STATE, World, info};
use base64::Engine as _;
use qmgr::abi::{FileSetInfo, Hresult};
use qmgr::protocol::Command;
use qmgr::snapshot::TransferRecord;
use qmgr::time::Millis;
use sha2::{Digest, Sha256};

/// Fetches a file with the right hash, of which 6,000 of 10,000 bytes are recorded when the engine is
/// killed; the record is changed before the next one starts. Returns from where the engines hashed.
#[track_caller]
fn hashed_through_a_kill(change: impl FnOnce(&mut TransferRecord)) -> Vec<u64> {
    let mut world = World::new().with_file("/a", 10_000).then(Behaviour::StallAfter(6_000));
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(world.served("/a")));
    let file = FileSetInfo { integrity: Some(format!("sha256-{hash}")), ..info("/a") };
    let group = world.group_of(vec![file]);
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    world.run_for(Millis(3_000));
    let record = world.database.tables.transfers.get_mut(&(group, 0)).expect("a record");
    assert_eq!(record.hash.as_ref().map(|mark| mark.position), Some(6_000));
    change(record);
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_eq!(world.published("/a"), Some(world.served("/a")));
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=6000-"]);
    world.hashed_from
}

#[test]
fn a_hash_goes_on_where_the_checkpoint_left_it() {
    assert_eq!(hashed_through_a_kill(|_| {}), [0, 6_000, 10_000]);
}

#[test]
fn a_hash_that_was_not_recorded_begins_at_zero() {
    assert_eq!(hashed_through_a_kill(|record| record.hash = None), [0, 0, 10_000]);
}

#[test]
fn a_hash_of_more_than_is_durable_begins_at_zero() {
    let beyond = |record: &mut TransferRecord| {
        record.hash.as_mut().expect("it was recorded").position = 6_001;
    };
    assert_eq!(hashed_through_a_kill(beyond), [0, 0, 10_000]);
}

#[test]
fn a_part_is_read_whole_before_a_hash_that_was_continued_condemns_it() {
    let damage = |record: &mut TransferRecord| {
        record.hash.as_mut().expect("it was recorded").state = DAMAGED_STATE.to_owned();
    };
    assert_eq!(hashed_through_a_kill(damage), [0, 6_000, 10_000, 0]);
}

#[test]
fn an_empty_file_has_a_hash_though_no_part_need_hold_it() {
    for (bytes, hresult) in [(&b""[..], None), (b"more", Some(Hresult::BG_E_VALIDATION_FAILED))] {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes));
        let file = FileSetInfo { integrity: Some(format!("sha256-{hash}")), ..info("/a") };
        let mut world = World::new().with_file("/a", 0);
        let group = world.group_of(vec![file]);
        world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        world.run_until_idle();
        let error = world.row(group).error.as_ref();
        assert_eq!(error.map(|error| error.hresult), hresult);
        assert_eq!(world.published("/a").is_some(), hresult.is_none());
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-"], "the 416 says that it is empty");
    }
}

#[test]
fn an_engine_that_stops_leaves_a_hash_to_the_next_one() {
    let mut world = World::new().with_file("/a", 10_000);
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(world.served("/a")));
    let file = FileSetInfo { integrity: Some(format!("sha256-{hash}")), ..info("/a") };
    let group = world.group_of(vec![file]);
    world.hash_delay = 600_000;
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    // The whole file is hashed once more, from where the hash is.
    world.run_until(|world| world.hash_is_under_way());
    let before = world.now;
    world.stop();
    assert!(world.now.since(before) < Millis(1_000), "it waits for the hash");
    world.hash_delay = 5;
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_eq!(world.published("/a"), Some(world.served("/a")));
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}
