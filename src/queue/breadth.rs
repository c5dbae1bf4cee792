//! How many connections a file gets: more where they help, fewer where they do not.

use super::lobby::NoRoom;
use super::pieces::asked;
use super::{Effect, LONGEST_WAIT, Queue};
use crate::http::Failure;
use crate::protocol::Serial;
use crate::time::Millis;

/// So many connections to one file at most, where nobody names a number.
const MOST: u32 = 4;

/// So long a speed is measured.
const WINDOW: Millis = Millis(1_000);

/// So long is measured before a connection is said to bring nothing. Servers that limit a connection send
/// in bursts, and a flush or a machine with other work takes a good part of a second.
const DOUBT: Millis = Millis(3_000);

/// A connection that has just begun is not as fast as it will be.
const RAMP: Millis = Millis(500);

/// A file that is done in less time than that is not worth a trial of one connection more.
const LEAST_SECONDS: u64 = 3;

/// So long after a connection that brought nothing none is tried.
const PAUSE: Millis = Millis(60_000);

/// How many connections a group's files of one server get: as many as have been seen to help, and no more
/// than the server takes. None of it survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Breadth {
    /// So many help, or the last of them is on trial.
    wanted: u32,
    /// The speed before the one on trial began, in bytes a second.
    before: Option<u64>,
    /// No trial begins earlier.
    next_trial: Millis,
    /// So many were not refused or cut off.
    most: Option<u32>,
    /// How many bodies moved when the measurement began.
    moving: u32,
    /// When the measurement begins.
    since: Millis,
    bytes: u64,
    /// What a server said that asked for patience, and until when.
    patience: Option<(Failure, Millis)>,
}

impl Default for Breadth {
    fn default() -> Self {
        Self {
            wanted: 1,
            before: None,
            next_trial: Millis(0),
            most: None,
            moving: 0,
            since: Millis(0),
            bytes: 0,
            patience: None,
        }
    }
}

impl Breadth {
    /// How many connections there may be, where the settings name a number or leave it open.
    pub(super) fn limit(&self, setting: Option<u32>) -> u32 {
        setting.unwrap_or(self.wanted).min(self.most.unwrap_or(u32::MAX))
    }

    /// Counts bytes that have come over `moving` bodies of a file that has `left` bytes to go. At the
    /// end of each measurement it is decided whether the connection on trial stays, and whether another
    /// one is tried.
    pub(super) fn count(&mut self, bytes: u64, moving: u32, left: u64, now: Millis) {
        if moving != self.moving {
            self.moving = moving;
            return self.measure_from(now.plus(RAMP));
        }
        if now <= self.since {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let elapsed = now.since(self.since);
        if elapsed < WINDOW {
            return;
        }
        let speed = self.bytes.saturating_mul(1_000) / elapsed.0;
        if moving != self.limit(None) {
            return self.measure_from(now);
        }
        let others = u64::from(self.wanted.saturating_sub(1).max(1));
        // Less than a quarter of what each of the others brings is no gain.
        let least = self.before.map_or(0, |before| before.saturating_add(before / (4 * others)));
        let is_gain = speed >= least;
        if !is_gain && elapsed < DOUBT {
            return;
        }
        self.measure_from(now);
        self.before = None;
        let is_worth_it = left / LEAST_SECONDS >= speed;
        let may_be_more = self.wanted < self.most.unwrap_or(MOST).min(MOST);
        if !is_gain {
            self.wanted -= 1;
            self.next_trial = now.plus(PAUSE);
        } else if is_worth_it && may_be_more && now >= self.next_trial {
            self.before = Some(speed);
            self.wanted += 1;
        }
    }

    /// Nothing moves: the time until something does again says nothing of a speed.
    pub(super) const fn forget_speed(&mut self) {
        self.moving = 0;
    }

    fn measure_from(&mut self, since: Millis) {
        self.since = since;
        self.bytes = 0;
    }

    /// A connection was refused, cut off or of no use, while `open` others of its file go on.
    pub(super) fn narrow(&mut self, open: usize) {
        self.most = Some(u32::try_from(open).unwrap_or(u32::MAX).max(1));
        self.before = None;
    }

    /// A server has asked for patience while other connections of the file go on.
    pub(super) fn be_patient(&mut self, failure: &Failure, now: Millis) {
        if let Some(asked) = failure.retry_after.filter(|_| failure.transient) {
            let until = now.plus(asked.min(LONGEST_WAIT));
            self.patience = Some((failure.clone(), until));
        }
    }

    /// Whether a server has asked for patience until later than `now`.
    pub(super) fn is_impatient(&self, now: Millis) -> bool {
        self.patience.as_ref().is_some_and(|(_, until)| *until > now)
    }

    /// What the server said that has asked for patience until later than `now`, with the time that is left.
    pub(super) fn impatience(&mut self, now: Millis) -> Option<Failure> {
        let (failure, until) = self.patience.take().filter(|(_, until)| *until > now)?;
        Some(Failure { retry_after: Some(until.since(now)), ..failure })
    }

    /// The file begins anew after a failure: what its server took before says little.
    pub(super) fn forget_limits(&mut self) {
        self.most = None;
        self.patience = None;
    }
}

impl Queue {
    /// Gives files more connections where they help, and takes them from those that have several where
    /// others are short of a first one.
    pub(super) fn share_out(&mut self, no_room: Option<NoRoom>, now: Millis) {
        let short: Vec<_> = self.lobby.reasons().into_iter().chain(no_room).collect();
        let wide: Vec<_> = self.chosen().filter(|serial| self.traffic.is_wide(*serial)).collect();
        for serial in wide {
            self.widen(serial, &short, now);
        }
        if !short.is_empty() && self.traffic.is_any_divided() {
            for reason in short {
                self.make_room(&reason);
            }
        }
    }

