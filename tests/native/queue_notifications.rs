//! Who is called with which event, and when again: spec §5, rulings A25 to A29 and A42.

use crate::sim::{Behaviour, Crash, Page, Return, World, guid};
use qmgr::abi::{
    GROUPPROP_DISPLAYNAME, GROUPPROP_NOTIFYCLSID, GROUPPROP_NOTIFYFLAGS, Guid, NotifyFlags,
    PropertyValue,
};
use qmgr::protocol::{Command, GroupState, NO_FILE, Serial, StatusEvent, ToEngine};
use qmgr::time::Millis;

const GROUP_DONE: NotifyFlags = NotifyFlags::QM_NOTIFY_GROUP_DONE;
const DISABLE: NotifyFlags = NotifyFlags::QM_NOTIFY_DISABLE_NOTIFY;

/// Longer than any delay and any wait for an answer.
const LONG: Millis = Millis(600_000);

fn page(world: &mut World) -> &mut Page {
    &mut world.page
}

fn other(world: &mut World) -> &mut Page {
    &mut world.other
}

/// A world with a file that is there, `/a`, and one that is not, `/gone`.
fn world() -> World {
    World::new()
        .with_file("/a", 3_000)
        .with_file("/gone", 3_000)
        .always(Behaviour::Status(404, None))
}

fn set_flags(world: &mut World, group: Serial, flags: NotifyFlags) {
    let value = PropertyValue::Integer(flags.bits().cast_signed());
    world
        .ask(Command::SetProperty { group, property: GROUPPROP_NOTIFYFLAGS, value })
        .expect("flags that are supported");
}

fn set_class(world: &mut World, group: Serial, class: Guid) {
    let value = PropertyValue::Text(class.clsid_text());
    world
        .ask(Command::SetProperty { group, property: GROUPPROP_NOTIFYCLSID, value })
        .expect("the text of a class");
}

fn resume(world: &mut World, group: Serial) {
    world.ask(Command::ResumeGroup { group }).expect("a group with files");
}

/// A group in error, whose event nobody could be told yet.
fn failed_group(world: &mut World) -> Serial {
    let group = world.resumed_group(["/gone"]);
    world.run_until(|world| world.row(group).state == GroupState::Error);
    group
}

/// The times of a tab's calls, counted from the first.
fn times(tab: &Page) -> Vec<u64> {
    let first = tab.heard.first().map(|(at, ..)| *at).unwrap_or_default();
    tab.heard.iter().map(|(at, ..)| at.since(first).0).collect()
}

fn words(tab: &Page) -> Vec<u32> {
    tab.heard.iter().map(|(.., event)| event.status).collect()
}

/// What spec §5.3 asks of one cell: how many calls an event causes under some flags.
#[track_caller]
fn case(flags: NotifyFlags, happens: impl FnOnce(&mut World, Serial), calls: usize) {
    let mut world = world();
    let group = world.group(["/a"]);
    set_flags(&mut world, group, flags);
    world.set_pointer(page, group);
    happens(&mut world, group);
    world.run_for(LONG);
    assert_eq!(world.page.heard.len(), calls, "{:?}", world.page.heard);
}

#[test]
fn completion_is_told_where_the_flags_ask_for_it() {
    let happens = |world: &mut World, group| {
        resume(world, group);
        world.run_until(|world| world.row(group).state == GroupState::Complete);
    };
    case(NotifyFlags::empty(), happens, 0);
    case(GROUP_DONE, happens, 1);
    case(DISABLE, happens, 0);
    case(GROUP_DONE | DISABLE, happens, 0);
}

#[test]
fn an_error_is_told_unless_the_flags_forbid_it() {
    let happens = |world: &mut World, group| {
        world.remote("/a").script.push_back(Behaviour::Status(404, None));
        resume(world, group);
        world.run_until(|world| world.row(group).state == GroupState::Error);
    };
    case(NotifyFlags::empty(), happens, 1);
    case(GROUP_DONE, happens, 1);
    case(DISABLE, happens, 0);
    case(GROUP_DONE | DISABLE, happens, 0);
}

