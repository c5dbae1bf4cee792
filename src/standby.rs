//! When a worker that waits for its turn takes the place of one that is silent.
//!
//! The queue's lock says who is active. Its holder says so each [`BEAT`]; a browser takes the lock from
//! a tab that is closed or killed, but leaves it to one that is frozen. So a worker whose page can be
//! seen takes the lock of a holder that it has not heard for [`SILENCE`]. A holder that wakes up finds
//! itself fenced and goes.
//!
//! # How to use it
//!
//! Make a [`Standby`] when the wait begins, tell it what happens, and ask it at least each [`BEAT`]
//! whether [`must_steal`](Standby::must_steal).

use crate::time::Millis;

/// How often the holder of the lock says that it lives.
pub const BEAT: Millis = Millis(1_000);

/// Who says nothing for so long is taken for frozen.
pub const SILENCE: Millis = Millis(5_000);

/// A worker that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standby {
    /// Whether its page can be seen. Hidden ones wait: they may be frozen next.
    visible: bool,
    /// For how long it has listened and heard nothing.
    silence: Millis,
    /// When it last listened.
    looked_at: Millis,
}

impl Standby {
    /// A wait that begins.
    #[must_use]
    pub const fn new(visible: bool, now: Millis) -> Self {
        Self { visible, silence: Millis(0), looked_at: now }
    }

    /// The page was shown or hidden.
    pub const fn show(&mut self, visible: bool, now: Millis) {
        self.visible = visible;
        self.hear(now);
    }

    /// The holder of the lock has said something.
    pub const fn hear(&mut self, now: Millis) {
        self.silence = Millis(0);
        self.looked_at = now;
    }

    /// Whether the lock has to be taken from a silent holder. Asked less often than each [`BEAT`] it
    /// answers later: whoever slept itself has not listened, and what was said meanwhile may be on its
    /// way still.
    pub fn must_steal(&mut self, now: Millis) -> bool {
        let listened = now.since(self.looked_at).min(BEAT.plus(BEAT));
        self.silence = self.silence.plus(listened);
        self.looked_at = now;
        self.visible && self.silence >= SILENCE
    }
}
