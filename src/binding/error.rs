//! Errors as JavaScript sees them: a real `Error` with the number on it.

use crate::abi::{Hresult, QmgrError};
use crate::protocol::GroupError;
use js_sys::{Array, Function, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    static CLASS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Names the class of the errors that the module throws, constructed with `(hresult, message)`.
/// Without one they are plain `Error` objects with the number: the names of numbers are the class's to know.
#[wasm_bindgen(js_name = registerErrorClass)]
pub fn register_error_class(class: Function) {
    CLASS.set(Some(class));
}

/// The error to throw for `error`.
pub(super) fn to_js(error: QmgrError) -> JsValue {
    let QmgrError { hresult, message } = error;
    let class = CLASS.with_borrow(Clone::clone);
    let arguments = Array::of2(&hresult.0.into(), &message.as_str().into());
    class
        .and_then(|class| Reflect::construct(&class, &arguments).ok())
        .unwrap_or_else(|| plain(hresult, &message))
}

/// The error that carries the fields of a `GroupError` too.
pub(super) fn group_error(error: GroupError) -> JsValue {
    let file_index = error.file_index.map_or(-1.0, f64::from);
    let made = to_js(QmgrError::new(error.hresult, error.message));
    set(&made, "fileIndex", &file_index.into());
    set(&made, "httpStatus", &error.http_status.into());
    made
}

fn plain(hresult: Hresult, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name("QmgrError");
    let error = JsValue::from(error);
    set(&error, "hresult", &hresult.0.into());
    error
}

fn set(target: &JsValue, name: &str, value: &JsValue) {
    // A frozen error keeps its number in the sentence; there is nothing better to do about it here.
    let _ = Reflect::set(target, &name.into(), value);
}
