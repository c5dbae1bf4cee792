//! Time as an argument: the one type in which a driver tells the pure rooms what time it is.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, or a span of them.
///
/// The driver's clock starts at the wall clock's time and then only moves forward, so that a
/// corrected wall clock neither fires nor delays a timer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// One second.
    pub const SECOND: Self = Self(1_000);

    /// This time moved `span` later; the far end of time stands still.
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This time moved `span` earlier; the beginning of time stands still.
    #[must_use]
    pub const fn minus(self, span: Self) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The span from `earlier` to this time; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}
