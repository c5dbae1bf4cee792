//! `FILESETINFO`: what the caller asks to be fetched, and where to.

use super::{LocalPath, QmgrError, RemoteUrl, Sha256Integrity};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The largest [`FileSetInfo::size`] in bytes: the largest integer that JavaScript counts exactly.
pub const SIZE_LIMIT: u64 = (1 << 53) - 1;

/// `FILESETINFO` as given, not yet looked at. Its texts are shared by its clones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSetInfo {
    /// The URL.
    pub remote_file: Rc<str>,
    /// The full path.
    pub local_file: Rc<str>,
    /// Extension: the exact size in bytes, when the caller knows it.
    #[serde(default)]
    pub size: Option<u64>,
    /// Extension: `sha256-<base64>`.
    #[serde(default)]
    pub integrity: Option<String>,
}

/// A [`FileSetInfo`] whose every part is valid. It turns back into exactly what was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "FileSetInfo", into = "FileSetInfo")]
pub struct FileSet {
    /// Where it comes from.
    pub remote: RemoteUrl,
    /// Where it is published.
    pub local: LocalPath,
    /// The size in bytes that it must have, at most [`SIZE_LIMIT`].
    pub size: Option<u64>,
    /// The hash that it must have.
    pub integrity: Option<Sha256Integrity>,
}

impl TryFrom<FileSetInfo> for FileSet {
    /// `E_INVALIDARG`.
    type Error = QmgrError;

    fn try_from(info: FileSetInfo) -> Result<Self, QmgrError> {
        if let Some(size) = info.size.filter(|size| *size > SIZE_LIMIT) {
            let message = format!("size {size} is beyond {SIZE_LIMIT}");
            return Err(QmgrError::invalid_argument(message));
        }
        Ok(Self {
            remote: info.remote_file.try_into()?,
            local: info.local_file.try_into()?,
            size: info.size,
            integrity: info.integrity.map(|text| text.parse()).transpose()?,
        })
    }
}

impl FileSet {
    /// What was given.
    #[must_use]
    pub fn info(&self) -> FileSetInfo {
        FileSetInfo {
            remote_file: self.remote.text(),
            local_file: self.local.text(),
            size: self.size,
            integrity: self.integrity.map(String::from),
        }
    }
}

impl From<FileSet> for FileSetInfo {
    fn from(file: FileSet) -> Self {
        file.info()
    }
}
