//! `qmgr.h` as Rust: its constants, its error codes, its identifiers and the shapes of its arguments.
//!
//! Decides nothing about a queue and imports no other room. Text from outside becomes a [`Guid`], a
//! [`RemoteUrl`], a [`LocalPath`] or a [`FileSet`] here, once; what is malformed is the caller's
//! mistake, a [`QmgrError`].

pub mod constants;
mod error;
mod file_set;
mod flags;
mod guid;
mod hresult;
mod integrity;
mod interface_id;
mod local_path;
mod progress;
mod property;
mod quoted;
mod remote_url;
mod status;
mod text;
pub mod win32;

pub use error::QmgrError;
pub use file_set::{FileSet, FileSetInfo, SIZE_LIMIT};
pub use flags::*;
pub use guid::Guid;
pub use hresult::Hresult;
pub use integrity::Sha256Integrity;
pub use interface_id::*;
pub use local_path::{LOCAL_PATH_LIMIT, LocalDirectory, LocalPath};
pub use progress::*;
pub use property::*;
pub use remote_url::{REMOTE_URL_LIMIT, RemoteUrl};
pub use status::StatusWord;
