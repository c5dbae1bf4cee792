//! What the tests share: a queue as JavaScript sees it, a server to converse with, and hands that
//! reach into the browser's storage behind the engine's back.

pub mod bytes;
pub mod classes;
pub mod js;
pub mod opfs;
pub mod queue;
pub mod records;
pub mod server;

pub use bytes::Bytes;
pub use queue::{Options, Queue, TestGroup};
pub use server::Server;
