//! The bytes: parts and published files, in the origin private file system, in IndexedDB or in memory.
//!
//! ```text
//! qmgr/<queue>/parts/<serial>-<index>.<generation>.part
//! qmgr/<queue>/files/<segments of the path>
//! ```

mod chunks;
mod memory;
mod opfs;

use super::hasher::{BUFFER_SIZE, Hasher};
use super::store::Store;
use super::{Engine, js, unavailable};
use crate::abi::{Hresult, LocalPath, QmgrError};
use crate::protocol::{Storage, StoredFile};
use crate::queue::{DiskFailure, Part};
use crate::snapshot::HashMark;
use crate::time::Millis;
use chunks::{ChunkPart, Chunks};
use futures_util::future::{LocalBoxFuture, Shared, WeakShared};
use js_sys::{Array, Uint8Array};
use memory::{Memory, MemoryPart};
use opfs::{Opfs, OpfsPart};
use std::rc::Rc;
use web_sys::{Blob, File, FilePropertyBag};

/// The engine lets others run after so many bytes hashed.
const HASH_TURN: u64 = 32 << 20;

/// It tells how far a hash is after so many.
const HASH_STEP: u64 = 64 << 20;

/// What a browser may report as left for a site whatever is left (Chromium does, since the truth would
/// tell one user from another). Only less than that is believed.
const REPORTED_ROOM: f64 = 10.0 * (1_u64 << 30) as f64;

/// For fewer bytes nothing is asked: writing them tells as soon.
const FEW_BYTES: u64 = 1 << 20;

/// Where the bytes of a queue are.
pub(super) enum Files {
    Chunks(Chunks),
    Memory(Memory),
    Opfs(Opfs),
}

/// A part that is open for writing by several connections, or is being opened. It is closed when
/// nobody has it any more.
pub(super) type SharedPart = Shared<LocalBoxFuture<'static, Result<Rc<OpenPart>, DiskFailure>>>;

/// A part that is open as long as a connection has it.
pub(super) type WeakPart = WeakShared<LocalBoxFuture<'static, Result<Rc<OpenPart>, DiskFailure>>>;

/// A part that is open for writing.
pub(super) enum OpenPart {
    Chunks(Box<ChunkPart>),
    Memory(MemoryPart),
    Opfs(OpfsPart),
}

impl Files {
    /// The directories of a queue, which may be opened before its records say that it has any. `asked` is
    /// the storage that the caller asks for.
    pub(super) async fn open_early(
        name: &str,
        asked: Option<Storage>,
    ) -> Option<Result<Opfs, QmgrError>> {
        match asked {
            None | Some(Storage::Opfs) => Some(Opfs::open_to_write(name).await),
            Some(Storage::IndexedDb | Storage::Memory) => None,
        }
    }

    /// Opens the bytes of a queue; where `storage` does not say where they are, in the private file
    /// system if this context can have it, else in IndexedDB. `early` is what
    /// [`open_early`](Self::open_early) gave.
    pub(super) async fn open(
        name: &str,
        storage: Option<Storage>,
        store: &Store,
        early: Option<Result<Opfs, QmgrError>>,
    ) -> Result<Self, QmgrError> {
        let chunks = async || {
            let (database, fence) = store.database()?;
            Ok(Self::Chunks(Chunks::open(database, fence).await))
        };
        match storage {
            Some(Storage::IndexedDb) => chunks().await,
            Some(Storage::Memory) => Ok(Self::Memory(Memory::default())),
            Some(Storage::Opfs) | None => {
                let opfs = match early {
                    Some(opfs) => opfs,
                    None => Opfs::open_to_write(name).await,
                };
                match opfs {
                    Err(_) if storage.is_none() => chunks().await,
                    opfs => Ok(Self::Opfs(opfs?)),
                }
            }
        }
    }

    pub(super) const fn storage(&self) -> Storage {
        match self {
            Self::Chunks(_) => Storage::IndexedDb,
            Self::Memory(_) => Storage::Memory,
            Self::Opfs(_) => Storage::Opfs,
        }
    }

    /// Under which key a part is kept in the database, if it is there.
    pub(super) fn key_of(&self, part: Part) -> Option<String> {
        match self {
            Self::Chunks(_) => Some(chunks::part_key(part)),
            Self::Memory(_) | Self::Opfs(_) => None,
        }
    }

    /// Opens a part, cut to `keep` bytes. One that is not there is made if `create`. Where the file's
    /// size is known, there must be room for the rest of it.
    pub(super) async fn open_part(
        &self,
        part: Part,
        keep: u64,
        create: bool,
        size: Option<u64>,
    ) -> Result<OpenPart, DiskFailure> {
        match self {
            Self::Chunks(chunks) => {
                let open = chunks.open_part(part, keep, size).await?;
                Ok(OpenPart::Chunks(Box::new(open)))
            }
            Self::Memory(memory) => memory.open_part(part, keep, create).map(OpenPart::Memory),
            Self::Opfs(opfs) => opfs.open_part(part, keep, create, size).await.map(OpenPart::Opfs),
        }
    }

