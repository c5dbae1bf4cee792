//! A request as `fetch` takes it.

use super::task::Task;
use crate::http::Request;
use crate::protocol::Credentials;
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{RequestCache, RequestCredentials, RequestInit};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// Whether there is a transport besides one that the caller brings.
pub(in super::super) fn has_global_fetch() -> bool {
    Reflect::get(&js_sys::global(), &"fetch".into()).is_ok_and(|fetch| fetch.is_function())
}

impl Task {
    pub(super) fn fetch(
        &self,
        url: &str,
        request: &Request,
        given: &[(String, String)],
        credentials: Credentials,
    ) -> Result<Promise, JsValue> {
        let init = self.init(credentials);
        let headers = Object::new();
        for (name, value) in given {
            Reflect::set(&headers, &name.into(), &value.into())?;
        }
        if let Some(range) = request.range {
            Reflect::set(&headers, &"Range".into(), &range.to_string().into())?;
        }
        if let Some(validator) = &request.if_range {
            Reflect::set(&headers, &"If-Range".into(), &validator.into())?;
        }
        init.set_headers(&headers);
        self.send(url, &init)
    }

    pub(super) fn init(&self, credentials: Credentials) -> RequestInit {
        let init = RequestInit::new();
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(match credentials {
            Credentials::Include => RequestCredentials::Include,
            Credentials::Omit => RequestCredentials::Omit,
            Credentials::SameOrigin => RequestCredentials::SameOrigin,
        });
        init.set_signal(Some(&self.controller.signal()));
        init
    }

    pub(super) fn send(&self, url: &str, init: &RequestInit) -> Result<Promise, JsValue> {
        match self.engine.transport() {
            Some(fetch) => {
                Ok(Promise::resolve(&fetch.call2(&JsValue::UNDEFINED, &url.into(), init)?))
            }
            None => global_fetch(url, init),
        }
    }
}