#[test]
fn nothing_else_is_told() {
    let fails_for_a_while = |world: &mut World, group| {
        world.remote("/a").script.push_back(Behaviour::Status(503, None));
        resume(world, group);
        world.run_until(|world| world.row(group).state == GroupState::Waiting);
        world.ask(Command::SuspendGroup { group }).expect("a waiting group");
    };
    let is_handled = |world: &mut World, group| {
        resume(world, group);
        world.ask(Command::SuspendGroup { group }).expect("a running group");
        world.ask(Command::SwitchToForeground { group }).expect("any group");
        let value = PropertyValue::Text("named".to_owned());
        world
            .ask(Command::SetProperty { group, property: GROUPPROP_DISPLAYNAME, value })
            .expect("a name");
        world.ask(Command::CancelGroup { group }).expect("any group");
    };
    for flags in [NotifyFlags::empty(), GROUP_DONE, DISABLE] {
        case(flags, fails_for_a_while, 0);
        case(flags, is_handled, 0);
    }
}

#[test]
fn completion_carries_the_word_and_nothing_else() {
    let mut world = world();
    let group = world.group(["/a"]);
    world.ask(Command::SwitchToForeground { group }).expect("any group");
    set_flags(&mut world, group, GROUP_DONE);
    world.set_pointer(page, group);
    world.remote("/a").script.push_back(Behaviour::Status(503, None));
    resume(&mut world, group);
    world.run_until(|world| !world.page.heard.is_empty());
    let (_, told, event) = world.page.heard[0].clone();
    assert_eq!(told, group);
    assert_eq!(world.row(group).retries, 1);
    assert_eq!(
        event,
        StatusEvent {
            number: event.number,
            status: 0x540,
            file_index: NO_FILE,
            retries: 0,
            win32_result: 0,
            transport_result: 0,
        }
    );
}

#[test]
fn an_error_carries_the_file_the_retries_and_both_codes() {
    let mut world = world();
    let group = world.group(["/a", "/gone"]);
    world.set_pointer(page, group);
    world.remote("/a").script.push_back(Behaviour::Status(503, None));
    resume(&mut world, group);
    world.run_until(|world| !world.page.heard.is_empty());
    let (_, told, event) = world.page.heard[0].clone();
    assert_eq!(told, group);
    assert_eq!(
        event,
        StatusEvent {
            number: event.number,
            status: 0x380,
            file_index: 1,
            retries: 1,
            win32_result: 0x8019_0194,
            transport_result: 404,
        }
    );
}

#[test]
fn registering_late_yields_the_missed_event() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.run_for(LONG);
    world.set_pointer(page, group);
    let before = world.now;
    world.run_until(|world| !world.page.heard.is_empty());
    assert_eq!(world.page.heard[0].0, before, "at once");
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380], "S_OK is the end of it");
    assert!(world.is_idle());
}

#[test]
fn a_call_that_fails_is_made_again_after_a_second_and_twice_as_long_up_to_a_minute() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Failure; 9].into();
    world.set_pointer(page, group);
    world.run_for(Millis(1_000_000));
    let times = times(&world.page);
    let between: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000).collect();
    assert_eq!(between, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert!(world.is_idle());
}

#[test]
fn a_call_without_an_answer_is_given_up_after_a_minute() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Nothing, Return::Nothing].into();
    world.set_pointer(page, group);
    world.run_for(LONG);
    let seconds: Vec<_> = times(&world.page).iter().map(|at| (at + 500) / 1_000).collect();
    assert_eq!(seconds, [0, 61, 61 + 62], "a minute, and the delay of a call that failed");
}

#[test]
fn an_answer_that_comes_late_still_takes_the_event() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Nothing, Return::Nothing].into();
    world.set_pointer(page, group);
    world.run_until(|world| world.page.heard.len() == 2);
    let event = world.page.heard[0].2.number;
    let client = world.page.client.clone();
    world.deliver(ToEngine::Notified { client, group, event, attempt: 1, is_taken: true });
    world.run_for(LONG);
    assert_eq!(world.page.heard.len(), 2);
    assert!(world.is_idle());
}

