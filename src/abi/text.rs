//! The length of texts, which JavaScript counts in UTF-16 code units.

use super::QmgrError;

/// Whether a text, called `what`, has no more units than are allowed.
///
/// # Errors
///
/// `E_INVALIDARG`, with a sentence that names both numbers.
pub(super) fn check_length(text: &str, limit: usize, what: &str) -> Result<(), QmgrError> {
    // No text has more units than bytes, so of most nothing is counted.
    if text.len() <= limit {
        return Ok(());
    }
    let units = text.encode_utf16().count();
    if units <= limit {
        return Ok(());
    }
    let message = format!("{what} of {units} UTF-16 units where {limit} are allowed");
    Err(QmgrError::invalid_argument(message))
}
