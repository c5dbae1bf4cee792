//! The documented rules, told a second time: naively, without a schedule, a server or a disk.
//!
//! [`Reference`] says of each call which codes it may be answered with, and what it makes of the queue.
//! What happens between the calls it does not foresee: a running group may have ended by itself, so it
//! holds of each group all classes of states that it may be in. [`Ledger`] holds the engine against it
//! at every reply, row, commit, crash and publication.

mod class;
mod ledger;
mod rules;

pub use class::Class;
pub use ledger::Ledger;
