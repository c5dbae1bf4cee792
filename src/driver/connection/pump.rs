//! The way of a body into its part.

use super::super::clock;
use super::super::files::{OpenPart, SharedPart};
use super::super::hasher::Hasher;
use super::Order;
use super::body::Body;
use super::task::{Task, drop_as};
use crate::queue::{DiskFailure, Ended, Event};
use crate::snapshot::HashMark;
use crate::time::Millis;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use wasm_bindgen_futures::spawn_local;

/// Progress is reported at least each time so much has come.
const REPORT_BYTES: u64 = 8 << 20;

/// Progress is reported at least this often while bytes arrive.
const REPORT_INTERVAL: Millis = Millis(100);

/// Where a body goes.
struct Pump {
    part: OpenPart,
    hasher: Option<Hasher>,
    position: u64,
    flushed: u64,
    until: Option<u64>,
    /// It may be written up to here.
    allowed: u64,
    /// It ends earlier than its answer says, so that nothing is wrong with what comes then.
    is_shortened: bool,
}

/// What was last told of a body's progress.
#[derive(Default)]
struct Reported {
    position: u64,
    at: Millis,
    /// A timer for the next report is running.
    is_due: bool,
}

impl Task {
    /// Writes a body into a part from a position on. The part is held to the end, so that another
    /// connection of the file finds it open.
    pub(super) async fn fill(
        &mut self,
        part: &SharedPart,
        body: &mut Body,
        at: u64,
        until: Option<u64>,
        allowed: u64,
        hash: Option<HashMark>,
    ) -> (Option<u64>, Ended) {
        let mut part = match part.clone().await {
            Ok(part) => part.share(),
            Err(failure) => {
                self.controller.abort();
                return (None, Ended::Disk(failure));
            }
        };
        let start = self.engine.hash_worker();
        let mut hasher = hash.map(|mark| Hasher::resume(&mark, start));
        if let Some(hasher) = &mut hasher {
            part.catch_up(hasher, at).await;
        }
        let mut pump =
            Pump { part, hasher, position: at, flushed: at, until, allowed, is_shortened: false };
        let how = self.pump(&mut pump, body).await;
        let hasher = pump.hasher.take();
        let ended = pump.close(how).await;
        if let Some(mut hasher) = hasher {
            hasher.settle().await;
            self.report_hash(&mut hasher);
        }
        ended
    }

    async fn pump(&mut self, pump: &mut Pump, body: &mut Body) -> Ended {
        let mut reported = Reported { position: pump.position, ..Reported::default() };
        if let Some(ahead) = body.ahead.take()
            && let Err(how) = self.write(pump, body, ahead).await
        {
            return how;
        }
        loop {
            while pump.room() == 0 {
                self.report_progress(pump, &mut reported);
                let order = self.orders.next().await;
                if let Err(how) = self.heed(order, pump, &mut reported).await {
                    return how;
                }
            }
            let Some(mut read) = body.read(pump.room()) else { return Ended::Closed };
            let chunk = loop {
                match select(read, self.orders.next()).await {
                    Either::Left((chunk, _)) => break chunk,
                    Either::Right((order, unfinished)) => {
                        read = unfinished;
                        if let Err(how) = self.heed(order, pump, &mut reported).await {
                            return how;
                        }
                    }
                }
            };
            match chunk.and_then(|result| body.take(&result)) {
                Ok(None) => return Ended::Closed,
                Ok(Some(chunk)) => {
                    if let Err(how) = self.write(pump, body, chunk).await {
                        return how;
                    }
                }
                Err(thrown) if self.is_aborted() => return drop_as(thrown, Ended::Aborted),
                Err(thrown) => return drop_as(thrown, Ended::Broken),
            }
            // The queue hears of it while there is room left for what comes until it is made durable.
            let half = pump.allowed.saturating_sub(reported.position) / 2;
            let is_far = pump.position - reported.position >= half.min(REPORT_BYTES);
            if is_far || pump.is_full() || self.engine.now().since(reported.at) >= REPORT_INTERVAL {
                self.report_progress(pump, &mut reported);
            } else if !reported.is_due {
                // Should no more come, these bytes are told all the same.
                reported.is_due = true;
                let orders = self.own_orders.clone();
                spawn_local(async move {
                    clock::sleep(REPORT_INTERVAL).await;
                    drop(orders.unbounded_send(Order::Report));
                });
            }
        }
    }

