//! Files that are read while they are fetched: what is told of them, and that what is waited for comes first.

use crate::sim::{Crash, Ranges, Validators, World};
use qmgr::abi::LocalPath;
use qmgr::protocol::{Checkpoint, Command, Connections, Serial, SettingsPatch};
use qmgr::queue::{Ask, Part, Readable, Told};
use qmgr::time::Millis;

const SIZE: usize = 100_000;

/// As far as a reader waits for in the world.
const NEAR: u64 = 4_000;

fn settings(per_file: u32) -> SettingsPatch {
    let connections = Connections { per_file: Some(per_file), ..Connections::default() };
    SettingsPatch { connections: Some(connections), ..SettingsPatch::default() }
}

/// A file that is fetched over at most so many connections, a tenth of which has come.
fn begun(per_file: u32) -> (World, Serial) {
    begun_in(World::new().with_file("/a", SIZE), per_file)
}

fn begun_in(world: World, per_file: u32) -> (World, Serial) {
    let mut world = world.configured(settings(per_file));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done >= SIZE as u64 / 10);
    (world, group)
}

#[track_caller]
fn readable(told: Told) -> Readable {
    let Told::Fetched(readable) = told else { panic!("it is {told:?}") };
    readable
}

/// A reader that asks until its byte is there; where the durable bytes end then.
fn read_until_there(world: &mut World, at: u64, since: u64) -> u64 {
    for _ in 0..1_000 {
        let until = readable(world.read("/a", at, since)).until;
        if until > at {
            return until;
        }
        world.run_for(Millis(20));
    }
    panic!("byte {at} never came");
}

#[track_caller]
fn assert_complete(world: &World, group: Serial) {
    assert_eq!(world.status(group) & !0x400, 0x140, "{:?}", world.row(group));
    assert!(world.published("/a") == Some(world.served("/a")), "it is what the server holds");
}

fn start(range: &str) -> u64 {
    let text = range.strip_prefix("bytes=").and_then(|range| range.split('-').next());
    text.and_then(|start| start.parse().ok()).expect("a range")
}

#[test]
fn what_a_reader_waits_for_comes_first_and_what_was_passed_over_later() {
    let (mut world, group) = begun(1);
    let before = world.now;
    read_until_there(&mut world, 80_000, 1);
    assert!(world.now.since(before) < Millis(300), "{:?}", world.now.since(before));
    assert_eq!(world.ranges_asked("/a")[1..], ["bytes=80000-"]);
    world.run_until_idle();
    assert_complete(&world, group);
    let asked = world.ranges_asked("/a");
    assert!(start(&asked[2]) >= 10_000 && asked[2].ends_with("-79999"), "{asked:?}");
    assert_eq!(asked.len(), 3);
}

#[test]
fn with_several_connections_one_of_them_goes_there() {
    let (mut world, group) = begun_in(World::new().with_file("/a", 10 * SIZE), 3);
    read_until_there(&mut world, 900_000, 1);
    world.run_until_idle();
    assert_complete(&world, group);
    let asked = world.ranges_asked("/a");
    assert!(asked.iter().any(|asked| start(asked) == 900_000), "{asked:?}");
    assert_eq!(world.most_connections, 3);
}

#[test]
fn a_byte_that_comes_soon_is_waited_for() {
    let (mut world, group) = begun(1);
    let done = world.row(group).bytes_done;
    read_until_there(&mut world, done + NEAR / 2, 1);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}

#[test]
fn bytes_that_are_written_are_flushed_for_a_reader_before_their_checkpoint() {
    let lazy = Checkpoint { bytes: 1 << 30, interval: Millis(3_600_000) };
    let lazy = SettingsPatch { checkpoint: Some(lazy), ..SettingsPatch::default() };
    let (mut world, _) = begun_in(World::new().configured(lazy).with_file("/a", SIZE), 1);
    assert_eq!(readable(world.read("/a", 0, 1)).until, 0, "nothing is durable yet");
    world.run_for(Millis(50));
    assert!(readable(world.read("/a", 0, 1)).until >= 10_000);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}

#[test]
fn a_file_whose_server_proves_no_ranges_is_fetched_in_order() {
    for world in [
        World::new().with_file("/a", SIZE).validated_by(Validators::Weak),
        World::new().with_file("/a", SIZE).with_ranges(Ranges::Ignored),
    ] {
        let (mut world, group) = begun_in(world, 1);
        read_until_there(&mut world, 99_000, 1);
        world.run_until_idle();
        assert_complete(&world, group);
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
    }
}

