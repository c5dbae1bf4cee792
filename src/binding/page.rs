//! One page's connection to a queue, shared by all its handles.

use super::callback::{Class, Pointer};
use super::hook::Hook;
use crate::abi::{Guid, Hresult, PropertyValue, QmgrError};
use crate::driver::{Clock, Engine, EngineOptions, PageLock, channel, sleep, wall_time};
use crate::mirror::{
    Caller, Calls, Change, Contact, GroupEvent, GroupView, Meeting, Mirror, PROGRESS_REST,
    PointerChange, Registrations, Row,
};
use crate::protocol::{
    Active, Answer, AskedFile, ClientId, Command, Epoch, FromEngine, GroupUpdate, Message, Owner,
    Registration, Serial, StatusEvent, Storage, ToEngine, ToPage, VERSION,
};
use crate::time::Millis;
use futures_channel::oneshot;
use js_sys::{Array, Function};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

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

/// How messages reach the engine.
enum Link {
    Channel(Channel),
    Engine(Engine),
    None,
}

/// Whether the page holds the lock that shows it lives. An engine in process needs none.
enum LockState {
    Held { _lock: PageLock },
    None,
    Requested,
}

/// Who waits for a reply.
enum Waiter {
    /// The page itself asked for the rows of these groups.
    Attach(Vec<Serial>),
    /// A handle called.
    Call(Rc<Caller>, oneshot::Sender<Result<Reply, QmgrError>>),
}

/// What a call that succeeded gives back.
pub(super) enum Reply {
    /// The group that the call created or found, held from the moment of the reply.
    Group(Rc<Row>),
    /// Anything else.
    Answer(Answer),
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

    /// The in-process engine, if there is one.
    pub fn local_engine(&self) -> Option<Engine> {
        match &*self.link.borrow() {
            Link::Engine(engine) => Some(engine.clone()),
            Link::Channel(_) | Link::None => None,
        }
    }

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

    /// Makes a class known to this tab, in place of an earlier one of that id.
    pub fn register_class(&self, class: Guid, factory: Function, caller: &Rc<Caller>) {
        let caller = Rc::clone(caller);
        let known = Class { factory, caller };
        let registration = self.registrations.borrow_mut().set_class(class, known, wall_time());
        self.register(vec![registration]);
    }

    /// A class that this tab knows.
    pub fn class(&self, class: Guid) -> Option<Class> {
        self.registrations.borrow().class(class).cloned()
    }

    /// What setting GROUPPROP_NOTIFYCLSID does to the pointer of its group.
    ///
    /// # Errors
    /// `REGDB_E_CLASSNOTREG` for a class that this tab does not know.
    pub fn change_to(&self, clsid: &PropertyValue) -> Result<PointerChange<Class>, QmgrError> {
        self.registrations.borrow().change_to(clsid)?.try_map(|class| Ok(class.clone()))
    }

    /// Sets this page's notification pointer of a group, or clears it.
    pub fn set_pointer(&self, group: Serial, pointer: Option<Pointer>) {
        let changed = self.registrations.borrow_mut().set_pointer(group, pointer, wall_time());
        self.register(vec![changed]);
    }

    /// Has this tab asked before each request, in place of what was asked before.
    pub fn add_hook(&self, hook: Hook) {
        let added = self.registrations.borrow_mut().add_hook(hook, wall_time());
        self.register(vec![added]);
    }

