//! The drivers and the binding in a browser's dedicated worker, where an engine lives:
//! `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]

mod binding;
mod driver;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
