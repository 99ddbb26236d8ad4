//! The contract of [`ResultStorage`](keepwell_core::storage::ResultStorage), clause by clause.
//!
//! Every clause is a function that takes a factory of new, empty storages and panics where the storage breaks the
//! clause. [`storage_conformance!`](crate::storage_conformance) makes a test of each:
//!
//! ```
//! mod memory {
//!     keepwell_testing::storage_conformance!(keepwell_core::storage::MemoryStorage::new);
//! }
//! ```
//!
//! [`run_all`] runs them in one go and reports on each, for a storage that cannot be tested by the test harness.

mod conditional;
mod maintenance;
mod names;
mod race;
mod reading;
mod sample;
mod suite;

pub use conditional::*;
pub use maintenance::*;
pub use names::*;
pub use race::*;
pub use reading::*;
pub use suite::{Outcome, Report, run_all};
