//! Plain objects of JavaScript, read and made by the names of their fields.
//!
//! There are few, and none is deep. A deserializer that takes any shape, and says of each what it found in
//! its place, would be larger than all the code that uses them.

use crate::abi::QmgrError;
use crate::protocol::Storage;
use js_sys::{Number, Object, Reflect};
use wasm_bindgen::prelude::*;

/// An object whose fields are read. What is no object has none.
pub(crate) struct Fields<'a>(pub(crate) &'a JsValue);

impl Fields<'_> {
    /// A field's value, unless it is missing or undefined.
    pub(crate) fn value(&self, name: &str) -> Option<JsValue> {
        Reflect::get(self.0, &name.into()).ok().filter(|value| !value.is_undefined())
    }

    /// A text, unless it is missing.
    ///
    /// # Errors
    /// `E_INVALIDARG` when it is something else; so for the other types.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, QmgrError> {
        self.read(name, |value| value.as_string())
    }

    /// A boolean, unless it is missing.
    pub(crate) fn truth(&self, name: &str) -> Result<Option<bool>, QmgrError> {
        self.read(name, |value| value.as_bool())
    }

    /// A whole number that is not negative, unless it is missing.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, QmgrError> {
        self.read(name, |value| whole(value.as_f64()?))
    }

    /// Such a number of 32 bits, unless it is missing.
    pub(crate) fn dword(&self, name: &str) -> Result<Option<u32>, QmgrError> {
        self.read(name, |value| u32::try_from(whole(value.as_f64()?)?).ok())
    }

    /// One of several words, unless it is missing.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, QmgrError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let known = words.iter().find(|(word, _)| *word == text);
        known.map(|&(_, meaning)| Some(meaning)).ok_or_else(|| malformed(name))
    }

    /// Where a queue lives, unless it is missing.
    pub(crate) fn storage(&self) -> Result<Option<Storage>, QmgrError> {
        self.word("storage", &Storage::WORDS)
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(JsValue) -> Option<T>,
    ) -> Result<Option<T>, QmgrError> {
        self.value(name).map(|value| read(value).ok_or_else(|| malformed(name))).transpose()
    }
}

/// What to say of a field that has to be there, or is not what it has to be.
pub(crate) fn malformed(name: &str) -> QmgrError {
    QmgrError::invalid_argument(format!("the option {name} is missing or malformed"))
}

/// A new object.
pub(crate) fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).expect("a new object");
    }
    object.into()
}

fn whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..=Number::MAX_SAFE_INTEGER).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    is_whole.then_some(number as u64)
}
