//! Service workers that read files while they are fetched. They ask on a channel of their own, in plain
//! objects with named fields: they have no module, and live on when the package's build changes.
//!
//! | asked | told |
//! |---|---|
//! | `reader`: names who asks | `reader`: the same |
//! | `localFile`: the file's path | `state`: `absent`, `changed`, `failed`, `fetched`, `published` or `unanswered` |
//! | `part`: what is read, once it was told | with `failed`: `message` |
//! | `at`: the first byte that is lacked, if any | with `fetched`: `part`, `until`, `size`, `etag`, `lastModified`, `type`; |
//! | `since`: when it began to read | and `chunks`, the part's key in the database, if it is there |
//!
//! What is not known is left out.

use super::Engine;
use super::js::to_f64;
use crate::abi::{LocalPath, QmgrError};
use crate::fields::{Fields, malformed, object};
use crate::queue::{Ask, Part, Readable, Told};
use crate::time::Millis;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

/// Answers readers as long as it lives.
pub(super) struct Readers {
    channel: BroadcastChannel,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Readers {
    /// Listens for the readers of an engine's files; `None` where there are no channels.
    pub(super) fn listen(engine: Engine) -> Option<Self> {
        let channel = BroadcastChannel::new(&format!("qmgr-files:{}", engine.name())).ok()?;
        let answers = channel.clone();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let asked = event.data();
            // What other engines say passes by here too.
            let Ok((reader, ask)) = read(&Fields(&asked)) else { return };
            if let Some(told) = engine.read(&ask) {
                // Only a closed channel refuses.
                drop(answers.post_message(&write(&engine, &reader, told)));
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self { channel, _listener: listener })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

fn read(asked: &Fields<'_>) -> Result<(String, Ask), QmgrError> {
    let missing = |name: &'static str| move || malformed(name);
    let path = asked.text("localFile")?.ok_or_else(missing("localFile"))?;
    let ask = Ask {
        path: LocalPath::parse(&path)?,
        part: asked.text("part")?.as_deref().and_then(Part::parse),
        at: asked.number("at")?,
        since: Millis(asked.number("since")?.ok_or_else(missing("since"))?),
    };
    Ok((asked.text("reader")?.ok_or_else(missing("reader"))?, ask))
}

fn write(engine: &Engine, reader: &str, told: Told) -> JsValue {
    let number = |number: Option<u64>| number.map_or(JsValue::UNDEFINED, |n| to_f64(n).into());
    let state = |state: &str| [("reader", reader.into()), ("state", state.into())];
    match told {
        Told::Absent => object(state("absent")),
        Told::Changed => object(state("changed")),
        Told::Failed(message) => {
            let [reader, state] = state("failed");
            object([reader, state, ("message", message.into())])
        }
        Told::Fetched(Readable { part, until, size, etag, last_modified, media_type }) => {
            let [reader, state] = state("fetched");
            object([
                reader,
                state,
                ("part", part.to_string().into()),
                ("chunks", engine.files().key_of(part).into()),
                ("until", to_f64(until).into()),
                ("size", number(size)),
                ("etag", etag.as_deref().into()),
                ("lastModified", number(last_modified.map(|at| at.0))),
                ("type", (*media_type).into()),
            ])
        }
        Told::Published => object(state("published")),
        Told::Unanswered => object(state("unanswered")),
    }
}
