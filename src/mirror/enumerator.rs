//! `IEnumBackgroundCopyGroups` and `IEnumBackgroundCopyJobs1`.

use crate::abi::{Guid, Hresult};
use std::rc::Rc;

/// A snapshot of GUIDs with a position in it (spec §3.4, ruling A34). A clone has the same position
/// and moves on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuidEnumerator {
    items: Rc<[Guid]>,
    position: usize,
}

impl GuidEnumerator {
    /// An enumerator at the start of `items`.
    #[must_use]
    pub fn new(items: Vec<Guid>) -> Self {
        Self { items: items.into(), position: 0 }
    }

    /// `Next`: what is left, at most `celt`; `S_FALSE` when that is fewer.
    pub fn next(&mut self, celt: u32) -> (Hresult, &[Guid]) {
        let start = self.position;
        let hresult = self.skip(celt);
        (hresult, &self.items[start..self.position])
    }

    /// `Skip`: moves past `celt` elements, or past the last with `S_FALSE` when fewer are left.
    pub fn skip(&mut self, celt: u32) -> Hresult {
        let left = self.items.len() - self.position;
        let wanted = usize::try_from(celt).unwrap_or(usize::MAX);
        self.position += wanted.min(left);
        if wanted > left { Hresult::S_FALSE } else { Hresult::S_OK }
    }

    /// `Reset`: back to the start.
    pub fn reset(&mut self) {
        self.position = 0;
    }

    /// `GetCount`: the elements of the whole snapshot, wherever the position is.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }
}
