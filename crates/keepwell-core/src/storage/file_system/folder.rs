//! The store's folder, opened for writing: everything under `.keepwell` is there and open.
//!
//! What is written where is in the neighbouring files; this one makes the folders and knows their modes.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::names::PRIVATE;
use super::read::ReadFailure;
use super::root::{Root, is_removed};
use super::shard::ShardLocks;
use super::storage::FileSystemOptions;
use super::{fault, read, store_file, sync};
use crate::storage::StorageFault;

/// A folder that can be written to.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) root: Arc<Root>,
    pub(super) options: FileSystemOptions,
    pub(super) private: File,
    pub(super) blobs: File,
    pub(super) transactions: File,
    pub(super) locks: File,
    pub(super) names: File,
    pub(super) quarantine: File,
    pub(super) temporary: File,
    pub(super) shards: ShardLocks,
}

impl Folder {
    /// Opens the folder, makes what it has not got, and clears away what dead writers left.
    pub(super) fn open(path: &Path, options: FileSystemOptions) -> Result<Self, StorageFault> {
        let root = open_root(path, options)?;
        let make = |parent: &File, name: &str| {
            make_folder(parent, name, options.folder_mode())
                .map_err(|cause| StorageFault::Unavailable(root.cannot_write(name, cause)))
        };
        let private = make(&root.folder, PRIVATE)?;
        let folder = Self {
            blobs: make(&private, "blobs")?,
            transactions: make(&private, "transactions")?,
            locks: make(&private, "locks")?,
            names: make(&private, "names")?,
            quarantine: make(&private, "quarantine")?,
            temporary: make(&private, "tmp")?,
            shards: ShardLocks::new(make(&private, "shards")?, options.file_mode()),
            private,
            root: Arc::new(root),
            options,
        };
        folder.settle()?;
        Ok(folder)
    }

    /// Whether somebody has removed the folder, or `.keepwell` in it, since it was opened.
    pub(super) fn is_gone(&self) -> bool {
        self.root.is_gone() || is_removed(&self.temporary)
    }

    /// Opens a folder, made first where it is not there.
    pub(super) fn open_or_make_folder(&self, parent: &File, name: &str) -> io::Result<File> {
        match open_folder(parent, name) {
            Err(Errno::NOENT) => make_folder(parent, name, self.options.folder_mode()),
            outcome => Ok(outcome?),
        }
    }

    fn settle(&self) -> Result<(), StorageFault> {
        let path = format!("{PRIVATE}/{}", store_file::NAME);
        let found = read::identity(&self.private, store_file::NAME)
            .map_err(|errno| self.root.cannot_read(&path, ReadFailure::System(errno.into())))?;
        // What is there but no file at all is found out by the reading.
        if found.is_none() {
            store_file::create(self)?;
            sync::sync_entries(&self.root.folder)
                .map_err(|cause| fault::not_known_to_last(&self.root.path.join(PRIVATE), cause))?;
        }
        store_file::read_id(&self.root)?;
        self.clear_abandoned();
        Ok(())
    }
}

/// Opens the store's own folder, made first where it is not there.
fn open_root(path: &Path, options: FileSystemOptions) -> Result<Root, StorageFault> {
    if let Some(root) = Root::open(path, options.shared)? {
        return Ok(root);
    }
    let unavailable = |cause: io::Error| StorageFault::Unavailable(fault::cannot_write(path, cause));
    make_root(path, options.folder_mode()).map_err(unavailable)?;
    let root = Root::open(path, options.shared)?;
    root.ok_or_else(|| unavailable(io::ErrorKind::NotFound.into()))
}

fn make_root(path: &Path, mode: Mode) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    if make_at(CWD, path, mode)? {
        rustix::fs::chmod(path, mode)?;
    }
    sync::sync_entries(&File::open(parent)?)
}

/// Opens a folder in a folder, made first where it is not there.
fn make_folder(parent: &File, name: &str, mode: Mode) -> io::Result<File> {
    let made = make_at(parent, name, mode)?;
    let folder = open_folder(parent, name)?;
    if made {
        // The mode that a folder is made with is cut by the umask.
        rustix::fs::fchmod(&folder, mode)?;
    }
    Ok(folder)
}

/// Makes a folder, and says whether it was not there before.
pub(super) fn make_at(parent: impl AsFd, path: impl rustix::path::Arg, mode: Mode) -> io::Result<bool> {
    match rustix::fs::mkdirat(parent, path, mode) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a folder in a folder, which must not be a link.
pub(super) fn open_folder(parent: &File, name: &str) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(parent, name, flags, Mode::empty()).map(File::from)
}
