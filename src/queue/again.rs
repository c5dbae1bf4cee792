//! How a file starts again, in a new generation of its part.

use super::commit::After;
use super::transfer::Again;
use super::{DiskFailure, Effect, Queue};
use crate::abi::Hresult;
use crate::http::Failure;
use crate::protocol::Serial;
use crate::time::Millis;

/// Answers in a row that brought no byte further, before the file is given up.
const MOST_FRUITLESS: u32 = 5;

/// After so many of them the next request goes without `Range`: a server may be at odds with its own
/// validators, and the whole file in one answer needs none.
const MOST_FRUITLESS_RANGES: u32 = 3;

impl Queue {
    /// The file starts again, after all its connections have ended: none may write into a part that is
    /// given up, nor keep what it brings as bytes of the next one.
    pub(super) fn begin_again(&mut self, serial: Serial, index: u32, why: Again, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.again.get_or_insert(why);
        self.abort_file(serial, index);
        self.begin_again_if_closed(serial, index, now);
    }

    pub(super) fn begin_again_if_closed(&mut self, serial: Serial, index: u32, now: Millis) {
        let Some(file) = self.file_mut(serial, index) else { return };
        if !file.connections.is_empty() {
            return;
        }
        let Some(why) = file.again.take() else { return };
        if why == Again::Lost && file.durable.is_empty() {
            // What is gone from the disk may not be looked for there again.
            file.generation += 1;
        }
        self.start_again(serial, index);
        match why {
            Again::Changed => {
                let reason = "the server holds another version than a moment ago";
                self.count_fruitless(serial, index, reason, now);
            }
            Again::Lost => {
                self.count_fruitless(serial, index, "the part is gone from the disk", now);
                self.run_again(serial, now);
            }
            Again::Unkept => {}
            Again::WithoutRange(reason) => {
                // The whole file in one answer.
                if let Some(file) = self.file_mut(serial, index) {
                    file.without_range = true;
                }
                self.count_fruitless(serial, index, reason, now);
            }
        }
    }

    /// Forgets what is kept of a file; its part goes once the record names another.
    pub(super) fn start_again(&mut self, serial: Serial, index: u32) {
        let Some(file) = self.file_mut(serial, index) else { return };
        let old = file.start_again(serial, index);
        self.change_file(serial, index);
        if let Some(part) = old {
            self.when_durable(After::Effect(Effect::DeletePart { part }));
        }
    }

    /// Bytes that no record names may lie in the part of a file of which nothing is kept, from a
    /// connection that a crash ended. An empty file must not be published from it.
    pub(super) fn leave_unrecorded(&mut self, serial: Serial, index: u32) {
        let Some(file) = self.file_mut(serial, index) else { return };
        if file.durable.is_empty() {
            let part = file.leave_part(serial, index);
            self.change_file(serial, index);
            self.when_durable(After::Effect(Effect::DeletePart { part }));
        }
    }

    /// The kept bytes stand in a part of the next generation; the held one goes when its holder lets go,
    /// at the latest with the next start.
    pub(super) fn handle_copied(
        &mut self,
        serial: Serial,
        index: u32,
        result: Result<(), DiskFailure>,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.work = None;
        match result {
            Ok(()) => {
                let part = file.leave_part(serial, index);
                self.change_file(serial, index);
                self.when_durable(After::Effect(Effect::DeletePart { part }));
            }
            Err(failure) => self.fail_on_disk(serial, index, &failure, now),
        }
    }

    /// An answer brought nothing. A few in a row may be a server that is just being changed; more are
    /// one that cannot be served from.
    pub(super) fn count_fruitless(
        &mut self,
        serial: Serial,
        index: u32,
        reason: &str,
        now: Millis,
    ) {
        let Some(file) = self.file_mut(serial, index) else { return };
        file.fruitless += 1;
        file.without_range |= file.fruitless >= MOST_FRUITLESS_RANGES;
        if file.fruitless >= MOST_FRUITLESS {
            let failure = Failure {
                hresult: Hresult::BG_E_INSUFFICIENT_RANGE_SUPPORT,
                message: format!(
                    "{MOST_FRUITLESS} answers in a row brought the file no further: {reason}"
                ),
                transient: false,
                http_status: 0,
                retry_after: None,
            };
            self.fail(serial, Some(index), failure, now);
        }
    }
}