    /// Opens more connections for the group's current file where they help: first for ranges that
    /// nobody fetches, else a body is ended early, whose rest is such a range then. Files that are
    /// `short` of a first connection come before that.
    fn widen(&mut self, serial: Serial, short: &[NoRoom], now: Millis) {
        let Some(group) = self.groups.get(&serial) else { return };
        let Some((index, file)) = group.current() else { return };
        let breadth = group.breadth(file);
        let limit = group.connections_for(file, self.settings.connections.per_file);
        let is_wanted_by_others = short.iter().any(|reason| match reason {
            NoRoom::Anywhere => true,
            NoRoom::At(origin) => origin == file.file.remote.origin(),
        });
        if is_wanted_by_others || breadth.is_some_and(|breadth| breadth.is_impatient(now)) {
            return;
        }
        loop {
            let Some((_, file)) = self.file(serial, index) else { return };
            let (open, shortening) =
                file.open().fold((0, 0u32), |(open, shortening), connection| {
                    let is_shortening = connection.receiving().is_some_and(|body| body.shortening);
                    (open + 1, shortening + u32::from(is_shortening))
                });
            if open == 0 || open + shortening >= limit || self.stopping {
                return;
            }
            let (resume, pieces) = (self.settings.resume, self.host.pieces);
            let Some(size) = file.divisible_size(resume, pieces) else { return };
            if self.check_room(file.file.remote.origin(), shortening).is_err() {
                return;
            }
            if let Some(gap) = file.free_gap(size, now) {
                self.request(serial, index, Some(asked(&gap, size)), now);
            } else if let Some((ticket, until)) = file.division(size, self.host.pieces) {
                let Some(body) = self.file_mut(serial, index).and_then(|file| {
                    file.in_pieces = true;
                    file.receiving_mut(ticket)
                }) else {
                    return;
                };
                body.shortening = true;
                self.effects.push_back(Effect::Shorten { ticket, until });
            } else {
                return;
            }
        }
    }

    /// A file that has no connection needs one: another that has several gives its newest away.
    fn make_room(&mut self, reason: &NoRoom) {
        let mut newest = None;
        for (serial, index) in self.traffic.files() {
            let Some((_, file)) = self.file(serial, index) else { continue };
            if matches!(reason, NoRoom::At(origin) if file.file.remote.origin() != origin) {
                continue;
            }
            if file.connections.iter().any(|connection| !connection.is_open()) {
                // There will be room in a moment.
                return;
            }
            if let Some(last) = file.open().skip(1).last() {
                newest = newest.max(Some((last.ticket, serial, index)));
            }
        }
        if let Some((ticket, serial, index)) = newest {
            self.abort(serial, index, ticket);
        }
    }

    /// One connection less is enough for a file, from here on.
    pub(super) fn narrow(&mut self, serial: Serial, index: u32) {
        let Some((_, file)) = self.file(serial, index) else { return };
        let open = file.open().count();
        if let Some(breadth) = self.breadth_mut(serial, index) {
            breadth.narrow(open);
        }
    }

