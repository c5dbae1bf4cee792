//! Hands that reach into the origin private file system. Paths start at its root:
//! `qmgr/<queue>/parts/<name>`.

use super::js;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemRemoveOptions, FileSystemSyncAccessHandle, StorageManager,
};

/// Whether this context has a private file system at all.
pub async fn is_here() -> bool {
    root().await.is_some()
}

/// The names in a directory, sorted; none when it does not exist.
pub async fn names(path: &str) -> Vec<String> {
    let Some(directory) = directory(path, false).await else { return Vec::new() };
    let entries = directory.keys();
    let mut names = Vec::new();
    loop {
        let next = entries.next().expect("an iterator's own method");
        let next = JsFuture::from(next).await.expect("a readable directory");
        match js::get(&next, "value").as_string() {
            Some(name) => names.push(name),
            None => break,
        }
    }
    names.sort();
    names
}

/// A file's bytes; `None` when there is no such file.
pub async fn read(path: &str) -> Option<Vec<u8>> {
    let handle = file(path, false).await?;
    let file: File = JsFuture::from(handle.get_file()).await.ok()?.unchecked_into();
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&bytes).to_vec())
}

/// Makes a file of these bytes, and its directories.
pub async fn write(path: &str, bytes: &[u8]) {
    let handle = hold(path).await;
    handle.truncate_with_u32(0).expect("a handle of our own");
    handle.write_with_u8_array(bytes).expect("a handle of our own");
    handle.close();
}

/// Opens a file as another context would, so that nobody else can; it is made if it is missing.
pub async fn hold(path: &str) -> FileSystemSyncAccessHandle {
    let handle = file(path, true).await.expect("a file can be made there");
    let handle = JsFuture::from(handle.create_sync_access_handle()).await;
    handle.expect("a file that nobody holds").unchecked_into()
}

/// Deletes a file, or a directory and all below it.
pub async fn remove(path: &str) {
    let (parent, name) = split(path);
    if let Some(parent) = directory(parent, false).await {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        // One that does not exist is as good as deleted.
        drop(JsFuture::from(parent.remove_entry_with_options(name, &options)).await);
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').expect("no test touches what stands at the root")
}

/// `None` where the browser gives none to a worker.
async fn root() -> Option<FileSystemDirectoryHandle> {
    let storage = js::get(&js_sys::global(), "navigator.storage");
    let storage = Some(storage).filter(JsValue::is_object)?.unchecked_into::<StorageManager>();
    Some(JsFuture::from(storage.get_directory()).await.ok()?.unchecked_into())
}

async fn directory(path: &str, create: bool) -> Option<FileSystemDirectoryHandle> {
    let mut place = root().await?;
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(create);
    for name in path.split('/') {
        let next = place.get_directory_handle_with_options(name, &options);
        place = JsFuture::from(next).await.ok()?.unchecked_into();
    }
    Some(place)
}

async fn file(path: &str, create: bool) -> Option<FileSystemFileHandle> {
    let (parent, name) = split(path);
    let options = FileSystemGetFileOptions::new();
    options.set_create(create);
    let handle = directory(parent, create).await?.get_file_handle_with_options(name, &options);
    Some(JsFuture::from(handle).await.ok()?.unchecked_into())
}
