//! The enumerators' JavaScript class.

use super::convert;
use super::error::to_js;
use crate::mirror;
use serde::Serialize;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// `IEnumBackgroundCopyGroups` and `IEnumBackgroundCopyJobs1`: a snapshot of GUIDs.
#[wasm_bindgen]
pub struct GuidEnumerator(RefCell<mirror::GuidEnumerator>);

/// What `next` gives back.
#[derive(Serialize)]
struct Fetched {
    hresult: u32,
    items: Vec<String>,
    fetched: usize,
}

impl From<mirror::GuidEnumerator> for GuidEnumerator {
    fn from(enumerator: mirror::GuidEnumerator) -> Self {
        Self(RefCell::new(enumerator))
    }
}

#[wasm_bindgen]
impl GuidEnumerator {
    /// `Next`: `{ hresult, items, fetched }`.
    ///
    /// # Errors
    /// `E_INVALIDARG` when `celt` is no 32-bit integer.
    pub fn next(&self, celt: &JsValue) -> Result<JsValue, JsValue> {
        let celt = convert::dword(celt, "celt").map_err(to_js)?;
        let fetched = {
            let mut enumerator = self.0.borrow_mut();
            let (hresult, items) = enumerator.next(celt);
            let items = items.iter().map(ToString::to_string).collect::<Vec<_>>();
            Fetched { hresult: hresult.0, fetched: items.len(), items }
        };
        convert::to_js(&fetched)
    }

    /// `Skip`: `S_OK` or `S_FALSE`.
    ///
    /// # Errors
    /// `E_INVALIDARG` when `celt` is no 32-bit integer.
    pub fn skip(&self, celt: &JsValue) -> Result<u32, JsValue> {
        let celt = convert::dword(celt, "celt").map_err(to_js)?;
        Ok(self.0.borrow_mut().skip(celt).0)
    }

    /// `Reset`.
    pub fn reset(&self) {
        self.0.borrow_mut().reset();
    }

    /// `Clone`.
    #[wasm_bindgen(js_name = clone)]
    pub fn duplicate(&self) -> Self {
        self.0.borrow().clone().into()
    }

    /// `GetCount`.
    #[wasm_bindgen(js_name = getCount)]
    pub fn count(&self) -> u32 {
        self.0.borrow().count()
    }
}
