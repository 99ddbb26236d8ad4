//! The operations that change a folder, each as its steps: lock, compare, prepare, publish.

use std::fs::File;

use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;

use super::folder::Folder;
use super::names;
use super::place::Place;
use super::read::{self, ReadFailure};
use super::shard::ShardLock;
use super::{fault, sync};
use crate::Error;
use crate::key::{CacheKey, Digest};
use crate::mistake::{self, Mistake};
use crate::storage::{Durability, ObjectName, StorageFault, Version};

impl Folder {
    /// See [`crate::storage::ResultStorage::create`].
    pub(super) fn create(&self, name: &ObjectName, bytes: &[u8], durability: Durability) -> Result<(), StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        if self.is_taken(&place)? {
            return Err(StorageFault::Precondition);
        }
        self.note_cut_name(name, durability)?;
        self.prepare(bytes, durability)?.create(&place)
    }

    /// See [`crate::storage::ResultStorage::swap`].
    pub(super) fn swap(
        &self,
        name: &ObjectName,
        bytes: &[u8],
        expected: &Version,
        durability: Durability,
    ) -> Result<(), StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        self.require(&place, expected)?;
        if matches!(name, ObjectName::Decision(_)) && durability == Durability::Full {
            return self.replace_decision(&place, bytes);
        }
        self.prepare(bytes, durability)?.replace(&place)
    }

    /// See [`crate::storage::ResultStorage::put`].
    pub(super) fn put(&self, name: &ObjectName, bytes: &[u8], durability: Durability) -> Result<(), StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        match name {
            ObjectName::Blob(digest) => self.put_blob(&place, digest, bytes, durability),
            ObjectName::Head(_) | ObjectName::Decision(_) | ObjectName::Lock(_) => {
                self.note_cut_name(name, durability)?;
                self.prepare(bytes, durability)?.replace(&place)
            }
        }
    }

    fn put_blob(
        &self,
        place: &Place<'_>,
        digest: &Digest,
        bytes: &[u8],
        durability: Durability,
    ) -> Result<(), StorageFault> {
        if !self.renew(place, digest, bytes.len() as u64, durability)? {
            self.prepare(bytes, durability)?.replace(place)?;
        }
        if durability < Durability::Full {
            return Ok(());
        }
        // Its folder may be a new one.
        sync::sync_entries(&self.blobs)
            .map_err(|cause| fault::not_known_to_last(&self.root.path.join(place.path()), cause))
    }

    /// See [`crate::storage::ResultStorage::remove`].
    pub(super) fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        if let Some(expected) = expected {
            self.require(&place, expected)?;
        }
        let removed = self.unlink(&place)?;
        self.forget_cut_name(name);
        Ok(removed)
    }

    /// See [`crate::storage::ResultStorage::relist`].
    pub(super) fn relist(&self, name: &ObjectName) -> Result<(), StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        self.forget_cut_name(name);
        if self.is_taken(&place)? { self.note_cut_name(name, Durability::Full) } else { Ok(()) }
    }

    /// See [`crate::storage::ResultStorage::quarantine`].
    pub(super) fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        let place = self.place(name)?;
        let _lock = self.lock(name, &place)?;
        match self.require(&place, version) {
            Ok(()) => {
                self.set_aside(&place)?;
                self.forget_cut_name(name);
                Ok(())
            }
            Err(StorageFault::Precondition) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Blobs need no lock: whoever writes one writes the same bytes.
    pub(super) fn lock(&self, name: &ObjectName, place: &Place<'_>) -> Result<Option<ShardLock<'_>>, StorageFault> {
        match name {
            ObjectName::Blob(_) => Ok(None),
            ObjectName::Head(_) | ObjectName::Decision(_) | ObjectName::Lock(_) => {
                let lock = self.shards.lock(place.path());
                Ok(Some(lock.map_err(|cause| self.root.cannot_write(place.path(), cause))?))
            }
        }
    }

    pub(super) fn is_taken(&self, place: &Place<'_>) -> Result<bool, Error> {
        match rustix::fs::statat(place.directory(), place.name(), rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.root.cannot_read(place.path(), errno.into())),
        }
    }

    pub(super) fn require(&self, place: &Place<'_>, expected: &Version) -> Result<(), StorageFault> {
        match content_digest(place) {
            Ok(Some(_)) if mistake::is_planted(Mistake::SwapWithoutComparing) => Ok(()),
            Ok(Some(digest)) if Version::Content(digest) == *expected => Ok(()),
            Ok(Some(_) | None) => Err(StorageFault::Precondition),
            Err(failure) => Err(StorageFault::Unavailable(self.root.cannot_read(place.path(), failure))),
        }
    }

    /// Makes a blob that is there count as new, so that nobody collects it before its record is written, and makes it as
    /// durable as asked. Says whether it is there, whole: if not it is to be written.
    fn renew(
        &self,
        place: &Place<'_>,
        digest: &Digest,
        size: u64,
        durability: Durability,
    ) -> Result<bool, StorageFault> {
        let Ok(file) = read::open_beneath(place.directory(), place.name(), OFlags::RDONLY).map(File::from) else {
            return Ok(false);
        };
        if !file.metadata().is_ok_and(|found| found.is_file() && found.len() == size) {
            return Ok(false);
        }
        // One that was not flushed before a power cut may have its length and not its content.
        let is_whole = content_digest(place).is_ok_and(|found| found.as_ref() == Some(digest));
        if !is_whole || rustix::fs::futimens(&file, &NOW).is_err() {
            return Ok(false);
        }
        if durability >= Durability::Ordered && sync::sync_content(&file).is_err() {
            return Ok(false);
        }
        if durability == Durability::Full {
            sync::sync_entries(place.directory())
                .map_err(|cause| fault::not_known_to_last(&self.root.path.join(place.path()), cause))?;
        }
        Ok(true)
    }

    /// Keeps the key of an object whose file name is too short for it, so that it can be listed.
    pub(super) fn note_cut_name(&self, name: &ObjectName, durability: Durability) -> Result<(), StorageFault> {
        let Some((key, place)) = self.cut_name(name) else { return Ok(()) };
        if self.is_taken(&place)? {
            return Ok(());
        }
        self.prepare(key.as_str().as_bytes(), durability)?.replace(&place)
    }

    /// Best effort: the head is gone already, and what names no head is passed over by whoever lists.
    fn forget_cut_name(&self, name: &ObjectName) {
        if let Some((_, place)) = self.cut_name(name) {
            let _ = self.unlink(&place);
        }
    }

    fn cut_name<'a>(&'a self, name: &'a ObjectName) -> Option<(&'a CacheKey, Place<'a>)> {
        let path = names::whole_key_path(name)?;
        Some((name.key()?, Place::new(&self.names, path)))
    }
}

const NOW: Timestamps = {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW as _ };
    Timestamps { last_access: now, last_modification: now }
};

fn content_digest(place: &Place<'_>) -> Result<Option<Digest>, ReadFailure> {
    let file = match read::open_beneath(place.directory(), place.name(), OFlags::RDONLY) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    if !file.metadata().map_err(ReadFailure::System)?.is_file() {
        return Err(ReadFailure::NotAFile);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&file).map_err(ReadFailure::System)?;
    Ok(Some(hasher.finalize().into()))
}
