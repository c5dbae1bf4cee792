//! The queue manager of `qmgr.h` as a download engine for web pages.
//!
//! ```text
//! JS call ──► binding ──► mirror ┐             ┌► Queue (pure) ──► effects ──► driver: fetch · OPFS · IndexedDB · locks
//! JS     ◄── rows, promises ◄────┴─ protocol ──┴─ rows, replies ◄── events ◄──────────┘
//!            the page                                     the engine, in a dedicated worker
//! ```
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | [`abi`] | `qmgr.h` as Rust: status words, flags, properties, errors, GUIDs, paths, URLs | nothing |
//! | [`http`] | which request to send, and what may be done with the body of an answer | `abi`, `ranges` |
//! | [`queue`] | what the queue believes and wants next: the state machine, the schedule, the retries | `abi`, `http`, `ranges` |
//! | [`snapshot`] | the saved form of a queue | `abi`, `bytes`, `http` |
//! | [`bytes`] | a message or a record as bytes | nothing |
//! | [`ordered`] | ordered maps and sets, of little code | nothing |
//! | [`ranges`] | sets of byte ranges | nothing |
//! | [`protocol`] | the messages between a page and the engine | `abi`, `bytes` |
//! | [`mirror`] | the page's copy of the rows it holds handles to, and what it knows of the engine | `abi`, `protocol` |
//! | [`standby`] | when a worker that waits takes the place of one that is silent | nothing |
//! | `fields` | WASM: plain objects of JavaScript, by the names of their fields | `abi`, `protocol` |
//! | `memory` | WASM: where memory comes from | nothing |
//! | `driver` | WASM: carries out effects, reports events; decides nothing | all above |
//! | `binding` | WASM: the JavaScript face; converts, calls, converts | all above |
//!
//! Every room but the last four is pure: no clock, no randomness, no JavaScript, no bytes of a file.

pub mod abi;
pub mod bytes;
pub mod http;
pub mod mirror;
pub mod ordered;
pub mod protocol;
pub mod queue;
pub mod ranges;
pub mod snapshot;
pub mod standby;
pub mod time;

#[cfg(target_arch = "wasm32")]
pub mod binding;
#[cfg(target_arch = "wasm32")]
pub mod driver;
#[cfg(target_arch = "wasm32")]
mod fields;
#[cfg(target_arch = "wasm32")]
mod memory;
