//! Transactions: records that become visible together or not at all.

mod isolation;

pub use isolation::IsolationLevel;
