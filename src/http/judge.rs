//! What may be done with the body of an answer.

use super::answer::Coding;
use super::content_range::ContentRange;
use super::version::Sameness;
use super::{AnswerHead, ByteRange, Failure, Kept, MAX_SIZE, OVERLAP, Request, Version};
use crate::abi::Hresult;
use crate::time::Millis;

/// What may be done with the body of an answer.
///
/// Where a body may be written, it must end at `until` when that is known. A driver writes nothing
/// at or beyond `until`, even if the body goes on, since durable bytes may follow there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The body continues the kept version.
    Append {
        /// Where the body's first byte belongs.
        at: u64,
        /// Where the body ends (half-open).
        until: Option<u64>,
        /// The kept version, with what this answer adds to it.
        version: Version,
    },
    /// The body begins with bytes that are kept. If it has the same there, it continues the kept
    /// version at `from`, as after [`Self::Append`]; otherwise as after [`Self::Restart`].
    Compare {
        /// Where the body's first byte belongs.
        at: u64,
        /// Up to where bytes are compared (half-open).
        from: u64,
        /// Where the body ends (half-open), at `from` if nothing is missing.
        until: u64,
        /// The kept version, with what this answer adds to it.
        version: Version,
    },
    /// All bytes are there; drop the body.
    Complete {
        /// The version, its size known.
        version: Version,
    },
    /// Drop the body; this file cannot be had, or not at this time.
    Failed(Failure),
    /// Drop the body, forget what is kept, ask again from zero. Says why.
    Restart(&'static str),
    /// The body begins at the first byte of a version that need not be the kept one: write it into a
    /// new generation.
    Whole {
        /// Where the body ends (half-open); the file may go on.
        until: Option<u64>,
        /// The version.
        version: Version,
    },
    /// Drop the body, forget what is kept, ask again without `Range`. Says why. Never the verdict on
    /// an answer to a request without one.
    WithoutRange(&'static str),
}

/// Judges the head of the answer to `request`, which [`plan`](super::plan) made for the same `kept`.
///
/// `now` is for a `Retry-After` that names a date. The rules are those of RFC 9110 and of practice,
/// R1 to R35 in the notes on the web platform.
#[must_use]
pub fn judge(request: &Request, kept: &Kept<'_>, head: &AnswerHead, now: Millis) -> Verdict {
    let verdict = match (head.status, request.range) {
        (200, _) => whole(head),
        (206, Some(asked)) => part(request, asked, kept, head),
        (206, None) => Verdict::Failed(Failure::fatal(
            Hresult::BG_E_INVALID_SERVER_RESPONSE,
            head.status,
            "the server answered 206 to a request without Range",
        )),
        (416, Some(asked)) => unsatisfied(request, asked, kept, head),
        _ => Verdict::Failed(Failure::of_status(head, now)),
    };
    match rejected_size(&verdict, kept, head) {
        Some(failure) => Verdict::Failed(failure),
        None => verdict,
    }
}

/// Whether an answer shows that its server holds another version than the kept one. One that tells
/// nothing of its version, or comes from another place of the same file, does not.
#[must_use]
pub fn shows_change(kept: &Kept<'_>, head: &AnswerHead) -> bool {
    let size = match (head.status, head.range()) {
        (200, _) => head.length().filter(|_| head.coding() == Coding::Plain),
        (206, Some(ContentRange::Part { total, .. })) => total,
        (206, Some(ContentRange::Unsatisfied { .. }) | None) => None,
        _ => return false,
    };
    let found = Version::of(head, size, true);
    kept.version.is_some_and(|version| {
        version.source == found.source && version.compare(&found) == Sameness::Different
    })
}

/// Whether the answer to a request for a whole file may be of the very version that is kept, so that
/// a range of it would continue that. One that came out of a content coding is not (R21).
#[must_use]
pub fn may_be_continued(kept: &Kept<'_>, head: &AnswerHead) -> bool {
    let kept_size = kept.version.and_then(|version| version.size).or(kept.expected_size);
    let is_as_long = match (head.length(), kept_size) {
        (Some(length), Some(size)) => length == size,
        (Some(_), None) | (None, _) => true,
    };
    head.coding() != Coding::Coded && is_as_long && !shows_change(kept, head)
}

/// 200: a whole representation, whatever was asked for (R15). A `Content-Range` means nothing (R14).
fn whole(head: &AnswerHead) -> Verdict {
    // Content-Length counts coded bytes, the file is the decoded ones, and across origins a coding is
    // hidden. A request with Range forbids codings, but a server that ignores the one may ignore the
    // other, and engines differ in whether they decode it or fail. So a length that may be a coded
    // one decides nothing here. Nothing is lost by that: the browser holds the body against it on
    // the wire and reports a short one as a broken connection.
    let plain = head.coding() == Coding::Plain;
    let size = head.length().filter(|_| plain);
    let resumable = plain && !head.refuses_ranges();
    let may_be_plain = head.coding() == Coding::Hidden && !head.refuses_ranges();
    let unsure_size = head.length().filter(|_| may_be_plain);
    let version = Version { unsure_size, ..Version::of(head, size, resumable) };
    Verdict::Whole { until: size, version }
}

/// 206: a part, where and of what it says itself (R8).
fn part(request: &Request, asked: ByteRange, kept: &Kept<'_>, head: &AnswerHead) -> Verdict {
    if head.is_multipart() {
        return Verdict::WithoutRange("the server answered one range with multipart/byteranges");
    }
    if head.coding() == Coding::Coded {
        return Verdict::WithoutRange("the range counts the bytes of a content coding");
    }
    if head.may_hide_range() {
        return hidden_part(request, asked, kept, head);
    }
    let Some(range @ ContentRange::Part { first, last, total }) = head.range() else {
        return Verdict::WithoutRange("the server answered 206 without a valid Content-Range");
    };
    if range.largest() > MAX_SIZE {
        return Verdict::Failed(too_large(head));
    }
    if !range.is_sound() {
        return Verdict::WithoutRange("the numbers of the Content-Range contradict each other");
    }
    if head.length().is_some_and(|length| length != last - first + 1) {
        return Verdict::WithoutRange("Content-Length and Content-Range contradict each other");
    }
    let end = last + 1;
    let version = Version::of(head, total, true);
    if request.asks_for_all() && first == 0 {
        return Verdict::Whole { until: Some(end), version };
    }
    if request.overlap > 0 && first == asked.start {
        return compared(asked.start + request.overlap, kept, version, end);
    }
    if first == asked.start
        && let Some(version) = continued(kept, version.clone(), end)
    {
        let until = asked.last.map_or(end, |last| end.min(last + 1));
        return Verdict::Append { at: first, until: Some(until), version };
    }
    if first == 0 && total == Some(end) {
        return Verdict::Whole { until: Some(end), version };
    }
    if first == asked.start {
        Verdict::Restart("nothing proves that the part is of the kept version")
    } else {
        Verdict::WithoutRange("the server sent another range than the one asked for")
    }
}

/// 206 whose `Content-Range` CORS hides. It may begin anywhere and be a part of anything, even if its
/// length is the one that the caller expects, so it is used only if the caller's hash would find out.
fn hidden_part(request: &Request, asked: ByteRange, kept: &Kept<'_>, head: &AnswerHead) -> Verdict {
    let until = head.guessed_end(asked);
    if request.asks_for_all() {
        // Nor would the end of a body without a length show whether it was all of the file.
        if !kept.hash_decides || until.is_none() {
            return Verdict::WithoutRange("the Content-Range is hidden");
        }
        return Verdict::Whole { until, version: Version::of(head, None, true) };
    }
    if request.overlap > 0 {
        let Some(end) = until else {
            return Verdict::Restart("neither the Content-Range nor a length can be seen");
        };
        return compared(asked.start + request.overlap, kept, Version::of(head, until, true), end);
    }
    let size = kept.version.and_then(|version| version.size);
    let wanted = asked.last.map(|last| last.saturating_add(1)).or(size);
    if !kept.hash_decides || wanted.is_some() && until != wanted {
        return Verdict::Restart("the Content-Range is hidden");
    }
    match continued(kept, Version::of(head, None, true), until.unwrap_or(asked.start)) {
        Some(version) => Verdict::Append { at: asked.start, until, version },
        None => Verdict::Restart("nothing proves that the part is of the kept version"),
    }
}

/// A part up to `end` whose bytes before `from` are kept already.
fn compared(from: u64, kept: &Kept<'_>, later: Version, end: u64) -> Verdict {
    let like = |version: &&Version| later.size.is_some_and(|size| version.is_like(&later, size));
    let Some(version) = kept.version.filter(like) else {
        return Verdict::Restart("length or Last-Modified are not those of the kept version");
    };
    let version = version.renewed(later);
    if end < from || version.size.is_some_and(|size| kept.end() > size) {
        return Verdict::Restart("the part ends before what is kept");
    }
    let gap = kept.next_gap().and_then(|gap| gap.last);
    let until = gap.map_or(end, |last| end.min(last + 1));
    Verdict::Compare { at: from - OVERLAP, from, until, version }
}

/// 416: nothing of what was asked for exists. It may, but need not come where it could (R18).
fn unsatisfied(request: &Request, asked: ByteRange, kept: &Kept<'_>, head: &AnswerHead) -> Verdict {
    let total = match head.range() {
        Some(ContentRange::Unsatisfied { total }) => total,
        // The status alone says that the file ends where the request began, or before: where the
        // caller expects, if that is before.
        None if head.may_hide_range() && kept.hash_decides && !request.asks_for_all() => {
            kept.expected_size.map_or(asked.start, |expected| asked.start.min(expected))
        }
        Some(ContentRange::Part { .. }) | None => {
            return Verdict::WithoutRange("the server answered 416 without the size of the file");
        }
    };
    if request.asks_for_all() {
        return match total {
            0 if kept.durable.is_empty() => {
                // Type and validators of this answer may be those of its error page.
                let version = Version::of(&bare(head), Some(0), false);
                Verdict::Complete { version }
            }
            0 => Verdict::Restart("the file is empty"),
            1.. => Verdict::WithoutRange("the server answered 416 to a request for all bytes"),
        };
    }
    let Some(version) = kept.version else {
        return Verdict::Restart("nothing is known of the kept version");
    };
    let later = Version { size: Some(total), ..Version::of(head, None, true) };
    let proven = match version.compare(&later) {
        Sameness::Different => false,
        Sameness::Same => true,
        // Unlike a 206, a 416 need not carry validators; a server that holds If-Range to be false
        // must not send one at all.
        Sameness::Unknown => {
            kept.hash_decides || request.if_range.is_some() && version.source == later.source
        }
    };
    if proven && kept.is_whole(total) {
        let size = Some(total);
        Verdict::Complete { version: Version { size, ..version.clone() } }
    } else {
        Verdict::Restart("the file is shorter than what is kept of it, or another version")
    }
}

/// The kept version as the answer `later` continues it up to `end`; `None` without proof that it does.
fn continued(kept: &Kept<'_>, later: Version, end: u64) -> Option<Version> {
    let version = kept.version.filter(|version| version.resumable)?;
    let same = match version.compare(&later) {
        Sameness::Different => false,
        Sameness::Same => true,
        Sameness::Unknown => kept.hash_decides,
    };
    let version = version.renewed(later);
    let fits = version.size.is_none_or(|size| kept.end() <= size && end <= size);
    (same && fits).then_some(version)
}

/// A size known from the head that rules the file out.
fn rejected_size(verdict: &Verdict, kept: &Kept<'_>, head: &AnswerHead) -> Option<Failure> {
    let (version, until) = match verdict {
        Verdict::Append { version, until, .. } | Verdict::Whole { version, until } => {
            (version, *until)
        }
        Verdict::Compare { version, until, .. } => (version, Some(*until)),
        Verdict::Complete { version } => (version, None),
        Verdict::Failed(_) | Verdict::Restart(_) | Verdict::WithoutRange(_) => return None,
    };
    if head.status != 416 && head.length().max(until) > Some(MAX_SIZE) {
        return Some(too_large(head));
    }
    match (version.size, kept.expected_size) {
        (Some(size), Some(expected)) if size != expected => {
            Some(Failure::unexpected_size(size, expected, head.status))
        }
        (Some(_) | None, _) => None,
    }
}

fn too_large(head: &AnswerHead) -> Failure {
    let message = format!("the file has more than {MAX_SIZE} bytes");
    Failure::fatal(Hresult::BG_E_TOO_LARGE, head.status, message)
}

/// The head without its header fields.
fn bare(head: &AnswerHead) -> AnswerHead {
    AnswerHead { headers: super::Headers::default(), ..head.clone() }
}
