//! The two flushes that durability is made of. A failed one is never tried again: the kernel may have dropped the data and
//! would then report success.

use std::fs::File;
use std::io;

use crate::mistake::{self, Mistake};

/// Flushes the file's content to the disk.
pub(super) fn sync_content(file: &File) -> io::Result<()> {
    #[cfg(test)]
    seam::observe(seam::Flush::Content)?;
    if mistake::is_planted(Mistake::ContentNotFlushed) {
        return Ok(());
    }
    file.sync_data()
}

/// Flushes the folder's entries to the disk, on file systems that can.
pub(super) fn sync_entries(folder: &File) -> io::Result<()> {
    #[cfg(test)]
    seam::observe(seam::Flush::Entries)?;
    if mistake::is_planted(Mistake::EntriesNotFlushed) {
        return Ok(());
    }
    match folder.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        outcome => outcome,
    }
}

/// Flushes everything on the file system that holds the folder: one wait for any number of files.
pub(super) fn sync_file_system(folder: &File) -> io::Result<()> {
    #[cfg(test)]
    seam::observe(seam::Flush::FileSystem)?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(folder)?;
    #[cfg(not(target_os = "linux"))]
    rustix::fs::sync();
    Ok(())
}

/// Where a test watches the flushes of its own thread, and breaks them.
#[cfg(test)]
pub(super) mod seam {
    use std::cell::{Cell, RefCell};
    use std::io;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Flush {
        Content,
        Entries,
        FileSystem,
    }

    thread_local! {
        static SEEN: RefCell<Vec<Flush>> = const { RefCell::new(Vec::new()) };
        static BROKEN: Cell<Option<Flush>> = const { Cell::new(None) };
    }

    pub(super) fn observe(flush: Flush) -> io::Result<()> {
        SEEN.with_borrow_mut(|seen| seen.push(flush));
        match BROKEN.get() {
            Some(broken) if broken == flush => Err(io::Error::other("the disk is broken")),
            Some(_) | None => Ok(()),
        }
    }

    /// The flushes since the last call.
    pub(crate) fn take() -> Vec<Flush> {
        SEEN.take()
    }

    /// Lets every flush of this kind fail from now on, or none.
    pub(crate) fn break_flush(flush: Option<Flush>) {
        BROKEN.set(flush);
    }
}
