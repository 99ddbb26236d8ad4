//! `keepwell locks`: who holds which lock, and taking one away.
//!
//! What a lock manager can tell and take away is the engine's (`keepwell_core::lock::LockManager`). A lock that is taken
//! away ends no run: its holder finds out when it next renews it, and the storage refuses its commit if another has
//! claimed the key by then.

mod broken;
mod list;
mod lock;
mod place;
mod subcommand;

pub(crate) use subcommand::Command;
