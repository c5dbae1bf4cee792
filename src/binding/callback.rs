//! Calling `IBackgroundCopyCallback1`, which JavaScript implements.

use super::error::to_js;
use super::page::Page;
use super::{Group, Job};
use crate::abi::{Hresult, QmgrError};
use crate::mirror::{Caller, GroupView};
use crate::protocol::StatusEvent;
use js_sys::{Array, Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The notification pointer of a group: the callback, and in whose name it sees the group.
#[derive(Clone)]
pub(super) struct Pointer {
    callback: JsValue,
    view: GroupView,
}

/// A registered class: what makes its objects, and in whose name they see their groups.
#[derive(Clone)]
pub(super) struct Class {
    pub factory: Function,
    pub caller: Rc<Caller>,
}

impl Pointer {
    /// A pointer to an object that has an `onStatus`; `None` for any other value.
    pub fn new(callback: JsValue, view: GroupView) -> Option<Self> {
        (callback.is_object() && on_status(&callback).is_some()).then_some(Self { callback, view })
    }

    /// The caller through whose handle it was set.
    pub fn caller(&self) -> &Rc<Caller> {
        self.view.caller()
    }

    /// Tells the callback of an event; whether it returned S_OK, or a promise of it. Everything else
    /// means that the event has to be told again, a throw and a rejection too.
    pub async fn on_status(&self, page: &Rc<Page>, event: StatusEvent) -> bool {
        let Some(returned) = self.call(page, event) else { return false };
        let settled = JsFuture::from(Promise::resolve(&returned)).await;
        settled.is_ok_and(|hresult| hresult.as_f64() == Some(f64::from(Hresult::S_OK.0)))
    }

    fn call(&self, page: &Rc<Page>, event: StatusEvent) -> Option<JsValue> {
        self.view.check().ok()?;
        let function = on_status(&self.callback)?;
        let job = self.view.current_job().map(|job| Job::new(Rc::clone(page), job));
        let group = Group::new(Rc::clone(page), self.view.clone());
        let StatusEvent { number: _, status, file_index, retries, win32_result, transport_result } =
            event;
        let arguments = Array::of2(&group.into(), &job.map_or(JsValue::NULL, JsValue::from));
        for number in [file_index, status, retries, win32_result, transport_result] {
            arguments.push(&number.into());
        }
        function.apply(&self.callback, &arguments).ok()
    }
}

impl Class {
    /// A new object of the class, as the pointer of a group.
    ///
    /// # Errors
    ///
    /// What the factory throws; `E_NOINTERFACE` when it gives no object with an `onStatus`.
    pub fn make(&self, view: GroupView) -> Result<Pointer, JsValue> {
        let object = self.factory.call0(&JsValue::UNDEFINED)?;
        Pointer::new(object, view).ok_or_else(|| {
            let message = "the factory of the class gives no object with an onStatus";
            to_js(QmgrError::new(Hresult::E_NOINTERFACE, message))
        })
    }
}

/// Looked up anew for each call, as JavaScript does; a getter that throws has none.
fn on_status(callback: &JsValue) -> Option<Function> {
    Reflect::get(callback, &"onStatus".into()).ok()?.dyn_into().ok()
}
