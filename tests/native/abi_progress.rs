//! `GetProgress` and `get_Size`.

use proptest::prelude::*;
use qmgr::abi::{
    Hresult, QM_PROGRESS_PERCENT_DONE, QM_PROGRESS_SIZE_DONE, QM_PROGRESS_TIME_DONE, progress, size,
};

#[test]
fn percent_are_rounded_down_and_reach_100_only_when_complete() {
    #[track_caller]
    fn case(done: u64, total: Option<u64>, complete: bool, percent: u32) {
        assert_eq!(progress(QM_PROGRESS_PERCENT_DONE, done, total, complete), Ok(percent));
    }
    case(0, Some(3), false, 0);
    case(1, Some(3), false, 33);
    case(2, Some(3), false, 66);
    case(3, Some(3), false, 99);
    case(3, Some(3), true, 100);
    case(999_999, Some(1_000_000), false, 99);
    case(0, Some(0), false, 0);
    case(0, Some(0), true, 100);
    case(1_000, None, false, 0);
    case(u64::MAX / 2, Some(u64::MAX), false, 49);
    case(u64::MAX, Some(1), false, 99);
}

#[test]
fn sizes_beyond_32_bits_read_as_all_ones() {
    #[track_caller]
    fn case(bytes: u64, expected: u32) {
        assert_eq!(progress(QM_PROGRESS_SIZE_DONE, bytes, None, false), Ok(expected));
        assert_eq!(size(Some(bytes)), expected);
    }
    case(0, 0);
    case(4_294_967_294, 0xFFFF_FFFE);
    case(4_294_967_295, 0xFFFF_FFFF);
    case(4_294_967_296, 0xFFFF_FFFF);
    case(u64::MAX, 0xFFFF_FFFF);
}

#[test]
fn an_unknown_size_is_zero() {
    assert_eq!(size(None), 0);
}

#[test]
fn other_selectors_are_not_implemented() {
    for selector in [QM_PROGRESS_TIME_DONE, 0, 4, 5, u32::MAX] {
        let error = progress(selector, 1, Some(2), false).expect_err("not a selector");
        assert_eq!(error.hresult, Hresult::E_NOTIMPL);
    }
}

proptest! {
    #[test]
    fn percent_never_fall_while_bytes_come_in(done: u64, more: u64, total: u64) {
        let percent = |done| progress(QM_PROGRESS_PERCENT_DONE, done, Some(total), false);
        prop_assert!(percent(done)? <= percent(done.saturating_add(more))?);
    }
}
