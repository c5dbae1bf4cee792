//! One file over several connections: which ranges they take, how many there are, and what becomes of
//! the file when one of them goes wrong.

use crate::sim::{Behaviour, Cors, Crash, Ranges, START, Validators, World};
use proptest::prelude::*;
use qmgr::protocol::{
    Checkpoint, Command, Connections, GroupState, Resume, Retry, Serial, SettingsPatch, WaitReason,
};
use qmgr::queue::{DiskFailure, Event};
use qmgr::time::Millis;

const SIZE: usize = 100_000;

/// A chunk of 1,000 bytes takes a connection 10 ms.
const ALONE: Millis = Millis(SIZE as u64 / 100);

pub fn per_file(number: u32) -> SettingsPatch {
    let connections = Connections { per_file: Some(number), ..Connections::default() };
    SettingsPatch { connections: Some(connections), ..SettingsPatch::default() }
}

fn world_of(number: u32) -> World {
    World::new().configured(per_file(number)).with_file("/a", SIZE)
}

/// The answer is as it should be.
const FINE: Behaviour = Behaviour::CutAfter(usize::MAX);

#[track_caller]
fn assert_complete(world: &World, group: Serial, path: &str) {
    assert_eq!(world.status(group) & !0x400, 0x140, "{:?}", world.row(group));
    assert!(world.published(path) == Some(world.served(path)), "{path} is what the server holds");
    assert_eq!(world.disk.parts().count(), 0);
    assert!(world.queue.is_idle());
}

fn most_open(world: &mut World) -> usize {
    let mut most = 0;
    while !world.is_idle() && world.step() {
        most = most.max(world.connections().count());
    }
    most
}

#[test]
fn a_file_is_fetched_over_as_many_connections_as_per_file_says() {
    for (number, longest) in [(1, 11), (2, 6), (3, 6), (4, 4)] {
        let mut world = world_of(number);
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_eq!(world.most_connections, number as usize);
        let took = world.now.since(START);
        assert!(took < Millis(ALONE.0 * longest / 10), "{number} connections took {took:?}");
    }
}

#[test]
fn the_pieces_are_halves_of_what_was_left() {
    let mut world = world_of(4);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    let asked = world.ranges_asked("/a");
    assert_eq!(asked[0], "bytes=0-");
    assert_eq!(asked[1], "bytes=50000-", "the rest of the file, its end left open");
    assert!(asked.len() <= 8, "{asked:?}");
}

/// The same world with delays that differ, for each of some seeds.
fn uneven_worlds(settings: &SettingsPatch) -> impl Iterator<Item = World> {
    (0..200).map(|seed| {
        let dice = fastrand::Rng::with_seed(seed);
        let mut world = World::with_dice(seed, Some(dice)).configured(settings.clone());
        world.chunk = 9_000;
        world.with_file("/a", 2 * SIZE)
    })
}

#[test]
fn where_a_body_ends_may_be_told_again_and_late() {
    for mut world in uneven_worlds(&per_file(4)) {
        let group = world.resumed_group(["/a"]);
        let mut told = Vec::new();
        while !world.is_idle() && world.step() {
            let reported = std::mem::take(&mut world.reported).into_iter();
            told.extend(reported.filter(|event| matches!(event, Event::Shortened { .. })));
            for event in told.iter().rev().cloned().collect::<Vec<_>>() {
                world.report(event);
            }
            world.reported.clear();
        }
        assert_complete(&world, group, "/a");
    }
}

#[test]
fn a_body_that_has_brought_a_checkpoint_is_flushed_when_another_ends_in_its_flush() {
    let checkpoint = Checkpoint { bytes: 17_500, interval: Millis(121) };
    let settings = SettingsPatch { checkpoint: Some(checkpoint), ..per_file(3) };
    for mut world in uneven_worlds(&settings) {
        let group = world.resumed_group(["/a"]);
        while !world.is_idle() && world.step() {
            let most = world.at_risk().into_values().max();
            assert!(
                most.is_none_or(|most| most < 17_500),
                "{most:?} bytes that nobody makes durable"
            );
        }
        assert_complete(&world, group, "/a");
    }
}

