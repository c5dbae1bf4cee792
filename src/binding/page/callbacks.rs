//! What the engine may call back.

use super::Page;
use crate::abi::{Guid, PropertyValue, QmgrError};
use crate::binding::callback::{Class, Pointer};
use crate::binding::hook::Hook;
use crate::driver::wall_time;
use crate::mirror::{Caller, GroupView, PointerChange, Row};
use crate::protocol::{AskedFile, Epoch, Registration, Serial, StatusEvent, ToEngine};
use js_sys::Function;
use std::rc::Rc;

impl Page {
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

    pub(super) fn withdraw_callbacks(&self, caller: &Rc<Caller>) {
        let withdrawn = self.registrations.borrow_mut().withdraw(
            |pointer| Rc::ptr_eq(pointer.caller(), caller),
            |class| Rc::ptr_eq(&class.caller, caller),
            |hook| Rc::ptr_eq(&hook.caller, caller),
        );
        self.register(withdrawn);
    }

    /// Tells the active engine; one to come is told everything.
    pub(super) fn register(&self, registrations: Vec<Registration>) {
        if !registrations.is_empty() && self.has_engine() {
            self.send(&ToEngine::Register { client: self.client(), registrations });
        }
    }

    /// Makes an object of a class and sets it as the pointer of a group, which is then called. In a task
    /// of its own, as all code of the page's program is: nothing of the engine's is under way.
    pub(super) fn activate(
        &self,
        class: Guid,
        serial: Serial,
        row: Rc<Row>,
        event: u64,
        attempt: u32,
    ) {
        let made = self
            .class(class)
            .and_then(|class| class.make(GroupView::new(row, Rc::clone(&class.caller))).ok());
        match made {
            Some(pointer) => self.set_pointer(serial, Some(pointer)),
            None => self.answer_call(serial, event, attempt, false),
        }
    }

    /// Calls the page's pointer of a group.
    pub(super) async fn notify(self: &Rc<Self>, group: Serial, event: StatusEvent, attempt: u32) {
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
    pub(super) async fn give(&self, epoch: Epoch, question: u64, file: AskedFile) {
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
}
