//! The numbered calls of one page that the engine has not answered yet.

use crate::protocol::{Call, ClientId, Command, Owner};

/// Numbers the calls of one page and remembers each, with its waiter `W`, until it is answered.
///
/// To call: [`begin`](Self::begin), and if an engine is active send what it returns and
/// [`note_sent`](Self::note_sent). At each new
/// epoch: send all of [`unanswered`](Self::unanswered). On a reply: [`answer`](Self::answer).
#[derive(Debug)]
pub struct Calls<W> {
    client: ClientId,
    last: u64,
    /// In the order of their numbers.
    pending: Vec<Pending<W>>,
}

#[derive(Debug)]
struct Pending<W> {
    sequence: u64,
    owner: Owner,
    command: Command,
    waiter: Option<W>,
    /// An engine may have carried it out.
    is_sent: bool,
}

impl<W> Calls<W> {
    /// No calls yet.
    #[must_use]
    pub fn new(client: ClientId) -> Self {
        Self { client, last: 0, pending: Vec::new() }
    }

    /// Who calls.
    pub fn client(&self) -> &ClientId {
        &self.client
    }

    /// Numbers a call and remembers it.
    pub fn begin(&mut self, owner: Owner, command: Command, waiter: W) -> Call {
        let acknowledged = self.acknowledged();
        self.last += 1;
        let pending =
            Pending { sequence: self.last, owner, command, waiter: Some(waiter), is_sent: false };
        let call = self.message(&pending, acknowledged);
        self.pending.push(pending);
        call
    }

    /// A call is on its way to an engine.
    pub fn note_sent(&mut self, sequence: u64) {
        if let Ok(index) = self.pending.binary_search_by_key(&sequence, |call| call.sequence) {
            self.pending[index].is_sent = true;
        }
    }

    /// Ends the call that a reply answers, and gives back its command and its waiter: `None` when no
    /// such call is open, as for a reply that came twice.
    pub fn answer(&mut self, sequence: u64) -> Option<(Command, Option<W>)> {
        let index = self.pending.binary_search_by_key(&sequence, |call| call.sequence).ok()?;
        let Pending { command, waiter, .. } = self.pending.remove(index);
        Some((command, waiter))
    }

    /// Every call without a reply, in order: what a new engine must be sent, and so is taken as sent.
    pub fn unanswered(&mut self) -> Vec<Call> {
        let acknowledged = self.acknowledged();
        for call in &mut self.pending {
            call.is_sent = true;
        }
        self.pending.iter().map(|call| self.message(call, acknowledged)).collect()
    }

    /// Takes the waiters that `which` picks off their calls. Calls that were never sent go with them;
    /// the others stay until they are answered, since an engine may have carried them out.
    pub fn abandon(&mut self, mut which: impl FnMut(&W) -> bool) -> Vec<W> {
        let waiters = self.pending.iter_mut().map(|call| &mut call.waiter);
        let abandoned = waiters.filter_map(|waiter| waiter.take_if(|w| which(w))).collect();
        self.pending.retain(|call| call.is_sent || call.waiter.is_some());
        abandoned
    }

    /// The number up to which every call is answered.
    fn acknowledged(&self) -> u64 {
        self.pending.first().map_or(self.last, |first| first.sequence - 1)
    }

    fn message(&self, call: &Pending<W>, acknowledged: u64) -> Call {
        Call {
            client: self.client.clone(),
            sequence: call.sequence,
            acknowledged,
            owner: call.owner.clone(),
            command: call.command.clone(),
        }
    }
}
