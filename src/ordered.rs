//! Ordered collections, filled one item after another.
//!
//! `collect` sorts first, with a copy of the sorting code for each type: more than all other code of a
//! set. What is collected here comes in order or is short, so that sorting gains nothing.

use std::collections::{BTreeMap, BTreeSet};

/// The set of some items.
pub(crate) fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// The map of some pairs.
pub(crate) fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}
