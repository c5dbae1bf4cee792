//! What a failure of the network, the server or the disk does to a group, and when it is tried again.

use super::commands::forget_delay;
use super::group::Group;
use super::state::{Cause, State};
use super::transfer::Again;
use super::{DiskFailure, Queue, retry};
use crate::abi::Hresult;
use crate::http::Failure;
use crate::protocol::{GroupError, Serial, Wait, WaitReason};
use crate::snapshot::{NO_ROOM, Trouble};
use crate::time::Millis;

/// How often a file that another context holds is tried again.
const BUSY_DELAY: Millis = Millis(1_000);

impl Queue {
    /// What the disk refused. While a group leaves the queue, a file that cannot be kept is dropped
    /// (ruling A9: CancelGroup succeeds even if only part was kept).
    pub(super) fn fail_on_disk(
        &mut self,
        serial: Serial,
        index: u32,
        failure: &DiskFailure,
        now: Millis,
    ) {
        let is_leaving = self
            .groups
            .get(&serial)
            .is_some_and(|group| matches!(group.state(), State::Cancelled { .. }));
        match failure {
            DiskFailure::Busy if !is_leaving => {
                if let Some(file) = self.file_mut(serial, index) {
                    file.held_since.get_or_insert(now);
                }
                self.wait_for_disk(serial, index, now);
            }
            DiskFailure::Missing { .. } => self.begin_again(serial, index, Again::Lost, now),
            DiskFailure::Busy
            | DiskFailure::Full
            | DiskFailure::InTheWay
            | DiskFailure::Other(_)
                if is_leaving =>
            {
                self.begin_again(serial, index, Again::Unkept, now);
            }
            DiskFailure::Busy
            | DiskFailure::Full
            | DiskFailure::InTheWay
            | DiskFailure::Other(_) => {
                self.fail(serial, Some(index), disk_failure(failure), now);
            }
        }
    }

    /// A group whose file has to be fetched anew is not publishing any more.
    pub(super) fn run_again(&mut self, serial: Serial, now: Millis) {
        if let Some(group) = self.groups.get_mut(&serial)
            && group.follow(Cause::PartLost)
        {
            self.change_group(serial, now);
        }
    }

    fn wait_for_disk(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some(group) = self.groups.get_mut(&serial) else { return };
        let wait = Wait {
            reason: WaitReason::StorageBusy,
            next_attempt_at: Some(now.plus(BUSY_DELAY)),
            last_error: Some(group_error(Some(index), disk_failure(&DiskFailure::Busy))),
        };
        if group.follow(Cause::Recoverable(wait)) {
            self.change_group(serial, now);
        }
    }

    /// A failure of the world: waited out if it may pass, else the group's error (spec §7.5).
    pub(super) fn fail(
        &mut self,
        serial: Serial,
        index: Option<u32>,
        failure: Failure,
        now: Millis,
    ) {
        let dice = self.host.dice ^ self.next_ticket;
        let (online, settings) = (self.online, self.settings.retry.clone());
        let Some(group) = self.groups.get_mut(&serial) else { return };
        if !group.state().is_runnable() {
            return;
        }
        let (transient, retry_after) = (failure.transient, failure.retry_after);
        let error = if transient && !online { offline(index) } else { group_error(index, failure) };
        let trouble = group.trouble.get_or_insert_with(|| Trouble {
            failures: 0,
            since: now,
            error: error.clone(),
            until: None,
        });
        trouble.error = error.clone();
        let is_given_up = settings.minimum_delay > settings.no_progress_timeout
            || now.since(trouble.since) >= settings.no_progress_timeout;
        let cause = if !transient {
            forget_delay(group);
            Cause::Fatal(error)
        } else if online && is_given_up {
            forget_delay(group);
            Cause::NoProgress(error)
        } else if online {
            trouble.failures = trouble.failures.saturating_add(1);
            let delay = retry::delay(&settings, trouble.failures, dice);
            let (reason, delay) = match retry_after {
                Some(asked) if asked > delay => (WaitReason::RetryAfter, asked),
                Some(_) | None => (WaitReason::Backoff, delay),
            };
            trouble.until = Some(now.plus(delay));
            Cause::Recoverable(Wait {
                reason,
                next_attempt_at: trouble.until,
                last_error: Some(error),
            })
        } else {
            trouble.until = None;
            Cause::Recoverable(Wait {
                reason: WaitReason::Offline,
                next_attempt_at: None,
                last_error: Some(error),
            })
        };
        group.follow(cause);
        if let Some(breadth) = index.and_then(|index| group.breadth_mut(index)) {
            breadth.forget_limits();
        }
        self.change_group(serial, now);
    }

