//! One group's files, from the first request to their names, through everything that goes wrong.

use crate::sim::{Behaviour, Crash, Ranges, START, Validators, World, info};
use base64ct::{Base64, Encoding};
use qmgr::abi::{FileSetInfo, Hresult, LocalPath};
use qmgr::protocol::{
    Answer, Checkpoint, Command, Connections, GroupState, Retry, Serial, SettingsPatch, ToEngine,
    WaitReason,
};
use qmgr::queue::{DiskFailure, Ended, Event, Ticket};
use qmgr::snapshot::SavedState;
use qmgr::time::Millis;
use sha2::{Digest, Sha256};

const DAY: Millis = Millis(86_400_000);

fn resume(world: &mut World, group: Serial) {
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
}

fn suspend(world: &mut World, group: Serial) {
    world.ask(Command::SuspendGroup { group }).expect("the group is suspended");
}

fn cancel(world: &mut World, group: Serial) {
    world.ask(Command::CancelGroup { group }).expect("the group is cancelled");
}

/// Runs until so many bytes are written, flushed or not.
fn run_to(world: &mut World, bytes: usize) {
    world.run_until(|world| world.disk.in_parts() >= bytes);
}

fn integrity(bytes: &[u8]) -> Option<String> {
    let text = Base64::encode_string(&Sha256::digest(bytes));
    Some(format!("sha256-{text}"))
}

#[track_caller]
fn assert_complete(world: &World, group: Serial, path: &str) {
    assert_eq!((world.status(group), world.job_status(group)), (0x140, 0x04));
    assert!(world.published(path) == Some(world.served(path)), "{path} is what the server holds");
    assert_eq!(world.disk.parts().count(), 0);
}

#[track_caller]
fn assert_failed(world: &World, group: Serial, hresult: Hresult) {
    assert_eq!((world.status(group), world.job_status(group)), (0x380, 0x18));
    let error = world.row(group).error.clone();
    assert_eq!(error.map(|error| error.hresult), Some(hresult));
}

#[test]
fn a_group_goes_from_suspended_over_running_to_complete() {
    let mut world = World::new().with_file("/a", 10_000);
    let group = world.group(["/a"]);
    assert_eq!((world.status(group), world.job_status(group)), (0x180, 0x08));
    resume(&mut world, group);
    assert_eq!((world.status(group), world.job_status(group)), (0x080, 0x08));
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
    let row = world.row(group);
    assert_eq!((row.bytes_done, row.bytes_total), (10_000, Some(10_000)));
    assert_eq!((row.files_done, row.files_total, row.retries), (1, 1, 0));
}

#[test]
fn an_empty_file_is_fetched_and_published() {
    for ranges in [Ranges::Honoured, Ranges::Ignored] {
        let mut world = World::new().with_file("/a", 0).with_ranges(ranges);
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
    }
}

/// Bytes that came before a kill and were never recorded may still lie in the part.
#[test]
fn a_file_that_became_empty_is_published_empty_whatever_a_kill_left_behind() {
    let mut world = World::new().with_file("/a", 30_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 5_000);
    world.change("/a", 0);
    world.crash(Crash::Kill);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn a_file_of_unknown_length_ends_with_its_body() {
    let mut world =
        World::new().with_file("/a", 5_000).with_ranges(Ranges::Ignored).without_length();
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_server_that_caps_its_ranges_is_asked_for_one_after_the_other() {
    let mut world = World::new().with_file("/a", 10_000).with_ranges(Ranges::Capped(4_000));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=8000-"]);
}

#[test]
fn suspending_keeps_the_bytes_and_resuming_asks_for_the_rest() {
    let mut world = World::new().with_file("/a", 10_000);
    let group = world.resumed_group(["/a"]);
    run_to(&mut world, 4_000);
    suspend(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x180);
    let kept = world.row(group).bytes_done;
    assert!((4_000..10_000).contains(&kept));
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-".to_owned(), format!("bytes={kept}-")]);
}

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
fn without_proof_a_file_starts_again_in_another_part() {
    for validators in [Validators::None, Validators::Weak] {
        let mut world =
            World::new().with_file("/a", 10_000).validated_by(validators).cut_after(4_000);
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        world.run_until(|world| world.disk.parts().any(|part| part.generation == 1));
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=0-"]);
    }
}

#[test]
fn a_part_stays_until_no_record_names_it() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::None).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| {
        let record = world.database.tables.transfers.get(&(group, 0));
        let old_is_there = world.disk.parts().any(|part| part.generation == 0);
        let has_bytes = record.is_some_and(|record| !record.ranges.is_empty());
        let is_new_named = record.is_some_and(|record| record.generation == 1);
        assert!(is_new_named || old_is_there || !has_bytes, "a record names a part that is gone");
        is_new_named && !old_is_there
    });
}

