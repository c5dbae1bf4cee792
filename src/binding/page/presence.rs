//! How a page comes and goes: its channel, and the lock that shows that it lives.

use super::Page;
use super::link::{Channel, Link};
use crate::abi::{Hresult, QmgrError};
use crate::driver::PageLock;
use crate::protocol::{ToEngine, VERSION};
use js_sys::Function;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Whether the page holds the lock that shows it lives. An engine in process needs none.
pub(super) enum LockState {
    Held { _lock: PageLock },
    None,
    Requested,
}

impl Page {
    /// Connects to whichever tab's worker is the active engine of the queue.
    pub fn connect(
        name: String,
        client: String,
        observer: Option<Function>,
    ) -> Result<Rc<Self>, QmgrError> {
        let page = Self::new(name, client, observer);
        page.show()?;
        Ok(page)
    }

    /// For a page that opens, or comes back from the back/forward cache: asks who is active, and for
    /// everything that may have been missed.
    pub fn show(self: &Rc<Self>) -> Result<(), QmgrError> {
        let channel = Channel::open(&format!("qmgr:{}", self.name), Rc::downgrade(self))?;
        self.link.replace(Link::Channel(channel));
        self.lose_engine();
        self.contact.borrow_mut().gain_worker();
        self.appear();
        Ok(())
    }

    /// For a page that goes into the back/forward cache: nobody is heard any more, calls wait, and
    /// nobody is to wait for the page.
    pub fn hide(&self) {
        if !matches!(&*self.link.borrow(), Link::Channel(_)) {
            return;
        }
        // A cached page that hears a message is thrown out of the cache.
        self.link.replace(Link::None);
        self.lose_engine();
        let is_held = matches!(*self.lock.borrow(), LockState::Held { .. });
        if is_held {
            self.lock.replace(LockState::None);
        }
    }

    /// Tells the engine that this page goes for good.
    pub fn leave(&self) {
        self.send(&ToEngine::Bye { client: self.client() });
    }

    /// Takes the page's lock, and then asks who is active. Until it is held the page hears of no
    /// engine, so that every engine that hears of the page finds the lock taken.
    fn appear(self: &Rc<Self>) {
        if matches!(*self.lock.borrow(), LockState::Requested) {
            return;
        }
        self.lock.replace(LockState::Requested);
        let (client, page) = (self.client(), Rc::downgrade(self));
        spawn_local(async move {
            let held = PageLock::hold(&client).await;
            let Some(page) = page.upgrade() else { return };
            match held {
                // It was hidden or closed while it waited.
                Ok(_) if !page.is_connected() => drop(page.lock.replace(LockState::None)),
                Ok(lock) => {
                    page.lock.replace(LockState::Held { _lock: lock });
                    page.say_hello();
                }
                Err(sentence) => {
                    page.lock.replace(LockState::None);
                    page.fail(QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, sentence));
                }
            }
        });
    }

    fn is_connected(&self) -> bool {
        !matches!(*self.link.borrow(), Link::None)
    }

    /// Whether the page may be relied on: its lock shows when it is gone.
    pub(super) fn is_present(&self) -> bool {
        match &*self.link.borrow() {
            Link::Channel(_) => matches!(*self.lock.borrow(), LockState::Held { .. }),
            Link::Engine(_) | Link::None => true,
        }
    }

    /// Asks who is active; a page that waits for its lock still asks when it has it.
    pub(super) fn say_hello(&self) {
        if self.is_present() {
            self.send(&ToEngine::Hello { version: VERSION });
        }
    }
}
