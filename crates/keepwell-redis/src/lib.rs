//! Locks in Redis for keepwell: one body at a time for a key, whichever machine it runs on.
//!
//! [`RedisLockManager`] is a [`LockManager`](keepwell_core::lock::LockManager). One server grants each lock for the time of a
//! lease, which this process renews for as long as the lock is held; a holder that dies frees it when the lease has run
//! out. Losing what Redis knows costs work and no answers: what may be committed is decided by the storage.

mod asking;
mod connections;
mod failure;
mod held;
mod inventory;
mod manager;
mod note;
mod of_process;
mod options;
mod probe;
mod releases;
mod scripts;

pub use manager::RedisLockManager;
pub use options::{RedisOptions, lock_manager_at};
pub use probe::{RedisFindings, probe};
