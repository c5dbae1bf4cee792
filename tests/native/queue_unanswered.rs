//! Requests that get no answer: a refusal by CORS is told from a server that is dead, and from what
//! no request could ever bring.

use crate::sim::{Behaviour, Cors, Ranges, RemoteFile, START, World, info};
use qmgr::abi::{FileSetInfo, Hresult, Sha256Integrity};
use qmgr::protocol::{Command, Serial, WaitReason};
use qmgr::queue::{Ended, Event};
use qmgr::time::Millis;
use sha2::{Digest, Sha256};

/// The answer is as it should be.
const FINE: Behaviour = Behaviour::CutAfter(usize::MAX);

const DAY: Millis = Millis(86_400_000);

#[track_caller]
fn assert_failed(world: &World, group: Serial, hresult: Hresult, words: &str) {
    assert_eq!((world.status(group), world.job_status(group)), (0x380, 0x18));
    let error = world.row(group).error.clone().expect("an error");
    assert_eq!(error.hresult, hresult);
    assert!(error.message.contains(words), "{}", error.message);
}

fn probes(world: &World, path: &str) -> usize {
    world.ranges_asked(path).iter().filter(|asked| *asked == "probe").count()
}

#[test]
fn a_server_that_lives_and_refuses_is_an_error_that_says_cors() {
    let mut world = World::new().with_file("/far/a", 10_000).with_cors(Cors::Refused);
    let group = world.resumed_group(["/far/a"]);
    world.run_until_idle();
    assert_failed(&world, group, Hresult::E_ACCESSDENIED, "CORS");
    let once = ["bytes=0-", "none", "probe"];
    assert_eq!(world.ranges_asked("/far/a"), [once, once].concat());
}

