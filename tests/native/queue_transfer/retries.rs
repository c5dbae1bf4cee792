//! When a failed request is sent again, and when it is given up.

use super::{assert_complete, assert_failed, resume};
use crate::sim::{Behaviour, Crash, Ranges, START, World};
use qmgr::abi::Hresult;
use qmgr::protocol::{Command, GroupState, Retry, SettingsPatch, WaitReason};
use qmgr::queue::{Ended, Event, Ticket};
use qmgr::time::Millis;

const DAY: Millis = Millis(86_400_000);

#[test]
fn a_cut_body_is_continued_after_a_delay_that_doubles_and_is_spread() {
    let mut spread = std::collections::BTreeSet::new();
    for seed in 0..5 {
        let mut world = World::with_dice(seed, None).with_file("/a", 10_000);
        for _ in 0..3 {
            world = world.then(Behaviour::Status(502, None));
        }
        let group = world.resumed_group(["/a"]);
        for base in [5_000, 10_000, 20_000] {
            world.run_until(|world| world.row(group).state == GroupState::Waiting);
            let wait = world.row(group).wait.clone().expect("it says why it waits");
            assert_eq!(wait.reason, WaitReason::Backoff);
            let Millis(delay) = wait.next_attempt_at.expect("it says until when").since(world.now);
            assert!((base * 4 / 5 - 100..=base * 6 / 5).contains(&delay), "{base}: {delay}");
            spread.insert(delay);
            world.run_until(|world| world.row(group).state != GroupState::Waiting);
        }
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_eq!(world.row(group).retries, 3);
    }
    assert!(spread.len() > 10, "{spread:?}");
}

#[test]
fn progress_starts_the_delays_anew() {
    let mut world = World::new().with_file("/a", 50_000);
    for _ in 0..9 {
        world = world.cut_after(5_000);
    }
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert!(world.now.since(START) < Millis(9 * 6_000 + 5_000), "{:?}", world.now.since(START));
}

