//! The values that header fields are made of.

use crate::time::Millis;
use httpdate::HttpDate;

/// A non-negative decimal number, digits only; one beyond 64 bits becomes `u64::MAX` (R26).
pub(super) fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Of digits alone only an overflow fails to parse.
    Some(text.parse().unwrap_or(u64::MAX))
}

/// A `Content-Length`. Several equal values stand for one (RFC 9110 §8.6); anything else that is
/// not a number says nothing.
pub(super) fn length(text: &str) -> Option<u64> {
    let mut values = text.split(',').map(|value| number(value.trim()));
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// An HTTP-date in any of its three forms; dates before 1970 are not understood.
pub(super) fn date(text: &str) -> Option<Millis> {
    let date: HttpDate = text.trim().parse().ok()?;
    let span = std::time::SystemTime::from(date).duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(span.as_millis()).ok().map(Millis)
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}
