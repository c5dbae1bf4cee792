//! Which request to send.

use super::{Kept, OVERLAP, Reach, Version};
use crate::protocol::Proof;
use std::fmt;
use std::ops::Range;

/// One range of bytes to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte, itself included; `None` for all that follow.
    pub last: Option<u64>,
}

impl ByteRange {
    /// Its bytes (half-open), of a file of this size.
    #[must_use]
    pub fn until(self, size: u64) -> Range<u64> {
        self.start..self.last.map_or(size, |last| last + 1)
    }
}

/// As the value of a `Range` header field: `bytes=0-`, `bytes=5-9`. A page may send both to any
/// origin without a preflight.
impl fmt::Display for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            None => write!(formatter, "bytes={}-", self.start),
            Some(last) => write!(formatter, "bytes={}-{last}", self.start),
        }
    }
}

/// A `GET`, as far as it depends on what is kept.
///
/// The cache mode must be `no-store`: otherwise the browser may answer from its cache, and lets
/// requests for parts of one URL wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// The `Range` header field; `None` sends none.
    pub range: Option<ByteRange>,
    /// The `If-Range` header field; never without a range (R1).
    pub if_range: Option<String>,
    /// How many bytes at the start of the range are kept already: they are asked for again to be
    /// compared. 0 where the version is proven in another way.
    pub overlap: u64,
}

impl Request {
    /// Whether the answer is wanted from the first byte to the last, so that any version will do.
    #[must_use]
    pub fn asks_for_all(&self) -> bool {
        self.range.is_none_or(|range| range.start == 0 && range.last.is_none())
    }
}

/// The request that brings a file furthest.
///
/// What is kept is continued only where a later answer could prove that it is still the same version
/// ([`Kept::proof`]); otherwise everything is asked for, from zero. A first request has a `Range` too:
/// with one, browsers ask for no content coding, and the answer tells size and range support. It
/// falls away with `without_range`, the way out after [`Verdict::WithoutRange`](super::Verdict) and
/// after the bare network error with which browsers meet a content-coded answer to a range request.
///
/// `reach` is from the page to the URL that is asked for. Across origins `If-Range` costs a preflight
/// that few servers allow, so it is left out, and the answer is held against the stored validator.
///
/// Where no more than [`Proof::Likely`] can be had, the request begins [`OVERLAP`] bytes early. Its end
/// is left open, so that the answer's length tells the file's even where its `Content-Range` is hidden.
#[must_use]
pub fn plan(kept: &Kept<'_>, reach: Reach, without_range: bool) -> Request {
    let all = Request { range: Some(ByteRange { start: 0, last: None }), ..Request::default() };
    if without_range {
        return Request::default();
    }
    let (Some(version), Some(proof)) = (kept.version, kept.proof()) else { return all };
    if kept.durable.is_empty() {
        return all;
    }
    // With no gap left the size is unknown or nobody looked: asking beyond the end has it told (R16).
    let range = kept.next_gap().unwrap_or(ByteRange { start: kept.contiguous(), last: None });
    if proof == Proof::Likely {
        let range = ByteRange { start: range.start - OVERLAP, last: None };
        return Request { range: Some(range), if_range: None, overlap: OVERLAP };
    }
    continuing(version, proof, reach, range)
}

/// The request for one range of a version of which other connections fetch others; `None` where no
/// strong validator would show that its answer is of the same version.
#[must_use]
pub fn plan_range(kept: &Kept<'_>, reach: Reach, range: ByteRange) -> Option<Request> {
    let (version, proof) = kept.version.zip(kept.proof())?;
    let is_strong = matches!(proof, Proof::Date | Proof::Etag);
    is_strong.then(|| continuing(version, proof, reach, range))
}

fn continuing(version: &Version, proof: Proof, reach: Reach, range: ByteRange) -> Request {
    let validator = match proof {
        Proof::Date => version.last_modified.clone(),
        Proof::Etag => version.etag.clone(),
        Proof::Hash | Proof::Likely => None,
    };
    // A version that came filtered from a URL of the page's own origin came through a redirect to
    // another one, where the header would cost the preflight all the same.
    let unhindered = reach == Reach::SameOrigin && !version.filtered;
    Request {
        range: Some(range),
        if_range: validator.filter(|_| unhindered).map(|text| text.to_string()),
        overlap: 0,
    }
}
