//! Ids that nobody else chose.

use crate::abi::Guid;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // `crypto.randomUUID` would do, but only secure contexts have it.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random_values(bytes: &mut [u8]);
}

/// A random GUID.
pub(super) fn guid() -> Guid {
    let mut bytes = [0; 16];
    fill_with_random_values(&mut bytes);
    let text = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
    text.parse().expect("a GUID's own text")
}
