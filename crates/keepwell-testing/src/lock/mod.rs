//! Lock managers under test: the suite that each must pass, clause by clause, and what contention shows.
//!
//! ```
//! use keepwell_core::lock::MemoryLockManager;
//! use keepwell_testing::lock::broken_clauses;
//!
//! assert_eq!(broken_clauses(&MemoryLockManager::new()), Vec::<&str>::new());
//! ```

mod clauses;
mod contention;
mod leases;
#[cfg(test)]
mod wrong;
#[cfg(test)]
mod wrong_leases;

pub use clauses::broken_clauses;
pub use contention::{Contention, contend};
pub use leases::{Parted, broken_lease_clauses};
