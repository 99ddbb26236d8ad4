//! The store's folder, opened once for reading. Nothing here writes, so a folder that may not be written to is as good as
//! any other.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags, Stat};
use rustix::io::Errno;

use super::read::{self, ReadFailure};
use super::{fault, names, store_file, watch};
use crate::record::StoreId;
use crate::storage::{FileIdentity, Object, ObjectKind, ObjectName, ObjectWatch};
use crate::{Error, ErrorKind};

/// An open folder and the path it was opened at, which is for messages alone.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) folder: File,
    pub(super) path: PathBuf,
    /// Whether the folder is this user's, nobody else may write to it, and it is not meant to be shared.
    pub(super) is_private: bool,
    id: OnceLock<StoreId>,
}

impl Root {
    /// Opens the folder; `None` where there is none.
    ///
    /// The path may lead through links, a user's own; nothing inside the folder may. Unless it is `shared`, others than
    /// this user and root must not be able to write to it.
    pub(super) fn open(path: &Path, shared: bool) -> Result<Option<Self>, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(folder) => File::from(folder),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(fault::cannot_read(path, errno.into())),
        };
        let stat = rustix::fs::fstat(&folder).map_err(|errno| fault::cannot_read(path, errno.into()))?;
        if !shared {
            refuse_foreign_writers(path, &stat)?;
        }
        let is_private = !shared && is_own(&stat) && !others_may_write(&stat);
        let root = Self { folder, path: path.to_owned(), is_private, id: OnceLock::new() };
        root.id()?;
        Ok(Some(root))
    }

    /// The store's id, which never changes once it is there.
    pub(super) fn id(&self) -> Result<Option<StoreId>, Error> {
        if let Some(id) = self.id.get() {
            return Ok(Some(*id));
        }
        let found = store_file::read_id(self)?;
        Ok(found.map(|id| *self.id.get_or_init(|| id)))
    }

    /// Whether somebody has removed the folder since it was opened.
    pub(super) fn is_gone(&self) -> bool {
        is_removed(&self.folder)
    }

    /// The object of this name.
    pub(super) fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, Error> {
        let path = names::relative_path(name);
        read::read(&self.folder, &path, limit).map_err(|failure| self.cannot_read(&path, failure))
    }

    /// The object of this name, mapped if it is a large one that nobody writes to.
    pub(super) fn map(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, Error> {
        if name.kind() != ObjectKind::Blob {
            return self.get(name, limit);
        }
        let path = names::relative_path(name);
        read::map(&self.folder, &path, limit).map_err(|failure| self.cannot_read(&path, failure))
    }

    /// The identity of the object's file.
    pub(super) fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, Error> {
        let path = names::relative_path(name);
        read::identity(&self.folder, &path).map_err(|errno| self.cannot_read(&path, ReadFailure::System(errno.into())))
    }

    /// Holds the object's file, if it is still the one of `identity`.
    pub(super) fn watch(&self, name: &ObjectName, identity: &FileIdentity) -> Option<Box<dyn ObjectWatch>> {
        watch::watch(&self.folder, &names::relative_path(name), identity)
    }

    /// Why the file at this relative path was not read.
    pub(super) fn cannot_read(&self, path: &str, failure: ReadFailure) -> Error {
        let path = self.path.join(path);
        match failure {
            ReadFailure::System(cause) => fault::cannot_read(&path, cause),
            ReadFailure::NotAFile => fault::not_an_object(&path, "not a regular file"),
            ReadFailure::TooLarge(size) => fault::not_an_object(&path, &format!("too large, at {size} bytes")),
        }
    }

    /// Why the file at this relative path was not written.
    pub(super) fn cannot_write(&self, path: &str, cause: impl Into<io::Error>) -> Error {
        fault::cannot_write(&self.path.join(path), cause.into())
    }
}

/// Whether an open folder has no name any more.
pub(super) fn is_removed(folder: &File) -> bool {
    rustix::fs::fstat(folder).is_ok_and(|stat| stat.st_nlink == 0)
}

fn refuse_foreign_writers(path: &Path, stat: &Stat) -> Result<(), Error> {
    let reason = if !may_own(stat) {
        "belongs to another user"
    } else if others_may_write(stat) {
        "can be written to by others"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Storage, format!("the folder `{}` {reason}", path.display()))
        .with_hint("take their right to write away (`chmod go-w`), or ask for shared mode if that is meant"))
}

fn may_own(stat: &Stat) -> bool {
    stat.st_uid == 0 || is_own(stat)
}

pub(super) fn is_own(stat: &Stat) -> bool {
    stat.st_uid == rustix::process::geteuid().as_raw()
}

/// Many systems give each user a group of the same name and let the group write by default: this user's own group does
/// not count as others.
pub(super) fn others_may_write(stat: &Stat) -> bool {
    let mode = Mode::from_raw_mode(stat.st_mode);
    let own_group = stat.st_gid == rustix::process::getegid().as_raw();
    mode.contains(Mode::WOTH) || (mode.contains(Mode::WGRP) && !own_group)
}
