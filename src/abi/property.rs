//! `GROUPPROP`: the properties of a group (spec §6).

use super::constants::constants;
use super::text::check_length;
use super::{Guid, NotifyFlags, QM_PROTOCOL_HTTP, QmgrError};
use serde::{Deserialize, Serialize};

/// A `GROUPPROP` as the caller gave it: any 32-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Property(pub u32);

constants! {
    /// Every property with its header name (spec §2.8).
    GROUP_PROPERTIES: Property;

    /// Integer, always 1.
    GROUPPROP_PRIORITY = Property(0);
    /// Not supported.
    GROUPPROP_REMOTEUSERID = Property(1);
    /// Not supported.
    GROUPPROP_REMOTEUSERPWD = Property(2);
    /// Not supported.
    GROUPPROP_LOCALUSERID = Property(3);
    /// Not supported.
    GROUPPROP_LOCALUSERPWD = Property(4);
    /// Integer, always `QM_PROTOCOL_HTTP`.
    GROUPPROP_PROTOCOLFLAGS = Property(5);
    /// Integer, a [`NotifyFlags`]; 0 by default.
    GROUPPROP_NOTIFYFLAGS = Property(6);
    /// Text of a CLSID; all zeros by default.
    GROUPPROP_NOTIFYCLSID = Property(7);
    /// Not supported: `GetProgress` says it.
    GROUPPROP_PROGRESSSIZE = Property(8);
    /// Not supported: `GetProgress` says it.
    GROUPPROP_PROGRESSPERCENT = Property(9);
    /// Not supported.
    GROUPPROP_PROGRESSTIME = Property(10);
    /// Text of at most [`DISPLAY_NAME_LIMIT`]; empty by default.
    GROUPPROP_DISPLAYNAME = Property(11);
    /// Text of at most [`DESCRIPTION_LIMIT`]; empty by default.
    GROUPPROP_DESCRIPTION = Property(12);
}

/// The longest GROUPPROP_DISPLAYNAME, in UTF-16 code units.
pub const DISPLAY_NAME_LIMIT: usize = 256;
/// The longest GROUPPROP_DESCRIPTION, in UTF-16 code units.
pub const DESCRIPTION_LIMIT: usize = 1_024;

/// The one GROUPPROP_PRIORITY there is.
const PRIORITY: u32 = 1;

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
    pub notify_flags: NotifyFlags,
    /// GROUPPROP_NOTIFYCLSID; null when unset.
    pub notify_clsid: Guid,
    /// GROUPPROP_DISPLAYNAME.
    pub display_name: String,
    /// GROUPPROP_DESCRIPTION.
    pub description: String,
}

impl Properties {
    /// `GetProp`.
    ///
    /// # Errors
    ///
    /// `E_NOTIMPL` for the unsupported properties and for ids that the header does not know.
    pub fn get(&self, property: Property) -> Result<PropertyValue, QmgrError> {
        match property {
            GROUPPROP_PRIORITY => Ok(PropertyValue::integer(PRIORITY)),
            GROUPPROP_PROTOCOLFLAGS => Ok(PropertyValue::integer(QM_PROTOCOL_HTTP)),
            GROUPPROP_NOTIFYFLAGS => Ok(PropertyValue::integer(self.notify_flags.bits())),
            GROUPPROP_NOTIFYCLSID => Ok(PropertyValue::Text(self.notify_clsid.clsid_text())),
            GROUPPROP_DISPLAYNAME => Ok(PropertyValue::Text(self.display_name.clone())),
            GROUPPROP_DESCRIPTION => Ok(PropertyValue::Text(self.description.clone())),
            _ => Err(unsupported(property)),
        }
    }

    /// `SetProp`. Whether a class is registered under a GROUPPROP_NOTIFYCLSID is the page's to say.
    ///
    /// # Errors
    ///
    /// Nothing changes where it fails.
    ///
    /// - `E_NOTIMPL`: an unsupported or unknown property, or a value of the right type that is not
    ///   supported (ruling A11).
    /// - `E_INVALIDARG`: a value of the wrong type, a malformed CLSID (ruling A26), a text beyond
    ///   its limit (ruling A12).
    pub fn set(&mut self, property: Property, value: PropertyValue) -> Result<(), QmgrError> {
        match property {
            GROUPPROP_PRIORITY => only(PRIORITY, value.into_bits()?, "priority"),
            GROUPPROP_PROTOCOLFLAGS => only(QM_PROTOCOL_HTTP, value.into_bits()?, "protocol"),
            GROUPPROP_NOTIFYFLAGS => {
                let flags = NotifyFlags::from_bits_retain(value.into_bits()?);
                if !NotifyFlags::SUPPORTED.contains(flags) {
                    let message = format!("notify flags {:#x} are not supported", flags.bits());
                    return Err(QmgrError::not_implemented(message));
                }
                self.notify_flags = flags;
                Ok(())
            }
            GROUPPROP_NOTIFYCLSID => {
                self.notify_clsid = value.into_text()?.parse()?;
                Ok(())
            }
            GROUPPROP_DISPLAYNAME => {
                self.display_name = value.into_text_within(DISPLAY_NAME_LIMIT)?;
                Ok(())
            }
            GROUPPROP_DESCRIPTION => {
                self.description = value.into_text_within(DESCRIPTION_LIMIT)?;
                Ok(())
            }
            _ => Err(unsupported(property)),
        }
    }
}

impl PropertyValue {
    fn integer(bits: u32) -> Self {
        Self::Integer(bits.cast_signed())
    }

    fn into_bits(self) -> Result<u32, QmgrError> {
        match self {
            Self::Integer(number) => Ok(number.cast_unsigned()),
            Self::Text(_) => Err(QmgrError::invalid_argument("a text where an integer belongs")),
        }
    }

    fn into_text(self) -> Result<String, QmgrError> {
        match self {
            Self::Integer(_) => Err(QmgrError::invalid_argument("an integer where a text belongs")),
            Self::Text(text) => Ok(text),
        }
    }

    fn into_text_within(self, limit: usize) -> Result<String, QmgrError> {
        let text = self.into_text()?;
        check_length(&text, limit, "a text")?;
        Ok(text)
    }
}

fn only(supported: u32, given: u32, what: &str) -> Result<(), QmgrError> {
    if given != supported {
        let message = format!("{what} {given} is not supported, only {supported} is");
        return Err(QmgrError::not_implemented(message));
    }
    Ok(())
}

fn unsupported(property: Property) -> QmgrError {
    let known = GROUP_PROPERTIES.iter().find(|(_, id)| *id == property);
    QmgrError::not_implemented(match known {
        Some((name, _)) => format!("{name} is not supported"),
        None => format!("property {} is unknown", property.0),
    })
}
