//! The dedicated worker that an engine lives in: waits for the queue's lock, then talks to the pages
//! of all tabs over one channel.

use super::locks::Lock;
use super::{Engine, EngineOptions, unavailable};
use crate::abi::QmgrError;
use crate::protocol::{Storage, ToEngine, ToPage};
use js_sys::{Function, Object, Reflect};
use serde::Deserialize;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

#[derive(Deserialize)]
struct Options {
    name: String,
    storage: Option<Storage>,
    worker: String,
}

/// An engine in a dedicated worker.
#[wasm_bindgen]
pub struct WorkerEngine {
    engine: Engine,
    channel: BroadcastChannel,
    _listener: Closure<dyn FnMut(MessageEvent)>,
    _lock: Lock,
}

#[wasm_bindgen]
impl WorkerEngine {
    /// Makes everything durable, and lets another worker take over.
    pub async fn stop(self) {
        self.engine.stop().await;
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

/// Waits for its turn to be the queue's engine, and then is it.
///
/// `report` is called with `{ failed: { hresult, message } }` when it cannot be.
#[wasm_bindgen(js_name = runWorker)]
pub async fn run_worker(options: JsValue, report: Function) -> Option<WorkerEngine> {
    match start(options).await {
        Ok(worker) => Some(worker),
        Err(error) => {
            let message = Object::new();
            let failed = serde_wasm_bindgen::to_value(&error).unwrap_or(JsValue::UNDEFINED);
            // Neither setting a field of a fresh object nor posting plain data fails.
            drop(Reflect::set(&message, &"failed".into(), &failed));
            drop(report.call1(&JsValue::UNDEFINED, &message));
            None
        }
    }
}

async fn start(options: JsValue) -> Result<WorkerEngine, QmgrError> {
    let Options { name, storage, worker } = serde_wasm_bindgen::from_value(options)
        .map_err(|error| unavailable("the worker's options", &error.to_string()))?;
    let address = format!("qmgr:{name}");
    let lock = Lock::hold(&address)
        .await
        .map_err(|sentence| unavailable("the engine cannot start", &sentence))?;
    let channel = BroadcastChannel::new(&address).map_err(|thrown| {
        unavailable("BroadcastChannel cannot be had", &super::js::sentence(&thrown))
    })?;
    let sender = channel.clone();
    let to_page: Rc<dyn Fn(ToPage)> = Rc::new(move |message| {
        if let Ok(message) = serde_wasm_bindgen::to_value(&message) {
            // A closed channel has nobody left to tell.
            drop(sender.post_message(&message));
        }
    });
    let engine = Engine::start(
        EngineOptions { name, storage, worker, fetch: None, has_distant_pages: true },
        to_page,
    )
    .await?;
    let receiver = engine.clone();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // What is not ours to understand is a page's of another version; it learns ours from `Active`.
        if let Ok(message) = serde_wasm_bindgen::from_value::<ToEngine>(event.data()) {
            receiver.deliver(message);
        }
    });
    channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // Said again: before the listener stood, a page's question was not heard.
    engine.deliver(ToEngine::Hello);
    Ok(WorkerEngine { engine, channel, _listener: listener, _lock: lock })
}
