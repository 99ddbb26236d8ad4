//! A plain result that a commit replaces, kept apart from its record: what it was, what it becomes, and the way back.

use bytes::Bytes;

use crate::storage::{Durability, ObjectName, ResultStorage, StorageFault};
use crate::store::ResultStore;
use crate::store::fetch::Fetched;
use crate::{Error, ErrorKind};

/// One object that a commit replaces.
#[derive(Debug)]
pub(super) struct Replacement<'a> {
    pub(super) store: &'a ResultStore,
    pub(super) storage: &'a dyn ResultStorage,
    pub(super) name: ObjectName,
    /// The most bytes that what was there may have.
    pub(super) limit: u64,
    pub(super) before: Fetched,
    pub(super) after: Bytes,
    pub(super) durability: Durability,
    /// Whether it may have been written.
    pub(super) is_touched: bool,
}

impl Replacement<'_> {
    /// Writes the object whatever it is.
    pub(super) fn put(&mut self) -> Result<(), Error> {
        match self.storage.put(&self.name, self.after.clone(), self.durability) {
            Ok(()) => {
                self.is_touched = true;
                Ok(())
            }
            Err(StorageFault::Unknown(error)) => self.resolve(error),
            Err(fault) => Err(crate::store::fetch::failure(fault)),
        }
    }

    /// Makes the object what it was, unless it is not ours (any more). Something that was no object becomes nothing.
    ///
    /// Where this fails nobody knows which of the two the object is.
    pub(super) fn put_back(&self) -> Result<(), Error> {
        if !self.is_touched {
            return Ok(());
        }
        self.store.retrying(|| self.try_to_put_back())
    }

    /// Learns what became of a write that the storage itself cannot tell of.
    fn resolve(&mut self, error: Error) -> Result<(), Error> {
        let now = self.store.fetch(self.storage, &self.name, self.limit);
        self.is_touched = !now.as_ref().is_ok_and(|now| now.is_like(&self.before));
        match now {
            Ok(now) if now.is(&self.after) => Ok(()),
            Ok(_) | Err(_) => Err(error),
        }
    }

    fn try_to_put_back(&self) -> Result<(), StorageFault> {
        let ours = match self.storage.get(&self.name, self.limit.max(self.after.len() as u64)) {
            Ok(Some(object)) if object.bytes == self.after => object.version(),
            Ok(_) => return Ok(()),
            Err(StorageFault::Unavailable(error)) if error.kind() == ErrorKind::Corrupt => return Ok(()),
            Err(fault) => return Err(fault),
        };
        let outcome = match &self.before {
            Fetched::Object(object) => self.storage.swap(&self.name, object.bytes.clone(), &ours, self.durability),
            Fetched::Absent | Fetched::Impossible(_) => self.storage.remove(&self.name, Some(&ours)).map(|_| ()),
        };
        match outcome {
            // Somebody else's result is there by now.
            Err(StorageFault::Precondition) => Ok(()),
            outcome => outcome,
        }
    }
}
