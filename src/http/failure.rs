//! Failures that an answer means.

use super::{AnswerHead, field};
use crate::abi::Hresult;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// No `Retry-After` is longer: 24 hours.
const LONGEST_WAIT: Millis = Millis(24 * 3_600_000);

/// Why a file could not be fetched this time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The header's code.
    pub hresult: Hresult,
    /// The same as a sentence: lower case, what was found.
    pub message: String,
    /// Whether trying again later may help (spec §7.5).
    pub transient: bool,
    /// The status of the answer; 0 when the failure came after its head.
    pub http_status: u16,
    /// How long the server asked to wait, at most 24 h. Only with a transient failure.
    pub retry_after: Option<Millis>,
}

impl Failure {
    /// A failure that is not transient.
    pub(super) fn fatal(hresult: Hresult, http_status: u16, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { hresult, message, transient: false, http_status, retry_after: None }
    }

    /// The connection ended before the body did.
    pub(super) fn cut(message: String) -> Self {
        let hresult = Hresult::BG_E_CONNECTION_CLOSED;
        Self { hresult, message, transient: true, http_status: 0, retry_after: None }
    }

    /// The file has a size that the caller ruled out.
    pub(super) fn unexpected_size(size: u64, expected: u64, http_status: u16) -> Self {
        let message = format!("the file has {size} bytes, {expected} were expected");
        Self::fatal(Hresult::BG_E_VALIDATION_FAILED, http_status, message)
    }

    /// An answer whose status alone says that it brings no part of the file (R32, R35; spec §7.5).
    pub(super) fn of_status(head: &AnswerHead, now: Millis) -> Self {
        let status = head.status;
        let transient = is_transient(status);
        let retry_after = head.headers.retry_after.as_deref().filter(|_| transient);
        Self {
            hresult: match status {
                // Not a status at all; an opaque response shows 0.
                0..100 => Hresult::BG_E_INVALID_SERVER_RESPONSE,
                100.. => Hresult::from_http(status),
            },
            message: format!("the server answered {status}"),
            transient,
            http_status: status,
            retry_after: retry_after.and_then(|text| wait(text, now)),
        }
    }
}

/// Status codes of the fifth class that nobody defined mean what 500 means (RFC 9110 §15), and those
/// in use for a proxy's trouble with its origin are as passing as 502.
fn is_transient(status: u16) -> bool {
    match status {
        408 | 429 => true,
        501 | 505 => false,
        500..600 => true,
        _ => false,
    }
}

/// A `Retry-After` in seconds or as a date, as a span from `now` (R31).
fn wait(text: &str, now: Millis) -> Option<Millis> {
    let span = match field::number(text.trim()) {
        Some(seconds) => Millis(seconds.saturating_mul(1_000)),
        None => field::date(text)?.since(now),
    };
    Some(span.min(LONGEST_WAIT))
}
