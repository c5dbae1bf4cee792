//! JavaScript values, read and made.

use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise, Reflect};
use qmgr::abi::Hresult;
use std::pin::pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, delay: u32);
}

/// No step of a test takes so long, in milliseconds, unless it hangs.
const LIMIT: u32 = 10_000;

/// A member of an object, reached by a path such as `wait.lastError.code`.
pub fn get(object: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(object.clone(), |object, name| {
        Reflect::get(&object, &name.into()).expect("an object with that member")
    })
}

/// A member that is a string.
#[track_caller]
pub fn text(object: &JsValue, path: &str) -> String {
    get(object, path).as_string().unwrap_or_else(|| panic!("{path} is no string in {object:?}"))
}

/// A member that is a number.
#[track_caller]
pub fn number(object: &JsValue, path: &str) -> f64 {
    get(object, path).as_f64().unwrap_or_else(|| panic!("{path} is no number in {object:?}"))
}

/// The header's name for the number of a thrown error.
#[track_caller]
pub fn code(thrown: &JsValue) -> String {
    Hresult(number(thrown, "hresult") as u32).to_string()
}

/// A plain object.
pub fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &name.into(), &value).expect("a fresh object");
    }
    object.into()
}

/// Something of the platform that is replaced as long as this lives.
pub struct Patched {
    restore: Function,
}

/// Runs a script that replaces a member of the platform, such as `StorageManager.prototype.estimate`.
pub fn patched(script: &str, member: &str) -> Patched {
    let (owner, name) = member.rsplit_once('.').expect("a member of something");
    let run = Function::new_no_args(&format!(
        "const owner = {owner}, before = Object.getOwnPropertyDescriptor(owner, '{name}'); {script}; \
         return () => {{ \
           if (before) Object.defineProperty(owner, '{name}', before); else delete owner.{name}; \
         }};"
    ));
    let restore = run.call0(&JsValue::UNDEFINED).expect("a script that runs");
    Patched { restore: restore.unchecked_into() }
}

impl Drop for Patched {
    fn drop(&mut self) {
        self.restore.call0(&JsValue::UNDEFINED).expect("a member that can be set again");
    }
}

/// What a promise comes to.
pub async fn settled(promise: Promise) -> Result<JsValue, JsValue> {
    within("a promise", JsFuture::from(promise)).await
}

/// What a future comes to; a test that would hang fails instead, and says what it waited for.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let limit = Promise::new(&mut |resolve, _| set_timeout(&resolve, LIMIT));
    match select(pin!(future), JsFuture::from(limit)).await {
        Either::Left((output, _)) => output,
        Either::Right(_) => panic!("waited {LIMIT} ms in vain for {what}"),
    }
}
