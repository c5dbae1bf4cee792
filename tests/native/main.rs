//! The tests of the pure rooms: one binary, one module for each subject.
#![cfg(not(target_arch = "wasm32"))]

mod http_properties;
mod http_rules;
