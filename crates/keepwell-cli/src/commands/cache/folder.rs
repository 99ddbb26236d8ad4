//! The folder that a command looks at, and the entries in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use keepwell_core::clock::{Clock, SystemClock, Timestamp};
use keepwell_core::storage::{FileSystemStorage, ObjectKind, ObjectName, ResultStorage, StorageLocation};
use keepwell_core::store::ResultStore;

use super::entry::Entry;
use crate::failure::Failure;
use crate::place::default_folder;
use crate::session::Session;

/// Which folder a command looks at.
#[derive(Args, Debug)]
pub(super) struct Target {
    /// The folder of records; the one that the settings name if none is given.
    #[arg(long, value_name = "PATH")]
    storage: Option<PathBuf>,
}

/// A folder of records, and the time at which it is looked at.
pub(super) struct Folder {
    pub(super) storage: Arc<FileSystemStorage>,
    pub(super) now: Timestamp,
}

impl Target {
    pub(super) fn open(&self, session: &mut Session) -> Result<Folder, Failure> {
        let path = self.path(session)?;
        Ok(Folder { storage: Arc::new(FileSystemStorage::open(path)?), now: SystemClock::new().now() })
    }

    /// Which folder it is. One that was named is there.
    fn path(&self, session: &mut Session) -> Result<PathBuf, Failure> {
        match &self.storage {
            Some(path) if !path.is_dir() => Err(Failure::refused(format!("there is no folder `{}`", path.display()))),
            Some(path) => Ok(path.clone()),
            None => default_folder(session),
        }
    }
}

impl Folder {
    /// The folder as the store that programs see which have these settings.
    pub(super) fn store(&self, session: &mut Session) -> Result<ResultStore, Failure> {
        let storage = StorageLocation::from(Arc::clone(&self.storage));
        Ok(ResultStore::at(&storage, &*session.settings()?))
    }

    /// Everything that has the name of a key, the newest first.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let names = self.storage.list(ObjectKind::Head)?;
        let store = self.storage.id()?;
        let keys = names.into_iter().filter_map(|name| match name {
            ObjectName::Head(key) => Some(key),
            ObjectName::Blob(_) | ObjectName::Decision(_) | ObjectName::Lock(_) => None,
        });
        let mut entries: Vec<_> = keys.filter_map(|key| Entry::read(&self.storage, key, store, self.now)).collect();
        entries.sort_by(|one, other| (other.created, &one.key).cmp(&(one.created, &other.key)));
        Ok(entries)
    }

    /// How many files have names that no key has, given how many have.
    pub(super) fn files_without_key(&self, entries: usize) -> usize {
        let Ok(files) = std::fs::read_dir(self.path()) else { return 0 };
        let names = files.flatten().filter(|file| !file.file_name().as_encoded_bytes().starts_with(b"."));
        names.count().saturating_sub(entries)
    }

    pub(super) fn path(&self) -> &Path {
        self.storage.path()
    }
}
