//! Records that are lost, and two files that want one name.

use crate::sim::{Crash, World, info};
use qmgr::abi::Hresult;
use qmgr::protocol::{Command, GroupState};
use qmgr::time::Millis;

#[test]
fn a_group_whose_file_record_is_lost_stays_in_error_and_says_why() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    let group = world.group(["/a", "/b"]);
    world.ledger.look_away();
    world.database.tables.transfers.remove(&(group, 1));
    world.crash(Crash::Kill);
    world.run_for(Millis(100));
    assert_eq!(world.status(group), 0x380);
    let refusal = world.ask(Command::ResumeGroup { group }).expect_err("its files are not known");
    assert_eq!(refusal.hresult, Hresult::BG_E_DATABASE_CORRUPT);
    world.run_for(Millis(10_000));
    assert_eq!(world.row(group).state, GroupState::Error);
    world.ask(Command::CancelGroup { group }).expect("it can leave the queue");
}

#[test]
fn of_two_files_with_one_path_the_later_one_stands_after_a_crash_too() {
    let is_crashed_everywhere = (0..500).any(|steps| {
        let mut world = World::new().with_file("/a", 5_000).with_file("/b", 6_000);
        let later = qmgr::abi::FileSetInfo { local_file: info("/a").local_file, ..info("/b") };
        let group = world.group_of(vec![info("/a"), later]);
        world.send(Command::ResumeGroup { group });
        let is_there = world.run_steps(steps);
        world.crash(Crash::Kill);
        // Where the crash came before it, once more.
        world.send(Command::ResumeGroup { group });
        world.run_until_idle();
        let length = world.published("/a").map(<[u8]>::len);
        assert_eq!((world.status(group), length), (0x140, Some(6_000)), "{steps} steps");
        !is_there
    });
    assert!(is_crashed_everywhere, "the download ends before the steps do");
}

#[test]
fn without_room_for_records_groups_stop_can_be_read_and_go_on_once_there_is_some() {
    let mut world = World::new().with_file("/a", 200_000).with_file("/b", 5_000);
    let group = world.resumed_group(["/a"]);
    let idle = world.group(["/b"]);
    world.run_until(|world| world.row(group).bytes_done >= 2_000);
    world.ask(Command::SuspendGroup { group }).expect("it can be suspended");
    world.ask(Command::ResumeGroup { group }).expect("it can be resumed");
    world.database.is_full = true;
    let refused = world.ask(Command::ResumeGroup { group: idle }).expect_err("no room");
    assert_eq!(refused.hresult, Hresult::DISK_FULL);
    world.run_for(Millis(10_000));
    assert_eq!((world.status(group), world.status(idle)), (0x380, 0x180));
    let error = world.row(group).error.clone().expect("it says why");
    assert_eq!(error.hresult, Hresult::DISK_FULL);
    let asked = world.ranges_asked("/a").len();
    let refused = world.ask(Command::ResumeGroup { group }).expect_err("still no room");
    assert_eq!(refused.hresult, Hresult::DISK_FULL);
    world.run_for(Millis(10_000));
    assert!(world.ranges_asked("/a").len() <= asked + 1, "it does not try again by itself");

    world.database.is_full = false;
    world.ask(Command::ResumeGroup { group }).expect("there is room");
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    assert_eq!(world.published("/a"), Some(world.served("/a")));
}

#[test]
fn an_engine_that_starts_anew_tries_again_what_stopped_for_lack_of_room() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    let group = world.resumed_group(["/a"]);
    world.database.is_full = true;
    world.run_until(|world| world.row(group).state == GroupState::Error);
    world.database.is_full = false;
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}
