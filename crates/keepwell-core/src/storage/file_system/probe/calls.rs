//! The system calls that are tried out, behind a contract so that a test can show what a broken one looks like.

use std::fs::File;
use std::io;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::storage::file_system::{read, sync};

/// What a file system is asked to do. Every folder is open, and names lead out of none.
pub(super) trait Calls {
    /// Makes a file, only if there is none of that name.
    fn create(&self, folder: &File, name: &str) -> io::Result<File>;

    /// Opens a file that is there.
    fn open(&self, folder: &File, name: &str) -> io::Result<File>;

    /// Gives a file the name of another, which is gone then.
    fn rename(&self, folder: &File, from: &str, to: &str) -> io::Result<()>;

    /// Gives a file another name, only if no file has it.
    fn rename_to_free(&self, folder: &File, from: &str, to: &str) -> io::Result<()>;

    /// Gives a file a second name, only if no file has it.
    fn link(&self, folder: &File, from: &str, to: &str) -> io::Result<()>;

    /// Takes the lock of a file if it is free, and says whether it was.
    fn try_lock(&self, file: &File) -> io::Result<bool>;

    /// Flushes a file's content.
    fn sync_content(&self, file: &File) -> io::Result<()>;

    /// Flushes a folder's entries.
    fn sync_entries(&self, folder: &File) -> io::Result<()>;

    /// Flushes the whole file system.
    fn sync_all(&self, folder: &File) -> io::Result<()>;

    /// When the file's content last changed, in nanoseconds since the epoch.
    fn modified(&self, file: &File) -> io::Result<i128>;
}

/// The calls of the operating system.
pub(super) struct SystemCalls;

impl Calls for SystemCalls {
    fn create(&self, folder: &File, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR).map(File::from)?)
    }

    fn open(&self, folder: &File, name: &str) -> io::Result<File> {
        Ok(read::open_beneath(folder, name, OFlags::RDONLY).map(File::from)?)
    }

    fn rename(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(folder, from, folder, to)?)
    }

    fn rename_to_free(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE)?)
    }

    fn link(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?)
    }

    fn try_lock(&self, file: &File) -> io::Result<bool> {
        match rustix::io::retry_on_intr(|| rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    fn sync_content(&self, file: &File) -> io::Result<()> {
        sync::sync_content(file)
    }

    fn sync_entries(&self, folder: &File) -> io::Result<()> {
        sync::sync_entries(folder)
    }

    #[cfg(target_os = "linux")]
    fn sync_all(&self, folder: &File) -> io::Result<()> {
        Ok(rustix::fs::syncfs(folder)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_all(&self, _folder: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn modified(&self, file: &File) -> io::Result<i128> {
        let stat = rustix::fs::fstat(file)?;
        let identity = read::identity_of(&stat).ok_or(io::ErrorKind::InvalidData)?;
        Ok(identity.modified)
    }
}
