//! When two states of the world are one: equal but for the names of orders and the time of day.
//!
//! The queue tells tickets and the numbers of calls apart and does nothing else with them, and it
//! compares times only with each other. So two states that a renaming and a shift in time make equal
//! behave alike, and the walk goes on from one of them. The renaming works on the stream of numbers that
//! `derive(Hash)` writes: a number in the range of names becomes the place where it first stands, a
//! time becomes its distance from now.

use crate::sim::START;
use qmgr::time::Millis;
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// Tickets begin at the epoch times 2^32; no size, delay or setting of a small world is as large.
const NAMES: Range<u64> = 1 << 32..1 << 39;

/// The number of the first call, above all tickets.
pub const FIRST_CALL: u64 = 1 << 38;

/// Whatever is older is as old as that: no timeout of a small world is longer.
const OLDEST: u64 = 90_000_000;

/// What stands for a state among those seen: equal for states that are one, and for no others, as far
/// as SHA-256 goes.
pub fn fingerprint(state: &impl Hash, now: Millis) -> u128 {
    let mut canonical =
        Canonical { bytes: Vec::with_capacity(8192), names: Vec::new(), now: now.0 };
    state.hash(&mut canonical);
    let digest: [u8; 32] = Sha256::digest(&canonical.bytes).into();
    let (half, _) = digest.split_first_chunk().expect("half of a digest");
    u128::from_le_bytes(*half)
}

/// Collects what is hashed, in its canonical form.
struct Canonical {
    bytes: Vec<u8>,
    names: Vec<u64>,
    now: u64,
}

impl Canonical {
    fn put(&mut self, kind: u8, number: u64) {
        self.bytes.push(kind);
        self.bytes.extend(number.to_le_bytes());
    }

    fn name(&mut self, name: u64) -> u64 {
        let known = self.names.iter().position(|&known| known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        place as u64
    }
}

impl Hasher for Canonical {
    fn write(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        if NAMES.contains(&number) {
            let place = self.name(number);
            self.put(1, place);
        } else if number >= START.0 {
            match self.now.checked_sub(number) {
                Some(age) => self.put(2, age.min(OLDEST)),
                None => self.put(3, number - self.now),
            }
        } else {
            self.put(0, number);
        }
    }

    fn finish(&self) -> u64 {
        unreachable!("nothing asks for it: the bytes are what is wanted")
    }
}

#[test]
fn states_that_differ_in_names_and_time_alone_are_one() {
    let state = |ticket: u64, now: Millis| ((ticket, 7u64), ticket + 1, now.plus(Millis(5)), now);
    let (early, late) = (START, START.plus(Millis::SECOND));
    let one = fingerprint(&state(1 << 32, early), early);
    assert_eq!(one, fingerprint(&state(3 << 32, late), late));
    assert_ne!(one, fingerprint(&state(1 << 32, early), late), "another age");
    let one_name_twice = ((1u64 << 32, 7u64), 1u64 << 32, early.plus(Millis(5)), early);
    assert_ne!(one, fingerprint(&one_name_twice, early));
}
