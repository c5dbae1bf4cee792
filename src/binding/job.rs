//! The job's JavaScript class.

use super::convert::{self, promise};
use super::error::to_js;
use super::page::Page;
use crate::abi::{FileSetInfo, QmgrError};
use crate::mirror::JobView;
use crate::protocol::Command;
use js_sys::Promise;
use serde::Serialize;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// `IBackgroundCopyJob1`. Its members fail as those of `Group` do.
#[wasm_bindgen]
pub struct Job {
    page: Rc<Page>,
    view: JobView,
}

/// `FILESETINFO` as `GetFile` gives it back: members that were not given are missing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileSetOut {
    remote_file: Rc<str>,
    local_file: Rc<str>,
    /// Not supported, so 0 (spec §2.10).
    size_hint: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integrity: Option<String>,
}

impl From<FileSetInfo> for FileSetOut {
    fn from(info: FileSetInfo) -> Self {
        let FileSetInfo { remote_file, local_file, size, integrity } = info;
        Self { remote_file, local_file, size_hint: 0, size, integrity }
    }
}

impl Job {
    pub(super) fn new(page: Rc<Page>, view: JobView) -> Self {
        Self { page, view }
    }

    /// An argument, unless the group cannot be called at all, which is said first.
    fn argument<T>(&self, read: Result<T, QmgrError>) -> Result<T, QmgrError> {
        self.view.group().check().and(read)
    }
}

#[wasm_bindgen]
impl Job {
    /// `get_JobID`.
    #[wasm_bindgen(getter, js_name = jobId)]
    pub fn job_id(&self) -> String {
        self.view.id().to_string()
    }

    /// `CancelJob`.
    ///
    /// # Errors
    /// `E_NOTIMPL`, always.
    #[wasm_bindgen(js_name = cancelJob)]
    pub fn cancel(&self) -> Result<(), JsValue> {
        self.view.cancel().map_err(to_js)
    }

    /// `GetProgress`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for an unsupported selector.
    #[wasm_bindgen(js_name = getProgress)]
    pub fn progress(&self, selector: &JsValue) -> Result<u32, JsValue> {
        let selector = self.argument(convert::dword(selector, "the progress selector"));
        selector.and_then(|selector| self.view.group().progress(selector)).map_err(to_js)
    }

    /// `GetStatus`: `{ status, win32Result, transportResult, numOfRetries }`.
    ///
    /// # Errors
    /// Those that all members have.
    #[wasm_bindgen(js_name = getStatus)]
    pub fn status(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&self.view.status().map_err(to_js)?)
    }

    /// `AddFiles`: all of them or none.
    #[wasm_bindgen(js_name = addFiles)]
    pub fn add_files(&self, files: &JsValue) -> Promise {
        let group = self.view.group();
        let files = group.check().and_then(|()| convert::file_sets(files));
        let reply = files.map(|files| {
            let command = Command::AddFiles { group: group.serial(), files };
            self.page.call(group.caller(), command)
        });
        promise(async move {
            reply?.await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `GetFile`.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when there is no such file.
    #[wasm_bindgen(js_name = getFile)]
    pub fn file(&self, index: &JsValue) -> Result<JsValue, JsValue> {
        let index = self.argument(convert::dword(index, "the file index"));
        let file = index.and_then(|index| self.view.file(index));
        convert::to_js(&FileSetOut::from(file.map_err(to_js)?))
    }

    /// `GetFileCount`.
    ///
    /// # Errors
    /// Those that all members have.
    #[wasm_bindgen(js_name = getFileCount)]
    pub fn file_count(&self) -> Result<u32, JsValue> {
        self.view.file_count().map_err(to_js)
    }

    /// `SwitchToForeground`.
    ///
    /// # Errors
    /// `E_NOTIMPL`, always.
    #[wasm_bindgen(js_name = switchToForeground)]
    pub fn switch_to_foreground(&self) -> Result<(), JsValue> {
        self.view.switch_to_foreground().map_err(to_js)
    }

    /// Extension: `FileDetails`.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when there is no such file.
    #[wasm_bindgen(js_name = getFileDetails)]
    pub fn file_details(&self, index: &JsValue) -> Result<JsValue, JsValue> {
        let index = self.argument(convert::dword(index, "the file index"));
        let details = index.and_then(|index| self.view.file_details(index));
        convert::to_js(&details.map_err(to_js)?)
    }
}