#[test]
fn with_a_strong_date_the_rest_is_asked_for() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::Date).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn two_versions_are_never_mixed() {
    for validators in [Validators::Strong, Validators::Weak, Validators::Date, Validators::None] {
        for size in [10_000, 12_000, 2_000] {
            let mut world =
                World::new().with_file("/a", 10_000).validated_by(validators).cut_after(4_000);
            let group = world.resumed_group(["/a"]);
            world.run_until(|world| world.row(group).state == GroupState::Waiting);
            world.change("/a", size);
            world.run_until_idle();
            assert_complete(&world, group, "/a");
        }
    }
}

#[test]
fn a_file_that_changes_under_every_cut_never_mixes() {
    let mut world = World::new().with_file("/a", 10_000);
    for length in [3_000, 5_000, 2_000, 9_000] {
        world = world.cut_after(length);
    }
    let group = world.resumed_group(["/a"]);
    for cuts in 1..=4 {
        world.run_until(|world| {
            world.ranges_asked("/a").len() == cuts && world.row(group).state == GroupState::Waiting
        });
        world.change("/a", 10_000 + cuts);
    }
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

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

#[test]
fn bytes_without_the_promised_hash_are_an_error_and_are_not_kept() {
    let mut world = World::new().with_file("/a", 3_000);
    let wrong = FileSetInfo { integrity: integrity(b"something else"), ..info("/a") };
    let group = world.group_of(vec![wrong]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
    assert_eq!(world.published("/a"), None);
    assert_eq!(world.row(group).bytes_done, 0);
    assert_eq!(world.disk.parts().count(), 0);
}

#[test]
fn a_hash_proves_what_no_validator_does() {
    let mut world =
        World::new().with_file("/a", 10_000).validated_by(Validators::None).cut_after(4_000);
    let right = FileSetInfo { integrity: integrity(world.served("/a")), ..info("/a") };
    let group = world.group_of(vec![right]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn another_size_than_the_promised_one_is_an_error() {
    let mut world = World::new().with_file("/a", 3_000);
    let group = world.group_of(vec![FileSetInfo { size: Some(2_999), ..info("/a") }]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
    let mut world =
        World::new().with_file("/a", 3_000).with_ranges(Ranges::Ignored).without_length();
    let group = world.group_of(vec![FileSetInfo { size: Some(2_999), ..info("/a") }]);
    resume(&mut world, group);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_VALIDATION_FAILED);
}

#[test]
fn a_server_that_is_at_odds_with_its_own_ranges_ends_in_an_error_or_an_exact_file() {
    for shift in [1, 500, 5_000] {
        let mut world = World::new().with_file("/a", 3_000).always(Behaviour::WrongRange(shift));
        let group = world.resumed_group(["/a"]);
        world.run_until_idle();
        assert!(world.ranges_asked("/a").len() <= 6, "{:?}", world.ranges_asked("/a"));
        assert_complete(&world, group, "/a");
    }
    let mut world = World::new().with_file("/a", 3_000).always(Behaviour::Overlong(10));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert!(world.ranges_asked("/a").len() <= 6, "{:?}", world.ranges_asked("/a"));
    assert_failed(&world, group, Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT);
}

#[test]
fn a_full_disk_is_an_error_that_keeps_what_is_there() {
    let mut world = World::new().with_file("/a", 10_000);
    world.disk.capacity = Some(4_500);
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::DISK_FULL);
    assert_eq!(world.row(group).bytes_done, 4_000);
    world.disk.capacity = None;
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-"]);
}

#[test]
fn a_part_that_another_context_never_releases_is_copied_after_half_a_minute() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let held: Vec<_> = world.disk.parts().collect();
    world.disk.held.extend(&held);
    let began = world.now;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    let waited = world.now.since(began);
    assert!(Millis(30_000) <= waited && waited < Millis(60_000), "{waited:?}");
    let asked = world.ranges_asked("/a");
    assert!(asked[1..].iter().all(|range| range == "bytes=4000-"), "nothing is lost: {asked:?}");
}

#[test]
fn a_part_that_is_released_in_time_is_used_again_and_not_copied() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let held: Vec<_> = world.disk.parts().collect();
    world.disk.held.extend(&held);
    world.run_for(Millis(20_000));
    assert_eq!(
        world.row(group).wait.as_ref().map(|wait| wait.reason),
        Some(WaitReason::StorageBusy)
    );
    world.disk.held.clear();
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.database.tables.transfers[&(group, 0)].generation, 0);
}

