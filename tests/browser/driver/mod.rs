//! One module for each file of `src/driver`.

mod clock;
mod connection;
mod files;
mod network;
mod overlap;
mod store;
mod worker;
