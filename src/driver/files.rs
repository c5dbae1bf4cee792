//! The bytes: parts and published files, in the origin private file system or in memory.
//!
//! ```text
//! qmgr/<queue>/parts/<serial>-<index>.<generation>.part
//! qmgr/<queue>/files/<segments of the path>
//! ```

mod memory;
mod opfs;

use super::{Engine, unavailable};
use crate::abi::{Hresult, LocalPath, QmgrError};
use crate::protocol::{Storage, StoredFile};
use crate::queue::{DiskFailure, Part};
use js_sys::{Array, Uint8Array};
use memory::{Memory, MemoryPart};
use opfs::{Opfs, OpfsPart};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use web_sys::{Blob, File, FilePropertyBag};

/// A read while hashing; the buffer is the only part of a file that is ever in wasm memory.
const HASH_SIZE: u32 = 1 << 20;

/// The engine lets others run after so many bytes hashed.
const HASH_TURN: u64 = 32 << 20;

/// Where the bytes of a queue are.
pub(super) enum Files {
    Memory(Memory),
    Opfs(Opfs),
}

/// A part that is open for writing.
pub(super) enum OpenPart {
    Memory(MemoryPart),
    Opfs(OpfsPart),
}

impl Files {
    pub(super) async fn open(name: &str, storage: Storage) -> Result<Self, QmgrError> {
        match storage {
            Storage::IndexedDb => {
                Err(unavailable("storage", "a queue cannot keep its bytes in IndexedDB yet"))
            }
            Storage::Memory => Ok(Self::Memory(Memory::default())),
            Storage::Opfs => Ok(Self::Opfs(Opfs::open(name).await?)),
        }
    }

    /// Opens a part, cut to `keep` bytes. One that is not there is made if `create`.
    pub(super) async fn open_part(
        &self,
        part: Part,
        keep: u64,
        create: bool,
    ) -> Result<OpenPart, DiskFailure> {
        match self {
            Self::Memory(memory) => memory.open_part(part, keep, create).map(OpenPart::Memory),
            Self::Opfs(opfs) => opfs.open_part(part, keep, create).await.map(OpenPart::Opfs),
        }
    }

    /// Writes the first bytes of a part into a new one and flushes it.
    pub(super) async fn copy(&self, from: Part, to: Part, length: u64) -> Result<(), DiskFailure> {
        match self {
            Self::Memory(memory) => memory.copy(from, to, length),
            Self::Opfs(opfs) => opfs.copy(&from.to_string(), &to.to_string(), length).await,
        }
    }

    /// Deletes a part; one that is locked stays until the next start.
    pub(super) async fn delete_part(&self, part: Part) {
        match self {
            Self::Memory(memory) => memory.delete_part(part),
            Self::Opfs(opfs) => opfs.delete_part(&part.to_string()).await,
        }
    }

    /// Deletes the parts that no record names.
    pub(super) async fn delete_orphans(&self, kept: &BTreeSet<Part>) {
        if let Self::Opfs(opfs) = self {
            let kept = kept.iter().map(ToString::to_string).collect();
            opfs.delete_orphans(&kept).await;
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
            Self::Memory(memory) => memory.publish(part, target, size),
            Self::Opfs(opfs) => opfs.publish(&part.to_string(), target, size).await,
        }
    }

    /// Deletes a published file; one that is not there counts as deleted.
    pub(super) async fn delete_file(&self, target: &LocalPath) -> Result<(), DiskFailure> {
        match self {
            Self::Memory(memory) => {
                memory.delete_file(target);
                Ok(())
            }
            Self::Opfs(opfs) => opfs.delete_file(target).await,
        }
    }

    async fn open_to_read(&self, part: Part) -> Result<OpenPart, DiskFailure> {
        match self {
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
        let open = self.open_to_read(part).await?;
        let (mut bytes, mut piece) = (Vec::new(), Vec::new());
        while bytes.len() < length as usize {
            let missing = length - bytes.len() as u32;
            match open.read(&mut piece, at + bytes.len() as u64, missing) {
                Ok(0) => {
                    open.close();
                    return Err(DiskFailure::Missing { target_size: None });
                }
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
                Err(failure) => {
                    open.close();
                    return Err(failure);
                }
            }
        }
        open.close();
        Ok(bytes)
    }

    /// The SHA-256 of a part, read in pieces.
    pub(super) async fn hash(&self, part: Part) -> Result<[u8; 32], DiskFailure> {
        let open = self.open_to_read(part).await?;
        let mut hash = Sha256::new();
        let mut position = 0;
        let mut buffer = Vec::new();
        loop {
            let length = match open.read(&mut buffer, position, HASH_SIZE) {
                Ok(0) => break,
                Ok(length) => length,
                Err(failure) => {
                    open.close();
                    return Err(failure);
                }
            };
            hash.update(&buffer[..length]);
            let before = position / HASH_TURN;
            position += length as u64;
            if position / HASH_TURN != before {
                super::clock::sleep(crate::time::Millis(0)).await;
            }
        }
        open.close();
        Ok(hash.finalize().into())
    }
}

impl OpenPart {
    pub(super) fn write(&self, chunk: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        match self {
            Self::Memory(part) => part.write(chunk, at),
            Self::Opfs(part) => part.write(chunk, at),
        }
    }

    fn read(&self, buffer: &mut Vec<u8>, at: u64, length: u32) -> Result<usize, DiskFailure> {
        buffer.resize(length as usize, 0);
        match self {
            Self::Memory(part) => Ok(part.read(buffer, at)),
            Self::Opfs(part) => part.read(buffer, at),
        }
    }

    pub(super) fn flush(&self) -> Result<(), DiskFailure> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Opfs(part) => part.flush(),
        }
    }

    pub(super) fn close(self) {
        match self {
            Self::Memory(_) => {}
            Self::Opfs(part) => part.close(),
        }
    }
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
        (Storage::IndexedDb, _) => {
            return Err(unavailable("storage", "a queue cannot keep its bytes in IndexedDB yet"));
        }
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
