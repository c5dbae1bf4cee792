//! Bytes in the origin private file system.

use super::super::{js, unavailable};
use crate::abi::{LocalPath, QmgrError};
use crate::queue::{DiskFailure, Part};
use futures_util::future::join;
use js_sys::{AsyncIterator, Promise, Reflect, TypeError, Uint8Array};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

/// What may stand in a queue's name unchanged; anything else a browser might dislike or change.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// So much of a part is in memory while it is copied.
const COPY_SIZE: u64 = 4 << 20;

#[wasm_bindgen]
extern "C" {
    /// `move` is missing from web-sys.
    type Movable;
    #[wasm_bindgen(method, catch, js_name = move)]
    fn move_to(
        this: &Movable,
        directory: &FileSystemDirectoryHandle,
        name: &str,
    ) -> Result<Promise, JsValue>;
}

/// A file of this name, among the parts, shows that a context can write. It is that of a part of no group,
/// so the next start collects it.
const PROBE: &str = "0-0.0.part";

/// The two directories of a queue.
pub(in super::super) struct Opfs {
    files: FileSystemDirectoryHandle,
    parts: FileSystemDirectoryHandle,
}

/// A part that this context alone has open; clones are the same one.
#[derive(Clone)]
pub(in super::super) struct OpfsPart {
    open: Rc<OpenHandle>,
}

/// Closed when it is dropped.
struct OpenHandle {
    handle: FileSystemSyncAccessHandle,
    /// Something was written since the last flush.
    is_dirty: Cell<bool>,
    /// Why a flush failed. What the disk has dropped then is not among what it writes the next time, so
    /// that a later flush may succeed and mean nothing.
    failed: RefCell<Option<DiskFailure>>,
}

impl Drop for OpenHandle {
    fn drop(&mut self) {
        self.handle.close();
    }
}

impl Opfs {
    /// Opens a queue's directories to read published files.
    pub(super) async fn open(name: &str) -> Result<Self, QmgrError> {
        Self::directories(name).await.map_err(|thrown| denied(&thrown))
    }

    /// Opens a queue's directories for an engine, which has to write synchronously.
    pub(super) async fn open_to_write(name: &str) -> Result<Self, QmgrError> {
        let opfs = Self::open(name).await?;
        match opfs.probe().await {
            Ok(()) => Ok(opfs),
            // That a file is held, or that there is no room for one more, shows that there are files.
            Err(thrown)
                if matches!(js::disk_failure(&thrown), DiskFailure::Busy | DiskFailure::Full) =>
            {
                Ok(opfs)
            }
            Err(thrown) => Err(denied(&thrown)),
        }
    }

    async fn probe(&self) -> Result<(), JsValue> {
        let probe = file(&self.parts, PROBE, true).await?;
        let method = Reflect::get(&probe, &"createSyncAccessHandle".into())?;
        if !method.is_function() {
            return Err(TypeError::new("createSyncAccessHandle is not here").into());
        }
        let handle = JsFuture::from(probe.create_sync_access_handle()).await?;
        let handle = handle.unchecked_into::<FileSystemSyncAccessHandle>();
        let size = handle.get_size();
        handle.close();
        self.delete_part(PROBE).await;
        // A promise is no number: Safari before 16.4 has methods that only promise what they do.
        if size?.is_nan() {
            return Err(TypeError::new("a handle's methods are not synchronous here").into());
        }
        Ok(())
    }

    async fn directories(name: &str) -> Result<Self, JsValue> {
        let storage = js::storage_manager("getDirectory")?;
        let root: FileSystemDirectoryHandle =
            JsFuture::from(storage.get_directory()).await?.unchecked_into();
        let queues = directory(&root, "qmgr", true).await?;
        let queue = directory(&queues, &utf8_percent_encode(name, PLAIN).to_string(), true).await?;
        let (files, parts) =
            (directory(&queue, "files", true).await?, directory(&queue, "parts", true).await?);
        Ok(Self { files, parts })
    }

    pub(super) async fn open_part(
        &self,
        part: super::Part,
        keep: u64,
        create: bool,
        size: Option<u64>,
    ) -> Result<OpfsPart, DiskFailure> {
        let name = part.to_string();
        let estimate = super::check_estimate(keep, size);
        let (has_room, part) = join(estimate, self.open_handle(&name, create)).await;
        has_room?;
        let part = part?;
        part.cut(keep).and_then(|()| part.check_room(keep, size)).map(|()| part)
    }

    pub(super) async fn read_part(&self, part: &str) -> Result<OpfsPart, DiskFailure> {
        self.open_handle(part, false).await
    }

