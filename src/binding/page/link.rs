//! How messages travel between a page and the engine.

use super::Page;
use crate::abi::{Hresult, QmgrError};
use crate::driver::{Engine, channel};
use crate::protocol::{FromEngine, Message, ToEngine, ToPage};
use std::borrow::Cow;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

/// How messages reach the engine.
pub(super) enum Link {
    Channel(Channel),
    Engine(Engine),
    None,
}

/// The channel on which the pages and the engine of a queue meet.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    pub(super) fn open(name: &str, page: Weak<Page>) -> Result<Self, QmgrError> {
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

impl Page {
    /// The in-process engine, if there is one.
    pub fn local_engine(&self) -> Option<Engine> {
        match &*self.link.borrow() {
            Link::Engine(engine) => Some(engine.clone()),
            Link::Channel(_) | Link::None => None,
        }
    }

    pub(super) fn send(&self, message: &ToEngine) {
        // An engine in process may answer before it returns, so the link must not stay borrowed.
        if let Some(engine) = self.local_engine() {
            engine.deliver(message.clone());
        } else if let Link::Channel(channel) = &*self.link.borrow() {
            channel.send(message);
        }
    }

    pub(super) fn receive(self: &Rc<Self>, FromEngine { epoch, message }: FromEngine) {
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
                    self.announce_row(&change);
                }
            }
        }
    }
}
