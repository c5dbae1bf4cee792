//! The caller's mistakes, as the documented calls report them.

use super::Hresult;
use serde::{Deserialize, Serialize};

/// A documented call's failing HRESULT, with a sentence that says what was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct QmgrError {
    /// The header's code.
    pub hresult: Hresult,
    /// Lower case, what was found and where.
    pub message: String,
}

impl QmgrError {
    /// An error with its sentence.
    pub fn new(hresult: Hresult, message: impl Into<String>) -> Self {
        Self { hresult, message: message.into() }
    }
}