#[test]
fn a_file_that_will_not_fit_is_refused_before_it_is_written() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    world.disk.checks_room = true;
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.disk.capacity = Some(9_999);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::DISK_FULL);
    assert_eq!(world.row(group).bytes_done, 4_000, "what is there is kept");
    world.disk.capacity = Some(10_000);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=4000-"]);
}

#[test]
fn a_target_that_is_held_by_another_is_waited_for() {
    let mut world = World::new().with_file("/a", 3_000);
    world.disk.refusals.extend([DiskFailure::Busy, DiskFailure::Busy]);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let wait = world.row(group).wait.clone().expect("it says why it waits");
    assert_eq!(wait.reason, WaitReason::StorageBusy);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a").len(), 1);
}

#[test]
fn a_target_that_cannot_be_had_is_an_error_that_keeps_the_bytes() {
    for (failure, hresult) in [
        (DiskFailure::InTheWay, Hresult::E_ACCESSDENIED),
        (DiskFailure::Full, Hresult::DISK_FULL),
        (DiskFailure::Other("no".to_owned()), Hresult::E_FAIL),
    ] {
        let mut world = World::new().with_file("/a", 3_000).with_file("/b", 2_000);
        world.disk.refusals.push_back(failure);
        let group = world.resumed_group(["/a", "/b"]);
        world.run_until_idle();
        assert_failed(&world, group, hresult);
        assert_eq!(world.row(group).error.as_ref().and_then(|error| error.file_index), Some(0));
        resume(&mut world, group);
        world.run_until_idle();
        assert_complete(&world, group, "/a");
        assert_complete(&world, group, "/b");
        assert_eq!(world.ranges_asked("/a").len(), 1);
    }
}

#[test]
fn a_directory_that_stands_at_the_target_is_an_error() {
    let mut world = World::new().with_file("/a", 3_000);
    let target = LocalPath::parse("/a").expect("a path");
    world.disk.directories.insert(target.key().to_owned());
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::E_ACCESSDENIED);
}

#[test]
fn a_crash_between_a_move_and_its_record_publishes_once() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 2_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.published("/a").is_some());
    assert_eq!(world.database.state(group), Some(&SavedState::Publishing));
    world.crash(Crash::PowerCut);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
    assert_eq!(world.ranges_asked("/a").len(), 1);
}

#[test]
fn a_part_that_somebody_deleted_is_fetched_again() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    let parts: Vec<_> = world.disk.parts().collect();
    parts.into_iter().for_each(|part| world.disk.delete_part(part));
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=4000-", "bytes=0-"]);
}