#[test]
fn connections_are_added_while_each_of_them_makes_the_file_faster() {
    let mut world = World::new().with_file("/a", 3_000_000);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.most_connections, 4);
    let took = world.now.since(START);
    assert!(took < Millis(12_000), "{took:?} for what one connection does in 30 s");
}

#[test]
fn no_connection_is_added_where_the_second_brought_nothing() {
    let mut world = World::new().with_file("/a", 3_000_000);
    world.shares_bandwidth = true;
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.most_connections, 2);
    assert_eq!(world.ranges_asked("/a").len(), 2, "{:?}", world.ranges_asked("/a"));
}

#[test]
fn what_is_soon_done_keeps_one_connection() {
    let mut small = World::new().configured(per_file(4)).with_file("/a", 7_999);
    let mut quick = World::new().with_file("/a", 300_000);
    for world in [&mut small, &mut quick] {
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(world, group, "/a");
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
    }
}

#[test]
fn only_a_version_that_each_answer_can_prove_is_fetched_in_pieces() {
    for (validators, is_divided) in [
        (Validators::Strong, true),
        (Validators::Date, true),
        (Validators::Weak, false),
        (Validators::None, false),
    ] {
        let mut world = world_of(4).validated_by(validators);
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_eq!(world.most_connections > 1, is_divided, "{validators:?}");
    }
    for (cors, is_divided) in
        [(Cors::Exposed, true), (Cors::RangeExposed, false), (Cors::Hidden, false)]
    {
        let resume = SettingsPatch { resume: Some(Resume::Likely), ..per_file(4) };
        let mut world = World::new().configured(resume).with_file("/far/a", SIZE).with_cors(cors);
        let group = world.resumed_group(["/far/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/far/a");
        assert_eq!(world.most_connections > 1, is_divided, "{cors:?}");
    }
    let mut world = world_of(4).with_ranges(Ranges::Ignored);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}

/// Whatever the second answer is, the first one's bytes are kept and the group does not wait.
#[test]
fn a_file_goes_on_with_fewer_connections_where_one_is_refused() {
    for refusal in [
        Behaviour::Status(404, None),
        Behaviour::Status(429, None),
        Behaviour::Status(503, None),
        Behaviour::Unreachable,
        Behaviour::IgnoreRange,
        Behaviour::Multipart,
        Behaviour::WrongRange(7),
        Behaviour::CutAfter(0),
        Behaviour::CutAfter(5_000),
        Behaviour::Elsewhere,
    ] {
        let mut world = world_of(4).then(FINE).then(refusal.clone());
        let group = world.resumed_group(["/a"]);
        let mut has_waited = false;
        while !world.is_idle() && world.step() {
            has_waited |= world.row(group).state == GroupState::Waiting;
        }
        assert_complete(&world, group, "/a");
        assert!(!has_waited, "{refusal:?}");
        assert_eq!(world.row(group).retries, 0, "{refusal:?}");
        let asked = world.ranges_asked("/a");
        assert_eq!(asked.iter().filter(|range| *range == "bytes=0-").count(), 1, "{asked:?}");
        assert!(asked.len() <= 8, "{refusal:?}: {asked:?}");
    }
}

#[test]
fn a_connection_that_stalls_leaves_its_rest_to_the_others() {
    let retry = Retry { stall_timeout: Millis(200), ..Retry::default() };
    let settings = SettingsPatch { retry: Some(retry), ..per_file(2) };
    let world = World::new().configured(settings).with_file("/a", SIZE);
    let mut world = world.then(FINE).then(Behaviour::StallAfter(3_000));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.row(group).retries, 0);
}