#[test]
fn of_two_readers_the_later_one_is_served_first_and_then_the_other() {
    let (mut world, group) = begun_in(World::new().with_file("/a", 10 * SIZE), 1);
    for _ in 0..5 {
        assert_eq!(readable(world.read("/a", 900_000, 2)).until, 900_000);
        assert_eq!(readable(world.read("/a", 500_000, 1)).until, 500_000);
    }
    read_until_there(&mut world, 900_000, 2);
    // The later one asks no more; after a moment the earlier one's byte is wanted.
    read_until_there(&mut world, 500_000, 1);
    world.run_until_idle();
    assert_complete(&world, group);
    let asked: Vec<u64> = world.ranges_asked("/a").iter().map(|asked| start(asked)).collect();
    assert!(asked[1] == 900_000 && asked[2..].contains(&500_000), "{asked:?}");
}

#[test]
fn a_wish_is_forgotten_when_its_reader_asks_no_more() {
    let (mut world, group) = begun(1);
    world.ask(Command::SuspendGroup { group }).expect("it runs");
    world.read("/a", 90_000, 1);
    world.run_for(Millis(10_000));
    world.ask(Command::ResumeGroup { group }).expect("it is suspended");
    world.run_until_idle();
    assert_complete(&world, group);
    assert!(world.ranges_asked("/a").iter().all(|asked| start(asked) != 90_000));
}

#[test]
fn a_resume_begins_where_a_reader_waits() {
    let (mut world, group) = begun(1);
    world.ask(Command::SuspendGroup { group }).expect("it runs");
    world.crash(Crash::Kill);
    world.read("/a", 90_000, 1);
    world.ask(Command::ResumeGroup { group }).expect("it is suspended");
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(start(&world.ranges_asked("/a")[1]), 90_000);
}

#[test]
fn a_crash_while_a_file_has_a_gap_loses_and_mixes_nothing() {
    let (mut world, group) = begun(1);
    read_until_there(&mut world, 80_000, 1);
    world.crash(Crash::PowerCut);
    world.run_until_idle();
    assert_complete(&world, group);
}

#[test]
fn a_reader_is_told_how_its_file_stands() {
    let mut world = World::new().with_file("/a", SIZE);
    assert_eq!(world.read("/a", 0, 1), Told::Absent);
    let group = world.group(["/a"]);
    assert_eq!(world.read("/a", 0, 1), Told::Unanswered);
    world.ask(Command::ResumeGroup { group }).expect("it has a file");
    world.run_until(|world| world.row(group).bytes_done > 50_000);
    let Readable { part, size, etag, .. } = readable(world.read("/a", 0, 1));
    assert_eq!((part, size), (Part { serial: group, index: 0, generation: 0 }, Some(SIZE as u64)));
    assert!(etag.is_some_and(|etag| etag.starts_with('"')));
    assert_eq!(Part::parse(&part.to_string()), Some(part));
    let ask = |part| Ask {
        path: LocalPath::parse("/a").expect("a path"),
        part: Some(part),
        at: None,
        since: Millis(1),
    };
    let another = Part { generation: 1, ..part };
    assert_eq!(world.queue.read(&ask(another), world.now), Told::Changed);
    world.run_until_idle();
    assert_eq!(world.read("/a", 0, 1), Told::Published);
    assert_eq!(world.queue.read(&ask(part), world.now), Told::Published);
    world.ask(Command::CancelGroup { group }).expect("it is there");
    assert_eq!(world.queue.read(&ask(part), world.now), Told::Absent);
}

#[test]
fn bytes_that_came_before_an_error_are_read_and_those_after_it_are_not() {
    let (mut world, group) = begun(1);
    world.remote("/a").always = Some(crate::sim::Behaviour::Status(404, None));
    world.ask(Command::SuspendGroup { group }).expect("it runs");
    world.ask(Command::ResumeGroup { group }).expect("it is suspended");
    world.run_until(|world| world.status(group) & 0x200 != 0);
    assert!(readable(world.read("/a", 0, 1)).until >= 10_000);
    assert!(matches!(world.read("/a", 90_000, 1), Told::Failed(_)));
}
