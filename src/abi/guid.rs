//! GUIDs in their text form.

use super::QmgrError;
use super::quoted::Quoted;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A 16-byte identifier chosen by the caller.
///
/// Read from `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in any case, in braces or not; written in lower
/// case without braces. The null GUID is an id like any other (ruling A8).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Guid(pub(super) uuid::Uuid);

impl Guid {
    /// All zeros.
    pub const NULL: Self = Self(uuid::Uuid::nil());

    /// The text of a CLSID: upper case, in braces (ruling A26).
    #[must_use]
    pub fn clsid_text(self) -> String {
        format!("{:X}", self.0.braced())
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl FromStr for Guid {
    /// `E_INVALIDARG`.
    type Err = QmgrError;

    fn from_str(text: &str) -> Result<Self, QmgrError> {
        // The library reads two more forms: bare hex is shorter, an URN longer than these.
        let parsed = match text.len() {
            36 | 38 => uuid::Uuid::try_parse(text).ok(),
            _ => None,
        };
        parsed.map(Self).ok_or_else(|| {
            let text = Quoted(text);
            QmgrError::invalid_argument(format!("{text} is no GUID of the form 8-4-4-4-12"))
        })
    }
}
