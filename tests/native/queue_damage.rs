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
