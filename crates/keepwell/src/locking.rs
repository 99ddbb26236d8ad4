//! Lock managers, for policies and transactions at [`IsolationLevel::Serializable`](crate::transactions::IsolationLevel).

pub use keepwell_core::lock::{Attempt, FileSystemLockManager, LockHolder, LockManager, MemoryLockManager, Wake};
