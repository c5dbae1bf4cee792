//! WASM. The engine: carries out what the [`Queue`] orders and reports what comes of it. Decides nothing.
//!
//! | file | browser API |
//! |---|---|
//! | `channel` | `BroadcastChannel` |
//! | `clock` | `Date`, `performance`, `setTimeout` |
//! | `connection` | `fetch`, streams |
//! | `files` | the origin private file system, IndexedDB, or memory |
//! | `hasher` | a worker that hashes |
//! | `idb` | IndexedDB |
//! | `locks` | Web Locks |
//! | `network` | `navigator.onLine` |
//! | `readers` | `BroadcastChannel`, to service workers |
//! | `store` | the records in `idb` |
//! | `worker` | the dedicated worker that an engine lives in |

pub(crate) mod channel;
mod clock;
mod connection;
mod files;
mod hasher;
mod idb;
mod js;
mod locks;
mod network;
mod readers;
mod store;
mod worker;

pub(crate) use clock::{Clock, sleep, wall_time};
pub use files::open_file;
pub use locks::PageLock;
pub use worker::TabWorker;

use crate::abi::{Hresult, QmgrError};
use crate::ordered::Map;
use crate::protocol::{Epoch, FromEngine, Storage, ToEngine, ToPage};
use crate::queue::{Ask, Effect, Event, Host, Part, Pieces, Queue, Ticket, Told};
use crate::time::Millis;
use clock::Alarm;
use connection::Connection;
use files::{Files, SharedPart, WeakPart};
use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{Either, join, select};
use hasher::Hasher;
use network::Network;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use store::{Store, TakenOver};
use wasm_bindgen_futures::spawn_local;

/// An engine whose records cannot be written looks again at least this often.
const LONGEST_PAUSE: Millis = Millis(60_000);

/// How often an engine that found no room for its records looks again.
const ROOM_CHECK: Millis = Millis(2_000);

/// How to start an engine.
pub struct EngineOptions {
    /// The queue's name.
    pub name: String,
    /// The storage that the caller asks for; `None` for the best there is.
    pub storage: Option<Storage>,
    /// A name for this engine's place, echoed in [`Active`](crate::protocol::Active).
    pub worker: String,
    /// The transport to use instead of the global `fetch`.
    pub fetch: Option<js_sys::Function>,
    /// Makes a worker that hashes beside this engine; `None` where there can be none.
    pub hash_worker: Option<js_sys::Function>,
    /// Whether its pages live in other contexts, where they may end without a word.
    pub has_distant_pages: bool,
}

/// A running engine; clones are the same one.
#[derive(Clone)]
pub struct Engine {
    shared: Rc<Shared>,
}

struct Shared {
    /// `None` while it is restored from its records.
    queue: RefCell<Option<Queue>>,
    name: String,
    worker: String,
    fetch: Option<js_sys::Function>,
    hash_worker: Option<js_sys::Function>,
    has_distant_pages: bool,
    clock: Clock,
    store: Store,
    files: Files,
    connections: RefCell<Map<Ticket, Rc<Connection>>>,
    open_parts: RefCell<Vec<(Part, WeakPart)>>,
    alarm: RefCell<Option<Alarm>>,
    network: RefCell<Option<Network>>,
    to_page: Rc<dyn Fn(FromEngine)>,
    /// Messages are being handed to the pages.
    is_talking: Cell<bool>,
    /// This engine's part is over: another one is active, or it was stopped.
    is_over: Cell<bool>,
    /// It went in favour of a newer build.
    is_superseded: Cell<bool>,
    /// Dropped when it is over.
    waiting: RefCell<Vec<oneshot::Sender<Infallible>>>,
}

impl Engine {
    /// Opens the queue's records and starts to work on them. The caller holds the queue's lock.
    ///
    /// # Errors
    ///
    /// E_INVALIDARG when the queue was created with another storage than the one asked for,
    /// QM_E_DOWNLOADER_UNAVAILABLE without any `fetch` (ruling A39), QM_E_SERVICE_UNAVAILABLE when the
    /// storage cannot be had or a newer build saved the queue.
    pub async fn start(
        options: EngineOptions,
        to_page: Rc<dyn Fn(FromEngine)>,
    ) -> Result<Self, QmgrError> {
        let EngineOptions { name, storage, worker, fetch, hash_worker, has_distant_pages } =
            options;
        if fetch.is_none() && !connection::has_global_fetch() {
            let message = "there is no fetch here";
            return Err(QmgrError::new(Hresult::QM_E_DOWNLOADER_UNAVAILABLE, message));
        }
        // Most queues have files of their own; those are looked for beside the records.
        let (store, opfs) =
            join(Store::open(&name, storage), Files::open_early(&name, storage)).await;
        let (store, storage) = store?;
        let files = Files::open(&name, storage, &store, opfs).await?;
        let storage = files.storage();
        let engine = Self {
            shared: Rc::new(Shared {
                queue: RefCell::new(None),
                name,
                worker,
                fetch,
                hash_worker,
                has_distant_pages,
                clock: Clock::start(),
                store,
                files,
                connections: RefCell::new(Map::new()),
                open_parts: RefCell::default(),
                alarm: RefCell::new(None),
                network: RefCell::new(None),
                to_page,
                is_talking: Cell::new(false),
                is_over: Cell::new(false),
                is_superseded: Cell::new(false),
                waiting: RefCell::default(),
            }),
        };
        spawn_local(engine.clone().watch_records());
        let restored = engine.restore(storage, false).await;
        if let Err(error) = restored {
            engine.leave();
            return Err(error);
        }
        let watcher = engine.clone();
        let network = Network::watch(move |online| watcher.report(Event::Online(online)));
        *engine.shared.network.borrow_mut() = network;
        Ok(engine)
    }

