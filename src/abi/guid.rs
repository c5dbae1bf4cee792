//! GUIDs in their text form.

use serde::{Deserialize, Serialize};

/// A 16-byte identifier chosen by the caller.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Guid(uuid::Uuid);
