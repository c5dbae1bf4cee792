//! Bytes in IndexedDB, for a browser that gives a worker no files.
//!
//! | store | key | value |
//! |---|---|---|
//! | `chunks` | part, start and end, as numbers that sort | those bytes: a `Blob`, or an `ArrayBuffer` where the browser keeps no blobs |
//! | `names` | a path's [key](LocalPath::key) | the part that is published there |
//!
//! A chunk ends where a flush or [`CHUNK_SIZE`] ended it, and is never written again. To publish a part
//! is to name it: no byte moves. Each transaction that writes checks the epoch, like those of the
//! records, which stand in the same database.

use super::super::store::{self, CHUNKS, Fence, NAMES, NAMES_BY_PART, QUEUE};
use super::super::{js, unavailable};
use crate::abi::{LocalPath, QmgrError};
use crate::fields::{Fields, object};
use crate::ordered::Set;
use crate::queue::{DiskFailure, Part};
use futures_channel::oneshot;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::Error;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{Transaction, TransactionMode};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

/// A chunk is written once it has so many bytes, or at a flush. One is on its way while the next one
/// fills, so a writer holds twice as much.
const CHUNK_SIZE: u32 = 4 << 20;

/// So many chunks are read at once, which matters where they are no blobs.
const READ_AT_ONCE: usize = 8;

const STORES: [&str; 3] = [QUEUE, CHUNKS, NAMES];

/// The parts and published files of a queue.
#[derive(Clone)]
pub(in super::super) struct Chunks {
    database: Database,
    fence: Rc<Fence>,
    /// A blob is read bit by bit, a buffer only whole. Some browsers keep none in private windows.
    keeps_blobs: bool,
}

/// A part that is written or read.
pub(in super::super) struct ChunkPart {
    chunks: Chunks,
    key: String,
    /// The engine's life that opened it.
    life: u64,
    /// What is not on its way to the database yet, and where it begins.
    filling: Array,
    start: u64,
    length: u32,
    /// The chunk that is on its way, and its end.
    writing: Option<(u64, oneshot::Receiver<Result<(), DiskFailure>>)>,
    /// The end of the last chunk that arrived.
    durable: u64,
    /// Why a chunk could not be written. What came after it would stand behind a gap.
    failed: Option<DiskFailure>,
    /// The chunk that was read last, and where it begins.
    read: Option<(u64, Uint8Array)>,
}

/// What stands under a name.
struct Name {
    part: String,
    size: u64,
}

impl Chunks {
    pub(super) async fn open(database: Database, fence: Rc<Fence>) -> Self {
        let keeps_blobs = keeps_blobs(&database).await.is_ok();
        Self { database, fence, keeps_blobs }
    }

    pub(super) async fn open_part(
        &self,
        part: Part,
        keep: u64,
        size: Option<u64>,
    ) -> Result<ChunkPart, DiskFailure> {
        super::check_estimate(keep, size).await?;
        let open = self.read_part(part);
        self.cut(&open, keep).await?;
        Ok(open)
    }

    pub(super) fn read_part(&self, part: Part) -> ChunkPart {
        self.writer(part_key(part))
    }

    fn writer(&self, key: String) -> ChunkPart {
        ChunkPart {
            chunks: self.clone(),
            key,
            life: self.fence.life.get(),
            filling: Array::new(),
            start: 0,
            length: 0,
            writing: None,
            durable: 0,
            failed: None,
            read: None,
        }
    }

    /// Cuts a part to the bytes that records name. One that lacks some of them is as good as missing.
    async fn cut(&self, part: &ChunkPart, keep: u64) -> Result<(), DiskFailure> {
        let transaction = self.begin(part.life).await?;
        let chunks = transaction.object_store(CHUNKS)?;
        chunks.delete::<String, _>(part.from(keep)).primitive()?.await?;
        let keys = chunks
            .get_all_keys::<String>()
            .with_query::<String, _>(part.from(0))
            .primitive()?
            .await?;
        let end = keys.last().transpose()?.and_then(|key| bounds(&key)).map_or(0, |(_, end)| end);
        drop(chunks);
        store::commit(transaction).await?;
        if end == keep { Ok(()) } else { Err(DiskFailure::Missing { target_size: None }) }
    }

    pub(super) async fn delete_part(&self, part: Part) {
        let part = self.read_part(part);
        // A failure leaves it to the next start.
        drop(self.try_delete_part(&part).await);
    }

