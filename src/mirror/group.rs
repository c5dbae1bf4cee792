//! What one caller sees of a group.

use super::details::GroupDetails;
use super::{Caller, GuidEnumerator, JobView, Row};
use crate::abi::{
    self, Guid, Hresult, IID_IBackgroundCopyCallback1, Property, PropertyValue, QmgrError,
};
use crate::protocol::{GroupError, GroupRow, GroupState, Serial};
use std::cell::Ref;
use std::rc::Rc;

/// What one caller sees of a group.
///
/// # Errors
/// Every method that returns a `Result` fails with `QM_E_SERVICE_UNAVAILABLE` once the caller is
/// closed, and, unless it says otherwise, with `QM_E_INVALID_STATE` once the group is cancelled
/// (ruling A35).
#[derive(Clone, Debug)]
pub struct GroupView {
    row: Rc<Row>,
    caller: Rc<Caller>,
}

/// How things stand for somebody who waits for the end of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It left the queue.
    Cancelled,
    /// Every file stands under its name.
    Complete,
    /// A failure stopped it.
    Failed(GroupError),
    /// Not over yet.
    Pending,
}

impl GroupView {
    /// What `caller` sees of the group of `row`.
    #[must_use]
    pub fn new(row: Rc<Row>, caller: Rc<Caller>) -> Self {
        Self { row, caller }
    }

    /// In whose name the group is used.
    pub fn caller(&self) -> &Rc<Caller> {
        &self.caller
    }

    /// Which group it is; never fails.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.row.group().serial
    }

    /// `get_GroupID`; never fails (ruling A35).
    #[must_use]
    pub fn id(&self) -> Guid {
        self.row.group().id
    }

    /// Whether any call on the group may succeed.
    ///
    /// # Errors
    /// Those that all methods have.
    pub fn check(&self) -> Result<(), QmgrError> {
        self.live().map(|_| ())
    }

    /// `GetStatus`: the status word. The job index beside it is always 0.
    ///
    /// # Errors
    /// Those that all methods have.
    pub fn status(&self) -> Result<u32, QmgrError> {
        Ok(self.live()?.status)
    }

    /// `GetProgress`, of the group and of its job alike (ruling A46).
    ///
    /// # Errors
    /// `E_NOTIMPL` for an unsupported selector.
    pub fn progress(&self, selector: u32) -> Result<u32, QmgrError> {
        let row = self.live()?;
        abi::progress(selector, row.bytes_done, row.bytes_total, row.state == GroupState::Complete)
    }

    /// `get_Size`.
    ///
    /// # Errors
    /// Those that all methods have.
    pub fn size(&self) -> Result<u32, QmgrError> {
        Ok(abi::size(self.live()?.bytes_total))
    }

    /// `GetProp`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for an unsupported or unknown property.
    pub fn property(&self, property: Property) -> Result<PropertyValue, QmgrError> {
        self.live()?.properties.get(property)
    }

    /// `GetJob`.
    ///
    /// # Errors
    /// `QM_E_ITEM_NOT_FOUND` when the group's job has another id, or there is none.
    pub fn job(&self, id: Guid) -> Result<JobView, QmgrError> {
        if self.live()?.job == Some(id) {
            Ok(JobView::new(self.clone(), id))
        } else {
            Err(QmgrError::item_not_found(format!("the group has no job {id}")))
        }
    }

    /// The one job of the group, if it has one.
    #[must_use]
    pub fn current_job(&self) -> Option<JobView> {
        let id = self.row.group().job?;
        Some(JobView::new(self.clone(), id))
    }

    /// `EnumJobs`.
    ///
    /// # Errors
    /// `E_NOTIMPL` for flags other than 0.
    pub fn jobs(&self, flags: u32) -> Result<GuidEnumerator, QmgrError> {
        let row = self.live()?;
        if flags != 0 {
            return Err(QmgrError::not_implemented(format!("flags {flags:#x} are not supported")));
        }
        Ok(GuidEnumerator::new(row.job.into_iter().collect()))
    }

    /// `QueryNewJobInterface`: there is none (ruling A29).
    ///
    /// # Errors
    /// `E_NOINTERFACE`, always.
    pub fn query_new_job_interface(&self, iid: Guid) -> Result<(), QmgrError> {
        self.check()?;
        Err(no_interface(iid))
    }

    /// Whether `SetNotificationPointer` takes pointers to this interface.
    ///
    /// # Errors
    /// `E_NOINTERFACE` unless it is `IID_IBackgroundCopyCallback1`.
    pub fn check_callback_interface(&self, iid: Guid) -> Result<(), QmgrError> {
        self.check()?;
        if iid == IID_IBackgroundCopyCallback1 { Ok(()) } else { Err(no_interface(iid)) }
    }

    /// Extension: what the header has no words for, of a cancelled group too.
    ///
    /// # Errors
    /// Only that of a closed caller.
    pub fn details(&self) -> Result<GroupDetails, QmgrError> {
        self.caller.check()?;
        Ok(GroupDetails::new(&self.row.group(), self.row.engine_active()))
    }

    /// Extension: whether the group is over, and how.
    ///
    /// # Errors
    /// Only that of a closed caller.
    pub fn outcome(&self) -> Result<Outcome, QmgrError> {
        self.caller.check()?;
        let row = self.row.group();
        Ok(match (row.state, &row.error) {
            (GroupState::Cancelled, _) => Outcome::Cancelled,
            (GroupState::Complete, _) => Outcome::Complete,
            (GroupState::Error, Some(error)) => Outcome::Failed(GroupError::clone(error)),
            _ => Outcome::Pending,
        })
    }

    pub(super) fn row(&self) -> &Row {
        &self.row
    }

    /// The row, of an open caller and a group that is in the queue.
    pub(super) fn live(&self) -> Result<Ref<'_, GroupRow>, QmgrError> {
        self.caller.check()?;
        let row = self.row.group();
        if row.state == GroupState::Cancelled {
            return Err(QmgrError::invalid_state("the group is cancelled"));
        }
        Ok(row)
    }
}

fn no_interface(iid: Guid) -> QmgrError {
    QmgrError::new(Hresult::E_NOINTERFACE, format!("interface {iid} is not supported"))
}