    /// Raises the epoch, reads the records and begins. After records could not be written for lack of
    /// room, what was at work stands still until somebody resumes it.
    async fn restore(&self, storage: Storage, was_full: bool) -> Result<(), QmgrError> {
        let shared = &self.shared;
        // Listed before the records are read: one that comes later is nobody's business here.
        let found = shared.files.parts().await;
        let parts: Vec<_> = found.iter().filter_map(|(_, part)| *part).collect();
        let taken_over = shared.store.take_over(&parts).await?;
        let TakenOver { epoch, life, mut saved, is_full } = taken_over;
        if is_full || was_full {
            saved.stop_for_lack_of_room();
        }
        let host = Host {
            origin: js::page_origin(),
            dice: js::dice(),
            storage,
            epoch: Epoch(epoch),
            first_ticket: Ticket(life << 32),
            pieces: Pieces::default(),
            worker: shared.worker.clone(),
        };
        let queue = Queue::restore(saved, host, shared.clock.now())?;
        for (name, part) in found {
            if !part.is_some_and(|part| queue.names(part)) {
                shared.files.delete_orphan(name).await;
            }
        }
        if shared.is_over.get() {
            return Ok(());
        }
        *shared.queue.borrow_mut() = Some(queue);
        if !network::is_online() {
            self.report(Event::Online(false));
        }
        self.drain();
        if is_full {
            spawn_local(self.clone().wait_for_room(life));
        }
        Ok(())
    }

    /// Looks again and again whether there is room for records, and then begins anew. Until then pages
    /// can read everything, and delete files to make room.
    async fn wait_for_room(self, life: u64) {
        loop {
            clock::sleep(ROOM_CHECK).await;
            if self.shared.is_over.get() || self.shared.store.life() != life {
                return;
            }
            if self.shared.store.has_room().await {
                return self.start_over(store::out_of_room()).await;
            }
        }
    }

    /// The queue's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Hands a page's message to the queue. Between two lives of the queue messages are dropped;
    /// their pages send them again to the next.
    pub fn deliver(&self, message: ToEngine) {
        self.act(|queue, now| queue.call(message, now));
    }

    /// Tells a reader how its file stands; `None` between two lives of the queue.
    fn read(&self, ask: &Ask) -> Option<Told> {
        let mut told = None;
        self.act(|queue, now| told = Some(queue.read(ask, now)));
        told
    }

    /// Ends every connection, makes durable what they brought, and lets go. Other engines may then
    /// take over.
    pub async fn stop(&self) {
        let is_alive = self.shared.queue.borrow().is_some();
        if is_alive {
            self.act(Queue::stop);
            self.over().await;
        }
        self.leave();
    }

    /// Resolves when this engine has let go of everything: it was stopped, another one has taken over,
    /// or its records are gone.
    pub fn over(&self) -> impl Future<Output = ()> + use<> {
        let (sender, receiver) = oneshot::channel();
        if !self.shared.is_over.get() {
            self.shared.waiting.borrow_mut().push(sender);
        }
        async {
            // Nothing is ever sent.
            let _ = receiver.await;
        }
    }

    /// Whether it has gone in favour of a newer build.
    pub fn is_superseded(&self) -> bool {
        self.shared.is_superseded.get()
    }

    /// Gives way when another build wants to change the database, or somebody to delete it.
    async fn watch_records(self) {
        let over = pin!(self.over());
        let changed = pin!(self.shared.store.changed());
        match select(changed, over).await {
            Either::Left((store::Changed::Newer, _)) => self.act(Queue::give_way),
            Either::Left((store::Changed::Gone, _)) => self.leave(),
            Either::Right(_) => {}
        }
    }