    async fn try_delete_part(&self, part: &ChunkPart) -> Result<(), DiskFailure> {
        let transaction = self.begin(part.life).await?;
        let names = transaction.object_store(NAMES)?;
        let by_part = names.index(NAMES_BY_PART)?;
        let name = by_part.get_key(part.key.clone()).primitive()?.await?;
        if name.is_none() {
            transaction
                .object_store(CHUNKS)?
                .delete::<String, _>(part.from(0))
                .primitive()?
                .await?;
        }
        drop(by_part);
        drop(names);
        Ok(store::commit(transaction).await?)
    }

    pub(super) async fn delete_orphans(&self, kept: &[Part]) {
        // A failure leaves them to the next start.
        drop(self.try_delete_orphans(kept).await);
    }

    async fn try_delete_orphans(&self, kept: &[Part]) -> Result<(), DiskFailure> {
        let mut kept: Set<String> = kept.iter().copied().map(part_key).collect();
        let transaction = self.begin(self.fence.life.get()).await?;
        let names = transaction.object_store(NAMES)?.get_all::<JsValue>().primitive()?.await?;
        kept.extend(names.filter_map(Result::ok).filter_map(decode).map(|name| name.part));
        let chunks = transaction.object_store(CHUNKS)?;
        let keys = chunks.get_all_keys::<String>().primitive()?.await?;
        for key in keys.filter_map(Result::ok) {
            if !part_of(&key).is_some_and(|part| kept.contains(part)) {
                // The request is on its way; the transaction waits for it.
                drop(chunks.delete(key).primitive()?);
            }
        }
        drop(chunks);
        Ok(store::commit(transaction).await?)
    }

    pub(super) async fn publish(
        &self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        let part = self.read_part(part);
        let transaction = self.begin(part.life).await?;
        let names = transaction.object_store(NAMES)?;
        if is_in_the_way(&names, target).await? {
            return Err(DiskFailure::InTheWay);
        }
        let before = names.get(target.key()).primitive()?.await?.and_then(decode);
        if before.as_ref().is_some_and(|before| before.part == part.key) {
            return Ok(());
        }
        let chunks = transaction.object_store(CHUNKS)?;
        let keys = chunks
            .get_all_keys::<String>()
            .with_query::<String, _>(part.from(0))
            .primitive()?
            .await?;
        if !is_whole(keys.filter_map(Result::ok), size) {
            let target_size = before.map(|before| before.size);
            return Err(DiskFailure::Missing { target_size });
        }
        let name = object([("part", part.key.into()), ("size", js::to_f64(size).into())]);
        names.put(name).with_key(target.key()).primitive()?.await?;
        if let Some(before) = before {
            chunks.delete::<String, _>(all_of(&before.part)).primitive()?.await?;
        }
        drop(chunks);
        drop(names);
        Ok(store::commit(transaction).await?)
    }

    pub(super) async fn delete_file(&self, target: &LocalPath) -> Result<(), DiskFailure> {
        let transaction = self.begin(self.fence.life.get()).await?;
        let names = transaction.object_store(NAMES)?;
        if let Some(name) = names.get(target.key()).primitive()?.await?.and_then(decode) {
            names.delete(target.key()).primitive()?.await?;
            transaction
                .object_store(CHUNKS)?
                .delete::<String, _>(all_of(&name.part))
                .primitive()?
                .await?;
        }
        drop(names);
        Ok(store::commit(transaction).await?)
    }

    /// Begins a transaction that writes, if this life of the engine is not over.
    async fn begin(&self, life: u64) -> Result<Transaction<'_>, DiskFailure> {
        let transaction = store::begin(&self.database, &STORES, TransactionMode::Readwrite, true)?;
        let epoch = store::read_epoch(&transaction).await?;
        if epoch == self.fence.epoch.get() && life == self.fence.life.get() {
            Ok(transaction)
        } else {
            Err(DiskFailure::Other("another engine has taken over".to_owned()))
        }
    }
}

/// A published file of a queue, of which any page can ask; `None` when it is not there, or not all of it.
pub(super) async fn published(name: &str, target: &LocalPath) -> Result<Option<Blob>, QmgrError> {
    let cannot = |error: String| unavailable("the file cannot be read", &error);
    let database = store::open_database(name).await?;
    let found = find(&database, target).await;
    database.close();
    found.map_err(|error| cannot(error.to_string()))
}

