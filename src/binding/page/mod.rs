//! One page's connection to a queue, shared by all its handles.

mod callbacks;
mod calls;
mod contact;
mod link;
mod observer;
mod presence;

pub(super) use calls::Reply;

use super::callback::{Class, Pointer};
use super::hook::Hook;
use crate::abi::QmgrError;
use crate::driver::{Clock, Engine, EngineOptions};
use crate::mirror::{Caller, Calls, Contact, Mirror, Registrations};
use crate::protocol::ClientId;
use calls::Waiter;
use futures_channel::oneshot;
use js_sys::Function;
use link::Link;
use presence::LockState;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// One page's connection to a queue.
pub(super) struct Page {
    /// For what comes later.
    this: Weak<Self>,
    /// The queue's name.
    pub name: String,
    mirror: RefCell<Mirror>,
    calls: RefCell<Calls<Waiter>>,
    registrations: RefCell<Registrations<Pointer, Class, Hook>>,
    link: RefCell<Link>,
    lock: RefCell<LockState>,
    clock: Clock,
    contact: RefCell<Contact>,
    /// Who waits for an engine's first word.
    ready: RefCell<Vec<oneshot::Sender<Result<(), QmgrError>>>>,
    /// Somebody looks after [`Contact::next_look`].
    is_watching: Cell<bool>,
    observer: Option<Function>,
    handles: Cell<usize>,
}

impl Page {
    fn new(name: String, client: String, observer: Option<Function>) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            name,
            mirror: RefCell::default(),
            calls: RefCell::new(Calls::new(ClientId(client.into()))),
            registrations: RefCell::default(),
            link: RefCell::new(Link::None),
            lock: RefCell::new(LockState::None),
            clock: Clock::start(),
            contact: RefCell::default(),
            ready: RefCell::default(),
            is_watching: Cell::new(false),
            observer,
            handles: Cell::new(0),
        })
    }

    /// Starts an engine in process and connects to it.
    pub async fn start(
        options: EngineOptions,
        observer: Option<Function>,
    ) -> Result<Rc<Self>, QmgrError> {
        let page = Self::new(options.name.clone(), options.worker.clone(), observer);
        let weak = Rc::downgrade(&page);
        let to_page = Rc::new(move |said| {
            if let Some(page) = weak.upgrade() {
                page.receive(said);
            }
        });
        let engine = Engine::start(options, to_page).await?;
        page.link.replace(Link::Engine(engine));
        page.send_unanswered();
        page.ready().await?;
        Ok(page)
    }

    /// One more open handle.
    pub fn add_handle(&self) {
        self.handles.update(|count| count + 1);
    }

    /// One handle less: its waiting calls end at once, and with the last handle the connection does.
    /// The future resolves when an engine in process has stopped.
    pub fn close_handle(&self, caller: &Rc<Caller>) -> impl Future<Output = ()> + use<> {
        let engine = if caller.close() {
            self.reject(Caller::closed_error(), |waiting| Rc::ptr_eq(waiting, caller));
            self.withdraw_callbacks(caller);
            self.handles.update(|count| count - 1);
            (self.handles.get() == 0).then(|| self.disconnect()).flatten()
        } else {
            None
        };
        async move {
            if let Some(engine) = engine {
                engine.stop().await;
            }
        }
    }

    fn disconnect(&self) -> Option<Engine> {
        self.leave();
        self.lose_engine();
        self.lock.replace(LockState::None);
        match self.link.replace(Link::None) {
            Link::Engine(engine) => Some(engine),
            Link::Channel(_) | Link::None => None,
        }
    }

    fn client(&self) -> ClientId {
        self.calls.borrow().client().clone()
    }
}
