//! Small things that every driver asks of JavaScript.

use crate::queue::DiskFailure;
use js_sys::{Error, Math, Reflect, TypeError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

/// A number of JavaScript as a whole number; what is none becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and fractions go"
)]
pub(super) const fn to_u64(number: f64) -> u64 {
    number as u64
}

/// A whole number as a number of JavaScript; exact below 2^53, where all sizes and times lie.
#[expect(clippy::cast_precision_loss, reason = "sizes and times lie below 2^53")]
pub(super) const fn to_f64(number: u64) -> f64 {
    number as f64
}

/// Any number.
pub(super) fn dice() -> u64 {
    (Math::random() * to_f64(1 << 53)).to_bits()
}

/// The origin of the page that this code runs for; `None` where there is none, and so no CORS.
pub(super) fn page_origin() -> Option<String> {
    let location = Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    Reflect::get(&location, &"origin".into()).ok()?.as_string()
}

/// `navigator.storage`, with the method that is wanted of it.
pub(super) fn storage_manager(method: &str) -> Result<StorageManager, JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let storage = Reflect::get(&navigator, &"storage".into())?;
    if storage.is_object() && Reflect::get(&storage, &method.into())?.is_function() {
        Ok(storage.unchecked_into())
    } else {
        Err(TypeError::new(&format!("navigator.storage.{method} is not here")).into())
    }
}

/// How many more bytes the browser says that this site may keep; `None` where it does not say.
pub(super) async fn estimated_room() -> Option<f64> {
    let estimate = JsFuture::from(storage_manager("estimate").ok()?.estimate().ok()?).await.ok()?;
    let figure = |name: &str| Reflect::get(&estimate, &name.into()).ok()?.as_f64();
    Some(figure("quota")? - figure("usage")?)
}

/// The platform's sentence for something it threw.
pub(super) fn sentence(thrown: &JsValue) -> String {
    thrown.dyn_ref::<Error>().map_or_else(
        || format!("{thrown:?}"),
        |error| String::from(error.name()) + ": " + &String::from(error.message()),
    )
}

/// The name of a thrown `DOMException` or `Error`.
pub(super) fn name_of(thrown: &JsValue) -> String {
    Reflect::get(thrown, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}

/// What a file system's exception means.
pub(super) fn disk_failure(thrown: &JsValue) -> DiskFailure {
    match name_of(thrown).as_str() {
        "InvalidStateError" | "NoModificationAllowedError" => DiskFailure::Busy,
        "NotFoundError" => DiskFailure::Missing { target_size: None },
        "QuotaExceededError" => DiskFailure::Full,
        "InvalidModificationError" | "TypeMismatchError" => DiskFailure::InTheWay,
        _ => DiskFailure::Other(sentence(thrown)),
    }
}