#[test]
fn a_server_that_asks_for_patience_is_not_asked_again_before() {
    let patience = Behaviour::Status(503, Some("3600".to_owned()));
    let mut world = world_of(2).then(FINE).then(patience);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    assert_eq!(wait.reason, WaitReason::RetryAfter);
    assert_eq!(world.ranges_asked("/a").len(), 2);
    assert_eq!(world.row(group).bytes_done, 50_000, "the first connection's half is there");
    world.run_until_idle();
    assert!(world.now.since(START) >= Millis(3_600_000));
    assert_complete(&world, group, "/a");
}

#[test]
fn a_server_that_asks_for_patience_is_not_asked_for_another_range_either() {
    let patience = Behaviour::Status(503, Some("3600".to_owned()));
    let mut world = world_of(3).then(FINE).then(FINE).then(patience);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    assert_eq!(world.ranges_asked("/a").len(), 3, "{:?}", world.ranges_asked("/a"));
    world.run_until_idle();
    assert!(world.now.since(START) >= Millis(3_600_000));
    assert_complete(&world, group, "/a");
}

#[test]
fn a_crowd_at_one_server_leaves_the_files_of_another_their_connections() {
    let crowd = ["/b", "/c", "/d", "/e", "/f"];
    let mut world = world_of(2).with_file("/far/a", SIZE);
    for path in crowd {
        world = world.with_file(path, SIZE);
    }
    let mut groups: Vec<_> = crowd.iter().map(|path| world.group([*path])).collect();
    groups.push(world.group(["/far/a"]));
    for &group in &groups {
        world.ask(Command::SwitchToForeground { group }).expect("it is switched");
        world.ask(Command::ResumeGroup { group }).expect("it is resumed");
    }
    world.run_for(Millis(300));
    assert_eq!(world.ranges_asked("/far/a").len(), 2, "{:?}", world.ranges_asked("/far/a"));
    world.run_until_idle();
    assert_complete(&world, groups[5], "/far/a");
}

#[test]
fn the_failure_of_the_last_connection_is_that_of_the_file() {
    let mut world = world_of(2).then(Behaviour::CutAfter(30_000)).then(Behaviour::CutAfter(9_000));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    assert_eq!(world.row(group).bytes_done, 39_000);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.row(group).retries, 1);
    assert_eq!(world.most_connections, 2, "after the wait there are two again");
}

#[test]
fn another_version_in_the_second_answer_stops_all_and_begins_a_new_generation() {
    for validators in [Validators::Strong, Validators::Date] {
        let mut world = world_of(4).validated_by(validators);
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.connections().count() == 2);
        world.change("/a", SIZE);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        let asked = world.ranges_asked("/a");
        assert_eq!(asked.iter().filter(|range| *range == "bytes=0-").count(), 2, "{asked:?}");
    }
}

/// Two servers behind one name, each with an `ETag` of its own, must not go on for ever.
#[test]
fn a_server_that_changes_at_each_answer_is_served_from_in_the_end() {
    let mut world = world_of(4);
    let group = world.resumed_group(["/a"]);
    let mut asked = 0;
    while !world.is_idle() && world.step() {
        let now = world.ranges_asked("/a").len();
        if now > asked {
            asked = now;
            world.change("/a", SIZE);
        }
    }
    assert_eq!(world.status(group), 0x140, "{:?}", world.row(group));
    assert!(asked <= 4, "{:?}", world.ranges_asked("/a"));
}

