//! Engines that end, in the middle of whatever they do, and that start again.

use super::{PIECES, Task, World};
use crate::sim::disk::Crash;
use crate::sim::network::Read;
use crate::sim::page::Page;
use qmgr::abi::{Hresult, QmgrError};
use qmgr::protocol::{Command, Epoch, Storage};
use qmgr::queue::{Event, Host, Queue, Ticket};
use qmgr::snapshot::Saved;
use qmgr::time::Millis;

impl World {
    /// The engine ends without being asked, and another one is started.
    pub fn crash(&mut self, crash: Crash) {
        if crash == Crash::PowerCut {
            self.disk.cut_power(self.dice.as_mut());
            self.database.cut_power();
        }
        self.tasks.clear();
        self.connections.clear();
        self.ledger.note_crash(crash == Crash::PowerCut);
        self.start_again(self.database.saved(self.disk.parts()));
    }

    /// An engine starts from the records.
    fn start_again(&mut self, saved: Saved) {
        self.epoch += 1;
        self.put_aside.clear();
        let mut host = host(self.epoch, self.epoch * 31, self.origin.clone());
        if self.moves_to_new_workers {
            host.first_ticket = Ticket(1 << 32);
        }
        self.queue = Queue::restore(saved, host, self.now).expect("this build's records");
        self.disk.delete_orphans(|part| self.queue.names(part));
        self.written.clear();
        self.breadths.clear();
        self.drain();
        if !self.is_online {
            self.report(Event::Online(false));
        }
        for repeat in [self.page.repeats(), self.other.repeats()].concat() {
            self.deliver(repeat);
        }
        self.send(Command::Attach { groups: self.page.rows.keys().copied().collect() });
        if self.other.sequence > 0 {
            let groups = self.other.rows.keys().copied().collect();
            self.send_from_other(Command::Attach { groups });
        }
    }

    /// The page and its engine end, and another page opens the queue.
    pub fn reload(&mut self) {
        self.page = Page::new(&format!("page after epoch {}", self.epoch));
        self.crash(Crash::Kill);
    }

    /// Crashes after the commit under way, if there is one, was written and before it is reported.
    pub fn crash_after_commit(&mut self, crash: Crash) {
        let is_commit = |task: &Task| matches!(task, Task::Commit(_));
        self.crash_amid(crash, |task| is_commit(task));
    }

    /// Crashes after some of what is under way was carried out, or begun, and before it is reported.
    pub fn crash_within(&mut self, crash: Crash, dice: &mut fastrand::Rng) {
        self.crash_amid(crash, |_| dice.bool());
    }

    fn crash_amid(&mut self, crash: Crash, mut is_done: impl FnMut(&Task) -> bool) {
        for task in std::mem::take(&mut self.tasks).into_values() {
            if is_done(&task) {
                self.carry_out_unheard(task);
            }
        }
        self.crash(crash);
    }

    /// What an order does to disk and database, of which no engine hears.
    fn carry_out_unheard(&mut self, task: Task) {
        match task {
            Task::Chunk(ticket) => self.write_torn(ticket),
            Task::Commit(commit) => self.write_records(&commit),
            Task::Copy { from, to, length, .. } => drop(self.disk.copy(from, to, length)),
            Task::DeleteFile { target, .. } => drop(self.disk.files.remove(target.key())),
            Task::DeletePart(part) => self.delete_part(part),
            Task::Flush(ticket) => drop(self.flush(ticket)),
            Task::Publish { part, target, size, .. } => {
                // A move that is refused is one that was not made.
                let _ = self.move_to_its_name(part, &target, size);
            }
            Task::Allow { .. }
            | Task::Answer(_)
            | Task::Compare { .. }
            | Task::Deliver(_)
            | Task::End(..)
            | Task::Hash { .. }
            | Task::Load { .. }
            | Task::MissPage(_)
            | Task::Probe(_)
            | Task::Shorten { .. } => {}
        }
    }

    /// The records cannot be written: the calls that wait are told so, and the queue is restored after a
    /// pause, in which what is under way on the disk ends and is reported to nobody.
    pub(super) fn refuse_commit(&mut self) {
        let is_full = self.database.is_full;
        if is_full {
            // What stops a group then is in no record, which the ledger knows nothing of.
            self.ledger.look_away();
        }
        let hresult = if is_full { Hresult::DISK_FULL } else { Hresult::E_FAIL };
        self.queue.refuse_calls(&QmgrError::new(hresult, "the database refuses"));
        self.ledger.note_refusal();
        self.drain_messages();
        for task in std::mem::take(&mut self.tasks).into_values() {
            if !matches!(task, Task::Chunk(_) | Task::Commit(_)) {
                self.carry_out_unheard(task);
            }
        }
        self.connections.clear();
        self.ledger.note_crash(false);
        self.now = self.now.plus(Millis::SECOND);
        let mut saved = self.database.saved(self.disk.parts());
        if is_full {
            saved.stop_for_lack_of_room();
        }
        self.start_again(saved);
    }

    /// Lets the engine end in order.
    pub fn stop(&mut self) {
        let now = self.now;
        self.queue.stop(now);
        self.drain();
        self.run_until(|world| world.queue.is_idle());
    }

    /// A chunk is written, and the engine ends in the middle of it.
    fn write_torn(&mut self, ticket: Ticket) {
        let Some(connection) = self.connections.get(&ticket) else { return };
        let (Some(sink), Read::Bytes(bytes)) = (&connection.sink, connection.read(self.chunk))
        else {
            return;
        };
        let room = sink.until.map_or(u64::MAX, |until| until.saturating_sub(sink.position));
        let fitting = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let torn = self.dice.as_mut().map_or(fitting, |dice| dice.usize(0..=fitting));
        // A disk that is full tears it off earlier.
        let _ = self.disk.write(sink.part, sink.position, &bytes[..torn]);
    }
}

pub(super) fn host(epoch: u64, dice: u64, origin: Option<String>) -> Host {
    Host {
        origin,
        dice,
        storage: Storage::Memory,
        epoch: Epoch(epoch),
        first_ticket: Ticket(epoch << 32),
        pieces: PIECES,
        worker: format!("worker {epoch}"),
    }
}
