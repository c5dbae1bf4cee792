//! Bytes in memory, as the platform's own arrays: gone with the process.

use crate::abi::LocalPath;
use crate::queue::{DiskFailure, Part};
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use web_sys::Blob;

type Chunks = Rc<RefCell<BTreeMap<u64, Uint8Array>>>;

/// Parts and published files.
#[derive(Default)]
pub(in super::super) struct Memory {
    parts: RefCell<BTreeMap<Part, Chunks>>,
    files: RefCell<BTreeMap<String, Blob>>,
}

/// A part; its chunks by the position of their first byte.
#[derive(Clone)]
pub(in super::super) struct MemoryPart {
    chunks: Chunks,
}

impl Memory {
    pub(super) fn open_part(
        &self,
        part: Part,
        keep: u64,
        create: bool,
    ) -> Result<MemoryPart, DiskFailure> {
        if create {
            self.parts.borrow_mut().entry(part).or_default();
        }
        let open = self.read_part(part)?;
        open.cut(keep);
        Ok(open)
    }

    pub(super) fn read_part(&self, part: Part) -> Result<MemoryPart, DiskFailure> {
        match self.parts.borrow().get(&part) {
            Some(chunks) => Ok(MemoryPart { chunks: Rc::clone(chunks) }),
            None => Err(DiskFailure::Missing { target_size: None }),
        }
    }

    pub(super) fn copy(&self, from: Part, to: Part, length: u64) -> Result<(), DiskFailure> {
        let chunks = self.read_part(from)?.chunks.borrow().clone();
        self.parts.borrow_mut().insert(to, Rc::new(RefCell::new(chunks)));
        self.open_part(to, length, false).map(drop)
    }

    pub(super) fn delete_part(&self, part: Part) {
        self.parts.borrow_mut().remove(&part);
    }

    pub(super) fn publish(
        &self,
        part: Part,
        target: &LocalPath,
        size: u64,
    ) -> Result<(), DiskFailure> {
        if target.obstacle(&self.files.borrow()).is_some() {
            return Err(DiskFailure::InTheWay);
        }
        let chunks: Array = match self.parts.borrow_mut().remove(&part) {
            Some(chunks) => chunks.borrow().values().collect(),
            None if size == 0 => Array::new(),
            None => return Err(DiskFailure::Missing { target_size: None }),
        };
        let blob = Blob::new_with_u8_array_sequence(&chunks)
            .map_err(|thrown| DiskFailure::Other(super::super::js::sentence(&thrown)))?;
        self.files.borrow_mut().insert(target.key().to_owned(), blob);
        Ok(())
    }

    pub(super) fn delete_file(&self, target: &LocalPath) {
        self.files.borrow_mut().remove(target.key());
    }

    pub(super) fn published(&self, path: &LocalPath) -> Option<Blob> {
        self.files.borrow().get(path.key()).cloned()
    }
}

impl MemoryPart {
    fn cut(&self, keep: u64) {
        let mut chunks = self.chunks.borrow_mut();
        chunks.split_off(&keep);
        if let Some((&start, chunk)) = chunks.iter().next_back()
            && start + u64::from(chunk.length()) > keep
            && let Ok(length) = u32::try_from(keep - start)
        {
            let shorter = chunk.slice(0, length);
            chunks.insert(start, shorter);
        }
    }

    pub(super) fn write(&self, chunk: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        if chunk.length() > 0 {
            // The reader uses the chunk's buffer again.
            self.chunks.borrow_mut().insert(at, chunk.slice(0, chunk.length()));
        }
        Ok(())
    }

    pub(super) fn read(&self, buffer: &Uint8Array, at: u64) -> u32 {
        let chunks = self.chunks.borrow();
        let Some((&start, chunk)) = chunks.range(..=at).next_back() else { return 0 };
        let Ok(offset) = u32::try_from(at - start) else { return 0 };
        let start = offset.min(chunk.length());
        let end = chunk.length().min(start.saturating_add(buffer.length()));
        buffer.set(&chunk.subarray(start, end), 0);
        end - start
    }
}
