//! What the driver saw, handed to what it is about.

use super::commit::After;
use super::failures::disk_failure;
use super::{Errand, Event, Queue, Ticket};
use crate::protocol::{Serial, ToPage};
use crate::time::Millis;

impl Queue {
    /// Takes in what the driver saw.
    pub fn handle_event(&mut self, event: Event, now: Millis) {
        match event {
            Event::Answered { ticket, head } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_answer(serial, index, ticket, &head, now);
                }
            }
            Event::Committed { ticket } => {
                self.handle_committed(ticket, now);
                return self.settle_touched(now);
            }
            Event::Copied { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_copied(serial, index, result, now);
                }
            }
            Event::Compared { ticket, is_equal } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_comparison(serial, index, ticket, is_equal, now);
                }
            }
            Event::Ended { ticket, position, how } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_end(serial, index, ticket, position, how, now);
                    self.begin_again_if_closed(serial, index, now);
                    // It may have been what the next flush waited for.
                    self.flush_if_due(serial, index, now);
                }
            }
            Event::FileDeleted { ticket, result } => {
                if let Some(Errand::Delete { client, sequence, target }) =
                    self.tickets.remove(&ticket)
                {
                    match result {
                        Ok(()) => {
                            self.change_stored(target.key().to_owned(), None);
                            self.note_outcome((client.clone(), sequence), None, now);
                            self.when_durable(After::Reply {
                                client,
                                sequence,
                                group: None,
                                whole: false,
                            });
                        }
                        Err(failure) => {
                            let error = disk_failure(&failure).into();
                            self.messages.push_back(ToPage::Reply {
                                client,
                                sequence,
                                result: Err(error),
                            });
                        }
                    }
                }
            }
            Event::Flushed { ticket, position } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.handle_flush(serial, index, ticket, position, now);
                }
            }
            Event::Hashed { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_hash(serial, index, result, now);
                }
            }
            Event::HashedTo { ticket, mark } => {
                if let Some((serial, index)) = self.file_of(ticket) {
                    self.note_hash(serial, index, mark);
                }
            }
            Event::Loaded { ticket, transfers } => self.handle_loaded(ticket, transfers, now),
            Event::Online(online) => self.handle_online(online, now),
            Event::PageGone { client } => {
                self.forget_callbacks(&client, now);
                self.ask_others(now);
            }
            Event::Probed { ticket, is_reachable } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_probe(serial, index, ticket, is_reachable, now);
                    self.begin_again_if_closed(serial, index, now);
                }
            }
            Event::Progress { ticket, position } => {
                // Most of what happens is this, and until a body has come whole it changes nothing for the
                // group as a whole.
                if let Some((serial, index)) = self.tickets.get(&ticket).and_then(Errand::file) {
                    self.handle_progress(serial, index, ticket, position, now);
                }
                return self.settle_touched(now);
            }
            Event::Published { ticket, result } => {
                if let Some((serial, index)) = self.end_errand(ticket) {
                    self.handle_published(serial, index, result, now);
                }
            }
            Event::Shortened { ticket, until } => {
                // What is told a second time, and late, gives nothing back that another fetches.
                if let Some((serial, index)) = self.file_of(ticket)
                    && let Some(file) = self.file_mut(serial, index)
                    && let Some(receiving) = file.receiving_mut(ticket)
                    && receiving.until.is_none_or(|end| until < end)
                {
                    receiving.until = Some(until);
                    receiving.shortening = false;
                }
            }
        }
        self.settle(now);
    }

    /// The file that an order is for, whose group is to be settled after what is reported of it.
    pub(super) fn file_of(&mut self, ticket: Ticket) -> Option<(Serial, u32)> {
        let file = self.tickets.get(&ticket)?.file()?;
        self.unsettled.insert(file.0);
        Some(file)
    }

    /// The file that an order was for, which has come to its end.
    fn end_errand(&mut self, ticket: Ticket) -> Option<(Serial, u32)> {
        let file = self.file_of(ticket)?;
        self.end_ticket(ticket);
        Some(file)
    }
}
