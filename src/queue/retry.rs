//! How long to wait before the next attempt.

use super::LONGEST_WAIT;
use crate::protocol::Retry;
use crate::time::Millis;

/// BITS raises smaller minimum delays to this one; ours may be tuned lower only for tests, down to this.
const SHORTEST: u64 = 1;

/// The delay after `failures` failures in a row (1 or more): the minimum delay doubled each time up to
/// the maximum, never beyond 24 h, spread by ±20 % so that many pages do not return to a mended server all at once.
///
/// `dice` is any number; the same one gives the same delay.
pub(super) fn delay(settings: &Retry, failures: u32, dice: u64) -> Millis {
    let doublings = failures.saturating_sub(1).min(32);
    let longest = settings.maximum_delay.min(LONGEST_WAIT).0.max(SHORTEST);
    let base = settings.minimum_delay.0.max(SHORTEST).saturating_mul(1 << doublings).min(longest);
    let spread = base / 5;
    Millis(base - spread + mixed(dice) % (2 * spread + 1))
}

/// A bijection that scatters neighbouring numbers over the whole range (the finalizer of SplitMix64).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_the_minimum_to_the_maximum_within_a_fifth() {
        let settings = Retry::default();
        for (failures, base) in
            [(1, 5_000), (2, 10_000), (3, 20_000), (7, 320_000), (8, 600_000), (99, 600_000)]
        {
            for dice in 0..100 {
                let Millis(delay) = delay(&settings, failures, dice);
                assert!(
                    (base - base / 5..=base + base / 5).contains(&delay),
                    "{failures}: {delay}"
                );
            }
        }
    }

    #[test]
    fn different_dice_spread_the_delays() {
        let delays: std::collections::BTreeSet<_> =
            (0..20).map(|dice| delay(&Retry::default(), 1, dice)).collect();
        assert!(delays.len() > 10);
    }
}
