//! What a page knows of the engine: which one is active, and whether one will be.

use super::Page;
use crate::abi::QmgrError;
use crate::driver::sleep;
use crate::mirror::{Caller, Meeting};
use crate::protocol::{Active, Epoch, Storage};
use crate::time::Millis;
use futures_channel::oneshot;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

impl Page {
    /// Resolves when an engine is active.
    pub fn ready(&self) -> impl Future<Output = Result<(), QmgrError>> + 'static {
        let (sender, receiver) = oneshot::channel();
        let contact = self.contact.borrow();
        match (contact.active(), contact.failure()) {
            (_, Some(failure)) => drop(sender.send(Err(failure.clone()))),
            (Some(_), None) => drop(sender.send(Ok(()))),
            (None, None) => self.ready.borrow_mut().push(sender),
        }
        async { receiver.await.unwrap_or_else(|_| Err(Caller::closed_error())) }
    }

    /// What the queue was created with, once an engine has said so.
    pub fn storage(&self) -> Option<Storage> {
        self.contact.borrow().storage()
    }

    /// Whether an engine is active.
    pub(super) fn has_engine(&self) -> bool {
        self.contact.borrow().active().is_some()
    }

    /// No engine has answered, and none is expected to: every call ends in `failure`, unless one is
    /// active.
    pub fn fail(&self, failure: QmgrError) {
        self.contact.borrow_mut().give_up(failure);
        self.settle_failure();
    }

    /// Takes note that this page's worker can be no engine. Where no other tab's is, every call ends in
    /// `failure`: at once if the worker `held_lock`, else when nobody was heard for a while.
    pub fn lack_worker(self: &Rc<Self>, failure: QmgrError, held_lock: bool) {
        let own = self.client().0;
        let is_ours = self.contact.borrow().active().is_some_and(|active| *active.worker == *own);
        if is_ours {
            self.lose_engine();
            self.say_hello();
        }
        self.contact.borrow_mut().lack_worker(failure, held_lock);
        self.settle_failure();
        self.watch();
    }

    /// Ends every call if the page has come to know that there will be no engine.
    pub(super) fn settle_failure(&self) {
        let Some(failure) = self.contact.borrow().failure().cloned() else { return };
        for waiting in self.ready.take() {
            drop(waiting.send(Err(failure.clone())));
        }
        self.reject(failure, |_| true);
    }

    /// Looks, as long as the page depends on other tabs, whether one of them still works.
    fn watch(self: &Rc<Self>) {
        if self.is_watching.replace(true) {
            return;
        }
        let page = Rc::downgrade(self);
        spawn_local(async move {
            while let Some(span) = page.upgrade().and_then(|page| page.next_look()) {
                sleep(span).await;
                if let Some(page) = page.upgrade() {
                    page.look();
                }
            }
            if let Some(page) = page.upgrade() {
                page.is_watching.set(false);
            }
        });
    }

    fn next_look(&self) -> Option<Millis> {
        let next_look = self.contact.borrow().next_look()?;
        Some(next_look.since(self.clock.now()))
    }

    fn look(&self) {
        let was_active = self.has_engine();
        if self.contact.borrow_mut().look(self.clock.now()) {
            if was_active {
                self.note_inactive();
            }
            self.settle_failure();
        }
    }

    pub(super) fn on_active(self: &Rc<Self>, active: Active) {
        let worker = active.worker.clone();
        let was_active = self.has_engine();
        let meeting = self.contact.borrow_mut().meet(active);
        match meeting {
            Meeting::Known => {}
            Meeting::New => {
                self.mirror.borrow().set_engine_active(true);
                self.send_unanswered();
                self.attach();
                let registrations = self.registrations.borrow().all();
                self.register(registrations);
                for waiting in self.ready.take() {
                    drop(waiting.send(Ok(())));
                }
                self.watch();
                self.observe("active", &[worker.into()]);
            }
            Meeting::Newer => {
                if was_active {
                    self.note_inactive();
                }
                self.settle_failure();
            }
        }
    }

    pub(super) fn on_leaving(&self, epoch: Epoch, is_superseded: bool) {
        if self.contact.borrow_mut().leave(epoch, is_superseded) {
            self.note_inactive();
        }
        self.settle_failure();
    }

    pub(super) fn lose_engine(&self) {
        if self.contact.borrow_mut().lose(self.clock.now()) {
            self.note_inactive();
        }
    }

    fn note_inactive(&self) {
        self.mirror.borrow().set_engine_active(false);
        self.observe("active", &[JsValue::UNDEFINED]);
    }
}
