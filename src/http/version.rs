//! A version of a file on its server.

use super::{AnswerHead, field};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What is known of the version whose bytes are kept. Stored with them. Its texts are shared by its clones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The `ETag` as sent, strong, weak or malformed.
    pub etag: Option<Rc<str>>,
    /// The `Last-Modified` as sent.
    pub last_modified: Option<Rc<str>>,
    /// Whether an answer was dated at least one second after its `Last-Modified`, so that the latter
    /// is a strong validator (RFC 9110 §8.8.2.2).
    pub strong_date: bool,
    /// In bytes, once known for certain.
    pub size: Option<u64>,
    /// The length of a whole answer whose content coding may be hidden, so that it may be no more than
    /// the length of the coded bytes. Counts for [`Proof::Likely`](crate::protocol::Proof) alone.
    pub unsure_size: Option<u64>,
    /// The media type as sent; empty when none was.
    pub media_type: Rc<str>,
    /// The URL that answered, without query and fragment: validators belong to it and to no other
    /// (R33). The query is left out because redirects sign it anew for each request.
    pub source: Rc<str>,
    /// Whether header fields may have been hidden ([`AnswerHead::filtered`]).
    pub filtered: bool,
    /// Whether a range request can continue it. Not if its bytes may have come out of a content
    /// coding, since ranges count coded bytes (R21), and not if the server refuses ranges (R23).
    pub resumable: bool,
}

/// What comparing two answers for one URL tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sameness {
    Different,
    Same,
    Unknown,
}

impl Version {
    /// The version that an answer belongs to.
    pub(super) fn of(head: &AnswerHead, size: Option<u64>, resumable: bool) -> Self {
        let headers = &head.headers;
        let instant = |text: &Option<String>| text.as_deref().and_then(field::date);
        // Across origins the date is hidden as a rule, and the other one need not be read.
        let strong_date = instant(&headers.date).is_some_and(|date| {
            instant(&headers.last_modified)
                .is_some_and(|modified| modified.plus(Millis::SECOND) <= date)
        });
        let end = head.url.find(['?', '#']).unwrap_or(head.url.len());
        Self {
            etag: headers.etag.as_deref().map(Rc::from),
            last_modified: headers.last_modified.as_deref().map(Rc::from),
            strong_date,
            size,
            unsure_size: None,
            media_type: headers.content_type.as_deref().unwrap_or_default().into(),
            source: head.url[..end].into(),
            filtered: head.filtered,
            resumable,
        }
    }

    /// The `Last-Modified` as a time; `None` for one that is absent or no date.
    #[must_use]
    pub fn modified_at(&self) -> Option<Millis> {
        field::date(self.last_modified.as_deref()?)
    }

    /// The `ETag` if it is a strong one: well-formed and without `W/`.
    pub(super) fn strong_etag(&self) -> Option<&str> {
        let etag = self.etag.as_deref()?;
        let opaque = etag.strip_prefix('"')?.strip_suffix('"')?;
        // RFC 9110 §8.8.3; headers reach JavaScript with one character for each byte. The characters that
        // those are, up to U+FF, begin with a byte up to C3 in UTF-8, and all others with a later one.
        let legal = |byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xc3);
        opaque.bytes().all(legal).then_some(etag)
    }

    /// The `Last-Modified` if it is a strong validator and no `ETag` takes its place (R3, R4), not
    /// even one that may be hidden.
    pub(super) fn strong_date(&self) -> Option<&str> {
        let usable = self.strong_date && self.etag.is_none() && !self.filtered;
        self.last_modified.as_deref().filter(|_| usable)
    }

    /// The size that a likely continuation must have: that of bytes that no coding, as far as can be
    /// seen, stands before.
    pub(super) fn likely_size(&self) -> Option<u64> {
        if self.resumable { self.size } else { self.unsure_size }
    }

    /// Whether a part of a file of `size` bytes may continue this version if its overlap is equal.
    pub(super) fn is_like(&self, later: &Self, size: u64) -> bool {
        self.likely_size() == Some(size)
            && self.last_modified.is_some()
            && self.last_modified == later.last_modified
            && self.source == later.source
            && self.compare(later) != Sameness::Different
    }

    /// Holds this version against the one a later answer belongs to. Only an equal strong validator
    /// of one and the same resource shows that they are the same (R6, R7).
    pub(super) fn compare(&self, later: &Self) -> Sameness {
        if differ(self.size, later.size) {
            return Sameness::Different;
        }
        let one_source = self.source == later.source;
        if one_source && self.strong_etag().is_some() && self.strong_etag() == later.strong_etag() {
            return Sameness::Same;
        }
        let changed = differ(self.opaque_etag(), later.opaque_etag())
            || differ(self.last_modified.as_deref(), later.last_modified.as_deref());
        if changed {
            return Sameness::Different;
        }
        if one_source && self.strong_date().is_some() && later.last_modified.is_some() {
            return Sameness::Same;
        }
        Sameness::Unknown
    }

    /// This version with what a later answer for it says: newer fields replace the stored ones (R30).
    pub(super) fn renewed(&self, later: Self) -> Self {
        let date_stands = self.strong_date && self.last_modified == later.last_modified;
        let media_type = later.media_type;
        Self {
            strong_date: match later.last_modified {
                None => self.strong_date,
                Some(_) => later.strong_date || date_stands,
            },
            etag: later.etag.or_else(|| self.etag.clone()),
            last_modified: later.last_modified.or_else(|| self.last_modified.clone()),
            size: later.size.or(self.size),
            unsure_size: later.unsure_size.or(self.unsure_size),
            media_type: if media_type.is_empty() { self.media_type.clone() } else { media_type },
            source: later.source,
            filtered: later.filtered,
            resumable: later.resumable,
        }
    }

    /// The `ETag` for a weak comparison (RFC 9110 §8.8.3.2): a server that codes on the fly weakens
    /// its tags without a change of the file.
    fn opaque_etag(&self) -> Option<&str> {
        self.etag.as_deref().map(|etag| etag.strip_prefix("W/").unwrap_or(etag))
    }
}

/// Whether both are known and not equal.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}
