//! When a worker that waits takes the lock of one that is silent.

use qmgr::standby::{BEAT, SILENCE, Standby};
use qmgr::time::Millis;

/// Listens in vain each beat, and says when it would steal, as a span since `start`.
fn steals_after(standby: &mut Standby, start: Millis, limit: Millis) -> Option<Millis> {
    let mut now = start;
    while now.since(start) < limit {
        now = now.plus(BEAT);
        if standby.must_steal(now) {
            return Some(now.since(start));
        }
    }
    None
}

const START: Millis = Millis(1_000_000);
const HOUR: Millis = Millis(3_600_000);

#[test]
fn a_visible_standby_steals_after_five_silent_seconds() {
    let mut standby = Standby::new(true, START);
    assert_eq!(steals_after(&mut standby, START, HOUR), Some(SILENCE));
}

#[test]
fn a_hidden_standby_never_steals() {
    let mut standby = Standby::new(false, START);
    assert_eq!(steals_after(&mut standby, START, HOUR), None);
}

#[test]
fn whoever_is_shown_listens_for_five_seconds_of_its_own() {
    let mut standby = Standby::new(false, START);
    assert_eq!(steals_after(&mut standby, START, HOUR), None);
    let shown = START.plus(HOUR);
    standby.show(true, shown);
    assert_eq!(steals_after(&mut standby, shown, HOUR), Some(SILENCE));
}

#[test]
fn every_word_of_the_holder_begins_the_wait_anew() {
    let mut standby = Standby::new(true, START);
    let mut now = START;
    for _ in 0..100 {
        assert_eq!(steals_after(&mut standby, now, Millis(4_000)), None);
        now = now.plus(Millis(4_500));
        standby.hear(now);
    }
    assert_eq!(steals_after(&mut standby, now, HOUR), Some(SILENCE));
}

#[test]
fn a_standby_that_slept_itself_does_not_count_its_sleep_as_silence() {
    let mut standby = Standby::new(true, START);
    let woken = START.plus(HOUR);
    assert!(!standby.must_steal(woken), "what was said meanwhile may be on its way still");
    standby.hear(woken);
    assert_eq!(steals_after(&mut standby, woken, HOUR), Some(SILENCE));
}

#[test]
fn a_late_timer_delays_the_steal_and_does_not_prevent_it() {
    let mut standby = Standby::new(true, START);
    let mut now = START;
    let steals = (1..=10).any(|_| {
        now = now.plus(Millis(10_000));
        standby.must_steal(now)
    });
    assert!(steals);
}
