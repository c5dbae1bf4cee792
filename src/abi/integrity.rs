//! The hash that a file must have.

use super::QmgrError;
use super::quoted::Quoted;
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a file, written `sha256-<base64>` as in Subresource Integrity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Integrity(pub [u8; 32]);

impl Sha256Integrity {
    /// That of a file without bytes.
    pub const OF_NOTHING: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);
}

impl FromStr for Sha256Integrity {
    /// `E_INVALIDARG`.
    type Err = QmgrError;

    fn from_str(text: &str) -> Result<Self, QmgrError> {
        text.strip_prefix("sha256-")
            .and_then(|base64| Base64::decode_vec(base64).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| {
                QmgrError::invalid_argument(format!(
                    "integrity {} is not sha256- and the base64 of 32 bytes",
                    Quoted(text)
                ))
            })
    }
}

impl fmt::Display for Sha256Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", Base64::encode_string(&self.0))
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
