//! The `Content-Range` header field (RFC 9110 §14.4).

use super::field::number;

/// What a `Content-Range` of bytes says. Its numbers are as sent; whether they make sense together
/// is another question ([`Self::is_sound`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentRange {
    /// `bytes first-last/total`, or `bytes first-last/*` while the total is unknown (R13).
    Part { first: u64, last: u64, total: Option<u64> },
    /// `bytes */total`: nothing of what was asked for exists.
    Unsatisfied { total: u64 },
}

impl ContentRange {
    /// `None` for another unit (R12) and for whatever is not of the two forms.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (range, total) {
            ("*", Some(total)) => Some(Self::Unsatisfied { total }),
            ("*", None) => None,
            (range, total) => {
                let (first, last) = range.split_once('-')?;
                Some(Self::Part { first: number(first)?, last: number(last)?, total })
            }
        }
    }

    /// Whether first, last and total are in order (R11).
    pub(super) fn is_sound(self) -> bool {
        match self {
            Self::Part { first, last, total } => {
                first <= last && total.is_none_or(|total| last < total)
            }
            Self::Unsatisfied { .. } => true,
        }
    }

    /// The largest number in it.
    pub(super) fn largest(self) -> u64 {
        match self {
            Self::Part { first, last, total } => first.max(last).max(total.unwrap_or(0)),
            Self::Unsatisfied { total } => total,
        }
    }
}
