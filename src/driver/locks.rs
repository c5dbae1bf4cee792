//! Web Locks: the one engine that is active for a queue holds its lock, and each page one of its own.

use crate::protocol::ClientId;
use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

#[wasm_bindgen]
extern "C" {
    /// Bound here, since web-sys hides it behind a compiler flag of every consumer.
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &JsValue, callback: &Function) -> Promise;
}

/// A lock that is held; dropped, it is released.
pub(super) struct Lock {
    _release: oneshot::Sender<Infallible>,
    lost: oneshot::Receiver<Infallible>,
}

impl Lock {
    /// Waits for its turn to hold the lock of this name.
    ///
    /// # Errors
    ///
    /// The sentence says why there are no locks.
    pub(super) async fn hold(name: &str) -> Result<Self, String> {
        Self::request(name, false).await
    }

    /// Takes the lock of this name from whoever holds it.
    ///
    /// # Errors
    ///
    /// As for [`hold`](Self::hold).
    pub(super) async fn steal(name: &str) -> Result<Self, String> {
        Self::request(name, true).await
    }

    /// Resolves when somebody has stolen the lock.
    pub(super) async fn lost(&mut self) {
        // Nothing is ever sent.
        let _ = (&mut self.lost).await;
    }

    async fn request(name: &str, steal: bool) -> Result<Self, String> {
        let manager = Reflect::get(&js_sys::global(), &"navigator".into())
            .and_then(|navigator| Reflect::get(&navigator, &"locks".into()))
            .ok()
            .filter(JsValue::is_object)
            .ok_or("this browser or context has no Web Locks")?
            .unchecked_into::<LockManager>();
        let options = Object::new();
        // Setting a field of a fresh object does not fail.
        drop(Reflect::set(&options, &"steal".into(), &steal.into()));
        let (held, is_held) = oneshot::channel();
        let held = Rc::new(RefCell::new(Some(held)));
        let granted = {
            let held = Rc::clone(&held);
            Closure::once_into_js(move || -> Promise {
                let (release, released) = oneshot::channel::<Infallible>();
                if let Some(held) = held.take() {
                    // One who does not wait any more drops the sender, which releases the lock.
                    drop(held.send(release));
                }
                future_to_promise(async move {
                    let _ = released.await;
                    Ok(JsValue::UNDEFINED)
                })
            })
        };
        let request = manager.request(name, &options, granted.unchecked_ref());
        let (keeps, lost) = oneshot::channel();
        spawn_local(async move {
            // It is settled when the lock is released or stolen, or was refused.
            drop(JsFuture::from(request).await);
            drop(keeps);
            held.take();
        });
        let release =
            is_held.await.map_err(|_| "the browser refused the queue's lock".to_owned())?;
        Ok(Self { _release: release, lost })
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
