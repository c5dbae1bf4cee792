//! The files of groups, which are read when they are needed: who waits for them, and that nothing else does.

use crate::sim::{Behaviour, Crash, Page, World, guid, info};
use qmgr::abi::{GROUPPROP_NOTIFYCLSID, Hresult, PropertyValue};
use qmgr::protocol::{Answer, Command, GroupState, Serial, SettingsPatch, ToEngine};
use qmgr::queue::{Ask, Told};
use qmgr::time::Millis;

/// So long the database takes to read files here.
const SLOW: u64 = 1_000;

fn page(world: &mut World) -> &mut Page {
    &mut world.page
}

/// A world whose engine has started anew, with groups of these files of which no page knows.
fn reopened<const N: usize>(files: [&str; N]) -> (World, [Serial; N]) {
    reopened_after(files, |_, _| ())
}

fn reopened_after<const N: usize>(
    files: [&str; N],
    prepare: impl FnOnce(&mut World, [Serial; N]),
) -> (World, [Serial; N]) {
    let mut world = files.iter().fold(World::new(), |world, file| world.with_file(file, 5_000));
    let groups = files.map(|file| world.group([file]));
    prepare(&mut world, groups);
    world.load_delay = Some(SLOW);
    world.loaded.clear();
    world.reload();
    (world, groups)
}

#[test]
fn a_queue_that_opens_reads_no_files_of_groups_that_are_at_rest() {
    let (mut world, _) = reopened(["/a", "/b"]);
    let Ok(Answer::Ids(ids)) = world.ask(Command::EnumGroups { flags: 0 }) else {
        panic!("the list of groups")
    };
    assert_eq!(ids.len(), 2);
    world.run_for(Millis(10 * SLOW));
    assert_eq!(world.loaded, []);
}

#[test]
fn a_page_that_asks_for_one_group_has_the_files_of_that_one_read() {
    let (mut world, [_, asked]) = reopened(["/a", "/b"]);
    let id = world.database.tables.groups[&asked].id;
    world.ask(Command::GetGroup { id }).expect("it is there");
    assert_eq!(world.loaded, [asked]);
    assert_eq!(world.page.files[&(asked, 0)].info, info("/b"));
    assert_eq!(world.row(asked).files_total, 1);
}

