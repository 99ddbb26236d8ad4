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
use super::temporary::temporary_name;
use super::{fault, sync};
use crate::Error;
use crate::mistake::{self, Mistake};
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
        let prepared = PreparedWrite { folder: self, temporary: temporary_name(), durability };
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
        if mistake::is_planted(Mistake::WriteInPlace) {
            return self.write_over(place).map_err(StorageFault::Unknown);
        }
        match rustix::fs::renameat(&self.folder.temporary, &self.temporary, place.directory(), place.name()) {
            Ok(()) => self.settle(place),
            Err(errno) => Err(self.unavailable(place, errno)),
        }
    }

    /// The mistake itself.
    fn write_over(&self, place: &Place<'_>) -> Result<(), Error> {
        let path = |inner: &str| self.folder.root.path.join(inner);
        std::fs::copy(path(".keepwell/tmp").join(&self.temporary), path(place.path()))
            .map(|_| ())
            .map_err(|cause| self.folder.root.cannot_write(place.path(), cause))
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
        if mistake::is_planted(Mistake::TemporaryFileKept) {
            return;
        }
        let _ = rustix::fs::unlinkat(&self.folder.temporary, &self.temporary, AtFlags::empty());
    }
}

#[cfg(test)]
mod tests {
    use super::sync::seam::{self, Flush};
    use super::*;
    use crate::ErrorKind;
    use crate::key::{CacheKey, Digest};
    use crate::storage::file_system::storage::FileSystemOptions;
    use crate::storage::{ObjectName, Version};

    const CREATED: &[u8] = b"created";

    fn folder() -> (tempfile::TempDir, Folder) {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outer.path().join("store"), FileSystemOptions::default()).unwrap();
        seam::take();
        (outer, folder)
    }

    fn head() -> ObjectName {
        ObjectName::Head(CacheKey::new("a").unwrap())
    }

    fn files(folder: &Folder, path: &str) -> usize {
        std::fs::read_dir(folder.root.path.join(path)).unwrap().count()
    }

    #[test]
    fn each_durability_flushes_what_it_promises_and_no_more() {
        let expected = [
            (Durability::None, vec![]),
            (Durability::Ordered, vec![Flush::Content]),
            (Durability::Full, vec![Flush::Content, Flush::Entries]),
        ];
        for (durability, flushes) in expected {
            let (_outer, folder) = folder();
            folder.create(&head(), CREATED, durability).unwrap();
            assert_eq!(seam::take(), flushes);
            folder.swap(&head(), b"swapped", &Version::Content(Digest::of(CREATED)), durability).unwrap();
            assert_eq!(seam::take(), flushes);
            folder.put(&head(), b"put", durability).unwrap();
            assert_eq!(seam::take(), flushes);
        }
    }

    #[test]
    fn a_blob_that_is_there_is_made_as_durable_as_asked() {
        let (_outer, folder) = folder();
        let blob = ObjectName::Blob(Digest::of(b"blob"));
        folder.put(&blob, b"blob", Durability::None).unwrap();
        seam::take();
        folder.put(&blob, b"blob", Durability::Full).unwrap();
        // The last is the folder that its folder is in.
        assert_eq!(seam::take(), [Flush::Content, Flush::Entries, Flush::Entries]);
    }

    #[test]
    fn a_failed_flush_of_the_content_changes_nothing_and_is_not_tried_again() {
        let (_outer, folder) = folder();
        folder.create(&head(), CREATED, Durability::None).unwrap();
        seam::break_flush(Some(Flush::Content));
        let fault = folder.put(&head(), b"put", Durability::Ordered).unwrap_err();
        seam::break_flush(None);
        assert!(matches!(fault, StorageFault::Unavailable(error) if error.kind() == ErrorKind::Storage));
        assert_eq!(seam::take(), [Flush::Content]);
        assert_eq!(std::fs::read(folder.root.path.join("a")).unwrap(), CREATED);
        assert_eq!(files(&folder, ".keepwell/tmp"), 0);
    }

    #[test]
    fn a_failed_flush_of_the_folder_leaves_the_outcome_unknown() {
        let (_outer, folder) = folder();
        seam::break_flush(Some(Flush::Entries));
        let fault = folder.create(&head(), CREATED, Durability::Full).unwrap_err();
        seam::break_flush(None);
        assert!(matches!(fault, StorageFault::Unknown(_)), "{fault:?}");
        assert_eq!(seam::take(), [Flush::Content, Flush::Entries]);
    }

    #[test]
    fn a_prepared_write_that_is_dropped_leaves_nothing() {
        let (_outer, folder) = folder();
        let prepared = folder.prepare(b"x", Durability::None).unwrap();
        assert_eq!(files(&folder, ".keepwell/tmp"), 1);
        drop(prepared);
        assert_eq!(files(&folder, ".keepwell/tmp"), 0);
    }

    #[test]
    fn a_long_keys_name_is_kept_as_long_as_its_head() {
        let (_outer, folder) = folder();
        let long = ObjectName::Head(CacheKey::new("k".repeat(300)).unwrap());
        folder.create(&long, CREATED, Durability::None).unwrap();
        assert_eq!(files(&folder, ".keepwell/names"), 1);
        folder.remove(&long, None).unwrap();
        assert_eq!(files(&folder, ".keepwell/names"), 0);
    }
}