    async fn open_handle(&self, part: &str, create: bool) -> Result<OpfsPart, DiskFailure> {
        let handle =
            file(&self.parts, part, create).await.map_err(|thrown| js::disk_failure(&thrown))?;
        let handle = JsFuture::from(handle.create_sync_access_handle()).await;
        let handle = handle.map_err(|thrown| js::disk_failure(&thrown))?.unchecked_into();
        Ok(OpfsPart {
            open: Rc::new(OpenHandle {
                handle,
                is_dirty: Cell::new(false),
                failed: RefCell::default(),
            }),
        })
    }

    pub(super) async fn copy(&self, from: &str, to: &str, length: u64) -> Result<(), DiskFailure> {
        let to = self.open_handle(to, true).await?;
        self.copy_into(&to, from, length).await
    }

    /// A part that another context has open can still be read as a `File`.
    async fn copy_into(&self, to: &OpfsPart, from: &str, length: u64) -> Result<(), DiskFailure> {
        to.cut(0)?;
        if length == 0 {
            return Ok(());
        }
        let failure = |thrown: JsValue| js::disk_failure(&thrown);
        let from = file(&self.parts, from, false).await.map_err(failure)?;
        let from: File = JsFuture::from(from.get_file()).await.map_err(failure)?.unchecked_into();
        if js::to_u64(from.size()) < length {
            return Err(DiskFailure::Missing { target_size: None });
        }
        let mut position = 0;
        while position < length {
            let end = length.min(position + COPY_SIZE);
            let (start, stop) = (js::to_f64(position), js::to_f64(end));
            let piece = from.slice_with_f64_and_f64(start, stop).map_err(failure)?;
            let bytes = JsFuture::from(piece.array_buffer()).await.map_err(failure)?;
            to.write(&Uint8Array::new(&bytes), position)?;
            position = end;
        }
        to.flush()
    }

    pub(super) async fn delete_part(&self, part: &str) {
        // One that is locked, or gone already, is looked for again at the next start.
        drop(JsFuture::from(self.parts.remove_entry(part)).await);
    }

    /// The parts that are there.
    pub(super) async fn parts(&self) -> Vec<Part> {
        names(&self.parts).await.iter().filter_map(|name| Part::parse(name)).collect()
    }

    pub(super) async fn publish(
        &self,
        part: &str,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        let (directory, name) =
            self.target(target, true).await.map_err(|thrown| js::disk_failure(&thrown))?;
        // Looked up first: Firefox would move a file over a directory and delete what is in it.
        match self::directory(&directory, &name, false).await {
            Ok(_) => remove_without_files(&directory, &name)
                .await
                .map_err(|thrown| js::disk_failure(&thrown))?,
            Err(thrown)
                if matches!(
                    js::name_of(&thrown).as_str(),
                    "NotFoundError" | "TypeMismatchError"
                ) => {}
            Err(thrown) => return Err(js::disk_failure(&thrown)),
        }
        let part = match file(&self.parts, part, size == 0).await {
            Ok(part) => part,
            Err(thrown) if js::name_of(&thrown) == "NotFoundError" => {
                let target_size = self.published(target).await.map(|file| js::to_u64(file.size()));
                return Err(DiskFailure::Missing { target_size });
            }
            Err(thrown) => return Err(js::disk_failure(&thrown)),
        };
        let moved = part.unchecked_ref::<Movable>().move_to(&directory, &name);
        let moved = moved.map_err(|thrown| js::disk_failure(&thrown))?;
        JsFuture::from(moved).await.map(drop).map_err(|thrown| js::disk_failure(&thrown))
    }

