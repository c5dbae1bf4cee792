//! Hands that reach the bytes of a queue, wherever they are kept.

use super::{js, opfs, records};
use js_sys::{ArrayBuffer, Uint8Array};
use qmgr::abi::LocalPath;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Where a queue keeps its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    IndexedDb,
    Opfs,
}

/// The key of a part that a test makes, and no queue.
const FOREIGN: &str = "0000000000009999/0000000000/0000000000";

impl Bytes {
    /// Where a queue of this browser keeps them that asks for nothing else.
    pub async fn here() -> Self {
        if opfs::is_here().await { Self::Opfs } else { Self::IndexedDb }
    }

    /// The storage to open a queue with.
    pub const fn storage(self) -> &'static str {
        match self {
            Self::IndexedDb => "indexeddb",
            Self::Opfs => "opfs",
        }
    }

    /// The parts that are there and not published.
    pub async fn parts(self, queue: &str) -> Vec<String> {
        match self {
            Self::IndexedDb => {
                let mut parts = Vec::new();
                for key in records::keys(queue, "chunks").await {
                    let part = key.rsplitn(3, '/').last().unwrap_or_default().to_owned();
                    if !parts.contains(&part) && !named_parts(queue).await.contains(&part) {
                        parts.push(part);
                    }
                }
                parts
            }
            Self::Opfs => opfs::names(&format!("qmgr/{queue}/parts")).await,
        }
    }

    /// Puts these bytes in place of a part's.
    pub async fn write_part(self, queue: &str, part: &str, bytes: &[u8]) {
        match self {
            Self::IndexedDb => {
                self.remove_part(queue, part).await;
                write_chunk(queue, part, 0, bytes).await;
            }
            Self::Opfs => opfs::write(&format!("qmgr/{queue}/parts/{part}"), bytes).await,
        }
    }

    /// Writes bytes after those of a part.
    pub async fn lengthen_part(self, queue: &str, part: &str, length: u64, more: &[u8]) {
        match self {
            Self::IndexedDb => write_chunk(queue, part, length, more).await,
            Self::Opfs => {
                let path = format!("qmgr/{queue}/parts/{part}");
                let mut bytes = opfs::read(&path).await.expect("the part");
                bytes.extend_from_slice(more);
                opfs::write(&path, &bytes).await;
            }
        }
    }

    pub async fn remove_part(self, queue: &str, part: &str) {
        match self {
            Self::IndexedDb => {
                for key in records::keys(queue, "chunks").await {
                    if key.starts_with(part) {
                        records::delete(queue, "chunks", &key).await;
                    }
                }
            }
            Self::Opfs => opfs::remove(&format!("qmgr/{queue}/parts/{part}")).await,
        }
    }

    /// Does what publishing does, without a word to the records.
    pub async fn move_part(self, queue: &str, part: &str, local_file: &str) {
        match self {
            Self::IndexedDb => {
                let size: u64 =
                    chunks_of(queue, part).await.iter().map(|chunk| chunk.len() as u64).sum();
                name(queue, local_file, part, size).await;
            }
            Self::Opfs => {
                let from = format!("qmgr/{queue}/parts/{part}");
                let bytes = opfs::read(&from).await.expect("the part");
                opfs::remove(&from).await;
                self.publish(queue, local_file, &bytes).await;
            }
        }
    }

    /// Puts a published file there.
    pub async fn publish(self, queue: &str, local_file: &str, bytes: &[u8]) {
        match self {
            Self::IndexedDb => {
                write_chunk(queue, FOREIGN, 0, bytes).await;
                name(queue, local_file, FOREIGN, bytes.len() as u64).await;
            }
            Self::Opfs => opfs::write(&target(queue, local_file), bytes).await,
        }
    }

    /// Removes a published file, or the directory that it is in.
    pub async fn remove(self, queue: &str, local_file: &str) {
        match self {
            Self::IndexedDb => {
                let path = LocalPath::parse(local_file).expect("a full path");
                for key in records::keys(queue, "names").await {
                    if key.starts_with(path.key()) {
                        records::delete(queue, "names", &key).await;
                    }
                }
            }
            Self::Opfs => opfs::remove(&target(queue, local_file)).await,
        }
    }

    /// The bytes of a published file.
    pub async fn published(self, queue: &str, local_file: &str) -> Option<Vec<u8>> {
        match self {
            Self::IndexedDb => {
                let path = LocalPath::parse(local_file).expect("a full path");
                let name = records::read(queue, "names", path.key()).await?;
                Some(chunks_of(queue, &js::text(&name, "part")).await.concat())
            }
            Self::Opfs => opfs::read(&target(queue, local_file)).await,
        }
    }
}

/// Where in OPFS a file is published.
pub fn target(queue: &str, local_file: &str) -> String {
    let path = LocalPath::parse(local_file).expect("a full path");
    format!("qmgr/{queue}/files/{}", path.key())
}

async fn name(queue: &str, local_file: &str, part: &str, size: u64) {
    let path = LocalPath::parse(local_file).expect("a full path");
    let name = js::object([("part", part.into()), ("size", (size as f64).into())]);
    records::write(queue, "names", path.key(), name).await;
}

async fn named_parts(queue: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for key in records::keys(queue, "names").await {
        let name = records::read(queue, "names", &key).await.expect("a name");
        parts.push(js::text(&name, "part"));
    }
    parts
}

async fn write_chunk(queue: &str, part: &str, start: u64, bytes: &[u8]) {
    let end = start + bytes.len() as u64;
    // Not every browser keeps a blob, so an engine reads either.
    let buffer = Uint8Array::from(bytes).buffer();
    records::write(queue, "chunks", &format!("{part}/{start:016}/{end:016}"), buffer.into()).await;
}

async fn chunks_of(queue: &str, part: &str) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for key in records::keys(queue, "chunks").await {
        if key.starts_with(part) {
            let value = records::read(queue, "chunks", &key).await.expect("a chunk");
            chunks.push(bytes_of(value).await);
        }
    }
    chunks
}

async fn bytes_of(value: JsValue) -> Vec<u8> {
    let buffer = match value.dyn_into::<Blob>() {
        Ok(blob) => JsFuture::from(blob.array_buffer()).await.expect("a readable blob"),
        Err(buffer) => buffer.unchecked_into::<ArrayBuffer>().into(),
    };
    Uint8Array::new(&buffer).to_vec()
}