#[test]
fn an_answer_to_an_earlier_engine_takes_no_later_event() {
    for calls in 0..40 {
        let mut world = world();
        world.moves_to_new_workers = true;
        let group = failed_group(&mut world);
        world.page.returns = [Return::Nothing].into();
        world.set_pointer(page, group);
        world.run_for(Millis(50));
        let (.., earlier) = world.page.heard[0].clone();
        world.clear_pointer(page, group);
        world.crash(Crash::Kill);
        (0..calls).for_each(|_| set_flags(&mut world, group, NotifyFlags::empty()));
        world.ask(Command::ResumeGroup { group }).expect("a group in error");
        world.run_until(|world| world.row(group).state == GroupState::Error);
        let client = world.page.client.clone();
        let (event, attempt, is_taken) = (earlier.number, 1, true);
        world.deliver(ToEngine::Notified { client, group, event, attempt, is_taken });
        world.set_pointer(page, group);
        world.run_for(LONG);
        assert_eq!(words(&world.page), [0x380, 0x380], "{calls} calls");
    }
}

#[test]
fn a_callback_that_never_answers_keeps_no_other_group_waiting() {
    let mut world = world();
    let silent = failed_group(&mut world);
    world.page.returns = [Return::Nothing].into();
    world.set_pointer(page, silent);
    let others = [(); 8].map(|()| world.resumed_group(["/gone"]));
    for group in others {
        world.set_pointer(page, group);
    }
    world.run_for(Millis(10_000));
    let told: Vec<_> = world.page.heard.iter().map(|(_, group, _)| *group).collect();
    assert_eq!(told.len(), 9);
    assert!(others.iter().all(|group| told.contains(group)));
}

#[test]
fn a_pointer_that_replaces_another_is_called_at_once_and_afresh() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Failure; 7].into();
    world.set_pointer(page, group);
    world.run_until(|world| world.page.heard.len() == 5);
    world.run_for(Millis(100));
    world.set_pointer(page, group);
    let replaced = world.now;
    world.run_until(|world| world.page.heard.len() == 8);
    let since: Vec<_> = world.page.heard[5..].iter().map(|(at, ..)| at.since(replaced).0).collect();
    assert_eq!(since.iter().map(|at| at / 1_000).collect::<Vec<_>>(), [0, 1, 3]);
}

#[test]
fn the_latest_of_two_tabs_is_called_and_the_other_one_when_it_dies() {
    let mut world = world();
    let group = world.group(["/gone"]);
    world.set_pointer(page, group);
    world.now = world.now.plus(Millis(1));
    world.set_pointer(other, group);
    world.other.returns = [Return::Nothing].into();
    resume(&mut world, group);
    world.run_until(|world| !world.other.heard.is_empty());
    assert_eq!(world.page.heard.len(), 0);
    let died = world.now;
    world.end_tab(other);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
    assert!(world.page.heard[0].0.since(died) < Millis(10), "at once");
}

#[test]
fn a_tab_that_says_goodbye_is_not_called() {
    let mut world = world();
    let group = world.group(["/gone"]);
    world.set_pointer(other, group);
    let client = world.other.client.clone();
    world.deliver(ToEngine::Bye { client });
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!(world.other.heard.len(), 0);
    assert!(world.is_idle());
}

#[test]
fn a_cleared_pointer_is_not_called_and_the_one_before_it_is() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.other.returns = [Return::Failure].into();
    world.set_pointer(other, group);
    world.run_for(Millis(500));
    world.clear_pointer(other, group);
    world.run_for(LONG);
    assert_eq!(world.other.heard.len(), 1);

    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
}

#[test]
fn cancelling_drops_the_event() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Failure; 20].into();
    world.set_pointer(page, group);
    world.run_until(|world| world.page.heard.len() == 2);
    world.ask(Command::CancelGroup { group }).expect("any group");
    let called = world.page.heard.len();
    world.run_for(LONG);
    assert_eq!(world.page.heard.len(), called);
    assert!(world.is_idle());
}