    /// The network came back: all that wait run again, whatever they waited for (spec §7.1).
    pub(super) fn handle_online(&mut self, online: bool, now: Millis) {
        let has_come_back = online && !self.online;
        if self.online && !online {
            self.offline_since = now;
        }
        self.online = online;
        if has_come_back {
            self.forgive(self.offline_since, now);
            for serial in self.waiting.clone() {
                self.try_again(serial, now);
            }
        } else {
            self.set_alarms();
        }
    }

    /// What lies between does not count towards the no-progress timeout of any group.
    fn forgive(&mut self, from: Millis, to: Millis) {
        let troubles = self.groups.values_mut().filter_map(|group| group.trouble.as_mut());
        for trouble in troubles {
            trouble.since = trouble.since.plus(to.since(from.max(trouble.since)));
        }
    }

    /// When a group that waits has gone too long without progress. Where there is no network, or
    /// another context holds the file, it waits for that to end, however long.
    pub(super) fn gives_up_at(&self, group: &Group) -> Option<Millis> {
        let State::Waiting(wait) = group.state() else { return None };
        match wait.reason {
            WaitReason::Backoff | WaitReason::RetryAfter if self.online => {
                let trouble = group.trouble.as_ref()?;
                Some(trouble.since.plus(self.settings.retry.no_progress_timeout))
            }
            WaitReason::Backoff
            | WaitReason::NoActiveTab
            | WaitReason::Offline
            | WaitReason::RetryAfter
            | WaitReason::StorageBusy
            | WaitReason::Turn => None,
        }
    }

    /// When time ends the waiting of a group.
    pub(super) fn wait_ends_at(&self, group: &Group) -> Option<Millis> {
        let State::Waiting(wait) = group.state() else { return None };
        wait.next_attempt_at.into_iter().chain(self.gives_up_at(group)).min()
    }

    /// Ends the waiting of a group in error.
    pub(super) fn give_up(&mut self, serial: Serial, now: Millis) {
        let Some(group) = self.groups.get_mut(&serial) else { return };
        let Some(error) = group.trouble.as_ref().map(|trouble| trouble.error.clone()) else {
            return;
        };
        forget_delay(group);
        if group.follow(Cause::NoProgress(error)) {
            self.change_group(serial, now);
        }
    }

    /// Ends the waiting of a group.
    pub(super) fn try_again(&mut self, serial: Serial, now: Millis) {
        let Some(group) = self.groups.get_mut(&serial) else { return };
        group.follow(Cause::WaitOver);
        group.retries = group.retries.saturating_add(1);
        forget_delay(group);
        self.change_group(serial, now);
    }
}

fn offline(file_index: Option<u32>) -> GroupError {
    GroupError {
        hresult: Hresult::BG_E_NETWORK_DISCONNECTED,
        message: "there is no network".to_owned(),
        file_index,
        http_status: 0,
    }
}

fn group_error(file_index: Option<u32>, failure: Failure) -> GroupError {
    GroupError {
        hresult: failure.hresult,
        message: failure.message,
        file_index,
        http_status: failure.http_status,
    }
}

pub(super) fn disk_failure(failure: &DiskFailure) -> Failure {
    let (hresult, message) = match failure {
        DiskFailure::Busy => {
            (Hresult::BG_E_DESTINATION_LOCKED, "another tab or program holds the file".to_owned())
        }
        DiskFailure::Full => (Hresult::DISK_FULL, NO_ROOM.to_owned()),
        DiskFailure::InTheWay => (
            Hresult::E_ACCESSDENIED,
            "a directory stands at localFile, or a file at one of its directories".to_owned(),
        ),
        DiskFailure::Missing { .. } => {
            (Hresult::FILE_NOT_FOUND, "the file is not there".to_owned())
        }
        DiskFailure::Other(message) => (Hresult::E_FAIL, message.clone()),
    };
    Failure { hresult, message, transient: false, http_status: 0, retry_after: None }
}

impl From<Failure> for crate::abi::QmgrError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.hresult, failure.message)
    }
}
