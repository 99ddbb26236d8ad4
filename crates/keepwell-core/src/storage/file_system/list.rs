//! Which objects there are, read off the file names. Files that keepwell would not have named so are passed over.

use std::fs::File;

use bytes::Bytes;
use rustix::fs::{Dir, OFlags};
use rustix::io::Errno;

use super::names::{self, FileName, PRIVATE};
use super::read::{self, ReadFailure};
use super::root::Root;
use crate::Error;
use crate::id::TransactionId;
use crate::key::{CacheKey, Digest};
use crate::storage::{ObjectKind, ObjectName, SMALL_OBJECT_LIMIT};

impl Root {
    /// The names of all objects of this kind.
    pub(super) fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, Error> {
        match kind {
            ObjectKind::Head => self.heads(),
            ObjectKind::Blob => self.blobs(),
            ObjectKind::Decision => self.decisions(),
            ObjectKind::Lock => self.locks(),
        }
    }

    fn heads(&self) -> Result<Vec<ObjectName>, Error> {
        let names = self.file_names(&self.folder, "")?;
        let keys = names.iter().filter_map(|name| self.key_of(name, ObjectKind::Head).transpose());
        keys.map(|key| key.map(ObjectName::Head)).collect()
    }

    /// The heads with cut names whose keys are not noted, or noted wrongly: their files' names and contents.
    pub(super) fn unlisted(&self) -> Result<Vec<(String, Bytes)>, Error> {
        let mut unlisted = Vec::new();
        for name in self.file_names(&self.folder, "")? {
            let is_cut = matches!(names::decode(&name), Some(FileName::Cut(_)));
            if !is_cut || self.key_of(&name, ObjectKind::Head)?.is_some() {
                continue;
            }
            let found = read::read(&self.folder, &name, SMALL_OBJECT_LIMIT);
            unlisted.extend(found.ok().flatten().map(|file| (name, file.bytes)));
        }
        Ok(unlisted)
    }

    fn locks(&self) -> Result<Vec<ObjectName>, Error> {
        let names = self.names_in(&format!("{PRIVATE}/locks"))?;
        let keys = names.iter().filter_map(|name| self.key_of(name, ObjectKind::Lock).transpose());
        keys.map(|key| key.map(ObjectName::Lock)).collect()
    }

    fn key_of(&self, name: &str, kind: ObjectKind) -> Result<Option<CacheKey>, Error> {
        match names::decode(name) {
            Some(FileName::Key(key)) => Ok(Some(key)),
            Some(FileName::Cut(digest)) => {
                Ok(self.key_of_cut_name(digest, kind)?.filter(|key| names::encode(key.as_str()) == name))
            }
            None => Ok(None),
        }
    }

    fn key_of_cut_name(&self, digest: Digest, kind: ObjectKind) -> Result<Option<CacheKey>, Error> {
        let path = names::path_of_whole_key(digest, kind);
        let found = read::read(&self.folder, &path, SMALL_OBJECT_LIMIT);
        let found = found.map_err(|failure| self.cannot_read(&path, failure))?;
        Ok(found.and_then(|file| CacheKey::new(str::from_utf8(&file.bytes).ok()?).ok()))
    }

    fn blobs(&self) -> Result<Vec<ObjectName>, Error> {
        let mut blobs = Vec::new();
        for prefix in self.names_in(&format!("{PRIVATE}/blobs"))? {
            let names = self.names_in(&format!("{PRIVATE}/blobs/{prefix}"))?;
            let digests =
                names.iter().filter(|name| name.starts_with(&prefix)).filter_map(|name| Digest::from_hex(name));
            blobs.extend(digests.map(ObjectName::Blob));
        }
        Ok(blobs)
    }

    fn decisions(&self) -> Result<Vec<ObjectName>, Error> {
        let names = self.names_in(&format!("{PRIVATE}/transactions"))?;
        let ids = names.iter().filter_map(|name| {
            let id = TransactionId::from_bytes(uuid::Uuid::try_parse(name).ok()?.into_bytes());
            (id.to_string() == *name).then_some(id)
        });
        Ok(ids.map(ObjectName::Decision).collect())
    }

    fn names_in(&self, path: &str) -> Result<Vec<String>, Error> {
        match read::open_beneath(&self.folder, path, OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(folder) => self.file_names(&File::from(folder), path),
            // Nothing of this kind was written yet; or it is not a folder, and so none of ours.
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(Vec::new()),
            Err(errno) => Err(self.cannot_read(path, errno.into())),
        }
    }

    fn file_names(&self, folder: &File, path: &str) -> Result<Vec<String>, Error> {
        let unreadable = |errno: Errno| self.cannot_read(path, ReadFailure::System(errno.into()));
        let mut names = Vec::new();
        for entry in Dir::read_from(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_str().ok().filter(|name| !name.starts_with('.'));
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }
}
