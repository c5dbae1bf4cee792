//! One group's files, from the first request to their names, through everything that goes wrong.

mod calls;
mod crashes;
mod disk;
mod retries;
mod versions;

use crate::sim::{Crash, Ranges, World, info};
use qmgr::abi::Hresult;
use qmgr::protocol::{Checkpoint, Command, Connections, GroupState, Serial, SettingsPatch};
use qmgr::queue::{DiskFailure, Ended, Event, Ticket};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;

fn resume(world: &mut World, group: Serial) {
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
}

fn suspend(world: &mut World, group: Serial) {
    world.ask(Command::SuspendGroup { group }).expect("the group is suspended");
}

fn cancel(world: &mut World, group: Serial) {
    world.ask(Command::CancelGroup { group }).expect("the group is cancelled");
}

/// By bytes alone, and over one connection.
fn checkpoint_of(bytes: u64) -> SettingsPatch {
    SettingsPatch {
        checkpoint: Some(Checkpoint { bytes, interval: Millis(600_000) }),
        connections: Some(Connections { per_file: Some(1), ..Connections::default() }),
        ..SettingsPatch::default()
    }
}

/// Runs until so many bytes are written, flushed or not.
fn run_to(world: &mut World, bytes: usize) {
    world.run_until(|world| world.disk.in_parts() >= bytes);
}

#[track_caller]
fn assert_complete(world: &World, group: Serial, path: &str) {
    assert_eq!((world.status(group), world.job_status(group)), (0x140, 0x04));
    assert!(world.published(path) == Some(world.served(path)), "{path} is what the server holds");
    assert_eq!(world.disk.parts().count(), 0);
}

#[track_caller]
fn assert_failed(world: &World, group: Serial, hresult: Hresult) {
    assert_eq!((world.status(group), world.job_status(group)), (0x380, 0x18));
    let error = world.row(group).error.clone();
    assert_eq!(error.map(|error| error.hresult), Some(hresult));
}

#[test]
fn a_group_goes_from_suspended_over_running_to_complete() {
    let mut world = World::new().with_file("/a", 10_000);
    let group = world.group(["/a"]);
    assert_eq!((world.status(group), world.job_status(group)), (0x180, 0x08));
    resume(&mut world, group);
    assert_eq!((world.status(group), world.job_status(group)), (0x080, 0x08));
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
    let row = world.row(group);
    assert_eq!((row.bytes_done, row.bytes_total), (10_000, Some(10_000)));
    assert_eq!((row.files_done, row.files_total, row.retries), (1, 1, 0));
}

#[test]
fn an_empty_file_is_fetched_and_published() {
    for ranges in [Ranges::Honoured, Ranges::Ignored] {
        let mut world = World::new().with_file("/a", 0).with_ranges(ranges);
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

/// Bytes that came before a kill and were never recorded may still lie in the part.
#[test]
fn a_file_that_became_empty_is_published_empty_whatever_a_kill_left_behind() {
    let mut world = World::new().with_file("/a", 30_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 5_000);
    world.change("/a", 0);
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn a_file_of_unknown_length_ends_with_its_body() {
    let mut world =
        World::new().with_file("/a", 5_000).with_ranges(Ranges::Ignored).without_length();
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_server_that_caps_its_ranges_is_asked_for_one_after_the_other() {
    let mut world = World::new().with_file("/a", 10_000).with_ranges(Ranges::Capped(4_000));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=8000-"]);
}

#[test]
fn suspending_keeps_the_bytes_and_resuming_asks_for_the_rest() {
    let mut world = World::new().with_file("/a", 10_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 4_000);
    suspend(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x180);
    let kept = world.row(group).bytes_done;
    assert!((4_000..10_000).contains(&kept));
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-".to_owned(), format!("bytes={kept}-")]);
}

#[test]
fn cancelling_publishes_what_is_finished_and_deletes_the_rest() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 10_000);
    let group = world.resumed_group(["/a", "/b"]);
    run_to(&mut world, 6_000);
    assert_eq!(world.published("/a"), None);
    cancel(&mut world, group);
    assert!(world.published("/a") == Some(world.served("/a")), "it is there with the reply");
    world.run_until_idle();
    assert_eq!(world.published("/b"), None);
    assert_eq!(world.disk.parts().count(), 0);
    assert!(world.database.tables.groups.is_empty());
    assert_eq!(world.database.tables.files.len(), 1);
}

#[test]
fn cancelling_succeeds_even_where_a_file_cannot_be_kept() {
    for failure in [
        DiskFailure::Busy,
        DiskFailure::Full,
        DiskFailure::InTheWay,
        DiskFailure::Other("no".into()),
    ] {
        let mut world = World::new().with_file("/a", 3_000).with_file("/b", 10_000);
        world.disk.refusals.push_back(failure);
        let group = world.resumed_group(["/a", "/b"]);
        run_to(&mut world, 6_000);
        cancel(&mut world, group);
        world.run_until_idle();
        assert_eq!(world.published("/a"), None);
        assert_eq!(world.disk.parts().count(), 0);
        assert!(world.database.tables.groups.is_empty());
    }
}

#[test]
fn files_added_while_the_others_are_moved_to_their_names_are_fetched_too() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 3_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.database.state(group) == Some(&SavedState::Publishing));
    world.ask(Command::AddFiles { group, files: vec![info("/b")] }).expect("it is added");
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
}

#[test]
fn a_group_suspended_while_it_is_published_is_finished_by_a_resume() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 3_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.database.state(group) == Some(&SavedState::Publishing));
    suspend(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x180);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
}

#[test]
fn a_late_event_changes_nothing() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    world.dice = Some(fastrand::Rng::with_seed(1));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.run_for(Millis(1_000));
    let before = world.queue.clone();
    for event in std::mem::take(&mut world.reported) {
        world.report(event);
        assert!(world.queue == before);
    }
    for ticket in [Ticket(0), Ticket(u64::MAX)] {
        let how = Ended::Closed;
        world.report(Event::Ended { ticket, position: Some(10_000), how });
        assert!(world.queue == before);
    }
    world.dice = None;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_body_that_waits_for_a_record_has_not_stalled() {
    let mut world = World::new().with_file("/a", 20_000).configured(checkpoint_of(4_000));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done > 2_000);
    world.commit_delay = 120_000;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}
