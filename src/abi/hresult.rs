//! HRESULT codes by their header names.

use serde::{Deserialize, Serialize};

/// A 32-bit result code; failures have the top bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hresult(pub u32);

impl Hresult {
    /// BG_E_INVALID_SERVER_RESPONSE.
    pub const BG_E_INVALID_SERVER_RESPONSE: Self = Self(0x8020_001B);
    /// BG_E_TOO_LARGE.
    pub const BG_E_TOO_LARGE: Self = Self(0x8020_0020);
    /// BG_E_CONNECTION_CLOSED.
    pub const BG_E_CONNECTION_CLOSED: Self = Self(0x8020_002E);
    /// BG_E_VALIDATION_FAILED.
    pub const BG_E_VALIDATION_FAILED: Self = Self(0x8020_0053);

    /// The code of an HTTP status: facility HTTP, the status as its number.
    #[must_use]
    pub const fn from_http(status: u16) -> Self {
        Self(0x8019_0000 | status as u32)
    }
}
