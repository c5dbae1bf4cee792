//! One module for each class of the binding.

mod group;
mod guid_enumerator;
mod job;
mod session;