#[test]
fn disabling_drops_the_event_for_good() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.page.returns = [Return::Failure; 20].into();
    world.set_pointer(page, group);
    world.run_until(|world| world.page.heard.len() == 2);
    set_flags(&mut world, group, DISABLE);
    let called = world.page.heard.len();
    world.run_for(LONG);
    set_flags(&mut world, group, NotifyFlags::empty());
    world.run_for(LONG);
    assert_eq!(world.page.heard.len(), called);
}

#[test]
fn only_the_latest_event_waits_to_be_taken() {
    let mut world = world();
    let group = world.group(["/a"]);
    set_flags(&mut world, group, GROUP_DONE);
    world.remote("/a").script.push_back(Behaviour::Status(404, None));
    resume(&mut world, group);
    world.run_until(|world| world.row(group).state == GroupState::Error);
    resume(&mut world, group);
    world.run_until(|world| world.row(group).state == GroupState::Complete);
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x140]);
}

#[test]
fn a_completion_that_is_not_asked_for_leaves_the_error_to_be_told() {
    let mut world = world();
    let group = world.group(["/a"]);
    world.remote("/a").script.push_back(Behaviour::Status(404, None));
    resume(&mut world, group);
    world.run_until(|world| world.row(group).state == GroupState::Error);
    resume(&mut world, group);
    world.run_until(|world| world.row(group).state == GroupState::Complete);
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
}

#[test]
fn resuming_a_complete_group_tells_nothing_again() {
    let mut world = world();
    let group = world.group(["/a"]);
    set_flags(&mut world, group, GROUP_DONE);
    world.set_pointer(page, group);
    resume(&mut world, group);
    world.run_until_idle();
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x140]);
}

#[test]
fn an_event_survives_a_crash_and_one_that_was_taken_is_not_told_again() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.crash(Crash::PowerCut);
    world.run_for(LONG);
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
    world.crash(Crash::Kill);
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
}

#[test]
fn wherever_the_engine_crashes_the_event_is_told() {
    let is_crashed_everywhere = (0..200).any(|steps| {
        let mut world = world();
        let group = world.group(["/a"]);
        set_flags(&mut world, group, GROUP_DONE);
        world.page.returns = [Return::Failure].into();
        world.set_pointer(page, group);
        world.send(Command::ResumeGroup { group });
        let is_there = world.run_steps(steps);
        world.crash(Crash::PowerCut);
        world.run_for(LONG);
        let words = words(&world.page);
        assert!(words.len() >= 2, "{steps} steps: {words:?}");
        assert!(words.iter().all(|word| *word == 0x140), "{steps} steps: {words:?}");
        assert!(world.is_idle());
        !is_there
    });
    assert!(is_crashed_everywhere, "the event is taken before the steps end");
}

#[test]
fn after_a_take_over_the_latest_tab_is_called_though_an_earlier_one_speaks_first() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.other.returns = [Return::Nothing].into();
    world.page.returns = [Return::Nothing].into();
    world.set_pointer(page, group);
    world.run_for(Millis(100));
    world.set_pointer(other, group);
    world.run_for(Millis(100));
    assert_eq!((world.page.heard.len(), world.other.heard.len()), (1, 1));
    // The first tab repeats its registration before the other one does.
    world.crash(Crash::Kill);
    world.run_for(LONG);
    assert_eq!((world.page.heard.len(), world.other.heard.len()), (1, 2));
}

#[test]
fn after_a_take_over_a_new_pointer_is_called_at_once() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.crash(Crash::Kill);
    world.run_for(Millis(50));
    world.set_pointer(page, group);
    world.run_for(Millis(50));
    assert_eq!(words(&world.page), [0x380]);
}

