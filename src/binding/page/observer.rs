//! What the observer is told.

use super::Page;
use crate::driver::sleep;
use crate::mirror::{Change, GroupEvent, PROGRESS_REST};
use crate::protocol::Serial;
use js_sys::Array;
use std::rc::Weak;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

impl Page {
    /// Tells of a row that came without a call of this page's.
    pub(super) fn announce_row(&self, change: &Change) {
        self.announce(change);
        self.announce_event("change", change);
    }

    pub(super) fn announce(&self, change: &Change) {
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

    pub(super) fn observe(&self, name: &str, details: &[JsValue]) {
        if let Some(observer) = &self.observer {
            let arguments: Array = details.iter().collect();
            arguments.unshift(&name.into());
            // An observer that throws has reported its own failure; the rows must go on.
            let _ = observer.apply(&JsValue::UNDEFINED, &arguments);
        }
    }
}
