//! The lock managers, each as a process finds it by a few words.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::LeaseTerms;
use keepwell_core::lock::{FileSystemLockManager, LockManager, MemoryLockManager, StorageLockManager};
use keepwell_core::storage::{FileSystemOptions, FileSystemStorage};
use keepwell_redis::RedisLockManager;

use super::redis::Server;
use crate::failure::{Checked, Failure};

/// A lock manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Memory,
    Folder,
    Storage,
    Redis,
}

impl Which {
    pub(super) const ALL: [Self; 4] = [Self::Memory, Self::Folder, Self::Storage, Self::Redis];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Folder => "folder",
            Self::Storage => "storage",
            Self::Redis => "redis",
        }
    }

    /// The one of this name.
    pub(super) fn named(name: &str) -> Checked<Self> {
        let found = Self::ALL.into_iter().find(|which| which.name() == name);
        found.ok_or_else(|| Failure::new(format!("there is no lock manager `{name}`")))
    }

    /// The lock manager at a place, which is a folder or the server's URL, with this lease.
    pub(super) fn open(self, place: &str, lease: Duration) -> Checked<Arc<dyn LockManager>> {
        let terms = LeaseTerms::of(lease)?;
        Ok(match self {
            Self::Memory => Arc::new(MemoryLockManager::new()),
            Self::Folder => Arc::new(FileSystemLockManager::new(place)),
            Self::Storage => {
                let storage = Arc::new(FileSystemStorage::at(place, FileSystemOptions::default()));
                Arc::new(StorageLockManager::with_terms(storage, terms, Arc::clone(clock::of_process())))
            }
            Self::Redis => Arc::new(RedisLockManager::at(place)?.with_terms(terms)),
        })
    }

    /// Where the locks of a run in this folder are, and the server that must live as long, if it needs one.
    pub(super) fn place(self, folder: &Path) -> Checked<(String, Option<Server>)> {
        match self {
            Self::Redis => {
                let server = Server::start(&folder.join("redis"))?;
                Ok((server.url(), Some(server)))
            }
            Self::Memory | Self::Folder | Self::Storage => {
                Ok((folder.join("locks").to_string_lossy().into_owned(), None))
            }
        }
    }

    /// How long after a holder's death somebody else has its lock at the latest: the promise.
    pub(super) fn takes_over_within(self, terms: LeaseTerms) -> Duration {
        match self {
            Self::Memory | Self::Folder => Duration::from_millis(100),
            Self::Storage | Self::Redis => terms.lease() + terms.heartbeat(),
        }
    }
}

/// The key of this number.
pub(super) fn key(round: impl std::fmt::Display) -> CacheKey {
    CacheKey::new(format!("key-{round}")).expect("it is a legal key")
}
