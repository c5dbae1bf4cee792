//! HRESULT codes by their header names.

use serde::{Deserialize, Serialize};

/// A 32-bit result code; failures have the top bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hresult(pub u32);
