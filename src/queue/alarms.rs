//! What is due when time has passed, and when to look again.

use super::Queue;
use super::connection::Connection;
use super::state::{Cause, State};
use crate::abi::Hresult;
use crate::http::Failure;
use crate::ordered::Set;
use crate::protocol::Serial;
use crate::time::Millis;

/// Idle groups are looked for this often, or more often where the limit is shorter.
const IDLE_CHECK: Millis = Millis(3_600_000);

impl Queue {
    /// Does what is due, then settles.
    pub fn handle_alarm(&mut self, now: Millis) {
        let due = self.alarms.range(..=(now, Serial(u64::MAX))).map(|&(_, serial)| serial);
        for serial in due.collect::<Set<_>>() {
            let Some(group) = self.groups.get(&serial) else { continue };
            let State::Waiting(wait) = group.state() else { continue };
            if wait.next_attempt_at.is_some_and(|at| at <= now) {
                self.try_again(serial, now);
            } else if self.gives_up_at(group).is_some_and(|at| at <= now) {
                self.give_up(serial, now);
            }
        }
        for (serial, index) in self.traffic.due(now).collect::<Vec<_>>() {
            self.flush_if_due(serial, index, now);
            self.abort_if_stalled(serial, index, now);
            self.ask_others_of(serial, index, now);
        }
        if now >= self.next_idle_check() {
            self.idle_checked_at = now;
            self.cancel_idle_groups(now);
        }
        self.call_again(now);
        self.settle(now);
    }

    fn abort_if_stalled(&mut self, serial: Serial, index: u32, now: Millis) {
        let timeout = self.settings.retry.stall_timeout;
        let Some((_, file)) = self.file(serial, index) else { return };
        let has_stalled =
            |open: &&Connection| open.moved_at().is_some_and(|at| now.since(at) >= timeout);
        let stalled: Vec<_> = file.open().filter(has_stalled).map(|open| open.ticket).collect();
        for ticket in stalled {
            self.abort(serial, index, ticket);
            let is_alone =
                self.file(serial, index).is_some_and(|(_, file)| file.open().count() == 0);
            if is_alone {
                let failure = Failure {
                    hresult: Hresult::WINHTTP_TIMEOUT,
                    message: format!("no byte came for {} ms", timeout.0),
                    transient: true,
                    http_status: 0,
                    retry_after: None,
                };
                self.fail(serial, Some(index), failure, now);
            } else {
                self.narrow(serial, index);
            }
        }
    }

    fn next_idle_check(&self) -> Millis {
        let timeout = self.settings.inactivity_timeout.unwrap_or(IDLE_CHECK);
        self.idle_checked_at.plus(timeout.clamp(Millis::SECOND, IDLE_CHECK))
    }

    /// Ruling A45: what such a group has not published is dropped.
    fn cancel_idle_groups(&mut self, now: Millis) {
        let Some(timeout) = self.settings.inactivity_timeout else { return };
        let idle: Vec<_> = self
            .by_id
            .values()
            .copied()
            .filter(|serial| {
                self.groups.get(serial).is_some_and(|group| now.since(group.touched_at) >= timeout)
            })
            .collect();
        for serial in idle {
            self.leave(serial, Cause::Inactivity, now);
        }
    }

    /// When [`Queue::handle_alarm`] has something to do, if nothing else happens before.
    pub fn next_alarm(&self) -> Option<Millis> {
        let of_waiting = self.alarms.first().map(|&(at, _)| at);
        let idle = (!self.by_id.is_empty()).then(|| self.next_idle_check());
        let others = sooner(of_waiting, self.traffic.next_alarm());
        let others = sooner(others, sooner(idle, self.window_ends_at()));
        let others = sooner(others, self.callbacks.next_alarm());
        // Whether the holder can give way is looked into only where its slice ends first.
        let slice = self
            .turn
            .filter(|_| self.background.len() > 1)
            .map(|(holder, since)| (holder, since.plus(self.settings.time_slice)))
            .filter(|&(holder, end)| {
                others.is_none_or(|other| end < other) && self.can_give_way(holder)
            })
            .map(|(_, end)| end);
        slice.or(others)
    }
}

/// The earlier of two times, where there are any.
fn sooner(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