#[test]
fn what_a_page_says_of_a_group_waits_for_its_files_and_what_it_says_after_that_waits_too() {
    let (mut world, [group]) = reopened(["/a"]);
    let create = Command::CreateGroup { id: guid(77), credentials: Default::default() };
    let calls = [world.send(Command::ResumeGroup { group }), world.send(create)];
    world.run_for(Millis(SLOW / 2));
    let is_answered = |world: &World, call| world.page.replies.contains_key(call);
    assert!(!calls.iter().any(|call| is_answered(&world, call)));
    // The other page does not wait for what this one asked.
    world.send_from_other(Command::EnumGroups { flags: 0 });
    assert_eq!(world.other.replies.len(), 1);
    world.run_until_idle();
    assert!(calls.iter().all(|call| is_answered(&world, call)));
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn a_call_that_is_said_again_while_it_waits_is_carried_out_once() {
    let (mut world, [group]) = reopened(["/a"]);
    let call = world.page.call(Command::AddFiles { group, files: vec![info("/b")] });
    world.ledger.look_away();
    for _ in 0..3 {
        world.deliver(ToEngine::Call(call.clone()));
    }
    world.run_until_idle();
    let records = world.database.transfers_of([group]);
    assert_eq!(records.len(), 2, "{records:?}");
}

#[test]
fn a_page_that_goes_while_its_call_waits_leaves_nothing_behind() {
    let (mut world, [group]) = reopened(["/a"]);
    world.send(Command::ResumeGroup { group });
    let client = world.page.client.clone();
    world.deliver(ToEngine::Bye { client: client.clone() });
    world.run_until_idle();
    assert_eq!(world.published("/a"), Some(world.served("/a")), "the call came before");
    let outcomes = &world.database.tables.outcomes;
    assert!(outcomes.keys().all(|(page, _)| *page != client), "{outcomes:?}");
}

#[test]
fn the_files_of_background_groups_are_read_at_their_turn() {
    let resume = |world: &mut World, groups: [Serial; 3]| {
        for group in groups {
            world.ask(Command::ResumeGroup { group }).expect("it has files");
        }
    };
    let (mut world, [first, second, third]) = reopened_after(["/a", "/b", "/c"], resume);
    world.load_delay = Some(5);
    world.run_until(|world| world.published("/a").is_some());
    assert_eq!(world.loaded, [first]);
    world.run_until_idle();
    assert_eq!(world.loaded, [first, second, third]);
}

#[test]
fn groups_that_were_leaving_have_their_files_read_to_leave() {
    let (mut world, [group]) = reopened_after(["/a"], |world, [group]| {
        world.send(Command::CancelGroup { group });
        world.crash_after_commit(Crash::Kill);
        assert!(world.database.tables.groups.contains_key(&group), "it is still there");
    });
    world.run_until_idle();
    assert_eq!(world.loaded, [group]);
    let tables = &world.database.tables;
    assert!(tables.groups.is_empty() && tables.transfers.is_empty());
}

#[test]
fn an_idle_group_of_which_nobody_has_asked_leaves_with_its_files_and_pages_hear_of_it() {
    let day = Millis(86_400_000);
    let timeout = SettingsPatch { inactivity_timeout: Some(Some(day)), ..SettingsPatch::default() };
    let (mut world, [group]) = reopened_after(["/a"], |world, _| {
        world.ask(Command::Configure(timeout)).expect("settings are taken");
    });
    assert!(!world.page.rows.contains_key(&group));
    world.ledger.look_away();
    world.run_for(day.plus(day));
    assert_eq!(world.row(group).state, GroupState::Cancelled);
    let tables = &world.database.tables;
    assert!(tables.groups.is_empty() && tables.transfers.is_empty());
}

#[test]
fn a_group_that_waited_for_its_next_attempt_makes_it_though_nobody_asks() {
    let fail = |world: &mut World, [group]: [Serial; 1]| {
        world.remote("/a").script.push_back(Behaviour::Status(503, None));
        world.ask(Command::ResumeGroup { group }).expect("it has files");
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        world.run_for(Millis(100));
    };
    let (mut world, [group]) = reopened_after(["/a"], fail);
    world.run_for(Millis(100));
    assert_eq!(world.loaded, [], "it is not time yet");
    world.run_until_idle();
    assert_eq!(world.loaded, [group]);
    assert_eq!(world.published("/a"), Some(world.served("/a")));
}

#[test]
fn a_group_of_which_something_is_on_the_disk_is_known_before_anything_is_deleted() {
    let begin = |world: &mut World, [group, _]: [Serial; 2]| {
        world.remote("/a").script.push_back(Behaviour::CutAfter(4_000));
        world.ask(Command::ResumeGroup { group }).expect("it has files");
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        world.ask(Command::SuspendGroup { group }).expect("it runs");
        world.run_until_idle();
    };
    let (mut world, [group, _]) = reopened_after(["/a", "/b"], begin);
    assert_eq!(world.disk.in_parts(), 4_000);
    world.ask(Command::ResumeGroup { group }).expect("it has files");
    world.run_until_idle();
    assert_eq!(world.loaded, [], "it came with the groups");
    assert_eq!(world.ranges_asked("/a").last().map(String::as_str), Some("bytes=4000-"));
    assert_eq!(world.published("/a"), Some(world.served("/a")));
}

#[test]
fn records_that_turn_out_to_be_lost_put_their_group_alone_in_error() {
    let (mut world, [lost, sound]) = reopened(["/a", "/b"]);
    world.ledger.look_away();
    world.database.tables.transfers.remove(&(lost, 0));
    let id = world.database.tables.groups[&lost].id;
    world.ask(Command::GetGroup { id }).expect("it is there");
    let error = world.row(lost).error.clone().expect("it says why");
    assert_eq!(error.hresult, Hresult::BG_E_DATABASE_CORRUPT);
    world.ask(Command::ResumeGroup { group: sound }).expect("it has files");
    world.run_until_idle();
    assert_eq!(world.published("/b"), Some(world.served("/b")));
    world.ask(Command::CancelGroup { group: lost }).expect("it can leave");
}

#[test]
fn where_files_cannot_be_read_the_engine_begins_anew_and_the_calls_are_said_again() {
    let (mut world, [group]) = reopened(["/a"]);
    world.refused_loads = 1;
    world.ask(Command::ResumeGroup { group }).expect("the second time");
    world.run_until_idle();
    assert_eq!(world.status(group), 0x140);
}

#[test]
fn the_class_that_is_to_hear_of_a_group_is_told_all_of_its_files() {
    let class = guid(9);
    let fail = |world: &mut World, [group]: [Serial; 1]| {
        world.remote("/a").script.push_back(Behaviour::Status(404, None));
        let value = PropertyValue::Text(class.clsid_text());
        let property = GROUPPROP_NOTIFYCLSID;
        let set = Command::SetProperty { group, property, value };
        world.ask(set).expect("it is a class");
        world.ask(Command::ResumeGroup { group }).expect("it has files");
        world.run_until_idle();
    };
    let (mut world, [group]) = reopened_after(["/a"], fail);
    world.run_for(Millis(10_000));
    assert_eq!(world.loaded, []);
    world.set_class(page, class);
    world.run_for(Millis(2 * SLOW));
    assert_eq!(world.loaded, [group]);
    assert_eq!(world.page.activations, 1);
    assert_eq!(world.page.heard.len(), 1);
}

#[test]
fn a_reader_of_a_file_is_told_to_ask_again_until_it_is_known_whose_it_is() {
    let (mut world, groups) = reopened(["/a", "/b"]);
    assert_eq!(world.read("/a", 0, 0), Told::Unanswered);
    world.run_for(Millis(2 * SLOW));
    assert_eq!(world.loaded, groups);
    assert_eq!(world.read("/none", 0, 0), Told::Absent);
    let path = qmgr::abi::LocalPath::parse("/a").expect("a path");
    let part = Some(qmgr::queue::Part { serial: groups[0], index: 0, generation: 7 });
    let told = world.queue.read(&Ask { path, part, at: None, since: Millis(0) }, world.now);
    assert_eq!(told, Told::Changed);
}

#[test]
fn an_engine_that_is_stopped_answers_the_calls_that_wait_before_it_goes() {
    let (mut world, [group]) = reopened(["/a"]);
    let sequence = world.send(Command::ResumeGroup { group });
    world.stop();
    assert_eq!(world.page.replies[&sequence].as_ref().map(drop), Ok(()));
    assert!(world.queue.is_over());
}
