//! Requests that get no answer: a refusal by CORS is told from a server that is dead, and from what
//! no request could ever bring.

use crate::sim::{Behaviour, Cors, Ranges, World, info};
use qmgr::abi::{FileSetInfo, Hresult};
use qmgr::protocol::{Command, Serial, WaitReason};
use qmgr::queue::{Ended, Event};
use qmgr::time::Millis;

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
    assert_eq!(world.ranges_asked("/far/a"), ["bytes=0-", "none", "probe"]);
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
    let asked = world.ranges_asked("/far/a").len();
    assert!((100..=200).contains(&asked), "{asked} requests");
    assert!((1..=10).contains(&probes(&world, "/far/a")), "{} probes", probes(&world, "/far/a"));
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
    assert!(asked[1..].iter().all(|asked| asked == "bytes=4000-" || asked == "probe"), "{asked:?}");
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
fn a_url_that_the_platform_takes_for_none_is_an_error_that_says_so() {
    let mut world = World::new().with_file("/far/a", 10_000);
    let group = world.resumed_group(["/far/a"]);
    let ticket = world.open_ticket().expect("a request is on its way");
    let how = Ended::BadUrl("no URL".to_owned());
    world.report(Event::Ended { ticket, position: None, how });
    world.run_until_idle();
    assert_failed(&world, group, Hresult::WINHTTP_INVALID_URL, "no URL");
}
