//! The records, in IndexedDB; or nowhere, for a queue in memory.
//!
//! One object store for each kind of record, each value the [bytes](crate::snapshot) of its key's parts
//! and the record. The epoch stands beside the queue's record, as a number, and is checked in every
//! transaction.

use super::idb::{self, Error, Mode, Transaction, done};
use super::{js, unavailable};
use crate::abi::{Hresult, QmgrError};
use crate::bytes;
use crate::ordered::Set;
use crate::protocol::{ClientId, Serial, Storage, StoredFile, superseded};
use crate::queue::{Commit, Part};
use crate::snapshot::{self, NO_ROOM, Saved, Schema, TransferRecord, check_schema, read_group};
use futures_channel::mpsc::unbounded;
use futures_util::StreamExt;
use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::IdbDatabase;

pub(super) const QUEUE: &str = "queue";
const GROUPS: &str = "groups";
const TRANSFERS: &str = "transfers";
const FILES: &str = "files";
const OUTCOMES: &str = "outcomes";
const STORES: [&str; 5] = [QUEUE, GROUPS, TRANSFERS, FILES, OUTCOMES];

/// The bytes of a queue without files of its own.
pub(super) const CHUNKS: &str = "chunks";

/// Which part of them is published where.
pub(super) const NAMES: &str = "names";

/// The index of the names by their part.
pub(super) const NAMES_BY_PART: &str = "part";

/// The key of the queue's own record.
const RECORD: &str = "record";

/// What cannot be had where a database does not open.
const NO_DATABASE: &str = "IndexedDB cannot be had";

/// The key of the epoch.
const EPOCH: &str = "epoch";

/// The version of the object stores; that of the records is [`SCHEMA`](crate::snapshot::SCHEMA).
const DATABASE_VERSION: u32 = 2;

/// Where the records of a queue are.
pub(super) enum Store {
    IndexedDb { database: RefCell<Option<IdbDatabase>>, fence: Rc<Fence> },
    Memory { fence: Fence },
}

/// What keeps an engine whose time is over from writing.
#[derive(Default)]
pub(super) struct Fence {
    /// The epoch that the database names while this engine may write.
    pub(super) epoch: Cell<u64>,
    /// How often this engine was restored. What an earlier life left under way writes nothing more.
    pub(super) life: Cell<u64>,
    /// There was no room to raise the epoch: the records are only read.
    is_full: Cell<bool>,
}

/// What an engine begins with.
pub(super) struct TakenOver {
    pub(super) epoch: u64,
    pub(super) life: u64,
    pub(super) saved: Saved,
    /// There was no room to raise the epoch, and nothing can be recorded.
    pub(super) is_full: bool,
}

/// Files of jobs, by their places.
pub(super) type Transfers = Vec<((Serial, u32), TransferRecord)>;

/// What somebody else does to the database.
pub(super) enum Changed {
    /// A newer build waits to upgrade it.
    Newer,
    /// It is being deleted, or the browser has closed it.
    Gone,
}

impl Store {
    /// Opens the records, and says where the bytes belong; `None` for a new queue that may choose.
    pub(super) async fn open(
        name: &str,
        asked: Option<Storage>,
    ) -> Result<(Self, Option<Storage>), QmgrError> {
        if asked == Some(Storage::Memory) {
            return Ok((Self::Memory { fence: Fence::default() }, asked));
        }
        let database = open_database(name).await?;
        let store = Self::IndexedDb {
            database: RefCell::new(Some(database.clone())),
            fence: Rc::default(),
        };
        let record = read_queue(&database).await.map_err(|error| storage_error(&error))?;
        if let Some(Schema { schema }) = record.as_deref().and_then(bytes::read_start) {
            check_schema(schema)?;
        }
        let record = record.as_deref().and_then(snapshot::read_queue);
        let storage = match (record, asked) {
            (Some(record), Some(asked)) if record.storage != asked => {
                let message = format!("the queue {name} was created with another storage");
                return Err(QmgrError::new(Hresult::E_INVALIDARG, message));
            }
            (Some(record), _) => Some(record.storage),
            (None, asked) => asked,
        };
        Ok((store, storage))
    }