#[test]
fn a_class_makes_a_pointer_once_an_event_is_due() {
    let mut world = world();
    let group = world.group(["/gone"]);
    set_class(&mut world, group, guid(1));
    world.crash(Crash::Kill);
    world.set_class(page, guid(1));
    world.set_class(page, guid(2));
    assert_eq!(world.page.activations, 0);
    world.page.returns = [Return::Failure].into();
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!(world.page.activations, 1);
    assert_eq!(words(&world.page), [0x380, 0x380], "the second call goes to the same object");
}

#[test]
fn a_class_that_makes_no_object_is_asked_once_and_the_event_is_held() {
    let mut world = world();
    let group = failed_group(&mut world);
    set_class(&mut world, group, guid(1));
    world.page.makes_objects = false;
    world.set_class(page, guid(1));
    world.run_for(LONG);
    assert_eq!((world.page.activations, world.page.heard.len()), (1, 0));
    assert!(world.is_idle());
    // The page sets NOTIFYCLSID again, and with it a pointer of its own making.
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!((world.page.activations, words(&world.page)), (1, vec![0x380]));
}

#[test]
fn where_one_tab_makes_no_object_the_tab_before_it_is_asked() {
    let mut world = world();
    let group = failed_group(&mut world);
    set_class(&mut world, group, guid(1));
    world.other.makes_objects = false;
    world.set_class(page, guid(1));
    world.now = world.now.plus(Millis(1));
    world.set_class(other, guid(1));
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
    assert_eq!(world.other.heard.len(), 0);
}

#[test]
fn a_pointer_goes_before_a_class() {
    let mut world = world();
    let group = world.group(["/gone"]);
    set_class(&mut world, group, guid(1));
    world.set_pointer(page, group);
    world.now = world.now.plus(Millis(1));
    world.set_class(other, guid(1));
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!((words(&world.page), world.other.activations), (vec![0x380], 0));
}

#[test]
fn a_page_that_has_cleared_its_pointer_is_not_asked_for_another() {
    let mut world = world();
    let group = world.group(["/gone"]);
    set_class(&mut world, group, guid(1));
    world.set_class(page, guid(1));
    world.clear_pointer(page, group);
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!((world.page.activations, world.page.heard.len()), (0, 0));
    assert!(world.is_idle());
}

#[test]
fn where_a_closed_handle_had_the_pointer_the_class_of_another_is_asked() {
    let mut world = world();
    let group = world.group(["/gone"]);
    set_class(&mut world, group, guid(1));
    world.set_pointer(page, group);
    world.set_class(page, guid(1));
    let registrations = world.page.registrations.withdraw(|_| true, |_| false, |()| false);
    world.deliver(ToEngine::Register { client: world.page.client.clone(), registrations });
    resume(&mut world, group);
    world.run_for(LONG);
    assert_eq!((world.page.activations, words(&world.page)), (1, vec![0x380]));
}

#[test]
fn a_pointer_that_is_replaced_before_it_is_called_is_not_called() {
    let is_replaced_everywhere = (0..200).any(|steps| {
        let mut world = world();
        let group = world.group(["/gone"]);
        world.set_pointer(page, group);
        world.send(Command::ResumeGroup { group });
        world.run_steps(steps);
        let is_called = !world.page.heard.is_empty();
        if !is_called {
            world.set_pointer(page, group);
        }
        world.run_for(LONG);
        assert_eq!(words(&world.page), [0x380], "{steps} steps");
        is_called
    });
    assert!(is_replaced_everywhere, "it is called before the steps end");
}

#[test]
fn a_class_of_no_group_is_never_asked() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.set_class(page, Guid::NULL);
    world.set_class(page, guid(1));
    world.run_for(LONG);
    set_class(&mut world, group, guid(2));
    world.run_for(LONG);
    assert_eq!((world.page.activations, world.page.heard.len()), (0, 0));
}

#[test]
fn an_engine_that_stops_calls_nobody() {
    let mut world = world();
    let group = failed_group(&mut world);
    world.stop();
    world.set_pointer(page, group);
    world.run_for(LONG);
    assert_eq!(world.page.heard.len(), 0);
    world.crash(Crash::Kill);
    world.run_for(LONG);
    assert_eq!(words(&world.page), [0x380]);
}
