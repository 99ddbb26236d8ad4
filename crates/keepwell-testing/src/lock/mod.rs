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
#[cfg(test)]
mod wrong;

pub use clauses::broken_clauses;
pub use contention::{Contention, contend};