    /// Raises the epoch, which makes every earlier engine harmless, and reads what a queue begins with:
    /// of files of jobs those of the groups that have parts on the disk, or all if the records are older.
    /// Where there is no room for as much as that it only reads.
    pub(super) async fn take_over(&self, parts: &[Part]) -> Result<TakenOver, QmgrError> {
        let (fence, (epoch, saved), is_full) = match self {
            Self::Memory { fence } => (fence, (fence.epoch.get() + 1, Saved::default()), false),
            Self::IndexedDb { database, fence } => {
                let database = database.borrow().clone().ok_or_else(closed)?;
                let taken = match take_over(&database, parts, true).await {
                    Err(error) if error.is_out_of_room() => {
                        (take_over(&database, parts, false).await, true)
                    }
                    taken => (taken, false),
                };
                (&**fence, taken.0.map_err(|error| storage_error(&error))?, taken.1)
            }
        };
        fence.epoch.set(epoch);
        fence.is_full.set(is_full);
        fence.life.update(|life| life + 1);
        Ok(TakenOver { epoch, life: fence.life.get(), saved, is_full })
    }

    /// How often this engine was restored.
    pub(super) fn life(&self) -> u64 {
        match self {
            Self::Memory { fence } => fence.life.get(),
            Self::IndexedDb { fence, .. } => fence.life.get(),
        }
    }

    /// Whether the database takes a record; asked by raising the epoch, so this engine has to take over
    /// again.
    pub(super) async fn has_room(&self) -> bool {
        match self {
            Self::Memory { .. } => true,
            Self::IndexedDb { database, .. } => {
                let database = database.borrow().clone();
                match database {
                    Some(database) => take_over(&database, &[], true).await.is_ok(),
                    None => false,
                }
            }
        }
    }

    /// Reads the files of groups, as far as they can be read; `None` where another engine has taken over.
    pub(super) async fn load(&self, groups: &[Serial]) -> Result<Option<Transfers>, QmgrError> {
        match self {
            // Whatever is in memory is in the queue.
            Self::Memory { .. } => Ok(Some(Transfers::new())),
            Self::IndexedDb { database, fence } => {
                let database = database.borrow().clone().ok_or_else(closed)?;
                let loaded = load(&database, fence.epoch.get(), groups).await;
                loaded.map_err(|error| storage_error(&error))
            }
        }
    }

    /// Writes records in one transaction; false where another engine has taken over, and nothing was written.
    pub(super) async fn commit(&self, commit: &Commit) -> Result<bool, QmgrError> {
        match self {
            Self::Memory { .. } => Ok(true),
            Self::IndexedDb { fence, .. } if fence.is_full.get() && !commit.only_deletes() => {
                Err(out_of_room())
            }
            Self::IndexedDb { database, fence } => {
                let database = database.borrow().clone().ok_or_else(closed)?;
                let written = write(&database, fence.epoch.get(), commit).await;
                written.map_err(|error| storage_error(&error))
            }
        }
    }

    /// The database and its fence, for the bytes that are kept beside the records.
    pub(super) fn database(&self) -> Result<(IdbDatabase, Rc<Fence>), QmgrError> {
        match self {
            Self::Memory { .. } => Err(closed()),
            Self::IndexedDb { database, fence } => {
                Ok((database.borrow().clone().ok_or_else(closed)?, Rc::clone(fence)))
            }
        }
    }

