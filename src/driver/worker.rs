//! The dedicated worker that an engine lives in: waits for the queue's lock, then talks to the pages
//! of all tabs over one channel.
//!
//! ```text
//! stands by ──► holds the lock ──► runs the engine ──► over
//!     │  the lock, or the silence of its holder              ▲
//!     └──────────────────────────────────────────────────────┘ a newer build asks
//! ```
//!
//! A worker has one life: when it is over its page ends it, with whatever it still had open, and
//! starts another.

use super::channel;
use super::clock::{Clock, sleep};
use super::locks::Lock;
use super::readers::Readers;
use super::{Engine, EngineOptions, unavailable};
use crate::abi::QmgrError;
use crate::fields::{Fields, malformed, object};
use crate::protocol::{Epoch, FromEngine, Message, ToEngine, ToPage, VERSION, superseded};
use crate::standby::{BEAT, Standby};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::Function;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::pin::pin;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

/// The worker's part in its tab: the queue's engine, or one that waits for its turn to be it.
#[wasm_bindgen]
pub struct TabWorker {
    tab: Rc<Tab>,
}

struct Tab {
    name: String,
    clock: Clock,
    channel: BroadcastChannel,
    standby: RefCell<Standby>,
    stage: RefCell<Stage>,
    /// The active engine's epoch; 0 before.
    epoch: Cell<Epoch>,
    /// Dropped when a newer build asks this worker to go while it stands by.
    stays: RefCell<Option<oneshot::Sender<Infallible>>>,
}

enum Stage {
    StandsBy,
    /// Holds the lock, and reads the records.
    Starts,
    Runs(Engine),
    Over,
}

#[wasm_bindgen]
impl TabWorker {
    /// Waits for its turn to be the queue's engine, and then is it.
    ///
    /// `options`: `name`, `storage`, `worker`, the name that its page gives it, and `visible`, whether
    /// that page can be seen. `report` is called once, with `"over"` when its part is over, or with
    /// `{ failed: { hresult, message } }` when it cannot be an engine. `hash_worker` makes a worker of
    /// the same script, for one that hashes beside the engine.
    ///
    /// # Errors
    /// The `{ hresult, message }` of what is missing.
    pub fn start(
        options: JsValue,
        report: Function,
        hash_worker: Option<Function>,
    ) -> Result<Self, JsValue> {
        Self::try_start(&options, report, hash_worker).map_err(to_js)
    }

    /// The page was shown or hidden.
    #[wasm_bindgen(js_name = setVisible)]
    pub fn set_visible(&self, visible: bool) {
        self.tab.standby.borrow_mut().show(visible, self.tab.clock.now());
    }

    /// Makes everything durable, and lets another worker take over.
    pub async fn stop(self) {
        let stage = self.tab.stage.replace(Stage::Over);
        self.tab.stays.take();
        if let Stage::Runs(engine) = stage {
            engine.stop().await;
        }
    }
}

impl TabWorker {
    fn try_start(
        options: &JsValue,
        report: Function,
        hash_worker: Option<Function>,
    ) -> Result<Self, QmgrError> {
        let options = Fields(options);
        let name = options.text("name")?.ok_or_else(|| malformed("name"))?;
        let storage = options.storage()?;
        let worker = options.text("worker")?.ok_or_else(|| malformed("worker"))?;
        let visible = options.truth("visible")?.ok_or_else(|| malformed("visible"))?;
        let channel = BroadcastChannel::new(&address(&name)).map_err(|thrown| {
            unavailable("BroadcastChannel cannot be had", &super::js::sentence(&thrown))
        })?;
        let clock = Clock::start();
        let (stays, goes) = oneshot::channel();
        let tab = Rc::new(Tab {
            name: name.clone(),
            standby: RefCell::new(Standby::new(visible, clock.now())),
            clock,
            channel,
            stage: RefCell::new(Stage::StandsBy),
            epoch: Cell::default(),
            stays: RefCell::new(Some(stays)),
        });
        let listener = tab.listen();
        let engine = EngineOptions {
            name,
            storage,
            worker,
            fetch: None,
            hash_worker,
            has_distant_pages: true,
        };
        let life = Rc::clone(&tab);
        spawn_local(async move {
            let end = life.live(engine, goes).await;
            life.stage.replace(Stage::Over);
            life.channel.set_onmessage(None);
            life.channel.close();
            drop(listener);
            let end = match end {
                // Another worker has taken over, or the records were deleted.
                Ok(()) => "over".into(),
                Err(error) => object([("failed", to_js(error))]),
            };
            // A page that is gone needs no report.
            drop(report.call1(&JsValue::UNDEFINED, &end));
        });
        Ok(Self { tab })
    }
}