#[test]
fn cancelling_publishes_what_is_finished_and_deletes_the_rest() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 10_000);
    let group = world.resumed_group(["/a", "/b"]);
    run_to(&mut world, 6_000);
    assert_eq!(world.published("/a"), None);
    cancel(&mut world, group);
    assert!(world.published("/a") == Some(world.served("/a")), "it is there with the reply");
    world.run_until_idle();
    assert_eq!(world.published("/b"), None);
    assert_eq!(world.disk.parts().count(), 0);
    assert!(world.database.tables.groups.is_empty());
    assert_eq!(world.database.tables.files.len(), 1);
}

#[test]
fn cancelling_succeeds_even_where_a_file_cannot_be_kept() {
    for failure in [
        DiskFailure::Busy,
        DiskFailure::Full,
        DiskFailure::InTheWay,
        DiskFailure::Other("no".into()),
    ] {
        let mut world = World::new().with_file("/a", 3_000).with_file("/b", 10_000);
        world.disk.refusals.push_back(failure);
        let group = world.resumed_group(["/a", "/b"]);
        run_to(&mut world, 6_000);
        cancel(&mut world, group);
        world.run_until_idle();
        assert_eq!(world.published("/a"), None);
        assert_eq!(world.disk.parts().count(), 0);
        assert!(world.database.tables.groups.is_empty());
    }
}

#[test]
fn files_added_while_the_others_are_moved_to_their_names_are_fetched_too() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 3_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.database.state(group) == Some(&SavedState::Publishing));
    world.ask(Command::AddFiles { group, files: vec![info("/b")] }).expect("it is added");
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
}

#[test]
fn a_group_suspended_while_it_is_published_is_finished_by_a_resume() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 3_000);
    let group = world.resumed_group(["/a", "/b"]);
    world.run_until(|world| world.database.state(group) == Some(&SavedState::Publishing));
    suspend(&mut world, group);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x180);
    resume(&mut world, group);
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_complete(&world, group, "/b");
}

#[test]
fn a_late_event_changes_nothing() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    world.dice = Some(fastrand::Rng::with_seed(1));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).state == GroupState::Waiting);
    world.run_for(Millis(1_000));
    let before = world.queue.clone();
    for event in std::mem::take(&mut world.reported) {
        world.report(event);
        assert!(world.queue == before);
    }
    for ticket in [Ticket(0), Ticket(u64::MAX)] {
        let how = Ended::Closed;
        world.report(Event::Ended { ticket, position: Some(10_000), how });
        assert!(world.queue == before);
    }
    world.dice = None;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_reply_comes_after_the_commit_of_what_it_says() {
    let mut world = World::new().with_file("/a", 1_000);
    let group = world.group(["/a"]);
    let sequence = world.send(Command::ResumeGroup { group });
    assert!(!world.page.replies.contains_key(&sequence));
    assert_eq!(world.status(group), 0x180, "nor is the row shown before");
    world.run_until(|world| world.page.replies.contains_key(&sequence));
    assert_eq!(world.database.state(group), Some(&SavedState::Running));
}

#[test]
fn attaching_shows_what_is_durable() {
    let mut world = World::new().with_file("/a", 1_000);
    let group = world.group(["/a"]);
    world.send(Command::ResumeGroup { group });
    let sequence = world.send(Command::Attach { groups: vec![group] });
    assert!(!world.page.replies.contains_key(&sequence));
    world.run_until(|world| world.page.replies.contains_key(&sequence));
    let answer = world.page.replies[&sequence].clone();
    let Ok(Answer::Groups(rows)) = answer else { panic!("no rows: {answer:?}") };
    assert_eq!(rows[0].group.status, 0x080);
    assert_eq!(world.database.state(group), Some(&SavedState::Running));
}

