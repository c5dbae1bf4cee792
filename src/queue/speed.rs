//! How fast a group moves, as a moving average.

use crate::time::Millis;

/// Windows shorter than this say more about buffers than about the network.
const WINDOW: Millis = Millis(500);

/// A moving average of bytes a second: each window of half a second counts for a third.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Speed {
    since: Option<Millis>,
    bytes: u64,
    average: u64,
}

impl Speed {
    /// Counts bytes that have arrived by `now`.
    pub(super) fn count(&mut self, bytes: u64, now: Millis) {
        let since = *self.since.get_or_insert(now);
        self.bytes = self.bytes.saturating_add(bytes);
        let elapsed = now.since(since);
        if elapsed >= WINDOW {
            let rate = self.bytes.saturating_mul(1_000) / elapsed.0;
            self.average = if self.average == 0 { rate } else { self.average / 3 * 2 + rate / 3 };
            self.since = Some(now);
            self.bytes = 0;
        }
    }

    /// Bytes a second.
    pub(super) const fn bytes_per_second(&self) -> u64 {
        self.average
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_shows_its_own_speed() {
        let mut speed = Speed::default();
        for tick in 0..50 {
            speed.count(100_000, Millis(1_000 + tick * 100));
        }
        assert!(
            (950_000..=1_250_000).contains(&speed.bytes_per_second()),
            "{}",
            speed.bytes_per_second()
        );
    }
}
