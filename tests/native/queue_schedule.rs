//! Who runs when: foreground and background, turns, connections, the order of files.

use crate::sim::{Behaviour, Connection, Ranges, Validators, World, info, url};
use base64ct::{Base64, Encoding};
use qmgr::abi::FileSetInfo;
use qmgr::protocol::{
    Command, Connections, GroupState, Serial, SettingsPatch, ToEngine, ToPage, VERSION, WaitReason,
};
use qmgr::queue::DiskFailure;
use qmgr::time::Millis;
use sha2::{Digest, Sha256};

fn to_foreground(world: &mut World, group: Serial) {
    world.ask(Command::SwitchToForeground { group }).expect("it is switched");
}

fn resume(world: &mut World, group: Serial) {
    world.ask(Command::ResumeGroup { group }).expect("it is resumed");
}

fn transferring(world: &World) -> Vec<Serial> {
    let rows = world.page.rows.values();
    rows.filter(|row| row.state == GroupState::Transferring).map(|row| row.serial).collect()
}

/// Small groups, one for each path.
fn groups<const N: usize>(world: &mut World, paths: [&str; N]) -> [Serial; N] {
    paths.map(|path| world.group([path]))
}

#[test]
fn one_background_group_runs_at_a_time_and_the_others_wait_for_their_turn() {
    let mut world =
        World::new().with_file("/a", 50_000).with_file("/b", 50_000).with_file("/c", 50_000);
    let all = groups(&mut world, ["/a", "/b", "/c"]);
    for group in all {
        resume(&mut world, group);
    }
    world.run_for(Millis(300));
    assert_eq!(transferring(&world), [all[0]]);
    for group in &all[1..] {
        assert_eq!((world.row(*group).state, world.status(*group)), (GroupState::Queued, 0x080));
        let wait = world.row(*group).wait.clone().expect("it says why it waits");
        assert_eq!(wait.reason, WaitReason::Turn);
    }
    world.run_until_idle();
    assert!(all.iter().all(|group| world.status(*group) == 0x140));
    assert_eq!(world.most_connections, 1);
}

#[test]
fn all_foreground_groups_run_beside_one_background_group() {
    let mut world = World::new();
    for path in ["/a", "/b", "/c", "/d"] {
        world = world.with_file(path, 100_000);
    }
    let all = groups(&mut world, ["/a", "/b", "/c", "/d"]);
    to_foreground(&mut world, all[1]);
    to_foreground(&mut world, all[3]);
    for group in all {
        resume(&mut world, group);
    }
    world.run_for(Millis(500));
    assert_eq!(transferring(&world), [all[0], all[1], all[3]]);
    world.run_until_idle();
    assert_eq!(world.most_connections, 3);
}

#[test]
fn a_group_that_is_switched_to_the_foreground_while_it_waits_runs_at_once() {
    let mut world = World::new().with_file("/a", 200_000).with_file("/b", 20_000);
    let [first, second] = groups(&mut world, ["/a", "/b"]);
    resume(&mut world, first);
    resume(&mut world, second);
    world.run_for(Millis(300));
    assert_eq!(transferring(&world), [first]);
    to_foreground(&mut world, second);
    world.run_until(|world| world.status(second) == 0x540);
    assert_eq!(world.status(first), 0x080);
    world.run_until_idle();
}

#[test]
fn a_group_that_is_switched_to_the_foreground_while_it_runs_keeps_its_connection() {
    for steps in 0..60 {
        let mut world = World::new().with_file("/a", 50_000).with_file("/b", 20_000);
        let [first, second] = groups(&mut world, ["/a", "/b"]);
        resume(&mut world, first);
        resume(&mut world, second);
        world.run_steps(steps);
        to_foreground(&mut world, first);
        world.run_until(|world| world.status(first) == 0x540);
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-"], "switched after {steps} steps");
        world.run_until_idle();
    }
}

#[test]
fn a_group_whose_slice_is_over_keeps_its_bytes_and_gives_its_turn_to_the_next() {
    let mut world = World::new()
        .with_file("/a", 250_000)
        .with_file("/b", 250_000)
        .configured(SettingsPatch { time_slice: Some(Millis(1_000)), ..Default::default() });
    let all = groups(&mut world, ["/a", "/b"]);
    for group in all {
        resume(&mut world, group);
    }
    world.run_until_idle();
    for (group, path) in all.into_iter().zip(["/a", "/b"]) {
        assert_eq!(world.status(group), 0x140);
        assert!(world.published(path) == Some(world.served(path)));
        // 100 bytes a millisecond: about three slices for each, and nothing is fetched twice.
        let starts: Vec<u64> = world
            .ranges_asked(path)
            .iter()
            .map(|asked| asked[6..asked.len() - 1].parse().expect("a position"))
            .collect();
        assert!((2..=5).contains(&starts.len()), "{starts:?}");
        assert!(starts.is_sorted_by(|one, next| one < next), "{starts:?}");
    }
    // The next one is asked for while the one before is being closed.
    assert!(world.most_connections <= 2);
}

