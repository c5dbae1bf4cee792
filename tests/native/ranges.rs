//! The sets of byte ranges, beside those of `rangemap`.

use proptest::collection::vec;
use proptest::prelude::*;
use qmgr::ranges::Ranges;
use rangemap::RangeSet;
use std::iter;

proptest! {
    #[test]
    fn a_set_of_ranges_is_what_rangemap_says(ranges in vec((0..60_u64, 0..12_u64), 0..20), size in 0..80_u64) {
        let (mut ours, mut theirs) = (Ranges::new(), RangeSet::new());
        for range in ranges.into_iter().map(|(start, length)| start..start + length) {
            ours.insert(range.clone());
            // It takes no range that is empty.
            if !range.is_empty() {
                theirs.insert(range);
            }
            prop_assert!(ours.iter().eq(theirs.iter()));
        }
        prop_assert_eq!(ours.is_empty(), theirs.is_empty());
        prop_assert_eq!(ours.bytes(), (0..80).filter(|at| theirs.contains(at)).count() as u64);
        prop_assert_eq!(ours.end(), theirs.last().map_or(0, |range| range.end));
        prop_assert_eq!(ours.contiguous(), theirs.get(&0).map_or(0, |range| range.end));
        prop_assert!(ours.gaps(size).eq(theirs.gaps(&(0..size))));
        for at in 0..80 {
            prop_assert_eq!(ours.get(at), theirs.get(&at));
            prop_assert_eq!(ours.contains(at), theirs.contains(&at));
        }
    }
}

#[test]
fn the_last_byte_of_all_is_one_of_a_range() {
    let mut ranges = Ranges::new();
    ranges.insert(5..u64::MAX);
    ranges.insert(0..2);
    assert!(ranges.iter().eq(&[0..2, 5..u64::MAX]));
    assert!(ranges.gaps(u64::MAX).eq(iter::once(2..5)));
    assert!(ranges.gaps(4).eq(iter::once(2..4)));
}
