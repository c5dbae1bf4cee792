//! The driver's stand-in: a world with scripted servers, a disk, a database and a clock, in which a
//! queue lives, crashes and is restored.
//!
//! ```text
//! page ──ToEngine──► Queue ──Effect──► tasks, each due at its time ──Event──► Queue ──ToPage──► page
//!                                     (network · disk · database)
//! ```
//!
//! Nothing waits: the clock jumps to whatever is due next, a task or the queue's alarm. Everything is
//! decided by the scripts and by one seed, so a failing run can be repeated exactly.

mod database;
mod disk;
mod network;
mod page;
mod server;
mod world;

pub use database::Database;
pub use disk::{Crash, Disk};
pub use network::Connection;
pub use page::{Hook, Page, Return};
pub use server::{Behaviour, Cors, Ranges, RemoteFile, Servers, Validators, mirror};
pub use world::{DAMAGED_STATE, START, World, guid, info, is_saved_as, url};
