//! Reading a file below a folder: no symbolic link is followed, nothing but a regular file is read, nothing can hang.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{large, mapping};
use crate::mistake::{self, Mistake};
use crate::storage::{FileIdentity, Object};

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// The operating system would not.
    System(io::Error),
    /// A link, a folder, a pipe or a device.
    NotAFile,
    /// More bytes than the caller allows.
    TooLarge(u64),
}

impl From<Errno> for ReadFailure {
    fn from(errno: Errno) -> Self {
        match errno {
            // A link where none may be, a file or link where a folder should be, a socket.
            Errno::LOOP | Errno::NOTDIR | Errno::NXIO => Self::NotAFile,
            _ => Self::System(errno.into()),
        }
    }
}

/// The whole content of a regular file of at most `limit` bytes; `None` where there is none.
pub(super) fn read(folder: &File, path: &str, limit: u64) -> Result<Option<Object>, ReadFailure> {
    let Some(opened) = open(folder, path, limit)? else { return Ok(None) };
    opened.read().map(Some)
}

/// [`read`], with a file of at least [`mapping::FLOOR`] bytes mapped into memory. The file is one that nobody writes to.
pub(super) fn map(folder: &File, path: &str, limit: u64) -> Result<Option<Object>, ReadFailure> {
    let Some(opened) = open(folder, path, limit)? else { return Ok(None) };
    match mapping::map(&opened.file, opened.size) {
        Some(bytes) => Ok(Some(Object { identity: Some(opened.identity), ..Object::of(bytes) })),
        None => opened.read().map(Some),
    }
}

/// A file that is open.
struct Opened {
    file: OwnedFd,
    identity: FileIdentity,
    size: usize,
}

impl Opened {
    fn read(self) -> Result<Object, ReadFailure> {
        let (bytes, digest) = match large::read(&self.file, self.size) {
            Some((bytes, digest)) => (bytes, Some(digest)),
            None => (content(&self.file, self.size)?, None),
        };
        Ok(Object { bytes, identity: Some(self.identity), tag: None, digest })
    }
}

/// A regular file of at most `limit` bytes; `None` where there is none.
fn open(folder: &File, path: &str, limit: u64) -> Result<Option<Opened>, ReadFailure> {
    let file = match open_beneath(folder, path, OFlags::RDONLY) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let stat = rustix::fs::fstat(&file)?;
    let identity = identity_of(&stat).ok_or(ReadFailure::NotAFile)?;
    if identity.size > limit {
        return Err(ReadFailure::TooLarge(identity.size));
    }
    let size = usize::try_from(identity.size).map_err(|_| ReadFailure::TooLarge(identity.size))?;
    Ok(Some(Opened { file, identity, size }))
}

/// The identity of a regular file; `None` where there is none.
pub(super) fn identity(folder: &File, path: &str) -> Result<Option<FileIdentity>, Errno> {
    match rustix::fs::statat(folder, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(identity_of(&stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Opens what is at a relative path without following a symbolic link anywhere on it, and without waiting for the other
/// end of a pipe.
pub(super) fn open_beneath(folder: &File, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    if mistake::is_planted(Mistake::LinksFollowed) {
        return rustix::fs::openat(folder, path, flags | OFlags::CLOEXEC, Mode::empty());
    }
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    #[cfg(target_os = "linux")]
    if let Some(outcome) = resolve_in_kernel(folder, path, flags) {
        return outcome;
    }
    step_by_step(folder, path, flags)
}

/// `openat2` (Linux 5.6), or `None` where the kernel has not got it or a sandbox forbids it.
#[cfg(target_os = "linux")]
fn resolve_in_kernel(folder: &File, path: &str, flags: OFlags) -> Option<Result<OwnedFd, Errno>> {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fs::ResolveFlags;

    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return None;
    }
    match rustix::fs::openat2(folder, path, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        Err(Errno::NOSYS | Errno::PERM) => {
            MISSING.store(true, Ordering::Relaxed);
            None
        }
        outcome => Some(outcome),
    }
}

/// The same without `openat2`: every folder on the way is opened by itself, so that none can be a link.
fn step_by_step(folder: &File, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let Some((first, rest)) = path.split_once('/') else {
        return rustix::fs::openat(folder, path, flags, Mode::empty());
    };
    let way = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let inner = rustix::fs::openat(folder, first, way, Mode::empty())?;
    step_by_step(&File::from(inner), rest, flags)
}

fn content(file: &OwnedFd, room: usize) -> Result<Bytes, ReadFailure> {
    let mut content = Vec::new();
    content.try_reserve_exact(room).map_err(|_| ReadFailure::TooLarge(room as u64))?;
    while content.len() < room {
        let read = rustix::io::retry_on_intr(|| rustix::io::read(file, spare_capacity(&mut content)))?;
        if read == 0 {
            break;
        }
    }
    Ok(Bytes::from(content))
}

pub(super) fn identity_of(stat: &Stat) -> Option<FileIdentity> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return None;
    }
    #[allow(clippy::unnecessary_cast, reason = "a device number is narrower on other systems")]
    Some(FileIdentity {
        device: stat.st_dev as u64,
        inode: stat.st_ino,
        size: u64::try_from(stat.st_size).ok()?,
        modified: nanoseconds(stat.st_mtime.into(), stat.st_mtime_nsec.into()),
        changed: nanoseconds(stat.st_ctime.into(), stat.st_ctime_nsec.into()),
    })
}

fn nanoseconds(seconds: i128, rest: i128) -> i128 {
    seconds * 1_000_000_000 + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_openat2_no_link_on_the_way_is_followed_either() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/file"), "x").unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("a/b/file", folder.path().join("last")).unwrap();
        let root = File::open(folder.path()).unwrap();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
        assert!(step_by_step(&root, "a/b/file", flags).is_ok());
        assert_eq!(step_by_step(&root, "link/b/file", flags).unwrap_err(), Errno::NOTDIR);
        assert_eq!(step_by_step(&root, "last", flags).unwrap_err(), Errno::LOOP);
    }
}
