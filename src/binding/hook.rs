//! Asking the program which request to send.

use crate::mirror::Caller;
use crate::protocol::{AskedFile, Given};
use js_sys::{Array, Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What is asked before each request, and through whose handle it was set.
#[derive(Clone)]
pub(super) struct Hook {
    pub function: Function,
    pub caller: Rc<Caller>,
}

impl Hook {
    /// The program's answer. Of what it throws no more is told than its name: a message may tell a
    /// secret, and what is told is saved.
    pub async fn ask(&self, file: AskedFile) -> Given {
        let AskedFile { group, job, index, remote_file, local_file } = file;
        let arguments: Array = [
            JsValue::from(group.to_string()),
            job.to_string().into(),
            index.into(),
            remote_file.into(),
            local_file.into(),
        ]
        .into_iter()
        .collect();
        let returned = self.function.apply(&JsValue::UNDEFINED, &arguments);
        let settled = match returned {
            Ok(returned) => JsFuture::from(Promise::resolve(&returned)).await,
            Err(thrown) => Err(thrown),
        };
        match settled {
            Ok(answer) => read(&answer),
            Err(thrown) => Given::Failed(format!("it threw {}", name(&thrown))),
        }
    }
}

fn read(answer: &JsValue) -> Given {
    if answer.is_undefined() {
        return Given::Stored;
    }
    if let Some(fault) = answer.as_string() {
        return Given::Failed(fault);
    }
    let [url, headers] = pair(answer);
    let headers = Array::from(&headers);
    let fields = headers.iter().map(|field| pair(&field).map(text).into());
    Given::Fresh { url: url.as_string(), headers: fields.collect() }
}

/// The two elements of an array.
fn pair(value: &JsValue) -> [JsValue; 2] {
    let array = Array::from(value);
    [array.get(0), array.get(1)]
}

fn text(value: JsValue) -> String {
    value.as_string().unwrap_or_default()
}

/// The name of an error, such as `TypeError`.
fn name(thrown: &JsValue) -> String {
    let name = Reflect::get(thrown, &"name".into()).ok().and_then(|name| name.as_string());
    let is_name =
        |name: &String| name.len() < 50 && name.bytes().all(|c| c.is_ascii_alphanumeric());
    name.filter(is_name).unwrap_or_else(|| "something".to_owned())
}
