//! Whatever travels between a page and the engine.

use super::{
    Answer, AskedFile, Call, ClientId, Epoch, Given, GroupUpdate, Registration, Serial,
    StatusEvent, Storage, VERSION,
};
use crate::abi::{Guid, Hresult, QmgrError};
use crate::bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Whatever travels on the channel of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message<'a> {
    /// What a page says, or a worker that waits for its turn.
    ToEngine(Cow<'a, ToEngine>),
    /// What an engine says.
    FromEngine(Cow<'a, FromEngine>),
}

impl Message<'_> {
    /// Its bytes, behind the [`VERSION`] that gives them their meaning.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes::write(&(VERSION, self))
    }

    /// The message of these bytes; `None` when they are none, or one that another version gave its
    /// meaning.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, message): (u32, Self) = bytes::read(bytes)?;
        (version == VERSION || message.is_lasting()).then_some(message)
    }

    /// Whether its bytes mean the same in every version.
    fn is_lasting(&self) -> bool {
        match self {
            Self::ToEngine(said) => matches!(**said, ToEngine::Hello { .. }),
            Self::FromEngine(said) => matches!(said.message, ToPage::Active(_) | ToPage::Beat),
        }
    }
}

/// From a page to the engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToEngine {
    /// Who is active? Asked by pages, and by workers that wait for their turn.
    Hello {
        /// [`VERSION`] of who asks.
        version: u32,
    },
    /// Do this.
    Call(Call),
    /// The page goes: what was kept for it can be forgotten.
    Bye {
        /// The page that goes.
        client: ClientId,
    },
    /// The answer to [`ToPage::Notify`]; or to [`ToPage::Activate`], when nothing came of it.
    Notified {
        /// The page that was called.
        client: ClientId,
        /// The group of the event.
        group: Serial,
        /// [`StatusEvent::number`].
        event: u64,
        /// Which of the calls for the event this answers.
        attempt: u32,
        /// Whether the callback returned S_OK, and nothing else.
        is_taken: bool,
    },
    /// The page has something to be called back, or has it no more. Comes in order with the calls.
    Register {
        /// The page.
        client: ClientId,
        /// What has changed; all there is, for a new engine.
        registrations: Vec<Registration>,
    },
    /// The answer to [`ToPage::Ask`].
    Given {
        /// The page that was asked.
        client: ClientId,
        /// The epoch of the engine that asked.
        epoch: Epoch,
        /// Which question this answers.
        question: u64,
        /// The answer.
        given: Given,
    },
}

/// What an engine says, and which one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FromEngine {
    /// The engine's epoch; 0 while its worker holds the lock and has not read the records yet.
    pub epoch: Epoch,
    /// What it says.
    pub message: ToPage,
}

/// From the engine to the pages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToPage {
    /// This engine is the active one.
    Active(Active),
    /// The worker that holds the lock lives. Said each [`BEAT`](crate::standby::BEAT).
    Beat,
    /// One page is to make an object of a class and register it as the pointer of a group (ruling A27).
    Activate {
        /// The page.
        client: ClientId,
        /// The class.
        class: Guid,
        /// [`StatusEvent::number`] of the event that is due.
        event: u64,
        /// Which of the calls for the event this is.
        attempt: u32,
        /// The group's whole row.
        group: Box<GroupUpdate>,
    },
    /// The engine lets go; calls wait for the next one.
    Leaving {
        /// The epoch that ends.
        epoch: Epoch,
        /// A newer build takes its place: pages of this one have to be reloaded.
        superseded: bool,
    },
    /// One page's pointer of a group is to be called.
    Notify {
        /// The page.
        client: ClientId,
        /// The group.
        group: Serial,
        /// What to tell.
        event: StatusEvent,
        /// Which of the calls for the event this is.
        attempt: u32,
    },
    /// The answer to one call.
    Reply {
        /// The page that called.
        client: ClientId,
        /// The number of its call.
        sequence: u64,
        /// What came of it.
        result: Result<Answer, QmgrError>,
    },
    /// Rows that have changed.
    Rows(Vec<GroupUpdate>),
    /// One page is asked which request to send for a file.
    Ask {
        /// The page.
        client: ClientId,
        /// Which question of this engine.
        question: u64,
        /// The file.
        file: Box<AskedFile>,
    },
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Active {
    /// [`VERSION`] of the engine.
    pub version: u32,
    /// Raised by one at each take-over.
    pub epoch: Epoch,
    /// What the queue was created with.
    pub storage: Storage,
    /// The worker that is active, as its page named it.
    pub worker: String,
}

/// What every call ends in once a newer build has taken the queue.
#[must_use]
pub fn superseded() -> QmgrError {
    QmgrError::new(
        Hresult::QM_E_SERVICE_UNAVAILABLE,
        "a newer version of qmgr has taken over the queue: reload this page to get it",
    )
}
