//! Pages that are asked which request to send: signed URLs and header fields.

use crate::sim::{Behaviour, Crash, Hook, Page, World, url};
use qmgr::abi::Hresult;
use qmgr::bytes;
use qmgr::http::Fresh;
use qmgr::protocol::{Command, Given, GroupState, Proof, Serial, ToEngine, WaitReason};
use qmgr::time::Millis;

const SECOND: Millis = Millis::SECOND;

fn page(world: &mut World) -> &mut Page {
    &mut world.page
}

fn other(world: &mut World) -> &mut Page {
    &mut world.other
}

/// A file whose server wants each request signed anew.
fn world(size: usize) -> World {
    let mut world = World::new().with_file("/a", size);
    world.remote("/a").wants_signature = true;
    world
}

#[track_caller]
fn assert_complete(world: &World, group: Serial) {
    assert_eq!(world.row(group).state, GroupState::Complete, "{:?}", world.row(group));
    assert!(world.published("/a") == Some(world.served("/a")), "it is what the server holds");
}

fn given(url: Option<&str>, headers: &[(&str, &str)]) -> Hook {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Hook::Says(Given::Fresh { url: url.map(str::to_owned), headers })
}

/// All records, as their bytes.
fn recorded(world: &World) -> Vec<u8> {
    let tables = &world.database.tables;
    let mut all = bytes::write(&tables.queue);
    all.extend(tables.groups.iter().flat_map(|record| bytes::write(&record)));
    all.extend(tables.transfers.iter().flat_map(|record| bytes::write(&record)));
    all.extend(tables.files.iter().flat_map(|record| bytes::write(&record)));
    all.extend(tables.outcomes.iter().flat_map(|record| bytes::write(&record)));
    all
}

#[track_caller]
fn assert_unrecorded(world: &World, secret: &str) {
    let found = recorded(world).windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(!found, "{secret} is in a record");
}

#[test]
fn a_page_that_wants_to_be_asked_is_asked_about_each_request() {
    let mut world = world(50_000).cut_after(20_000);
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=20000-"]);
    let row = world.row(group);
    let job = row.job.expect("a job");
    for (_, file) in &world.page.asked {
        assert_eq!((file.group, file.job, file.index), (row.id, job, 0));
        assert_eq!((&*file.remote_file, &*file.local_file), (&*url("/a"), "/a"));
    }
    assert_eq!(world.page.asked.len(), 2);
}

#[test]
fn header_fields_go_with_the_request_and_nowhere_else() {
    let mut world = world(5_000);
    world.hook(page, Hook::SignsInHeader(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_unrecorded(&world, "x-until");
}

#[test]
fn without_such_a_page_a_request_waits_for_nobody() {
    let mut world = World::new().with_file("/a", 5_000);
    let before = world.now;
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| !world.ranges_asked("/a").is_empty());
    assert!(world.now.since(before) < SECOND);
    world.run_until_idle();
    assert_complete(&world, group);
    assert!(!world.database.tables.queue.as_ref().expect("a record").asks_pages);
}

#[test]
fn a_signature_that_changes_with_each_request_does_not_make_another_version() {
    let mut world = world(50_000).cut_after(20_000);
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    assert_eq!(world.page.files[&(group, 0)].proof, Some(Proof::Etag));
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=20000-"], "it is continued");
}

#[test]
fn another_version_behind_a_fresh_url_begins_anew() {
    let mut world = world(50_000).cut_after(20_000);
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    world.change("/a", 50_000);
    world.run_until_idle();
    assert_complete(&world, group);
}

#[test]
fn equal_tags_of_two_resources_prove_nothing() {
    let mut world = World::new()
        .with_file("/b", 50_000)
        .cut_after(20_000)
        .with_file("/c", 50_000)
        .with_file("/a", 50_000);
    world.servers.stand_ins = vec![url("/b"), url("/c")];
    world.hook(page, given(Some(&url("/b?secret")), &[]));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    world.page.hook = given(Some(&url("/c?secret")), &[]);
    world.run_until_idle();
    assert_eq!(world.row(group).state, GroupState::Complete);
    assert!(world.published("/a") == Some(world.served("/c")), "no byte of the other one is left");
    assert_unrecorded(&world, "secret");
    assert_unrecorded(&world, "/c");
}

#[test]
fn no_part_of_what_a_page_gives_is_recorded_or_shown() {
    let secret = "hush-hush";
    let mut world = World::new().with_file("/hush-hush/a", 50_000).cut_after(20_000);
    world.hook(page, given(Some(&url("/hush-hush/a?sig=hush-hush")), &[("x-key", secret)]));
    world.set_pointer(page, Serial(1));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    assert_unrecorded(&world, secret);
    world.page.hook = given(Some("https://hush-hush:99999/"), &[]);
    world.run_for(Millis(20_000));
    assert_unrecorded(&world, secret);
    assert!(!format!("{:?}", world.row(group)).contains(secret));
    world.page.hook = given(Some(&url("/missing?sig=hush-hush")), &[]);
    world.run_until(|world| world.row(group).state == GroupState::Error);
    world.run_until_idle();
    assert_unrecorded(&world, secret);
    assert!(!format!("{:?}{:?}", world.row(group), world.page.heard).contains(secret));
    assert_eq!(
        format!("{:?}", Fresh::read(None, vec![("x-key".into(), secret.into())])),
        "Ok(Fresh)"
    );
}

#[test]
fn an_engine_that_takes_over_waits_for_the_page_that_signs() {
    let mut world = world(50_000).then(Behaviour::StallAfter(20_000));
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).bytes_done == 20_000);
    world.run_for(Millis(2_000));
    world.reload();
    world.run_for(Millis(9_000));
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-"], "no unsigned request is sent");
    world.hook(page, Hook::Signs(SECOND));
    world.ask(Command::Attach { groups: vec![group] }).expect("it is there");
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=20000-"]);
}

