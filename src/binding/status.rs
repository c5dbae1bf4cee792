//! The pair that `GetStatus` answers with.

use js_sys::{Array, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    // There are eight legal words (spec §4.1), so a search is shorter than a hash.
    static PAIRS: RefCell<Vec<(u32, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// The frozen pair `[status, 0]` of a status word, which has its parts by name too. One word always
/// gives the same object, so that asking costs next to nothing.
pub(super) fn pair(word: u32) -> JsValue {
    let known = |pairs: &Vec<(u32, JsValue)>| {
        pairs.iter().find(|(known, _)| *known == word).map(|(_, pair)| pair.clone())
    };
    PAIRS.with_borrow(known).unwrap_or_else(|| {
        let pair = make(word);
        PAIRS.with_borrow_mut(|pairs| pairs.push((word, pair.clone())));
        pair
    })
}

fn make(word: u32) -> JsValue {
    let pair = Array::of2(&word.into(), &0.into());
    for (name, value) in [("status", word), ("jobIndex", 0)] {
        let descriptor = Object::new();
        Reflect::set(&descriptor, &"value".into(), &value.into()).expect("a new object");
        Reflect::define_property(&pair, &name.into(), &descriptor).expect("a new array");
    }
    Object::freeze(&pair);
    pair.into()
}
