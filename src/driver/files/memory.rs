//! Bytes in memory, as the platform's own arrays: gone with the process.

use crate::abi::LocalPath;
use crate::ordered::Map;
use crate::queue::{DiskFailure, Part};
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::Blob;

type Chunks = Rc<RefCell<Vec<(u64, Uint8Array)>>>;

/// Parts and published files.
#[derive(Default)]
pub(in super::super) struct Memory {
    parts: RefCell<Map<Part, Chunks>>,
    files: RefCell<Map<String, Blob>>,
}

/// A part: its chunks, each behind the position of its first byte, in their order.
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
        if create && !self.parts.borrow().contains_key(&part) {
            self.parts.borrow_mut().insert(part, Chunks::default());
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
            Some(chunks) => chunks.borrow().iter().map(|(_, chunk)| chunk).collect(),
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
        chunks.retain(|(start, _)| *start < keep);
        if let Some((start, chunk)) = chunks.last_mut()
            && *start + u64::from(chunk.length()) > keep
            && let Ok(length) = u32::try_from(keep - *start)
        {
            *chunk = chunk.slice(0, length);
        }
    }

    pub(super) fn write(&self, chunk: &Uint8Array, at: u64) -> Result<(), DiskFailure> {
        if chunk.length() > 0 {
            // The reader uses the chunk's buffer again.
            let copy = chunk.slice(0, chunk.length());
            let mut chunks = self.chunks.borrow_mut();
            match chunks.binary_search_by_key(&at, |(start, _)| *start) {
                Ok(index) => chunks[index].1 = copy,
                Err(index) => chunks.insert(index, (at, copy)),
            }
        }
        Ok(())
    }

    pub(super) fn read(&self, buffer: &Uint8Array, at: u64) -> u32 {
        let chunks = self.chunks.borrow();
        let behind = chunks.partition_point(|(start, _)| *start <= at);
        let Some((start, chunk)) = behind.checked_sub(1).map(|index| &chunks[index]) else {
            return 0;
        };
        let Ok(offset) = u32::try_from(at - start) else { return 0 };
        let start = offset.min(chunk.length());
        let end = chunk.length().min(start.saturating_add(buffer.length()));
        buffer.set(&chunk.subarray(start, end), 0);
        end - start
    }
}