    /// Does what is ordered of a body that is being written, and says how that ends it.
    async fn heed(
        &self,
        order: Option<Order>,
        pump: &mut Pump,
        reported: &mut Reported,
    ) -> Result<(), Ended> {
        let how = match order {
            Some(Order::Allow { until }) => {
                pump.allowed = pump.allowed.max(until);
                return Ok(());
            }
            Some(Order::Flush) => match self.flush(pump).await {
                Ok(()) => return Ok(()),
                Err(failure) => Ended::Disk(failure),
            },
            Some(Order::Report) => {
                reported.is_due = false;
                self.report_progress(pump, reported);
                return Ok(());
            }
            Some(Order::Shorten { until }) => {
                let until = pump.shorten(until);
                self.engine.report(Event::Shortened { ticket: self.ticket, until });
                if !pump.is_over() {
                    return Ok(());
                }
                Ended::Closed
            }
            Some(Order::Compare { .. } | Order::Receive { .. }) => return Ok(()),
            Some(Order::Abort) | None => Ended::Aborted,
        };
        self.controller.abort();
        Err(how)
    }

    /// Writes a chunk, and ends the connection where no more can be written.
    async fn write(
        &self,
        pump: &mut Pump,
        body: &mut Body,
        chunk: Uint8Array,
    ) -> Result<(), Ended> {
        let how = match pump.write(body, chunk).await {
            Ok(_) if pump.is_over() => Ended::Closed,
            Ok(true) => return Ok(()),
            Ok(false) => Ended::Overlong,
            Err(failure) => Ended::Disk(failure),
        };
        self.controller.abort();
        Err(how)
    }

    fn report_progress(&self, pump: &Pump, reported: &mut Reported) {
        if pump.position > reported.position {
            reported.position = pump.position;
            reported.at = self.engine.now();
            self.engine.report(Event::Progress { ticket: self.ticket, position: pump.position });
        }
    }

    async fn flush(&self, pump: &mut Pump) -> Result<(), DiskFailure> {
        pump.flush().await?;
        if let Some(hasher) = &mut pump.hasher {
            self.report_hash(hasher);
        }
        self.engine.report(Event::Flushed { ticket: self.ticket, position: pump.flushed });
        Ok(())
    }

    fn report_hash(&self, hasher: &mut Hasher) {
        let mark = hasher.mark();
        self.engine.report(Event::HashedTo { ticket: self.ticket, mark });
    }
}

impl Pump {
    /// Ends it at a position, or where it is if that is further; says where.
    fn shorten(&mut self, until: u64) -> u64 {
        let until = until.max(self.position);
        self.until = Some(until);
        self.is_shortened = true;
        until
    }

    /// How many bytes may be read next: none while it waits for leave to be written further. Behind its
    /// end whatever comes is read, since it is not written.
    fn room(&self) -> u64 {
        if self.is_full() { u64::MAX } else { self.allowed.saturating_sub(self.position) }
    }

    /// Whether it has come to its end, as far as that is known.
    fn is_full(&self) -> bool {
        self.until.is_some_and(|until| self.position >= until)
    }

    /// Whether it was shortened and has come to its end.
    fn is_over(&self) -> bool {
        self.is_shortened && self.is_full()
    }

    /// Writes a chunk; false when it goes on where the body had to end.
    async fn write(&mut self, body: &mut Body, chunk: Uint8Array) -> Result<bool, DiskFailure> {
        let length = u64::from(chunk.length());
        let room = self.until.map_or(length, |until| until.saturating_sub(self.position));
        let fitting = length.min(room);
        let chunk = match u32::try_from(fitting) {
            Ok(end) if fitting < length => chunk.subarray(0, end),
            Ok(_) | Err(_) => chunk,
        };
        self.part.write(&chunk, self.position).await?;
        if let Some(hasher) = &mut self.hasher {
            body.read_into(&hasher.take(chunk, self.position, body.brings_our_buffers()).await);
        }
        self.position += fitting;
        Ok(fitting == length)
    }

    async fn flush(&mut self) -> Result<(), DiskFailure> {
        self.part.flush().await?;
        self.flushed = self.position;
        Ok(())
    }

    /// Flushes and closes the part; what could not be flushed does not count.
    async fn close(mut self, how: Ended) -> (Option<u64>, Ended) {
        let how = match self.flush().await {
            Ok(()) => how,
            Err(failure) => {
                self.flushed = self.flushed.max(self.part.durable());
                Ended::Disk(failure)
            }
        };
        self.part.close();
        (Some(self.flushed), how)
    }
}
