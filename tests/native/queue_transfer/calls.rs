//! Calls are carried out once, and answered when their effect is durable.

use super::{assert_complete, cancel, run_to};
use crate::sim::{Crash, World};
use qmgr::protocol::{Answer, Command, ToEngine};
use qmgr::snapshot::SavedState;

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
