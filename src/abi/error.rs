//! The caller's mistakes, as the documented calls report them.

use super::Hresult;
use serde::{Deserialize, Serialize};
use std::fmt;

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

    /// `E_INVALIDARG`: an argument is of the wrong type or form.
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(Hresult::E_INVALIDARG, message)
    }

    /// `QM_E_INVALID_STATE`: the group's state forbids the call, or the group is cancelled.
    pub fn invalid_state(message: impl Into<String>) -> Self {
        Self::new(Hresult::QM_E_INVALID_STATE, message)
    }

    /// `QM_E_ITEM_NOT_FOUND`: there is no such group, job or file.
    pub fn item_not_found(message: impl Into<String>) -> Self {
        Self::new(Hresult::QM_E_ITEM_NOT_FOUND, message)
    }

    /// `E_NOTIMPL`: what the documentation knows and does not support.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(Hresult::E_NOTIMPL, message)
    }
}

impl fmt::Display for QmgrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.hresult, self.message)
    }
}

impl std::error::Error for QmgrError {}
