//! Transactions: records that become visible together or not at all.
//!
//! A transaction is begun, stages at most one record under its key, and ends. A nested one leaves what it staged to its
//! parent; the outermost one makes all of it visible or none. Every task run is a transaction of its own.

mod begin;
mod block;
mod commit_mode;
mod isolation;
mod leases;
mod locks;
mod options;
mod settle;
mod state;
mod tree;

pub(crate) use begin::{Begun, begin};
pub use commit_mode::CommitMode;
pub use isolation::IsolationLevel;
pub use leases::cancelled;
pub use options::{Owner, TransactionOptions};
pub use settle::{Ending, Settled};
pub(crate) use settle::{end, run_hook, stage};
pub use state::TransactionState;
pub use tree::Transaction;
