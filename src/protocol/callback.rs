//! Whom a page has to be called back, and what it is told.

use super::Serial;
use crate::abi::Guid;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Something that a page can be called back through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Callback {
    /// A class, of which the page can make objects: for the groups whose GROUPPROP_NOTIFYCLSID names it.
    Class(Guid),
    /// The notification pointer of a group (`IBackgroundCopyGroup::SetNotificationPointer`).
    Pointer(Serial),
    /// What is asked before each request of the queue.
    Requests,
}

/// That a page has a callback, or has it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Registration {
    /// Which.
    pub callback: Callback,
    /// When that came to be, by the page's clock; of one page, no two are the same. The latest pointer
    /// of a group is called.
    pub at: Millis,
    /// How it stands.
    pub standing: Standing,
}

/// How a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// A pointer that was cleared: the page is not called for the group through a class either.
    Cleared,
    /// The handle that it was made through is closed; as if it had never been there.
    Gone,
    /// It is there.
    There,
}

/// What `IBackgroundCopyCallback1::OnStatus` is told after its two objects (spec §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusEvent {
    /// Tells the event from every other one of the queue.
    pub number: u64,
    /// The status word of the group when it happened.
    pub status: u32,
    /// The file concerned, or [`NO_FILE`].
    pub file_index: u32,
    /// Attempts started after an error; 0 on completion.
    pub retries: u32,
    /// The failure as a Win32 code (ruling A19); 0 on completion.
    pub win32_result: u32,
    /// The failure as an HTTP status (ruling A19); 0 on completion.
    pub transport_result: u32,
}

/// The index that stands for no file (spec §5.2).
pub const NO_FILE: u32 = u32::MAX;