    pub(super) fn breadth_mut(&mut self, serial: Serial, index: u32) -> Option<&mut Breadth> {
        self.note_uncounted(serial);
        self.groups.get_mut(&serial)?.breadth_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of bodies that report each 100 ms, of `speed` bytes a second together.
    fn seconds(breadth: &mut Breadth, from: u64, seconds: u64, moving: u32, speed: u64) -> u64 {
        for tick in 0..seconds * 10 {
            breadth.count(speed / 10, moving, u64::MAX, Millis(from + tick * 100));
        }
        from + seconds * 1_000
    }

    #[test]
    fn each_connection_that_brings_its_share_is_followed_by_another_up_to_four() {
        let mut breadth = Breadth::default();
        let mut now = 1_000;
        for moving in 1..=4 {
            assert_eq!(breadth.limit(None), moving);
            now = seconds(&mut breadth, now, 2, moving, u64::from(moving) * 5_000_000);
        }
        seconds(&mut breadth, now, 10, 4, 20_000_000);
        assert_eq!(breadth.limit(None), 4);
    }

    #[test]
    fn the_least_gain_is_a_quarter_of_what_each_of_the_others_brings() {
        for (before, after, is_kept) in
            [(100, 124, false), (100, 126, true), (100, 100, false), (100, 50, false)]
        {
            let mut breadth = Breadth::default();
            let now = seconds(&mut breadth, 1_000, 2, 1, before * 1_000);
            let now = seconds(&mut breadth, now, 4, 2, after * 1_000);
            assert_eq!(breadth.limit(None) >= 2, is_kept, "{before} becomes {after}");
            // What was refused is tried again, much later.
            seconds(&mut breadth, now + PAUSE.0, 2, 1, before * 1_000);
            assert!(breadth.limit(None) >= 2, "{before} becomes {after}");
        }
    }

    #[test]
    fn a_second_without_a_gain_is_not_believed() {
        for (then, is_kept) in [(2_000_000, true), (1_000_000, false)] {
            let mut breadth = Breadth::default();
            let now = seconds(&mut breadth, 1_000, 2, 1, 1_000_000);
            // With the half second in which a connection becomes fast.
            let now = seconds(&mut breadth, now, 2, 2, 1_000_000);
            assert_eq!(breadth.limit(None), 2);
            seconds(&mut breadth, now, 2, 2, then);
            assert_eq!(breadth.limit(None) >= 2, is_kept, "then {then} bytes a second");
        }
    }

    #[test]
    fn what_comes_in_bursts_is_measured_over_several() {
        // As nginx limits a connection: 2 MiB every 420 ms, to all of them at once.
        for phase in 0..42 {
            let mut breadth = Breadth::default();
            for tick in 0..1_500 {
                let moving = breadth.limit(None);
                let is_burst = tick % 42 == phase;
                let bytes = if is_burst { u64::from(moving) << 21 } else { 1_696 };
                if is_burst || tick % 10 == 0 {
                    breadth.count(bytes, moving, u64::MAX, Millis(1_000 + tick * 10));
                }
            }
            assert_eq!(breadth.limit(None), 4, "the first burst after {phase} hundredths");
        }
    }

    #[test]
    fn what_is_done_soon_is_left_alone() {
        for (left, is_tried) in [(2_999_999, false), (3_100_000, true)] {
            let mut breadth = Breadth::default();
            for tick in 0..20 {
                breadth.count(100_000, 1, left, Millis(1_000 + tick * 100));
            }
            assert_eq!(breadth.limit(None) == 2, is_tried, "{left} bytes at 1 MB/s");
        }
    }

    #[test]
    fn a_number_holds_and_a_refusal_is_below_it() {
        let mut breadth = Breadth::default();
        assert_eq!(breadth.limit(Some(7)), 7);
        breadth.narrow(2);
        assert_eq!((breadth.limit(Some(7)), breadth.limit(None)), (2, 1));
        breadth.narrow(0);
        assert_eq!(breadth.limit(Some(7)), 1);
        breadth.forget_limits();
        assert_eq!(breadth.limit(Some(7)), 7);
    }

    #[test]
    fn time_in_which_nothing_moves_does_not_count() {
        let mut breadth = Breadth::default();
        let now = seconds(&mut breadth, 1_000, 1, 1, 1_000_000);
        breadth.forget_speed();
        // Were the minute counted, the speed would be next to nothing.
        breadth.count(1_000, 1, 1_000_000, Millis(now + 60_000));
        assert_eq!(breadth.limit(None), 1);
    }
}
