//! A queue of a test's own, opened as JavaScript opens it.

use super::bytes::{self, Bytes};
use super::classes::{JsGroup, JsJob, JsSession};
use super::{Server, js, opfs, records};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use js_sys::{Array, Reflect};
use qmgr::binding::Session;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// How to open a queue.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub name: &'a str,
    pub storage: Option<&'a str>,
    pub server: Option<&'a Server>,
}

/// An open queue. [`discard`](Self::discard) removes everything of it.
pub struct Queue {
    pub name: String,
    pub bytes: Bytes,
    pub session: JsSession,
    events: RefCell<UnboundedReceiver<()>>,
    _observer: Closure<dyn FnMut(JsValue)>,
}

/// A group, and its job of one file.
pub struct TestGroup {
    pub group: JsGroup,
    pub job: JsJob,
}

impl Queue {
    /// Opens the queue with its bytes where this browser can keep them; `server` is its network.
    pub async fn open(name: &str, server: &Server) -> Self {
        Self::open_over(Bytes::here().await, name, server).await
    }

    /// Opens the queue with its bytes in one of the stores.
    pub async fn open_over(bytes: Bytes, name: &str, server: &Server) -> Self {
        let options = Options { name, storage: Some(bytes.storage()), server: Some(server) };
        let queue = Self::try_open(options).await.expect("a queue can be opened");
        queue.configure_quick_retries().await;
        queue
    }

    /// Opens a queue in memory with a transport of the test's own.
    pub async fn with_transport(name: &str, fetch: JsValue) -> Result<Self, JsValue> {
        Self::start(name, "memory".into(), fetch).await
    }

    /// A queue that the test has opened itself; nobody observes it.
    pub fn of(name: &str, session: JsSession) -> Self {
        Self {
            name: name.to_owned(),
            bytes: Bytes::Opfs,
            session,
            events: RefCell::new(unbounded().1),
            _observer: Closure::new(drop),
        }
    }

    /// Opens the queue, or says why not.
    pub async fn try_open(options: Options<'_>) -> Result<Self, JsValue> {
        let Options { name, storage, server } = options;
        let storage = storage.map_or(JsValue::UNDEFINED, JsValue::from);
        let fetch = server.map_or(JsValue::UNDEFINED, Server::fetch);
        Self::start(name, storage, fetch).await
    }

    async fn start(name: &str, storage: JsValue, fetch: JsValue) -> Result<Self, JsValue> {
        let (sender, events) = unbounded();
        // One who has stopped waiting needs no events.
        let observer = Closure::new(move |_| drop(sender.unbounded_send(())));
        let options = js::object([("name", name.into()), ("storage", storage), ("fetch", fetch)]);
        let session = Session::start(
            options,
            Some(AsRef::<JsValue>::as_ref(&observer).clone().unchecked_into()),
        );
        let session: JsSession = js::settled(session).await?.unchecked_into();
        let is_in_database = session.storage() == "indexeddb";
        Ok(Self {
            name: name.to_owned(),
            bytes: if is_in_database { Bytes::IndexedDb } else { Bytes::Opfs },
            session,
            events: RefCell::new(events),
            _observer: observer,
        })
    }

    async fn configure_quick_retries(&self) {
        let retry = js::object([("minimumDelay", 1.into()), ("maximumDelay", 1.into())]);
        let configured = js::settled(self.session.configure(&js::object([("retry", retry)]))).await;
        configured.expect("settings of the right form");
    }

    /// A new group without a job.
    pub async fn group(&self) -> JsGroup {
        let created = js::settled(self.session.create_group(&JsValue::UNDEFINED)).await;
        created.expect("a group can be created").unchecked_into()
    }

    /// The group of an id.
    pub async fn find(&self, id: &str) -> Result<JsGroup, JsValue> {
        js::settled(self.session.get_group(&id.into())).await.map(JsCast::unchecked_into)
    }

    /// A new group with a job of one file; `more` are further members of its `FileSetInfo`.
    pub async fn download(&self, local_file: &str, more: &[(&str, JsValue)]) -> TestGroup {
        let group = self.group().await;
        let job = js::settled(group.create_job(&JsValue::UNDEFINED)).await;
        let job: JsJob = job.expect("a job can be created").unchecked_into();
        let file = js::object([
            ("remoteFile", remote_file(local_file).into()),
            ("localFile", local_file.into()),
        ]);
        for (name, value) in more {
            Reflect::set(&file, &(*name).into(), value).expect("a fresh object");
        }
        let added = js::settled(job.add_files(&Array::of1(&file))).await;
        added.expect("a file can be added");
        TestGroup { group, job }
    }

    /// A new group with one file, resumed.
    pub async fn resumed_download(&self, local_file: &str) -> TestGroup {
        let download = self.download(local_file, &[]).await;
        download.resume().await;
        download
    }

    /// Waits until `holds`, which is looked at after each thing that happens in the queue.
    #[expect(clippy::await_holding_refcell_ref, reason = "a test awaits one thing at a time")]
    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let mut events = self.events.borrow_mut();
        while !holds() {
            js::within(what, events.next()).await.expect("the observer lives as long as this");
        }
    }

    /// Waits until the group's details say that it is in this state.
    pub async fn until_state(&self, group: &JsGroup, state: &str) {
        self.until(&format!("the state {state}"), || state_of(group) == state).await;
    }

    /// Waits until the group waits for this reason.
    pub async fn until_waiting(&self, group: &JsGroup, reason: &str) {
        self.until(&format!("the wait {reason}"), || {
            let wait = js::get(&details(group), "wait");
            !wait.is_null() && js::text(&wait, "reason") == reason
        })
        .await;
    }

    /// The bytes of a published file, read from the store itself.
    pub async fn published(&self, local_file: &str) -> Option<Vec<u8>> {
        self.bytes.published(&self.name, local_file).await
    }

    /// Where in OPFS a file is published.
    pub fn target(&self, local_file: &str) -> String {
        bytes::target(&self.name, local_file)
    }

    /// The names of the parts that are there and not published.
    pub async fn parts(&self) -> Vec<String> {
        self.bytes.parts(&self.name).await
    }

    /// Closes the queue.
    pub async fn close(&self) {
        js::settled(self.session.close()).await.expect("closing does not fail");
    }

    /// Closes the queue and removes everything of it.
    pub async fn discard(self) {
        self.close().await;
        remove(&self.name).await;
    }
}

impl TestGroup {
    pub async fn resume(&self) {
        js::settled(self.group.resume_group()).await.expect("a group that can be resumed");
    }

    pub async fn suspend(&self) {
        js::settled(self.group.suspend_group()).await.expect("a group that can be suspended");
    }

    /// A figure of the file's details.
    #[track_caller]
    pub fn file(&self, path: &str) -> JsValue {
        js::get(&self.job.get_file_details(0).expect("a job of one file"), path)
    }
}

/// Removes everything of a closed queue.
pub async fn remove(name: &str) {
    js::within("the database to go", records::remove(name)).await;
    opfs::remove(&format!("qmgr/{name}")).await;
}

/// The URL, of this page's own origin, from which a file comes.
pub fn remote_file(local_file: &str) -> String {
    let name = local_file.rsplit(['/', '\\']).next().unwrap_or_default();
    js::text(&js_sys::global(), "location.origin") + "/" + name
}

/// A group's details.
#[track_caller]
pub fn details(group: &JsGroup) -> JsValue {
    group.get_details().expect("an open queue")
}

/// What the group is doing.
#[track_caller]
pub fn state_of(group: &JsGroup) -> String {
    js::text(&details(group), "state")
}