/// What blobs it finds are handles: their bytes stay where they are until somebody reads them.
async fn find(database: &Database, target: &LocalPath) -> Result<Option<Blob>, Error> {
    let transaction = store::begin(database, &[NAMES, CHUNKS], TransactionMode::Readonly, false)?;
    let name = transaction.object_store(NAMES)?.get(target.key()).primitive()?.await?;
    let Some(Name { part, size }) = name.and_then(decode) else { return Ok(None) };
    let chunks = transaction.object_store(CHUNKS)?;
    let keys =
        chunks.get_all_keys::<String>().with_query::<String, _>(all_of(&part)).primitive()?.await?;
    let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
    if !is_whole(keys.iter().cloned(), size) {
        return Ok(None);
    }
    let blobs = Array::new();
    for keys in keys.chunks(READ_AT_ONCE) {
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { continue };
        let range = first.clone()..=last.clone();
        let values =
            chunks.get_all::<JsValue>().with_query::<String, _>(range).primitive()?.await?;
        for value in values {
            blobs.push(blob(value?)?.as_ref());
        }
    }
    Ok(Some(Blob::new_with_blob_sequence(&blobs)?))
}

impl ChunkPart {
    /// The same part, to be written at another position.
    pub(super) fn share(&self) -> Self {
        Self { life: self.life, ..self.chunks.writer(self.key.clone()) }
    }

    /// Takes a chunk of a body in; all bytes go on where the ones before them ended.
    pub(super) async fn write(&mut self, bytes: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        if self.length == 0 {
            self.start = at;
        }
        // The reader uses its buffer again.
        self.filling.push(&bytes.slice(0, bytes.length()));
        self.length += bytes.length();
        if self.length >= CHUNK_SIZE {
            self.send().await?;
        }
        Ok(())
    }

    /// Returns once all that was written is durable.
    pub(super) async fn flush(&mut self) -> Result<(), DiskFailure> {
        self.send().await?;
        self.settle().await
    }

    /// Where the written bytes end that are durable, flushed or not.
    pub(super) const fn durable(&self) -> u64 {
        self.durable
    }

