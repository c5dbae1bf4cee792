//! The exported classes, called as JavaScript calls them.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `Session`.
    #[derive(Clone, Debug)]
    pub type JsSession;
    #[wasm_bindgen(method, getter)]
    pub fn storage(this: &JsSession) -> JsValue;
    #[wasm_bindgen(method, catch)]
    pub fn check(this: &JsSession) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    pub fn close(this: &JsSession) -> Promise;
    #[wasm_bindgen(method)]
    pub fn configure(this: &JsSession, patch: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = createGroup)]
    pub fn create_group(this: &JsSession, id: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = getGroup)]
    pub fn get_group(this: &JsSession, id: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = enumGroups)]
    pub fn enum_groups(this: &JsSession, flags: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = openFile)]
    pub fn open_file(this: &JsSession, path: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = deleteFile)]
    pub fn delete_file(this: &JsSession, path: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = listFiles)]
    pub fn list_files(this: &JsSession, directory: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    pub fn ready(this: &JsSession) -> Promise;
    #[wasm_bindgen(method, catch)]
    pub fn share(this: &JsSession, options: &JsValue) -> Result<JsSession, JsValue>;

    /// `Group`.
    #[derive(Clone, Debug)]
    pub type JsGroup;
    #[wasm_bindgen(method, getter, js_name = groupId)]
    pub fn group_id(this: &JsGroup) -> String;
    #[wasm_bindgen(method, catch, js_name = getStatus)]
    pub fn get_status(this: &JsGroup) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getProgress)]
    pub fn get_progress(this: &JsGroup, selector: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getDetails)]
    pub fn get_details(this: &JsGroup) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getProp)]
    pub fn get_prop(this: &JsGroup, property: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, js_name = setProp)]
    pub fn set_prop(this: &JsGroup, property: &JsValue, value: &JsValue) -> Promise;
    #[wasm_bindgen(method, catch, js_name = getJob)]
    pub fn get_job(this: &JsGroup, id: &JsValue) -> Result<JsJob, JsValue>;
    #[wasm_bindgen(method, js_name = createJob)]
    pub fn create_job(this: &JsGroup, id: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = suspendGroup)]
    pub fn suspend_group(this: &JsGroup) -> Promise;
    #[wasm_bindgen(method, js_name = resumeGroup)]
    pub fn resume_group(this: &JsGroup) -> Promise;
    #[wasm_bindgen(method, js_name = cancelGroup)]
    pub fn cancel_group(this: &JsGroup) -> Promise;
    #[wasm_bindgen(method, catch)]
    pub fn outcome(this: &JsGroup) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = queryNewJobInterface)]
    pub fn query_new_job_interface(this: &JsGroup, iid: &JsValue) -> Result<(), JsValue>;

    /// `Job`.
    #[derive(Clone, Debug)]
    pub type JsJob;
    #[wasm_bindgen(method, getter, js_name = jobId)]
    pub fn job_id(this: &JsJob) -> String;
    #[wasm_bindgen(method, js_name = addFiles)]
    pub fn add_files(this: &JsJob, files: &JsValue) -> Promise;
    #[wasm_bindgen(method, catch, js_name = cancelJob)]
    pub fn cancel_job(this: &JsJob) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = getStatus)]
    pub fn get_status(this: &JsJob) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFile)]
    pub fn get_file(this: &JsJob, index: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFileCount)]
    pub fn get_file_count(this: &JsJob) -> Result<u32, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFileDetails)]
    pub fn get_file_details(this: &JsJob, index: u32) -> Result<JsValue, JsValue>;

    /// `GuidEnumerator`.
    #[derive(Clone, Debug)]
    pub type JsGuidEnumerator;
    #[wasm_bindgen(method, catch)]
    pub fn next(this: &JsGuidEnumerator, celt: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn skip(this: &JsGuidEnumerator, celt: &JsValue) -> Result<u32, JsValue>;
    #[wasm_bindgen(method)]
    pub fn reset(this: &JsGuidEnumerator);
    #[wasm_bindgen(method, js_name = clone)]
    pub fn duplicate(this: &JsGuidEnumerator) -> JsGuidEnumerator;
    #[wasm_bindgen(method, js_name = getCount)]
    pub fn get_count(this: &JsGuidEnumerator) -> u32;
}
