//! The pure rooms, tested where no browser is.
#![cfg(not(target_arch = "wasm32"))]

mod abi_constants;
mod abi_file_set;
mod abi_guid;
mod abi_hresult;
mod abi_local_path;
mod abi_progress;
mod abi_property;
mod abi_remote_url;
mod abi_status;
mod conformance;
mod http_properties;
mod http_rules;
mod mirror_calls;
mod mirror_contact;
mod mirror_enumerator;
mod mirror_registrations;
mod mirror_rows;
mod queue_damage;
mod queue_groups;
mod queue_hash;
mod queue_likely;
mod queue_many;
mod queue_notifications;
mod queue_pieces;
mod queue_retry;
mod queue_schedule;
mod queue_transfer;
mod queue_unanswered;
mod queue_versions;
mod random;
mod reference;
mod sim;
mod standby;
mod states;
mod walk;
