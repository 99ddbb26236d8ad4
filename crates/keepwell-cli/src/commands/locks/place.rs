//! Where locks are: which lock manager a command asks.

use std::sync::Arc;

use clap::Args;
use keepwell_core::clock;
use keepwell_core::lock::lease::LeaseTerms;
use keepwell_core::lock::{FileSystemLockManager, LockManager, StorageLockManager};
use keepwell_core::storage::StorageLocation;
use keepwell_redis::lock_manager_at;

use crate::failure::Failure;
use crate::place::{default_folder, folder_at};
use crate::session::Session;

/// The word for the locks in the result storage itself.
const STORAGE: &str = "storage";

/// Where the locks are.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// A folder of lock files, `redis://[user:password@]host[:port][/database]`, or `storage`: in the result storage itself.
    #[arg(long, value_name = "PATH|URL|storage", default_value = STORAGE)]
    locks: String,

    /// The result storage that the locks are in; the one that the settings name if none is given.
    #[arg(long, value_name = "PATH|URL")]
    storage: Option<String>,
}

impl Place {
    /// The lock manager there. Nothing is asked of it yet.
    pub(super) fn open(&self, session: &mut Session) -> Result<Arc<dyn LockManager>, Failure> {
        if self.locks == STORAGE {
            return self.open_storage(session);
        }
        if self.storage.is_some() {
            return Err(Failure::advised(
                "`--storage` names where locks are only with `--locks storage`",
                "leave one of them away",
            ));
        }
        if let Some(manager) = lock_manager_at(&self.locks) {
            return Ok(manager?);
        }
        match self.locks.split_once("://") {
            // The address may hold a password.
            Some((scheme, _)) => Err(Failure::refused(format!("locks at `{scheme}://` are not known here"))),
            None => Ok(Arc::new(FileSystemLockManager::new(&self.locks))),
        }
    }

    fn open_storage(&self, session: &mut Session) -> Result<Arc<dyn LockManager>, Failure> {
        let path = match &self.storage {
            Some(place) => folder_at(place)?,
            None => default_folder(session)?,
        };
        let terms = LeaseTerms::of_settings(&session.settings()?.locks)?;
        let storage = StorageLocation::Path(path).open();
        Ok(Arc::new(StorageLockManager::with_terms(storage, terms, Arc::clone(clock::of_process()))))
    }
}
