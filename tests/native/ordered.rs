//! The ordered maps and sets, beside those of the standard library.

use proptest::collection::vec;
use proptest::prelude::*;
use qmgr::ordered::{Map, Set};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;

/// A large value, so that a chunk has room for few.
type Value = [u64; 40];

#[derive(Clone, Debug)]
enum Change {
    Insert(u8),
    PopFirst,
    Remove(u8),
    Retain(u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => any::<u8>().prop_map(Change::Insert),
        4 => any::<u8>().prop_map(Change::Remove),
        1 => Just(Change::PopFirst),
        1 => (1..9u8).prop_map(Change::Retain),
    ]
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    #[test]
    fn a_map_is_what_a_tree_is(changes in vec(change(), 0..400), from: u8, to: u8) {
        let (mut map, mut tree) = (Map::new(), BTreeMap::new());
        for (at, change) in (0..).zip(changes) {
            let value: Value = [at; 40];
            match change {
                Change::Insert(key) => {
                    prop_assert_eq!(map.insert(key, value), tree.insert(key, value));
                }
                Change::PopFirst => prop_assert_eq!(map.pop_first(), tree.pop_first()),
                Change::Remove(key) => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                Change::Retain(of) => {
                    map.retain(|key, _| key % of > 0);
                    tree.retain(|key, _| key % of > 0);
                }
            }
            prop_assert_eq!(map.len(), tree.len());
        }
        prop_assert!(map.iter().eq(&tree));
        prop_assert!(map.range(from..).eq(tree.range(from..)));
        prop_assert!(map.range(..=to).eq(tree.range(..=to)));
        let behind = (Bound::Excluded(from), Bound::Unbounded);
        prop_assert!(map.range(behind).eq(tree.range(behind)));
        if from < to {
            prop_assert!(map.range(from..to).eq(tree.range(from..to)));
        }
        for key in 0..=u8::MAX {
            prop_assert_eq!(map.get(&key), tree.get(&key));
            prop_assert_eq!(map.get_mut(&key), tree.get_mut(&key));
        }
        prop_assert!(map.into_iter().eq(tree));
    }

    #[test]
    fn maps_of_the_same_entries_are_equal_however_they_came(keys in vec(any::<u16>(), 0..2000)) {
        let came: Set<u16> = keys.iter().copied().collect();
        let returned: Set<u16> = keys.iter().rev().copied().collect();
        let ordered: Set<u16> = came.iter().copied().collect();
        prop_assert_eq!(&came, &returned);
        prop_assert_eq!(&came, &ordered);
        prop_assert_eq!(hash(&came), hash(&returned));
        prop_assert_eq!(hash(&came), hash(&ordered));
        if let Some(last) = keys.last() {
            let mut fewer = came.clone();
            fewer.remove(last);
            prop_assert_ne!(&fewer, &came);
        }
    }
}

#[test]
fn what_comes_in_a_falling_order_is_found() {
    let mut map: Map<u32, u32> = (0..1000).map(|key| (key, key)).collect();
    map.extend((1000..9000).rev().map(|key| (key, key)));
    assert!(map.keys().copied().eq(0..9000));
    assert!((0..9000).all(|key| map.get(&key) == Some(&key)));
}
