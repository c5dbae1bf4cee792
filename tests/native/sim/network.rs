//! Connections: the part of a driver that lies between servers and disk.

use super::server::{BodyEnd, Response};
use qmgr::queue::Part;
use qmgr::snapshot::HashMark;

/// A connection that is open.
pub struct Connection {
    pub url: String,
    pub request: qmgr::http::Request,
    pub headers: Vec<(String, String)>,
    /// The answer, once its head has come.
    pub response: Option<Response>,
    /// How many bytes of the body were compared.
    pub compared: usize,
    /// Where its body goes, once that is decided.
    pub sink: Option<Sink>,
}

/// Where a body goes.
pub struct Sink {
    pub part: Part,
    /// The position of the body's first byte.
    pub at: u64,
    pub position: u64,
    /// Up to where it is flushed.
    pub flushed: u64,
    /// Up to where the engine has heard of it.
    pub reported: u64,
    pub until: Option<u64>,
    /// The network is not read beyond this.
    pub allowed: u64,
    /// It stands still until it may be read further.
    pub waits: bool,
    /// How far its part is hashed, if it is.
    pub hash: Option<HashMark>,
    /// It was told to end earlier than its answer says.
    pub is_shortened: bool,
}

/// What the next read of a body brings.
pub enum Read {
    Bytes(Vec<u8>),
    End(BodyEnd),
}

impl Sink {
    /// Whether it waits for leave to read on.
    pub fn is_held_back(&self) -> bool {
        self.position >= self.allowed && self.until.is_none_or(|until| self.position < until)
    }
}

impl Connection {
    /// The next bytes of the body, at most `most`.
    pub fn read(&self, most: usize) -> Read {
        let (Some(response), Some(sink)) = (&self.response, &self.sink) else {
            return Read::End(BodyEnd::Stalls);
        };
        let start = usize::try_from(sink.position - sink.at).expect("a small file");
        let allowed = usize::try_from(sink.allowed.saturating_sub(sink.position));
        let most = match allowed {
            Ok(allowed) if allowed > 0 => most.min(allowed),
            Ok(_) | Err(_) => most,
        };
        match response.body.get(self.compared + start..) {
            Some(rest) if !rest.is_empty() => Read::Bytes(rest[..rest.len().min(most)].to_vec()),
            Some(_) | None => Read::End(response.end),
        }
    }
}
