//! Arguments from JavaScript, and results to it.
//!
//! Only what the engine cannot see is judged here: JavaScript types, ill-formed UTF-16, the text of a
//! GUID.

use super::error;
use crate::abi::{FileSetInfo, Guid, Hresult, PropertyValue, QmgrError};
use js_sys::{Array, JsString, Promise, Reflect};
use serde::Serialize;
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// A well-formed string.
pub(super) fn text(value: &JsValue, what: &str) -> Result<String, QmgrError> {
    let string = value
        .dyn_ref::<JsString>()
        .ok_or_else(|| QmgrError::invalid_argument(format!("{what} is no string")))?;
    if !string.is_valid_utf16() {
        return Err(QmgrError::invalid_argument(format!("{what} is ill-formed UTF-16")));
    }
    Ok(String::from(string))
}

/// A GUID in one of its text forms.
pub(super) fn guid(value: &JsValue, what: &str) -> Result<Guid, QmgrError> {
    text(value, what)?.parse()
}

/// A 32-bit integer, signed or not, as its bits.
pub(super) fn dword(value: &JsValue, what: &str) -> Result<u32, QmgrError> {
    let number = value.as_f64().filter(|number| {
        number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(u32::MAX)).contains(number)
    });
    let number = number
        .ok_or_else(|| QmgrError::invalid_argument(format!("{what} is no 32-bit integer")))?;
    #[expect(clippy::cast_possible_truncation, reason = "an integer of 33 bits at most")]
    let integer = number as i64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low 32 bits")]
    let bits = integer as u32;
    Ok(bits)
}

/// Flags that may be left out.
pub(super) fn flags(value: &JsValue) -> Result<u32, QmgrError> {
    if value.is_undefined() { Ok(0) } else { dword(value, "flags") }
}

/// A VARIANT: a number stands for the integer types, a string for `VT_BSTR`.
pub(super) fn property_value(value: &JsValue) -> Result<PropertyValue, QmgrError> {
    if value.is_string() {
        return text(value, "the value").map(PropertyValue::Text);
    }
    dword(value, "the value").map(|bits| PropertyValue::Integer(bits.cast_signed()))
}

/// The other way round.
pub(super) fn property_to_js(value: PropertyValue) -> JsValue {
    match value {
        PropertyValue::Integer(number) => number.into(),
        PropertyValue::Text(text) => text.into(),
    }
}

/// An array of `FILESETINFO`.
pub(super) fn file_sets(value: &JsValue) -> Result<Vec<FileSetInfo>, QmgrError> {
    let no_array = || QmgrError::invalid_argument("the files are no array");
    if !Array::is_array(value) {
        return Err(no_array());
    }
    // A proxy of an array, too, may throw at any step.
    let files = js_sys::try_iter(value).ok().flatten().ok_or_else(no_array)?;
    files
        .enumerate()
        .map(|(index, file)| match file {
            Ok(file) => file_set(&file, index),
            Err(_) => Err(QmgrError::invalid_argument(format!("files[{index}] throws"))),
        })
        .collect()
}

fn file_set(value: &JsValue, index: usize) -> Result<FileSetInfo, QmgrError> {
    if !value.is_object() {
        return Err(QmgrError::invalid_argument(format!("files[{index}] is no object")));
    }
    let field = |name: &str| {
        let value = Reflect::get(value, &name.into());
        value.map_err(|_| QmgrError::invalid_argument(format!("files[{index}].{name} throws")))
    };
    let what = |name: &str| format!("files[{index}].{name}");
    let given = |value: JsValue| (!value.is_undefined()).then_some(value);
    Ok(FileSetInfo {
        remote_file: text(&field("remoteFile")?, &what("remoteFile"))?.into(),
        local_file: text(&field("localFile")?, &what("localFile"))?.into(),
        size: given(field("size")?).map(|size| byte_count(&size, &what("size"))).transpose()?,
        integrity: given(field("integrity")?)
            .map(|integrity| text(&integrity, &what("integrity")))
            .transpose()?,
    })
}

fn byte_count(value: &JsValue, what: &str) -> Result<u64, QmgrError> {
    let number = value.as_f64().filter(|number| {
        number.fract() == 0.0 && (0.0..=js_sys::Number::MAX_SAFE_INTEGER).contains(number)
    });
    let number = number
        .ok_or_else(|| QmgrError::invalid_argument(format!("{what} is no count of bytes")))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let count = number as u64;
    Ok(count)
}

/// A plain object for JavaScript, `None` as `null`.
pub(super) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    value
        .serialize(&serializer)
        .map_err(|failure| error::to_js(QmgrError::new(Hresult::E_UNEXPECTED, failure.to_string())))
}

/// A promise of what `future` ends in, its error as a JavaScript error.
pub(super) fn promise<T: Into<JsValue>>(
    future: impl Future<Output = Result<T, QmgrError>> + 'static,
) -> Promise {
    // Behind a pointer, so that the library's machinery is compiled once and not for each caller.
    let future: Pin<Box<dyn Future<Output = _>>> =
        Box::pin(async move { future.await.map(Into::into).map_err(error::to_js) });
    future_to_promise(future)
}
