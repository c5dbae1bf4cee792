//! The head of an answer, as far as a browser lets it be seen.

use super::{ByteRange, content_range::ContentRange, field};

/// What is known of an answer before its body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AnswerHead {
    /// The status code.
    pub status: u16,
    /// Whether header fields may have been hidden (the `cors` response type of the Fetch standard):
    /// then an absent field says nothing about the server.
    pub filtered: bool,
    /// The URL that answered, after all redirects.
    pub url: String,
    /// The header fields that matter to a download.
    pub headers: Headers,
}

/// The header fields that matter to a download, as sent; `None` for one that is absent or hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers {
    /// `Accept-Ranges`.
    pub accept_ranges: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Length`.
    pub content_length: Option<String>,
    /// `Content-Range`.
    pub content_range: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Date`.
    pub date: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
}

/// Whether the body passed through a content coding, so that its bytes are not those that lengths
/// and ranges count (R21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Coded,
    Hidden,
    Plain,
}

impl AnswerHead {
    pub(super) fn coding(&self) -> Coding {
        match self.headers.content_encoding.as_deref().map(str::trim) {
            None if self.filtered => Coding::Hidden,
            None | Some("") => Coding::Plain,
            Some(coding) if coding.eq_ignore_ascii_case("identity") => Coding::Plain,
            Some(_) => Coding::Coded,
        }
    }

    /// The `Content-Length`, if there is one that can be read.
    pub(super) fn length(&self) -> Option<u64> {
        field::length(self.headers.content_length.as_deref()?)
    }

    /// The `Content-Range`, if there is one that can be read.
    pub(super) fn range(&self) -> Option<ContentRange> {
        ContentRange::parse(self.headers.content_range.as_deref()?)
    }

    /// Whether a `Content-Range` may have been sent that the browser did not show.
    pub(super) fn may_hide_range(&self) -> bool {
        self.filtered && self.headers.content_range.is_none()
    }

    /// Whether the body is a MIME envelope around its ranges (R19); the type was registered with and
    /// without the `x-` (R20).
    pub(super) fn is_multipart(&self) -> bool {
        let essence = field::essence(self.headers.content_type.as_deref().unwrap_or_default());
        ["multipart/byteranges", "multipart/x-byteranges"]
            .iter()
            .any(|multipart| essence.eq_ignore_ascii_case(multipart))
    }

    /// Whether the server said that it serves no ranges (R23). That it says it does is no promise (R22).
    pub(super) fn refuses_ranges(&self) -> bool {
        let accepted = self.headers.accept_ranges.as_deref().map(str::trim);
        accepted.is_some_and(|unit| unit.eq_ignore_ascii_case("none"))
    }

    /// Where the bytes of an answer of one range to `asked` begin and end (half-open), by its lengths
    /// alone: the guess that remains where its `Content-Range` is hidden.
    pub(super) fn guessed_end(&self, asked: ByteRange) -> Option<u64> {
        self.length().map(|length| asked.start.saturating_add(length))
    }
}