#[test]
fn a_crash_at_any_step_costs_a_checkpoint_and_never_a_byte_twice() {
    let checkpoint = Checkpoint { bytes: 4_000, interval: Millis(50) };
    for crash in [Crash::Kill, Crash::PowerCut] {
        for steps in (0..600).step_by(7) {
            let settings = SettingsPatch { checkpoint: Some(checkpoint.clone()), ..per_file(4) };
            let mut world = World::new().configured(settings).with_file("/a", SIZE);
            let group = world.resumed_group(["/a"]);
            world.run_steps(steps);
            let done = world.row(group).bytes_done;
            world.crash(crash);
            let kept = world.row(group).bytes_done;
            // Each of the connections brings another chunk while the checkpoint is made.
            assert!(crash == Crash::PowerCut || kept + 12_000 >= done, "{kept} of {done}");
            world.run_until_idle();
            assert_complete(&world, group, "/a");
            assert!(world.ranges_asked("/a").len() <= 20, "{:?}", world.ranges_asked("/a"));
        }
    }
}

#[test]
fn suspending_ends_all_connections_and_keeps_what_each_brought() {
    let mut world = world_of(4);
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(200));
    let done = world.row(group).bytes_done;
    assert_eq!(world.connections().count(), 4);
    world.ask(Command::SuspendGroup { group }).expect("it is suspended");
    world.run_until_idle();
    assert_eq!(world.connections().count(), 0);
    assert!(world.row(group).bytes_done >= done);
    let record = world.database.tables.transfers.values().next().expect("the file's record");
    assert!(record.ranges.len() > 1, "{:?}", record.ranges);
    let asked = world.ranges_asked("/a").len();
    world.reload();
    world.ask(Command::ResumeGroup { group }).expect("it is resumed");
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert!(world.ranges_asked("/a").len() >= asked + 4, "the gaps are asked for at once");
}

#[test]
fn the_network_that_goes_stops_all_and_they_come_back_with_it() {
    let mut world = world_of(4);
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(200));
    world.set_network(false);
    world.run_for(Millis(1_000));
    assert_eq!(world.connections().count(), 0);
    assert_eq!(world.row(group).state, GroupState::Waiting);
    world.set_network(true);
    assert_eq!(most_open(&mut world), 4);
    assert_complete(&world, group, "/a");
}

#[test]
fn a_group_without_a_connection_gets_one_of_those_that_another_has_too_many() {
    let mut world = world_of(4).with_file("/b", 20_000);
    let background = world.resumed_group(["/a"]);
    world.run_for(Millis(150));
    assert_eq!(world.connections().count(), 4);
    let foreground = world.group(["/b"]);
    world.ask(Command::SwitchToForeground { group: foreground }).expect("it is switched");
    world.ask(Command::ResumeGroup { group: foreground }).expect("it is resumed");
    world.run_until(|world| world.row(foreground).state == GroupState::Transferring);
    assert_eq!(world.row(background).state, GroupState::Transferring, "and keeps the others");
    world.run_until_idle();
    assert_complete(&world, background, "/a");
    assert_complete(&world, foreground, "/b");
    assert_eq!(world.most_connections, 4);
}

#[test]
fn connections_to_one_origin_stay_within_the_settings() {
    let connections = Connections { per_file: Some(9), ..Connections::default() };
    let settings = SettingsPatch { connections: Some(connections), ..SettingsPatch::default() };
    let mut world = World::new().configured(settings).with_file("/a", SIZE).with_file("/b", SIZE);
    let groups = [world.group(["/a"]), world.group(["/b"])];
    for group in groups {
        world.ask(Command::SwitchToForeground { group }).expect("it is switched");
        world.ask(Command::ResumeGroup { group }).expect("it is resumed");
    }
    world.run_until_idle();
    assert_eq!(world.most_connections, 4);
    assert_complete(&world, groups[0], "/a");
    assert_complete(&world, groups[1], "/b");
}

#[test]
fn parts_that_a_server_caps_are_fetched_side_by_side() {
    let mut world = world_of(3).with_ranges(Ranges::Capped(7_000));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.most_connections, 3);
}

