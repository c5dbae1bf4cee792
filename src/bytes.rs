//! Values as bytes: a message on its way, a record in a database.
//!
//! The fields of a value follow one another without their names, in the format of
//! [`postcard`](https://postcard.jamesmunns.com/wire-format). So bytes can only be read as the type that
//! was written: whoever changes a type changes what its bytes mean.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of a value.
#[must_use]
pub fn write(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data, of known length")
}

/// The value that these bytes are, to the last one.
#[must_use]
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        Ok(_) | Err(_) => None,
    }
}

/// The value that these bytes begin with: the first fields of a longer one.
#[must_use]
pub fn read_start<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    split(bytes).map(|(value, _)| value)
}

/// The same, and the bytes that follow.
#[must_use]
pub fn split<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    postcard::take_from_bytes(bytes).ok()
}
