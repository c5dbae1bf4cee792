//! The enumerators (spec §3.4).

use qmgr::abi::{Guid, Hresult};
use qmgr::mirror::GuidEnumerator;

fn guid(last: u32) -> Guid {
    format!("00000000-0000-0000-0000-{last:012}").parse().expect("a GUID")
}

fn of(count: u32) -> GuidEnumerator {
    GuidEnumerator::new((0..count).map(guid).collect())
}

#[track_caller]
fn next(enumerator: &mut GuidEnumerator, celt: u32, hresult: Hresult, items: &[u32]) {
    let expected: Vec<_> = items.iter().copied().map(guid).collect();
    assert_eq!(enumerator.next(celt), (hresult, expected.as_slice()));
}

#[test]
fn next_gives_what_is_asked_for_or_what_is_left() {
    let mut enumerator = of(3);
    next(&mut enumerator, 2, Hresult::S_OK, &[0, 1]);
    next(&mut enumerator, 2, Hresult::S_FALSE, &[2]);
    next(&mut enumerator, 1, Hresult::S_FALSE, &[]);
    next(&mut enumerator, u32::MAX, Hresult::S_FALSE, &[]);
}

#[test]
fn nothing_asked_for_is_always_there() {
    let mut enumerator = of(0);
    next(&mut enumerator, 0, Hresult::S_OK, &[]);
    assert_eq!(enumerator.skip(0), Hresult::S_OK);
}

#[test]
fn skip_stops_after_the_last() {
    let mut enumerator = of(3);
    assert_eq!(enumerator.skip(2), Hresult::S_OK);
    assert_eq!(enumerator.skip(2), Hresult::S_FALSE);
    next(&mut enumerator, 1, Hresult::S_FALSE, &[]);
}

#[test]
fn reset_goes_back_to_the_start() {
    let mut enumerator = of(2);
    enumerator.skip(2);
    enumerator.reset();
    next(&mut enumerator, 2, Hresult::S_OK, &[0, 1]);
}

#[test]
fn a_clone_starts_where_its_original_is_and_moves_on_its_own() {
    let mut original = of(3);
    original.skip(1);
    let mut clone = original.clone();
    next(&mut clone, 2, Hresult::S_OK, &[1, 2]);
    next(&mut original, 1, Hresult::S_OK, &[1]);
}

#[test]
fn the_count_is_of_the_whole_wherever_the_position_is() {
    let mut enumerator = of(3);
    enumerator.skip(3);
    assert_eq!(enumerator.count(), 3);
}