    pub(super) async fn delete_file(&self, target: &LocalPath) -> Result<(), DiskFailure> {
        let deleted = match self.target(target, false).await {
            Ok((directory, name)) => JsFuture::from(directory.remove_entry(&name)).await.map(drop),
            Err(thrown) => Err(thrown),
        };
        match deleted {
            Err(thrown) if js::name_of(&thrown) != "NotFoundError" => {
                Err(js::disk_failure(&thrown))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A published file; `None` when it is not there.
    pub(super) async fn published(&self, target: &LocalPath) -> Option<File> {
        let (directory, name) = self.target(target, false).await.ok()?;
        let handle = file(&directory, &name, false).await.ok()?;
        Some(JsFuture::from(handle.get_file()).await.ok()?.unchecked_into())
    }

    /// The directory of a published file, and the file's name in it.
    async fn target(
        &self,
        path: &LocalPath,
        create: bool,
    ) -> Result<(FileSystemDirectoryHandle, String), JsValue> {
        let mut segments: Vec<&str> = path.segments().collect();
        let name = segments.pop().unwrap_or_default().to_owned();
        let mut place = self.files.clone();
        for segment in segments {
            place = directory(&place, segment, create).await?;
        }
        Ok((place, name))
    }
}

fn denied(thrown: &JsValue) -> QmgrError {
    unavailable("the origin private file system cannot be had", &js::sentence(thrown))
}

async fn directory(
    parent: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(create);
    Ok(JsFuture::from(parent.get_directory_handle_with_options(name, &options))
        .await?
        .unchecked_into())
}

/// What a directory holds, as far as it can be read.
async fn names(directory: &FileSystemDirectoryHandle) -> Vec<String> {
    let entries: AsyncIterator = directory.keys();
    let mut names = Vec::new();
    while let Ok(next) = entries.next()
        && let Ok(next) = JsFuture::from(next).await
        && let Ok(name) = Reflect::get(&next, &"value".into())
        && let Some(name) = name.as_string()
    {
        names.push(name);
    }
    names
}

/// Removes a directory that holds nothing but directories, as deleted files leave them behind. A file
/// in it ends this with a `TypeMismatchError`, and nothing is removed.
async fn remove_without_files(
    parent: &FileSystemDirectoryHandle,
    name: &str,
) -> Result<(), JsValue> {
    let mut found = vec![(parent.clone(), name.to_owned())];
    let mut looked_at = 0;
    while let Some((parent, name)) = found.get(looked_at) {
        let directory = directory(parent, name, false).await?;
        found.extend(names(&directory).await.into_iter().map(|name| (directory.clone(), name)));
        looked_at += 1;
    }
    for (parent, name) in found.into_iter().rev() {
        JsFuture::from(parent.remove_entry(&name)).await?;
    }
    Ok(())
}

async fn file(
    directory: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemFileHandle, JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(create);
    Ok(JsFuture::from(directory.get_file_handle_with_options(name, &options))
        .await?
        .unchecked_into())
}

impl OpfsPart {
    /// Cuts the part to the bytes that records name. One that lacks some of them is as good as missing.
    fn cut(&self, keep: u64) -> Result<(), DiskFailure> {
        let size =
            js::to_u64(self.handle().get_size().map_err(|thrown| js::disk_failure(&thrown))?);
        if size < keep {
            return Err(DiskFailure::Missing { target_size: None });
        }
        if size > keep {
            self.handle()
                .truncate_with_f64(js::to_f64(keep))
                .map_err(|thrown| js::disk_failure(&thrown))?;
        }
        Ok(())
    }

    /// Grows the part to its whole size for a moment: no estimate tells as surely whether there is room.
    /// Only recorded bytes count, so one that stays long in a crash does no harm.
    fn check_room(&self, keep: u64, size: Option<u64>) -> Result<(), DiskFailure> {
        let Some(bytes) = super::bytes_to_come(keep, size) else { return Ok(()) };
        let whole = js::to_f64(keep + bytes);
        let has_grown = self.handle().truncate_with_f64(whole).is_ok()
            // Chromium may say that it has grown, and not have done it.
            && self.handle().get_size().is_ok_and(|length| length == whole);
        self.handle()
            .truncate_with_f64(js::to_f64(keep))
            .map_err(|thrown| js::disk_failure(&thrown))?;
        if has_grown { Ok(()) } else { Err(DiskFailure::Full) }
    }

    pub(super) fn write(&self, chunk: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        let length = chunk.length();
        let mut written = 0;
        while written < length {
            let options = FileSystemReadWriteOptions::new();
            options.set_at(js::to_f64(at + u64::from(written)));
            let rest = chunk.subarray(written, length);
            self.open.is_dirty.set(true);
            let count = self
                .handle()
                .write_with_buffer_source_and_options(&rest, &options)
                .map_err(|thrown| js::disk_failure(&thrown))?;
            match u32::try_from(js::to_u64(count)) {
                Ok(count) if (1..=rest.length()).contains(&count) => written += count,
                // Chromium may count -8 bytes, as 4294967288, where there is no room.
                Ok(_) | Err(_) => return Err(DiskFailure::Full),
            }
        }
        Ok(())
    }

    pub(super) fn read(&self, buffer: &Uint8Array, at: u64) -> Result<u32, DiskFailure> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(js::to_f64(at));
        let count = self
            .handle()
            .read_with_buffer_source_and_options(buffer, &options)
            .map_err(|thrown| js::disk_failure(&thrown))?;
        Ok(u32::try_from(js::to_u64(count)).unwrap_or(0).min(buffer.length()))
    }

    /// Of several connections that are told to flush, the first one does it for all. Once it has failed,
    /// it fails until the part is opened anew, cut to what was durable before.
    pub(super) fn flush(&self) -> Result<(), DiskFailure> {
        if let Some(failure) = &*self.open.failed.borrow() {
            return Err(failure.clone());
        }
        if self.open.is_dirty.get() {
            self.handle().flush().map_err(|thrown| {
                let failure = js::disk_failure(&thrown);
                self.open.failed.replace(Some(failure.clone()));
                failure
            })?;
            self.open.is_dirty.set(false);
        }
        Ok(())
    }

    fn handle(&self) -> &FileSystemSyncAccessHandle {
        &self.open.handle
    }
}
