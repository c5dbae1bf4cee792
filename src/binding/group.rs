//! The group's JavaScript class.

use super::callback::Pointer;
use super::convert::{self, promise};
use super::error::{self, to_js};
use super::page::Page;
use super::{GuidEnumerator, Job, random, status};
use crate::abi::{GROUPPROP_NOTIFYCLSID, Guid, Hresult, Property, PropertyValue, QmgrError};
use crate::mirror::{GroupView, JobView, Outcome, PointerChange};
use crate::protocol::Command;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// `IBackgroundCopyGroup`: a live handle. Its getters follow the engine, in whichever tab that runs;
/// the methods that return a promise travel to it and resolve when the change is durable.
///
/// Every member but `groupId` and `serial` fails with `QM_E_SERVICE_UNAVAILABLE` once its session is
/// closed, and every one but those, `getDetails` and `outcome` with `QM_E_INVALID_STATE` once the
/// group is cancelled.
#[wasm_bindgen]
pub struct Group {
    page: Rc<Page>,
    view: GroupView,
}

impl Group {
    pub(super) fn new(page: Rc<Page>, view: GroupView) -> Self {
        Self { page, view }
    }

    fn command(&self, command: Command) -> Promise {
        let reply = self.view.check().map(|()| self.page.call(self.view.caller(), command));
        promise(async move {
            reply?.await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// An argument, unless the group cannot be called at all, which is said first.
    fn argument<T>(&self, read: Result<T, QmgrError>) -> Result<T, QmgrError> {
        self.view.check().and(read)
    }

    fn checked_property(
        &self,
        property: &JsValue,
        value: &JsValue,
    ) -> Result<(Property, PropertyValue), QmgrError> {
        self.view.check()?;
        let property = Property(convert::dword(property, "the property")?);
        let value = convert::property_value(value)?;
        Ok((property, value))
    }

    /// The class of a GROUPPROP_NOTIFYCLSID, as a new object of it.
    fn activate(&self, clsid: &PropertyValue) -> Result<PointerChange<Pointer>, JsValue> {
        let change = self.page.change_to(clsid).map_err(to_js)?;
        change.try_map(|class| class.make(self.view.clone()))
    }

    fn interface(&self, iid: &JsValue) -> Result<Guid, QmgrError> {
        self.argument(convert::guid(iid, "the interface id"))
    }
}

#[wasm_bindgen]
impl Group {
    /// `get_GroupID`.
    #[wasm_bindgen(getter, js_name = groupId)]
    pub fn group_id(&self) -> String {
        self.view.id().to_string()
    }

    /// Which group it is among all that ever had its id.
    #[wasm_bindgen(getter)]
    pub fn serial(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no queue creates 2^53 groups")]
        let serial = self.view.serial().0 as f64;
        serial
    }

    /// `GetStatus`: the frozen pair `[status, jobIndex]`, its parts by name too.
    ///
    /// # Errors
    /// Those that all members have.
    #[wasm_bindgen(js_name = getStatus)]
    pub fn status(&self) -> Result<JsValue, JsValue> {
        self.view.status().map(status::pair).map_err(to_js)
    }

    /// `GetProgress`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for an unsupported selector.
    #[wasm_bindgen(js_name = getProgress)]
    pub fn progress(&self, selector: &JsValue) -> Result<u32, JsValue> {
        let selector = self.argument(convert::dword(selector, "the progress selector"));
        selector.and_then(|selector| self.view.progress(selector)).map_err(to_js)
    }

    /// `get_Size`.
    ///
    /// # Errors
    /// Those that all members have.
    #[wasm_bindgen(js_name = getSize)]
    pub fn size(&self) -> Result<u32, JsValue> {
        self.view.size().map_err(to_js)
    }

    /// `GetProp`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for an unsupported or unknown property.
    #[wasm_bindgen(js_name = getProp)]
    pub fn property(&self, property: &JsValue) -> Result<JsValue, JsValue> {
        let property = self.argument(convert::dword(property, "the property")).map(Property);
        let value = property.and_then(|property| self.view.property(property));
        value.map(convert::property_to_js).map_err(to_js)
    }

    /// `SetProp`. A GROUPPROP_NOTIFYCLSID makes an object of the class and sets it as the group's
    /// notification pointer (spec §5.1); the null CLSID clears the pointer. Rejects with
    /// `REGDB_E_CLASSNOTREG` for a class that this tab has not registered, `E_NOINTERFACE` for one
    /// whose objects have no `onStatus`, and what its factory throws.
    #[wasm_bindgen(js_name = setProp)]
    pub fn set_property(&self, property: &JsValue, value: &JsValue) -> Promise {
        let checked = self.checked_property(property, value).map_err(to_js);
        let begun = checked.and_then(|(property, value)| {
            let names_class = property == GROUPPROP_NOTIFYCLSID;
            let change = if names_class { self.activate(&value)? } else { PointerChange::None };
            Ok((property, value, change))
        });
        let group = self.view.serial();
        let set = |property, value| self.command(Command::SetProperty { group, property, value });
        match begun {
            Ok((property, value, PointerChange::Clear)) => {
                let done = set(property, value);
                self.page.set_pointer(group, None);
                done
            }
            Ok((property, value, PointerChange::None)) => set(property, value),
            Ok((property, value, PointerChange::Set(pointer))) => {
                // Before the class is known for the group's, so that nobody is asked for another object.
                self.page.set_pointer(group, Some(pointer));
                set(property, value)
            }
            Err(error) => Promise::reject(&error),
        }
    }

    /// `GetJob`.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when the group has no such job.
    #[wasm_bindgen(js_name = getJob)]
    pub fn job(&self, job_id: &JsValue) -> Result<Job, JsValue> {
        let id = self.argument(convert::guid(job_id, "the job id"));
        let job = id.and_then(|id| self.view.job(id));
        job.map(|job| Job::new(Rc::clone(&self.page), job)).map_err(to_js)
    }

    /// `EnumJobs`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for flags other than 0.
    #[wasm_bindgen(js_name = enumJobs)]
    pub fn jobs(&self, flags: &JsValue) -> Result<GuidEnumerator, JsValue> {
        let flags = self.argument(convert::flags(flags));
        let jobs = flags.and_then(|flags| self.view.jobs(flags));
        jobs.map(Into::into).map_err(to_js)
    }

    /// `CreateJob`: a promise of the `Job`. Without an id it gets a random one.
    #[wasm_bindgen(js_name = createJob)]
    pub fn create_job(&self, job_id: &JsValue) -> Promise {
        let id = if job_id.is_undefined() {
            Ok(random::guid())
        } else {
            convert::guid(job_id, "the job id")
        };
        let begun = self.argument(id).map(|id| {
            let command = Command::CreateJob { group: self.view.serial(), id };
            (id, self.page.call(self.view.caller(), command))
        });
        let (page, view) = (Rc::clone(&self.page), self.view.clone());
        promise(async move {
            let (id, reply) = begun?;
            reply.await?;
            Ok(Job::new(page, JobView::new(view, id)))
        })
    }

    /// `SuspendGroup`.
    #[wasm_bindgen(js_name = suspendGroup)]
    pub fn suspend(&self) -> Promise {
        self.command(Command::SuspendGroup { group: self.view.serial() })
    }

    /// `ResumeGroup`.
    #[wasm_bindgen(js_name = resumeGroup)]
    pub fn resume(&self) -> Promise {
        self.command(Command::ResumeGroup { group: self.view.serial() })
    }

    /// `CancelGroup`.
    #[wasm_bindgen(js_name = cancelGroup)]
    pub fn cancel(&self) -> Promise {
        self.command(Command::CancelGroup { group: self.view.serial() })
    }

    /// `SwitchToForeground`.
    #[wasm_bindgen(js_name = switchToForeground)]
    pub fn switch_to_foreground(&self) -> Promise {
        self.command(Command::SwitchToForeground { group: self.view.serial() })
    }

    /// `QueryNewJobInterface`: there is none (ruling A29).
    ///
    /// # Errors
    /// `E_NOINTERFACE`, always.
    #[wasm_bindgen(js_name = queryNewJobInterface)]
    pub fn query_new_job_interface(&self, iid: &JsValue) -> Result<(), JsValue> {
        let asked = self.interface(iid);
        asked.and_then(|iid| self.view.query_new_job_interface(iid)).map_err(to_js)
    }

    /// `SetNotificationPointer`: supersedes the pointer that this page had for the group; `null` clears
    /// it (ruling A29). The callback's `onStatus` is called with a `Group` and a `Job` of this package,
    /// and with five numbers (spec §5.2).
    ///
    /// # Errors
    /// `E_NOINTERFACE` unless `iid` is `IID_IBackgroundCopyCallback1`; `E_INVALIDARG` when
    /// `callback` is neither `null` nor an object with an `onStatus`.
    #[wasm_bindgen(js_name = setNotificationPointer)]
    pub fn set_notification_pointer(
        &self,
        iid: &JsValue,
        callback: JsValue,
    ) -> Result<(), JsValue> {
        let iid = self.interface(iid);
        iid.and_then(|iid| self.view.check_callback_interface(iid)).map_err(to_js)?;
        let pointer = if callback.is_null() {
            None
        } else {
            Some(Pointer::new(callback, self.view.clone()).ok_or_else(|| {
                let message = "the callback is no object with an onStatus";
                to_js(QmgrError::invalid_argument(message))
            })?)
        };
        self.page.set_pointer(self.view.serial(), pointer);
        Ok(())
    }

    /// Extension: `GroupDetails`.
    ///
    /// # Errors
    /// Only that of a closed session.
    #[wasm_bindgen(js_name = getDetails)]
    pub fn details(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&self.view.details().map_err(to_js)?)
    }

    /// Extension: whether the group is complete; what `finished()` waits for.
    ///
    /// # Errors
    /// The group's failure with its `GroupError` fields; `0x800704C7` when it is cancelled.
    pub fn outcome(&self) -> Result<bool, JsValue> {
        match self.view.outcome().map_err(to_js)? {
            Outcome::Cancelled => {
                Err(to_js(QmgrError::new(Hresult::CANCELLED, "the group was cancelled")))
            }
            Outcome::Complete => Ok(true),
            Outcome::Failed(failure) => Err(error::group_error(failure)),
            Outcome::Pending => Ok(false),
        }
    }
}
