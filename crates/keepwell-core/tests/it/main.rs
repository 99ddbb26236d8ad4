//! Tests of the engine through its public face.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, not the fixtures beside them")]

mod cbor;
mod policy;
mod record;
mod settings;
mod storage_conformance;
mod storage_folder;
mod storage_process;
mod store_commit;
mod store_damage;
mod store_fixture;
mod store_key_storage;
mod store_look_up;
mod store_memory;
mod store_usurped;