    /// Resolves when somebody else changes the database, who waits until it is closed.
    pub(super) async fn changed(&self) -> Changed {
        let database = match self {
            Self::Memory { .. } => None,
            Self::IndexedDb { database, .. } => database.borrow().clone(),
        };
        match database {
            Some(database) => changed(&database).await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn close(&self) {
        if let Self::IndexedDb { database, .. } = self
            && let Some(database) = database.borrow_mut().take()
        {
            database.close();
        }
    }
}

impl Drop for Store {
    /// A connection that stays open keeps newer builds from upgrading the database.
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) async fn open_database(name: &str) -> Result<IdbDatabase, QmgrError> {
    let name = format!("qmgr:{name}");
    let opened = idb::open(&name, DATABASE_VERSION, |database, version| {
        if version < 1.0 {
            for store in STORES {
                database.create_object_store(store)?;
            }
        }
        if version < 2.0 {
            database.create_object_store(CHUNKS)?;
            let names = database.create_object_store(NAMES)?;
            names.create_index_with_str(NAMES_BY_PART, NAMES_BY_PART)?;
        }
        Ok(())
    });
    opened.await.map_err(|error| {
        if error.is_of_newer_version() {
            superseded()
        } else {
            unavailable(NO_DATABASE, &error.to_string())
        }
    })
}

async fn changed(database: &IdbDatabase) -> Changed {
    let (sender, mut changes) = unbounded();
    let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let is_upgrade = Reflect::get(&event, &"newVersion".into())
            .is_ok_and(|version| version.as_f64().is_some());
        // One change is enough for whoever listens.
        drop(sender.unbounded_send(if is_upgrade { Changed::Newer } else { Changed::Gone }));
    });
    let listen = |listener: &JsValue| {
        for event in ["onclose", "onversionchange"] {
            // A database takes any listener.
            drop(Reflect::set(database, &event.into(), listener));
        }
    };
    listen(listener.as_ref());
    let change = changes.next().await;
    listen(&JsValue::NULL);
    // The listener, which sends, lives until here.
    change.unwrap_or(Changed::Gone)
}

async fn read_queue(database: &IdbDatabase) -> Result<Option<Vec<u8>>, Error> {
    queue_record(&Transaction::begin(database, &STORES, Mode::Read)?).await
}

async fn queue_record(transaction: &Transaction) -> Result<Option<Vec<u8>>, Error> {
    Ok(record_bytes(done(transaction.store(QUEUE)?.get(&RECORD.into())).await?))
}

/// Reads what a queue begins with, and raises the epoch unless there is no room even for that.
async fn take_over(
    database: &IdbDatabase,
    parts: &[Part],
    has_room: bool,
) -> Result<(u64, Saved), Error> {
    let mode = if has_room { Mode::WriteStrict } else { Mode::Read };
    let transaction = Transaction::begin(database, &STORES, mode)?;
    let mut epoch = read_epoch(&transaction).await?;
    if has_room {
        epoch += 1;
        let queue = transaction.store(QUEUE)?;
        done(queue.put_with_key(&js::to_f64(epoch).into(), &EPOCH.into())).await?;
    }
    let saved = read_saved(&transaction, parts).await?;
    transaction.commit().await?;
    Ok((epoch, saved))
}

async fn read_saved(transaction: &Transaction, parts: &[Part]) -> Result<Saved, Error> {
    let read_file = |record: &[u8]| {
        let (_key, file): (String, StoredFile) = bytes::read(record)?;
        Some(file)
    };
    let queue = queue_record(transaction).await?;
    // All are asked for at once: the database reads the next while one is taken in.
    let groups = records(transaction, GROUPS, JsValue::UNDEFINED)?;
    let files = records(transaction, FILES, JsValue::UNDEFINED)?;
    let outcomes = records(transaction, OUTCOMES, JsValue::UNDEFINED)?;
    let mut saved = Saved {
        queue: queue.as_deref().and_then(snapshot::read_queue),
        groups: read_each(&groups.await?, read_group),
        transfers: Transfers::new(),
        files: read_each(&files.await?, read_file),
        outcomes: read_each(&outcomes.await?, bytes::read),
    };
    saved.transfers = if saved.is_older() {
        read_each(&records(transaction, TRANSFERS, JsValue::UNDEFINED)?.await?, bytes::read)
    } else {
        let owners: Set<Serial> = parts.iter().map(|part| part.serial).collect();
        transfers_of(transaction, &owners.iter().copied().collect::<Vec<_>>()).await?
    };
    Ok(saved)
}

/// The files of groups, which are all asked for at once.
async fn transfers_of(transaction: &Transaction, groups: &[Serial]) -> Result<Transfers, Error> {
    let mut asked = Vec::new();
    for serial in groups {
        // The keys of its files go on after a slash; `0` comes next after that.
        let key = group_key(*serial);
        let keys = idb::keys(&(format!("{key}/")..format!("{key}0")))?;
        asked.push(records(transaction, TRANSFERS, keys)?);
    }
    let mut transfers = Transfers::new();
    for records in asked {
        transfers.extend(read_each(&records.await?, bytes::read));
    }
    Ok(transfers)
}

