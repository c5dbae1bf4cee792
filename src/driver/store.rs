//! The records, in IndexedDB; or nowhere, for a queue in memory.
//!
//! One object store for each kind of record, each value a pair of its key's parts and the record, so
//! that a person can read them in the browser's tools. The epoch stands beside the queue's record and
//! is checked in every transaction.

use super::{js, unavailable};
use crate::abi::{Hresult, QmgrError};
use crate::protocol::{ClientId, Serial, Storage, StoredFile};
use crate::queue::Commit;
use crate::snapshot::{GroupIdentity, GroupRecord, QueueRecord, Saved, Schema, check_schema};
use indexed_db_futures::KeyPath;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::{DomException, Error};
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDurability, TransactionMode, TransactionOptions,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::IdbTransaction;

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

/// The key of the epoch.
const EPOCH: &str = "epoch";

/// The version of the object stores; that of the records is [`SCHEMA`](crate::snapshot::SCHEMA).
const DATABASE_VERSION: u8 = 2;

/// Where the records of a queue are.
pub(super) enum Store {
    IndexedDb { database: RefCell<Option<Database>>, epoch: Rc<Cell<u64>> },
    Memory { epoch: Cell<u64> },
}

/// What came of a commit.
pub(super) enum Committed {
    /// It is durable.
    Durable,
    /// Another engine has taken over; nothing was written.
    Fenced,
}

impl Store {
    /// Opens the records, and says where the bytes belong; `None` for a new queue that may choose.
    pub(super) async fn open(
        name: &str,
        asked: Option<Storage>,
    ) -> Result<(Self, Option<Storage>), QmgrError> {
        if asked == Some(Storage::Memory) {
            return Ok((Self::Memory { epoch: Cell::new(0) }, asked));
        }
        let database = open_database(name)
            .await
            .map_err(|thrown| unavailable("IndexedDB cannot be had", &thrown))?;
        let store = Self::IndexedDb {
            database: RefCell::new(Some(database.clone())),
            epoch: Rc::default(),
        };
        let record = read_queue(&database).await.map_err(|error| storage_error(&error))?;
        if let Some(Schema { schema }) = record.clone().and_then(decode) {
            check_schema(schema)?;
        }
        let storage = match (record.and_then(decode::<QueueRecord>), asked) {
            (Some(record), Some(asked)) if record.storage != asked => {
                let message = format!("the queue {name} was created with another storage");
                return Err(QmgrError::new(Hresult::E_INVALIDARG, message));
            }
            (Some(record), _) => Some(record.storage),
            (None, asked) => asked,
        };
        Ok((store, storage))
    }

    /// Raises the epoch, which makes every earlier engine harmless, and reads everything.
    pub(super) async fn take_over(&self) -> Result<(u64, Saved), QmgrError> {
        match self {
            Self::Memory { epoch } => {
                epoch.set(epoch.get() + 1);
                Ok((epoch.get(), Saved::default()))
            }
            Self::IndexedDb { database, epoch } => {
                let database = database.borrow().clone().ok_or_else(closed)?;
                let (raised, saved) =
                    take_over(&database).await.map_err(|error| storage_error(&error))?;
                epoch.set(raised);
                Ok((raised, saved))
            }
        }
    }

    /// Writes records in one transaction.
    pub(super) async fn commit(&self, commit: &Commit) -> Result<Committed, QmgrError> {
        match self {
            Self::Memory { .. } => Ok(Committed::Durable),
            Self::IndexedDb { database, epoch } => {
                let database = database.borrow().clone().ok_or_else(closed)?;
                write(&database, epoch.get(), commit).await.map_err(|error| storage_error(&error))
            }
        }
    }

