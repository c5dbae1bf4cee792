//! Every constant of the header in one list, for the generators of the package's constants.

use super::{
    GROUP_PROPERTIES, Guid, Hresult, INTERFACE_IDS, NotifyFlags, PROGRESS_SELECTORS, PROTOCOLS,
    StatusWord,
};
use bitflags::Flags;

/// Declares constants and, from the same lines, the table of their names and values.
macro_rules! constants {
    (
        $(#[$table_doc:meta])* $table:ident: $type:ty;
        $($(#[$doc:meta])* $name:ident = $value:expr;)*
    ) => {
        $($(#[$doc])* pub const $name: $type = $value;)*

        $(#[$table_doc])*
        pub const $table: &[(&str, $type)] = &[$((stringify!($name), $name)),*];
    };
}
pub(super) use constants;

/// What a header constant stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantValue {
    /// An identifier, written as its text.
    Guid(Guid),
    /// A flag, an enumerated value or a result code; unsigned.
    Number(u32),
}

/// Every constant under its header name, in the headers' order: notify flags, status flags,
/// protocols, progress selectors, result codes, properties, identifiers.
pub fn all() -> impl Iterator<Item = (&'static str, ConstantValue)> {
    let notify = NotifyFlags::FLAGS.iter().map(|flag| (flag.name(), flag.value().bits()));
    let status = StatusWord::FLAGS.iter().map(|flag| (flag.name(), flag.value().bits()));
    let values = PROTOCOLS.iter().chain(PROGRESS_SELECTORS).chain(Hresult::ALL).copied();
    let properties = GROUP_PROPERTIES.iter().map(|(name, property)| (*name, property.0));
    let identifiers = INTERFACE_IDS.iter().map(|(name, id)| (*name, ConstantValue::Guid(*id)));

    notify
        .chain(status)
        .chain(values)
        .chain(properties)
        .map(|(name, number)| (name, ConstantValue::Number(number)))
        .chain(identifiers)
}