    /// Lets go of everything at once. What is not durable is lost; the next engine goes on from what
    /// is.
    pub fn leave(&self) {
        let shared = &self.shared;
        if shared.is_over.replace(true) {
            return;
        }
        // A page that hears of it may call at once, so nothing may stay borrowed.
        let queue = shared.queue.borrow_mut().take();
        if let Some(queue) = queue {
            shared.is_superseded.set(queue.is_superseded());
            self.say_leaving(&queue);
        }
        shared.alarm.borrow_mut().take();
        shared.network.borrow_mut().take();
        self.drop_connections();
        shared.store.close();
        shared.waiting.take();
    }

    fn say(&self, epoch: Epoch, message: ToPage) {
        (self.shared.to_page)(FromEngine { epoch, message });
    }

    fn say_leaving(&self, queue: &Queue) {
        let (epoch, superseded) = (queue.epoch(), queue.is_superseded());
        self.say(epoch, ToPage::Leaving { epoch, superseded });
    }

    fn report(&self, event: Event) {
        self.act(|queue, now| queue.handle_event(event, now));
    }

    /// Changes the queue once, then does what it wants done.
    fn act(&self, change: impl FnOnce(&mut Queue, Millis)) {
        let now = self.shared.clock.now();
        match self.shared.queue.borrow_mut().as_mut() {
            Some(queue) => change(queue, now),
            None => return,
        }
        self.drain();
    }

    fn drain(&self) {
        let with_queue = |take: &dyn Fn(&mut Queue) -> Option<Effect>| {
            self.shared.queue.borrow_mut().as_mut().and_then(take)
        };
        while let Some(effect) = with_queue(&|queue| queue.poll_effect()) {
            self.carry_out(effect);
        }
        // A page that calls while it hears a message hears the answer after this one, not within it.
        if self.shared.is_talking.replace(true) {
            return;
        }
        loop {
            let message = next_message(&mut self.shared.queue.borrow_mut());
            let Some((epoch, message)) = message else { break };
            self.say(epoch, message);
        }
        self.shared.is_talking.set(false);
        self.set_alarm();
        let is_over = self.shared.queue.borrow().as_ref().is_some_and(Queue::is_over);
        if is_over {
            self.leave();
        }
    }

    fn set_alarm(&self) {
        let shared = &self.shared;
        let (next, keeps_process) = match shared.queue.borrow().as_ref() {
            Some(queue) => (queue.next_alarm(), queue.is_working()),
            None => (None, false),
        };
        let mut alarm = shared.alarm.borrow_mut();
        let is_set = alarm.as_ref().map(|alarm| (alarm.at(), alarm.keeps_process()));
        if is_set != next.map(|at| (at, keeps_process)) {
            let engine = self.clone();
            *alarm = next.map(|at| {
                Alarm::set(&shared.clock, at, keeps_process, move || {
                    // It has rung: the one to come is another one.
                    engine.shared.alarm.borrow_mut().take();
                    engine.act(Queue::handle_alarm);
                })
            });
        }
    }

    fn carry_out(&self, effect: Effect) {
        let engine = self.clone();
        match effect {
            Effect::Abort { ticket } => self.order(ticket, connection::Order::Abort),
            Effect::Allow { ticket, until } => {
                self.order(ticket, connection::Order::Allow { until });
            }
            Effect::Compare { ticket, part, at, until } => {
                self.order(ticket, connection::Order::Compare { part, at, until });
            }
            Effect::Commit(commit) => spawn_local(async move {
                let written = engine.shared.store.commit(&commit).await;
                let committed = Event::Committed { ticket: commit.ticket };
                let reported = written.map(|is_written| is_written.then_some(committed));
                engine.report_records(reported).await;
            }),
            Effect::Copy { ticket, from, to, length } => spawn_local(async move {
                let result = engine.shared.files.copy(from, to, length).await;
                engine.report(Event::Copied { ticket, result });
            }),
            Effect::DeleteFile { ticket, target } => spawn_local(async move {
                let result = engine.shared.files.delete_file(&target).await;
                engine.report(Event::FileDeleted { ticket, result });
            }),
            Effect::DeletePart { part } => spawn_local(async move {
                engine.shared.files.delete_part(part).await;
            }),
            Effect::Fetch { ticket, url, request, headers, credentials } => {
                if let Some(connection) =
                    Connection::open(engine, ticket, url, request, headers, credentials)
                {
                    self.shared.connections.borrow_mut().insert(ticket, connection);
                }
            }
            Effect::Flush { ticket } => self.order(ticket, connection::Order::Flush),
            Effect::Hash { ticket, part, from } => spawn_local(async move {
                let hasher = Hasher::resume(&from, engine.hash_worker());
                let note = |mark| engine.report(Event::HashedTo { ticket, mark });
                let result = engine.shared.files.hash(part, hasher, note).await;
                engine.report(Event::Hashed { ticket, result });
            }),
            Effect::Load { ticket, groups } => spawn_local(async move {
                let read = engine.shared.store.load(&groups).await;
                let loaded = |transfers| Event::Loaded { ticket, transfers };
                engine.report_records(read.map(|transfers| transfers.map(loaded))).await;
            }),
            Effect::Probe { ticket, url } => {
                if let Some(connection) = Connection::probe(engine, ticket, url) {
                    self.shared.connections.borrow_mut().insert(ticket, connection);
                }
            }
            Effect::Publish { ticket, part, target, size } => spawn_local(async move {
                let result = engine.shared.files.publish(part, &target, size).await;
                engine.report(Event::Published { ticket, result });
            }),
            Effect::Receive { ticket, part, at, keep, until, allowed, size, hash } => {
                let part = self.share_part(part, keep, at == 0, size);
                self.order(ticket, connection::Order::Receive { part, at, until, allowed, hash });
            }
            Effect::Shorten { ticket, until } => {
                self.order(ticket, connection::Order::Shorten { until });
            }
            Effect::WatchPage { client } if self.shared.has_distant_pages => {
                spawn_local(async move {
                    if locks::PageLock::outlive(&client).await.is_ok() {
                        engine.report(Event::PageGone { client });
                    }
                });
            }
            Effect::WatchPage { .. } => {}
        }
    }