#[test]
fn what_a_body_brought_that_ends_last_is_not_taken_for_bytes_of_a_new_start() {
    for timeout in 100..200 {
        let retry = Retry { stall_timeout: Millis(timeout), ..Retry::default() };
        let settings = SettingsPatch { retry: Some(retry), ..per_file(2) };
        let mut world = World::new().configured(settings).with_file("/a", 24_000);
        world = world.then(Behaviour::StallAfter(2_000)).then(Behaviour::Overlong(1));
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

fn any_answer() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        4 => Just(FINE),
        2 => (0..30_000_usize).prop_map(Behaviour::CutAfter),
        1 => (0..30_000_usize).prop_map(Behaviour::StallAfter),
        1 => Just(Behaviour::IgnoreRange),
        1 => Just(Behaviour::Unreachable),
        1 => Just(Behaviour::Status(503, None)),
        1 => Just(Behaviour::Status(429, Some("7".to_owned()))),
        1 => (1..2_000_usize).prop_map(Behaviour::Overlong),
        1 => (1..2_000_u64).prop_map(Behaviour::WrongRange),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// The world itself sees to it that no byte is written twice and that what is published is a version
    /// that the server held.
    #[test]
    fn whatever_the_answers_a_file_is_whole_after_a_bounded_number_of_requests(
        size in 1..120_000_usize,
        number in 1..7_u32,
        answers in prop::collection::vec(any_answer(), 0..12),
        crash_after in prop::option::of(0..400_usize),
        change_after in prop::option::of(0..400_usize),
    ) {
        let mut world = World::new().configured(per_file(number)).with_file("/a", size);
        for answer in &answers {
            world = world.then(answer.clone());
        }
        let group = world.resumed_group(["/a"]);
        for step in 0..400 {
            if change_after == Some(step) {
                world.change("/a", size);
            }
            if crash_after == Some(step) {
                world.crash(Crash::Kill);
            }
            if world.is_idle() {
                break;
            }
            world.step();
            prop_assert!(world.connections().count() <= 4);
        }
        world.run_until_idle();
        prop_assert_eq!(world.status(group), 0x140, "{:?}", world.row(group));
        // Each answer that fails costs a few, and each piece of 2,000 bytes or more one.
        let most = 10 + size / 2_000 + 8 * answers.len();
        let asked = world.ranges_asked("/a");
        prop_assert!(asked.len() <= most, "{} requests: {:?}", asked.len(), asked);
    }
}

#[test]
fn what_one_server_does_not_take_is_not_kept_from_another() {
    let mut world = world_of(2)
        .with_file("/far/b", SIZE)
        .then(FINE)
        .then(Behaviour::Status(404, None))
        .with_file("/c", SIZE);
    // The second file is the one of which a second connection is refused.
    let group = world.resumed_group(["/a", "/far/b", "/c"]);
    world.run_until_idle();
    assert_complete(&world, group, "/far/b");
    assert_complete(&world, group, "/c");
    let asked = world.ranges_asked("/far/b");
    assert_eq!(asked, ["bytes=0-", "bytes=50000-", "bytes=50000-"]);
    let asked = world.ranges_asked("/c");
    assert!(asked.len() > 1, "the other server is not asked for a second connection: {asked:?}");
}

#[test]
fn a_flush_that_failed_for_one_connection_is_believed_of_none() {
    let mut is_failed = false;
    for steps in 0..200 {
        let checkpoint = Checkpoint { bytes: 4_000, interval: Millis(50) };
        let settings = SettingsPatch { checkpoint: Some(checkpoint), ..per_file(3) };
        let mut world = World::new().configured(settings).with_file("/a", 40_000);
        let group = world.resumed_group(["/a"]);
        world.run_steps(steps);
        world.disk.flush_refusals.push_back(DiskFailure::Other("the disk is going".to_owned()));
        world.run_until_idle();
        if world.row(group).error.is_some() {
            is_failed = true;
            // Whatever the disk has dropped is gone with the power.
            world.crash(Crash::PowerCut);
            world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
            world.run_until_idle();
        }
        assert_complete(&world, group, "/a");
    }
    assert!(is_failed, "no flush fails");
}
