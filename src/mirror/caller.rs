//! One open handle of a queue: in whose name it calls, and whether it is closed.

use crate::abi::{Hresult, QmgrError};
use crate::protocol::{Credentials, Owner};
use std::cell::Cell;

/// One open handle of a queue. What was opened through it ends with it, while other handles of the
/// same page go on.
#[derive(Debug)]
pub struct Caller {
    /// Travels with each command.
    pub owner: Owner,
    /// Stored with each group that the handle creates.
    pub credentials: Credentials,
    closed: Cell<bool>,
}

impl Caller {
    /// An open handle.
    #[must_use]
    pub fn new(owner: Owner, credentials: Credentials) -> Self {
        Self { owner, credentials, closed: Cell::new(false) }
    }

    /// Closes the handle; returns whether it was open.
    pub fn close(&self) -> bool {
        !self.closed.replace(true)
    }

    /// Whether the handle is open.
    ///
    /// # Errors
    /// `QM_E_SERVICE_UNAVAILABLE` once it is closed (ruling A39).
    pub fn check(&self) -> Result<(), QmgrError> {
        if self.closed.get() { Err(Self::closed_error()) } else { Ok(()) }
    }

    /// What every call and getter of a closed handle ends in.
    #[must_use]
    pub fn closed_error() -> QmgrError {
        QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, "the queue is closed")
    }
}
