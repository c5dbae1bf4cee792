//! Which calls a page resends, and what it says it has seen.

use qmgr::mirror::Calls;
use qmgr::protocol::{Call, ClientId, Command, Owner};

fn calls() -> Calls<&'static str> {
    Calls::new(ClientId("page".into()))
}

fn begin(calls: &mut Calls<&'static str>, waiter: &'static str) -> Call {
    let owner = Owner { user: "default".into(), administrator: false };
    calls.begin(owner, Command::EnumGroups { flags: 0 }, waiter)
}

fn numbers(calls: &mut Calls<&'static str>) -> Vec<u64> {
    calls.unanswered().iter().map(|call| call.sequence).collect()
}

#[test]
fn calls_count_up_from_one() {
    let mut calls = calls();
    let sent: Vec<_> = ["a", "b", "c"].map(|waiter| begin(&mut calls, waiter).sequence).into();
    assert_eq!(sent, [1, 2, 3]);
}

#[test]
fn what_is_not_answered_is_sent_again_in_order_with_the_same_numbers() {
    let mut calls = calls();
    let sent = ["a", "b", "c"].map(|waiter| begin(&mut calls, waiter));
    calls.answer(2);
    assert_eq!(numbers(&mut calls), [1, 3]);
    assert_eq!(calls.unanswered()[0].command, sent[0].command);
    assert_eq!(calls.unanswered()[0].client, ClientId("page".into()));
}

#[test]
fn an_answer_ends_its_call_once() {
    let mut calls = calls();
    begin(&mut calls, "a");
    assert_eq!(calls.answer(1).map(|(_, waiter)| waiter), Some(Some("a")));
    assert_eq!(calls.answer(1), None);
    assert_eq!(calls.answer(9), None);
}

#[test]
fn the_acknowledged_number_has_no_gap_below_it() {
    let mut calls = calls();
    assert_eq!(begin(&mut calls, "a").acknowledged, 0);
    assert_eq!(begin(&mut calls, "b").acknowledged, 0);
    calls.answer(2);
    assert_eq!(begin(&mut calls, "c").acknowledged, 0);
    calls.answer(1);
    assert_eq!(begin(&mut calls, "d").acknowledged, 2);
    calls.answer(3);
    calls.answer(4);
    assert_eq!(begin(&mut calls, "e").acknowledged, 4);
}

#[test]
fn a_call_sent_again_says_what_was_seen_meanwhile() {
    let mut calls = calls();
    begin(&mut calls, "a");
    begin(&mut calls, "b");
    calls.answer(1);
    assert_eq!(calls.unanswered()[0].acknowledged, 1);
}

#[test]
fn closing_takes_the_waiters_and_leaves_the_calls_that_were_sent() {
    let mut calls = calls();
    begin(&mut calls, "mine");
    begin(&mut calls, "another's");
    let _sent = calls.unanswered();
    assert_eq!(calls.abandon(|waiter| *waiter == "mine"), ["mine"]);
    assert_eq!(numbers(&mut calls), [1, 2]);
    assert_eq!(calls.answer(1).map(|(_, waiter)| waiter), Some(None));
    assert_eq!(calls.abandon(|_| true), ["another's"]);
    assert_eq!(calls.abandon(|_| true), [""; 0]);
}

#[test]
fn a_call_that_no_engine_has_seen_is_forgotten_with_its_waiter() {
    let mut calls = calls();
    begin(&mut calls, "sent");
    calls.note_sent(1);
    begin(&mut calls, "never sent");
    calls.abandon(|_| true);
    assert_eq!(numbers(&mut calls), [1]);
}
