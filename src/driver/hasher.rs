//! SHA-256 of a part: here, and once there are many bytes, in a worker of its own.
//!
//! ```text
//! engine ── a state ────────────► worker    where to begin
//!        ── bytes ──────────────►           their buffer goes with them
//!        ◄── [bytes, a state] ───           and comes back, to be filled again
//! ```

use super::sleep;
use crate::snapshot::HashMark;
use crate::time::Millis;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};
use std::pin::pin;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, Event, MessageEvent, Worker};

/// So many bytes are hashed here before a worker is worth its start.
const FEW_BYTES: u64 = 4 << 20;

/// So many buffers may be with the worker; whoever has more bytes waits for it.
const MOST_LENT: usize = 8;

/// A worker that says nothing for so long while it has buffers is taken for dead: a browser may end one
/// without a word.
const SILENCE: Millis = Millis(5_000);

/// The size of the buffers.
pub(super) const BUFFER_SIZE: u32 = 1 << 20;

/// What a worker says when it can begin.
const READY: &str = "ready";

/// Hashes a part, from where a mark says.
pub(super) struct Hasher {
    /// Where the bytes that come next begin.
    position: u64,
    /// What was hashed here.
    state: Sha256,
    /// How many bytes that were since the start.
    hashed_here: u64,
    helper: Option<Helper>,
    /// Makes a worker; `None` where there can be none.
    start: Option<Function>,
}

/// The worker.
struct Helper {
    worker: Worker,
    replies: UnboundedReceiver<Reply>,
    /// The last mark that it told; `None` before it is ready.
    mark: Option<HashMark>,
    /// How many buffers are with it.
    lent: usize,
    /// Buffers that it has given back.
    spare: Vec<Uint8Array>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

enum Reply {
    Failed,
    Hashed { bytes: Uint8Array, state: String },
    Ready,
}

impl Hasher {
    /// Begins where a mark says; at zero where it makes no sense.
    pub(super) fn resume(mark: &HashMark, start: Option<&Function>) -> Self {
        let (position, state) = match decode(&mark.state) {
            Some(state) => (mark.position, state),
            None => (0, Sha256::new()),
        };
        Self { position, state, hashed_here: 0, helper: None, start: start.cloned() }
    }

    /// Where the bytes that come next begin. It goes back when a worker fails.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Takes bytes in, if they are the ones that come next; others have to be read from the part later.
    /// Gives back an array to read the next ones into. Where `is_ours`, the buffer of these may be given
    /// away for it.
    pub(super) async fn take(&mut self, bytes: Uint8Array, at: u64, is_ours: bool) -> Uint8Array {
        self.hear();
        if at != self.position {
            return bytes;
        }
        let length = u64::from(bytes.length());
        self.position += length;
        if let Some(helper) = self.helper.as_mut().filter(|helper| helper.mark.is_some()) {
            if helper.send(&bytes, is_ours).is_err() {
                self.give_up();
                return bytes;
            }
            return self.spare_buffer().await;
        }
        self.state.update(bytes.to_vec());
        self.hashed_here += length;
        if self.hashed_here >= FEW_BYTES
            && let Some(start) = self.start.take()
        {
            // Where there can be no worker the hash goes on here.
            self.helper = Helper::start(&start).ok();
        }
        bytes
    }

    /// How far the hash is: at most to where bytes were taken.
    pub(super) fn mark(&mut self) -> HashMark {
        self.hear();
        match self.helper.as_ref().and_then(|helper| helper.mark.clone()) {
            Some(mark) => mark,
            None => HashMark { position: self.position, state: encode(&self.state) },
        }
    }

    /// Waits until all bytes that were taken are hashed.
    pub(super) async fn settle(&mut self) {
        while self.helper.as_ref().is_some_and(|helper| helper.lent > 0) {
            self.wait().await;
        }
    }

    /// The hash of all bytes up to the position, after it has settled.
    pub(super) fn finish(&mut self) -> [u8; 32] {
        let mark = self.mark();
        decode(&mark.state).unwrap_or_default().finalize().into()
    }

    async fn spare_buffer(&mut self) -> Uint8Array {
        while let Some(helper) = &mut self.helper {
            if let Some(spare) = helper.spare.pop() {
                return spare;
            }
            if helper.lent < MOST_LENT {
                break;
            }
            self.wait().await;
        }
        Uint8Array::new_with_length(BUFFER_SIZE)
    }

