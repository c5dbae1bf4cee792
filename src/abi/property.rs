//! `GROUPPROP`: the properties of a group.

use serde::{Deserialize, Serialize};

/// A `GROUPPROP` as the caller gave it: any 32-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Property(pub u32);

/// A VARIANT of one of the types that `GetProp` and `SetProp` know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PropertyValue {
    /// One of the six integer types; read back as VT_I4.
    Integer(i32),
    /// VT_BSTR.
    Text(String),
}

/// The settable properties of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Properties {
    /// GROUPPROP_NOTIFYFLAGS.
    pub notify_flags: u32,
    /// GROUPPROP_NOTIFYCLSID; null when unset.
    pub notify_clsid: Guid,
    /// GROUPPROP_DISPLAYNAME.
    pub display_name: String,
    /// GROUPPROP_DESCRIPTION.
    pub description: String,
}
use super::Guid;
