//! Messages on the channel where the pages and the engine of a queue meet.

use crate::protocol::Message;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

/// Says a message to everybody else on the channel.
///
/// # Errors
///
/// What a closed channel throws.
pub fn post(channel: &BroadcastChannel, message: &Message) -> Result<(), JsValue> {
    channel.post_message(&Uint8Array::from(&*message.to_bytes()))
}

/// The message that came; `None` when it is not ours to understand.
pub fn read(event: &MessageEvent) -> Option<Message<'static>> {
    let bytes = event.data().dyn_into::<Uint8Array>().ok()?;
    Message::from_bytes(&bytes.to_vec())
}
