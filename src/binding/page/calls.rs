//! The calls of a page, and the replies to them.

use super::Page;
use crate::abi::QmgrError;
use crate::mirror::{Caller, Change, Row};
use crate::protocol::{Answer, Command, GroupUpdate, Owner, Serial, ToEngine};
use futures_channel::oneshot;
use std::rc::Rc;

/// Who waits for a reply.
pub(super) enum Waiter {
    /// The page itself asked for the rows of these groups.
    Attach(Vec<Serial>),
    /// A handle called.
    Call(Rc<Caller>, oneshot::Sender<Result<Reply, QmgrError>>),
}

/// What a call that succeeded gives back.
pub(in super::super) enum Reply {
    /// The group that the call created or found, held from the moment of the reply.
    Group(Rc<Row>),
    /// Anything else.
    Answer(Answer),
}

impl Page {
    /// Sends a command in the caller's name; calls are carried out in the order of this method's
    /// calls, whenever the futures are polled.
    pub fn call(
        &self,
        caller: &Rc<Caller>,
        command: Command,
    ) -> impl Future<Output = Result<Reply, QmgrError>> + use<> {
        let (sender, receiver) = oneshot::channel();
        let begun = caller.check().and_then(|()| match self.contact.borrow().failure() {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        });
        if begun.is_ok() {
            let waiter = Waiter::Call(Rc::clone(caller), sender);
            self.begin(caller.owner.clone(), command, waiter);
        }
        async move {
            begun?;
            receiver.await.unwrap_or_else(|_| Err(Caller::closed_error()))
        }
    }

    fn begin(&self, owner: Owner, command: Command, waiter: Waiter) {
        let call = self.calls.borrow_mut().begin(owner, command, waiter);
        if self.has_engine() {
            self.calls.borrow_mut().note_sent(call.sequence);
            self.send(&ToEngine::Call(call));
        }
    }

    pub(super) fn send_unanswered(&self) {
        if !self.has_engine() {
            return;
        }
        let unanswered = self.calls.borrow_mut().unanswered();
        for call in unanswered {
            self.send(&ToEngine::Call(call));
        }
    }

    /// Rows that an earlier engine had no time to send are read from the new one, for whichever
    /// callers hold them.
    pub(super) fn attach(&self) {
        let groups = self.mirror.borrow_mut().held();
        if groups.is_empty() {
            return;
        }
        let owner = Owner { user: "".into(), administrator: true };
        let command = Command::Attach { groups: groups.clone() };
        self.begin(owner, command, Waiter::Attach(groups));
    }

    pub(super) fn reject(&self, error: QmgrError, which: impl Fn(&Rc<Caller>) -> bool) {
        let abandoned = self.calls.borrow_mut().abandon(|waiter| match waiter {
            Waiter::Attach(_) => false,
            Waiter::Call(caller, _) => which(caller),
        });
        for waiter in abandoned {
            if let Waiter::Call(_, sender) = waiter {
                drop(sender.send(Err(error.clone())));
            }
        }
    }

    pub(super) fn on_reply(&self, sequence: u64, result: Result<Answer, QmgrError>) {
        let Some((command, waiter)) = self.calls.borrow_mut().answer(sequence) else { return };
        if let Some(Waiter::Attach(asked)) = waiter {
            return self.on_attached(&asked, result);
        }
        let reply = match result {
            Ok(Answer::Group(update)) => {
                let (reply, change) = self.take_row(&command, *update);
                self.announce(&change);
                Ok(reply)
            }
            Ok(answer) => Ok(Reply::Answer(answer)),
            Err(error) => Err(error),
        };
        if let Some(Waiter::Call(_, sender)) = waiter {
            drop(sender.send(reply));
        }
    }

    /// A group that a call made known is held at once: the rows that follow may not pass it by.
    fn take_row(&self, command: &Command, update: GroupUpdate) -> (Reply, Change) {
        let mut mirror = self.mirror.borrow_mut();
        if matches!(command, Command::CreateGroup { .. } | Command::GetGroup { .. }) {
            let (row, change) = mirror.hold(update);
            (Reply::Group(row), change)
        } else {
            (Reply::Answer(Answer::Done), mirror.apply(update))
        }
    }

    fn on_attached(&self, asked: &[Serial], result: Result<Answer, QmgrError>) {
        let Ok(Answer::Groups(updates)) = result else { return };
        let changes = self.mirror.borrow_mut().reconcile(asked, updates);
        for change in changes {
            self.announce_row(&change);
        }
    }
}
