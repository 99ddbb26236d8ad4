//! The folder that a command looks at, and the entries in it.

use std::path::{Path, PathBuf};

use clap::Args;
use keepwell_core::clock::{Clock, SystemClock, Timestamp};
use keepwell_core::storage::{FileSystemStorage, ObjectKind, ObjectName, ResultStorage};

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
    pub(super) storage: FileSystemStorage,
    pub(super) now: Timestamp,
}

impl Target {
    pub(super) fn open(&self, session: &mut Session) -> Result<Folder, Failure> {
        let path = match &self.storage {
            Some(path) if !path.is_dir() => {
                return Err(Failure::refused(format!("there is no folder `{}`", path.display())));
            }
            Some(path) => path.clone(),
            None => default_folder(session)?,
        };
        Ok(Folder { storage: FileSystemStorage::open(path)?, now: SystemClock::new().now() })
    }
}

impl Folder {
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