#[test]
fn another_tab_signs_after_the_first_is_closed() {
    let mut world = world(50_000).then(Behaviour::StallAfter(20_000)).cut_after(10_000);
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.hook(other, Hook::Signs(SECOND));
    world.run_until(|world| world.row(group).bytes_done == 20_000);
    world.end_tab(page);
    world.ask(Command::Attach { groups: vec![group] }).expect("it is there");
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=20000-", "bytes=30000-"]);
}

#[test]
fn a_page_that_is_reloaded_beside_the_engine_is_waited_for() {
    let mut world = world(50_000).cut_after(20_000);
    world.hook(other, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    world.end_tab(other);
    world.run_for(Millis(8_000));
    world.hook(other, Hook::Signs(SECOND));
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.ranges_asked("/a"), ["bytes=0-", "bytes=20000-"]);
}

#[test]
fn a_page_that_goes_while_it_is_asked_is_followed_by_the_next() {
    let mut world = world(5_000);
    world.hook(other, Hook::Signs(SECOND));
    world.hook(page, Hook::SignsLater(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.page.asked.len() == 1);
    assert_eq!(world.other.asked, []);
    world.end_tab(page);
    world.ask(Command::Attach { groups: vec![group] }).expect("it is there");
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.other.asked.len(), 1);
}

