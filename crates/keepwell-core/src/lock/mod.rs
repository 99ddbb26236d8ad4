//! Locks: one body at a time for a key, where the isolation level asks for it.
//!
//! A lock saves work and gives waiters something to wait for; what may be committed is decided by the storage.
//! [`LockManager`] is the contract; the `keepwell-testing` crate holds the suite that every lock manager must pass.

mod errand;
mod file_system;
mod holder;
pub mod lease;
mod manager;
mod memory;
mod storage;
mod wait;

pub use errand::{Errand, try_acquire_apart};
pub use file_system::{FileSystemLockManager, leave_parents_locks};
pub use holder::LockHolder;
pub use manager::{Attempt, LockManager, Wake};
pub use memory::MemoryLockManager;
pub use storage::StorageLockManager;
pub use wait::{no_answer, not_held, timed_out, unreachable, until_granted};
