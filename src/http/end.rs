//! What the end of a body means.

use super::{Failure, Kept};

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// With a transport error.
    Broken,
    /// Without one: the reader said `done`.
    Closed,
}

/// What the end of a body means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndVerdict {
    /// The connection ended before the body did: ask for the rest later. The failure is transient.
    Cut(Failure),
    /// This file cannot be had.
    Failed(Failure),
    /// All bytes are there.
    FileComplete {
        /// How many.
        size: u64,
    },
    /// The answer is used up and bytes are missing: ask for the rest.
    More,
    /// Forget what is kept, ask again without `Range`. Says why.
    WithoutRange(&'static str),
}

/// Judges the end of a body that an [`Append`](super::Verdict) or a [`Whole`](super::Verdict) let in.
///
/// `kept` is what is durable with the new bytes in it, and the version that the verdict gave. `until`
/// is the verdict's. `position` is how far the body reached in the file, the bytes beyond `until`
/// counted that were not written.
#[must_use]
pub fn judge_end(kept: &Kept<'_>, until: Option<u64>, position: u64, ending: Ending) -> EndVerdict {
    match (until, ending) {
        (Some(until), _) if position > until => {
            // More than was asked for is harmless where it repeats what is kept.
            if kept.durable.contains(until) { rest(kept) } else { overlong() }
        }
        // All that was promised is there, so that even a broken connection lost nothing.
        (Some(until), _) if position == until => rest(kept),
        (Some(until), _) => {
            EndVerdict::Cut(Failure::cut(format!("the body ended at byte {position} of {until}")))
        }
        (None, Ending::Broken) => {
            EndVerdict::Cut(Failure::cut(format!("the connection broke at byte {position}")))
        }
        (None, Ending::Closed) => whole_file(kept, position),
    }
}

/// The answer brought all that its head promised.
fn rest(kept: &Kept<'_>) -> EndVerdict {
    match kept.version.and_then(|version| version.size) {
        Some(size) if kept.is_whole(size) => complete(kept, size),
        // The rest could not be proven to be of this version, so no second range can be had of it;
        // starting again would end here again.
        Some(_) | None if kept.proof().is_none() => EndVerdict::WithoutRange(
            "only a part was sent, and nothing proves the version of a second one",
        ),
        Some(_) | None => EndVerdict::More,
    }
}

/// A body of unknown length that ended without a transport error is all there is (R25).
fn whole_file(kept: &Kept<'_>, position: u64) -> EndVerdict {
    match kept.version.and_then(|version| version.size) {
        Some(_) => rest(kept),
        None if kept.is_whole(position) => complete(kept, position),
        None => rest(kept),
    }
}

fn complete(kept: &Kept<'_>, size: u64) -> EndVerdict {
    match kept.expected_size {
        Some(expected) if expected != size => {
            EndVerdict::Failed(Failure::unexpected_size(size, expected, 0))
        }
        Some(_) | None => EndVerdict::FileComplete { size },
    }
}

/// The body goes on after the end that its own head named; which of the two is wrong cannot be told.
fn overlong() -> EndVerdict {
    EndVerdict::WithoutRange("the body is longer than its head says")
}
