//! The head of an answer.

use super::super::js;
use crate::http::{AnswerHead, Headers};
use js_sys::{Reflect, TypeError};
use wasm_bindgen::prelude::*;
use web_sys::{Response, ResponseType};

/// What a transport answered with, if it is a response. Told by its shape: a library's `fetch` may
/// have a class of its own.
pub(super) fn response(answer: JsValue) -> Result<Response, JsValue> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).unwrap_or_default();
    let is_response = get(&answer, "status").as_f64().is_some()
        && get(&answer, "url").is_string()
        && get(&get(&answer, "headers"), "get").is_function();
    if is_response {
        Ok(answer.unchecked_into())
    } else {
        Err(TypeError::new("fetch resolved to no Response").into())
    }
}

/// What of an answer the judge has to know.
pub(super) fn head(response: &Response) -> AnswerHead {
    let get = |name: &str| response.headers().get(name).ok().flatten();
    AnswerHead {
        status: response.status(),
        filtered: response.type_() == ResponseType::Cors && js::page_origin().is_some(),
        url: response.url(),
        headers: Headers {
            accept_ranges: get("accept-ranges"),
            content_encoding: get("content-encoding"),
            content_length: get("content-length"),
            content_range: get("content-range"),
            content_type: get("content-type"),
            date: get("date"),
            etag: get("etag"),
            last_modified: get("last-modified"),
            retry_after: get("retry-after"),
        },
    }
}
