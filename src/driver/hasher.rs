//! SHA-256 of a part: here, and once there are many bytes, in a worker of its own.
//!
//! ```text
//! engine ── "mark" ───────────► worker     where to begin
//!        ── bytes ────────────►            their buffer goes with them
//!        ◄── [bytes, mark] ───             and comes back to be filled again
//! ```

use super::clock::sleep;
use super::files::{Files, OpenPart};
use crate::queue::{DiskFailure, Part};
use crate::snapshot::HashMark;
use crate::time::Millis;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

/// So many bytes are hashed here before a worker is worth its start.
const FEW_BYTES: u64 = 4 << 20;

/// A read of a part that is hashed.
pub(super) const READ_SIZE: u32 = 1 << 20;

/// So many buffers may be on their way to the worker and back; a body waits for it beyond that.
const MOST_BUFFERS: usize = 8;

/// So much is read before others may run, and before it is told how far the hash is.
const TURN: u64 = 32 << 20;

/// What a worker says when it can begin.
const READY: &str = "ready";

/// Hashes a part from where a mark says, as its bytes come.
pub(super) struct Hasher {
    /// Up to here bytes were taken.
    position: u64,
    began: u64,
    place: Place,
    start: Option<Function>,
}

enum Place {
    Here(Sha256),
    /// A worker is being started; until it is ready the hash goes on here.
    Starting(Sha256, Helper),
    Beside(Helper),
    /// The worker has failed. What it had not hashed is read from the part later.
    Lost(HashMark),
}

/// A worker that hashes, and the buffers it has given back.
struct Helper {
    worker: Worker,
    replies: UnboundedReceiver<Reply>,
    /// The last mark that it has told.
    mark: HashMark,
    /// How many buffers it has.
    lent: usize,
    spare: VecDeque<Uint8Array>,
    _listeners: [Closure<dyn FnMut(MessageEvent)>; 2],
}

enum Reply {
    Ready,
    Hashed(Uint8Array, String),
    Failed,
}

impl Hasher {
    /// Begins where a mark says, or at zero if it makes no sense. `start` makes a worker for it.
    pub(super) fn resume(mark: &HashMark, start: Option<&Function>) -> Self {
        let (position, state) = match decode(&mark.state) {
            Some(state) => (mark.position, state),
            None => (0, Sha256::new()),
        };
        Self { position, began: position, place: Place::Here(state), start: start.cloned() }
    }

    /// The position of the byte that comes next.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the bytes of a position in, if they are the next ones; others are read from the part later.
    /// Gives back an array for the next ones: its own, or another if the buffer of this one was given away,
    /// which is done only where `is_ours`.
    pub(super) async fn take(&mut self, bytes: Uint8Array, at: u64, is_ours: bool) -> Uint8Array {
        self.listen();
        if at != self.position {
            return bytes;
        }
        match &mut self.place {
            Place::Here(state) | Place::Starting(state, _) => state.update(bytes.to_vec()),
            Place::Beside(helper) => {
                self.position += u64::from(bytes.length());
                let next = helper.send(&bytes, is_ours).await;
                self.listen();
                return next;
            }
            Place::Lost(_) => return bytes,
        }
        self.position += u64::from(bytes.length());
        if self.position - self.began >= FEW_BYTES {
            self.start();
        }
        bytes
    }
}
