//! How a file gets its content and its name.
//!
//! A write is prepared (a temporary file is written and flushed) and then published (renamed, and the folder flushed). Until
//! it is published nothing has changed, and a prepared write that is dropped leaves nothing behind.

use std::fs::File;
use std::io::{self, Write};

use rustix::fs::{AtFlags, OFlags, RenameFlags};
use rustix::io::Errno;

use super::folder::Folder;
use super::place::Place;
use super::{fault, sync};
use crate::storage::{Durability, StorageFault};

/// A file that is written but has no name yet.
#[derive(Debug)]
pub(super) struct PreparedWrite<'a> {
    folder: &'a Folder,
    temporary: String,
    durability: Durability,
}

impl Folder {
    /// Writes a temporary file, and flushes it unless the durability is [`Durability::None`].
    pub(super) fn prepare(&self, bytes: &[u8], durability: Durability) -> Result<PreparedWrite<'_>, StorageFault> {
        let prepared = PreparedWrite { folder: self, temporary: self.temporary_names.next(), durability };
        match prepared.fill(bytes) {
            Ok(()) => Ok(prepared),
            Err(cause) => Err(StorageFault::Unavailable(self.root.cannot_write(".keepwell/tmp", cause))),
        }
    }

    /// Removes the file, and says whether there was one.
    pub(super) fn unlink(&self, place: &Place<'_>) -> Result<bool, StorageFault> {
        match rustix::fs::unlinkat(place.directory(), place.name(), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(StorageFault::Unavailable(self.root.cannot_write(place.path(), errno))),
        }
    }
}

impl PreparedWrite<'_> {
    /// Gives the file its name, which must be free.
    pub(super) fn create(self, place: &Place<'_>) -> Result<(), StorageFault> {
        match self.rename_to_free(place) {
            Ok(()) => self.settle(place),
            Err(Errno::EXIST) => Err(StorageFault::Precondition),
            Err(errno) => Err(self.unavailable(place, errno)),
        }
    }

    /// Gives the file its name, in the place of whatever file has it now.
    pub(super) fn replace(self, place: &Place<'_>) -> Result<(), StorageFault> {
        match rustix::fs::renameat(&self.folder.temporary, &self.temporary, place.directory(), place.name()) {
            Ok(()) => self.settle(place),
            Err(errno) => Err(self.unavailable(place, errno)),
        }
    }

    fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mode = self.folder.options.file_mode();
        let file = rustix::fs::openat(&self.folder.temporary, &self.temporary, flags, mode)?;
        let mut file = File::from(file);
        if self.folder.options.shared {
            // The mode that a file is made with is cut by the umask.
            rustix::fs::fchmod(&file, mode)?;
        }
        file.write_all(bytes)?;
        match self.durability {
            Durability::None => Ok(()),
            Durability::Ordered | Durability::Full => sync::sync_content(&file),
        }
    }

    fn rename_to_free(&self, place: &Place<'_>) -> Result<(), Errno> {
        let (from, to) = (&self.folder.temporary, place.directory());
        match rustix::fs::renameat_with(from, &self.temporary, to, place.name(), RenameFlags::NOREPLACE) {
            // A file system that has no such rename has links; the temporary name goes when this value does.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(from, &self.temporary, to, place.name(), AtFlags::empty())
            }
            outcome => outcome,
        }
    }

    fn settle(&self, place: &Place<'_>) -> Result<(), StorageFault> {
        match self.durability {
            Durability::None | Durability::Ordered => Ok(()),
            Durability::Full => sync::sync_entries(place.directory())
                .map_err(|cause| fault::not_known_to_last(&self.folder.root.path.join(place.path()), cause)),
        }
    }

    fn unavailable(&self, place: &Place<'_>, errno: Errno) -> StorageFault {
        StorageFault::Unavailable(self.folder.root.cannot_write(place.path(), errno))
    }
}

impl Drop for PreparedWrite<'_> {
    /// Removes the temporary name, which is gone already after a rename.
    fn drop(&mut self) {
        let _ = rustix::fs::unlinkat(&self.folder.temporary, &self.temporary, AtFlags::empty());
    }
}
