//! Folders to break things in.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::{Checked, Failure};

/// Where a folder is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// In memory, where the machine has such a file system: a flush costs nothing there.
    Memory,
    /// On the disk.
    Disk,
}

/// A folder that is removed in the end, unless something is found in it.
#[derive(Debug)]
pub(crate) struct Ground(TempDir);

impl Ground {
    /// A new folder.
    pub(crate) fn new(medium: Medium) -> Checked<Self> {
        let memory = Path::new("/dev/shm");
        let parent = match medium {
            Medium::Memory if memory.is_dir() => memory.to_owned(),
            Medium::Memory | Medium::Disk => std::env::temp_dir(),
        };
        Ok(Self(tempfile::Builder::new().prefix("keepwell-reliability-").tempdir_in(parent)?))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder of the store in it.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    /// Removes the folder if all went well, and keeps it otherwise.
    pub(crate) fn judge<T>(mut self, outcome: Checked<T>) -> Checked<T> {
        outcome.map_err(|failure| {
            self.0.disable_cleanup(true);
            failure.with_folder(self.0.path().to_owned())
        })
    }
}

/// Copies a folder with all that is in it: plain files and folders.
pub(crate) fn copy(from: &Path, to: &Path) -> Checked<()> {
    let copied = || -> std::io::Result<()> {
        fs::create_dir(to)?;
        fs::set_permissions(to, fs::metadata(from)?.permissions())?;
        Ok(())
    };
    copied().map_err(|error| Failure::from(error).within(to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// How many entries the folder has; none where it is not there.
pub(crate) fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
