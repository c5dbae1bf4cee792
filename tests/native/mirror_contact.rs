//! What a page knows of the engine.

use qmgr::abi::{Hresult, QmgrError};
use qmgr::mirror::{Contact, Meeting};
use qmgr::protocol::{Active, Epoch, Storage, VERSION};
use qmgr::standby::SILENCE;
use qmgr::time::Millis;

const NOW: Millis = Millis(1_000_000);

fn engine(epoch: u64) -> Active {
    Active {
        version: VERSION,
        epoch: Epoch(epoch),
        storage: Storage::Opfs,
        worker: format!("worker {epoch}"),
    }
}

fn build(epoch: u64, version: u32) -> Active {
    Active { version, ..engine(epoch) }
}

fn no_worker() -> QmgrError {
    QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, "the worker could not be loaded")
}

fn message(contact: &Contact) -> Option<&str> {
    contact.failure().map(|failure| failure.message.as_str())
}

#[test]
fn each_engine_is_met_once() {
    let mut contact = Contact::new();
    assert_eq!(contact.active(), None);
    assert_eq!(contact.meet(engine(1)), Meeting::New);
    assert_eq!(contact.meet(engine(1)), Meeting::Known);
    assert_eq!(contact.meet(engine(2)), Meeting::New);
    assert_eq!(contact.active(), Some(&engine(2)));
}

#[test]
fn a_frozen_engine_that_wakes_up_is_not_believed() {
    let mut contact = Contact::new();
    contact.meet(engine(1));
    contact.meet(engine(2));
    assert!(!contact.hear(Epoch(1), NOW));
    assert_eq!(contact.meet(engine(1)), Meeting::Known);
    assert!(!contact.leave(Epoch(1), false));
    assert_eq!(contact.active(), Some(&engine(2)));
}

#[test]
fn an_engine_that_leaves_makes_calls_wait_and_not_fail() {
    let mut contact = Contact::new();
    contact.meet(engine(1));
    assert!(contact.leave(Epoch(1), false));
    assert_eq!((contact.active(), contact.failure()), (None, None));
    assert_eq!(contact.storage(), Some(Storage::Opfs), "what it said of the queue stays true");
    assert_eq!(contact.meet(engine(2)), Meeting::New);
}

#[test]
fn an_engine_met_again_after_it_was_lost_is_new() {
    let mut contact = Contact::new();
    contact.meet(engine(1));
    assert!(contact.lose(NOW));
    assert!(!contact.lose(NOW));
    assert_eq!(contact.meet(engine(1)), Meeting::New, "what it said meanwhile was not heard");
}

#[test]
fn a_newer_build_ends_every_call_and_says_to_reload() {
    let mut contact = Contact::new();
    contact.meet(engine(1));
    assert_eq!(contact.meet(build(2, VERSION + 1)), Meeting::Newer);
    assert_eq!(contact.active(), None);
    assert!(message(&contact).is_some_and(|message| message.contains("reload")));

    let mut contact = Contact::new();
    contact.meet(engine(1));
    assert!(contact.leave(Epoch(1), true));
    assert!(message(&contact).is_some_and(|message| message.contains("reload")));
}

#[test]
fn an_older_build_is_waited_out() {
    let mut contact = Contact::new();
    assert_eq!(contact.meet(build(1, VERSION - 1)), Meeting::Known);
    assert_eq!((contact.active(), contact.failure()), (None, None));
    assert_eq!(contact.meet(engine(2)), Meeting::New);
}

#[test]
fn a_page_without_a_worker_relies_on_another_tab_for_as_long_as_it_is_heard() {
    let mut contact = Contact::new();
    contact.hear(Epoch(1), NOW);
    contact.meet(engine(1));
    contact.lack_worker(no_worker(), false);
    let mut now = NOW;
    for _ in 0..100 {
        now = now.plus(Millis(4_000));
        assert!(!contact.look(now));
        contact.hear(Epoch(1), now);
    }
    assert_eq!(contact.next_look(), Some(now.plus(SILENCE)));
    assert!(contact.look(now.plus(SILENCE)), "that tab was killed");
    assert_eq!((contact.active(), contact.failure()), (None, Some(&no_worker())));
    assert_eq!(contact.next_look(), None);

    assert_eq!(contact.meet(engine(2)), Meeting::New, "a third tab has opened");
    assert_eq!(contact.failure(), None);
    assert!(contact.next_look().is_some());
}

#[test]
fn a_page_without_a_worker_waits_a_while_for_the_next_engine() {
    let mut contact = Contact::new();
    contact.hear(Epoch(1), NOW);
    contact.meet(engine(1));
    contact.lack_worker(no_worker(), false);
    assert!(contact.leave(Epoch(1), false));
    assert_eq!(contact.failure(), None);
    assert!(!contact.look(NOW.plus(Millis(4_999))));
    assert!(contact.look(NOW.plus(SILENCE)));
}

#[test]
fn a_worker_that_fails_with_the_lock_in_hand_ends_every_call_at_once() {
    let mut contact = Contact::new();
    contact.lack_worker(no_worker(), true);
    assert_eq!(contact.failure(), Some(&no_worker()));
}

#[test]
fn nobody_gives_up_while_an_engine_is_active() {
    let mut contact = Contact::new();
    contact.meet(engine(1));
    contact.give_up(no_worker());
    assert_eq!(contact.failure(), None);
}

#[test]
fn a_page_with_a_worker_waits_for_as_long_as_it_takes() {
    let mut contact = Contact::new();
    contact.lack_worker(no_worker(), false);
    contact.gain_worker();
    assert_eq!(contact.next_look(), None);
    assert!(!contact.look(NOW));
}
