//! Where an object's file goes: an open folder, and a name in it that cannot lead out of it.

use std::borrow::Cow;
use std::fs::File;

use super::folder::Folder;
use super::names;
use crate::Error;
use crate::storage::ObjectName;

/// An open folder and a file name in it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    directory: Directory<'a>,
    path: Cow<'a, str>,
}

#[derive(Debug)]
enum Directory<'a> {
    Kept(&'a File),
    Opened(File),
}

impl<'a> Place<'a> {
    /// The last component of `path`, which is relative to the store's folder, in the folder that is open at the rest.
    pub(super) fn new(directory: &'a File, path: impl Into<Cow<'a, str>>) -> Self {
        Self { directory: Directory::Kept(directory), path: path.into() }
    }

    /// The folder that holds the file.
    pub(super) fn directory(&self) -> &File {
        match &self.directory {
            Directory::Kept(directory) => directory,
            Directory::Opened(directory) => directory,
        }
    }

    /// The file's name in that folder.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().expect("splitting yields at least one piece")
    }

    /// The file's path relative to the store's folder.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl Folder {
    /// Where the object goes. Makes the folder that it goes into, not the file.
    pub(super) fn place<'a>(&'a self, name: &'a ObjectName) -> Result<Place<'a>, Error> {
        let path = names::relative_path(name);
        let directory = match name {
            ObjectName::Head(_) => Directory::Kept(&self.root.folder),
            ObjectName::Decision(_) => Directory::Kept(&self.transactions),
            ObjectName::Lock(_) => Directory::Kept(&self.locks),
            ObjectName::Blob(digest) => {
                let prefix = &digest.to_hex()[..2];
                let made = self.open_or_make_folder(&self.blobs, prefix);
                Directory::Opened(made.map_err(|cause| self.root.cannot_write(&path, cause))?)
            }
        };
        Ok(Place { directory, path })
    }
}
