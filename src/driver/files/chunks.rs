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

use super::super::idb::{self, Error, Mode, Transaction, done};
use super::super::store::{self, CHUNKS, Fence, NAMES, NAMES_BY_PART, QUEUE};
use super::super::{js, unavailable};
use crate::abi::{LocalPath, QmgrError};
use crate::fields::{Fields, object};
use crate::ordered::Set;
use crate::protocol::Serial;
use crate::queue::{DiskFailure, Part};
use futures_channel::oneshot;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, IdbDatabase, IdbKeyRange, IdbObjectStore};

/// A chunk is written once it has so many bytes, or at a flush. One is on its way while the next one
/// fills, so a writer holds twice as much.
const CHUNK_SIZE: u32 = 4 << 20;

/// So many chunks are read at once, which matters where they are no blobs.
const READ_AT_ONCE: usize = 8;

const STORES: [&str; 3] = [QUEUE, CHUNKS, NAMES];

/// The parts and published files of a queue.
#[derive(Clone)]
pub(in super::super) struct Chunks {
    database: IdbDatabase,
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
    pub(super) async fn open(database: IdbDatabase, fence: Rc<Fence>) -> Self {
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
        let chunks = transaction.store(CHUNKS)?;
        done(chunks.delete(&idb::keys(&part.from(keep))?)).await?;
        let keys = keys_in(&chunks, &part.from(0)).await?;
        let end = keys.last().and_then(|key| bounds(key)).map_or(0, |(_, end)| end);
        transaction.commit().await?;
        if end == keep { Ok(()) } else { Err(DiskFailure::Missing { target_size: None }) }
    }

    pub(super) async fn delete_part(&self, part: Part) {
        let part = self.read_part(part);
        // A failure leaves it to the next start.
        drop(self.try_delete_part(&part).await);
    }

