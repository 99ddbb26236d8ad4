//! Lock managers, for policies and transactions at [`IsolationLevel::Serializable`](crate::transactions::IsolationLevel).

pub use keepwell_core::lock::lease::{LeaseTerms, OnLeaseLost};
pub use keepwell_core::lock::{
    Attempt, FileSystemLockManager, LockHolder, LockManager, MemoryLockManager, StorageLockManager, Wake,
};
#[cfg(feature = "redis")]
pub use keepwell_redis::{RedisLockManager, RedisOptions};
