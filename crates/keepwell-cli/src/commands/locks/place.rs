//! Where locks are: which lock manager a command asks.

use std::sync::Arc;

use clap::Args;
use keepwell_core::lock::{FileSystemLockManager, LockManager};

use crate::failure::Failure;

/// Where the locks are.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// The folder of lock files.
    #[arg(long, value_name = "PATH")]
    locks: String,
}

impl Place {
    /// The lock manager there. Nothing is asked of it yet.
    pub(super) fn open(&self) -> Result<Arc<dyn LockManager>, Failure> {
        if self.locks.contains("://") {
            return Err(Failure::refused(format!("locks at `{}` are not known here", self.locks)));
        }
        Ok(Arc::new(FileSystemLockManager::new(&self.locks)))
    }
}
