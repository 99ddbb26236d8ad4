//! Tests of the engine through its public face.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, not the fixtures beside them")]

mod cbor;
mod commit_model;
mod lock_file_system;
mod lock_lease;
mod lock_memory;
mod lock_storage;
mod lock_unreachable;
mod policy;
mod record;
mod run_cancelled;
mod run_log;
mod run_rules;
mod run_scripted;
mod settings;
mod storage_conformance;
mod storage_folder;
mod storage_process;
mod store_claim;
mod store_commit;
mod store_damage;
mod store_fixture;
mod store_key_storage;
mod store_look_up;
mod store_mapped;
mod store_memory;
mod store_repair;
mod store_trust;
mod store_usurped;
mod store_verify;
mod store_verify_transactions;
mod transaction_block;
mod transaction_fixture;
mod transaction_model;
mod transaction_player;
mod transaction_random;
mod transaction_stories;
mod transaction_story;
mod transaction_threads;
mod transaction_world;
