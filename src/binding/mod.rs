//! The JavaScript face: convert, ask the mirror or the engine, convert.
//!
//! [`Session`] is one open queue of a page; [`Group`], [`Job`] and [`GuidEnumerator`] are handles
//! over the mirror. They are all a program needs; the package's own classes add what wasm cannot
//! (events, default platform, options), and the types that programs are written against.
//!
//! The exported classes take `&self` over an `Rc`, and their promises are made from clones, so that a
//! callback may call back into them at any time. No borrow is held across an `.await` or a call into
//! JavaScript.

mod callback;
mod convert;
mod enumerator;
mod error;
mod group;
mod hook;
mod job;
mod options;
mod page;
mod random;
mod session;
mod status;

pub use enumerator::GuidEnumerator;
pub use error::register_error_class;
pub use group::Group;
pub use job::Job;
pub use session::Session;