#[test]
fn a_group_that_would_lose_its_bytes_keeps_its_turn_until_its_file_is_there() {
    let mut world = World::new()
        .with_file("/a", 250_000)
        .validated_by(Validators::None)
        .with_file("/b", 250_000)
        .validated_by(Validators::Weak)
        .configured(SettingsPatch { time_slice: Some(Millis(1_000)), ..Default::default() });
    let all = groups(&mut world, ["/a", "/b"]);
    for group in all {
        resume(&mut world, group);
    }
    world.run_until_idle();
    assert!(all.iter().all(|group| world.status(*group) == 0x140));
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
    assert_eq!(world.ranges_asked("/b"), ["bytes=0-"]);
}

#[test]
fn a_slice_shorter_than_an_answer_takes_still_moves_every_group() {
    let mut world = World::new()
        .with_file("/a", 20_000)
        .with_file("/b", 20_000)
        .configured(SettingsPatch { time_slice: Some(Millis(1)), ..Default::default() });
    let all = groups(&mut world, ["/a", "/b"]);
    for group in all {
        resume(&mut world, group);
    }
    world.run_until_idle();
    assert!(all.iter().all(|group| world.status(*group) == 0x140));
}

#[test]
fn a_part_that_ends_with_its_turn_is_not_taken_for_the_whole_file() {
    for slice in 20..120 {
        let mut world = World::new()
            .with_file("/a", 10_000)
            .with_ranges(Ranges::Capped(5_000))
            .with_file("/b", 1_000)
            .configured(SettingsPatch { time_slice: Some(Millis(slice)), ..Default::default() });
        world.remote("/a").has_total = false;
        let all = groups(&mut world, ["/a", "/b"]);
        for group in all {
            resume(&mut world, group);
        }
        world.run_until_idle();
        assert!(world.published("/a") == Some(world.served("/a")), "a slice of {slice} ms");
    }
}

#[test]
fn a_background_group_alone_keeps_its_turn() {
    let mut world = World::new()
        .with_file("/a", 250_000)
        .configured(SettingsPatch { time_slice: Some(Millis(500)), ..Default::default() });
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}

#[test]
fn a_group_that_waits_out_a_failure_leaves_its_turn_to_the_others() {
    let mut world = World::new()
        .with_file("/a", 5_000)
        .then(Behaviour::Status(503, Some("600".to_owned())))
        .with_file("/b", 5_000);
    let [first, second] = groups(&mut world, ["/a", "/b"]);
    resume(&mut world, first);
    resume(&mut world, second);
    world.run_until(|world| world.status(second) == 0x140);
    assert_eq!(world.row(first).state, GroupState::Waiting);
    world.run_until_idle();
    assert_eq!(world.status(first), 0x140);
}

#[test]
fn a_suspended_group_leaves_its_turn_to_the_next() {
    let mut world = World::new().with_file("/a", 500_000).with_file("/b", 5_000);
    let [first, second] = groups(&mut world, ["/a", "/b"]);
    resume(&mut world, first);
    resume(&mut world, second);
    world.run_for(Millis(300));
    world.ask(Command::SuspendGroup { group: first }).expect("it is suspended");
    world.run_until(|world| world.status(second) == 0x140);
    assert_eq!(world.status(first), 0x180);
}

#[test]
fn no_more_connections_are_open_than_the_settings_allow() {
    let paths = ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"];
    for (per_origin, total, expected) in [(4, 6, 4), (8, 6, 6), (2, 6, 2), (4, 1, 1)] {
        let connections = Connections { per_origin, total, ..Connections::default() };
        let mut world = World::new()
            .configured(SettingsPatch { connections: Some(connections), ..Default::default() });
        for path in paths {
            world = world.with_file(path, 20_000);
        }
        let all = groups(&mut world, paths);
        for group in all {
            to_foreground(&mut world, group);
            resume(&mut world, group);
        }
        world.run_until_idle();
        assert_eq!(world.most_connections, expected);
        assert!(all.iter().all(|group| world.status(*group) == 0x540));
    }
}

