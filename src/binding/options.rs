//! The options of `QueueManager.open`, as `lib/options.js` passes on what it has judged.

use crate::abi::QmgrError;
use crate::fields::{Fields, malformed};
use crate::mirror::Caller;
use crate::protocol::{
    Checkpoint, Connections, Credentials, Limits, Owner, Resume, Retry, SettingsPatch, Storage,
};
use crate::time::Millis;
use wasm_bindgen::prelude::*;

/// How to open a queue.
pub(super) struct SessionOptions {
    /// The queue.
    pub(super) name: String,
    /// Where its bytes live; the engine chooses when it is missing.
    pub(super) storage: Option<Storage>,
    /// What the page calls its worker; random when missing.
    pub(super) worker: Option<String>,
    /// In whose name.
    pub(super) caller: Caller,
}

pub(super) fn session(options: &JsValue) -> Result<SessionOptions, QmgrError> {
    let fields = Fields(options);
    Ok(SessionOptions {
        name: fields.text("name")?.ok_or_else(|| malformed("name"))?,
        storage: fields.storage()?,
        worker: fields.text("worker")?,
        caller: caller(options)?,
    })
}

/// In whose name a handle calls: the user `"default"` when there is no `owner`. The `credentials` are
/// stored with each group that the handle creates.
pub(super) fn caller(options: &JsValue) -> Result<Caller, QmgrError> {
    let words = [
        ("include", Credentials::Include),
        ("omit", Credentials::Omit),
        ("same-origin", Credentials::SameOrigin),
    ];
    let fields = Fields(options);
    let owner = match fields.value("owner") {
        Some(owner) => {
            let fields = Fields(&owner);
            Owner {
                user: fields.text("user")?.ok_or_else(|| malformed("owner.user"))?.into(),
                administrator: fields.truth("administrator")?.unwrap_or_default(),
            }
        }
        None => Owner { user: "default".into(), administrator: false },
    };
    Ok(Caller::new(owner, fields.word("credentials", &words)?.unwrap_or_default()))
}

/// The settings that are named. `inactivityTimeout` is `null` for "never".
pub(super) fn settings(options: &JsValue) -> Result<SettingsPatch, QmgrError> {
    let resume = [("likely", Resume::Likely), ("proven", Resume::Proven)];
    let fields = Fields(options);
    let inactivity_timeout = match fields.value("inactivityTimeout") {
        Some(never) if never.is_null() => Some(None),
        _ => millis(&fields, "inactivityTimeout")?.map(Some),
    };
    Ok(SettingsPatch {
        retry: group(&fields, "retry", retry)?,
        checkpoint: group(&fields, "checkpoint", checkpoint)?,
        resume: fields.word("resume", &resume)?,
        connections: group(&fields, "connections", connections)?,
        time_slice: millis(&fields, "timeSlice")?,
        limits: group(&fields, "limits", limits)?,
        inactivity_timeout,
    })
}

fn retry(fields: &Fields) -> Result<Retry, QmgrError> {
    let usual = Retry::default();
    Ok(Retry {
        minimum_delay: millis(fields, "minimumDelay")?.unwrap_or(usual.minimum_delay),
        maximum_delay: millis(fields, "maximumDelay")?.unwrap_or(usual.maximum_delay),
        no_progress_timeout: millis(fields, "noProgressTimeout")?
            .unwrap_or(usual.no_progress_timeout),
        stall_timeout: millis(fields, "stallTimeout")?.unwrap_or(usual.stall_timeout),
    })
}

fn checkpoint(fields: &Fields) -> Result<Checkpoint, QmgrError> {
    let usual = Checkpoint::default();
    Ok(Checkpoint {
        bytes: fields.number("bytes")?.unwrap_or(usual.bytes),
        interval: millis(fields, "interval")?.unwrap_or(usual.interval),
    })
}

fn connections(fields: &Fields) -> Result<Connections, QmgrError> {
    let usual = Connections::default();
    Ok(Connections {
        per_file: fields.dword("perFile")?,
        per_origin: fields.dword("perOrigin")?.unwrap_or(usual.per_origin),
        total: fields.dword("total")?.unwrap_or(usual.total),
    })
}

fn limits(fields: &Fields) -> Result<Limits, QmgrError> {
    Ok(Limits { groups: fields.dword("groups")?, files_per_job: fields.dword("filesPerJob")? })
}

fn millis(fields: &Fields, name: &str) -> Result<Option<Millis>, QmgrError> {
    Ok(fields.number(name)?.map(Millis))
}

fn group<T>(
    fields: &Fields,
    name: &str,
    read: fn(&Fields) -> Result<T, QmgrError>,
) -> Result<Option<T>, QmgrError> {
    fields.value(name).map(|value| read(&Fields(&value))).transpose()
}