#[test]
fn a_call_that_a_crash_took_is_carried_out_when_it_is_repeated() {
    let mut world = World::new().with_file("/a", 1_000);
    let group = world.group(["/a"]);
    let sequence = world.send(Command::ResumeGroup { group });
    world.crash(Crash::Kill);
    world.run_until(|world| world.page.replies.contains_key(&sequence));
    world.run_until_idle();
    assert_complete(&world, group, "/a");
}

#[test]
fn a_call_whose_reply_a_crash_took_is_carried_out_once() {
    let mut world = World::new();
    let id = world.new_id();
    let create = Command::CreateGroup { id, credentials: Default::default() };
    let sequence = world.send(create);
    world.crash_after_commit(Crash::PowerCut);
    world.run_until(|world| world.page.replies.contains_key(&sequence));
    let reply = world.page.replies[&sequence].clone();
    let Ok(Answer::Group(row)) = reply else { panic!("it was refused: {reply:?}") };
    assert_eq!(row.group.id, id);
    assert_eq!(world.database.tables.groups.len(), 1);
}

#[test]
fn an_outcome_is_kept_until_its_reply_is_acknowledged_or_its_page_gone() {
    let mut world = World::new();
    let group = world.empty_group();
    assert_eq!(world.database.tables.outcomes.len(), 1);
    world.page.acknowledged = 1;
    world.ask(Command::SwitchToForeground { group }).expect("it is switched");
    assert_eq!(world.database.tables.outcomes.len(), 1);
    let client = world.page.client.clone();
    world.deliver(ToEngine::Bye { client });
    world.run_until_idle();
    assert!(world.database.tables.outcomes.is_empty());
}

#[test]
fn a_repeated_cancellation_is_answered_when_the_finished_files_are_there() {
    let mut world = World::new().with_file("/a", 3_000).with_file("/b", 10_000);
    let group = world.resumed_group(["/a", "/b"]);
    run_to(&mut world, 6_000);
    let sequence = world.send(Command::CancelGroup { group });
    world.crash_after_commit(Crash::PowerCut);
    world.run_until(|world| world.page.replies.contains_key(&sequence));
    assert_eq!(world.page.replies[&sequence], Ok(Answer::Done));
    assert!(world.published("/a") == Some(world.served("/a")));
}

#[test]
fn a_repeated_deletion_succeeds_and_deletes() {
    for steps in 0..6 {
        let mut world = World::new().with_file("/a", 3_000);
        world.resumed_group(["/a"]);
        world.run_until_idle();
        // A change under way, so that the deletion is not alone in its commit.
        let group = world.empty_group();
        world.send(Command::SwitchToForeground { group });
        let sequence = world.send(Command::DeleteFile { local_file: "/a".to_owned() });
        world.run_steps(steps);
        world.crash_after_commit(Crash::PowerCut);
        world.run_until(|world| world.page.replies.contains_key(&sequence));
        assert_eq!(world.page.replies[&sequence], Ok(Answer::Done), "after {steps} steps");
        assert_eq!(world.published("/a"), None, "after {steps} steps");
        assert!(world.database.tables.files.is_empty(), "after {steps} steps");
    }
}

#[test]
fn a_serial_is_never_used_again_even_after_a_restart() {
    let mut world = World::new();
    let group = world.empty_group();
    cancel(&mut world, group);
    world.run_until_idle();
    world.crash(Crash::Kill);
    assert!(world.empty_group() > group);
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

/// By bytes alone, and over one connection.
fn checkpoint_of(bytes: u64) -> SettingsPatch {
    SettingsPatch {
        checkpoint: Some(Checkpoint { bytes, interval: Millis(600_000) }),
        connections: Some(Connections { per_file: Some(1), ..Connections::default() }),
        ..SettingsPatch::default()
    }
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

#[test]
fn a_body_that_waits_for_a_record_has_not_stalled() {
    let mut world = World::new().with_file("/a", 20_000).configured(checkpoint_of(4_000));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done > 2_000);
    world.commit_delay = 120_000;
    world.run_until_idle();
    assert_complete(&world, group, "/a");
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"]);
}