    /// Writes the first bytes of a part into a new one and flushes it.
    pub(super) async fn copy(&self, from: Part, to: Part, length: u64) -> Result<(), DiskFailure> {
        match self {
            // Rows of a database, which no context can hold against another.
            Self::Chunks(_) => Err(DiskFailure::Busy),
            Self::Memory(memory) => memory.copy(from, to, length),
            Self::Opfs(opfs) => opfs.copy(&from.to_string(), &to.to_string(), length).await,
        }
    }

    /// Deletes a part; one that is locked stays until the next start.
    pub(super) async fn delete_part(&self, part: Part) {
        match self {
            Self::Chunks(chunks) => chunks.delete_part(part).await,
            Self::Memory(memory) => memory.delete_part(part),
            Self::Opfs(opfs) => opfs.delete_part(&part.to_string()).await,
        }
    }

    /// The parts that are there and not published, as far as they can be listed.
    pub(super) async fn parts(&self) -> Vec<Part> {
        match self {
            Self::Chunks(chunks) => chunks.parts().await.unwrap_or_default(),
            // They go with the engine.
            Self::Memory(_) => Vec::new(),
            Self::Opfs(opfs) => opfs.parts().await,
        }
    }

    /// Moves a part to its name. One that is missing is made if `size` is 0.
    pub(super) async fn publish(
        &self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        match self {
            Self::Chunks(chunks) => chunks.publish(part, target, size).await,
            Self::Memory(memory) => memory.publish(part, target, size),
            Self::Opfs(opfs) => opfs.publish(&part.to_string(), target, size).await,
        }
    }

    /// Deletes a published file; one that is not there counts as deleted.
    pub(super) async fn delete_file(&self, target: &LocalPath) -> Result<(), DiskFailure> {
        match self {
            Self::Chunks(chunks) => chunks.delete_file(target).await,
            Self::Memory(memory) => {
                memory.delete_file(target);
                Ok(())
            }
            Self::Opfs(opfs) => opfs.delete_file(target).await,
        }
    }

    async fn open_to_read(&self, part: Part) -> Result<OpenPart, DiskFailure> {
        match self {
            Self::Chunks(chunks) => Ok(OpenPart::Chunks(Box::new(chunks.read_part(part)))),
            Self::Memory(memory) => memory.read_part(part).map(OpenPart::Memory),
            Self::Opfs(opfs) => opfs.read_part(&part.to_string()).await.map(OpenPart::Opfs),
        }
    }

    /// A few bytes of a part. One that lacks some of them is as good as missing.
    pub(super) async fn read(
        &self,
        part: Part,
        at: u64,
        length: u32,
    ) -> Result<Vec<u8>, DiskFailure> {
        let mut open = self.open_to_read(part).await?;
        let bytes = open.read_whole(at, length).await;
        open.close();
        bytes
    }

    /// The SHA-256 of a part, of which some may be hashed already; says at times how far it is.
    pub(super) async fn hash(
        &self,
        part: Part,
        mut hasher: Hasher,
        note: impl Fn(HashMark),
    ) -> Result<[u8; 32], DiskFailure> {
        let mut open = self.open_to_read(part).await?;
        let read = open.read_on(&mut hasher, note).await;
        open.close();
        read.map(|()| hasher.finish())
    }
}

impl OpenPart {
    /// The same part, to be written at another position.
    pub(super) fn share(&self) -> Self {
        match self {
            Self::Chunks(part) => Self::Chunks(Box::new(part.share())),
            Self::Memory(part) => Self::Memory(part.clone()),
            Self::Opfs(part) => Self::Opfs(part.clone()),
        }
    }

    pub(super) async fn write(&mut self, chunk: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        match self {
            Self::Chunks(part) => part.write(chunk, at).await,
            Self::Memory(part) => part.write(chunk, at),
            Self::Opfs(part) => part.write(chunk, at),
        }
    }

    /// Reads what is there at a position, and says how much of the buffer it fills; 0 at the end.
    async fn read(&mut self, buffer: &Uint8Array, at: u64) -> Result<u32, DiskFailure> {
        match self {
            Self::Chunks(part) => part.read(buffer, at).await,
            Self::Memory(part) => Ok(part.read(buffer, at)),
            Self::Opfs(part) => part.read(buffer, at),
        }
    }

    async fn read_whole(&mut self, at: u64, length: u32) -> Result<Vec<u8>, DiskFailure> {
        let bytes = Uint8Array::new_with_length(length);
        let mut filled = 0;
        while filled < length {
            let rest = bytes.subarray(filled, length);
            match self.read(&rest, at + u64::from(filled)).await? {
                0 => return Err(DiskFailure::Missing { target_size: None }),
                count => filled += count,
            }
        }
        Ok(bytes.to_vec())
    }

