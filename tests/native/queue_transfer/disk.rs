//! What the disk refuses, and how files come to stand under their names.

use super::{assert_complete, assert_failed, resume};
use crate::sim::{Crash, World};
use qmgr::abi::{Hresult, LocalPath};
use qmgr::protocol::{GroupState, WaitReason};
use qmgr::queue::DiskFailure;
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;

#[test]
fn a_full_disk_is_an_error_that_keeps_what_is_there() {
    let mut world = World::new().with_file("/a", 10_000);
    world.disk.capacity = Some(4_500);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::DISK_FULL);
    assert_eq!(world.row(group).bytes_done, 4_000);
    world.disk.capacity = None;
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn a_part_that_another_context_never_releases_is_copied_after_half_a_minute() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let held: Vec<_> = world.disk.parts().collect();
    world.disk.held.extend(&held);
    let began = world.now;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    let waited = world.now.since(began);
    assert!(Millis(30_000) <= waited && waited < Millis(60_000), "{waited:?}");
    let asked = world.ranges_asked("/a");
    assert!(asked[1..].iter().all(|range| range == "bytes=4000-"), "nothing is lost: {asked:?}");
}

#[test]
fn a_part_that_is_released_in_time_is_used_again_and_not_copied() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let held: Vec<_> = world.disk.parts().collect();
    world.disk.held.extend(&held);
    world.run_for(Millis(20_000));
    assert_eq!(
        world.row(group).wait.as_ref().map(|wait| wait.reason),
        Some(WaitReason::StorageBusy)
    );
    world.disk.held.clear();
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.database.tables.transfers[&(group, 0)].generation, 0);
}

#[test]
fn a_file_that_will_not_fit_is_refused_before_it_is_written() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    world.disk.checks_room = true;
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.disk.capacity = Some(9_999);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::DISK_FULL);
    assert_eq!(world.row(group).bytes_done, 4_000, "what is there is kept");
    world.disk.capacity = Some(10_000);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=4000-"]);
}

#[test]
fn a_target_that_is_held_by_another_is_waited_for() {
    let mut world = World::new().with_file("/a", 3_000);
    world.disk.refusals.extend([DiskFailure::Busy, DiskFailure::Busy]);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    assert_eq!(wait.reason, WaitReason::StorageBusy);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a").len(), 1);
}

#[test]
fn a_target_that_cannot_be_had_is_an_error_that_keeps_the_bytes() {
    for (failure, hresult) in [
        (DiskFailure::InTheWay, Hresult::E_ACCESSDENIED),
        (DiskFailure::Full, Hresult::DISK_FULL),
        (DiskFailure::Other("no".to_owned()), Hresult::E_FAIL),
    ] {
        let mut world = World::new().with_file("/a", 3_000).with_file("/b", 2_000);
        world.disk.refusals.push_back(failure);
        let group = world.resumed_group(["/a", "/b"]);
        world.run_until_idle();
        assert_failed(&world, group, hresult);
        assert_eq!(world.row(group).error.as_ref().and_then(|error| error.file_index), Some(0));
        resume(&mut world, group);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_complete(&world, group, "/b");
        assert_eq!(world.ranges_asked("/a").len(), 1);
    }
}

#[test]
fn a_directory_that_stands_at_the_target_is_an_error() {
    let mut world = World::new().with_file("/a", 3_000);
    let target = LocalPath::parse("/a").expect("a path");
    world.disk.directories.insert(target.key().to_owned());
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::E_ACCESSDENIED);
}

#[test]
fn a_crash_between_a_move_and_its_record_publishes_once() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 2_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.published("/a").is_some());
    assert_eq!(world.database.state(group), Some(&SavedState::Publishing));
    world.crash(Crash::PowerCut);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
    assert_eq!(world.ranges_asked("/a").len(), 1);
}

#[test]
fn a_part_that_somebody_deleted_is_fetched_again() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let parts: Vec<_> = world.disk.parts().collect();
    parts.into_iter().for_each(|part| world.disk.delete_part(part));
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=0-"]);
}
