//! When a failure is tried again, whatever the clock and the network do meanwhile.

use crate::sim::{Behaviour, Crash, START, World};
use qmgr::abi::Hresult;
use qmgr::protocol::{GroupState, Retry, Serial, SettingsPatch, WaitReason};
use qmgr::time::Millis;

const HOUR: Millis = Millis(3_600_000);
const DAY: Millis = Millis(24 * HOUR.0);

fn dead_server() -> World {
    World::new().with_file("/a", 3_000).always(Behaviour::Status(503, None))
}

/// Runs until the group waits out a failure, and says for how long.
#[track_caller]
fn next_delay(world: &mut World, group: Serial) -> Millis {
    world.run_until(|world| world.row(group).state != GroupState::Waiting);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    assert_eq!(wait.reason, WaitReason::Backoff);
    wait.next_attempt_at.expect("it says until when").since(world.now)
}

fn is_about(delay: Millis, base: u64) -> bool {
    (base * 4 / 5 - 100..=base * 6 / 5).contains(&delay.0)
}

#[test]
fn a_clock_that_was_set_back_does_not_lengthen_a_delay() {
    let mut world = dead_server();
    let group = world.resumed_group(["/a"]);
    next_delay(&mut world, group);
    world.set_clock_back(Millis(5 * HOUR.0));
    world.crash(Crash::Kill);
    let asked = world.ranges_asked("/a").len();
    world.run_for(Millis(10_000));
    assert!(world.ranges_asked("/a").len() > asked, "it waits for the clock to catch up");
}

#[test]
fn a_clock_that_was_set_back_does_not_stretch_the_no_progress_limit() {
    let mut world = dead_server();
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(13 * DAY.0));
    world.set_clock_back(Millis(100 * DAY.0));
    world.crash(Crash::Kill);
    world.run_for(Millis(12 * HOUR.0));
    assert_eq!(world.status(group), 0x080);
    world.run_for(DAY);
    assert_eq!(world.status(group), 0x380);
}

#[test]
fn a_machine_that_slept_through_a_delay_tries_again_at_once() {
    let mut world =
        World::new().with_file("/a", 3_000).then(Behaviour::Status(503, Some("3600".to_owned())));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.now = world.now.plus(DAY);
    world.run_for(Millis(1_000));
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn failures_without_a_network_do_not_lengthen_the_delays() {
    let mut world = dead_server();
    let group = world.resumed_group(["/a"]);
    assert!(is_about(next_delay(&mut world, group), 5_000));
    for _ in 0..10 {
        world.set_online(false);
        world.run_for(HOUR);
        assert_eq!(
            world.row(group).wait.as_ref().map(|wait| wait.reason),
            Some(WaitReason::Offline)
        );
        world.remote("/a").script.push_back(Behaviour::Silent);
        world.set_online(true);
        world.set_online(false);
        world.run_for(HOUR);
    }
    world.remote("/a").script.clear();
    world.set_online(true);
    assert!(is_about(next_delay(&mut world, group), 10_000));
}

#[test]
fn where_the_first_delay_is_longer_than_the_no_progress_limit_nothing_is_tried_again() {
    let retry = Retry {
        minimum_delay: Millis(2_000),
        no_progress_timeout: Millis(1_000),
        ..Retry::default()
    };
    let mut world =
        dead_server().configured(SettingsPatch { retry: Some(retry), ..SettingsPatch::default() });
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x380);
    assert_eq!(world.ranges_asked("/a").len(), 1);
}

#[test]
fn an_answer_that_does_not_come_is_given_up_like_a_body_that_stalls() {
    let mut world = World::new().with_file("/a", 3_000).then(Behaviour::Silent);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let given_up = world.now.since(START);
    assert!((Millis(30_000)..Millis(31_000)).contains(&given_up), "{given_up:?}");
    let error = world.row(group).wait.as_ref().and_then(|wait| wait.last_error.as_ref());
    assert_eq!(error.map(|error| error.hresult), Some(Hresult::WINHTTP_TIMEOUT));
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}
