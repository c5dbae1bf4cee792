//! No file is a mixture of two versions, nor another one than was promised.

use super::{assert_complete, assert_failed, resume};
use crate::sim::{Behaviour, Ranges, Validators, World, info};
use base64ct::{Base64, Encoding};
use qmgr::abi::{FileSetInfo, Hresult};
use qmgr::protocol::GroupState;
use sha2::{Digest, Sha256};

fn integrity(bytes: &[u8]) -> Option<String> {
    let text = Base64::encode_string(&Sha256::digest(bytes));
    Some(format!("sha256-{text}"))
}

#[test]
fn without_proof_a_file_starts_again_in_another_part() {
    for validators in [Validators::None, Validators::Weak] {
        let mut world =
            World::new().with_file("/a", 10_000).validated_by(validators).cut_after(4_000);
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        world.run_until(|world| world.disk.parts().any(|part| part.generation == 1));
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=0-"]);
    }
}

#[test]
fn a_part_stays_until_no_record_names_it() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::None).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| {
        let record = world.database.tables.transfers.get(&(group, 0));
        let old_is_there = world.disk.parts().any(|part| part.generation == 0);
        let has_bytes = record.is_some_and(|record| !record.ranges.is_empty());
        let is_new_named = record.is_some_and(|record| record.generation == 1);
        assert!(is_new_named || old_is_there || !has_bytes, "a record names a part that is gone");
        is_new_named && !old_is_there
    });
}

#[test]
fn with_a_strong_date_the_rest_is_asked_for() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::Date).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn two_versions_are_never_mixed() {
    for validators in [Validators::Strong, Validators::Weak, Validators::Date, Validators::None] {
        for size in [10_000, 12_000, 2_000] {
            let mut world =
                World::new().with_file("/a", 10_000).validated_by(validators).cut_after(4_000);
            let group = world.resumed_group(["/a"]);
            world.run_until(|world| world.row(group).state == GroupState::Waiting);
            world.change("/a", size);
            world.run_until_idle();
            assert_complete(&world, group, "/a");
        }
    }
}

#[test]
fn a_file_that_changes_under_every_cut_never_mixes() {
    let mut world = World::new().with_file("/a", 10_000);
    for length in [3_000, 5_000, 2_000, 9_000] {
        world = world.cut_after(length);
    }
    let group = world.resumed_group(["/a"]);
    for cuts in 1..=4 {
        world.run_until(|world| {
            world.ranges_asked("/a").len() == cuts && world.row(group).state == GroupState::Waiting
        });
        world.change("/a", 10_000 + cuts);
    }
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn bytes_without_the_promised_hash_are_an_error_and_are_not_kept() {
    let mut world = World::new().with_file("/a", 3_000);
    let wrong = FileSetInfo { integrity: integrity(b"something else"), ..info("/a") };
    let group = world.group_of(vec![wrong]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
    assert_eq!(world.published("/a"), None);
    assert_eq!(world.row(group).bytes_done, 0);
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn a_hash_proves_what_no_validator_does() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::None).cut_after(4_000);
    let right = FileSetInfo { integrity: integrity(world.served("/a")), ..info("/a") };
    let group = world.group_of(vec![right]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn another_size_than_the_promised_one_is_an_error() {
    let mut world = World::new().with_file("/a", 3_000);
    let group = world.group_of(vec![FileSetInfo { size: Some(2_999), ..info("/a") }]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
    let mut world =
        World::new().with_file("/a", 3_000).with_ranges(Ranges::Ignored).without_length();
    let group = world.group_of(vec![FileSetInfo { size: Some(2_999), ..info("/a") }]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
}

#[test]
fn a_server_that_is_at_odds_with_its_own_ranges_ends_in_an_error_or_an_exact_file() {
    for shift in [1, 500, 5_000] {
        let mut world = World::new().with_file("/a", 3_000).always(Behaviour::WrongRange(shift));
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert!(world.ranges_asked("/a").len() <= 6, "{:?}", world.ranges_asked("/a"));
        assert_complete(&world, group, "/a");
    }
    let mut world = World::new().with_file("/a", 3_000).always(Behaviour::Overlong(10));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert!(world.ranges_asked("/a").len() <= 6, "{:?}", world.ranges_asked("/a"));
    assert_failed(&world, group, Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT);
}
