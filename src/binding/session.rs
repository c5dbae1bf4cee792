//! One open queue of this page.

use super::convert::{self, promise};
use super::error::to_js;
use super::hook::Hook;
use super::options::{self, SessionOptions};
use super::page::{Page, Reply};
use super::{Group, GuidEnumerator, random};
use crate::abi::{Hresult, QmgrError};
use crate::driver::{self, EngineOptions};
use crate::fields::Fields;
use crate::mirror::{self, Caller, GroupView};
use crate::protocol::{Answer, Command, Storage, StoredFile};
use js_sys::{Function, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// One open queue of this page: `IBackgroundCopyQMgr`, and the queue's extensions.
///
/// # How to use it
///
/// 1. [`Session.start`](Self::start) runs the engine in process; [`Session.connect`](Self::connect)
///    talks to the active worker of whichever tab, and [`ready`](Self::ready) says when there is one.
/// 2. [`share`](Self::share) opens the same queue once more, in another caller's name.
/// 3. [`close`](Self::close) ends what was opened through this handle; the last one ends the
///    connection, and an engine in process with it.
#[wasm_bindgen]
pub struct Session {
    page: Rc<Page>,
    caller: Rc<Caller>,
}

impl Session {
    fn new(page: Rc<Page>, caller: Caller) -> Self {
        page.add_handle();
        Self { page, caller: Rc::new(caller) }
    }

    /// A promise of what `read` makes of the answer. That the queue is closed is said before what is
    /// wrong with the command.
    fn ask<T: Into<JsValue> + 'static>(
        &self,
        command: Result<Command, QmgrError>,
        read: impl FnOnce(Reply) -> Option<T> + 'static,
    ) -> Promise {
        let reply = self.call(command);
        // Behind a pointer, so that what waits is compiled once and not for each kind of answer.
        let read: Box<dyn FnOnce(Reply) -> Option<JsValue>> =
            Box::new(|reply| read(reply).map(Into::into));
        promise(async move { read(reply?.await?).ok_or_else(unexpected_answer) })
    }

    fn call(
        &self,
        command: Result<Command, QmgrError>,
    ) -> Result<impl Future<Output = Result<Reply, QmgrError>> + use<>, QmgrError> {
        self.caller.check().and(command).map(|command| self.page.call(&self.caller, command))
    }

    fn ask_for_group(&self, command: Result<Command, QmgrError>) -> Promise {
        let (page, caller) = (Rc::clone(&self.page), Rc::clone(&self.caller));
        self.ask(command, |reply| match reply {
            Reply::Group(row) => Some(Group::new(page, GroupView::new(row, caller))),
            Reply::Answer(_) => None,
        })
    }

    async fn open(page: Rc<Page>, file: StoredFile) -> Result<JsValue, QmgrError> {
        let storage = page.storage().ok_or_else(|| {
            QmgrError::new(Hresult::QM_E_SERVICE_UNAVAILABLE, "no engine is active")
        })?;
        let engine = page.local_engine();
        let file = driver::open_file(&page.name, storage, engine.as_ref(), &file).await?;
        Ok(file.into())
    }
}

fn done(reply: Reply) -> Option<JsValue> {
    match reply {
        Reply::Answer(Answer::Done) => Some(JsValue::UNDEFINED),
        Reply::Answer(_) | Reply::Group(_) => None,
    }
}

fn unexpected_answer() -> QmgrError {
    QmgrError::new(Hresult::E_UNEXPECTED, "the engine answered another question")
}

#[wasm_bindgen]
impl Session {
    /// Runs the engine in process: a promise of the session.
    ///
    /// `options`: `name`, and optionally `storage`, `owner`, `credentials`, `worker`, and the
    /// function `fetch`. `observer` is called with what happens: `("active", worker)` when an engine
    /// is, `undefined` when none is any more; `("change", groupId, serial, status)` for any group;
    /// `("statuschange" | "progress" | "complete" | "error" | "cancelled", groupId, serial, status)`
    /// for groups that are held.
    pub fn start(options: JsValue, observer: Option<Function>) -> Promise {
        let fetch = Fields(&options).value("fetch").unwrap_or_default();
        let options = options::session(&options);
        promise(async move {
            let SessionOptions { name, storage, worker, caller } = options?;
            let worker = worker.unwrap_or_else(|| random::guid().to_string());
            let engine = EngineOptions {
                name,
                storage,
                worker,
                fetch: fetch.dyn_into().ok(),
                hash_worker: None,
                has_distant_pages: false,
            };
            Ok(Self::new(Page::start(engine, observer).await?, caller))
        })
    }

