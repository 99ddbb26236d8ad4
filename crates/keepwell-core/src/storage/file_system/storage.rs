//! The folder's face: a [`ResultStorage`] that opens its folder when it is first needed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use rustix::fs::Mode;

use super::folder::Folder;
use super::root::Root;
use crate::record::StoreId;
use crate::storage::{
    ConditionalWrite, Durability, FileIdentity, Object, ObjectKind, ObjectName, ObjectWatch, ResultStorage,
    StorageFault, Version,
};
use crate::{Error, ErrorKind};

/// How a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystemOptions {
    /// Whether other users of the machine share the folder: files and folders are open to the folder's group, and a folder
    /// that others own or may write to is accepted.
    pub shared: bool,
    /// The most bytes of damaged files that are kept for a later look; the oldest go first. 1 GiB by default.
    pub quarantine_limit: u64,
}

impl Default for FileSystemOptions {
    fn default() -> Self {
        Self { shared: false, quarantine_limit: 1 << 30 }
    }
}

impl FileSystemOptions {
    pub(super) fn file_mode(self) -> Mode {
        Mode::from_raw_mode(if self.shared { 0o660 } else { 0o600 })
    }

    pub(super) fn folder_mode(self) -> Mode {
        Mode::from_raw_mode(if self.shared { 0o770 } else { 0o700 })
    }
}

/// Keeps objects in a folder, one file for each, named by the cache key.
///
/// The folder is made by the first write, never by a read, and may be removed or replaced at any time: that is a
/// miss for a reader, and the next write makes it anew. A folder that may not be written to can be read.
#[derive(Debug)]
pub struct FileSystemStorage {
    path: PathBuf,
    options: FileSystemOptions,
    root: RwLock<Option<Arc<Root>>>,
    folder: RwLock<Option<Arc<Folder>>>,
}

impl FileSystemStorage {
    /// The storage in this folder, which need not exist yet. A relative path is taken from the current folder, once.
    ///
    /// # Errors
    /// See [`open_with`](Self::open_with).
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_with(path, FileSystemOptions::default())
    }

    /// The storage in this folder, opened in this way. Nothing is written.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) if the path is not a folder, cannot be read, or may be written to by
    /// others while it is not shared; [`Unsupported`](crate::ErrorKind::Unsupported) if a newer keepwell has laid it out;
    /// [`Corrupt`](crate::ErrorKind::Corrupt) if `.keepwell/store.json` is damaged.
    pub fn open_with(path: impl Into<PathBuf>, options: FileSystemOptions) -> Result<Self, Error> {
        let storage = Self::at(path, options);
        storage.root()?;
        Ok(storage)
    }

    /// The storage in this folder, which is not looked at before it is first read or written: what is wrong with it, each
    /// operation says.
    pub fn at(path: impl Into<PathBuf>, options: FileSystemOptions) -> Self {
        let given = path.into();
        // Without a current folder a relative path stays as it is, and the first operation fails.
        let path = std::path::absolute(&given).unwrap_or(given);
        Self { path, options, root: RwLock::default(), folder: RwLock::default() }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder for reading, if there is one by now.
    fn root(&self) -> Result<Option<Arc<Root>>, Error> {
        if let Some(root) = &*self.root.read() {
            return Ok(Some(Arc::clone(root)));
        }
        let root = Root::open(&self.path, self.options.shared)?.map(Arc::new);
        self.root.write().clone_from(&root);
        Ok(root)
    }

    /// What there is in the folder, if there is one.
    fn found(&self, look: impl FnOnce(&Root) -> Result<Option<Object>, Error>) -> Result<Option<Object>, StorageFault> {
        let Some(root) = self.root()? else { return Ok(None) };
        let found = look(&root)?;
        if found.is_none() {
            self.leave_removed(&root);
        }
        Ok(found)
    }

    /// Lets the next read open the path anew if its folder has been removed: there may be another by then.
    fn leave_removed(&self, root: &Root) {
        if root.is_gone() {
            *self.root.write() = None;
        }
    }

    /// The folder for writing, made where it is not there, and anew where it has been removed.
    fn folder(&self) -> Result<Arc<Folder>, StorageFault> {
        if let Some(folder) = self.folder.read().as_ref().filter(|folder| !folder.is_gone()) {
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(Folder::open(&self.path, self.options)?);
        *self.root.write() = Some(Arc::clone(&folder.root));
        *self.folder.write() = Some(Arc::clone(&folder));
        Ok(folder)
    }
}

impl ResultStorage for FileSystemStorage {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        match self.root()? {
            Some(root) => Ok(root.id()?),
            None => Ok(None),
        }
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        let id = self.folder()?.root.id()?;
        id.ok_or_else(|| {
            let message = format!("the store `{}` lost its `.keepwell/store.json`", self.path.display());
            Error::new(ErrorKind::Storage, message).with_hint("was the folder cleared while it was in use?").into()
        })
    }

    fn is_private(&self) -> bool {
        matches!(self.root(), Ok(Some(root)) if root.is_private)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.found(|root| root.get(name, limit))
    }

    fn map(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.found(|root| root.map(name, limit))
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        match self.root()? {
            Some(root) => Ok(root.identity(name)?),
            None => Ok(None),
        }
    }

    fn watch(&self, name: &ObjectName, identity: &FileIdentity) -> Option<Box<dyn ObjectWatch>> {
        self.root().ok()??.watch(name, identity)
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.folder()?.create(name, &bytes, durability)
    }

    fn swap(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        expected: &Version,
        durability: Durability,
    ) -> Result<(), StorageFault> {
        self.folder()?.swap(name, &bytes, expected, durability)
    }

    fn write_many(&self, writes: &[ConditionalWrite], durability: Durability) -> Vec<Result<(), StorageFault>> {
        match self.folder() {
            Ok(folder) => folder.write_many(writes, durability),
            Err(fault) => vec![Err(fault)],
        }
    }

    fn barrier(&self) -> Result<(), StorageFault> {
        self.folder()?.barrier()
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.folder()?.put(name, &bytes, durability)
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        self.folder()?.remove(name, expected)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        match self.root()? {
            Some(root) => Ok(root.list(kind)?),
            None => Ok(Vec::new()),
        }
    }

    fn unlisted(&self) -> Result<Vec<(String, Bytes)>, StorageFault> {
        match self.root()? {
            Some(root) => Ok(root.unlisted()?),
            None => Ok(Vec::new()),
        }
    }

    fn relist(&self, name: &ObjectName) -> Result<(), StorageFault> {
        self.folder()?.relist(name)
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        self.folder()?.quarantine(name, version)
    }
}
