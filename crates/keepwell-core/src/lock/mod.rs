//! Locks: one body at a time, where the isolation level asks for it.

/// Grants locks on cache keys.
pub trait LockManager: Send + Sync + std::fmt::Debug {}