impl Tab {
    /// From the wait for the lock to the end.
    async fn live(
        self: &Rc<Self>,
        options: EngineOptions,
        goes: oneshot::Receiver<Infallible>,
    ) -> Result<(), QmgrError> {
        let mut lock = match select(pin!(self.wait()), goes).await {
            Either::Left((lock, _)) => {
                lock.map_err(|sentence| unavailable("the engine cannot start", &sentence))?
            }
            Either::Right(_) => return Err(superseded()),
        };
        self.stage.replace(Stage::Starts);
        spawn_local(Rc::clone(self).beat());
        let speaker = Rc::clone(self);
        let to_page: Rc<dyn Fn(FromEngine)> = Rc::new(move |said| speaker.say(said));
        let start = pin!(Engine::start(options, to_page));
        let engine = match select(start, pin!(lock.lost())).await {
            Either::Left((engine, _)) => engine?,
            // Whatever was begun ends with this worker.
            Either::Right(_) => return Ok(()),
        };
        self.stage.replace(Stage::Runs(engine.clone()));
        let _readers = Readers::listen(engine.clone());
        // Said again: before, a page's question was not heard.
        engine.deliver(ToEngine::Hello { version: VERSION });
        select(pin!(engine.over()), pin!(lock.lost())).await;
        engine.leave();
        if engine.is_superseded() { Err(superseded()) } else { Ok(()) }
    }

    /// Waits for the lock; one whose holder is silent is taken from it.
    async fn wait(&self) -> Result<Lock, String> {
        let address = address(&self.name);
        let mut turn = pin!(Lock::hold(&address));
        self.say_hello();
        loop {
            match select(turn, pin!(sleep(BEAT))).await {
                Either::Left((lock, _)) => return lock,
                Either::Right((_, unfinished)) => turn = unfinished,
            }
            if self.standby.borrow_mut().must_steal(self.clock.now()) {
                return Lock::steal(&address).await;
            }
        }
    }

    /// Says that this worker lives, until it does not.
    async fn beat(self: Rc<Self>) {
        while matches!(&*self.stage.borrow(), Stage::Starts | Stage::Runs(_)) {
            self.say(FromEngine { epoch: self.epoch.get(), message: ToPage::Beat });
            sleep(BEAT).await;
        }
    }

    fn listen(self: &Rc<Self>) -> Closure<dyn FnMut(MessageEvent)> {
        let tab: Weak<Self> = Rc::downgrade(self);
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(tab) = tab.upgrade() else { return };
            match channel::read(&event) {
                Some(Message::ToEngine(said)) => tab.hear_page(said.into_owned()),
                Some(Message::FromEngine(said)) => tab.hear_engine(said.into_owned()),
                None => {}
            }
        });
        self.channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        listener
    }

    fn hear_page(&self, message: ToEngine) {
        if let Some(engine) = self.engine() {
            engine.deliver(message);
        } else if let ToEngine::Hello { version } = message
            && version > VERSION
        {
            self.stays.take();
        }
    }

    /// Another worker's engine says something: while this one stands by, that it lives; later, that
    /// this one is over.
    fn hear_engine(&self, FromEngine { epoch, message }: FromEngine) {
        self.standby.borrow_mut().hear(self.clock.now());
        if let Some(engine) = self.engine() {
            if epoch > self.epoch.get() {
                engine.leave();
            }
        } else if let ToPage::Active(active) = message
            && active.version < VERSION
        {
            self.say_hello();
        }
    }

    fn engine(&self) -> Option<Engine> {
        match &*self.stage.borrow() {
            Stage::Runs(engine) => Some(engine.clone()),
            Stage::StandsBy | Stage::Starts | Stage::Over => None,
        }
    }

    fn say_hello(&self) {
        self.post(&Message::ToEngine(Cow::Owned(ToEngine::Hello { version: VERSION })));
    }

    fn say(&self, said: FromEngine) {
        self.epoch.set(said.epoch);
        self.post(&Message::FromEngine(Cow::Owned(said)));
    }

    fn post(&self, message: &Message) {
        // A closed channel has nobody left to tell.
        drop(channel::post(&self.channel, message));
    }
}

/// The name of the queue's lock, and of its channel.
fn address(name: &str) -> String {
    format!("qmgr:{name}")
}

fn to_js(error: QmgrError) -> JsValue {
    object([("hresult", error.hresult.0.into()), ("message", error.message.into())])
}
