//! What stands at a name, where several files are published there one after the other.

use crate::sim::{Crash, World, info};
use qmgr::abi::FileSetInfo;
use qmgr::protocol::{Command, GroupState, Serial};

const SIZE: usize = 3_000;

/// A group that fetches a file of the server and publishes it at `/a`.
fn group_at_a(world: &mut World, path: &str) -> Serial {
    let file = FileSetInfo { local_file: "/a".into(), ..info(path) };
    let group = world.group_of(vec![file]);
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    group
}

/// A world where a version of a file stands at `/a`, and its server holds another of the same size.
fn world_with_an_older_version() -> World {
    let mut world = World::new().with_file("/a", SIZE);
    group_at_a(&mut world, "/a");
    world.run_until_idle();
    world.change("/a", SIZE);
    world
}

#[track_caller]
fn assert_stands(world: &World, group: Serial, path: &str) {
    assert_eq!(world.status(group), 0x140);
    assert!(world.published("/a") == Some(world.served(path)), "what stands at /a is not {path}");
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn an_older_file_of_the_same_size_is_not_taken_for_a_part_that_was_lost() {
    let mut world = world_with_an_older_version();
    let group = group_at_a(&mut world, "/a");
    world.run_until(|world| world.row(group).state == GroupState::Publishing);
    let part = world.disk.parts().next().expect("it is not moved yet");
    world.disk.delete_part(part);
    world.run_until_idle();
    assert_stands(&world, group, "/a");
}

#[test]
fn a_crash_between_a_move_and_its_record_over_a_file_of_the_same_size_costs_a_download_at_most() {
    for crash in [Crash::Kill, Crash::PowerCut] {
        let mut world = world_with_an_older_version();
        let group = group_at_a(&mut world, "/a");
        let newer = world.served("/a").to_vec();
        world.run_until(|world| world.published("/a") == Some(&newer));
        world.crash(crash);
        world.run_until_idle();
        assert_stands(&world, group, "/a");
        assert_eq!(world.ranges_asked("/a").len(), 3, "{:?}", world.ranges_asked("/a"));
    }
}

#[test]
fn of_two_files_of_one_path_the_later_stands_though_the_part_of_the_earlier_is_lost() {
    for is_cancelled in [false, true] {
        let is_lost_everywhere = (0..200).any(|steps| {
            let mut world = World::new().with_file("/a", SIZE).with_file("/b", SIZE);
            let at_a = |path| FileSetInfo { local_file: "/a".into(), ..info(path) };
            let group = world.group_of(vec![at_a("/a"), at_a("/b")]);
            world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
            world.run_until(|world| world.row(group).state == GroupState::Publishing);
            let is_there = world.run_steps(steps);
            let earlier = world.disk.parts().find(|part| part.index == 0);
            if is_cancelled {
                world.send(Command::CancelGroup { group });
            }
            if let Some(part) = earlier {
                world.disk.delete_part(part);
            }
            world.run_until_idle();
            if !is_cancelled {
                assert_eq!(world.status(group), 0x140);
            }
            let stands = world.published("/a") == Some(world.served("/b"));
            assert!(stands, "the earlier of two files stands at their path, after {steps} steps");
            assert_eq!(world.disk.parts().count(), 0);
            !is_there
        });
        assert!(is_lost_everywhere, "the publishing ends before the steps do");
    }
}
