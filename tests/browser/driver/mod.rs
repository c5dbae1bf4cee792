//! One module for each file of `src/driver`.

mod clock;
mod connection;
mod engine;
mod files;
mod network;
mod overlap;
mod store;
mod worker;
