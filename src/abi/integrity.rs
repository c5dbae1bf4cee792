//! The hash that a file must have.

use super::QmgrError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a file, written `sha256-<base64>` as in Subresource Integrity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Integrity(pub [u8; 32]);

impl FromStr for Sha256Integrity {
    /// `E_INVALIDARG`.
    type Err = QmgrError;

    fn from_str(text: &str) -> Result<Self, QmgrError> {
        text.strip_prefix("sha256-")
            .and_then(|base64| STANDARD.decode(base64).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| {
                QmgrError::invalid_argument(format!(
                    "integrity {text:?} is not sha256- and the base64 of 32 bytes"
                ))
            })
    }
}

impl fmt::Display for Sha256Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", STANDARD.encode(self.0))
    }
}

impl TryFrom<String> for Sha256Integrity {
    type Error = QmgrError;

    fn try_from(text: String) -> Result<Self, QmgrError> {
        text.parse()
    }
}

impl From<Sha256Integrity> for String {
    fn from(integrity: Sha256Integrity) -> Self {
        integrity.to_string()
    }
}
