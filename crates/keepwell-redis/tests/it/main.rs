//! Locks in a real Redis server, also one that is stopped, killed, emptied, full, or never answers.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, not the fixtures beside them")]

mod contract;
mod failures;
mod leases;
mod locks;
mod probe;
mod server;
mod waiting;
