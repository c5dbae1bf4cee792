//! `FILESETINFO`: what the caller asks to be fetched, and where to.

use serde::{Deserialize, Serialize};

/// `FILESETINFO` as given, not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSetInfo {
    /// The URL.
    pub remote_file: String,
    /// The full path.
    pub local_file: String,
    /// Extension: the exact size in bytes, when the caller knows it.
    #[serde(default)]
    pub size: Option<u64>,
    /// Extension: `sha256-<base64>`.
    #[serde(default)]
    pub integrity: Option<String>,
}
