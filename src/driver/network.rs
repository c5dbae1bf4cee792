//! Whether the browser believes in a network.

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = addEventListener)]
    fn add_event_listener(kind: &str, listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = removeEventListener)]
    fn remove_event_listener(kind: &str, listener: &Function) -> Result<(), JsValue>;
}

/// Listens to the global `online` and `offline` events for as long as it lives.
pub(super) struct Network {
    listener: Closure<dyn FnMut(JsValue)>,
}

impl Network {
    /// `None` where the platform has no such events (Node.js): it is online there.
    pub(super) fn watch(changed: impl Fn(bool) + 'static) -> Option<Self> {
        Reflect::get(&js_sys::global(), &"addEventListener".into())
            .ok()?
            .dyn_into::<Function>()
            .ok()?;
        let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            let kind = Reflect::get(&event, &"type".into()).ok().and_then(|kind| kind.as_string());
            changed(kind.as_deref() == Some("online"));
        });
        for kind in ["online", "offline"] {
            add_event_listener(kind, listener.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { listener })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for kind in ["online", "offline"] {
            // The listener of a scope that is going away goes with it.
            drop(remove_event_listener(kind, self.listener.as_ref().unchecked_ref()));
        }
    }
}

/// What `navigator.onLine` says; true where it does not exist.
pub(super) fn is_online() -> bool {
    Reflect::get(&js_sys::global(), &"navigator".into())
        .and_then(|navigator| Reflect::get(&navigator, &"onLine".into()))
        .ok()
        .and_then(|online| online.as_bool())
        .unwrap_or(true)
}