    /// What came of an order to the database; nothing where another engine has taken over.
    async fn report_records(self, reported: Result<Option<Event>, QmgrError>) {
        match reported {
            Ok(Some(event)) => self.report(event),
            Ok(None) => self.leave(),
            Err(error) => self.start_over(error).await,
        }
    }

    /// The connection's task is over.
    fn close_connection(&self, ticket: Ticket) {
        let closed = self.shared.connections.borrow_mut().remove(&ticket);
        if let Some(connection) = closed {
            connection.note_end();
        }
    }

    fn files(&self) -> &Files {
        &self.shared.files
    }

    fn hash_worker(&self) -> Option<&js_sys::Function> {
        self.shared.hash_worker.as_ref()
    }

    fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    fn transport(&self) -> Option<&js_sys::Function> {
        self.shared.fetch.as_ref()
    }

    fn order(&self, ticket: Ticket, order: connection::Order) {
        // Aborting may call a transport's listeners, so nothing may stay borrowed.
        let connection = self.shared.connections.borrow().get(&ticket).cloned();
        if let Some(connection) = connection {
            connection.order(order);
        }
    }

    /// A part that is open, or the opening of it. The connections of a file share it, since the
    /// platform gives one handle to one holder; whoever comes first has it cut.
    fn share_part(&self, part: Part, keep: u64, create: bool, size: Option<u64>) -> SharedPart {
        let mut open = self.shared.open_parts.borrow_mut();
        open.retain(|(_, shared)| shared.upgrade().is_some());
        let found = open.iter().find(|(other, _)| *other == part);
        if let Some(shared) = found.and_then(|(_, shared)| shared.upgrade()) {
            return shared;
        }
        let engine = self.clone();
        let opening = async move {
            let opened = engine.files().open_part(part, keep, create, size).await?;
            Ok(Rc::new(opened))
        };
        let shared = opening.boxed_local().shared();
        open.extend(shared.downgrade().map(|weak| (part, weak)));
        shared
    }

    /// Ends every connection without a word to the queue. The next life of the queue waits for their
    /// parts to be closed.
    fn drop_connections(&self) {
        self.shared.open_parts.take();
        let open = std::mem::take(&mut *self.shared.connections.borrow_mut());
        drop(open);
    }

    /// The records could not be written, or read. What the queue believes is not what is durable, so it is
    /// dropped and restored; the calls that waited are told why.
    async fn start_over(&self, error: QmgrError) {
        let Some(mut queue) = self.shared.queue.borrow_mut().take() else { return };
        let storage = queue.storage();
        queue.refuse_calls(&error);
        while let Some(message) = queue.poll_message() {
            self.say(queue.epoch(), message);
        }
        // Until the next life every group waits, and its page says so.
        self.say_leaving(&queue);
        self.drop_connections();
        if queue.is_stopping() {
            self.shared.is_superseded.set(queue.is_superseded());
            return self.leave();
        }
        let was_full = error.hresult == Hresult::DISK_FULL;
        let mut pause = Millis::SECOND;
        loop {
            clock::sleep(pause).await;
            if self.shared.is_over.get() || self.restore(storage, was_full).await.is_ok() {
                return;
            }
            pause = pause.plus(pause).min(LONGEST_PAUSE);
        }
    }
}

fn next_message(queue: &mut Option<Queue>) -> Option<(Epoch, ToPage)> {
    let queue = queue.as_mut()?;
    Some((queue.epoch(), queue.poll_message()?))
}

/// The platform's sentence for what it threw, as the caller's error.
fn unavailable(what: &str, thrown: &str) -> QmgrError {
    QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, format!("{what}: {thrown}"))
}