    /// Sends off what has come, after the chunk before it has arrived.
    async fn send(&mut self) -> Result<(), DiskFailure> {
        self.settle().await?;
        if self.length == 0 {
            return Ok(());
        }
        let pieces = std::mem::take(&mut self.filling);
        let end = self.start + u64::from(self.length);
        let value = if self.chunks.keeps_blobs {
            Blob::new_with_u8_array_sequence(&pieces).map_err(Error::from)?.into()
        } else {
            joined(&pieces, self.length)
        };
        let (sender, receiver) = oneshot::channel();
        let write = put(self.chunks.clone(), self.life, self.key.clone(), self.start..end, value);
        spawn_local(async move {
            // A part that was dropped is not asked about any more.
            drop(sender.send(write.await));
        });
        self.writing = Some((end, receiver));
        self.length = 0;
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), DiskFailure> {
        if let Some((end, written)) = self.writing.take() {
            match written.await.expect("the task sends before it ends") {
                Ok(()) => self.durable = end,
                Err(failure) => self.failed = Some(failure),
            }
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Reads from a position, at most to the end of a chunk.
    pub(super) async fn read(&mut self, buffer: &Uint8Array, at: u64) -> Result<u32, DiskFailure> {
        let (start, bytes) = match self.read.take() {
            Some((start, bytes)) if (start..start + u64::from(bytes.length())).contains(&at) => {
                (start, bytes)
            }
            Some(_) | None => match self.load(at).await? {
                Some(found) => found,
                None => return Ok(0),
            },
        };
        let offset = u32::try_from(at - start).expect("a position within the chunk");
        let end = bytes.length().min(offset.saturating_add(buffer.length()));
        buffer.set(&bytes.subarray(offset, end), 0);
        self.read = Some((start, bytes));
        Ok(end - offset)
    }

    /// The chunk that holds the byte at a position, and where it begins.
    async fn load(&self, at: u64) -> Result<Option<(u64, Uint8Array)>, DiskFailure> {
        let found = {
            let database = &self.chunks.database;
            let transaction = store::begin(database, &[CHUNKS], TransactionMode::Readonly, false)?;
            let chunks = transaction.object_store(CHUNKS)?;
            // Who reads on begins where a chunk does.
            let here = all_of(&format!("{}/{at:016}", self.key));
            let mut key = chunks.get_key::<String, _>(here).primitive()?.await?;
            if key.is_none() {
                let before = format!("{}/", self.key)..format!("{}/{at:016}", self.key);
                let keys = chunks.get_all_keys::<String>().with_query::<String, _>(before);
                key = keys.primitive()?.await?.last().transpose()?;
            }
            match key.and_then(|key| Some((bounds(&key)?, key))) {
                Some(((start, end), key)) if at < end => {
                    let value = chunks.get::<JsValue, String, _>(key).primitive()?.await?;
                    value.map(|value| (start, value))
                }
                Some(_) | None => None,
            }
        };
        let Some((start, value)) = found else { return Ok(None) };
        let buffer = match value.dyn_into::<Blob>() {
            Ok(blob) => JsFuture::from(blob.array_buffer()).await.map_err(Error::from)?,
            Err(buffer) => buffer,
        };
        Ok(Some((start, Uint8Array::new(&buffer))))
    }

    /// The keys of the chunks that begin at or after a position.
    fn from(&self, start: u64) -> Range<String> {
        format!("{}/{start:016}", self.key)..format!("{}0", self.key)
    }
}

/// Writes one chunk. Chunks that begin within it were written by a life that never recorded them.
async fn put(
    chunks: Chunks,
    life: u64,
    part: String,
    range: Range<u64>,
    value: JsValue,
) -> Result<(), DiskFailure> {
    let transaction = chunks.begin(life).await?;
    let store = transaction.object_store(CHUNKS)?;
    let (start, end) = (range.start, range.end);
    let stale = format!("{part}/{start:016}")..format!("{part}/{end:016}");
    drop(store.delete::<String, _>(stale).primitive()?);
    drop(store.put(value).with_key(format!("{part}/{start:016}/{end:016}")).primitive()?);
    drop(store);
    Ok(store::commit(transaction).await?)
}

/// The pieces of a chunk as one buffer. A blob would do it, but WebKit reads none while its page is being
/// left, and that failure would be recorded as the disk's.
fn joined(pieces: &Array, length: u32) -> JsValue {
    let whole = Uint8Array::new_with_length(length);
    let mut end = 0;
    for piece in pieces.iter() {
        let piece = piece.unchecked_into::<Uint8Array>();
        whole.set(&piece, end);
        end += piece.length();
    }
    whole.buffer().into()
}

/// Tries to put a blob, and takes it back.
async fn keeps_blobs(database: &Database) -> Result<(), Error> {
    let transaction = store::begin(database, &[CHUNKS], TransactionMode::Readwrite, false)?;
    let chunks = transaction.object_store(CHUNKS)?;
    chunks.put(JsValue::from(Blob::new()?)).with_key("probe").primitive()?.await?;
    drop(chunks);
    transaction.abort().await
}

/// Whether a file stands at a directory of the path, or below it.
async fn is_in_the_way(
    names: &indexed_db_futures::object_store::ObjectStore<'_>,
    target: &LocalPath,
) -> Result<bool, Error> {
    let key = target.key();
    if names.get_key::<String, _>(all_of(key)).primitive()?.await?.is_some() {
        return Ok(true);
    }
    for (end, _) in key.match_indices('/') {
        if names.get_key(key[..end].to_owned()).primitive()?.await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The keys that go on after this one and a slash; `0` comes next after `/`.
fn all_of(key: &str) -> Range<String> {
    format!("{key}/")..format!("{key}0")
}

fn part_key(part: Part) -> String {
    format!("{:016}/{:010}/{:010}", part.serial.0, part.index, part.generation)
}

/// The part that a chunk's key names.
fn part_of(key: &str) -> Option<&str> {
    Some(key.rsplit_once('/')?.0.rsplit_once('/')?.0)
}

/// Where the chunk of a key begins and ends.
fn bounds(key: &str) -> Option<(u64, u64)> {
    let (rest, end) = key.rsplit_once('/')?;
    let (_, start) = rest.rsplit_once('/')?;
    Some((start.parse().ok()?, end.parse().ok()?))
}

/// Whether the chunks of these keys follow one another from 0 to `size`.
fn is_whole(keys: impl Iterator<Item = String>, size: u64) -> bool {
    let end = keys
        .map(|key| bounds(&key))
        .try_fold(0, |end, bounds| bounds.filter(|&(start, _)| start == end).map(|(_, end)| end));
    end == Some(size)
}

fn decode(value: JsValue) -> Option<Name> {
    let fields = Fields(&value);
    Some(Name { part: fields.text("part").ok()??, size: fields.number("size").ok()?? })
}

/// A chunk as a blob, however it is kept.
fn blob(value: JsValue) -> Result<Blob, JsValue> {
    match value.dyn_into::<Blob>() {
        Ok(blob) => Ok(blob),
        Err(value) => {
            Blob::new_with_buffer_source_sequence(&Array::of1(value.unchecked_ref::<ArrayBuffer>()))
        }
    }
}

impl From<Error> for DiskFailure {
    fn from(error: Error) -> Self {
        if store::is_out_of_room(&error) { Self::Full } else { Self::Other(error.to_string()) }
    }
}

impl From<JsValue> for DiskFailure {
    fn from(thrown: JsValue) -> Self {
        super::super::js::disk_failure(&thrown)
    }
}