async fn load(
    database: &IdbDatabase,
    epoch: u64,
    groups: &[Serial],
) -> Result<Option<Transfers>, Error> {
    let transaction = Transaction::begin(database, &STORES, Mode::Read)?;
    if read_epoch(&transaction).await? != epoch {
        return Ok(None);
    }
    transfers_of(&transaction, groups).await.map(Some)
}

pub(super) async fn read_epoch(transaction: &Transaction) -> Result<u64, Error> {
    let epoch = done(transaction.store(QUEUE)?.get(&EPOCH.into())).await?;
    Ok(epoch.as_f64().map_or(0, js::to_u64))
}

/// The records of a store that have these keys; all where these are undefined. The request is on its way when this returns.
fn records(
    transaction: &Transaction,
    store: &str,
    keys: JsValue,
) -> Result<impl Future<Output = Result<Vec<Vec<u8>>, Error>> + use<>, Error> {
    let values = done(transaction.store(store)?.get_all_with_key(&keys));
    Ok(async { Ok(Array::from(&values.await?).iter().filter_map(record_bytes).collect()) })
}

/// The records that can be read. One that cannot stays where it is, for a build that can.
fn read_each<T>(records: &[Vec<u8>], read: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
    records.iter().filter_map(|record| read(record)).collect()
}

/// The bytes of a record; `None` when it is something else.
fn record_bytes(value: JsValue) -> Option<Vec<u8>> {
    Some(value.dyn_into::<Uint8Array>().ok()?.to_vec())
}

async fn write(database: &IdbDatabase, epoch: u64, commit: &Commit) -> Result<bool, Error> {
    let mode = if commit.strict { Mode::WriteStrict } else { Mode::WriteRelaxed };
    let transaction = Transaction::begin(database, &STORES, mode)?;
    if read_epoch(&transaction).await? != epoch {
        return Ok(false);
    }
    if let Some(record) = &commit.queue {
        put(&transaction, QUEUE, RECORD, &bytes::write(record))?;
    }
    for (serial, record) in &commit.groups {
        change(&transaction, GROUPS, &group_key(*serial), serial, record.as_ref())?;
    }
    for (key @ (serial, index), record) in &commit.transfers {
        change(
            &transaction,
            TRANSFERS,
            &format!("{}/{index:010}", group_key(*serial)),
            key,
            record.as_ref(),
        )?;
    }
    for (key, file) in &commit.files {
        change(&transaction, FILES, key, key, file.as_ref())?;
    }
    for (key @ (ClientId(client), sequence), outcome) in &commit.outcomes {
        change(&transaction, OUTCOMES, &format!("{client}/{sequence}"), key, outcome.as_ref())?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Puts a record with the parts of its key, or deletes it.
fn change<K: Serialize, R: Serialize>(
    transaction: &Transaction,
    store: &str,
    key: &str,
    parts: &K,
    record: Option<&R>,
) -> Result<(), Error> {
    match record {
        Some(record) => put(transaction, store, key, &bytes::write(&(parts, record))),
        None => delete(transaction, store, key),
    }
}

/// The request is on its way when this returns; the transaction waits for it.
fn put(transaction: &Transaction, store: &str, key: &str, record: &[u8]) -> Result<(), Error> {
    transaction.store(store)?.put_with_key(&Uint8Array::from(record), &key.into())?;
    Ok(())
}

/// Like [`put`].
fn delete(transaction: &Transaction, store: &str, key: &str) -> Result<(), Error> {
    transaction.store(store)?.delete(&key.into())?;
    Ok(())
}

/// Zero-padded, so that the keys sort as the numbers do.
fn group_key(serial: Serial) -> String {
    format!("{:016}", serial.0)
}

fn storage_error(error: &Error) -> QmgrError {
    if error.is_out_of_room() {
        out_of_room()
    } else {
        unavailable("the queue's records cannot be used", &error.to_string())
    }
}

pub(super) fn out_of_room() -> QmgrError {
    QmgrError::new(Hresult::DISK_FULL, NO_ROOM)
}

fn closed() -> QmgrError {
    unavailable("the queue's records", "they are closed")
}
