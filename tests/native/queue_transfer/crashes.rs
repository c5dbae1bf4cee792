//! What a kill or a power cut costs, and a stop.

use super::{assert_complete, checkpoint_of, resume, run_to, suspend};
use crate::sim::{Crash, Validators, World};

#[test]
fn what_a_suspended_group_keeps_survives_a_power_cut() {
    let mut world = World::new().with_file("/a", 10_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 4_000);
    suspend(&mut world, group);
    world.run_until_idle();
    let kept = world.row(group).bytes_done;
    world.crash(Crash::PowerCut);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    let asked = world.ranges_asked("/a");
    // The record of the last bytes was a relaxed one: it may be lost with the power, not more.
    assert!(asked[1] == format!("bytes={kept}-") || asked[1] == "bytes=0-", "{asked:?}");
}

#[test]
fn a_checkpoint_each_second_bounds_what_a_kill_costs() {
    let mut world = World::new().with_file("/a", 400_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 300_000);
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    let asked = &world.ranges_asked("/a")[1];
    let start: u64 = asked[6..asked.len() - 1].parse().expect("a position");
    // 1,000 bytes each 10 ms: a second is 100,000 bytes.
    assert!(start >= 180_000, "{asked}");
}

#[test]
fn a_crash_at_any_step_costs_no_correctness() {
    for crash in [Crash::Kill, Crash::PowerCut] {
        for is_written in [false, true] {
            for validators in [Validators::Strong, Validators::None] {
                let is_crashed_everywhere = (0..2_000).any(|steps| {
                    let mut world = World::new()
                        .with_file("/a", 4_500)
                        .validated_by(validators)
                        .cut_after(2_500)
                        .with_file("/b", 2_000);
                    let group = world.resumed_group(["/a", "/b"]);
                    let is_there = world.run_steps(steps);
                    if steps % 2 == 0 {
                        world.change("/a", 4_500);
                    }
                    if is_written {
                        world.crash_after_commit(crash);
                    } else {
                        world.crash(crash);
                    }
                    world.run_until_idle();
                    assert_eq!(world.status(group), 0x140, "{steps} steps, {crash:?}");
                    for path in ["/a", "/b"] {
                        let published = world.published(path).expect("it is published").to_vec();
                        let held = world.remote(path).versions.contains(&published);
                        assert!(held, "{path} after {steps} steps, {crash:?}");
                    }
                    assert_eq!(world.disk.parts().count(), 0);
                    !is_there
                });
                assert!(is_crashed_everywhere, "the download ends before the steps do");
            }
        }
    }
}

#[test]
fn a_stopping_engine_makes_durable_what_it_has() {
    let mut world = World::new().with_file("/a", 100_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 40_000);
    world.stop();
    let record = &world.database.tables.transfers[&(group, 0)];
    let kept = record.ranges[0].1;
    assert!(kept >= 40_000, "{:?}", record.ranges);
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a").last(), Some(&format!("bytes={kept}-")));
}

#[test]
fn a_kill_costs_at_most_one_checkpoint_whenever_it_comes() {
    let bytes = 4_000;
    for seed in 0..20 {
        let mut world = World::with_dice(seed, Some(fastrand::Rng::with_seed(seed)))
            .with_file("/a", 60_000)
            .cut_after(25_500)
            .configured(checkpoint_of(bytes));
        let group = world.resumed_group(["/a"]);
        while !world.is_idle() && world.step() {
            for (part, unrecorded) in world.unrecorded() {
                assert!(unrecorded <= bytes, "a kill would cost {unrecorded} bytes of {part}");
            }
        }
        assert_complete(&world, group, "/a");
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=25500-"]);
    }
}
