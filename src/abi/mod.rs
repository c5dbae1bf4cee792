//! `qmgr.h` as Rust: its constants, its error codes, its identifiers and the shapes of its arguments.
//!
//! Decides nothing about a queue and imports no other room.

mod error;
mod file_set;
mod guid;
mod hresult;
mod property;

pub use error::QmgrError;
pub use file_set::FileSetInfo;
pub use guid::Guid;
pub use hresult::Hresult;
pub use property::{Properties, Property, PropertyValue};
