//! `resume: "likely"`: an equal overlap stands in for the proof that CORS hides.

use crate::sim::{Behaviour, Cors, Crash, Ranges, Validators, World};
use qmgr::protocol::{Command, Proof, Resume, Serial, SettingsPatch};

const FILE: &str = "/far/a";
const SIZE: usize = 200_000;

/// A queue that takes likely for proven, and a file of another origin that shows its date.
fn world(cors: Cors) -> World {
    let likely = SettingsPatch { resume: Some(Resume::Likely), ..SettingsPatch::default() };
    World::new()
        .with_file(FILE, SIZE)
        .validated_by(Validators::FrozenDate)
        .with_cors(cors)
        .configured(likely)
}

fn proof(world: &World, group: Serial) -> Option<Proof> {
    world.page.files[&(group, 0)].proof
}

#[track_caller]
fn assert_complete(world: &World, group: Serial) {
    assert_eq!((world.status(group), world.job_status(group)), (0x140, 0x04));
    assert!(world.published(FILE) == Some(world.served(FILE)), "it is what the server holds");
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn an_equal_overlap_is_not_fetched_into_the_part_again_and_the_rest_is_appended() {
    let mut world = world(Cors::RangeExposed).cut_after(120_000);
    let group = world.resumed_group([FILE]);
    world.run_until(|world| world.row(group).wait.is_some());
    assert_eq!(proof(&world, group), Some(Proof::Likely));
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked(FILE), ["bytes=0-", "bytes=54464-"]);
}

#[test]
fn the_same_where_the_range_is_hidden_and_the_file_comes_as_a_whole() {
    let mut world = world(Cors::Hidden).then(Behaviour::CutAfter(usize::MAX)).cut_after(120_000);
    let group = world.resumed_group([FILE]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked(FILE), ["bytes=0-", "none", "bytes=54464-"]);
}

#[test]
fn every_cut_is_continued() {
    for cors in [Cors::Hidden, Cors::RangeExposed] {
        let mut world = world(cors);
        world.remote(FILE).script = if cors == Cors::Hidden {
            [usize::MAX, 80_000, 90_000, 100_000].map(Behaviour::CutAfter).into()
        } else {
            [80_000, 90_000, 100_000].map(Behaviour::CutAfter).into()
        };
        let group = world.resumed_group([FILE]);
        world.run_until_idle();
        assert_complete(&world, group);
        let asked = world.ranges_asked(FILE);
        assert_eq!(asked[asked.len() - 3..], ["bytes=14464-", "bytes=38928-", "bytes=73392-"]);
    }
}

#[test]
fn another_version_of_equal_length_and_date_is_fetched_anew_and_never_mixed() {
    for cors in [Cors::Hidden, Cors::RangeExposed] {
        let mut world = world(cors);
        if cors == Cors::Hidden {
            world = world.then(Behaviour::CutAfter(usize::MAX));
        }
        let mut world = world.cut_after(120_000);
        let group = world.resumed_group([FILE]);
        world.run_until(|world| world.row(group).wait.is_some());
        world.change(FILE, SIZE);
        world.run_until_idle();
        assert_complete(&world, group);
        assert!(world.ranges_asked(FILE).iter().any(|asked| asked == "bytes=54464-"));
    }
}

#[test]
fn a_crash_while_the_overlap_is_compared_costs_nothing() {
    for crash in [Crash::Kill, Crash::PowerCut] {
        for steps in 0..8 {
            let mut world = world(Cors::RangeExposed).cut_after(120_000);
            let group = world.resumed_group([FILE]);
            world.run_until(|world| world.ranges_asked(FILE).len() == 2);
            world.run_steps(steps);
            world.crash(crash);
            world.run_until_idle();
            assert_complete(&world, group);
            let asked = world.ranges_asked(FILE);
            assert!(asked[2..].iter().all(|asked| asked != "bytes=0-"), "{asked:?}");
        }
    }
}