#[test]
fn the_engines_own_page_is_asked_before_later_ones() {
    let mut world = world(5_000);
    world.page = Page::new("worker 1");
    world.hook(page, Hook::Signs(SECOND));
    world.run_for(SECOND);
    world.hook(other, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!((world.page.asked.len(), world.other.asked.len()), (1, 0));
}

#[test]
fn a_page_that_is_silent_for_30_seconds_is_followed_by_the_next_and_then_by_the_stored_request() {
    let mut world = World::new().with_file("/a", 5_000);
    world.hook(other, Hook::SignsLater(SECOND));
    world.run_for(SECOND);
    world.hook(page, Hook::SignsLater(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.page.asked.len() == 1);
    let start = world.page.asked[0].0;
    world.run_until(|world| !world.ranges_asked("/a").is_empty());
    assert_eq!(world.other.asked[0].0.since(start), Millis(30_000));
    assert!((60_000..60_100).contains(&world.now.since(start).0));
    world.run_until_idle();
    assert_complete(&world, group);
}

#[test]
fn the_failure_of_a_stored_request_says_that_no_page_gave_another() {
    let mut world = world(5_000);
    world.hook(page, Hook::SignsLater(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    let error = world.row(group).error.clone().expect("an error");
    assert_eq!((error.hresult, error.http_status), (Hresult::from_http(403), 403));
    assert_eq!(
        error.message,
        "the server answered 403; no page gave another request than the stored one"
    );
}

#[test]
fn a_late_answer_counts_while_another_page_is_asked_and_not_after_the_request() {
    let mut world = world(5_000);
    world.hook(other, Hook::SignsLater(Millis(90_000)));
    world.run_for(SECOND);
    world.hook(page, Hook::SignsLater(Millis(90_000)));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.other.asked.len() == 1);
    world.say_at_last(page);
    world.run_until_idle();
    assert_complete(&world, group);
    let before = world.queue.clone();
    world.say_at_last(other);
    assert!(world.queue == before, "an answer to nothing changes nothing");
}

#[test]
fn an_answer_to_an_earlier_engine_changes_nothing() {
    let mut world = world(5_000);
    world.hook(page, Hook::SignsLater(SECOND));
    world.resumed_group(["/a"]);
    world.run_until(|world| world.page.asked.len() == 1);
    let said = std::mem::take(&mut world.page.unsaid);
    world.crash(Crash::Kill);
    world.run_until(|world| world.page.asked.len() == 2);
    let before = world.queue.clone();
    world.deliver(said[0].clone());
    assert!(matches!(said[0], ToEngine::Given { .. }));
    assert!(world.queue == before);
}

#[test]
fn who_was_not_asked_does_not_answer() {
    let mut world = world(5_000);
    world.hook(page, Hook::SignsLater(SECOND));
    world.resumed_group(["/a"]);
    world.run_until(|world| world.page.asked.len() == 1);
    let before = world.queue.clone();
    let Some(ToEngine::Given { epoch, question, given, .. }) = world.page.unsaid.first().cloned()
    else {
        panic!("the page has an answer");
    };
    let client = world.other.client.clone();
    world.deliver(ToEngine::Given { client, epoch, question, given });
    assert!(world.queue == before);
}

#[test]
fn a_page_that_cannot_say_is_followed_by_the_next() {
    let mut world = world(5_000);
    world.hook(other, Hook::Signs(SECOND));
    world.run_for(SECOND);
    world.hook(page, Hook::Says(Given::Failed("it threw a TypeError".to_owned())));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!((world.page.asked.len(), world.other.asked.len()), (1, 1));
}

#[test]
fn where_no_page_can_say_nothing_is_sent_and_the_group_says_why_and_asks_again() {
    let mut world = world(5_000);
    world.hook(page, Hook::Says(Given::Failed("it threw a TypeError".to_owned())));
    let group = world.resumed_group(["/a"]);
    world.run_until(|world| world.row(group).wait.is_some());
    let wait = world.row(group).wait.clone().expect("it waits");
    let error = wait.last_error.expect("a reason");
    assert_eq!((wait.reason, error.hresult), (WaitReason::Backoff, Hresult::E_FAIL));
    assert_eq!(error.message, "onRequest gave no request: it threw a TypeError");
    assert_eq!(error.file_index, Some(0));
    assert_eq!(world.ranges_asked("/a").len(), 0);
    world.page.hook = Hook::Signs(SECOND);
    world.run_until_idle();
    assert_complete(&world, group);
}

#[test]
fn what_is_no_request_is_sent_by_nobody_and_named() {
    for (hook, reason) in [
        (given(Some("/relative"), &[]), "its url is no absolute http or https URL"),
        (given(Some("ftp://here.test/a"), &[]), "its url is no absolute http or https URL"),
        (
            given(Some("https://user:pass@here.test/a"), &[]),
            "its url is no absolute http or https URL",
        ),
        (given(Some(&"https://here.test/".repeat(9_999)), &[]), "its url is too long"),
        (
            given(None, &[("range", "bytes=5-")]),
            "it sets a header that is the engine's or the browser's",
        ),
        (
            given(None, &[("If-Range", "\"x\"")]),
            "it sets a header that is the engine's or the browser's",
        ),
        (
            given(None, &[("Sec-Fetch-Mode", "x")]),
            "it sets a header that is the engine's or the browser's",
        ),
        (given(None, &[("Cookie", "x")]), "it sets a header that is the engine's or the browser's"),
        (given(None, &[("", "x")]), "its headers are no header fields"),
        (given(None, &[("a b", "x")]), "its headers are no header fields"),
        (given(None, &[("x", "a\r\nb: c")]), "its headers are no header fields"),
        (given(None, &[("x", "Ā")]), "its headers are no header fields"),
    ] {
        let mut world = World::new().with_file("/a", 5_000);
        world.hook(page, hook);
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.row(group).wait.is_some());
        let wait = world.row(group).wait.clone().and_then(|wait| wait.last_error);
        assert_eq!(wait.expect("why").message, format!("onRequest gave no request: {reason}"));
        assert_eq!(world.ranges_asked("/a").len(), 0);
    }
}

#[test]
fn a_signed_url_may_be_longer_than_a_stored_one() {
    let mut world = World::new().with_file("/a", 5_000);
    world.hook(page, given(Some(&url(&format!("/a?{}", "x".repeat(9_000)))), &[]));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
}

#[test]
fn a_fresh_url_of_another_origin_is_asked_as_one() {
    let mut world = World::new().with_file("/far/a", 50_000).cut_after(20_000).with_file("/a", 1);
    world.servers.stand_ins = vec![url("/far/a")];
    world.hook(page, given(Some(&url("/far/a?signed")), &[]));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_eq!(world.row(group).state, GroupState::Complete);
    // An `If-Range` would have been refused there.
    assert_eq!(world.ranges_asked("/far/a"), ["bytes=0-", "bytes=20000-"]);
    assert!(world.published("/a") == Some(world.served("/far/a")));
}

#[test]
fn each_range_of_a_file_is_asked_for_by_itself() {
    let mut world = world(60_000).configured(crate::queue_pieces::per_file(3));
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert!(world.ranges_asked("/a").len() > 2, "{:?}", world.ranges_asked("/a"));
    assert_eq!(world.page.asked.len(), world.ranges_asked("/a").len());
    assert_eq!(world.most_connections, 3);
}

#[test]
fn a_group_that_is_suspended_or_cancelled_while_a_page_is_asked_is_at_rest_at_once() {
    for command in [|group| Command::SuspendGroup { group }, |group| Command::CancelGroup { group }]
    {
        let mut world = world(5_000);
        world.hook(page, Hook::SignsLater(Millis(60_000)));
        let group = world.resumed_group(["/a"]);
        world.run_until(|world| world.page.asked.len() == 1);
        assert_eq!(world.row(group).state, GroupState::Connecting);
        let before = world.now;
        world.ask(command(group)).expect("it is carried out");
        assert!(world.now.since(before) < SECOND);
        world.run_until_idle();
        world.say_at_last(page);
        world.run_until_idle();
        assert_eq!(world.ranges_asked("/a").len(), 0);
    }
}

#[test]
fn an_engine_that_is_stopped_while_a_page_is_asked_is_over_at_once() {
    let mut world = world(5_000);
    world.hook(page, Hook::SignsLater(SECOND));
    world.resumed_group(["/a"]);
    world.run_until(|world| world.page.asked.len() == 1);
    let before = world.now;
    world.stop();
    assert!(world.queue.is_over() && world.now.since(before) < SECOND);
}

#[test]
fn a_queue_to_which_no_such_page_comes_waits_once_and_then_no_more() {
    let mut world = World::new().with_file("/a", 5_000);
    world.hook(page, Hook::Signs(SECOND));
    let group = world.resumed_group(["/a"]);
    world.reload();
    let start = world.now;
    world.run_until_idle();
    world.ask(Command::Attach { groups: vec![group] }).expect("it is there");
    assert_complete(&world, group);
    assert_eq!(world.now.since(start).0 / 1_000, 10);
    let next = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, next);
    assert_eq!(world.now.since(start).0 / 1_000, 10);
    assert!(!world.database.tables.queue.as_ref().expect("a record").asks_pages);
}

#[test]
fn the_hook_of_a_handle_that_is_closed_is_asked_no_more() {
    let mut world = World::new().with_file("/a", 5_000);
    world.hook(page, Hook::SignsLater(SECOND));
    let gone = world.page.registrations.withdraw(|_| true, |_| true, |()| true);
    let client = world.page.client.clone();
    world.deliver(ToEngine::Register { client, registrations: gone });
    world.run_for(Millis(11_000));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    assert_complete(&world, group);
    assert_eq!(world.page.asked.len(), 0);
}

#[test]
fn an_unanswered_fresh_request_is_looked_into_at_its_own_origin() {
    let mut world = World::new().with_file("/far/a", 5_000).with_file("/a", 5_000);
    world.remote("/far/a").cors = crate::sim::Cors::Refused;
    world.hook(page, given(Some(&url("/far/a?signed")), &[]));
    let group = world.resumed_group(["/a"]);
    world.run_until_idle();
    let error = world.row(group).error.clone().expect("CORS");
    assert_eq!(error.hresult, Hresult::E_ACCESSDENIED);
    assert_eq!(world.ranges_asked("/a").len(), 0);
}