    /// The database and the epoch, for the bytes that are kept beside the records.
    pub(super) fn database(&self) -> Result<(Database, Rc<Cell<u64>>), QmgrError> {
        match self {
            Self::Memory { .. } => Err(closed()),
            Self::IndexedDb { database, epoch } => {
                Ok((database.borrow().clone().ok_or_else(closed)?, Rc::clone(epoch)))
            }
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

pub(super) async fn open_database(name: &str) -> Result<Database, String> {
    Database::open(format!("qmgr:{name}"))
        .with_version(DATABASE_VERSION)
        .with_on_upgrade_needed(|event, database| {
            if event.old_version() < 1.0 {
                for store in STORES {
                    database.create_object_store(store).build()?;
                }
            }
            if event.old_version() < 2.0 {
                database.create_object_store(CHUNKS).build()?;
                let names = database.create_object_store(NAMES).build()?;
                names.create_index(NAMES_BY_PART, KeyPath::One(NAMES_BY_PART)).build()?;
            }
            Ok(())
        })
        .await
        .map_err(|error| error.to_string())
}

pub(super) fn begin<'a>(
    database: &'a Database,
    stores: &[&str],
    mode: TransactionMode,
    strict: bool,
) -> Result<Transaction<'a>, Error> {
    let mut options = TransactionOptions::new();
    options.set_durability(if strict {
        TransactionDurability::Strict
    } else {
        TransactionDurability::Relaxed
    });
    database.transaction(stores).with_mode(mode).with_options(options).build()
}

/// Commits. The library does not look at the reason of an abort, so it is asked for here.
pub(super) async fn commit(transaction: Transaction<'_>) -> Result<(), Error> {
    let system: IdbTransaction = transaction.as_sys().clone().into();
    transaction.commit().await.map_err(|error| system.error().map_or(error, Error::from))
}

/// Whether the browser gives the site no more room.
pub(super) fn is_out_of_room(error: &Error) -> bool {
    matches!(error, Error::DomException(DomException::Other(reason)) if reason.name() == "QuotaExceededError")
}

async fn read_queue(database: &Database) -> Result<Option<JsValue>, Error> {
    let transaction = begin(database, &STORES, TransactionMode::Readonly, false)?;
    transaction.object_store(QUEUE)?.get(RECORD).primitive()?.await
}

async fn take_over(database: &Database) -> Result<(u64, Saved), Error> {
    let transaction = begin(database, &STORES, TransactionMode::Readwrite, true)?;
    let queue = transaction.object_store(QUEUE)?;
    let epoch = read_epoch(&transaction).await? + 1;
    queue.put(js::to_f64(epoch)).with_key(EPOCH).primitive()?.await?;
    let record: Option<JsValue> = queue.get(RECORD).primitive()?.await?;
    let saved = Saved {
        queue: record.and_then(decode),
        groups: read_all(&transaction, GROUPS, decode_group).await?,
        transfers: read_all(&transaction, TRANSFERS, decode).await?,
        files: read_all(&transaction, FILES, decode::<(String, StoredFile)>)
            .await?
            .into_iter()
            .map(|(_, file)| file)
            .collect(),
        outcomes: read_all(&transaction, OUTCOMES, decode).await?,
    };
    drop(queue);
    self::commit(transaction).await?;
    Ok((epoch, saved))
}

pub(super) async fn read_epoch(transaction: &Transaction<'_>) -> Result<u64, Error> {
    let epoch: Option<f64> = transaction.object_store(QUEUE)?.get(EPOCH).primitive()?.await?;
    Ok(epoch.map_or(0, js::to_u64))
}

/// All records of a store that can be read. One that cannot stays where it is, for a build that can.
async fn read_all<T>(
    transaction: &Transaction<'_>,
    store: &str,
    decode: fn(JsValue) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let values = transaction.object_store(store)?.get_all::<JsValue>().primitive()?.await?;
    Ok(values.filter_map(Result::ok).filter_map(decode).collect())
}

async fn write(database: &Database, epoch: u64, commit: &Commit) -> Result<Committed, Error> {
    let transaction = begin(database, &STORES, TransactionMode::Readwrite, commit.strict)?;
    if read_epoch(&transaction).await? != epoch {
        transaction.abort().await?;
        return Ok(Committed::Fenced);
    }
    if let Some(record) = &commit.queue {
        transaction.object_store(QUEUE)?.put(encode(record)?).with_key(RECORD).primitive()?;
    }
    for (serial, record) in &commit.groups {
        change(&transaction, GROUPS, group_key(*serial), serial, record.as_ref())?;
    }
    for (key @ (serial, index), record) in &commit.transfers {
        change(
            &transaction,
            TRANSFERS,
            format!("{}/{index:010}", group_key(*serial)),
            key,
            record.as_ref(),
        )?;
    }
    for (key, file) in &commit.files {
        change(&transaction, FILES, key.clone(), key, file.as_ref())?;
    }
    for (key @ (ClientId(client), sequence), outcome) in &commit.outcomes {
        change(&transaction, OUTCOMES, format!("{client}/{sequence}"), key, outcome.as_ref())?;
    }
    self::commit(transaction).await?;
    Ok(Committed::Durable)
}

/// Puts a record with the parts of its key, or deletes it. The request is on its way when this
/// returns; the transaction waits for it.
fn change<K: Serialize, R: Serialize>(
    transaction: &Transaction<'_>,
    store: &str,
    key: String,
    parts: &K,
    record: Option<&R>,
) -> Result<(), Error> {
    let store = transaction.object_store(store)?;
    match record {
        Some(record) => drop(store.put(encode(&(parts, record))?).with_key(key).primitive()?),
        None => drop(store.delete(key).primitive()?),
    }
    Ok(())
}

/// Zero-padded, so that the keys sort as the numbers do.
fn group_key(serial: Serial) -> String {
    format!("{:016}", serial.0)
}

fn encode<T: Serialize>(record: &T) -> Result<JsValue, Error> {
    serde_wasm_bindgen::to_value(record).map_err(|error| JsValue::from(error).into())
}

fn decode<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// A group; of one whose record is damaged, what can be read.
fn decode_group(value: JsValue) -> Option<(Serial, GroupRecord)> {
    decode(value.clone()).or_else(|| {
        let (serial, identity): (Serial, GroupIdentity) = decode(value)?;
        Some((serial, identity.into()))
    })
}

fn storage_error(error: &Error) -> QmgrError {
    let hresult =
        if is_out_of_room(error) { Hresult::DISK_FULL } else { Hresult::QM_E_SERVICE_UNAVAILABLE };
    QmgrError::new(hresult, format!("the queue's records cannot be used: {error}"))
}

fn closed() -> QmgrError {
    unavailable("the queue's records", "they are closed")
}