#[test]
fn a_suspend_while_the_overlap_is_compared_keeps_what_was_kept() {
    for steps in 0..8 {
        let mut world = world(Cors::RangeExposed).cut_after(120_000);
        let group = world.resumed_group([FILE]);
        world.run_until(|world| world.ranges_asked(FILE).len() == 2);
        world.run_steps(steps);
        world.ask(Command::SuspendGroup { group }).expect("the group is suspended");
        world.run_until_idle();
        assert!(world.row(group).bytes_done >= 120_000);
        world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        world.run_until_idle();
        assert_complete(&world, group);
    }
}

#[test]
fn a_body_that_breaks_off_or_stalls_within_the_overlap_is_asked_for_again() {
    for behaviour in [Behaviour::CutAfter(10_000), Behaviour::StallAfter(10_000)] {
        let mut world = world(Cors::RangeExposed).cut_after(120_000).then(behaviour);
        let group = world.resumed_group([FILE]);
        world.run_until_idle();
        assert_complete(&world, group);
        assert_eq!(world.ranges_asked(FILE), ["bytes=0-", "bytes=54464-", "bytes=54464-"]);
    }
}

#[test]
fn a_file_whose_last_byte_came_before_its_end_was_told_is_complete_once_its_overlap_is_equal() {
    let mut world = world(Cors::Hidden);
    let group = world.resumed_group([FILE]);
    world.run_until(|world| world.disk.in_parts() == SIZE);
    world.ask(Command::SuspendGroup { group }).expect("the group is suspended");
    world.run_until_idle();
    assert_eq!(world.row(group).files_done, 0, "nobody has said that this is all");
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked(FILE), ["bytes=0-", "none", "bytes=134464-"]);
}

#[test]
fn capped_ranges_are_continued_one_by_one() {
    let mut world = world(Cors::RangeExposed).with_ranges(Ranges::Capped(80_000));
    let group = world.resumed_group([FILE]);
    world.run_until_idle();
    assert_complete(&world, group);
    let asked = world.ranges_asked(FILE);
    assert_eq!(asked[..3], ["bytes=0-", "bytes=14464-", "bytes=28928-"]);
}

#[test]
fn no_server_behaviour_makes_a_likely_file_go_on_for_ever() {
    for ranges in [Ranges::Capped(50_000), Ranges::Capped(65_536), Ranges::Ignored] {
        for cors in [Cors::Hidden, Cors::RangeExposed, Cors::Exposed] {
            let mut world = world(cors).with_ranges(ranges);
            let group = world.resumed_group([FILE]);
            world.run_until_idle();
            assert_complete(&world, group);
            assert!(world.ranges_asked(FILE).len() <= 6, "{:?}", world.ranges_asked(FILE));
        }
    }
}

#[test]
fn a_file_that_was_answered_only_without_a_range_starts_again_as_its_bytes_may_be_decoded_ones() {
    // Nobody sees the coding, and the browser shows the coded answer to a range as none.
    let mut world = world(Cors::Hidden);
    world.remote(FILE).ranges = Ranges::Coded;
    let cuts = [Behaviour::CutAfter(120_000), Behaviour::CutAfter(150_000)];
    let mut world = cuts.into_iter().fold(world, World::then);
    let group = world.resumed_group([FILE]);
    world.run_until_idle();
    assert_complete(&world, group);
    let asked = world.ranges_asked(FILE);
    assert!(asked.iter().all(|asked| asked == "bytes=0-" || asked == "none"), "{asked:?}");
}

#[test]
fn without_the_option_the_file_starts_again() {
    let mut world = World::new()
        .with_file(FILE, SIZE)
        .validated_by(Validators::FrozenDate)
        .with_cors(Cors::RangeExposed)
        .cut_after(120_000);
    let group = world.resumed_group([FILE]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked(FILE), ["bytes=0-", "bytes=0-"]);
}