    /// Hashes what follows what is hashed, to the end of the part.
    async fn read_on(
        &mut self,
        hasher: &mut Hasher,
        note: impl Fn(HashMark),
    ) -> Result<(), DiskFailure> {
        // A part that lacks some of what was hashed is as good as missing.
        if let Some(last) = hasher.position().checked_sub(1) {
            self.read_whole(last, 1).await?;
        }
        let mut buffer = Uint8Array::new_with_length(BUFFER_SIZE);
        loop {
            let at = hasher.position();
            let length = self.read(&buffer, at).await?;
            if length == 0 {
                hasher.settle().await;
                // A worker that has failed left some of it.
                if hasher.position() == at {
                    return Ok(());
                }
                continue;
            }
            let taken = hasher.take(buffer.subarray(0, length), at, true).await;
            buffer = Uint8Array::new(&taken.buffer());
            if at / HASH_TURN != hasher.position() / HASH_TURN {
                super::clock::sleep(Millis(0)).await;
            }
            if at / HASH_STEP != hasher.position() / HASH_STEP {
                note(hasher.mark());
            }
        }
    }

    /// Hashes what is written up to a position and is not hashed yet, if that is soon done; else it is
    /// read when all is there.
    pub(super) async fn catch_up(&mut self, hasher: &mut Hasher, until: u64) {
        if until.saturating_sub(hasher.position()) > HASH_TURN {
            return;
        }
        let mut buffer = Uint8Array::new_with_length(BUFFER_SIZE);
        while hasher.position() < until {
            let at = hasher.position();
            let rest = u32::try_from(until - at).unwrap_or(BUFFER_SIZE).min(BUFFER_SIZE);
            let length = match self.read(&buffer.subarray(0, rest), at).await {
                Ok(0) | Err(_) => return,
                Ok(length) => length,
            };
            let taken = hasher.take(buffer.subarray(0, length), at, true).await;
            buffer = Uint8Array::new(&taken.buffer());
        }
    }

    /// Returns once all that was written is durable.
    pub(super) async fn flush(&mut self) -> Result<(), DiskFailure> {
        match self {
            Self::Chunks(part) => part.flush().await,
            Self::Memory(_) => Ok(()),
            Self::Opfs(part) => part.flush(),
        }
    }

    /// Where the written bytes end that are durable though the last flush failed; 0 where none are known
    /// to be.
    pub(super) const fn durable(&self) -> u64 {
        match self {
            Self::Chunks(part) => part.durable(),
            Self::Memory(_) | Self::Opfs(_) => 0,
        }
    }

    /// Lets go of it.
    pub(super) fn close(self) {
        drop(self);
    }
}

/// Whether the browser's own estimate says that the bytes from `keep` to `size` have no room.
async fn check_estimate(keep: u64, size: Option<u64>) -> Result<(), DiskFailure> {
    let Some(needed) = bytes_to_come(keep, size) else { return Ok(()) };
    match js::estimated_room().await {
        Some(room) if room < REPORTED_ROOM && room < js::to_f64(needed) => Err(DiskFailure::Full),
        // Without an estimate the first write that fails tells.
        Some(_) | None => Ok(()),
    }
}

/// How many bytes a part is to grow by, if that is known and not few.
fn bytes_to_come(keep: u64, size: Option<u64>) -> Option<u64> {
    size.map(|size| size.saturating_sub(keep)).filter(|&bytes| bytes >= FEW_BYTES)
}

/// Reads a published file: from the file system, or from the engine that keeps it in memory.
///
/// # Errors
///
/// 0x80070002 when it is not there.
pub async fn open_file(
    name: &str,
    storage: Storage,
    engine: Option<&Engine>,
    file: &StoredFile,
) -> Result<File, QmgrError> {
    let path = LocalPath::parse(&file.local_file)?;
    let missing = || {
        let message = format!("the published file {} is not there", file.local_file);
        QmgrError::new(Hresult::FILE_NOT_FOUND, message)
    };
    let bytes: Blob = match (storage, engine.map(Engine::files)) {
        (Storage::Memory, Some(Files::Memory(memory))) => {
            memory.published(&path).ok_or_else(missing)?
        }
        (Storage::Memory, _) => return Err(unavailable("storage", "the queue is closed")),
        (Storage::IndexedDb, _) => chunks::published(name, &path).await?.ok_or_else(missing)?,
        (Storage::Opfs, _) => {
            Opfs::open(name).await?.published(&path).await.ok_or_else(missing)?.into()
        }
    };
    let options = FilePropertyBag::new();
    options.set_type(&file.media_type);
    options.set_last_modified(super::js::to_f64(file.last_modified.0));
    File::new_with_blob_sequence_and_options(&Array::of1(&bytes), path.file_name(), &options)
        .map_err(|thrown| unavailable("the file cannot be read", &super::js::sentence(&thrown)))
}
