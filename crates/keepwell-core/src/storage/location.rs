//! Where a policy or task says that something is to be kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ResultStorage;

/// A storage as users name it. Two locations are equal if they are the same path or the same storage object.
#[derive(Clone, Debug)]
pub enum StorageLocation {
    /// A folder.
    Path(PathBuf),
    /// A storage that has been opened.
    Storage(Arc<dyn ResultStorage>),
}

impl PartialEq for StorageLocation {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(one), Self::Path(other)) => one == other,
            (Self::Storage(one), Self::Storage(other)) => Arc::ptr_eq(one, other),
            (Self::Path(_), Self::Storage(_)) | (Self::Storage(_), Self::Path(_)) => false,
        }
    }
}

impl fmt::Display for StorageLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(formatter),
            Self::Storage(storage) => formatter.write_str(&storage.location()),
        }
    }
}

impl From<PathBuf> for StorageLocation {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for StorageLocation {
    fn from(path: &Path) -> Self {
        Self::Path(path.into())
    }
}

impl From<&str> for StorageLocation {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

impl<S: ResultStorage + 'static> From<Arc<S>> for StorageLocation {
    fn from(storage: Arc<S>) -> Self {
        Self::Storage(storage)
    }
}

impl From<Arc<dyn ResultStorage>> for StorageLocation {
    fn from(storage: Arc<dyn ResultStorage>) -> Self {
        Self::Storage(storage)
    }
}