    /// Connects to the active worker of the queue, in whichever tab. The arguments are those of
    /// [`start`](Self::start), without `storage` and `fetch`.
    ///
    /// # Errors
    /// `E_INVALIDARG` for malformed options; `QM_E_SERVICE_UNAVAILABLE` without a `BroadcastChannel`.
    pub fn connect(options: JsValue, observer: Option<Function>) -> Result<Self, JsValue> {
        let options = options::session(&options).map_err(to_js)?;
        let SessionOptions { name, storage: _, worker, caller } = options;
        let client = worker.unwrap_or_else(|| random::guid().to_string());
        let page = Page::connect(name, client, observer).map_err(to_js)?;
        Ok(Self::new(page, caller))
    }

    /// The same connection in another caller's name; `options`: `owner`, `credentials`.
    ///
    /// # Errors
    /// `E_INVALIDARG` for malformed options; `QM_E_SERVICE_UNAVAILABLE` once this one is closed.
    pub fn share(&self, options: JsValue) -> Result<Self, JsValue> {
        self.caller.check().map_err(to_js)?;
        let caller = options::caller(&options).map_err(to_js)?;
        Ok(Self::new(Rc::clone(&self.page), caller))
    }

    /// Resolves when an engine is active; rejects with the cause when there can be none.
    pub fn ready(&self) -> Promise {
        let ready = self.page.ready();
        promise(async move {
            ready.await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Tells that no engine is expected any more. Unless one is active, every waiting and every later
    /// call rejects with this error.
    pub fn fail(&self, hresult: u32, message: String) {
        self.page.fail(QmgrError::new(Hresult(hresult), message));
    }

    /// Tells that this page's worker can be no engine; `held_lock`: it failed although no other is one.
    /// Where no other tab's worker is heard either, every waiting and every later call rejects with
    /// this error.
    #[wasm_bindgen(js_name = lackWorker)]
    pub fn lack_worker(&self, hresult: u32, message: String, held_lock: bool) {
        self.page.lack_worker(QmgrError::new(Hresult(hresult), message), held_lock);
    }

    /// Stops listening, for a page that goes into the back/forward cache. Calls wait.
    pub fn hide(&self) {
        self.page.hide();
    }

    /// Listens again, for a page that comes back from the back/forward cache.
    ///
    /// # Errors
    /// `QM_E_SERVICE_UNAVAILABLE` without a `BroadcastChannel`.
    pub fn show(&self) -> Result<(), JsValue> {
        self.page.show().map_err(to_js)
    }

    /// Tells the engine that this page goes for good, so that it keeps nothing more for it.
    pub fn leave(&self) {
        self.page.leave();
    }

    /// Whether this handle is open.
    ///
    /// # Errors
    /// `QM_E_SERVICE_UNAVAILABLE` once it is closed.
    pub fn check(&self) -> Result<(), JsValue> {
        self.caller.check().map_err(to_js)
    }

    /// The queue's name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.page.name.clone()
    }

    /// `"opfs"`, `"indexeddb"` or `"memory"`; `undefined` until an engine has said so.
    #[wasm_bindgen(getter)]
    pub fn storage(&self) -> Option<String> {
        let storage = self.page.storage()?;
        let word = Storage::WORDS.iter().find(|(_, known)| *known == storage);
        word.map(|&(word, _)| word.to_owned())
    }

    /// Stores the queue's settings that `patch` names, in the spelling of `OpenOptions`.
    pub fn configure(&self, patch: JsValue) -> Promise {
        let patch = options::settings(&patch);
        self.ask(patch.map(Command::Configure), done)
    }

    /// `CreateGroup`: a promise of the `Group`. Without an id it gets a random one.
    #[wasm_bindgen(js_name = createGroup)]
    pub fn create_group(&self, group_id: &JsValue) -> Promise {
        let id = if group_id.is_undefined() {
            Ok(random::guid())
        } else {
            convert::guid(group_id, "the group id")
        };
        let credentials = self.caller.credentials;
        self.ask_for_group(id.map(|id| Command::CreateGroup { id, credentials }))
    }

    /// `GetGroup`: a promise of the `Group`.
    #[wasm_bindgen(js_name = getGroup)]
    pub fn group(&self, group_id: &JsValue) -> Promise {
        let id = convert::guid(group_id, "the group id");
        self.ask_for_group(id.map(|id| Command::GetGroup { id }))
    }

    /// `EnumGroups`: a promise of the `GuidEnumerator`.
    #[wasm_bindgen(js_name = enumGroups)]
    pub fn groups(&self, flags: &JsValue) -> Promise {
        let flags = convert::flags(flags);
        self.ask(flags.map(|flags| Command::EnumGroups { flags }), |reply| match reply {
            Reply::Answer(Answer::Ids(ids)) => {
                Some(GuidEnumerator::from(mirror::GuidEnumerator::new(ids)))
            }
            Reply::Answer(_) | Reply::Group(_) => None,
        })
    }

    /// Extension: makes a class known to this tab, for `GROUPPROP_NOTIFYCLSID` to name. `factory` gives
    /// the class's objects, which have an `onStatus`. It is called when a group is given the class, and
    /// once when an event of a group with this class finds no notification pointer (ruling A27).
    ///
    /// # Errors
    /// `E_INVALIDARG` for a malformed id or a factory that is no function.
    #[wasm_bindgen(js_name = registerClass)]
    pub fn register_class(&self, class: &JsValue, factory: JsValue) -> Result<(), JsValue> {
        self.caller.check().map_err(to_js)?;
        let class = convert::guid(class, "the class id").map_err(to_js)?;
        let factory = factory.dyn_into::<Function>().map_err(|_| {
            to_js(QmgrError::invalid_argument("the factory of a class is no function"))
        })?;
        self.page.register_class(class, factory, &self.caller);
        Ok(())
    }

    /// Extension: has this tab asked before each request of the queue. `function` is called with
    /// `(groupId, jobId, fileIndex, remoteFile, localFile)`; it returns `undefined` for the stored
    /// request, `[url, headers]` for another one, a sentence for what is none of them, or a promise.
    #[wasm_bindgen(js_name = onRequest)]
    pub fn on_request(&self, function: Function) {
        self.page.add_hook(Hook { function, caller: Rc::clone(&self.caller) });
    }

    /// Extension: a promise of the published `File`.
    #[wasm_bindgen(js_name = openFile)]
    pub fn open_file(&self, local_file: &JsValue) -> Promise {
        let local_file = convert::text(local_file, "the path");
        let reply = self.call(local_file.map(|local_file| Command::FindFile { local_file }));
        let page = Rc::clone(&self.page);
        promise(async move {
            match reply?.await? {
                Reply::Answer(Answer::File(file)) => Self::open(page, file).await,
                Reply::Answer(_) | Reply::Group(_) => Err(unexpected_answer()),
            }
        })
    }

    /// Extension: deletes a published file.
    #[wasm_bindgen(js_name = deleteFile)]
    pub fn delete_file(&self, local_file: &JsValue) -> Promise {
        let local_file = convert::text(local_file, "the path");
        self.ask(local_file.map(|local_file| Command::DeleteFile { local_file }), done)
    }

    /// Extension: a promise of the published files, all or those below a directory.
    #[wasm_bindgen(js_name = listFiles)]
    pub fn list_files(&self, directory: &JsValue) -> Promise {
        let directory = if directory.is_undefined() {
            Ok(None)
        } else {
            convert::text(directory, "the directory").map(Some)
        };
        self.ask(directory.map(|directory| Command::ListFiles { directory }), |reply| match reply {
            Reply::Answer(Answer::Files(files)) => convert::to_js(&files).ok(),
            Reply::Answer(_) | Reply::Group(_) => None,
        })
    }

    /// Ends what was opened through this handle: its waiting calls and all later ones reject. The
    /// last handle of a page ends the connection; an engine in process checkpoints and stops.
    pub fn close(&self) -> Promise {
        let closing = self.page.close_handle(&self.caller);
        promise(async move {
            closing.await;
            Ok(JsValue::UNDEFINED)
        })
    }
}
