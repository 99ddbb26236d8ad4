//! Storages: where the bytes of records are kept.
//!
//! A storage knows objects by name and nothing of what is in them. [`ResultStorage`] is the contract;
//! the `keepwell-testing` crate holds the suite that every storage must pass.

mod file_system;
pub mod layout;
mod location;
mod memory;
mod null;
mod object;
mod unavailable;

use std::fmt;

use bytes::Bytes;

pub use file_system::{FileSystemOptions, FileSystemStorage, probe};
pub(crate) use file_system::{ShardLocks, escape, file_name, key_of_file_name, unescape};
pub use location::StorageLocation;
pub use memory::MemoryStorage;
pub use null::NullStorage;
pub use object::{
    ConditionalWrite, Durability, FileIdentity, Object, ObjectKind, ObjectName, SMALL_OBJECT_LIMIT, Version,
};
pub use unavailable::UnavailableStorage;

use crate::Error;
use crate::record::StoreId;

/// Why a storage did not do what it was asked.
#[derive(Debug)]
pub enum StorageFault {
    /// The object was not as the caller required: `create` found one, `swap` or `remove` found another version or none.
    /// Nothing was changed.
    Precondition,
    /// The storage could not do it. Nothing was changed.
    Unavailable(Error),
    /// The storage cannot tell whether it was done.
    Unknown(Error),
}

impl From<Error> for StorageFault {
    /// Nothing was changed.
    fn from(error: Error) -> Self {
        Self::Unavailable(error)
    }
}

/// Sees whether an object is still the one that was read.
pub trait ObjectWatch: Send + Sync + fmt::Debug {
    /// Whether the object is still there and has not been written since. Says no where it cannot tell.
    fn is_unchanged(&self) -> bool;
}

/// A place that keeps objects by name.
///
/// Every operation is atomic: a reader sees the bytes of one whole write or nothing. Operations on different names are
/// independent. An implementation may block; it must be callable from any thread.
///
/// `create` and `swap` are the conditional writes that commits are built on: of any number of racing callers with the
/// same condition exactly one succeeds. What a failure leaves behind is said by [`StorageFault`].
pub trait ResultStorage: Send + Sync + fmt::Debug {
    /// Where the storage is, for messages: a path, a URL.
    fn location(&self) -> String;

    /// Which storage it is, so that a record that was carried elsewhere is not served there; `None` where nothing was
    /// written to it yet.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`].
    fn id(&self) -> Result<Option<StoreId>, StorageFault>;

    /// Makes the storage ready to be written to, if it is not, and says which it is.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`].
    fn make(&self) -> Result<StoreId, StorageFault>;

    /// Whether nobody but this user can write to the storage, so that what must be signed may be signed with the user's
    /// own key. A storage that cannot tell is not private. `make` has succeeded before.
    fn is_private(&self) -> bool {
        false
    }

    /// The object's bytes and version, or `None` where there is no such object.
    ///
    /// An object of more than `limit` bytes is refused before it is read: [`SMALL_OBJECT_LIMIT`] for heads and
    /// decisions, for a payload the length that its record states.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`]: absence and failure are never confused. Its kind is
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) where what is there cannot be what was written: larger than
    /// `limit`, or no object at all; `put` replaces it.
    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault>;

    /// [`get`](Self::get), for a payload that may be large: mapped into memory rather than read, if the storage can. What
    /// is mapped stays as it is for as long as anybody has the bytes, also when the object is replaced or removed.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn map(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.get(name, limit)
    }

    /// What tells this object from any other without reading it, where the storage has such a thing; `None` where it
    /// has not, or where the object is absent.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`].
    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault>;

    /// A cheaper way than [`identity`](Self::identity) to see that an object is still the one that was read; `None` where
    /// the storage has no such thing or has no room for another, or where the object has changed already.
    fn watch(&self, _name: &ObjectName, _identity: &FileIdentity) -> Option<Box<dyn ObjectWatch>> {
        None
    }

    /// Writes the object only if there is none of that name.
    ///
    /// # Errors
    /// [`StorageFault`].
    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault>;

    /// Writes the object only if the one there is still at `expected`.
    ///
    /// # Errors
    /// [`StorageFault`].
    fn swap(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        expected: &Version,
        durability: Durability,
    ) -> Result<(), StorageFault>;

    /// Makes several conditional writes one after the other, each a `create` or `swap` of its own, and says what came of each, in
    /// order. It ends with the first that is not made: no later one is begun, and there is no outcome for it.
    ///
    /// Unless the durability is [`Durability::None`], whatever was written here before lasts before any of these writes can be
    /// seen. With [`Durability::Full`] all of them last once this returns; a storage may flush them together. A failure to
    /// flush leaves writes that were made [`StorageFault::Unknown`].
    fn write_many(&self, writes: &[ConditionalWrite], durability: Durability) -> Vec<Result<(), StorageFault>> {
        if durability != Durability::None
            && let Err(fault) = self.barrier()
        {
            return vec![Err(fault)];
        }
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            outcomes.push(match &write.expected {
                None => self.create(&write.name, write.bytes.clone(), durability),
                Some(expected) => self.swap(&write.name, write.bytes.clone(), expected, durability),
            });
            if outcomes.last().is_some_and(Result::is_err) {
                break;
            }
        }
        outcomes
    }

    /// Returns when everything lasts that anybody has written and that can be read here. A storage whose writes last once they
    /// are acknowledged has nothing to do.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`]: what was written may be lost in a power cut.
    fn barrier(&self) -> Result<(), StorageFault> {
        Ok(())
    }

    /// Writes the object whatever was there. A blob that is there already is kept, and counts as new again.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`] or [`StorageFault::Unknown`].
    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault>;

    /// Removes the object, only if it is still at `expected` where that is given. Says whether there was one.
    ///
    /// # Errors
    /// [`StorageFault`].
    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault>;

    /// The names of all objects of a kind, in no order. For maintenance only, never on the way to a result.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`].
    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault>;

    /// The heads whose keys the storage has lost, so that [`list`](Self::list) passes them over: where each is, and its bytes.
    /// For maintenance only.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`].
    fn unlisted(&self) -> Result<Vec<(String, Bytes)>, StorageFault> {
        Ok(Vec::new())
    }

    /// Has [`list`](Self::list) know the head of this name again.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`] or [`StorageFault::Unknown`].
    fn relist(&self, _name: &ObjectName) -> Result<(), StorageFault> {
        Ok(())
    }

    /// Takes a damaged object out of the way, keeping its bytes for a later look where the storage can. Does nothing if
    /// the object is no longer at `version`.
    ///
    /// # Errors
    /// [`StorageFault::Unavailable`] or [`StorageFault::Unknown`].
    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault>;
}