#[test]
fn files_are_fetched_one_after_another_in_the_order_they_were_added() {
    let paths = ["/d", "/a", "/c", "/b"];
    let mut world = World::new();
    for path in paths {
        world = world.with_file(path, 5_000);
    }
    let group = world.group(["/d", "/a"]);
    resume(&mut world, group);
    let files = vec![info("/c"), info("/b")];
    world.ask(Command::AddFiles { group, files }).expect("they are added");
    for (done, path) in paths.into_iter().enumerate() {
        world.run_until(|world| !world.ranges_asked(path).is_empty());
        let complete = world.database.tables.transfers.values().filter(|file| file.complete);
        assert!(complete.count() <= done, "{path} is asked for when the one before is there");
        let mut others = world.connections().filter(|open| open.url != url(path));
        let has_come =
            |open: &Connection| open.sink.as_ref().is_some_and(|sink| sink.position == 5_000);
        assert!(others.all(has_come), "{path} is asked for before the one before has come");
    }
    // The last bytes of one are made durable while the next is asked for.
    assert_eq!(world.most_connections, 2);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn a_file_whose_last_bytes_cannot_be_made_durable_takes_the_request_of_the_next_with_it() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.connections().count() == 2);
    world.disk.flush_refusals.push_back(DiskFailure::Full);
    world.run_until(|world| world.status(group) == 0x380);
    world.run_until_idle();
    assert_eq!(world.row(group).bytes_done, 0);
    resume(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    for path in ["/a", "/b"] {
        assert!(world.published(path) == Some(world.served(path)));
    }
}

#[test]
fn nothing_is_asked_for_behind_a_file_that_is_still_to_be_checked() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 5_000);
    world.hash_delay = 1_000;
    let hash = Base64::encode_string(&Sha256::digest("other bytes"));
    let checked = FileSetInfo { integrity: Some(format!("sha256-{hash}")), ..info("/a") };
    let group = world.group_of(vec![checked, info("/b")]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x380);
    assert!(world.ranges_asked("/b").is_empty(), "the first file that fails stops the job");
}

#[test]
fn groups_of_small_files_without_validators_take_turns() {
    let mut world = World::new()
        .configured(SettingsPatch { time_slice: Some(Millis(200)), ..SettingsPatch::default() });
    let paths: Vec<String> = (0..20).map(|number| format!("/{number}")).collect();
    for path in &paths {
        world = world.with_file(path, 2_000).validated_by(Validators::None);
    }
    let (first, second) = paths.split_at(10);
    let all =
        [first, second].map(|paths| world.group_of(paths.iter().map(|path| info(path)).collect()));
    for group in all {
        resume(&mut world, group);
    }
    world.run_until(|world| !world.ranges_asked("/10").is_empty());
    assert!(world.ranges_asked("/9").is_empty(), "the first group keeps its turn to its end");
    world.run_until_idle();
    assert!(all.iter().all(|group| world.status(*group) == 0x140));
    assert!(
        paths.iter().all(|path| world.ranges_asked(path).len() == 1),
        "a file is fetched twice"
    );
}

#[test]
fn a_file_that_changes_starts_again_alone() {
    let mut world = World::new().with_file("/a", 5_000).with_file("/b", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.change("/b", 9_000);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    assert_eq!(world.ranges_asked("/a").len(), 1);
    assert!(world.published("/b") == Some(world.served("/b")));
}

#[test]
fn a_hundred_groups_are_all_served() {
    let mut world = World::new().with_file("/a", 10);
    let file = |number: u32| {
        let local_file = format!("/copy-{number}");
        qmgr::abi::FileSetInfo { local_file: local_file.into(), ..info("/a") }
    };
    let all: Vec<_> = (0..100).map(|number| world.group_of(vec![file(number)])).collect();
    for group in &all {
        resume(&mut world, *group);
    }
    world.run_until_idle();
    assert!(all.iter().all(|group| world.status(*group) == 0x140));
    assert_eq!(world.disk.files.len(), 100);
}

#[test]
fn a_question_at_any_moment_changes_nothing() {
    // The short slices are over when the first bytes come.
    for slice in [30_000, 40, 1] {
        let mut world = World::new()
            .with_file("/a", 20_000)
            .with_file("/b", 20_000)
            .configured(SettingsPatch { time_slice: Some(Millis(slice)), ..Default::default() });
        for path in ["/a", "/b"] {
            let group = world.group([path]);
            world.send(Command::ResumeGroup { group });
        }
        while !world.is_idle() && world.step() {
            let mut asked = world.queue.clone();
            asked.call(ToEngine::Hello { version: VERSION }, world.now);
            let answer = asked.poll_message();
            assert!(matches!(answer, Some(ToPage::Active(_))), "{answer:?}");
            assert!(asked == world.queue, "the question changes the queue, slices of {slice} ms");
        }
    }
}
