//! Which request to send: what a page is asked, and what it says.

use crate::abi::Guid;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The file that a page is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AskedFile {
    /// The id of its group.
    pub group: Guid,
    /// The id of its job.
    pub job: Guid,
    /// Its index in the job.
    pub index: u32,
    /// The stored URL.
    pub remote_file: String,
    /// Its path.
    pub local_file: String,
}

/// What a page says when it is asked which request to send.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Given {
    /// It cannot say, for this reason.
    Failed(String),
    /// This one. Not judged yet: [`Fresh::read`](crate::http::Fresh::read) does.
    Fresh {
        /// The URL; `None` for the stored one.
        url: Option<String>,
        /// Header fields beside the engine's own.
        headers: Vec<(String, String)>,
    },
    /// The stored one.
    Stored,
}

/// Says nothing of what may be a secret.
impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Failed(_) => "Failed",
            Self::Fresh { .. } => "Fresh",
            Self::Stored => "Stored",
        })
    }
}