    async fn try_delete_part(&self, part: &ChunkPart) -> Result<(), DiskFailure> {
        let transaction = self.begin(part.life).await?;
        let by_part = transaction.store(NAMES)?.index(NAMES_BY_PART).map_err(Error::from)?;
        let name = done(by_part.get_key(&part.key.as_str().into())).await?;
        if name.is_undefined() {
            done(transaction.store(CHUNKS)?.delete(&idb::keys(&part.from(0))?)).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The parts that are there and stand under no name.
    pub(super) async fn parts(&self) -> Result<Vec<Part>, Error> {
        let transaction = Transaction::begin(&self.database, &STORES, Mode::Read)?;
        let names = Array::from(&done(transaction.store(NAMES)?.get_all()).await?);
        let named: Set<String> = names.iter().filter_map(decode).map(|name| name.part).collect();
        let keys = texts(&done(transaction.store(CHUNKS)?.get_all_keys()).await?);
        let parts = keys.iter().filter_map(|key| part_of(key));
        let mut parts: Vec<_> =
            parts.filter(|part| !named.contains(*part)).filter_map(parse_key).collect();
        parts.dedup();
        Ok(parts)
    }

    pub(super) async fn publish(
        &self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        let part = self.read_part(part);
        let transaction = self.begin(part.life).await?;
        let names = transaction.store(NAMES)?;
        if is_in_the_way(&names, target).await? {
            return Err(DiskFailure::InTheWay);
        }
        let before = decode(done(names.get(&target.key().into())).await?);
        if before.as_ref().is_some_and(|before| before.part == part.key) {
            return Ok(());
        }
        let chunks = transaction.store(CHUNKS)?;
        if !is_whole(&keys_in(&chunks, &part.from(0)).await?, size) {
            let target_size = before.map(|before| before.size);
            return Err(DiskFailure::Missing { target_size });
        }
        let name = object([("part", part.key.into()), ("size", js::to_f64(size).into())]);
        done(names.put_with_key(&name, &target.key().into())).await?;
        if let Some(before) = before {
            done(chunks.delete(&idb::keys(&all_of(&before.part))?)).await?;
        }
        Ok(transaction.commit().await?)
    }

    pub(super) async fn delete_file(&self, target: &LocalPath) -> Result<(), DiskFailure> {
        let transaction = self.begin(self.fence.life.get()).await?;
        let names = transaction.store(NAMES)?;
        let key = JsValue::from(target.key());
        if let Some(name) = decode(done(names.get(&key)).await?) {
            done(names.delete(&key)).await?;
            done(transaction.store(CHUNKS)?.delete(&idb::keys(&all_of(&name.part))?)).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Begins a transaction that writes, if this life of the engine is not over.
    async fn begin(&self, life: u64) -> Result<Transaction, DiskFailure> {
        let transaction = Transaction::begin(&self.database, &STORES, Mode::WriteStrict)?;
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
async fn find(database: &IdbDatabase, target: &LocalPath) -> Result<Option<Blob>, Error> {
    let transaction = Transaction::begin(database, &[NAMES, CHUNKS], Mode::Read)?;
    let name = done(transaction.store(NAMES)?.get(&target.key().into())).await?;
    let Some(Name { part, size }) = decode(name) else { return Ok(None) };
    let chunks = transaction.store(CHUNKS)?;
    let keys = keys_in(&chunks, &all_of(&part)).await?;
    if !is_whole(&keys, size) {
        return Ok(None);
    }
    let blobs = Array::new();
    for keys in keys.chunks(READ_AT_ONCE) {
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { continue };
        let range = IdbKeyRange::bound(&first.as_str().into(), &last.as_str().into())?;
        for value in Array::from(&done(chunks.get_all_with_key(&range)).await?).iter() {
            blobs.push(blob(value)?.as_ref());
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
            let transaction = Transaction::begin(database, &[CHUNKS], Mode::Read)?;
            let chunks = transaction.store(CHUNKS)?;
            // Who reads on begins where a chunk does.
            let here = all_of(&format!("{}/{at:016}", self.key));
            let mut key = done(chunks.get_key(&idb::keys(&here)?)).await?.as_string();
            if key.is_none() {
                let before = format!("{}/", self.key)..format!("{}/{at:016}", self.key);
                key = keys_in(&chunks, &before).await?.pop();
            }
            match key.and_then(|key| Some((bounds(&key)?, key))) {
                Some(((start, end), key)) if at < end => {
                    let value = done(chunks.get(&key.into())).await?;
                    (!value.is_undefined()).then_some((start, value))
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
    let store = transaction.store(CHUNKS)?;
    let (start, end) = (range.start, range.end);
    let stale = format!("{part}/{start:016}")..format!("{part}/{end:016}");
    store.delete(&idb::keys(&stale)?).map_err(Error::from)?;
    let key = format!("{part}/{start:016}/{end:016}");
    store.put_with_key(&value, &key.into()).map_err(Error::from)?;
    Ok(transaction.commit().await?)
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

/// Tries to put a blob, in a transaction that is not committed.
async fn keeps_blobs(database: &IdbDatabase) -> Result<(), Error> {
    let transaction = Transaction::begin(database, &[CHUNKS], Mode::WriteRelaxed)?;
    let chunks = transaction.store(CHUNKS)?;
    done(chunks.put_with_key(Blob::new()?.as_ref(), &"probe".into())).await.map(drop)
}

/// Whether a file stands at a directory of the path, or below it.
async fn is_in_the_way(names: &IdbObjectStore, target: &LocalPath) -> Result<bool, Error> {
    let key = target.key();
    if !done(names.get_key(&idb::keys(&all_of(key))?)).await?.is_undefined() {
        return Ok(true);
    }
    for (end, _) in key.match_indices('/') {
        if !done(names.get_key(&key[..end].into())).await?.is_undefined() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The keys of a store that are in a range.
async fn keys_in(store: &IdbObjectStore, range: &Range<String>) -> Result<Vec<String>, Error> {
    Ok(texts(&done(store.get_all_keys_with_key(&idb::keys(range)?)).await?))
}

fn texts(keys: &JsValue) -> Vec<String> {
    Array::from(keys).iter().filter_map(|key| key.as_string()).collect()
}

/// The keys that go on after this one and a slash; `0` comes next after `/`.
fn all_of(key: &str) -> Range<String> {
    format!("{key}/")..format!("{key}0")
}

pub(super) fn part_key(part: Part) -> String {
    format!("{:016}/{:010}/{:010}", part.serial.0, part.index, part.generation)
}

/// The part that has this key.
fn parse_key(key: &str) -> Option<Part> {
    let (serial, file) = key.split_once('/')?;
    let (index, generation) = file.split_once('/')?;
    let serial = Serial(serial.parse().ok()?);
    Some(Part { serial, index: index.parse().ok()?, generation: generation.parse().ok()? })
}

/// The key of the part that a chunk's key names.
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
fn is_whole(keys: &[String], size: u64) -> bool {
    let end = keys
        .iter()
        .map(|key| bounds(key))
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
        if error.is_out_of_room() { Self::Full } else { Self::Other(error.to_string()) }
    }
}

impl From<JsValue> for DiskFailure {
    fn from(thrown: JsValue) -> Self {
        super::super::js::disk_failure(&thrown)
    }
}
