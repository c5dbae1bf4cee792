//! A file under its name.

use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What is known of a published file; kept after its group is gone. In the spelling of the package's
/// contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// The path as first spelt.
    pub local_file: Rc<str>,
    /// Where it came from.
    pub remote_file: Rc<str>,
    /// In bytes.
    pub size: u64,
    /// The server's date, or the time of publishing where it gave none.
    pub last_modified: Millis,
    /// The version's `ETag`, as sent.
    pub etag: Option<Rc<str>>,
    /// The media type, as sent; empty when none was.
    #[serde(rename = "type")]
    pub media_type: Rc<str>,
    /// The `integrity` it was checked against.
    pub integrity: Option<String>,
}
