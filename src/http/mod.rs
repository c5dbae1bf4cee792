//! Which request to send for a file, and what may be done with the body of its answer.
//!
//! Pure: no queue, no clock, no bytes. One file is fetched by turning this wheel:
//!
//! ```text
//!        ┌──────── Restart, WithoutRange: what is kept is forgotten ────────┐
//!        ▼                                                                  │
//! Kept ─► plan ─► Request ─► (the driver fetches) ─► AnswerHead ─► judge ───┤
//!        ▲                                    Compare: first the overlap ◄──┤
//!        │                                                                  │ Append, Whole
//!        └──── More, Cut ◄── judge_end ◄── Ending ◄── (the driver writes) ◄─┘
//! ```
//!
//! It stops at [`Verdict::Complete`], [`EndVerdict::FileComplete`] or a [`Failure`] that is not
//! transient. Nothing here counts turns: whoever turns the wheel bounds the verdicts that bring a
//! file no further.
//!
//! The rule behind every line: **bytes are appended only to bytes of the same version, and at the
//! place the answer itself names**. An `If-Range` only saves a round trip; what counts is the
//! validator in the answer, since a server that does not know `If-Range` passes over it in silence.
//! With `resume: "likely"` equal bytes stand in for a validator ([`Verdict::Compare`]); no byte that is
//! kept is written again for that.

mod answer;
mod content_range;
mod end;
mod failure;
mod field;
mod fresh;
mod judge;
mod kept;
mod reach;
mod request;
mod version;

pub use answer::{AnswerHead, Headers};
pub use end::{EndVerdict, Ending, judge_end};
pub use failure::Failure;
pub use fresh::Fresh;
pub use judge::{Verdict, judge, may_be_continued, shows_change};
pub use kept::{Kept, OVERLAP};
pub use reach::Reach;
pub use request::{ByteRange, Request, plan, plan_range};
pub use version::Version;

/// The largest size, in bytes, of a file that is fetched: the largest integer that a JavaScript
/// number holds exactly.
pub const MAX_SIZE: u64 = (1 << 53) - 1;