#[test]
fn retry_after_is_honoured_in_both_forms_and_at_most_a_day() {
    for (text, seconds) in
        [("120", 120), ("Sun, 06 Nov 1994 08:59:37 GMT", 600), ("99999999", 86_400)]
    {
        let mut world =
            World::new().with_file("/a", 1_000).then(Behaviour::Status(503, Some(text.to_owned())));
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        let wait = world.row(group).wait.clone().expect("it says why it waits");
        assert_eq!(wait.reason, WaitReason::RetryAfter);
        let Millis(delay) = wait.next_attempt_at.expect("until when").since(START);
        assert!((seconds * 1_000..seconds * 1_000 + 500).contains(&delay), "{text}: {delay}");
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

#[test]
fn a_delay_that_was_asked_for_outlives_a_restart() {
    let mut world =
        World::new().with_file("/a", 1_000).then(Behaviour::Status(503, Some("3600".to_owned())));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.crash(Crash::PowerCut);
    world.run_for(Millis(3_500_000));
    assert_eq!(world.ranges_asked("/a").len(), 1);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_fatal_answer_is_an_error_until_the_server_is_mended_and_the_group_resumed() {
    for status in [400, 401, 403, 404, 405, 410, 451, 501, 505] {
        let mut world = World::new().with_file("/a", 3_000).then(Behaviour::Status(status, None));
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_failed(&world, group, Hresult::from_http(status));
        let error = world.row(group).error.clone().expect("an error");
        assert_eq!((error.file_index, error.http_status), (Some(0), status));
        world.run_for(DAY);
        assert_eq!(world.ranges_asked("/a").len(), 1, "nothing is tried unasked");
        world.crash(Crash::PowerCut);
        resume(&mut world, group);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

#[test]
fn the_first_file_that_fails_stops_the_job() {
    let mut world = World::new()
        .with_file("/a", 3_000)
        .with_file("/b", 3_000)
        .then(Behaviour::Status(404, None))
        .with_file("/c", 3_000);
    let group = world.resumed_group(["/a", "/b", "/c"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::from_http(404));
    assert_eq!(world.row(group).error.as_ref().and_then(|error| error.file_index), Some(1));
    assert_eq!(world.row(group).files_done, 1);
    assert!(world.ranges_asked("/c").is_empty());
    assert_eq!(world.published("/a"), None, "nothing is published before all is there");
}

#[test]
fn an_aborted_request_that_finds_no_server_is_no_failure() {
    let mut world = World::new().with_file("/a", 3_000);
    let group = world.resumed_group(["/a"]);
    let is_open = |ticket: &Ticket| world.queue.is_open(*ticket);
    let ticket = (1 << 32..).map(Ticket).find(is_open).expect("the request is on its way");
    world.send(Command::SuspendGroup { group });
    world.send(Command::ResumeGroup { group });
    let how = Ended::Unanswered("failed to fetch".to_owned());
    world.report(Event::Ended { ticket, position: None, how });
    world.run_until(|world| world.page.unanswered.is_empty());
    assert_eq!(world.row(group).state, GroupState::Connecting);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_dead_server_is_asked_at_most_200_times_a_day() {
    for behaviour in [Behaviour::Unreachable, Behaviour::Status(503, None), Behaviour::Silent] {
        let mut world = World::new().with_file("/a", 3_000).always(behaviour.clone());
        let group = world.resumed_group(["/a"]);
        world.run_for(DAY);
        let asked = world.ranges_asked("/a").len();
        println!("a dead server is asked {asked} times in a day, of at most 200 ({behaviour:?})");
        assert!((100..=200).contains(&asked), "{asked}");
        assert_eq!(world.status(group), 0x080);
        world.remote("/a").always = None;
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

#[test]
fn no_progress_for_a_fortnight_is_an_error() {
    let mut world = World::new().with_file("/a", 3_000).always(Behaviour::Status(503, None));
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(13 * DAY.0));
    assert_eq!(world.status(group), 0x080);
    world.run_for(Millis(2 * DAY.0));
    assert_failed(&world, group, Hresult::from_http(503));
}

#[test]
fn the_no_progress_limit_does_not_count_time_without_a_running_engine() {
    let mut world = World::new().with_file("/a", 3_000).always(Behaviour::Status(503, None));
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(7 * DAY.0));
    world.now = world.now.plus(Millis(60 * DAY.0));
    world.crash(Crash::Kill);
    world.run_for(Millis(6 * DAY.0));
    assert_eq!(world.status(group), 0x080);
    world.run_for(Millis(2 * DAY.0));
    assert_failed(&world, group, Hresult::from_http(503));
}

#[test]
fn the_no_progress_limit_does_not_count_time_without_a_network() {
    let mut world = World::new().with_file("/a", 3_000).always(Behaviour::Status(503, None));
    let group = world.resumed_group(["/a"]);
    world.run_for(DAY);
    world.set_online(false);
    world.run_for(Millis(30 * DAY.0));
    world.set_online(true);
    world.run_for(Millis(12 * DAY.0));
    assert_eq!(world.status(group), 0x080);
    world.run_for(Millis(2 * DAY.0));
    assert_failed(&world, group, Hresult::from_http(503));
}

#[test]
fn the_no_progress_limit_ends_a_wait_that_goes_beyond_it() {
    let retry = Retry { no_progress_timeout: DAY, ..Retry::default() };
    let mut world = World::new()
        .with_file("/a", 3_000)
        .always(Behaviour::Status(503, Some("50000".to_owned())))
        .configured(SettingsPatch { retry: Some(retry), ..SettingsPatch::default() });
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::from_http(503));
    let given_up = world.now.since(START);
    assert!((DAY..DAY.plus(Millis::SECOND)).contains(&given_up), "{given_up:?}");
    assert_eq!(world.ranges_asked("/a").len(), 2, "the wait after the second answer is too long");
}

#[test]
fn where_no_retry_is_wanted_every_failure_is_an_error() {
    let retry = Retry { no_progress_timeout: Millis(0), ..Retry::default() };
    let mut world = World::new()
        .with_file("/a", 3_000)
        .then(Behaviour::Status(503, None))
        .configured(SettingsPatch { retry: Some(retry), ..SettingsPatch::default() });
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::from_http(503));
}

#[test]
fn a_connection_that_stalls_is_given_up_and_continued() {
    let mut world = World::new().with_file("/a", 10_000).then(Behaviour::StallAfter(4_000));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let stalled = world.now.since(START);
    assert!((Millis(30_000)..Millis(31_000)).contains(&stalled), "{stalled:?}");
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    let error = wait.last_error.expect("the failure");
    assert_eq!(error.hresult, Hresult::WINHTTP_TIMEOUT);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn without_a_network_a_group_waits_for_it_and_goes_on_at_once_when_it_is_back() {
    let mut world = World::new().with_file("/a", 10_000);
    world.set_online(false);
    let group = world.resumed_group(["/a"]);
    world.run_for(DAY);
    assert_eq!((world.row(group).state, world.status(group)), (GroupState::Waiting, 0x080));
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    assert_eq!((wait.reason, wait.next_attempt_at), (WaitReason::Offline, None));
    let error = wait.last_error.expect("the failure");
    assert_eq!(error.hresult, Hresult::BG_E_NETWORK_DISCONNECTED);
    world.set_online(true);
    world.run_for(Millis(1_000));
    assert_complete(&world, group, "/a");
}

/// A browser fails without a word on a content-coded answer to a range request.
#[test]
fn a_coded_file_of_a_server_that_was_in_trouble_is_fetched() {
    let mut world = World::new().with_file("/a", 3_000).then(Behaviour::Status(503, None));
    world.remote("/a").ranges = Ranges::Coded;
    let group = world.resumed_group(["/a"]);
    world.run_for(Millis(60_000));
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=0-", "none"]);
}

#[test]
fn a_network_that_is_back_ends_the_wait_of_a_server_in_trouble_too() {
    let mut world =
        World::new().with_file("/a", 1_000).then(Behaviour::Status(503, Some("9000".to_owned())));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.set_online(false);
    world.set_online(true);
    world.run_for(Millis(1_000));
    assert_complete(&world, group, "/a");
}