    async fn wait(&mut self) {
        let Some(helper) = &mut self.helper else { return };
        let silence = pin!(sleep(SILENCE));
        match select(helper.replies.next(), silence).await {
            Either::Left((Some(reply), _)) => self.handle(reply),
            Either::Left((None, _)) | Either::Right(_) => self.give_up(),
        }
    }

    fn hear(&mut self) {
        while let Some(helper) = &mut self.helper
            && let Ok(reply) = helper.replies.try_recv()
        {
            self.handle(reply);
        }
    }

    fn handle(&mut self, reply: Reply) {
        let Some(helper) = &mut self.helper else { return };
        match (reply, &mut helper.mark) {
            (Reply::Ready, mark) => {
                let state = encode(&self.state);
                if helper.worker.post_message(&state.as_str().into()).is_err() {
                    return self.give_up();
                }
                *mark = Some(HashMark { position: self.position, state });
            }
            (Reply::Hashed { bytes, state }, Some(mark)) => {
                mark.position += u64::from(bytes.length());
                mark.state = state;
                helper.lent -= 1;
                if helper.spare.len() < MOST_LENT {
                    helper.spare.push(Uint8Array::new(&bytes.buffer()));
                }
            }
            (Reply::Failed | Reply::Hashed { .. }, _) => self.give_up(),
        }
    }

    /// The worker has failed. The hash goes on here, from where that was.
    fn give_up(&mut self) {
        let Some(mark) = self.helper.take().and_then(|helper| helper.mark.clone()) else { return };
        *self = Self::resume(&mark, None);
    }
}

impl Helper {
    fn start(start: &Function) -> Result<Self, JsValue> {
        let worker = start.call0(&JsValue::UNDEFINED)?.dyn_into::<Worker>()?;
        let (sender, replies) = unbounded();
        let on_error = {
            let sender = sender.clone();
            Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                // Else it would end the engine as well.
                event.prevent_default();
                drop(sender.unbounded_send(Reply::Failed));
            })
        };
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            drop(sender.unbounded_send(Reply::of(&event.data())));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let start = Object::new();
        Reflect::set(&start, &"type".into(), &"hash".into())?;
        Reflect::set(&start, &"module".into(), &wasm_bindgen::module())?;
        worker.post_message(&start)?;
        Ok(Self {
            worker,
            replies,
            mark: None,
            lent: 0,
            spare: Vec::new(),
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    fn send(&mut self, bytes: &Uint8Array, is_ours: bool) -> Result<(), JsValue> {
        if is_ours {
            self.worker.post_message_with_transfer(bytes, &Array::of1(&bytes.buffer()))?;
        } else {
            self.worker.post_message(bytes)?;
        }
        self.lent += 1;
        Ok(())
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Reply {
    fn of(data: &JsValue) -> Self {
        if data.as_string().as_deref() == Some(READY) {
            return Self::Ready;
        }
        let Some(pair) = data.dyn_ref::<Array>() else { return Self::Failed };
        match (pair.get(0).dyn_into(), pair.get(1).as_string()) {
            (Ok(bytes), Some(state)) => Self::Hashed { bytes, state },
            _ => Self::Failed,
        }
    }
}

/// Makes this worker one that hashes for an engine.
#[wasm_bindgen(js_name = hashForEngine)]
pub fn hash_for_engine() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let speaker = scope.clone();
    let mut state = Sha256::new();
    let mut buffer = Vec::new();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        if let Some(said) = data.as_string() {
            // One that makes no sense leads to a hash that condemns nothing.
            state = decode(&said).unwrap_or_default();
        } else if let Ok(bytes) = data.dyn_into::<Uint8Array>() {
            buffer.resize(bytes.length() as usize, 0);
            bytes.copy_to(&mut buffer);
            state.update(&buffer);
            let reply = Array::of2(&bytes, &encode(&state).into());
            // An engine that is gone needs no reply.
            drop(speaker.post_message_with_transfer(&reply, &Array::of1(&bytes.buffer())));
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // As long as the worker lives.
    listener.forget();
    scope.post_message(&READY.into())
}

fn encode(state: &Sha256) -> String {
    BASE64_STANDARD.encode(state.serialize())
}

fn decode(state: &str) -> Option<Sha256> {
    let bytes = BASE64_STANDARD.decode(state).ok()?;
    let bytes = SerializedState::<Sha256>::try_from(&bytes[..]).ok()?;
    Sha256::deserialize(&bytes).ok()
}
