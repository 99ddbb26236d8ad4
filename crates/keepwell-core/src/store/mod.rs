//! The result store: storages, lock manager and memory layer as one.

mod commit;
mod disposal;
mod fetch;
mod look_up;
mod memory_layer;
mod miss;
mod opening;
mod options;
mod result_store;
mod trust;
mod verify;
mod write;

pub use commit::{Claimed, Collected, commit};
pub use look_up::LookUp;
pub use memory_layer::MemoryLayer;
pub use miss::MissReason;
pub use opening::{AddressOpener, StoreCache, understand_addresses_by};
pub use options::StoreOptions;
pub use result_store::ResultStore;
pub use trust::Trust;
pub use verify::{CollectedBlobs, Problem, Remedy, Subject, Trouble, Verification};
pub use write::Write;