#[test]
fn a_refusal_is_named_while_it_is_waited_to_be_seen_again() {
    let mut world = World::new().with_file("/far/a", 10_000).with_cors(Cors::Refused);
    let group = world.resumed_group(["/far/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    let wait = world.row(group).wait.clone().expect("it waits");
    assert_eq!(wait.reason, WaitReason::Backoff);
    let error = wait.last_error.expect("it says why");
    assert_eq!(error.hresult, Hresult::E_ACCESSDENIED);
    assert!(error.message.contains("CORS"), "{}", error.message);
}

#[test]
fn broken_connections_and_an_answered_probe_are_no_refusal_for_good() {
    for broken in [2, 3] {
        let mut world = World::new().with_file("/far/a", 10_000);
        for _ in 0..broken {
            world = world.then(Behaviour::Unreachable);
            if world.remote("/far/a").script.len() == 2 {
                // The probe between them.
                world = world.then(Behaviour::CutAfter(0));
            }
        }
        let group = world.resumed_group(["/far/a"]);
        world.run_until_idle();
        assert_eq!(world.status(group), 0x140, "after {broken} broken connections");
    }
}

#[test]
fn a_refusal_between_failures_of_a_dead_server_is_confirmed_before_it_counts() {
    let mut world = World::new().with_file("/far/a", 10_000).always(Behaviour::Unreachable);
    let group = world.resumed_group(["/far/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    world.remote("/far/a").always = None;
    world.remote("/far/a").cors = Cors::Refused;
    let seen = probes(&world, "/far/a");
    world.run_until_idle();
    assert_failed(&world, group, Hresult::E_ACCESSDENIED, "CORS");
    assert_eq!(probes(&world, "/far/a"), seen + 2);
}

#[test]
fn a_refusal_that_was_mended_is_gone_with_a_resume() {
    let mut world = World::new().with_file("/far/a", 10_000).with_cors(Cors::Refused);
    let group = world.resumed_group(["/far/a"]);
    world.run_until_idle();
    world.remote("/far/a").cors = Cors::Exposed;
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn a_dead_server_of_another_origin_is_waited_for_and_asked_at_most_200_times_a_day() {
    let mut world = World::new().with_file("/far/a", 10_000).always(Behaviour::Unreachable);
    let group = world.resumed_group(["/far/a"]);
    world.run_for(DAY);
    let wait = world.row(group).wait.clone().expect("it waits");
    assert_eq!(wait.reason, WaitReason::Backoff);
    let hresult = wait.last_error.map(|error| error.hresult);
    assert_eq!(hresult, Some(Hresult::BG_E_CONNECT_FAILURE));
    let (asked, probes) = (world.ranges_asked("/far/a").len(), probes(&world, "/far/a"));
    println!(
        "a dead server of another origin is asked {asked} times in a day, of at most 200, {probes} of them probes"
    );
    assert!((100..=200).contains(&asked), "{asked} requests");
    assert!((1..=10).contains(&probes), "{probes} probes");
    world.remote("/far/a").always = None;
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn a_server_that_comes_back_and_refuses_is_found_out() {
    let mut world = World::new().with_file("/far/a", 10_000).always(Behaviour::Unreachable);
    let group = world.resumed_group(["/far/a"]);
    world.run_for(Millis(60_000));
    world.remote("/far/a").always = None;
    world.remote("/far/a").cors = Cors::Refused;
    world.run_until_idle();
    assert_failed(&world, group, Hresult::E_ACCESSDENIED, "CORS");
}

#[test]
fn a_server_that_was_readable_before_is_waited_for_though_it_refuses() {
    let mut world = World::new().with_file("/far/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/far/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    // A proxy in trouble sends its error pages without the headers of the server behind it.
    world.remote("/far/a").cors = Cors::Refused;
    world.run_for(Millis(60_000));
    let wait = world.row(group).wait.clone().expect("it waits");
    let error = wait.last_error.expect("it says why");
    assert_eq!(error.hresult, Hresult::E_ACCESSDENIED);
    assert!(error.message.contains("CORS"), "{}", error.message);
    world.remote("/far/a").cors = Cors::Exposed;
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    let asked = world.ranges_asked("/far/a");
    let never_from_zero = |asked: &String| ["bytes=4000-", "none", "probe"].contains(&&**asked);
    assert!(asked[1..].iter().all(never_from_zero), "{asked:?}");
}

#[test]
fn a_compressed_answer_is_found_out_though_the_server_was_dead_at_first() {
    for path in ["/a", "/far/a"] {
        let mut world = World::new().with_file(path, 10_000).always(Behaviour::Unreachable);
        let group = world.resumed_group([path]);
        world.run_until(|world| world.row(group).wait.is_some());
        world.remote(path).always = None;
        // The browser shows a coded answer to a range as no answer.
        world.remote(path).ranges = Ranges::Coded;
        world.run_until_idle();
        assert_eq!(world.status(group), 0x140);
        let asked = world.ranges_asked(path);
        assert_eq!(asked[asked.len() - 2..], ["bytes=0-", "none"]);
    }
}

#[test]
fn a_server_that_begins_to_compress_a_file_of_which_a_part_is_kept_is_asked_for_the_whole() {
    for (path, cors) in [("/a", Cors::Exposed), ("/far/a", Cors::Exposed), ("/far/a", Cors::Hidden)]
    {
        let mut world = World::new().with_file(path, 10_000).with_cors(cors).cut_after(4_000);
        let size = Some(10_000);
        let integrity = Sha256Integrity(Sha256::digest(world.served(path)).into()).to_string();
        let integrity = Some(integrity);
        let group = world.group_of(vec![FileSetInfo { size, integrity, ..info(path) }]);
        world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        world.run_until(|world| world.row(group).wait.is_some());
        world.remote(path).ranges = Ranges::Coded;
        world.run_until_idle();
        assert_eq!(world.status(group), 0x140, "{path} {cors:?}");
        assert!(world.published(path) == Some(world.served(path)));
        assert_eq!(world.ranges_asked(path), ["bytes=0-", "bytes=4000-", "none"]);
        assert!(world.now.since(START) < Millis(60_000));
    }
}

#[test]
fn a_request_that_got_no_answer_gives_nothing_up_that_is_kept() {
    for path in ["/a", "/far/a"] {
        let mut world = World::new().with_file(path, 10_000).cut_after(4_000);
        let group = world.resumed_group([path]);
        world.run_until(|world| world.row(group).wait.is_some());
        world.remote(path).script.push_back(Behaviour::Unreachable);
        world.run_until_idle();
        assert_eq!(world.status(group), 0x140);
        let asked = world.ranges_asked(path);
        assert_eq!(asked, ["bytes=0-", "bytes=4000-", "none", "bytes=4000-"]);
    }
}

#[test]
fn a_server_that_answers_for_the_whole_alone_is_asked_for_it_after_three_times() {
    let mut world = World::new().with_file("/a", 10_000).cut_after(4_000);
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    let never_a_range = [Behaviour::Unreachable, FINE];
    world.remote("/a").script = never_a_range.iter().cycle().take(6).cloned().collect();
    world.run_until(|world| world.ranges_asked("/a").len() == 3);
    world.run_until(|world| world.row(group).wait.is_some());
    let wait = world.row(group).wait.clone().expect("it waits");
    let hresult = wait.last_error.map(|error| error.hresult);
    assert_eq!(hresult, Some(Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT));
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
    assert!(world.published("/a") == Some(world.served("/a")));
    let look = ["bytes=4000-", "none"];
    let asked = [&["bytes=0-"][..], &look, &look, &look, &["none"]].concat();
    assert_eq!(world.ranges_asked("/a"), asked);
}

#[test]
fn the_pages_own_server_is_not_probed() {
    let mut world = World::new().with_file("/a", 10_000).always(Behaviour::Unreachable);
    world.resumed_group(["/a"]);
    world.run_for(DAY);
    assert_eq!(probes(&world, "/a"), 0);
}

#[test]
fn without_a_network_nothing_is_probed() {
    let mut world = World::new().with_file("/far/a", 10_000);
    world.set_online(false);
    let group = world.resumed_group(["/far/a"]);
    world.run_for(Millis(60_000));
    assert_eq!(world.row(group).wait.as_ref().map(|wait| wait.reason), Some(WaitReason::Offline));
    assert_eq!(world.ranges_asked("/far/a").len(), 0);
    world.set_online(true);
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn a_probe_that_is_given_up_means_nothing() {
    for steps in 0..12 {
        let mut world = World::new().with_file("/far/a", 10_000).with_cors(Cors::Refused);
        let group = world.resumed_group(["/far/a"]);
        world.run_steps(steps);
        // An error that came before stays one.
        let suspended = world.ask(Command::SuspendGroup { group });
        world.run_until_idle();
        if suspended.is_ok() && world.row(group).error.is_none() {
            assert_eq!(world.status(group), 0x180);
        }
        world.remote("/far/a").cors = Cors::Exposed;
        world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        world.run_until_idle();
        assert_eq!(world.status(group), 0x140, "after {steps} steps");
    }
}

#[test]
fn a_probe_that_nobody_answers_is_given_up_when_it_stalls() {
    let mut world = World::new().with_file("/far/a", 10_000).with_cors(Cors::Refused);
    let group = world.resumed_group(["/far/a"]);
    world.run_until(|world| world.ranges_asked("/far/a").len() == 2);
    world.remote("/far/a").script.push_back(Behaviour::Silent);
    world.remote("/far/a").always = Some(Behaviour::Unreachable);
    world.run_for(Millis(40_000));
    let wait = world.row(group).wait.clone().expect("it waits");
    assert_eq!(wait.reason, WaitReason::Backoff);
}

#[test]
fn http_from_an_https_page_is_an_error_that_says_so() {
    let mut world = World::new();
    let remote_file = "http://there.test/a".to_owned();
    let group = world.group_of(vec![FileSetInfo { remote_file: remote_file.into(), ..info("/a") }]);
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    world.run_until_idle();
    assert_failed(&world, group, Hresult::BG_E_PROTOCOL_NOT_AVAILABLE, "mixed content");
}

#[test]
fn a_port_that_browsers_block_is_an_error_that_says_so() {
    let mut world = World::new();
    let remote_file = "https://there.test:25/a".to_owned();
    let server = RemoteFile { always: Some(Behaviour::Unreachable), ..RemoteFile::new("/a", 1) };
    world.servers.files.insert(remote_file.clone(), server);
    let group = world.group_of(vec![FileSetInfo { remote_file: remote_file.into(), ..info("/a") }]);
    world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
    world.run_until_idle();
    assert_failed(&world, group, Hresult::WINHTTP_INVALID_URL, "port");
}

/// Whether the server was read before, whether it lives, and how often in a row it has given no answer:
/// what the group says, and whether it goes on waiting.
#[test]
fn each_case_of_a_request_without_an_answer_is_ruled() {
    let (dead, refused) = (Hresult::BG_E_CONNECT_FAILURE, Hresult::E_ACCESSDENIED);
    for (path, was_read, lives, attempts, hresult, waits) in [
        ("/far/a", false, false, 1, dead, true),
        ("/far/a", false, false, 4, dead, true),
        ("/far/a", false, true, 1, refused, true),
        ("/far/a", false, true, 2, refused, false),
        ("/far/a", true, false, 1, dead, true),
        ("/far/a", true, false, 4, dead, true),
        ("/far/a", true, true, 1, refused, true),
        ("/far/a", true, true, 2, refused, true),
        ("/a", false, false, 2, dead, true),
        ("/a", true, false, 2, dead, true),
    ] {
        let mut world = World::new().with_file(path, 10_000);
        if was_read {
            world = world.cut_after(4_000);
        }
        let group = world.group([path]);
        if was_read {
            world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
            world.run_until(|world| world.row(group).wait.is_some());
            world.ask(Command::SuspendGroup { group }).expect("the group is suspended");
        }
        match lives {
            true => world.remote(path).cors = Cors::Refused,
            false => world.remote(path).always = Some(Behaviour::Unreachable),
        }
        let before = world.row(group).retries;
        world.ask(Command::ResumeGroup { group }).expect("the group is resumed");
        world.run_until(|world| {
            let row = world.row(group);
            row.error.is_some() || row.wait.is_some() && row.retries - before + 1 >= attempts
        });
        let row = world.row(group);
        let case = format!("{path}, read: {was_read}, lives: {lives}, attempt {attempts}");
        let waiting = row.wait.as_ref().and_then(|wait| wait.last_error.as_ref());
        assert_eq!(waiting.is_some(), waits, "{case}");
        let error = waiting.or(row.error.as_deref()).expect("an error");
        assert_eq!(error.hresult, hresult, "{case}");
    }
}

#[test]
fn a_url_that_the_platform_takes_for_none_is_an_error_that_says_so() {
    let mut world = World::new().with_file("/far/a", 10_000);
    let group = world.resumed_group(["/far/a"]);
    let ticket = world.open_ticket().expect("a request is on its way");
    let how = Ended::BadUrl("no URL".to_owned());
    world.report(Event::Ended { ticket, position: None, how });
    world.run_until_idle();
    assert_failed(&world, group, Hresult::WINHTTP_INVALID_URL, "no URL");
}
