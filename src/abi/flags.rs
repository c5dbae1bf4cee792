//! The values of GROUPPROP_NOTIFYFLAGS and GROUPPROP_PROTOCOLFLAGS.

use super::constants::constants;
use serde::{Deserialize, Serialize};

/// GROUPPROP_NOTIFYFLAGS: which notifications a group sends (spec §2.2).
///
/// There is no flag for errors: they are sent unless `QM_NOTIFY_DISABLE_NOTIFY` is set (ruling A25).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotifyFlags(u32);

bitflags::bitflags! {
    impl NotifyFlags: u32 {
        /// `0x01`, not supported.
        const QM_NOTIFY_FILE_DONE = 0x0000_0001;
        /// `0x02`, not supported.
        const QM_NOTIFY_JOB_DONE = 0x0000_0002;
        /// `0x04`: say when the group is complete.
        const QM_NOTIFY_GROUP_DONE = 0x0000_0004;
        /// `0x40`: say nothing, errors included.
        const QM_NOTIFY_DISABLE_NOTIFY = 0x0000_0040;
        /// `0x80`, not supported.
        const QM_NOTIFY_USE_PROGRESSEX = 0x0000_0080;
    }
}

impl NotifyFlags {
    /// The flags that may be set.
    pub const SUPPORTED: Self = Self::QM_NOTIFY_GROUP_DONE.union(Self::QM_NOTIFY_DISABLE_NOTIFY);
}

constants! {
    /// Every value of GROUPPROP_PROTOCOLFLAGS with its header name (spec §2.4).
    PROTOCOLS: u32;

    /// The only protocol that may be set; it covers https too (ruling A33).
    QM_PROTOCOL_HTTP = 1;
    /// Not supported.
    QM_PROTOCOL_FTP = 2;
    /// Not supported. An enumerated value, not HTTP and FTP together.
    QM_PROTOCOL_SMB = 3;
    /// Not supported.
    QM_PROTOCOL_CUSTOM = 4;
}
