//! IndexedDB for who awaits: requests, and transactions that do nothing unless they are committed.

use super::js;
use js_sys::{Array, Promise, Reflect, TypeError};
use std::fmt;
use std::ops::Range;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
    IdbVersionChangeEvent,
};

#[wasm_bindgen]
extern "C" {
    /// Bound here with the options, which web-sys hides behind a compiler flag of every consumer.
    type Connection;
    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &Connection,
        stores: &Array,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;

    /// Bound here, since web-sys calls it deprecated, which it is not.
    type Commit;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &Commit) -> Result<(), JsValue>;
}

/// What the database threw.
pub(super) struct Error(JsValue);

impl Error {
    /// Whether the browser gives the site no more room.
    pub(super) fn is_out_of_room(&self) -> bool {
        js::name_of(&self.0) == "QuotaExceededError"
    }

    /// Whether the database was made by a newer build.
    pub(super) fn is_of_newer_version(&self) -> bool {
        js::name_of(&self.0) == "VersionError"
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&js::sentence(&self.0))
    }
}

impl From<JsValue> for Error {
    fn from(thrown: JsValue) -> Self {
        Self(thrown)
    }
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Read,
    /// It is durable when the system has it, which a power cut may take back.
    WriteRelaxed,
    /// It is durable when the disk has it.
    WriteStrict,
}

/// A transaction. Dropped before it is committed, it is undone.
pub(super) struct Transaction(IdbTransaction);

impl Transaction {
    pub(super) fn begin(
        database: &IdbDatabase,
        stores: &[&str],
        mode: Mode,
    ) -> Result<Self, Error> {
        let (mode, durability) = match mode {
            Mode::Read => ("readonly", "relaxed"),
            Mode::WriteRelaxed => ("readwrite", "relaxed"),
            Mode::WriteStrict => ("readwrite", "strict"),
        };
        let stores = stores.iter().map(|&store| JsValue::from(store)).collect();
        let options = crate::fields::object([("durability", durability.into())]);
        let connection = database.unchecked_ref::<Connection>();
        Ok(Self(connection.transaction(&stores, mode, &options)?))
    }

    pub(super) fn store(&self, name: &str) -> Result<IdbObjectStore, Error> {
        Ok(self.0.object_store(name)?)
    }

    /// Resolves once everything is durable.
    pub(super) async fn commit(self) -> Result<(), Error> {
        let done = Promise::new(&mut |resolve, reject| {
            self.0.set_oncomplete(Some(&resolve));
            self.0.set_onabort(Some(&reject));
        });
        let committed = match self.0.unchecked_ref::<Commit>().commit() {
            Ok(()) => JsFuture::from(done).await.map(drop),
            Err(thrown) => Err(thrown),
        };
        // Why it was undone, rather than that it was.
        committed.map_err(|thrown| Error(self.0.error().map_or(thrown, JsValue::from)))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // One that has ended cannot be undone.
        drop(self.0.abort());
    }
}

/// What a request brings. Its end is noticed from now on, even if it is awaited only later.
pub(super) fn done(
    request: Result<IdbRequest, JsValue>,
) -> impl Future<Output = Result<JsValue, Error>> + use<> {
    let settled = request.map(|request| {
        let settled = Promise::new(&mut |resolve, reject| {
            request.set_onsuccess(Some(&resolve));
            request.set_onerror(Some(&reject));
        });
        (request, JsFuture::from(settled))
    });
    async {
        let (request, settled) = settled?;
        match settled.await {
            Ok(_) => Ok(request.result()?),
            Err(event) => Err(Error(request.error()?.map_or(event, JsValue::from))),
        }
    }
}

/// The keys in a range.
pub(super) fn keys(range: &Range<String>) -> Result<JsValue, Error> {
    let (start, end) = (range.start.as_str().into(), range.end.as_str().into());
    Ok(IdbKeyRange::bound_with_lower_open_and_upper_open(&start, &end, false, true)?.into())
}

/// Opens a database. Where it is older, or new, `upgrade` makes it what it has to be, from what version it
/// had.
pub(super) async fn open(
    name: &str,
    version: u32,
    upgrade: impl FnOnce(&IdbDatabase, f64) -> Result<(), JsValue> + 'static,
) -> Result<IdbDatabase, Error> {
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into())?;
    if !factory.is_object() {
        return Err(Error(TypeError::new("indexedDB is not here").into()));
    }
    let request = factory.unchecked_into::<IdbFactory>().open_with_u32(name, version)?;
    let upgraded = request.clone();
    let on_upgrade = Closure::once(move |event: IdbVersionChangeEvent| {
        upgrade(&upgraded.result()?.unchecked_into(), event.old_version())
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    Ok(done(Ok(request.into())).await?.unchecked_into())
}