    /// Tells the active engine; one to come is told everything.
    fn register(&self, registrations: Vec<Registration>) {
        if !registrations.is_empty() && self.contact.borrow().active().is_some() {
            self.send(&ToEngine::Register { client: self.client(), registrations });
        }
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

    fn withdraw_callbacks(&self, caller: &Rc<Caller>) {
        let withdrawn = self.registrations.borrow_mut().withdraw(
            |pointer| Rc::ptr_eq(pointer.caller(), caller),
            |class| Rc::ptr_eq(&class.caller, caller),
            |hook| Rc::ptr_eq(&hook.caller, caller),
        );
        self.register(withdrawn);
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

    /// Tells the engine that this page goes for good.
    pub fn leave(&self) {
        self.send(&ToEngine::Bye { client: self.client() });
    }

    fn client(&self) -> ClientId {
        self.calls.borrow().client().clone()
    }

    fn is_connected(&self) -> bool {
        !matches!(*self.link.borrow(), Link::None)
    }

    /// Whether the page may be relied on: its lock shows when it is gone.
    fn is_present(&self) -> bool {
        match &*self.link.borrow() {
            Link::Channel(_) => matches!(*self.lock.borrow(), LockState::Held { .. }),
            Link::Engine(_) | Link::None => true,
        }
    }

    /// Asks who is active; a page that waits for its lock still asks when it has it.
    fn say_hello(&self) {
        if self.is_present() {
            self.send(&ToEngine::Hello { version: VERSION });
        }
    }

    /// Ends every call if the page has come to know that there will be no engine.
    fn settle_failure(&self) {
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
        let was_active = self.contact.borrow().active().is_some();
        if self.contact.borrow_mut().look(self.clock.now()) {
            if was_active {
                self.note_inactive();
            }
            self.settle_failure();
        }
    }

    fn reject(&self, error: QmgrError, which: impl Fn(&Rc<Caller>) -> bool) {
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

    fn begin(&self, owner: Owner, command: Command, waiter: Waiter) {
        let call = self.calls.borrow_mut().begin(owner, command, waiter);
        if self.contact.borrow().active().is_some() {
            self.calls.borrow_mut().note_sent(call.sequence);
            self.send(&ToEngine::Call(call));
        }
    }

    fn send(&self, message: &ToEngine) {
        // An engine in process may answer before it returns, so the link must not stay borrowed.
        if let Some(engine) = self.local_engine() {
            engine.deliver(message.clone());
        } else if let Link::Channel(channel) = &*self.link.borrow() {
            channel.send(message);
        }
    }

    fn receive(self: &Rc<Self>, FromEngine { epoch, message }: FromEngine) {
        if !self.contact.borrow_mut().hear(epoch, self.clock.now()) {
            return;
        }
        match message {
            ToPage::Activate { client, class, event, attempt, group } => {
                if client == self.client() {
                    // Held at once: a row that follows is later than this one.
                    let serial = group.group.serial;
                    let (row, change) = self.mirror.borrow_mut().hold(*group);
                    self.announce(&change);
                    let page = Rc::clone(self);
                    spawn_local(async move { page.activate(class, serial, row, event, attempt) });
                }
            }
            ToPage::Active(active) if self.is_present() => self.on_active(active),
            ToPage::Active(_) | ToPage::Beat => {}
            ToPage::Ask { client, question, file } => {
                if client == self.client() {
                    let page = Rc::clone(self);
                    spawn_local(async move { page.give(epoch, question, *file).await });
                }
            }
            ToPage::Leaving { epoch, superseded } => self.on_leaving(epoch, superseded),
            ToPage::Notify { client, group, event, attempt } => {
                if client == self.client() {
                    let page = Rc::clone(self);
                    spawn_local(async move { page.notify(group, event, attempt).await });
                }
            }
            ToPage::Reply { client, sequence, result } => {
                if client == self.client() {
                    self.on_reply(sequence, result);
                }
            }
            ToPage::Rows(updates) => {
                for update in updates {
                    let change = self.mirror.borrow_mut().apply(update);
                    self.announce(&change);
                    self.announce_event("change", &change);
                }
            }
        }
    }

    fn on_active(self: &Rc<Self>, active: Active) {
        let worker = active.worker.clone();
        let was_active = self.contact.borrow().active().is_some();
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

    fn on_leaving(&self, epoch: Epoch, is_superseded: bool) {
        if self.contact.borrow_mut().leave(epoch, is_superseded) {
            self.note_inactive();
        }
        self.settle_failure();
    }

    fn lose_engine(&self) {
        if self.contact.borrow_mut().lose(self.clock.now()) {
            self.note_inactive();
        }
    }

    fn note_inactive(&self) {
        self.mirror.borrow().set_engine_active(false);
        self.observe("active", &[JsValue::UNDEFINED]);
    }

    fn send_unanswered(&self) {
        if self.contact.borrow().active().is_none() {
            return;
        }
        let unanswered = self.calls.borrow_mut().unanswered();
        for call in unanswered {
            self.send(&ToEngine::Call(call));
        }
    }

    /// Rows that an earlier engine had no time to send are read from the new one, for whichever
    /// callers hold them.
    fn attach(&self) {
        let groups = self.mirror.borrow_mut().held();
        if groups.is_empty() {
            return;
        }
        let owner = Owner { user: "".into(), administrator: true };
        let command = Command::Attach { groups: groups.clone() };
        self.begin(owner, command, Waiter::Attach(groups));
    }

    /// Makes an object of a class and sets it as the pointer of a group, which is then called. In a task
    /// of its own, as all code of the page's program is: nothing of the engine's is under way.
    fn activate(&self, class: Guid, serial: Serial, row: Rc<Row>, event: u64, attempt: u32) {
        let made = self
            .class(class)
            .and_then(|class| class.make(GroupView::new(row, Rc::clone(&class.caller))).ok());
        match made {
            Some(pointer) => self.set_pointer(serial, Some(pointer)),
            None => self.answer_call(serial, event, attempt, false),
        }
    }

    /// Calls the page's pointer of a group.
    async fn notify(self: &Rc<Self>, group: Serial, event: StatusEvent, attempt: u32) {
        let pointer = self.registrations.borrow().pointer(group).cloned();
        let number = event.number;
        let is_taken = match pointer {
            Some(pointer) => pointer.on_status(self, event).await,
            None => false,
        };
        self.answer_call(group, number, attempt, is_taken);
    }

    /// Asks the page's hook which request to send. One that has just been taken back says nothing: the
    /// engine hears of that.
    async fn give(&self, epoch: Epoch, question: u64, file: AskedFile) {
        let hook = self.registrations.borrow().hook().cloned();
        let Some(hook) = hook else { return };
        let (client, given) = (self.client(), hook.ask(file).await);
        self.send(&ToEngine::Given { client, epoch, question, given });
    }

    /// Without an engine the answer goes nowhere; the next one calls again.
    fn answer_call(&self, group: Serial, event: u64, attempt: u32, is_taken: bool) {
        let client = self.client();
        self.send(&ToEngine::Notified { client, group, event, attempt, is_taken });
    }

    fn on_reply(&self, sequence: u64, result: Result<Answer, QmgrError>) {
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
            self.announce(&change);
            self.announce_event("change", &change);
        }
    }

    fn announce(&self, change: &Change) {
        if change.events.contains(&GroupEvent::Cancelled) {
            self.registrations.borrow_mut().forget_group(change.serial);
        }
        for event in &change.events {
            self.announce_event(event.name(), change);
        }
        if change.events.contains(&GroupEvent::Progress) {
            self.rest(change.serial);
        }
    }

    /// Holds back what else there is to tell of a group's progress, for a moment.
    fn rest(&self, serial: Serial) {
        let page = Weak::clone(&self.this);
        spawn_local(async move {
            sleep(PROGRESS_REST).await;
            let Some(page) = page.upgrade() else { return };
            let change = page.mirror.borrow_mut().end_rest(serial);
            if let Some(change) = change {
                page.announce(&change);
            }
        });
    }

    fn announce_event(&self, name: &str, change: &Change) {
        if self.observer.is_some() {
            #[expect(clippy::cast_precision_loss, reason = "no queue creates 2^53 groups")]
            let serial = change.serial.0 as f64;
            let id = change.id.to_string();
            self.observe(name, &[id.into(), serial.into(), change.status.into()]);
        }
    }

    fn observe(&self, name: &str, details: &[JsValue]) {
        if let Some(observer) = &self.observer {
            let arguments: Array = details.iter().collect();
            arguments.unshift(&name.into());
            // An observer that throws has reported its own failure; the rows must go on.
            let _ = observer.apply(&JsValue::UNDEFINED, &arguments);
        }
    }
}

/// The channel on which the pages and the engine of a queue meet.
struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    fn open(name: &str, page: Weak<Page>) -> Result<Self, QmgrError> {
        let channel = BroadcastChannel::new(name).map_err(|_| {
            let message = "there is no BroadcastChannel here";
            QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, message)
        })?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // What pages say to the engine passes by here too, and is not for this page.
            let said = channel::read(&event);
            if let (Some(page), Some(Message::FromEngine(said))) = (page.upgrade(), said) {
                page.receive(said.into_owned());
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { channel, _on_message: on_message })
    }

    fn send(&self, message: &ToEngine) {
        // Posting fails only on a closed channel, whose page has no calls.
        let _ = channel::post(&self.channel, &Message::ToEngine(Cow::Borrowed(message)));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
