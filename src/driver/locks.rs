//! Web Locks: the one engine that is active for a queue holds its lock, and each page one of its own.

use crate::protocol::ClientId;
use futures_channel::oneshot;
use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Bound here, since web-sys hides it behind a compiler flag of every consumer.
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, callback: &Function) -> Promise;
}

/// A lock that is held; dropped, it is released.
pub(super) struct Lock {
    _release: oneshot::Sender<()>,
}

impl Lock {
    /// Waits for its turn to hold the lock of this name.
    ///
    /// # Errors
    ///
    /// The sentence says why there are no locks.
    pub(super) async fn hold(name: &str) -> Result<Self, String> {
        let manager = Reflect::get(&js_sys::global(), &"navigator".into())
            .and_then(|navigator| Reflect::get(&navigator, &"locks".into()))
            .ok()
            .filter(JsValue::is_object)
            .ok_or("this browser or context has no Web Locks")?
            .unchecked_into::<LockManager>();
        let (held, is_held) = oneshot::channel();
        let held = Rc::new(RefCell::new(Some(held)));
        let granted = Closure::once_into_js(move || -> Promise {
            let (release, released) = oneshot::channel::<()>();
            if let Some(held) = held.borrow_mut().take() {
                // One who does not wait any more drops the sender, which releases the lock.
                drop(held.send(release));
            }
            wasm_bindgen_futures::future_to_promise(async move {
                let _ = released.await;
                Ok(JsValue::UNDEFINED)
            })
        });
        let request = manager.request(name, granted.unchecked_ref());
        // It settles when the lock is released; a refusal drops the callback and so `held`.
        wasm_bindgen_futures::spawn_local(async move {
            drop(wasm_bindgen_futures::JsFuture::from(request).await);
        });
        let release =
            is_held.await.map_err(|_| "the browser refused the queue's lock".to_owned())?;
        Ok(Self { _release: release })
    }
}

/// What shows that a page lives: the browser releases it when the page is gone, whatever it died of.
pub struct PageLock {
    _lock: Lock,
}

impl PageLock {
    /// The page takes its lock, before it says a word to any engine.
    ///
    /// # Errors
    ///
    /// The sentence says why there are no locks.
    pub async fn hold(client: &ClientId) -> Result<Self, String> {
        Ok(Self { _lock: Lock::hold(&Self::name(client)).await? })
    }

    /// Waits until the page that has spoken is gone, or was put aside.
    ///
    /// # Errors
    ///
    /// The sentence says why there are no locks.
    pub(super) async fn outlive(client: &ClientId) -> Result<(), String> {
        Lock::hold(&Self::name(client)).await.map(drop)
    }

    /// The page's name is random, so that no queue's lock is called like it.
    fn name(ClientId(client): &ClientId) -> String {
        format!("qmgr-page:{client}")
    }
}
